"""Dwellings and residents of municipalities over the years, and forecasts of residents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Floats
from metrogis.evidence.losses import Loss
from metrogis.i18n import Text, _
from metrogis.provenance import Audit
from metrogis.teryt import CodeMatch, drop_parts, match_codes

METROPOLIS = "*"
"""Code of the row of a forecast that is the metropolis' own."""
_BACK = (0, 10, 20)


@dataclass(frozen=True)
class Dwellings:
    """What statistics say of each municipality; NaN is unknown.

    Attributes
    ----------
    year : int
        t0: the year of the newest rows, or the one asked for.
    people, floor_area : ndarray (n,)
        Residents, and m2 of dwellings, at t0.
    per_person : tuple of ndarray (n,)
        m2 of dwellings per resident at t0, 10 and 20 years before.
    lost : ndarray of bool (n,)
        Rows of the municipality were lost in reading: what is missing may have been in them.
    audit : Audit
    """

    year: int
    people: Floats
    floor_area: Floats
    per_person: tuple[Floats, Floats, Floats]
    lost: Bools
    audit: Audit


@dataclass(frozen=True)
class Forecast:
    """Residents expected in a year; NaN where there is no forecast.

    Attributes
    ----------
    people : ndarray (n,)
    published : ndarray (n,)
        Demand for housing that the municipality itself published, inhabitants.
    metropolis : float
        Forecast of the metropolis' own row.
    lost : ndarray of bool (n,)
        As in :class:`Dwellings`.
    audit : Audit
    """

    people: Floats
    published: Floats
    metropolis: float
    lost: Bools
    audit: Audit


def read_dwellings(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame,
    *,
    year: int | None = None,
    losses: Iterable[Loss] = (),
    layer: str = "housing_statistics",
) -> Dwellings:
    """Return statistics of each municipality at t0, and 10 and 20 years before.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``.
    table : DataFrame
        Schema ``HousingStatistics``; rows of parts of municipalities are dropped.
    year : int, optional
        t0; the newest year in which both numbers of some municipality are known.
    losses : iterable of Loss
        Rows of the table that could not be read.
    layer : str
        Name in the audit.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2211011"]}, geometry=[None])
    >>> table = pd.DataFrame({"teryt": ["2211011"] * 2, "year": [2024, 2014],
    ...     "population": [20000.0, 18000], "dwelling_m2": [640000.0, 504000]})
    >>> found = read_dwellings(towns, table)
    >>> found.year, [p.tolist() for p in found.per_person]
    (2024, [[32.0], [28.0], [nan]])
    """
    rows, audit = drop_parts(table, layer=layer)
    codes = municipalities["teryt"].tolist()
    own, matched = _own_rows(codes, rows, layer)
    audit += matched
    first = _newest(own, table) if year is None else int(year)
    kept, repeated = _once(own, ["teryt", "year"], ["population", "dwelling_m2"], layer)
    audit += repeated
    values = {}
    for back in _BACK:
        part = kept[kept["year"] == first - back].set_index("teryt")
        at = part.reindex(codes)
        values[back] = tuple(at[c].to_numpy(float) for c in ("population", "dwelling_m2"))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [np.where(p > 0, a / p, np.nan) for p, a in values.values()]
    people, area = values[0]
    return Dwellings(
        first, people, area, (shares[0], shares[1], shares[2]), _lost(codes, losses), audit
    )


