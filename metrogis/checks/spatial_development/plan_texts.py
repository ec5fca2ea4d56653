"""What checks of plans say of the plans that are not in the data: columns, ground, sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.checks.contract import Column, Finding, Ground
from metrogis.evidence.plans import PLAN_STATES, PlanCover
from metrogis.texts import Text

_HECTARE = 1e4
_NAMES = 6
_HALF = 0.5

GROUND_TABLE = "unknown_plans"
GROUND = Ground("known", GROUND_TABLE)
"""Land whose plan is not known, hatched beneath the views that speak of plans."""

PLAN_COLUMNS: dict[str, Column] = {
    "plan": Column(
        Text("plan w danych", "plan in the data"), kind="category", categories=PLAN_STATES
    ),
    "plan_share": Column(
        Text("udział terenu o znanym planie", "share of land whose plan is known"),
        "share",
        digits=1,
        note=Text(
            "teren, na którym leżą strefy planu, które są w danych",
            "land on which zones of the plan lie that are in the data",
        ),
    ),
}
GROUND_COLUMNS: dict[str, Column] = {
    "municipality": Column(Text("gmina", "municipality"), kind="text"),
    "plan": PLAN_COLUMNS["plan"],
    "area_ha": Column(Text("pole", "area"), unit="ha", digits=1),
    "known": Column(Text("plan znany", "plan known"), "flag"),
}

BARE = Text(
    "{municipalities_without_plan:0} {municipalities_without_plan:plural:gmina nie ma|gminy nie "
    "mają|gmin nie ma} planu w danych: co tam zaplanowano, nie wiadomo.{rest}",
    "{municipalities_without_plan:0} {municipalities_without_plan:plural:municipality has|"
    "municipalities have} no plan in the data: what is planned there is unknown.{rest}",
)
_PART = Text("{rest}", "{rest}")
_STATES = {
    "outline": Text("Sama granica planu", "Only the outline of the plan"),
    "partly": Text("Część planu", "Part of the plan"),
}


def add_plan(table: gpd.GeoDataFrame, cover: PlanCover) -> gpd.GeoDataFrame:
    """Add the columns :data:`PLAN_COLUMNS` to a municipal table (in place); return it."""
    table["plan"], table["plan_share"] = cover.state, cover.share
    return table


def unknown_plans(municipalities: gpd.GeoDataFrame, cover: PlanCover) -> gpd.GeoDataFrame:
    """Return the land whose plan is not known, one row per municipality that has some."""
    rows = np.flatnonzero(~shapely.is_empty(cover.unknown))
    return gpd.GeoDataFrame(
        {
            "municipality": municipalities["name"].to_numpy()[rows],
            "plan": cover.state[rows],
            "area_ha": shapely.area(cover.unknown[rows]) / _HECTARE,
            "known": np.zeros(len(rows), bool),
        },
        geometry=cover.unknown[rows],
        crs=municipalities.crs,
    )


def plan_findings(municipalities: gpd.GeoDataFrame, cover: PlanCover) -> list[Finding]:
    """Return the sentence on plans that are not in the data, or only in part; none where all are.

    The count is the same in every check: municipalities of which neither a zone nor the outline
    of an act is in the data.
    """
    without = int((cover.state == "unknown").sum())
    pl, en = "", ""
    for state, said in _STATES.items():
        names = cover.names(municipalities, state)
        if names:
            pl, en = (f"{t} {s}: {listed(names)}." for t, s in ((pl, said.pl), (en, said.en)))
    if not without and not en:
        return []
    values = {"municipalities_without_plan": without}
    if without:
        return [Finding(BARE, values, {"rest": Text(pl, en)})]
    return [Finding(_PART, values, {"rest": Text(pl.strip(), en.strip())})]


def mostly_unknown(cover: PlanCover) -> bool:
    """Tell whether the plan of more than half of all land is not known."""
    land = sum(shapely.area(cover.unknown)) / max(float(cover.area.sum()), 1e-9)
    return bool(land > _HALF)


def listed(names: Sequence[str]) -> str:
    """Return names in a row, of many the first six."""
    return ", ".join(names[:_NAMES]) + (", ..." if len(names) > _NAMES else "")


def sentence(*clauses: Text | None) -> Text:
    """Join templates of clauses; those that tell of zero are left out as ``None``.

    >>> sentence(Text("Korytarzy: {n:0}", "Corridors: {n:0}"), None, Text(".", ".")).en
    'Corridors: {n:0}.'
    """
    said = [c for c in clauses if c is not None]
    return Text("".join(c.pl for c in said), "".join(c.en for c in said))


def known_sum(values: Any, known: Any) -> Any:
    """Return sums of what is known; NaN where nothing is known, for 0 would tell that all is.

    >>> known_sum([0.0, 0.0, 5.0], [True, False, False]).tolist()
    [0.0, nan, 5.0]
    """
    values = np.asarray(values, dtype=float)
    return np.where(np.asarray(known, dtype=bool) | (values > 0), values, np.nan)
