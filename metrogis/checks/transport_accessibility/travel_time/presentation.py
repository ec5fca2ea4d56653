"""Texts of the check ``travel_time``: question, method, columns, views."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.service_words import COVERAGE, PEOPLE_FROM, PEOPLE_SHARED
from metrogis.checks.transport_accessibility.travel_time.tables import BANDS, LIMITS
from metrogis.checks.transport_accessibility.travel_time.targets import CORE, COUNTY
from metrogis.i18n import Text, _, both

TITLE = _("Door-to-door travel time")
QUESTION = _(
    "How long does it take by public transport to the core city, county seats and "
    "services, how does that compare with the car, and how many people are within "
    "reach?"
)
METHOD = _(
    "For every minute of leaving home the quickest time from door to door: walk, wait, "
    "ride, changes and the walk to the target, or all the way on foot. Median and 90th "
    "percentile are over the minutes; a municipality's value is the median of its "
    "residents. Of several targets of a kind the quickest counts. Where timetables are "
    "not complete a time is at most that; that a target cannot be reached is certain "
    "only where no unknown vehicle could be there in time. Cars drive without queues, "
    "and park. Transport performance: how many of those who live near are reached in "
    "time (EC, ITF). Services: places per resident in catchments (2SFCA). Fares, "
    "crowding and punctuality are not studied."
)

KINDS = {
    CORE: _("core city"),
    COUNTY: _("county seat"),
    "hospital": _("hospital"),
    "university": _("university"),
}
BAND = {
    "0-15": _("up to 15 min"),
    "15-30": both("15-30 min"),
    "30-45": both("30-45 min"),
    "45-60": both("45-60 min"),
    "60-90": both("60-90 min"),
    "90-": _("over 90 min"),
    "beyond": _("out of reach"),
    "unknown": _("unknown"),
}
_LIMIT = {
    "short": _("first limit (30 min)"),
    "middle": _("second limit (45 min)"),
    "long": _("third limit (60 min)"),
}
_SHADES = ("#440154", "#46327E", "#365C8D", "#1FA187", "#4AC16D", "#E5E419")
BAND_CATEGORIES = (
    *(Category(b, BAND[b], s) for b, s in zip(BANDS, _SHADES, strict=False)),
    Category("beyond", BAND["beyond"], "#D55E00"),
    Category("unknown", BAND["unknown"], "#BBBBBB", hatch=True),
)

_AT_MOST = _(
    "at most this: unknown vehicles may be quicker; blank where of half of the "
    "residents it is not known that they get there"
)
_COMPARED = _("of a time by transit that is at most this, and of what is known of cars")
_NEIGHBOURS = _("of the people known to live near, at least so many")
_EXACT = _("nothing that is in no timetable could be quicker")


def _with(text: Text, name: str) -> Text:
    return _("{text}: {limit}").fill(text=text, limit=_LIMIT[name])


def _minutes(text: Text) -> Column:
    return Column(
        text, unit="min", digits=0, bound="high", of_known=True, land=False, note=_AT_MOST
    )


def _share(text: Text, **more: object) -> Column:
    options: dict[str, object] = {"of_known": True, "land": False, "digits": 1}
    return Column(text, "share", **(options | more))  # type: ignore[arg-type]


def _times() -> dict[str, Column]:
    """Columns on times that several tables have."""
    out = {
        "minutes": _minutes(_("time, median")),
        "minutes_late": _minutes(_("time, 90th percentile")),
        "band": Column(
            _("band of time"), "category", categories=BAND, bound="high", of_known=True, land=False,
        ),
    }  # fmt: skip
    for name in LIMITS:
        out[f"within_{name}"] = _share(_with(_("residents within"), name), bound="low")
        out[f"share_{name}"] = _share(_with(_("minutes within"), name), bound="low")
    out["car_minutes"] = Column(_("time by car"), unit="min", of_known=True, land=False)
    return out


_RESIDENTS = Column(_("residents"), unit="people", of_known=True)
_AT_LEAST = replace(_RESIDENTS, land=False, bound="low")
_TARGET_KIND = Column(_("kind of target"), "text")


def _towns() -> dict[str, Column]:
    return municipality_columns() | {
        "population": replace(_RESIDENTS, land=False, note=PEOPLE_FROM),
        "coverage": Column(
            _("timetable coverage"), "category", categories=COVERAGE,
            land=False, of_knowledge=True,
        ),
        **_times(),
        "beyond_share": _share(_("out of reach, share"), bound="low"),
        "unknown_share": Column(
            _("unknown, share"), "share", digits=1, land=False,
            of_knowledge=True,
        ),
        "known_share": Column(
            _("time known, share"), "share", digits=1, land=False,
            of_knowledge=True,
        ),
        "exact_share": Column(
            _("exact time, share"), "share", digits=1, land=False,
            note=_EXACT, of_knowledge=True,
        ),
        "ratio": Column(
            _("time over time by car, median"), digits=2,
            of_known=True, land=False, note=_COMPARED,
        ),
        "ratio_late": Column(
            _("time over time by car, 90th percentile"),
            digits=2, of_known=True, land=False, note=_COMPARED,
        ),
        "competes_share": _share(
            _("competes with the car, share"), note=_COMPARED
        ),
        "car_known_share": Column(
            _("time by car known, share"), "share", digits=1,
            land=False, of_knowledge=True,
        ),
        "performance": Column(
            _("transport performance (as origin)"),
            unit="%", digits=1, bound="low", of_known=True, land=False, note=_NEIGHBOURS,
        ),
        "performance_target": Column(
            _("transport performance (as target)"),
            unit="%", digits=1, bound="low", of_known=True, land=False, note=_NEIGHBOURS,
        ),
        "people_reached": replace(
            _AT_LEAST, label=_("people within reach")
        ),
        "jobs_reached": replace(
            _AT_LEAST, label=_("jobs within reach"), unit="jobs"
        ),
    }  # fmt: skip


def _columns() -> dict[str, dict[str, Column]]:
    municipalities = _towns()
    cells = {
        "teryt": municipalities["teryt"],
        "population": replace(_RESIDENTS, digits=1, note=PEOPLE_SHARED),
        "modelled": Column(_("modelled"), "flag", of_knowledge=True),
        **{n: c for n, c in _times().items() if not n.startswith("within")},
        "band_late": Column(
            _("band of time, 90th percentile"), "category",
            categories=BAND, bound="high", of_known=True,
        ),
        "ratio": municipalities["ratio"],
        "exact": Column(_("exact time"), "flag", note=_EXACT,
                        of_knowledge=True),
    }  # fmt: skip
    area = {
        "teryt": municipalities["teryt"],
        "name": municipalities["name"],
        "band": cells["band"],
        "exact": cells["exact"],
        "known_share": Column(
            _("time known"),
            "share",
            of_knowledge=True,
            note=_("1: known (exact, or at most that), 0: unknown"),
        ),
        "population": _RESIDENTS,
        "area_km2": Column(_("area"), unit="km2", digits=2, of_known=True),
    }  # fmt: skip
    relations = {
        "teryt": municipalities["teryt"],
        "name": municipalities["name"],
        "target": Column(_("target"), "text"),
        "kind": _TARGET_KIND,
        **_times(),
        "known_share": Column(_("time known, share"), "share", digits=1, of_knowledge=True),
    }
    targets = {
        "name": Column(_("target"), "text"),
        "kind": _TARGET_KIND,
        **{
            f"people_{name}": replace(_AT_LEAST, label=_with(_("residents"), name))
            for name in LIMITS
        },
    }
    performance = {
        "population": _RESIDENTS,
        "as_origin": municipalities["performance"],
        "as_target": municipalities["performance_target"],
        "people_reached": municipalities["people_reached"],
        "jobs_reached": municipalities["jobs_reached"],
    }
    supply = {
        "teryt": municipalities["teryt"],
        "name": municipalities["name"],
        "kind": _TARGET_KIND,
        "places": Column(_("places in services"), bound="low", of_known=True),
        "per_1000": Column(
            _("places per 1000 residents (2SFCA)"),
            digits=2, of_known=True, land=False,
        ),
        "reach_share": _share(_("service within reach, share"), bound="low"),
    }  # fmt: skip
    return {
        "municipalities": municipalities, "bands": area, "bands_late": area, "targets": targets,
        "relations": relations, "performance": performance, "supply": supply, "cells": cells,
    }  # fmt: skip


COLUMNS = _columns()

VIEWS = (
    View(
        "bands",
        _("Time to the city, median"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "band", "exact", "population", "area_km2"),
        weight=0.3,
        ground=Ground("known_share", "bands"),
    ),
    View(
        "bands_late",
        _("Time to the city, 90th percentile"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "band", "exact", "population", "area_km2"),
        weight=0.3,
        shown=False,
        ground=Ground("known_share", "bands_late"),
    ),
    View(
        "performance",
        _("Transport performance"),
        column="as_origin",
        breaks=(0, 10, 20, 40, 60, 80),
        popup=("population", "as_origin", "as_target", "people_reached", "jobs_reached"),
        weight=0.2,
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "relations",
        _("Municipality - target"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "target", "kind", "minutes", "minutes_late", "car_minutes"),
        weight=1.2,
        shown=False,
    ),
    View(
        "municipalities",
        _("Residents within the second limit"),
        column="within_middle",
        breaks=(0, 0.25, 0.5, 0.75),
        popup=("name", "minutes", "minutes_late", "within_middle", "ratio", "performance"),
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "targets",
        _("Targets"),
        popup=("name", "kind", *(f"people_{n}" for n in LIMITS)),
        radius=5.0,
        colour="#CC79A7",
    ),
)
