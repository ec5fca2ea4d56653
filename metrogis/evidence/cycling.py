"""Where cycle routes are known: as a coverage layer says, else guessed from what is drawn.

The layer ``cycle_coverage`` is either polygons (inside them the routes are complete; a column
``state`` may say otherwise) or a table of municipalities, the form of the timetables' coverage::

    teryt,state
    2261011,complete
    2205,partial
    *,none

``teryt`` is a municipality, the first digits of its code (a county: 4), or ``*`` for all; the
longest match decides. What no row names is ``none``. Only ``complete`` lets "no route" be said;
routes drawn elsewhere are there all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools
from metrogis.errors import SchemaError
from metrogis.evidence.core import Evidence
from metrogis.evidence.losses import loss
from metrogis.i18n import _
from metrogis.provenance import Audit

STATES = ("none", "partial", "complete")
"""From the weakest: where two rows say different things of one place, the weaker one counts."""

SLIVER = 25.0
"""Metres: outlines of neighbours drawn apart by less than twice this leave no unknown land."""

_LAYER = "cycle_coverage"


@dataclass(frozen=True)
class CycleCoverage:
    """Where cycle routes are known.

    Attributes
    ----------
    evidence : Evidence
        Of the layer ``cycle_routes``.
    state : array of str, shape (municipalities,)
        ``complete``, ``partial`` or ``none``.
    guessed : bool
        Whether there is no coverage layer, and what is drawn decided.
    audit : Audit
    """

    evidence: Evidence
    state: npt.NDArray[np.object_]
    guessed: bool
    audit: Audit


def cycle_coverage(
    routes: Any,
    coverage: pd.DataFrame | None,
    municipalities: gpd.GeoDataFrame,
    drawn: npt.ArrayLike,
    *,
    layer: str = "cycle_routes",
) -> CycleCoverage:
    """Return where cycle routes are known.

    Parameters
    ----------
    routes : GeoDataFrame, Evidence or None
        The layer of routes with its losses, or the evidence of what stands in for it.
    coverage : GeoDataFrame, DataFrame or None
        Polygons, or a table with ``teryt`` and ``state``.
    municipalities : GeoDataFrame
        ``teryt`` and polygons, CRS in metres. Land beyond them is asked of only where ``coverage``
        is polygons.
    drawn : array of bool, shape (municipalities,)
        Where so much is drawn that somebody must have mapped it: decides without ``coverage``.
    layer : str
        Name of the layer of routes.

    Raises
    ------
    SchemaError
        When the coverage has neither polygons nor the columns ``teryt`` and ``state``.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"]}, crs="EPSG:2180",
    ...     geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)])
    >>> table = pd.DataFrame({"teryt": ["*", "2262"], "state": ["complete", "partial"]})
    >>> found = cycle_coverage(towns.iloc[:0], table, towns, [True, True])
    >>> found.state.tolist(), found.evidence.known_at(np.array([[5.0, 5], [15, 5]])).tolist()
    (['complete', 'partial'], [True, False])
    """
    crs = municipalities.crs
    own = (
        routes if isinstance(routes, Evidence) else Evidence.of(routes, layer, crs, municipalities)
    )
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    if coverage is None:
        state = np.where(np.asarray(drawn, bool), "complete", "none").astype(object)
        audit = Audit().add(
            _LAYER,
            "guessed",
            int((state == "complete").sum()),
            _("no layer cycle_coverage: municipalities with routes in the data taken as complete"),
        )
        known_there = Evidence.by_municipality(layer, municipalities, state == "complete")
        return CycleCoverage(_named(own & known_there, layer), state, True, audit)
    outlined = _outlined(coverage)
    audit = Audit()
    state = np.full(len(shapes), "none", dtype=object)
    known: list[Any] = []
    named = coverage[~outlined]
    if "teryt" in coverage.columns and "state" in coverage.columns:
        state, audit = states_by_code(named, municipalities["teryt"])
        known += shapes[state == "complete"].tolist()
        lost = named["teryt"].isna() & (_words(named["state"]) != "complete")
    elif outlined.any():
        lost = ~pd.Series(outlined, index=coverage.index)[~outlined]  # further land that is known
    else:
        raise SchemaError(
            _("neither areas nor columns teryt, state"),
            layer=_LAYER,
            remedy=_(
                "give areas, or a table of municipalities with state (complete, partial, none)"
            ),
        )
    inner, outer, more = _areas(coverage[outlined])
    audit += more
    if outlined.any():
        evidence = _inside(own, np.asarray([*known, *inner], dtype=object)).without(outer)
    else:
        evidence = own & Evidence.by_municipality(layer, municipalities, state == "complete")
    if lost.any():
        what = _("row of coverage without a place")
        evidence = evidence.losing([loss("row", what, named.index[lost.to_numpy()])])
        audit = audit.add(_LAYER, "unknown", int(lost.sum()), what, named.index[lost.to_numpy()])
    if outlined.any():
        state = _by_share(evidence, shapes, state)
    return CycleCoverage(_named(evidence, layer), state, False, audit)


def _named(evidence: Evidence, layer: str) -> Evidence:
    return replace(evidence, layer=layer)


def states_by_code(rows: pd.DataFrame, codes: Any) -> tuple[npt.NDArray[np.object_], Audit]:
    """Return the state of each municipality that rows give by code, county or ``*``.

    Parameters
    ----------
    rows : DataFrame
        ``teryt`` and ``state``.
    codes : sequence of str
        TERYT codes of the municipalities, 7 digits.

    Returns
    -------
    state : array of str
    audit : Audit
        Rows that name nothing of the area, words that are no state.

    Examples
    --------
    >>> rows = pd.DataFrame({"teryt": ["22", "2261011", "9999"],
    ...                      "state": ["partial", "complete", "complete"]})
    >>> state, audit = states_by_code(rows, ["2261011", "2262011"])
    >>> state.tolist(), [row.count for row in audit]
    (['complete', 'partial'], [1])
    """
    known = [str(code) for code in codes]
    best = np.full(len(known), -1)
    rank = np.zeros(len(known), int)
    words = _words(rows["state"])
    bad = ~words.isin(STATES).to_numpy()
    nowhere = np.zeros(len(rows), bool)
    for i, (given, word) in enumerate(zip(rows["teryt"], words, strict=True)):
        if pd.isna(given):
            continue
        name = _code(given, known)
        hit = np.array([name == "*" or (name != "" and c.startswith(name)) for c in known], bool)
        nowhere[i] = not hit.any()
        length = 0 if name == "*" else len(name)
        value = STATES.index(word) if word in STATES else 0
        rank = np.where(hit & (length == best), np.minimum(rank, value), rank)
        rank = np.where(hit & (length > best), value, rank)
        best = np.where(hit, np.maximum(best, length), best)
    audit = Audit().add(
        _LAYER,
        "unknown",
        int(nowhere.sum()),
        _("rows on municipalities that are not in the area"),
        rows["teryt"][nowhere],
    )
    audit = audit.add(
        _LAYER,
        "unknown",
        int(bad.sum()),
        _("rows without a known state: no data"),
        rows["state"][bad],
    )
    return np.array(STATES, dtype=object)[rank], audit


def _code(given: Any, known: list[str]) -> str:
    """Return a code as text: a number read from a spreadsheet may have lost its leading zero."""
    text = str(int(given)) if isinstance(given, float) else str(given)
    text = text.strip().replace("_", "")
    text = text.removesuffix(".0")
    if not any(code.startswith(text) for code in known) and text.isdigit():
        padded = f"0{text}"
        if any(code.startswith(padded) for code in known):
            return padded
    return text


def _words(column: pd.Series) -> pd.Series:
    return column.astype(object).map(lambda v: "" if pd.isna(v) else str(v).strip().lower())


def _outlined(coverage: pd.DataFrame) -> Bools:
    """Tell which rows are areas."""
    if not isinstance(coverage, gpd.GeoDataFrame) or coverage.active_geometry_name is None:
        return np.zeros(len(coverage), bool)
    shapes = np.asarray(coverage.geometry.to_numpy(), dtype=object)
    return ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _areas(
    rows: pd.DataFrame,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_], Audit]:
    """Return the areas known whole, those said not to be, and the audit of repairs."""
    none: npt.NDArray[np.object_] = np.zeros(0, dtype=object)
    if not len(rows):
        return none, none, Audit()
    shapes = np.asarray(rows.geometry.to_numpy(), dtype=object)
    if not np.isin(shapely.get_type_id(shapes), (3, 6)).all():
        raise SchemaError(
            _("the extent of the data is not areas"),
            layer=_LAYER,
            remedy=_("give polygons"),
        )
    invalid = ~shapely.is_valid(shapes)
    shapes = np.where(invalid, shapely.make_valid(shapes), shapes)
    word = _words(rows["state"]).to_numpy() if "state" in rows else np.full(len(rows), "complete")
    audit = Audit().add(
        _LAYER,
        "repaired",
        int(invalid.sum()),
        _("invalid areas of the extent"),
        rows.index[invalid],
    )
    return shapes[word == "complete"], shapes[word != "complete"], audit


def _inside(own: Evidence, shapes: npt.NDArray[np.object_]) -> Evidence:
    """Return the evidence known inside shapes; slivers between them belong to them."""
    land = shapely.union_all(shapes)
    closed = shapely.buffer(
        shapely.buffer(land, SLIVER, join_style="mitre"), -SLIVER, join_style="mitre"
    )
    # closing never takes land away, but for rounding
    return own.inside([shapely.union(land, closed)])


def _by_share(
    evidence: Evidence, shapes: npt.NDArray[np.object_], state: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Return the state of municipalities by the share of their land that areas cover."""
    land = Evidence(evidence.layer, evidence.known, evidence.unknown, crs=evidence.crs)
    share = land.known_share(shapes)
    by_area = np.select([share >= 1 - 1e-9, share > 0], ["complete", "partial"], "none")
    return np.where(state == "none", by_area, state).astype(object)
