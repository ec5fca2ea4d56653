"""What a metropolis has before any check runs: source, age, cover and joins of every layer.

``metrogis layers check`` ends with it, and the page on the data of an atlas shows it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Floats
from metrogis.catalog import lock
from metrogis.catalog.facts import Facts
from metrogis.checks import registry
from metrogis.checks.contract import Check
from metrogis.checks.contract.knowledge import WHOLE, weighted_share
from metrogis.errors import MetrogisError
from metrogis.evidence import timetable
from metrogis.evidence.core import Evidence
from metrogis.evidence.cycling import cycle_coverage
from metrogis.evidence.plans import plan_cover
from metrogis.evidence.rasters import evidence_of
from metrogis.evidence.streets import streets_evidence
from metrogis.metro import Metro
from metrogis.texts import is_missing
from metrogis.transit.modes import MODE_GROUPS

YEAR = 365
"""Days after which data are told to be old: most registers and timetables are renewed each year."""

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Checkup:
    """Tables on the layers of a metropolis.

    Attributes
    ----------
    layers : DataFrame
        A row a layer: ``layer``, ``title`` (Text), ``state`` as in :attr:`Metro.layers`, ``rows``,
        ``source`` (file), ``address`` (where it was fetched), ``fetched`` (date), ``date``,
        ``days`` (age: from the last day that ``date`` names, else from the day of fetching; missing
        where neither is stated), ``licence``, ``municipalities`` (how many have something of it;
        missing where it has no places), ``elsewhere`` (rows in none), ``guessed`` (codes that
        differ in their last digit), ``duplicates``, ``remarks`` (rows of the audit that tell of
        something dropped, repaired, guessed or unknown), ``known`` (share of the land, 0-1).
    cover : DataFrame
        ``teryt``, ``name``, and a column for each layer with places: how much of it is there.
    checks : DataFrame
        ``check``, ``title`` (Text), ``runs``, ``reason`` (Text or None), ``unknown_low`` and
        ``unknown_high`` (share of the land, 0-1: where a layer that the check needs is not known,
        and where any of its layers is not), ``partly`` (layer -> known share, of those known in
        part), ``without`` (layers that are not there and that the check can do without).
    faults : mapping of str to MetrogisError
        Layer -> why it cannot be told where it is known: read by itself it is well, but not with
        another (a row of ``coverage`` that names no mode).
    """

    layers: pd.DataFrame
    cover: pd.DataFrame
    checks: pd.DataFrame
    faults: Mapping[str, MetrogisError] = field(default_factory=dict)

    @property
    def old(self) -> list[str]:
        """Layers older than a year, the oldest first."""
        rows = self.layers[self.layers["days"] > YEAR]
        return [str(n) for n in rows.sort_values("days", ascending=False)["layer"]]

    @property
    def undated(self) -> list[str]:
        """Layers at hand of which no date is stated."""
        rows = self.layers[self.layers["days"].isna() & (self.layers["state"] == "loaded")]
        return [str(n) for n in rows["layer"]]


def checkup(metro: Metro, today: date | None = None) -> Checkup:
    """Read every layer and tell what it holds.

    Parameters
    ----------
    metro : Metro
    today : date, optional
        From which ages are counted; default: the day of the clock.

    Returns
    -------
    Checkup
        Layers that cannot be read are rows with their state; nothing is raised for them.

    Examples
    --------
    >>> import metrogis as mg
    >>> found = checkup(mg.open_metro("demo"))  # doctest: +SKIP
    >>> found.old  # doctest: +SKIP
    ['population_before', 'built_up_before', ...]
    """
    metro.problems()  # reads all
    facts = metro.facts()
    shares, faults = known_shares(metro)
    municipalities = _municipalities(metro)
    layers = layer_table(metro, facts, today or date.today())
    layers["known"] = [
        weighted_share(municipalities, shares[name])
        if name in shares and municipalities is not None
        else np.nan
        for name in layers["layer"]
    ]
    checks = _checks(metro, shares, faults, municipalities)
    return Checkup(layers, cover_table(municipalities, facts), checks, faults)


def layer_table(metro: Metro, facts: Mapping[str, Facts], today: date) -> pd.DataFrame:
    """Return what stands in :attr:`Checkup.layers`, but for ``known``."""
    fetched = lock.read(metro.directory)
    remarks: dict[str, int] = {}
    for row in metro.audit:
        if row.action != "noted":
            remarks[row.layer] = remarks.get(row.layer, 0) + 1
    rows = []
    for item in metro.layers.to_dict("records"):
        name = str(item["layer"])
        declared = metro.catalog.layers[name]
        files = {str(getattr(declared, "path", "")), *map(str, getattr(declared, "more", ()))}
        entries = [e for e in fetched.values() if e.layer == name or e.file in files]
        fact = facts.get(name)
        there = fact.there if fact else None
        when = max((e.fetched[:10] for e in entries), default="")
        stated = "" if is_missing(item["date"]) else str(item["date"])
        rows.append(
            {
                "layer": name,
                "title": item["title"],
                "state": item["state"],
                "rows": item["rows"],
                "source": "" if is_missing(item["source"]) else str(item["source"]),
                "address": entries[0].address if entries else "",
                "fetched": when,
                "date": stated,
                "days": days_since(stated or when, today),
                "licence": "" if is_missing(item["licence"]) else str(item["licence"]),
                "municipalities": None if there is None else sum(n > 0 for n in there.values()),
                "elsewhere": fact.elsewhere if fact else None,
                "guessed": fact.guessed if fact else None,
                "duplicates": fact.duplicates if fact else None,
                "remarks": remarks.get(name, 0),
            }
        )
    frame = pd.DataFrame(rows)
    counts = ["rows", "days", "municipalities", "elsewhere", "guessed", "duplicates"]
    return frame.astype(dict.fromkeys(counts, "Int64"))


def days_since(text: str, today: date) -> int | None:
    """Return the days since the last day that a date names; None for what is no date.

    >>> days_since("2024-12-31", date(2025, 1, 1)), days_since("2024", date(2025, 1, 1))
    (1, 1)
    >>> days_since("2024-02", date(2024, 3, 1)), days_since("last year", date(2024, 3, 1))
    (1, None)

    What lies ahead is new: 0.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    month = month or 12
    try:
        last = date(year or 0, month, day or calendar.monthrange(year or 0, month)[1])
    except ValueError:
        return None
    return max((today - last).days, 0)


