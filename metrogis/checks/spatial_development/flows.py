"""An origin-destination table brought to the municipalities of a metropolis.

Codes are TERYT (see :mod:`metrogis.teryt`). The first six digits name the gmina, the last one only
its kind, which changes when a gmina gains or loses town rights: a code of another year is matched
by its first six digits. A table may list parts (town, rural part, districts) by codes of their own,
or by repeated rows under the gmina's code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.errors import SchemaError
from metrogis.provenance import Audit
from metrogis.teryt import is_part
from metrogis.texts import Text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def sum_code(code: str) -> str:
    """Return the code of the gmina a part belongs to; other codes as they are.

    Districts belong to the city with county rights: first four digits and ``011``.

    >>> sum_code("2205024"), sum_code("1465038"), sum_code("2261011")
    ('2205023', '1465011', '2261011')
    """
    if not is_part(code):
        return code
    return code[:6] + "3" if code[-1] in "45" else code[:4] + "011"


def place_codes(codes: Sequence[str], municipalities: Sequence[str]) -> pd.DataFrame:
    """Tell which place each code of a table stands for.

    Parameters
    ----------
    codes : sequence of str
        TERYT codes of the table.
    municipalities : sequence of str
        TERYT codes of the metropolis.

    Returns
    -------
    DataFrame
        Indexed by code: ``place`` (a code of ``municipalities``, else of a gmina outside),
        ``inside``, ``part`` (a town part, rural part or district that stands for its gmina),
        ``guessed`` (matched by the first six digits), ``overlaps`` (a sum of several
        municipalities of the metropolis: using it would count them twice), ``level`` (when one
        pair is listed by several codes the lowest level holds, the others repeat it).

    Examples
    --------
    >>> place_codes(["2211023", "2205024"], ["2211021", "2205023"])[["place", "guessed"]]
               place  guessed
    code
    2211023  2211021     True
    2205024  2205023    False
    """
    known = set(municipalities)
    wholes: dict[str, list[str]] = {}
    split = set()  # gminas that the metropolis holds in parts
    for code in municipalities:
        if sum_code(code) == code:
            wholes.setdefault(code[:6], []).append(code)
        else:
            split.add(sum_code(code))
    rows = []
    for code in dict.fromkeys(codes):
        whole = sum_code(code)
        part = whole != code
        same_gmina = wholes.get(whole[:6], [])
        if code in known:
            rows.append((code, code, True, False, False, False))
        elif code in split:
            rows.append((code, code, False, False, False, True))
        elif whole in known:
            rows.append((code, whole, True, part, False, False))
        elif len(same_gmina) == 1:
            rows.append((code, same_gmina[0], True, part, True, False))
        elif whole in split:
            rows.append((code, code, False, False, False, False))
        else:
            rows.append((code, whole, False, part, False, False))
    table = pd.DataFrame(
        rows, columns=["code", "place", "inside", "part", "guessed", "overlaps"]
    ).set_index("code")
    table["level"] = table["part"].astype("int64") + 2 * table["guessed"].astype("int64")
    return table


def _pairs(matched: pd.DataFrame, names: dict[str, str]) -> list[str]:
    return [f"{names.get(p, p)} {p} = {c}" for c, p in matched["place"].items()]


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
        Recorded flow from row to column, 0 on the diagonal, and its upper bound. Rows and columns
        of unknown municipalities are 0.
    outward, outward_max, inward, inward_max : array (n,)
        Flow to and from places outside; NaN when the table holds none at all.
    own : array (n,)
        Flow that stays; NaN where there is no row.
    rows : array (n, n) of bool
        The pair has a recorded row.
    rows_out, rows_in : array (n,) of bool
        Some flow to, from a place outside is recorded.
    main_outside, main_outside_flow : arrays (n,)
        Code of the outside place with the largest flow (``""``: none), and that flow.
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
    layer: str = "od_flows",
) -> tuple[Flows, Audit]:
    """Bring an origin-destination table to the municipalities of a metropolis.

    Rows of one pair are summed; parts are added to their gmina unless the pair is also listed by
    the gmina's own code; flows that stay are kept apart. A record that may be missing (a pair has
    as many as its places have parts in the table) stands for 0 to ``suppressed_below - 1`` people.

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
        Further codes of places that exist (they count for the upper bounds of outside flows).
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
    audit = Audit()
    listed = pd.unique(pd.concat([table["origin"], table["destination"]])).tolist()
    matched = place_codes(listed, municipalities)
    rows = pd.DataFrame(
        {
            "o": table["origin"].map(matched["place"]).to_numpy(),
            "d": table["destination"].map(matched["place"]).to_numpy(),
            "o_code": table["origin"].to_numpy(),
            "d_code": table["destination"].to_numpy(),
            "o_in": table["origin"].map(matched["inside"]).to_numpy(dtype=bool),
            "d_in": table["destination"].map(matched["inside"]).to_numpy(dtype=bool),
            "level": (
                4 * table["origin"].map(matched["level"])
                + table["destination"].map(matched["level"])
            ).to_numpy(),
            "overlaps": (
                table["origin"].map(matched["overlaps"])
                | table["destination"].map(matched["overlaps"])
            ).to_numpy(dtype=bool),
            "flow": table["flow"].to_numpy(dtype=np.float64),
        }
    )
    touching = rows["o_in"] | rows["d_in"]
    if not touching.any():
        raise SchemaError(
            Text(
                "żaden wiersz nie dotyczy gmin obszaru",
                "no row starts or ends in a municipality of the area",
            ),
            layer=layer,
            place=f"origin, destination: {', '.join(listed[:3])}, ...",
            remedy=Text(
                "sprawdź kody TERYT i obszar tabeli", "check the TERYT codes and the table's area"
            ),
        )
    further = place_codes(universe, municipalities)
    every_place = {
        place for known in (matched, further) for place in known.loc[~known["overlaps"], "place"]
    }
    audit = audit.add(
        layer,
        "noted",
        int((~touching).sum()),
        Text(
            "wiersze, które nie dotyczą gmin obszaru",
            "rows that neither start nor end in the area",
        ),
    )
    rows = rows[touching]
    audit = audit.add(
        layer,
        "dropped",
        int(rows["overlaps"].sum()),
        Text(
            "wiersze gminy, której części są osobnymi jednostkami obszaru",
            "rows of a gmina whose parts are units of the area themselves",
        ),
        rows.loc[rows["overlaps"], "o_code"],
    )
    rows = rows[~rows["overlaps"]]
    empty = rows["flow"].isna()
    if empty.any() and suppressed_below <= 1:
        raise SchemaError(
            Text(
                f"{int(empty.sum())} wierszy bez liczby, choć tabela ma być pełna "
                f"(suppressed_below = {suppressed_below})",
                f"{int(empty.sum())} rows without a number although the table is declared complete "
                f"(suppressed_below = {suppressed_below})",
            ),
            layer=layer,
            place=f"flow, row {rows.index[empty][0]}",
            remedy=Text(
                "podaj próg publikacji suppressed_below lub uzupełnij liczby",
                "give the threshold of publication suppressed_below, or fill the numbers",
            ),
        )
    audit = audit.add(
        layer,
        "unknown",
        int(empty.sum()),
        Text(
            "wiersze bez liczby, czytane jak nieopublikowane",
            "rows without a number, read as not published",
        ),
        rows.loc[empty, "o_code"] + "-" + rows.loc[empty, "d_code"],
    )
    seen = rows  # a row without a number still shows that the table knows the place
    rows = rows[~empty]
    beside = rows["level"] > rows.groupby(["o", "d"])["level"].transform("min")
    audit = audit.add(
        layer,
        "dropped",
        int(beside.sum()),
        Text(
            "wiersze części gmin (TERYT 4, 5, 8, 9) lub innego kodu gminy obok wiersza ich sumy",
            "rows of parts (TERYT 4, 5, 8, 9), or of another code, beside the row of their sum",
        ),
        rows.loc[beside, "o_code"] + "-" + rows.loc[beside, "d_code"],
    )
    rows = rows[~beside]
    audit += _audit_codes(rows, matched, names, layer)
    audit += _audit_repeats(rows, layer)
    low = int((rows["flow"].gt(0) & rows["flow"].lt(suppressed_below)).sum())
    audit = audit.add(
        layer,
        "noted",
        low,
        Text(
            f"wiersze poniżej progu {suppressed_below}, choć miały być niepublikowane",
            f"rows under {suppressed_below} although these were declared unpublished",
        ),
    )
    flows = _matrices(rows, seen, tuple(municipalities), matched, every_place, suppressed_below)
    audit += _audit_gaps(flows, names, suppressed_below, layer)
    return flows, audit


