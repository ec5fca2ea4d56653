"""An origin-destination table brought to the municipalities of a metropolis.

What is recorded, and how much may not be: small counts that are not published, rows that cannot be
used, municipalities that the table does not hold. What codes stand for is in
:mod:`metrogis.population.flow_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.population.flow_rows import (
    audit_codes,
    audit_repeats,
    joined_rows,
    lead_nowhere,
    place_codes,
    sum_code,
)
from metrogis.provenance import Audit

__all__ = ["Flows", "place_codes", "read_flows", "sum_code"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Blank = Literal["unknown", "suppressed"]

_NO_COUNT = _("rows without a count: the flow is unknown")
_SUPPRESSED = _("rows without a number, read as not published")


# --------------------------------------------------------------------------- flows


@dataclass(frozen=True)
class Flows:
    """Flows of ``n`` municipalities; what is recorded, and how much may be unrecorded.

    Attributes
    ----------
    codes : tuple of str
    present : array (n,) of bool
        The table knows the municipality; all else is NaN where it does not.
    internal, internal_max : array (n, n)
        Recorded flow from row to column, 0 on the diagonal, and its upper bound: infinite where a
        row was lost, or where the table does not know one of the two. Recorded flows of unknown
        municipalities are 0.
    outward, outward_max, inward, inward_max : array (n,)
        Flow to and from places outside, and the upper bounds; NaN when the table holds none.
    own : array (n,)
        Flow that stays; NaN where there is no row.
    rows : array (n, n) of bool
        The pair has a recorded row.
    rows_out, rows_in : array (n,) of bool
        Some flow to, from a place outside is recorded.
    main_outside, main_outside_flow : arrays (n,)
        Code of the outside place with the largest flow (``""``: none), and that flow.
    outside_max, outside_rival_max : arrays (n,)
        Upper bound of the flow to any one place outside; to any but the main one. 0 where the
        table does not reach beyond the border.
    lost : array (n,) of int
        Rows of the municipality whose count or other end cannot be used.
    rows_lost : int
        All such rows.
    """

    codes: tuple[str, ...]
    present: Bools
    internal: Floats
    internal_max: Floats
    outward: Floats
    outward_max: Floats
    inward: Floats
    inward_max: Floats
    own: Floats
    rows: Bools
    rows_out: Bools
    rows_in: Bools
    main_outside: NDArray[np.object_]
    main_outside_flow: Floats
    outside_max: Floats
    outside_rival_max: Floats
    lost: NDArray[np.int64]
    rows_lost: int = 0

    @property
    def exact(self) -> bool:
        """Whether every flow within the area is recorded: none unpublished, lost or absent."""
        return bool((self.internal_max <= self.internal).all())

    @property
    def outside_known(self) -> bool:
        """Whether the table reaches beyond the border in both directions."""
        return bool(np.isfinite(self.outward).any() and np.isfinite(self.inward).any())


def read_flows(
    table: pd.DataFrame,
    municipalities: Sequence[str],
    names: dict[str, str],
    *,
    suppressed_below: int,
    universe: Sequence[str] = (),
    blank: Blank = "unknown",
    layer: str = "od_flows",
) -> tuple[Flows, Audit]:
    """Bring an origin-destination table to the municipalities of a metropolis.

    Rows of one pair are summed; parts are added to their gmina unless the pair is also listed by
    the gmina's own code; flows that stay are kept apart. A record that may be missing (a pair has
    as many as its places have parts in the table) stands for 0 to ``suppressed_below - 1`` people.
    A row that is there and cannot be used (no count; a code that leads nowhere) stands for any
    number of them: what it may belong to has no upper bound.

    Parameters
    ----------
    table : DataFrame
        Columns ``origin``, ``destination``, ``flow`` (people).
    municipalities : sequence of str
        TERYT codes, in the order of the arrays returned.
    names : dict
        Code -> name, for the audit.
    suppressed_below : int
        Records with fewer people are absent from the table; 0 or 1: the table is complete.
    universe : sequence of str
        Further codes of places that exist. They count for the upper bounds of outside flows; a code
        of the table that a county listed here does not have leads nowhere.
    blank : {"unknown", "suppressed"}
        Whether a row without a count may be any number, or one under ``suppressed_below``.
    layer : str

    Returns
    -------
    Flows, Audit

    Raises
    ------
    SchemaError
        When no row of the table touches the metropolis.

    Examples
    --------
    >>> od = pd.DataFrame({"origin": ["2261011"] * 3, "destination": ["2262011"] * 2 + ["1465038"],
    ...                    "flow": [5.0, 2.0, 4.0]})
    >>> flows, audit = read_flows(od, ["2261011", "2262011"], {}, suppressed_below=0)
    >>> flows.internal.tolist(), flows.outward.tolist(), flows.main_outside.tolist()
    ([[0.0, 7.0], [0.0, 0.0]], [4.0, 0.0], ['1465011', ''])
    """
    ends = pd.concat([table["origin"], table["destination"]])
    listed = pd.unique(ends.dropna()).tolist()
    matched = place_codes(listed, municipalities)
    matched["nowhere"] = lead_nowhere(matched, municipalities, universe)
    rows = joined_rows(table, matched)
    matched = matched[~matched["nowhere"]]
    stray = rows["o_lost"] | rows["d_lost"]
    touching = rows["o_in"] | rows["d_in"] | stray  # one that leads nowhere may touch the area
    if not (rows["o_in"] | rows["d_in"]).any():
        raise SchemaError(
            _("no row starts or ends in a municipality of the area"),
            layer=layer,
            place=f"origin, destination: {', '.join(listed[:3])}, ...",
            remedy=_("check the TERYT codes and the table's area"),
        )
    further = place_codes(universe, municipalities)
    # places that may be an end outside: those of the table and those known to exist
    every_place = {
        *matched.loc[~matched["overlaps"], "place"],
        *further.loc[~further["overlaps"], "place"],
    }
    rows, seen, lost, audit = _usable(rows, touching, suppressed_below, blank, layer)
    audit += audit_codes(rows, matched, names, layer)
    audit += audit_repeats(rows, layer)
    low = int((rows["flow"].gt(0) & rows["flow"].lt(suppressed_below)).sum())
    audit = audit.add(
        layer,
        "noted",
        low,
        _("rows under {suppressed_below} although these were declared unpublished").fill(
            suppressed_below=suppressed_below
        ),
    )
    codes = tuple(municipalities)
    flows = _matrices(rows, seen, codes, matched, every_place, suppressed_below)
    flows = _weakened(flows, lost)
    audit += _audit_gaps(flows, names, suppressed_below, layer)
    return flows, audit


def _usable(
    rows: pd.DataFrame, touching: pd.Series, suppressed_below: int, blank: Blank, layer: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Audit]:
    """Return the rows whose flow can be counted, those that show a place is known, the lost ones.

    Left out, each with a count: rows that do not touch the area, rows of a gmina whose parts are
    units themselves, rows without a count or a place, rows of parts beside the row of their sum.
    """
    audit = Audit().add(
        layer,
        "noted",
        int((~touching).sum()),
        _("rows that neither start nor end in the area"),
    )
    rows = rows[touching]
    audit = audit.add(
        layer,
        "dropped",
        int(rows["overlaps"].sum()),
        _("rows of a gmina whose parts are units of the area themselves"),
        rows.loc[rows["overlaps"], "o_code"],
    )
    rows = rows[~rows["overlaps"]]
    # a blank that is declared suppressed is bounded by the threshold; any other may be any number
    empty, stray = rows["flow"].isna(), rows["o_lost"] | rows["d_lost"]
    lost = rows[stray | empty] if blank == "unknown" or suppressed_below <= 1 else rows[stray]
    shown = rows["o_code"].fillna("?") + "-" + rows["d_code"].fillna("?")
    audit = audit.add(
        layer,
        "unknown",
        int(stray.sum()),
        _("rows with a code that leads nowhere: the flow is unknown"),
        shown[stray],
    ).add(
        layer,
        "unknown",
        int((empty & ~stray).sum()),
        _NO_COUNT if len(lost) > int(stray.sum()) else _SUPPRESSED,
        shown[empty & ~stray],
    )
    seen = rows  # a row that cannot be used still shows that the table knows the place
    rows = rows[~stray & ~empty]
    # level 0 is a pair by the codes of its sums: rows of parts beside it would count people twice
    beside = rows["level"] > rows.groupby(["o", "d"])["level"].transform("min")
    audit = audit.add(
        layer,
        "dropped",
        int(beside.sum()),
        _("rows of parts (TERYT 4, 5, 8, 9), or of another code, beside the row of their sum"),
        rows.loc[beside, "o_code"] + "-" + rows.loc[beside, "d_code"],
    )
    rows = rows[~beside]
    return rows, seen, lost, audit


def _weakened(flows: Flows, lost: pd.DataFrame) -> Flows:
    """Take away the upper bounds of what rows that cannot be used may have been."""
    n = len(flows.codes)
    top, outward, inward = (
        a.copy() for a in (flows.internal_max, flows.outward_max, flows.inward_max)
    )
    outside, rival = flows.outside_max.copy(), flows.outside_rival_max.copy()
    # the table says nothing of what ties a municipality that it does not hold to the others
    top[~flows.present, :] = np.inf
    top[:, ~flows.present] = np.inf
    # -1: the end lies outside the area, or is not known (no_start, no_end)
    position = pd.Index(flows.codes)
    start, end = (position.get_indexer(lost[c]) for c in ("o", "d"))
    no_start, no_end = (lost[c].to_numpy(dtype=bool) for c in ("o_lost", "d_lost"))
    top[start[(start >= 0) & (end >= 0)], end[(start >= 0) & (end >= 0)]] = np.inf
    for leaving in (outward, outside, rival):
        leaving[start[(start >= 0) & (end < 0)]] = np.inf
    inward[end[(end >= 0) & (start < 0)]] = np.inf
    # an end that is not known may be any municipality, or a place outside
    top[start[(start >= 0) & no_end], :] = np.inf
    top[:, end[(end >= 0) & no_start]] = np.inf
    count = np.bincount(start[start >= 0], minlength=n) + np.bincount(end[end >= 0], minlength=n)
    # a row from a municipality to itself has been counted at both ends
    count -= np.bincount(start[(start >= 0) & (start == end)], minlength=n)
    # rows that touch no municipality for certain may touch any through the end that is not known
    nobody = (start < 0) & (end < 0)
    if (nobody & no_start).any():
        for leaving in (outward, outside, rival):
            leaving[:] = np.inf
    if (nobody & no_end).any():
        inward[:] = np.inf
    if (nobody & no_start & no_end).any():
        top[:] = np.inf
    count += int(nobody.sum())
    # the diagonal holds no flow: what stays is kept apart
    np.fill_diagonal(top, 0.0)
    return replace(
        flows, internal_max=top, outward_max=outward, inward_max=inward, outside_max=outside,
        outside_rival_max=rival, lost=count, rows_lost=len(lost),
    )  # fmt: skip


def _audit_gaps(flows: Flows, names: dict[str, str], suppressed_below: int, layer: str) -> Audit:
    absent = [c for c, there in zip(flows.codes, flows.present, strict=True) if not there]
    n = int(flows.present.sum())
    gaps = n * (n - 1) - int(flows.rows.sum())
    audit = Audit().add(
        layer,
        "unknown",
        len(absent),
        _("municipalities the table does not hold"),
        [f"{names.get(c, c)} {c}" for c in absent],
    )
    if suppressed_below > 1:
        audit = audit.add(
            layer,
            "unknown",
            gaps,
            _(
                "pairs of the area's municipalities without a row: 0 to {value} people "
                "in each missing record"
            ).fill(value=suppressed_below - 1),
        )
    for values, unknown in (
        (flows.outward, _("the table does not tell outflow from the area")),
        (flows.inward, _("the table does not tell inflow to the area")),
    ):
        if np.isnan(values).all():
            audit = audit.add(layer, "unknown", len(flows.codes), unknown)
    return audit


def _parts(rows: pd.DataFrame, matched: pd.DataFrame, places: set[str]) -> pd.Series:
    """Number of records by which the table lists each place.

    A place listed by its parts only has as many as parts. Where pairs repeat only with gminas of
    kind 3, the table lists their town and rural part under one code: they have 2.
    """
    parts = pd.Series(1, index=sorted(places), dtype="int64")
    by_part = matched[matched["part"]].groupby("place").size()
    whole = matched.loc[~matched["part"], "place"]
    by_part = by_part[~by_part.index.isin(whole)]
    parts.loc[by_part.index] = by_part
    repeats = rows[rows.duplicated(["o_code", "d_code"])]
    kinds = set(repeats["o_code"].str[-1] + repeats["d_code"].str[-1])
    if kinds and all("3" in pair for pair in kinds):
        listed = matched.loc[matched.index.str.endswith("3"), "place"]
        urban_rural = parts.index.isin(listed) | parts.index.str.endswith("3")
        parts[urban_rural] = parts[urban_rural].clip(lower=2)
    return parts


def _matrices(
    rows: pd.DataFrame,
    seen: pd.DataFrame,
    codes: tuple[str, ...],
    matched: pd.DataFrame,
    every_place: set[str],
    suppressed_below: int,
) -> Flows:
    n = len(codes)
    at = pd.Series(np.arange(n), index=list(codes))
    parts = _parts(rows, matched, every_place | set(codes))
    own_parts = parts[list(codes)].to_numpy(dtype=np.float64)
    present = np.isin(
        codes, np.concatenate([seen["o"][seen["o_in"]].unique(), seen["d"][seen["d_in"]].unique()])
    )

    def grid(part: pd.DataFrame, weights: Floats | None) -> Floats:
        index = at[part["o"]].to_numpy() * n + at[part["d"]].to_numpy()
        return np.bincount(index, weights, minlength=n * n).reshape(n, n).astype(np.float64)

    inner = rows[rows["o_in"] & rows["d_in"]]
    internal, records = grid(inner, inner["flow"].to_numpy()), grid(inner, None)
    own = np.where(np.diagonal(records) > 0, np.diagonal(internal), np.nan)
    np.fill_diagonal(internal, 0.0)
    np.fill_diagonal(records, 0.0)

    leaving = rows[rows["o_in"] & ~rows["d_in"]]
    coming = rows[~rows["o_in"] & rows["d_in"]]
    # one code a gmina: tables of different years may hold two kinds of it
    places_out = list({c[:6]: c for c in sorted(every_place - set(codes))}.values())
    outside_parts = float(parts[places_out].sum())

    # a table split by something else too (mode, sex) has more records by pair than parts explain
    pair_parts = np.outer(own_parts, own_parts)
    excess = [1.0, float(np.ceil((records / pair_parts).max(initial=1.0)))]
    for part, home, away in ((leaving, "o", "d"), (coming, "d", "o")):
        per_pair = part.groupby([home, away]).size()
        if len(per_pair):
            one, other = (parts[per_pair.index.get_level_values(k)].to_numpy() for k in (0, 1))
            excess.append(float(np.ceil((per_pair.to_numpy() / (one * other)).max())))
    times = max(excess)
    most = float(max(suppressed_below - 1, 0))

    both_known = np.outer(present, present)
    np.fill_diagonal(both_known, False)
    missing = np.where(both_known, np.maximum(times * pair_parts - records, 0.0), 0.0)

    def border(part: pd.DataFrame, side: str) -> tuple[Floats, Floats]:
        if part.empty:
            return np.full(n, np.nan), np.full(n, np.nan)
        index = at[part[side]].to_numpy()
        total = np.bincount(index, part["flow"].to_numpy(), minlength=n).astype(np.float64)
        count = np.bincount(index, minlength=n)
        gap = np.maximum(times * own_parts * outside_parts - count, 0.0)
        return np.where(present, total, np.nan), np.where(present, total + most * gap, np.nan)

    outward, outward_max = border(leaving, "o")
    inward, inward_max = border(coming, "d")

    totals = leaving.groupby(["o", "d"], as_index=False).agg(flow=("flow", "sum"), n=("o", "size"))
    totals = totals.sort_values(["o", "flow", "d"], ascending=[True, False, True])
    first = totals.drop_duplicates("o").set_index("o").reindex(list(codes))
    both_parts = parts[totals["o"]].to_numpy() * parts[totals["d"]].to_numpy()
    totals["top"] = totals["flow"] + most * np.maximum(times * both_parts - totals["n"], 0.0)
    widest = float(parts[places_out].max()) if places_out else 0.0
    unlisted = most * times * own_parts * widest if len(leaving) else np.zeros(n)

    def highest(part: pd.DataFrame) -> Floats:
        found = part.groupby("o")["top"].max().reindex(list(codes)).to_numpy(dtype=np.float64)
        return np.asarray(np.maximum(np.nan_to_num(found), unlisted))

    return Flows(
        codes=codes,
        present=present,
        internal=internal,
        internal_max=internal + most * missing,
        outward=outward,
        outward_max=outward_max,
        inward=inward,
        inward_max=inward_max,
        own=own,
        rows=records > 0,
        rows_out=np.isin(codes, leaving["o"].unique()),
        rows_in=np.isin(codes, coming["d"].unique()),
        main_outside=first["d"].fillna("").to_numpy(dtype=object),
        main_outside_flow=first["flow"].to_numpy(dtype=np.float64),
        outside_max=highest(totals),
        outside_rival_max=highest(totals[totals.duplicated("o")]),
        lost=np.zeros(n, np.int64),
    )
