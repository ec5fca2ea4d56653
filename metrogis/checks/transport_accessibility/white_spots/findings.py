"""Sentences of ``white_spots``: what a planner quotes; the unknown first where it is most."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.contract import Finding, Run
from metrogis.checks.contract.knowledge import HALF
from metrogis.checks.contract.layers import MunicipalPopulation, PopulationCells
from metrogis.checks.shared.service_words import ON_DAY
from metrogis.checks.shared.share_weights import Basis, Weights
from metrogis.checks.transport_accessibility.white_spots.presentation import CAUSES, STATES
from metrogis.i18n import Text, _, both, join, pgettext

BECAUSE = {
    "coverage": _("because not all timetables are there"),
    "lost": _("because part of the timetable could not be read"),
    "streets": _("because street data are missing"),
    "population": _("because it is unknown whether anybody lives there"),
    "timetable": _("because there is no timetable of such a day"),
}

# what shares are of: name in figures, factor, words, unit of the number
_SUMS: dict[Basis, tuple[str, float, Text, str]] = {
    "people": ("people", 1.0, pgettext("genitive", "residents"), ""),
    "nodes": ("nodes", 1.0, _("street nodes"), ""),
    "land": ("km2", 1e-6, _("the land"), " km²"),
}


def findings(
    municipalities: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    parameters: Any,
    timetable: Any,
    straight: bool,
    weights: Weights,
    source: Finding | None = None,
) -> list[Finding]:
    """Return the sentences a planner quotes; without population none gives a number of people.

    ``source`` says what people are counted from, where a layer of them is not there.
    """
    day = ON_DAY[parameters.main_day_type]
    cells, spots = features["cells"], features["spots"]
    numbered = weights.basis == "people"
    out = [_states(cells, weights, day)]
    out.append(_white(municipalities, spots, numbered, day))
    out.append(_by_day(cells, weights.values, parameters))
    if numbered and source is not None:
        out.append(source)
    if len(spots):
        out.append(_first(spots.iloc[0], numbered))
    if timetable is None:
        out.append(
            Finding(
                _(
                    "There is no timetable: everything is unknown "
                    "({stops_without_times:0} stops without times); the gap is in the "
                    "data, not in the service."
                ),
                {"stops_without_times": float(len(features["stops"]))},
            )
        )
    if straight and timetable is not None:
        out.append(
            Finding(
                _(
                    "Walks are straight lines times {detour:1}, as there is no street "
                    "network; barriers (tracks, rivers, fences) are not seen."
                ),
                {"detour": float(parameters.detour)},
            )
        )
    return out


def people_from(
    run: Run, population: PopulationCells | None, population_municipal: MunicipalPopulation | None
) -> Finding | None:
    """Return the sentence on what people are counted from.

    Returns
    -------
    Finding or None
        None where both the grid and the table of municipalities are there and whole.
    """
    if population is None:
        return Finding(
            _(
                "A grid of population is not in the data: people of municipalities are "
                "shared out to cells, so how many live at a place is only an estimate."
            )
        )
    if population_municipal is None:
        return Finding(
            _(
                "A table of municipal population is not in the data: people are "
                "counted from cells alone."
            )
        )
    cells = population["population"]
    lost = int(cells.isna().sum()) + sum(e.count for e in run.evidence["population"].losses)
    if not lost:
        return None
    return Finding(
        _(
            "The population of {cells_unknown:0} {cells_unknown:plural:cell|cells} is "
            "not known: numbers of residents are of the others."
        ),
        {"cells_unknown": float(lost)},
    )


def _states(cells: gpd.GeoDataFrame, weights: Weights, day: Text) -> Finding:
    """People by state; begins with the unknown where that is more than half."""
    state = cells["state"].to_numpy(dtype=object)
    unit, scale, what, suffix = _SUMS[weights.basis]
    weight = weights.values * scale
    total = float(weight.sum())
    sums = {s: float(weight[state == s].sum()) for s in STATES}
    values = {f"{s}_{unit}": v for s, v in sums.items()}
    values |= {f"{s}_share": v / total if total else np.nan for s, v in sums.items()}
    why = cells["unknown_why"].to_numpy(dtype=object)
    reasons = {name: float(weight[why == name].sum()) for name in BECAUSE}
    main = max(reasons, key=lambda name: reasons[name])
    because = BECAUSE[main] if reasons[main] > 0 else BECAUSE["coverage"]
    mostly = total > 0 and sums["unknown"] > HALF * total
    if mostly:
        said = _(
            "For {unknown_share:%1} of {what} {unknown} it is not known whether there is service "
            "{day}, {because}; {served_share:%1} {served} are certainly served"
        )
    else:
        said = _("{served_share:%1} of {what} {served} are served {day}")
    if sums["white"] > 0:
        said += _("; {white_share:%1} {white} are in white spots")
    if not mostly and sums["unknown"] > 0:
        said += _("; of {unknown_share:%1} {unknown} it is not known, {because}")
    said = said.bind(**{s: _("({n:0}{unit})").fill(n=sums[s], unit=suffix) for s in STATES})
    places: dict[str, str | Text] = {"day": day, "what": what, "because": because}
    return Finding(said + both("."), values, places, unknown=mostly)


def _white(
    municipalities: gpd.GeoDataFrame, spots: gpd.GeoDataFrame, numbered: bool, day: Text
) -> Finding:
    complete = int((municipalities["coverage"] == "complete").sum())
    values = {
        "municipalities_complete": float(complete),
        "municipalities": float(len(municipalities)),
        "spots": float(len(spots)),
    }
    if numbered:
        values["spots_people"] = float(spots["population"].sum())
    if not complete and not len(spots):
        return Finding(
            _(
                "No place is called a white spot: none of the {municipalities:0} "
                "municipalities has all timetables, and a missing timetable is not a "
                "missing service."
            ),
            values,
        )
    return Finding(
        _(
            "{municipalities_complete:0} of {municipalities:0} municipalities "
            "{municipalities_complete:plural:has|have} all timetables; "
            "{day} there {spots:plural:is|are} {spots:0} {spots:plural:white spot|white spots}"
        )
        + (_(" (residents: {spots_people:0}).") if numbered else both(".")),
        values,
        {"day": day},
    )


def _by_day(cells: gpd.GeoDataFrame, weight: np.ndarray, parameters: Any) -> Finding:
    total = float(weight.sum())
    values: dict[str, float] = {}
    days = []
    for day in parameters.day_types:
        state = cells[f"state_{day}"].to_numpy(dtype=object)
        for name in STATES:
            own = float(weight[state == name].sum())
            values[f"{name}_share_{day}"] = own / total if total else np.nan
        shares = {name: values[f"{name}_share_{day}"] for name in ("served", "white", "unknown")}
        days.append(
            _("{day} {served:%1} / {white:%1} / {unknown:%1}").fill(day=ON_DAY[day], **shares)
        )
    return Finding(_("Served / white / unknown: {days}."), values, {"days": join("; ", days)})


_MORE = _("{first_fix_departures:0} more {first_fix_departures:plural:departure|departures}")
_SMALLEST = {
    "departures": _("smallest fix: {more} at {stop}").bind(more=_MORE),
    "new_stop": _("smallest fix: a new stop between {stop} (lines {lines})"),
    "path": _("smallest fix: {first_fix_size:0} m of path to {stop}"),
    "path_departures": _(
        "smallest fix: {first_fix_size:0} m of path to {stop} and {more} there"
    ).bind(more=_MORE),
    "none": _("no small fix will do: a line is needed"),
}


def _first(spot: pd.Series, numbered: bool) -> Finding:
    fix = str(spot["fix"])
    values = {
        "first_fix_size": float(spot["fix_size"]),
        "first_fix_departures": float(spot["fix_departures"]),
    }
    who, part, gain = both(""), both(""), both("")
    if numbered:
        values |= {
            "first_people": float(spot["population"]),
            "first_fix_people": float(spot["fix_people"]),
            "first_cause_share": float(spot["cause_share"]),
        }
        who = _(" (residents: {first_people:0})")
        if fix != "none":
            gain = _(" (residents who gain: {first_fix_people:0})")
        if spot["causes"] > 1:
            part = _(" (for {first_cause_share:%0} of residents)")
    what = _SMALLEST[fix]
    return Finding(
        _("The largest white spot is {place}{who}: {cause}{part}; {what}{gain}.").bind(
            who=who, part=part, what=what, gain=gain
        ),
        values,
        {
            "place": str(spot["name"]),
            "cause": CAUSES[str(spot["cause"])],
            "stop": str(spot["fix_place"]) or both("?"),
            "lines": str(spot["fix_lines"]) or both("?"),
        },
    )