def _audit_codes(
    rows: pd.DataFrame, matched: pd.DataFrame, names: dict[str, str], layer: str
) -> Audit:
    used = matched.loc[pd.unique(pd.concat([rows["o_code"], rows["d_code"]]))]
    parts = used[used["part"]]
    other = used[used["guessed"]]
    return (
        Audit()
        .add(
            layer,
            "noted",
            len(parts),
            Text(
                "kody części gmin i dzielnic dodane do swojej gminy lub miasta",
                "codes of parts and districts added to their gmina or city",
            ),
            _pairs(parts, names),
        )
        .add(
            layer,
            "guessed",
            len(other),
            Text(
                "inny kod TERYT tej samej gminy (zgodne 6 pierwszych cyfr)",
                "another TERYT code of the same gmina (first 6 digits agree)",
            ),
            _pairs(other, names),
        )
    )


def _audit_repeats(rows: pd.DataFrame, layer: str) -> Audit:
    between = rows[rows["o"] != rows["d"]]
    repeated = between.duplicated(["o", "d"])
    own = rows[(rows["o"] == rows["d"]) & rows["o_in"]]
    return (
        Audit()
        .add(
            layer,
            "noted",
            int(repeated.sum()),
            Text(
                "powtórzone wiersze tej samej pary gmin, zsumowane",
                "repeated rows of one pair of municipalities, summed",
            ),
            between.loc[repeated, "o"] + "-" + between.loc[repeated, "d"],
        )
        .add(
            layer,
            "noted",
            len(own),
            Text(
                "wiersze z gminy do niej samej, liczone osobno",
                "rows from a municipality to itself, kept apart",
            ),
            own["o"],
        )
    )


