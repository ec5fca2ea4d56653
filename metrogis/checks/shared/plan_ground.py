"""What checks of plans say of the plans that are not in the data: columns, ground, sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.checks.contract import Column, Finding, Ground
from metrogis.evidence.plans import PLAN_STATES, PlanCover
from metrogis.i18n import Text, _, both, join

_HECTARE = 1e4
_NAMES = 6
_NEARLY = 0.995
"""Share of known land from which a plan is not said to be there in part only: it has a gap (this
project's choice)."""

GROUND_TABLE = "plan_cover"
GROUND = Ground("known", GROUND_TABLE)
"""Land whose plan is not known, hatched beneath the views that speak of plans."""

PLAN_COLUMNS: dict[str, Column] = {
    "plan": Column(
        _("plan in the data"),
        kind="category",
        categories=PLAN_STATES,
        of_knowledge=True,
    ),
    "plan_share": Column(
        _("share of land whose plan is known"),
        "share",
        digits=1,
        note=_("land on which zones of the plan lie that are in the data"),
        of_knowledge=True,
    ),
}
GROUND_COLUMNS: dict[str, Column] = {
    "municipality": Column(_("municipality"), kind="text"),
    "plan": PLAN_COLUMNS["plan"],
    "area_ha": Column(_("area"), unit="ha", digits=1),
    "known": Column(_("plan known"), "flag"),
}

BARE = _(
    "{municipalities_without_plan:0} {municipalities_without_plan:plural:municipality "
    "has|municipalities have} no plan in the data: what is planned there is "
    "unknown.{rest}"
)
_PART = _("{rest}")
_STATES = {
    "outline": _("Only the outline of the plan"),
    "partly": _("Part of the plan"),
}


def add_plan(table: gpd.GeoDataFrame, cover: PlanCover) -> gpd.GeoDataFrame:
    """Add the columns :data:`PLAN_COLUMNS` to a municipal table (in place); return it."""
    table["plan"], table["plan_share"] = cover.state, cover.share
    return table


def plan_land(municipalities: gpd.GeoDataFrame, cover: PlanCover) -> gpd.GeoDataFrame:
    """Return the land of each municipality whose plan is known, and that whose plan is not.

    One or two rows per municipality that has an outline.
    """
    outlines = municipalities.geometry.to_numpy()
    some = np.flatnonzero(~shapely.is_empty(cover.unknown) & (cover.share > 0))
    sure = outlines.copy()
    sure[some] = shapely.difference(outlines[some], cover.unknown[some])
    bare, known = ~shapely.is_empty(cover.unknown), cover.share > 0
    rows = np.concatenate([np.flatnonzero(known), np.flatnonzero(bare)])
    shapes = np.concatenate([sure[known], cover.unknown[bare]])
    order = np.argsort(rows, kind="stable")
    frame = gpd.GeoDataFrame(
        {
            "municipality": municipalities["name"].to_numpy()[rows],
            "plan": cover.state[rows],
            "area_ha": shapely.area(shapes) / _HECTARE,
            "known": np.arange(len(rows)) < known.sum(),
        },
        geometry=shapes,
        crs=municipalities.crs,
    )
    return frame.iloc[order].reset_index(drop=True)


def plan_findings(municipalities: gpd.GeoDataFrame, cover: PlanCover) -> list[Finding]:
    """Return the sentence on plans that are not in the data, or only in part; none where all are.

    The count is the same in every check: municipalities of which neither a zone nor the outline
    of an act is in the data.
    """
    without = int((cover.state == "unknown").sum())
    rest: list[Text] = []
    for state, said in _STATES.items():
        listed_here = (cover.state == state) & (cover.share < _NEARLY)
        names = municipalities["name"].to_numpy()[listed_here].astype(str).tolist()
        if names:
            rest.append(_("{what}: {names}.").fill(what=said, names=listed(names)))
    if not without and not rest:
        return []
    values = {"municipalities_without_plan": without}
    if without:
        return [
            Finding(
                BARE, values, {"rest": join("", [both(" ") + part for part in rest])}, unknown=True
            )
        ]
    return [Finding(_PART, values, {"rest": join(" ", rest)}, unknown=True)]


def listed(names: Sequence[str]) -> str:
    """Return names in a row, of many the first six.

    Examples
    --------
    >>> listed(["Gdynia", "Sopot"]), listed([*"ABCDEFG"])
    ('Gdynia, Sopot', 'A, B, C, D, E, F, ...')
    """
    return ", ".join(names[:_NAMES]) + (", ..." if len(names) > _NAMES else "")


def sentence(*clauses: Text | None) -> Text:
    """Join templates of clauses; those that tell of zero are left out as ``None``.

    >>> sentence(Text("Korytarzy: {n:0}", "Corridors: {n:0}"), None, Text(".", ".")).en
    'Corridors: {n:0}.'
    """
    said = [c for c in clauses if c is not None]
    return join("", said)


def known_sum(values: Any, known: Any) -> Any:
    """Return sums of what is known; NaN where nothing is known, for 0 would tell that all is.

    >>> known_sum([0.0, 0.0, 5.0], [True, False, False]).tolist()
    [0.0, nan, 5.0]
    """
    values = np.asarray(values, dtype=float)
    return np.where(np.asarray(known, dtype=bool) | (values > 0), values, np.nan)
