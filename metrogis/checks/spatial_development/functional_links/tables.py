"""Municipal table of the functional links: sums, shares, core cities.

``low`` and ``high`` of a sum are its recorded value and its upper bound (see
:class:`metrogis.population.flows.Flows`); what has no recorded row at all is NaN,
and so is an upper bound that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.population.flows import Floats, Flows

# --------------------------------------------------------------------------- municipal table


def share_of(part: Any, whole: Any) -> Floats:
    """Return a part's share of a whole.

    Parameters
    ----------
    part, whole : array of float
        Shapes that broadcast to that of ``whole``.

    Returns
    -------
    ndarray of float
        NaN where the whole is not above 0 or the part is not finite; 0 of an infinite whole.

    Examples
    --------
    >>> share_of([1.0, 1.0, 1.0], [4.0, 0.0, np.inf]).tolist()
    [0.25, nan, 0.0]
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    useful = (whole > 0) & np.isfinite(part)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=useful)


def _bounds(part: Floats, part_max: Floats, rest: Floats, rest_max: Floats) -> tuple[Any, Any]:
    """Lowest and highest share of ``part`` in ``part + rest``."""
    high = np.where(np.isinf(part_max), 1.0, share_of(part_max, part_max + rest))
    return share_of(part, part + rest_max), high


def share_bounds(
    part: Floats, part_max: Floats, rows: Any, whole: Floats, whole_max: Floats, whole_rows: Any
) -> tuple[Floats, Floats, Floats]:
    """Return the recorded share of a part with its bounds.

    Sources withhold small flows: the part and the rest each lie between what is recorded and a
    most.

    Parameters
    ----------
    part, part_max : ndarray of float
        Recorded sum of the part, and the most it may be (infinite without bound).
    rows : array of int
        Rows recorded of the part.
    whole, whole_max, whole_rows
        The same of the whole.

    Returns
    -------
    share, low, high : ndarray of float
        The share is NaN where part or rest have no row at all though they may have flows.
    """
    rest = whole - part
    rest_max = np.full(np.shape(whole_max), np.inf)  # a whole without bound may be all rest
    np.subtract(whole_max, part_max, out=rest_max, where=np.isfinite(whole_max))
    told = ((rows > 0) | (part_max <= part)) & ((whole_rows > rows) | (rest_max <= rest))
    low, high = _bounds(part, part_max, rest, rest_max)
    return np.where(told, share_of(part, whole), np.nan), low, high


def finite(top: Any) -> Floats:
    """Upper bounds as they stand in tables: NaN where there is none."""
    values = np.asarray(top, float)
    return np.where(np.isinf(values), np.nan, values)