def _audit_gaps(flows: Flows, names: dict[str, str], suppressed_below: int, layer: str) -> Audit:
    absent = [c for c, there in zip(flows.codes, flows.present, strict=True) if not there]
    n = int(flows.present.sum())
    gaps = n * (n - 1) - int(flows.rows.sum())
    audit = Audit().add(
        layer,
        "unknown",
        len(absent),
        Text("gminy, których nie ma w tabeli", "municipalities the table does not hold"),
        [f"{names.get(c, c)} {c}" for c in absent],
    )
    if suppressed_below > 1:
        audit = audit.add(
            layer,
            "unknown",
            gaps,
            Text(
                f"pary gmin obszaru bez wiersza: w każdym brakującym wierszu od 0 do "
                f"{suppressed_below - 1} osób",
                f"pairs of the area's municipalities without a row: 0 to {suppressed_below - 1} "
                "people in each missing record",
            ),
        )
    unknown = Text("tabela nie mówi o", "the table does not tell")
    for values, pl, en in (
        (flows.outward, "odpływie poza obszar", "outflow from the area"),
        (flows.inward, "napływie spoza obszaru", "inflow to the area"),
    ):
        if np.isnan(values).all():
            audit = audit.add(
                layer, "unknown", len(flows.codes), Text(f"{unknown.pl} {pl}", f"{unknown.en} {en}")
            )
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

    totals = leaving.groupby(["o", "d"], as_index=False)["flow"].sum()
    totals = totals.sort_values(["o", "flow", "d"], ascending=[True, False, True])
    first = totals.drop_duplicates("o").set_index("o").reindex(list(codes))
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
    )
