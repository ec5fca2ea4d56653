"""For which municipalities and modes the timetables at hand are complete.

Only there may a place be called white: elsewhere the absence of a timetable would be taken for the
absence of service. A mode group is complete in a municipality when the coverage table has rows for
it and all of them (every feed or operator) say ``complete``. A group that no row, no stop and no
requirement names does not apply there; one that has a stop but no row is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.transport_accessibility.service import Bools
from metrogis.errors import ParameterError, SchemaError
from metrogis.provenance import Audit
from metrogis.teryt import match_codes
from metrogis.texts import Text
from metrogis.transit.modes import MODE_GROUPS, MODES, mode_group

ALL_MODES = ("all", "*")

COMPLETE, NOT_APPLICABLE, INCOMPLETE = 1, 0, -1


@dataclass(frozen=True)
class Coverage:
    """Coverage by municipality (rows) and mode group (columns).

    Attributes
    ----------
    groups : tuple of str
    state : ndarray of int8 (municipalities, groups)
        1 complete, 0 does not apply, -1 not complete.
    level : ndarray of str (municipalities,)
        ``complete``, ``partial`` or ``none`` of the municipality as a whole.
    """

    groups: tuple[str, ...]
    state: npt.NDArray[np.int8]
    level: npt.NDArray[np.object_]

    @property
    def complete(self) -> Bools:
        """Municipalities where every mode that could serve is complete."""
        return np.asarray(self.level == "complete", dtype=bool)


def group_of(mode: str, *, layer: str = "coverage") -> str:
    """Return the mode group of a mode named by a user.

    Raises
    ------
    SchemaError
        For a word that is no mode; it lists the modes.

    Examples
    --------
    >>> group_of("trolleybus"), group_of("rail")
    ('bus', 'rail')
    """
    name = mode.strip().lower()
    if name in MODE_GROUPS and name not in MODES:
        return name
    if name not in MODES:
        allowed = ", ".join((*MODES, "all"))
        raise SchemaError(
            Text(f"nieznany środek transportu '{mode}'", f"unknown mode '{mode}'"),
            layer=layer,
            place="mode",
            remedy=Text(f"użyj: {allowed}", f"use one of: {allowed}"),
        )
    return mode_group(name)


def inside_pairs(
    municipalities: gpd.GeoDataFrame, points: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    """Return (municipality, point) position pairs of points inside municipalities."""
    if not len(points):
        return np.zeros((2, 0), np.int64)
    tree = shapely.STRtree(points)
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    return np.asarray(tree.query(shapes, predicate="intersects"), dtype=np.int64)


def read_coverage(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    seen: Bools,
    *,
    groups: Sequence[str],
    required: Iterable[str],
    silent_feeds: Iterable[str] = (),
) -> Coverage:
    """Read the coverage table for the municipalities.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``.
    table : DataFrame, optional
        feed, teryt, mode (a mode, a mode group, or ``all``), state. None: no coverage anywhere.
        Codes are matched by :func:`metrogis.teryt.match_codes`.
    seen : ndarray of bool (municipalities, groups)
        Where a stop or station of the group is known to exist.
    groups : sequence of str
        Mode groups that count as transit.
    required : iterable of str
        Modes that must be complete in every municipality.
    silent_feeds : iterable of str
        Feeds that do not speak of the day in question: their rows are not complete then.

    Returns
    -------
    Coverage

    Raises
    ------
    SchemaError, ParameterError
        For unknown modes.
    """
    groups = tuple(groups)
    column = {g: i for i, g in enumerate(groups)}
    count = len(municipalities)
    rows = np.zeros((count, len(groups)), bool)
    whole = np.ones((count, len(groups)), bool)
    some = np.zeros(count, bool)
    needed = seen.copy()
    for mode in required:
        group = group_of(mode, layer="modes_required")
        if group not in column:
            raise ParameterError(
                Text(f"'{mode}' nie jest tu liczony", f"'{mode}' is not counted here"),
                layer="modes_required",
            )
        needed[:, column[group]] = True
    if table is not None:
        codes = list(municipalities["teryt"])
        known = match_codes(codes, table["teryt"]).mapping
        position = {known[code]: i for i, code in enumerate(codes) if code in known}
        silent = set(silent_feeds)
        for feed, code, mode, state in zip(
            table["feed"], table["teryt"], table["mode"], table["state"], strict=True
        ):
            name = str(mode).strip().lower()
            own = groups if name in ALL_MODES else (group_of(str(mode)),)
            at = position.get(code)
            if at is None:
                continue
            some[at] |= state != "none"
            full = state == "complete" and feed not in silent
            for group in own:
                if group in column:
                    rows[at, column[group]] = True
                    whole[at, column[group]] &= full
    complete = rows & whole
    state_of = np.where(complete, COMPLETE, np.where(rows | needed, INCOMPLETE, NOT_APPLICABLE))
    every = (state_of != INCOMPLETE).all(axis=1) & complete.any(axis=1)
    level = np.where(every, "complete", np.where(some, "partial", "none")).astype(object)
    return Coverage(groups, state_of.astype(np.int8), level)


def code_audit(municipalities: gpd.GeoDataFrame, table: pd.DataFrame) -> Audit:
    """Return what was guessed of codes in the coverage table, and the rows of other places."""
    match = match_codes(municipalities["teryt"], table["teryt"])
    used = set(match.mapping.values())
    other = [code for code in table["teryt"] if code not in used]
    guessed = Audit(tuple(r for r in match.audit("coverage") if r.action == "guessed"))
    return guessed.add(
        "coverage",
        "dropped",
        len(other),
        Text("wiersze gmin spoza metropolii", "rows of municipalities that are not here"),
        dict.fromkeys(other),
    )


def white_allowed(
    coverage: Coverage,
    municipalities: gpd.GeoDataFrame,
    unit: npt.NDArray[np.int64],
    points: npt.NDArray[np.float64],
    reach: dict[str, float],
    *,
    neighbours: bool,
) -> Bools:
    """Tell which cells may be called white.

    Parameters
    ----------
    coverage : Coverage
    municipalities : GeoDataFrame
    unit : ndarray of int (cells,)
        Municipality of each cell.
    points : ndarray (cells, 2)
        Place from which people walk.
    reach : dict
        Straight-line distance (m) to which each mode group could serve.
    neighbours : bool
        Also ask for coverage of the neighbours that lie within reach, whose stops could serve.

    Returns
    -------
    ndarray of bool (cells,)
    """
    allowed = coverage.complete[unit]
    if not neighbours or not allowed.any() or allowed.all():
        return allowed
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    index = np.flatnonzero(allowed)
    tree = shapely.STRtree(np.asarray(shapely.points(points[index]), dtype=object))
    blocked = np.zeros(len(index), bool)
    for column, group in enumerate(coverage.groups):
        missing = np.flatnonzero(coverage.state[:, column] == INCOMPLETE)
        if len(missing) and group in reach:
            _, near = tree.query(shapes[missing], predicate="dwithin", distance=reach[group])
            blocked[near] = True
    allowed[index[blocked]] = False
    return allowed
