"""What a scenario does: its changes and costs, its lines, who wins and who loses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.i18n import Text, _
from metrogis.scenario.timetables import feed_name, line_table

_WORSE_TO_BETTER = ("white", "served")
"""States of places, from worse to better; a change to or from any other is of unknown sign."""


@dataclass(frozen=True)
class Effects:
    """Effects of a scenario.

    Attributes
    ----------
    name : str
        Of the scenario.
    changes : DataFrame
        One row a change, in their order: ``id``, ``do``, ``layer``, ``target``, ``cost`` (NaN: not
        stated) and ``what`` (Text).
    lines : DataFrame
        One row a line and day type whose runs or kilometres change: ``line``, ``mode``, ``feed``,
        ``day_type``, ``runs_before``, ``runs``, ``vehicle_km_before``, ``vehicle_km`` (straight
        from stop to stop), ``cost`` (of the changes that name the line; NaN: none stated).
    winners : DataFrame
        One row a headline measure with a better direction, winners and losers apart:
        ``check``, ``measure``, ``unit``, ``label`` (Text), ``places_better``, ``places_worse``
        (municipalities), ``gain``, ``loss`` (in the unit, summed over municipalities that change
        for the better and for the worse), and ``people_better``, ``people_worse`` (residents of
        places whose state changes, where the check has such places; NaN elsewhere).
    """

    name: str
    changes: pd.DataFrame
    lines: pd.DataFrame
    winners: pd.DataFrame

    @property
    def cost(self) -> float:
        """Sum of the costs that are stated."""
        return float(np.nansum(self.changes["cost"].to_numpy(float)))


def effects_of(old: Any, new: Any, table: pd.DataFrame, columns: Any) -> Effects | None:
    """Return the effects of a scenario; None where the new state is none of the old one.

    Parameters
    ----------
    old, new : Atlas
        Before and after.
    table : DataFrame
        The comparison's.
    columns : callable
        ``columns(check_id)``: headline columns by name.
    """
    metro = getattr(new, "metro", None)
    plan = getattr(metro, "plan", None)
    if plan is None or getattr(metro, "base", None) is not getattr(old, "metro", None):
        return None
    changes = pd.DataFrame(
        [
            (c.id, c.do, c.writes[0], c.target, np.nan if c.cost is None else c.cost, c.word.text)
            for c in plan
        ],
        columns=["id", "do", "layer", "target", "cost", "what"],
    )
    lines = _lines(metro, plan) if "timetable" in plan.layers else _no_lines()
    return Effects(plan.name, changes, lines, _winners(old, new, table, columns))


def _no_lines() -> pd.DataFrame:
    columns = ["line", "mode", "feed", "day_type", "runs_before", "runs", "vehicle_km_before",
               "vehicle_km", "cost"]  # fmt: skip
    return pd.DataFrame(columns=columns)


def _lines(metro: Any, plan: Any) -> pd.DataFrame:
    before, after = metro.base.get("timetable"), metro.get("timetable")
    routes = pd.concat([before.routes, after.routes])
    keys = list(zip(routes["feed"], routes["route_short_name"], strict=True))
    cost: dict[tuple[str, str], float] = {}
    named: dict[tuple[str, str], None] = {}
    for change in plan.of_layer("timetable"):
        if change.do in ("add_stop", "move_stop", "remove_stop"):
            continue
        # an added line is its own route, whatever other lines bear its name
        target = f"{feed_name(plan.name)}:{change.id}" if change.do == "add_line" else change.target
        hit = (routes["route_id"] == target).to_numpy()
        if not hit.any():
            hit = (routes["route_short_name"] == target).to_numpy()
        for key in {keys[i] for i in np.flatnonzero(hit)}:
            named[key] = None
            if change.cost is not None:
                cost[key] = cost.get(key, 0.0) + change.cost
    table = line_table(before, after, metro.crs, named)
    own = [cost.get(key, np.nan) for key in zip(table["feed"], table["line"], strict=True)]
    made = table.assign(cost=np.array(own, float))
    return made[list(_no_lines().columns)]


def _winners(old: Any, new: Any, table: pd.DataFrame, columns: Any) -> pd.DataFrame:
    rows = []
    for (check, measure), part in table.groupby(["check", "measure"], sort=False):
        if check not in old.results or check not in new.results:
            continue
        column = columns(check).get(measure)
        if column is None or not getattr(column, "good", ""):
            continue
        change = np.abs(part["change"].to_numpy(float))
        better = (part["verdict"] == "improved").to_numpy()
        worse = (part["verdict"] == "worse").to_numpy()
        people = _people(old.results[check], new.results[check])
        rows.append(
            {
                "check": check, "measure": measure, "unit": part["unit"].iloc[0],
                "label": column.label, "places_better": int(better.sum()),
                "places_worse": int(worse.sum()), "gain": float(np.nansum(change[better])),
                "loss": float(np.nansum(change[worse])), "people_better": people[0],
                "people_worse": people[1],
            }
        )  # fmt: skip
    names = ["check", "measure", "unit", "label", "places_better", "places_worse", "gain", "loss",
             "people_better", "people_worse"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _people(old: Any, new: Any) -> tuple[float, float]:
    """Return the residents of places whose state changes for the better, and for the worse.

    Places are the same where their outlines are. Unknown before or after is neither.
    """
    if old is new:
        return (0.0, 0.0) if _cells(old) is not None else (np.nan, np.nan)
    was, now = _cells(old), _cells(new)
    if was is None or now is None:
        return np.nan, np.nan
    both = was.merge(now, on="place", suffixes=("_old", "_new"))
    worst, best = _WORSE_TO_BETTER
    # residents that a plan adds are of the state after it: they neither win nor lose
    people = both["population_old"].to_numpy(float)
    better = (both["state_old"] == worst) & (both["state_new"] == best)
    loses = (both["state_old"] == best) & (both["state_new"] == worst)
    return float(np.nansum(people[better])), float(np.nansum(people[loses]))


def _cells(result: Any) -> pd.DataFrame | None:
    cells = result.tables.get("cells")
    if cells is None or not {"state", "population"} <= set(cells.columns):
        return None
    if not cells["state"].isin(_WORSE_TO_BETTER).any():
        return None
    frame = pd.DataFrame({n: cells[n].to_numpy() for n in ("state", "population")})
    return frame.assign(place=shapely.to_wkb(cells.geometry.to_numpy()))


HEADS: dict[str, Text] = {
    "changes": _("What the plan changes"),
    "lines": _("Lines that change: runs and vehicle-kilometres"),
    "winners": _("Who gains and who loses"),
    "id": _("item"),
    "what": _("what it does"),
    "target": _("of what"),
    "cost": _("cost"),
    "line": _("line"),
    "day": _("day"),
    "runs": _("runs before → after"),
    "km": _("vehicle-km before → after"),
    "gain": _("gain"),
    "loss": _("loss"),
    "better": _("municipalities better"),
    "worse": _("municipalities worse"),
    "people_better": _("residents better off"),
    "people_worse": _("residents worse off"),
    "cost_note": _("Costs as the plan states them: {cost:0} in all."),
    "km_note": _(
        "Kilometres are counted straight from stop to stop, for one day of each type; runs listed "
        "twice count once."
    ),
    "winners_note": _(
        "Gains and losses are summed apart, over the municipalities that change; residents are "
        "those of places whose state changes, before the plan."
    ),
}
"""Headings of the pages of a comparison."""


def plain_rows(frame: pd.DataFrame, language: str) -> Iterable[dict[str, Any]]:
    """Yield rows as plain values, texts in one language."""
    for row in frame.to_dict("records"):
        yield {
            str(k): v.get(language) if isinstance(v, Text) else v for k, v in row.items()
        }  # fmt: skip
