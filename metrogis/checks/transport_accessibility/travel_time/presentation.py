"""Texts of the check ``travel_time``: question, method, columns, views."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, Input, View, municipality_columns
from metrogis.checks.shared.service_words import COVERAGE, PEOPLE_FROM, PEOPLE_SHARED
from metrogis.checks.transport_accessibility.travel_time.tables import BANDS, LIMITS
from metrogis.checks.transport_accessibility.travel_time.targets import CORE, COUNTY
from metrogis.texts import Text

TITLE = Text("Czas podróży od drzwi do drzwi", "Door-to-door travel time")
QUESTION = Text(
    "Jak długo jedzie się transportem publicznym do miasta rdzeniowego, siedzib powiatów i usług, "
    "jak to się ma do auta i ilu ludzi jest w zasięgu?",
    "How long does it take by public transport to the core city, county seats and services, how "
    "does that compare with the car, and how many people are within reach?",
)
METHOD = Text(
    "Dla każdej minuty wyjścia z domu liczony jest najkrótszy czas od drzwi do drzwi: dojście, "
    "czekanie, jazda, przesiadki i dojście do celu, albo cała droga pieszo. Mediana i 90. "
    "percentyl "
    "są po minutach; wartość gminy to mediana mieszkańców. Do wielu celów jednego rodzaju liczy "
    "się "
    "najszybszy. Gdzie rozkłady nie są kompletne, czas jest najwyżej taki; że celu nie da się "
    "osiągnąć, jest pewne tylko wtedy, gdy żaden nieznany pojazd nie mógłby tam zdążyć. Auto "
    "jedzie "
    "bez korków, z parkowaniem. Osiągana ludność: ilu z mieszkających w okolicy osiąga się w "
    "czasie "
    "(EC, ITF). Usługi: miejsca na mieszkańca w obszarach ciążenia (2SFCA). Ceny, tłok i "
    "punktualność nie są badane.",
    "For every minute of leaving home the quickest time from door to door: walk, wait, ride, "
    "changes and the walk to the target, or all the way on foot. Median and 90th percentile are "
    "over "
    "the minutes; a municipality's value is the median of its residents. Of several targets of a "
    "kind the quickest counts. Where timetables are not complete a time is at most that; that a "
    "target cannot be reached is certain only where no unknown vehicle could be there in time. "
    "Cars "
    "drive without queues, and park. Transport performance: how many of those who live near are "
    "reached in time (EC, ITF). Services: places per resident in catchments (2SFCA). Fares, "
    "crowding and punctuality are not studied.",
)
INPUTS = (
    Input("municipalities"),
    Input("localities", required=False),
    Input("timetable"),
    Input("population", required=False),
    Input("services", required=False),
    Input("coverage", required=False),
    Input("streets", required=False),
    Input("population_municipal", required=False),
    Input("built_up", Text("zabudowa (wagi)", "built-up land (weights)"), required=False),
    Input("stop_posts", required=False),
    Input("rail_stations", required=False),
    Input("jobs", required=False),
)

KINDS = {
    CORE: Text("miasto rdzeniowe", "core city"),
    COUNTY: Text("siedziba powiatu", "county seat"),
    "hospital": Text("szpital", "hospital"),
    "university": Text("uczelnia", "university"),
}
BAND = {
    "0-15": Text("do 15 min", "up to 15 min"),
    "15-30": Text("15-30 min", "15-30 min"),
    "30-45": Text("30-45 min", "30-45 min"),
    "45-60": Text("45-60 min", "45-60 min"),
    "60-90": Text("60-90 min", "60-90 min"),
    "90-": Text("ponad 90 min", "over 90 min"),
    "beyond": Text("poza zasięgiem", "out of reach"),
    "unknown": Text("nieznane", "unknown"),
}
_LIMIT = {
    "short": Text("pierwsza granica (30 min)", "first limit (30 min)"),
    "middle": Text("druga granica (45 min)", "second limit (45 min)"),
    "long": Text("trzecia granica (60 min)", "third limit (60 min)"),
}
_SHADES = ("#440154", "#46327E", "#365C8D", "#1FA187", "#4AC16D", "#E5E419")
BAND_CATEGORIES = (
    *(Category(b, BAND[b], s) for b, s in zip(BANDS, _SHADES, strict=False)),
    Category("beyond", BAND["beyond"], "#D55E00"),
    Category("unknown", BAND["unknown"], "#BBBBBB", hatch=True),
)

_AT_MOST = Text(
    "najwyżej tyle: nieznane pojazdy mogą być szybsze; puste, gdy nie wiadomo o połowie "
    "mieszkańców, czy tam dojadą",
    "at most this: unknown vehicles may be quicker; blank where of half of the residents it is not "
    "known that they get there",
)
_EXACT = Text(
    "nic, czego nie ma w rozkładach, nie mogłoby być szybsze",
    "nothing that is in no timetable could be quicker",
)


def _with(pl: str, en: str, name: str) -> Text:
    return Text(f"{pl}: {_LIMIT[name].pl}", f"{en}: {_LIMIT[name].en}")


def _minutes(pl: str, en: str) -> Column:
    return Column(
        Text(pl, en), unit="min", digits=0, bound="high", of_known=True, land=False, note=_AT_MOST
    )


def _share(text: Text, **more: object) -> Column:
    options: dict[str, object] = {"bound": "low", "of_known": True, "land": False, "digits": 1}
    return Column(text, "share", **(options | more))  # type: ignore[arg-type]


def _times() -> dict[str, Column]:
    """Columns on times that several tables have."""
    out = {
        "minutes": _minutes("czas, mediana", "time, median"),
        "minutes_late": _minutes("czas, 90. percentyl", "time, 90th percentile"),
        "band": Column(
            Text("pas czasu", "band of time"), "category", categories=BAND, bound="low",
            of_known=True, land=False,
        ),
    }  # fmt: skip
    for name in LIMITS:
        out[f"within_{name}"] = _share(_with("mieszkańcy w zasięgu", "residents within", name))
        out[f"share_{name}"] = _share(_with("minuty w zasięgu", "minutes within", name))
    out["car_minutes"] = Column(
        Text("czas autem", "time by car"), unit="min", of_known=True, land=False
    )
    return out


def _columns() -> dict[str, dict[str, Column]]:
    towns = municipality_columns()
    people = Column(Text("mieszkańcy", "residents"), unit="people", of_known=True)
    at_least = replace(people, bound="low", land=False)
    towns |= {
        "population": replace(people, land=False, note=PEOPLE_FROM),
        "coverage": Column(
            Text("pokrycie rozkładami", "timetable coverage"), "category", categories=COVERAGE,
            land=False, of_knowledge=True,
        ),
        **_times(),
        "beyond_share": _share(Text("poza zasięgiem, udział", "out of reach, share")),
        "unknown_share": Column(
            Text("nieznane, udział", "unknown, share"), "share", digits=1, land=False,
            of_knowledge=True,
        ),
        "known_share": Column(
            Text("czas znany, udział", "time known, share"), "share", digits=1, land=False,
            of_knowledge=True,
        ),
        "exact_share": Column(
            Text("czas dokładny, udział", "exact time, share"), "share", digits=1, land=False,
            note=_EXACT, of_knowledge=True,
        ),
        "ratio": Column(
            Text("czas do czasu auta, mediana", "time over time by car, median"), digits=2,
            of_known=True, land=False,
        ),
        "ratio_late": Column(
            Text("czas do czasu auta, 90. percentyl", "time over time by car, 90th percentile"),
            digits=2, of_known=True, land=False,
        ),
        "competes_share": _share(
            Text("konkuruje z autem, udział", "competes with the car, share"), bound=""
        ),
        "car_known_share": Column(
            Text("czas autem znany, udział", "time by car known, share"), "share", digits=1,
            land=False, of_knowledge=True,
        ),
        "performance": Column(
            Text("osiągana ludność (jako początek)", "transport performance (as origin)"),
            unit="%", digits=1, bound="low", of_known=True, land=False,
        ),
        "performance_target": Column(
            Text("osiągana ludność (jako cel)", "transport performance (as target)"),
            unit="%", digits=1, bound="low", of_known=True, land=False,
        ),
        "people_reached": replace(
            at_least, label=Text("ludzie w zasięgu", "people within reach")
        ),
        "jobs_reached": replace(
            at_least, label=Text("miejsca pracy w zasięgu", "jobs within reach"), unit="jobs"
        ),
    }  # fmt: skip
    kind = Column(Text("rodzaj celu", "kind of target"), "text")
    cells = {
        "teryt": towns["teryt"],
        "population": replace(people, digits=1, note=PEOPLE_SHARED),
        "modelled": Column(Text("modelowane", "modelled"), "flag", of_knowledge=True),
        **{n: c for n, c in _times().items() if not n.startswith("within")},
        "band_late": Column(
            Text("pas czasu, 90. percentyl", "band of time, 90th percentile"), "category",
            categories=BAND, bound="low", of_known=True,
        ),
        "ratio": towns["ratio"],
        "exact": Column(Text("czas dokładny", "exact time"), "flag", note=_EXACT,
                        of_knowledge=True),
    }  # fmt: skip
    area = {
        "teryt": towns["teryt"],
        "name": towns["name"],
        "band": cells["band"],
        "exact": cells["exact"],
        "known_share": Column(
            Text("czas znany", "time known"),
            "share",
            of_knowledge=True,
            note=Text(
                "1: znany (dokładny albo najwyżej taki), 0: nieznany",
                "1: known (exact, or at most that), 0: unknown",
            ),
        ),
        "population": people,
        "area_km2": Column(Text("powierzchnia", "area"), unit="km2", digits=2, of_known=True),
    }  # fmt: skip
    relations = {
        "teryt": towns["teryt"],
        "name": towns["name"],
        "target": Column(Text("cel", "target"), "text"),
        "kind": kind,
        **_times(),
        "known_share": Column(
            Text("czas znany, udział", "time known, share"), "share", digits=1, of_knowledge=True
        ),
    }
    targets = {
        "name": Column(Text("cel", "target"), "text"),
        "kind": kind,
        **{
            f"people_{name}": replace(at_least, label=_with("mieszkańcy", "residents", name))
            for name in LIMITS
        },
    }
    performance = {
        "population": people,
        "as_origin": towns["performance"],
        "as_target": towns["performance_target"],
        "people_reached": towns["people_reached"],
        "jobs_reached": towns["jobs_reached"],
    }
    supply = {
        "teryt": towns["teryt"],
        "name": towns["name"],
        "kind": kind,
        "places": Column(Text("miejsca w usługach", "places in services"), of_known=True),
        "per_1000": Column(
            Text("miejsca na 1000 mieszkańców (2SFCA)", "places per 1000 residents (2SFCA)"),
            digits=2, of_known=True, land=False,
        ),
        "reach_share": _share(Text("usługa w zasięgu, udział", "service within reach, share")),
    }  # fmt: skip
    return {
        "municipalities": towns, "bands": area, "bands_late": area, "targets": targets,
        "relations": relations, "performance": performance, "supply": supply, "cells": cells,
    }  # fmt: skip


COLUMNS = _columns()

VIEWS = (
    View(
        "bands",
        Text("Czas do miasta, mediana", "Time to the city, median"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "band", "exact", "population", "area_km2"),
        weight=0.3,
        ground=Ground("known_share", "bands"),
    ),
    View(
        "bands_late",
        Text("Czas do miasta, 90. percentyl", "Time to the city, 90th percentile"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "band", "exact", "population", "area_km2"),
        weight=0.3,
        shown=False,
        ground=Ground("known_share", "bands_late"),
    ),
    View(
        "performance",
        Text("Osiągana ludność", "Transport performance"),
        column="as_origin",
        breaks=(0, 10, 20, 40, 60, 80, 100.1),
        popup=("population", "as_origin", "as_target", "people_reached", "jobs_reached"),
        weight=0.2,
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "relations",
        Text("Gmina – cel", "Municipality - target"),
        column="band",
        categories=BAND_CATEGORIES,
        popup=("name", "target", "kind", "minutes", "minutes_late", "car_minutes"),
        weight=1.2,
        shown=False,
    ),
    View(
        "municipalities",
        Text("Mieszkańcy w zasięgu drugiej granicy", "Residents within the second limit"),
        column="within_middle",
        breaks=(0, 0.25, 0.5, 0.75, 1.001),
        popup=("name", "minutes", "minutes_late", "within_middle", "ratio", "performance"),
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "targets",
        Text("Cele podróży", "Targets"),
        popup=("name", "kind", *(f"people_{n}" for n in LIMITS)),
        radius=5.0,
        colour="#CC79A7",
    ),
)