def recorded_sum(low: Any, high: Any, recorded: Any) -> Floats:
    """Return recorded sums, NaN where nothing is recorded though some may be missing.

    Parameters
    ----------
    low, high : array of float
        The sum of what is recorded, and the most it may be.
    recorded : array of bool
        Whether any row is recorded.

    Examples
    --------
    >>> recorded_sum([5.0, 0.0, 0.0], [9.0, 9.0, 0.0], [True, False, False]).tolist()
    [5.0, nan, 0.0]
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    return np.where(np.asarray(recorded) | (high <= low), low, np.nan)


@dataclass(frozen=True, eq=False)
class Core:
    """Core cities, and which municipalities may be one as far as is known.

    Attributes
    ----------
    cities : ndarray of int
        Positions of the core cities (of what is known), the largest first.
    possible : ndarray of int
        Positions of all that may be one; ``cities`` where it is certain which they are.
    unnamed : tuple of str
        Municipalities whose size is not known, which makes it uncertain.
    by_inflow : bool
        Whether there are no people to tell by, so that the largest inflow is taken.
    """

    cities: NDArray[np.int64]
    possible: NDArray[np.int64]
    unnamed: tuple[str, ...] = ()
    by_inflow: bool = False

    @property
    def certain(self) -> bool:
        """Whether no further knowledge could change the core cities."""
        return not len(self.rivals)

    @property
    def rivals(self) -> NDArray[np.int64]:
        """Positions of those that may be a core city and are none of what is known."""
        return np.setdiff1d(self.possible, self.cities)

    def flags(self, count: int) -> Any:
        """Return whether each municipality is a core city.

        Parameters
        ----------
        count : int
            Number of municipalities.

        Returns
        -------
        array of boolean (count,)
            Missing for those that may be one and are none of what is known.
        """
        flags = pd.array(np.isin(np.arange(count), self.cities), dtype="boolean")
        flags[self.rivals] = pd.NA
        return flags


class ShareBase:
    """What shares are shares of: flow out and in, all of it or within the area only."""

    def __init__(self, flows: Flows, *, within: bool) -> None:
        self.short = not within and not flows.outside_known
        self.within = within or self.short
        far = 0.0 if self.within else 1.0
        known = np.where(flows.present, 1.0, np.nan)

        def add(inner: Floats, outer: Floats) -> Floats:
            beyond = np.zeros(len(inner)) if self.within else np.where(np.isnan(outer), 0.0, outer)
            return np.asarray((inner + beyond) * known)

        self.out = add(flows.internal.sum(1), flows.outward)
        self.out_max = add(flows.internal_max.sum(1), flows.outward_max)
        self.into = add(flows.internal.sum(0), flows.inward)
        self.into_max = add(flows.internal_max.sum(0), flows.inward_max)
        self.rows_out = flows.rows.sum(1) + far * flows.rows_out
        self.rows_in = flows.rows.sum(0) + far * flows.rows_in


def municipal_table(
    places: gpd.GeoDataFrame,
    flows: Flows,
    people: Floats,
    core: Core,
    names: Mapping[str, str],
    meaning: str,
    base: ShareBase,
) -> gpd.GeoDataFrame:
    """Return the municipal table without hierarchy and regions.

    Parameters
    ----------
    places : GeoDataFrame
        Municipalities in the order of ``flows``.
    flows : Flows
    people : ndarray (municipalities,)
        NaN unknown.
    core : Core
    names : mapping of str to str
        Name by code, of places outside too.
    meaning : str
        What a flow is; only of commuting the flow within a municipality says who stays.
    base : ShareBase

    Returns
    -------
    GeoDataFrame (municipalities,)
        Sums as recorded, with ``_max`` the most they may be (NaN without bound); NaN where nothing
        is recorded though some may be missing. ``main_destination_certain`` says whether
        unpublished flows could not make another destination the largest.
    """
    known = np.where(flows.present, 1.0, np.nan)
    out = places[["teryt", "name", "geometry"]].copy()
    out["population"] = people
    out["flows_known"] = flows.present & (flows.lost == 0)
    out["rows_lost"] = flows.lost * known
    out["core"] = core.flags(len(out))
    out["core_certain"] = core.certain
    low, high = flows.internal, flows.internal_max
    sums: dict[str, Floats] = {}
    for side, axis, far, far_max, far_rows in (
        ("inflow", 0, flows.inward, flows.inward_max, flows.rows_in),
        ("outflow", 1, flows.outward, flows.outward_max, flows.rows_out),
    ):
        near, near_max = low.sum(axis) * known, high.sum(axis) * known
        near_rows = flows.rows.any(axis)
        for part, some, most, recorded in (
            ("_internal", near, near_max, near_rows),
            ("_external", far, far_max, far_rows),
            ("", near + far, near_max + far_max, near_rows | far_rows),
        ):
            sums[side + part], sums[side + part + "_max"] = some, most
            out[side + part], out[side + part + "_max"] = (
                recorded_sum(some, most, recorded), finite(most),
            )  # fmt: skip
        both_told = (near_rows | (near_max <= near)) & (far_rows | (far_max <= far))
        border = f"border_{side.removesuffix('flow')}"
        out[border] = np.where(both_told, share_of(far, near + far), np.nan)
        out[f"{border}_low"], out[f"{border}_high"] = _bounds(far, far_max, near, near_max)
    out["balance"] = out["inflow"] - out["outflow"]
    out["balance_low"] = finite(sums["inflow"] - sums["outflow_max"])
    out["balance_high"] = finite(sums["inflow_max"] - sums["outflow"])
    out["balance_internal"] = out["inflow_internal"] - out["outflow_internal"]
    out["balance_per_1000"] = 1000 * share_of(out["balance"], out["population"])

    _add_core(out, flows, core, base)

    best = _largest_to(low, flows.codes)
    inside = low[np.arange(len(out)), best] if len(out) > 1 else np.zeros(len(out))
    beyond = np.nan_to_num(flows.main_outside_flow)
    amount = np.maximum(inside, beyond)
    target = [
        None if not a > 0 else flows.codes[b] if i >= o else str(c)
        for a, i, o, b, c in zip(amount, inside, beyond, best, flows.main_outside, strict=True)
    ]
    out["main_destination"] = [None if t is None else names.get(t, t) for t in target]
    out["main_destination_code"] = target
    out["main_destination_flow"] = np.where(amount > 0, amount, np.nan)
    # rivals: the most that any other destination may get; the own one is struck out
    rivals = high.copy()
    rivals[np.arange(len(out)), best] = np.where(inside >= beyond, -1.0, rivals.max(initial=0.0))
    np.fill_diagonal(rivals, -1.0)
    outside = np.where(inside >= beyond, flows.outside_max, flows.outside_rival_max)
    sure = amount > np.maximum(rivals.max(axis=1, initial=-1.0), outside)
    certain = pd.array(sure, dtype="boolean")
    certain[~(amount > 0)] = pd.NA
    out["main_destination_certain"] = certain
    out["main_destination_share"] = share_of(out["main_destination_flow"], base.out)

    out["own_flow"] = flows.own
    stays = flows.own if meaning == "commuting" else np.full(len(out), np.nan)
    out["self_containment"] = share_of(stays, stays + out["outflow"])
    out["job_self_containment"] = share_of(stays, stays + out["inflow"])
    # pairs of which the source has no row though it knows both ends
    missing = ~flows.rows & (high > low) & np.outer(flows.present, flows.present)
    out["pairs_without_row"] = (missing.sum(0) + missing.sum(1)) * known
    return out


def _add_core(out: gpd.GeoDataFrame, flows: Flows, core: Core, base: ShareBase) -> None:
    """Write flows to and from the core cities, with bounds that hold whichever cities they are."""
    low, high, rows = flows.internal, flows.internal_max, flows.rows
    known = np.where(flows.present, 1.0, np.nan)
    cities = core.cities
    alone = np.isin(np.arange(len(out)), cities) & (len(cities) == 1)
    blank = np.where(alone, np.nan, known)  # the only core city has no other one
    to, to_max, to_rows = low[:, cities].sum(1), high[:, cities].sum(1), rows[:, cities].sum(1)
    come, come_max, come_rows = low[cities].sum(0), high[cities].sum(0), rows[cities].sum(0)
    out["flow_to_core"] = recorded_sum(to, to_max, to_rows > 0) * blank
    out["flow_from_core"] = recorded_sum(come, come_max, come_rows > 0) * blank
    share, least, most = share_bounds(to, to_max, to_rows, base.out, base.out_max, base.rows_out)
    out["share_to_core"] = share * blank
    if not core.certain:
        # any one of those that may be core could be the only one, or all of them be
        each = [
            share_bounds(
                low[:, [i]].sum(1), high[:, i], rows[:, i], base.out, base.out_max, base.rows_out
            )
            for i in core.possible.tolist()
        ]
        every = core.possible
        least = np.nanmin(np.array([bounds[1] for bounds in each]), axis=0, initial=1.0)
        _, _, most = share_bounds(
            low[:, every].sum(1), high[:, every].sum(1), rows[:, every].sum(1),
            base.out, base.out_max, base.rows_out,
        )  # fmt: skip
    out["share_to_core_low"], out["share_to_core_high"] = least * blank, most * blank
    share, _, _ = share_bounds(come, come_max, come_rows, base.into, base.into_max, base.rows_in)
    out["share_from_core"] = share * blank


def _largest_to(flow: Floats, codes: Sequence[str]) -> NDArray[np.int64]:
    """Column of the largest flow of each row; ties go to the first code."""
    order = np.argsort(np.array(codes), kind="stable")
    return np.asarray(order[flow[:, order].argmax(axis=1)], dtype=np.int64)


# --------------------------------------------------------------------------- structure