def read_forecast(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame,
    year: int,
    *,
    losses: Iterable[Loss] = (),
    layer: str = "population_forecast",
) -> Forecast:
    """Return the residents forecast for a year, and what municipalities published of their demand.

    Between two years of a forecast a straight line is taken (audited); beyond its last year there
    is no forecast.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``.
    table : DataFrame
        Schema ``PopulationForecast``; a row ``*`` is the metropolis'.
    year : int
    losses : iterable of Loss
    layer : str

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2211011"]}, geometry=[None])
    >>> table = pd.DataFrame({"teryt": ["2211011", "2211011", "*"], "year": [2040, 2050, 2044],
    ...     "population": [1000.0, 1100, 9000]})
    >>> found = read_forecast(towns, table, 2044)
    >>> found.people.tolist(), found.metropolis
    ([1040.0], 9000.0)
    """
    codes = municipalities["teryt"].tolist()
    table = table.assign(published_demand=table.get("published_demand", np.nan))
    whole = table[table["teryt"] == METROPOLIS]
    wide = table["teryt"].str.fullmatch(r"\d{2}|\d{4}").fillna(False).astype(bool)
    audit = Audit().add(
        layer,
        "dropped",
        int(wide.sum()),
        _("rows of counties and voivodeships: not forecasts of municipalities"),
        table["teryt"][wide],
    )
    rows, dropped = drop_parts(table[~wide & (table["teryt"] != METROPOLIS)], layer=layer)
    rows, matched = _own_rows(codes, rows, layer)
    audit += dropped + matched
    names = ["population", "published_demand"]
    kept, repeated = _once(rows, ["teryt", "year"], names, layer)
    people, between = [], []
    of_code = dict(list(kept.groupby("teryt")))
    none = kept.iloc[:0]
    for code in codes:
        value, exact = _at(of_code.get(code, none), year)
        people.append(value)
        between += [] if exact else [code]
    said = kept.dropna(subset=["published_demand"]).drop_duplicates("teryt", keep="last")
    published = said.set_index("teryt")["published_demand"]
    audit += repeated
    audit = audit.add(
        layer, "guessed", len(between), _("forecast between two of its years"), between
    )
    own, several = _once(whole, ["teryt", "year"], names, layer)
    return Forecast(
        np.array(people, dtype=float),
        published.reindex(codes).to_numpy(float),
        _at(own, year)[0],
        _lost(codes, losses),
        audit + several,
    )


def _own_rows(codes: list[str], rows: pd.DataFrame, layer: str) -> tuple[pd.DataFrame, Audit]:
    """Return the rows of municipalities under their codes of today, and how these were found.

    Each year is matched by itself: a municipality whose kind changed stands under two codes.
    """
    found: dict[str, None] = {}
    guessed: dict[tuple[str, str], None] = {}
    parts = [rows.iloc[:0]]
    for _unused, part in rows.groupby("year", dropna=False):
        match = match_codes(codes, part["teryt"])
        home = part["teryt"].map({there: own for own, there in match.mapping.items()})
        parts.append(part.assign(teryt=home)[home.notna()])
        found |= dict.fromkeys(match.mapping)
        guessed |= dict.fromkeys(match.guessed)
    whole = match_codes(codes, rows["teryt"]).unmatched
    lacking = {c: whole.get(c, "absent") for c in codes if c not in found}
    out = CodeMatch(guessed=tuple(guessed), unmatched=lacking)
    return pd.concat(parts), out.audit(layer)


def _newest(own: pd.DataFrame, table: pd.DataFrame) -> int:
    """Return the newest year of which both numbers of some municipality are known."""
    whole = own.dropna(subset=["year", "population", "dwelling_m2"])
    rows = next((part for part in (whole, own) if part["year"].notna().any()), table)
    return int(rows["year"].max())


def _at(rows: pd.DataFrame, year: int) -> tuple[float, bool]:
    """Return the residents of a year, NaN outside the years of the rows; whether it is a row's."""
    rows = rows.dropna(subset=["population", "year"]).sort_values("year")
    years, people = rows["year"].to_numpy(float), rows["population"].to_numpy(float)
    if not len(years):
        return float("nan"), True
    value = float(np.interp(year, years, people, left=np.nan, right=np.nan))
    return value, bool(np.isin(year, years)) or not np.isfinite(value)


def _once(
    rows: pd.DataFrame, keys: list[str], values: list[str], layer: str
) -> tuple[pd.DataFrame, Audit]:
    """Keep one row per key; numbers on which several rows of one key differ are unknown."""
    alike = rows[[*keys, *values]].drop_duplicates()
    twice = alike.duplicated(keys, keep=False)
    if not twice.any():
        return alike, Audit()
    grouped = alike.groupby(keys, as_index=False)[values]
    differs = grouped.agg(lambda column: column.nunique() > 1)
    merged = grouped.first()
    merged[values] = merged[values].mask(differs[values].astype(bool))
    what: Text = _("several rows for one municipality and year that differ: value unknown")
    odd = differs[differs[values].any(axis=1)]
    return merged, Audit().add(layer, "unknown", len(odd), what, odd[keys[0]])


def _lost(codes: list[str], losses: Iterable[Loss]) -> Bools:
    """Tell of which municipalities rows were lost; a loss without a code may be of any."""
    out = np.zeros(len(codes), bool)
    for item in losses:
        known = {code[:6] for code in item.codes}
        out |= np.array([not known or code[:6] in known for code in codes], dtype=bool)
    return out
