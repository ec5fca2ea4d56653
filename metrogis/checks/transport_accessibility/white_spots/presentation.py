"""Texts of the check ``white_spots``: question, method, columns, views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.service_words import COVERAGE, DAYS, PEOPLE_FROM, PEOPLE_SHARED
from metrogis.i18n import Text, _, both, pgettext

TITLE = _("White spots of public transport")
QUESTION = _(
    "Where do people live without usable public transport, on which days, why, and "
    "what is the smallest change that would help?"
)
METHOD = _(
    "Each populated cell (at most 250 m) is served, white or unknown on each day type. "
    "Served: a stop within the walk limit has enough service (departures per day and "
    "in the commuting windows). White: it has none, and the timetables of every mode "
    "that could serve are complete there. Elsewhere the state is unknown: a timetable "
    "that is not in the data does not mean that nothing runs. So it is near stops and "
    "trips that could not be read. Departures are counted for stop places: posts of "
    "all operators that belong to one station, lie near each other or bear one name; "
    "each run once, of each line the busier direction. People of split cells are "
    "modelled; where they live in a 250 m cell is known to 177 m. Without a street "
    "network a walk is the straight line times a factor. Stops beyond the metropolis "
    "count only when the timetable holds them. It says nothing of fares, of access for "
    "people with disabilities, or of where one can travel."
)


STATES = {
    "served": _("served"),
    "white": _("white spot"),
    "unknown": _("unknown"),
}
CAUSES = {
    "no_stop": _("no stop within reach"),
    "barrier": _("stop near by, far on foot"),
    "too_few": _("too few departures"),
    "wrong_hours": _("wrong hours"),
    "other_days": _("only on other day types"),
}
FIXES = {
    "departures": _("extra departures"),
    "new_stop": _("new stop on an existing line"),
    "path": _("footpath to build"),
    "path_departures": _("footpath and extra departures"),
    "none": _("no small fix: a line is needed"),
}
WHY = {
    "coverage": _("not all timetables"),
    "lost": _("part of the timetable unreadable"),
    "streets": _("street data missing"),
    "population": _("unknown whether anybody lives there"),
    "timetable": _("no timetable of such a day"),
}
SERVICE = {
    "sufficient": _("sufficient"),
    "insufficient": _("insufficient"),
    "unknown": _("timetable unknown"),
}

_PEOPLE = _("residents")


def _people(label: Text) -> Column:
    return Column(label, unit="people", of_known=True)


def _share(label: Text, state: str) -> Column:
    """A share of residents in a state: at least, and of the people who are known."""
    unknown = state == "unknown"
    return Column(
        label, "share", digits=1, bound="" if unknown else "low", of_known=not unknown,
        of_knowledge=unknown,
    )  # fmt: skip


def _fix_columns() -> dict[str, Column]:
    return {
        "fix": Column(
            _("smallest fix"),
            "category",
            note=_(
                "the kind that most residents of the spot need; of those the one that serves most"
            ),
            categories=FIXES,
        ),
        "fix_share": Column(
            _("need such a fix"),
            "share",
            note=_("share of the spot's residents"),
        ),
        "fix_size": Column(
            _("size of the fix"),
            note=_(
                "departures per day, stops or metres of path, depending on the kind of "
                "fix (path and departures: metres)"
            ),
        ),
        "fix_departures": Column(_("extra departures"), unit="departures/day"),
        "fix_place": Column(_("where"), "text"),
        "fix_lines": Column(_("lines"), "text"),
        "fix_people": Column(
            _("people gained"),
            unit="people",
            note=_("residents of the spot whom it would serve; those of unknown state not counted"),
            bound="low",
            of_known=True,
        ),
    }


_PEOPLE_KNOWN = Column(
    _("population known"),
    "share",
    note=_("share of cells whose population is known"),
)


_STATE = Column(_("state"), "category", categories=STATES)
_CAUSE = Column(_("cause"), "category", categories=CAUSES)
_AREA = Column(_("area"), unit="km2", digits=2)
_SPOT = Column(_("spot no."), of_known=True)
_PROVEN = Column(
    _("verified"),
    "flag",
    note=_("the fix was applied and computed again: it is enough, a smaller one is not"),
    of_knowledge=True,
)


def _municipal_columns() -> dict[str, Column]:
    municipalities = municipality_columns()
    municipalities["population"] = Column(
        _PEOPLE, unit="people", note=PEOPLE_FROM, land=False, of_known=True
    )
    municipalities["population_known"] = _PEOPLE_KNOWN
    municipalities["coverage"] = Column(
        _("timetable coverage"), "category", categories=COVERAGE,
        of_knowledge=True,
    )  # fmt: skip
    heads = {
        "served": pgettext("people", "served"),
        "white": _("in white spots"),
        "unknown": pgettext("state", "unknown"),
    }
    for key, head in heads.items():
        municipalities[f"{key}_people"] = replace(
            _people(head),
            known="population_known" if key == "unknown" else "known_people",
            bound="" if key == "unknown" else "low",
            of_knowledge=key == "unknown",
        )
        municipalities[f"{key}_share"] = _share(_("{head}, share").fill(head=head), key)
    municipalities["known_people"] = replace(_people(_("state known")), known="population_known")
    municipalities["timetable_known"] = Column(
        _("timetables complete"),
        "flag",
        note=_("of every mode that could serve; nothing was lost in reading"),
    )
    for day, name in DAYS.items():
        for key, head in heads.items():
            municipalities[f"{key}_share_{day}"] = _share(
                _("{head}: {name}").fill(head=head, name=name), key
            )
    return municipalities


def _stop_columns() -> dict[str, Column]:
    stops = {
        "stop_id": Column(both("stop_id"), "text"),
        "name": Column(_("stop"), "text"),
        "modes": Column(_("modes"), "text"),
        "service": Column(_("service"), "category", categories=SERVICE),
    }
    for day, name in DAYS.items():
        stops[f"departures_{day}"] = Column(
            _("departures: {name}").fill(name=name),
            unit="departures/day",
            bound="low",
            note=_("of the whole stop place, each run once, of each line the busier direction"),
        )
    return stops


def _cell_columns(fix: Mapping[str, Column]) -> dict[str, Column]:
    cells = {
        "teryt": Column(both("TERYT"), "text"),
        "population": Column(_PEOPLE, unit="people", digits=1, note=PEOPLE_SHARED, of_known=True),
        "modelled": Column(_("modelled"), "flag", of_knowledge=True),
        "state": _STATE,
        "cause": _CAUSE,
        "unknown_why": Column(_("why unknown"), "category", categories=WHY, of_knowledge=True),
    }
    for day, name in DAYS.items():
        cells[f"state_{day}"] = Column(
            _("state: {name}").fill(name=name), "category", categories=STATES
        )
        cells[f"cause_{day}"] = Column(
            _("cause: {name}").fill(name=name), "category", categories=CAUSES
        )
    cells |= {name: fix[name] for name in ("fix", "fix_size", "fix_departures")}
    cells |= {"fix_verified": _PROVEN, "spot": _SPOT}
    cells["nearest_stop_m"] = Column(
        _("walk to the nearest stop"),
        unit="m",
        bound="high",
        note=_("empty: no stop of the timetable within the longest walk"),
    )
    return cells


def _columns() -> dict[str, dict[str, Column]]:
    municipalities = _municipal_columns()
    fix = _fix_columns()
    people = Column(_PEOPLE, unit="people", known="population_known", of_known=True)
    place = {
        "spot": _SPOT,
        "name": Column(_("place"), "text", of_known=True),
        "municipality": municipalities["name"],
        "population": people,
        "population_known": _PEOPLE_KNOWN,
        "area_km2": _AREA,
        "cells": Column(_("cells")),
    }
    return {
        "municipalities": municipalities,
        "states": {
            "teryt": municipalities["teryt"],
            "name": municipalities["name"],
            "state": _STATE,
            "known": Column(_("state known"), "flag"),
            "population": people,
            "population_known": _PEOPLE_KNOWN,
            "area_km2": _AREA,
        },
        "spots": {
            **place,
            "cause": _CAUSE,
            "cause_share": Column(
                _("share of this cause"),
                "share",
                note=_("of the spot's residents"),
            ),
            "causes": Column(_("causes")),
            **fix,
            "fix_verified": _PROVEN,
        },
        "spot_parts": {**place, "cause": _CAUSE, **fix, "fix_verified": _PROVEN},
        "fixes": {
            "spot": _SPOT,
            "name": place["name"],
            **{name: column for name, column in fix.items() if name != "fix_share"},
        },
        "stops": _stop_columns(),
        "cells": _cell_columns(fix),
    }


COLUMNS = _columns()

# Okabe-Ito; unknown is hatched, never shown as a lack of service
_CAUSES = (
    Category("no_stop", CAUSES["no_stop"], "#D55E00"),
    Category("barrier", CAUSES["barrier"], "#CC79A7"),
    Category("too_few", CAUSES["too_few"], "#E69F00"),
    Category("wrong_hours", CAUSES["wrong_hours"], "#F0E442"),
    Category("other_days", CAUSES["other_days"], "#56B4E9"),
)
_SPOT_SHOWN = ("spot", "name", "municipality", "population", "area_km2", "cause")
_FIX = ("fix", "fix_size", "fix_departures", "fix_place", "fix_lines", "fix_people")
_POPULATED = Ground("known", "states")
"""Populated land whose state is known: a spot, or a fix, is only looked for there."""

VIEWS = (
    View(
        "states",
        _("Service of populated places"),
        column="state",
        categories=(
            Category("served", STATES["served"], "#009E73"),
            Category("white", STATES["white"], "#D55E00"),
            Category("unknown", STATES["unknown"], "#BBBBBB", hatch=True),
        ),
        popup=("name", "state", "population", "area_km2"),
        weight=0.3,
    ),
    View(
        "spots",
        _("White spots"),
        column="cause",
        categories=_CAUSES,
        popup=(*_SPOT_SHOWN, "cause_share", *_FIX, "fix_verified"),
        ground=_POPULATED,
        size="population",
    ),
    View(
        "spot_parts",
        _("Parts of white spots"),
        column="cause",
        categories=_CAUSES,
        popup=(*_SPOT_SHOWN, *_FIX),
        ground=_POPULATED,
        shown=False,
    ),
    View(
        "fixes",
        _("Smallest fixes"),
        column="fix",
        categories=(
            Category("departures", FIXES["departures"], "#E69F00"),
            Category("new_stop", FIXES["new_stop"], "#0072B2"),
            Category("path", FIXES["path"], "#CC79A7"),
            Category("path_departures", FIXES["path_departures"], "#009E73"),
        ),
        popup=("name", *_FIX),
        radius=6.0,
        shown=False,
        ground=_POPULATED,
    ),
    View(
        "stops",
        _("Stops"),
        column="service",
        categories=(
            Category("sufficient", SERVICE["sufficient"], "#0072B2"),
            Category("insufficient", SERVICE["insufficient"], "#E69F00"),
            Category("unknown", SERVICE["unknown"], "#999999", hatch=True),
        ),
        popup=("name", "modes", "service", *(f"departures_{day}" for day in DAYS)),
        radius=3.0,
        shown=False,
        ground=Ground("timetable_known"),
    ),
    View(
        "municipalities",
        _("Share of residents whose state is unknown"),
        column="unknown_share",
        breaks=(0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
        palette="cividis",
        popup=("name", "population", "coverage", "served_share", "white_share", "unknown_share"),
        shown=False,
    ),
)
