"""Rows of an origin-destination table: which places their codes stand for.

Codes are TERYT (see :mod:`metrogis.teryt`). The first six digits name the gmina, the last one only
its kind, which changes when a gmina gains or loses town rights: a code of another year is matched
by its first six digits. A table may list parts (town, rural part, districts) by codes of their own,
or by repeated rows under the gmina's code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.teryt import is_part

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


def lead_nowhere(
    matched: pd.DataFrame, municipalities: Sequence[str], universe: Sequence[str]
) -> Bools:
    """Tell which codes name no gmina although those of their county are listed.

    A list of the whole country (all 16 voivodeships) is taken to be complete.
    """
    gminas = {sum_code(c)[:6] for c in (*universe, *municipalities)}
    counties = {sum_code(c)[:4] for c in universe}
    whole_country = len({c[:2] for c in universe}) >= 16
    found = [
        not inside
        and not overlaps
        and sum_code(code)[:6] not in gminas
        and (whole_country or sum_code(code)[:4] in counties)
        for code, inside, overlaps in zip(
            matched.index, matched["inside"], matched["overlaps"], strict=True
        )
    ]
    return np.array(found, dtype=bool)


def joined_rows(table: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of flows with what their codes stand for.

    Parameters
    ----------
    table : DataFrame
        ``origin``, ``destination`` (TERYT) and ``flow`` (persons; NaN: not published).
    matched : DataFrame
        A row for each code, by code: ``place``, ``inside`` (of the metropolis), ``nowhere``,
        ``level``, ``overlaps``.

    Returns
    -------
    DataFrame
        Index of the table: ``flow``; for either end (``o``, ``d``) the place, its code (``_code``),
        whether it lies inside (``_in``), whether it leads nowhere (``_lost``); ``level`` of the two
        together (4 x origin + destination: rows of one pair and level add up), ``overlaps``.
    """
    out: dict[str, object] = {"flow": table["flow"].to_numpy(dtype=np.float64)}
    level = np.zeros(len(table), np.int64)
    overlaps = np.zeros(len(table), bool)
    for side, column, factor in (("o", "origin", 4), ("d", "destination", 1)):
        at = matched.index.get_indexer(table[column])
        named = at >= 0
        found = matched.iloc[at]  # the last one where there is no code: not used
        out[side] = np.where(named, found["place"], None)
        out[f"{side}_code"] = table[column].to_numpy(dtype=object)
        out[f"{side}_in"] = named & found["inside"].to_numpy(dtype=bool)
        out[f"{side}_lost"] = ~named | found["nowhere"].to_numpy(dtype=bool)
        level += factor * np.where(named, found["level"].to_numpy(np.int64), 0)
        overlaps |= named & found["overlaps"].to_numpy(dtype=bool)
    return pd.DataFrame({**out, "level": level, "overlaps": overlaps}, index=table.index)


# --------------------------------------------------------------------------- audit


def audit_codes(
    rows: pd.DataFrame, matched: pd.DataFrame, names: dict[str, str], layer: str
) -> Audit:
    """Return what was guessed of the codes that rows use, and which of them are parts.

    Parameters
    ----------
    rows : DataFrame
        From :func:`joined_rows`.
    matched : DataFrame
        By code; ``part`` and ``guessed`` mark them.
    names : dict
        Name by code, for the examples.
    layer : str
    """
    used = matched.loc[pd.unique(pd.concat([rows["o_code"], rows["d_code"]]))]
    parts = used[used["part"]]
    other = used[used["guessed"]]
    return (
        Audit()
        .add(
            layer,
            "noted",
            len(parts),
            _("codes of parts and districts added to their gmina or city"),
            _pairs(parts, names),
        )
        .add(
            layer,
            "guessed",
            len(other),
            _("another TERYT code of the same gmina (first 6 digits agree)"),
            _pairs(other, names),
        )
    )


def audit_repeats(rows: pd.DataFrame, layer: str) -> Audit:
    """Return how many rows repeat a pair, and how many stay within one municipality.

    Repeated rows are summed; rows from a municipality to itself are kept apart.
    """
    between = rows[rows["o"] != rows["d"]]
    repeated = between.duplicated(["o", "d"])
    own = rows[(rows["o"] == rows["d"]) & rows["o_in"]]
    return (
        Audit()
        .add(
            layer,
            "noted",
            int(repeated.sum()),
            _("repeated rows of one pair of municipalities, summed"),
            between.loc[repeated, "o"] + "-" + between.loc[repeated, "d"],
        )
        .add(
            layer,
            "noted",
            len(own),
            _("rows from a municipality to itself, kept apart"),
            own["o"],
        )
    )