def cover_table(
    municipalities: gpd.GeoDataFrame | None, facts: Mapping[str, Facts]
) -> pd.DataFrame:
    """Return how much of each layer is in each municipality."""
    if municipalities is None:
        return pd.DataFrame({"teryt": [], "name": []})
    table = pd.DataFrame(municipalities[["teryt", "name"]]).reset_index(drop=True)
    for name, fact in facts.items():
        if fact.there is not None and name != "municipalities":
            table[name] = table["teryt"].astype(str).map(fact.there).astype("Int64")
    return table


def known_shares(metro: Metro) -> tuple[dict[str, Floats], dict[str, MetrogisError]]:
    """Return the known share (0-1) of the land of each municipality, by layer that was read.

    Beside it the errors of layers of which that cannot be told, by layer. Checks ask for more than
    a layer being there (a walk beyond the border, two dates): what they know is at most this. Cycle
    routes without ``cycle_coverage`` are taken to be known wherever a line is drawn.
    """
    municipalities = _municipalities(metro)
    if municipalities is None:
        return {}, {}
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    out: dict[str, Floats] = {}
    faults: dict[str, MetrogisError] = {}
    for name in metro.facts():
        try:
            evidence = _evidence(metro, name, municipalities)
        except MetrogisError as error:
            faults[name] = error
            continue
        shares = np.zeros(len(municipalities))
        if evidence.complete:
            shares[:] = 1.0
        elif there.any():
            shares[there] = np.nan_to_num(evidence.known_share(shapes[there]))
        shares[shares > 1 - WHOLE] = 1.0
        out[name] = shares
    return out, faults


def _evidence(metro: Metro, name: str, municipalities: gpd.GeoDataFrame) -> Evidence:
    layer = metro.get(name)
    base = evidence_of(layer, name, metro.crs, municipalities)
    if name == "timetable":
        given = {n: _or_none(metro, n) for n in ("coverage", "stop_posts", "rail_stations")}
        found = timetable.evidence(
            municipalities,
            given["coverage"],
            layer,
            groups=MODE_GROUPS,
            stops=layer.stop_points(metro.crs),
            stop_posts=given["stop_posts"],
            rail_stations=given["rail_stations"],
        )
        return found.as_evidence()
    if name in ("plans", "planning_zones"):
        zones = getattr(layer, "zones", layer)
        return plan_cover(base, municipalities, zones.geometry.to_numpy()).evidence
    if name == "streets":
        return streets_evidence(layer, metro.crs, municipalities)
    if name == "cycle_routes":
        there = metro.facts()[name].there or {}
        drawn = [there.get(str(code), 0) > 0 for code in municipalities["teryt"]]
        return cycle_coverage(
            base, _or_none(metro, "cycle_coverage"), municipalities, drawn
        ).evidence
    return base


def _checks(
    metro: Metro,
    shares: Mapping[str, Floats],
    faults: Mapping[str, MetrogisError],
    municipalities: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return which checks will run, and of how much they cannot know."""
    rows = []
    for check_id, reason in metro.outlook().items():
        check = registry.get(check_id)
        inputs = [item.name for item in check.inputs]
        reason = reason or next((faults[n].text for n in inputs if n in faults), None)
        given = [name for name in inputs if name in shares]
        low = high = np.nan
        if reason is None and municipalities is not None:
            low = _rest(municipalities, _known(check, shares, len(municipalities)))
            high = _rest(municipalities, np.min([shares[n] for n in given], axis=0))
        known = (
            {n: weighted_share(municipalities, shares[n]) for n in given}
            if municipalities is not None
            else {}
        )
        rows.append(
            {
                "check": check_id,
                "title": check.title,
                "runs": reason is None,
                "reason": reason,
                "unknown_low": low,
                "unknown_high": high,
                "partly": {n: share for n, share in known.items() if share < 1 - WHOLE},
                "without": [n for n in inputs if n not in shares],
            }
        )
    return pd.DataFrame(rows)


def _rest(municipalities: gpd.GeoDataFrame, shares: Floats) -> float:
    """Return the share of all land that is not known."""
    share = weighted_share(municipalities, shares)
    return 0.0 if share > 1 - WHOLE else 1.0 - share


def _known(check: Check, shares: Mapping[str, Floats], municipalities: int) -> Floats:
    """Return the share of each municipality's land where all that a check needs is known.

    Of several layers of which one is enough, the one known best.
    """
    none = np.zeros(municipalities)
    needed = [shares.get(name, none) for name in check.required]
    for names in check.one_of:
        needed.append(np.max([shares.get(name, none) for name in names], axis=0))
    return np.min([np.ones(municipalities), *needed], axis=0)


def _municipalities(metro: Metro) -> gpd.GeoDataFrame | None:
    frame = _or_none(metro, "municipalities")
    return frame if isinstance(frame, gpd.GeoDataFrame) else None


def _or_none(metro: Metro, name: str) -> Any:
    """Return a layer, None also where it cannot be read: that is told as its own fault."""
    try:
        return metro.get(name)
    except MetrogisError:
        return None
