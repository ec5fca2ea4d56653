"""Texts of the check ``service_quality``: question, method, columns, views, findings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import (
    Category,
    Column,
    Finding,
    Ground,
    View,
    municipality_columns,
)
from metrogis.checks.shared.service_words import COVERAGE, ON_DAY, PEOPLE_FROM, PEOPLE_SHARED
from metrogis.checks.transport_accessibility.service_quality.known import (
    AT_LEAST,
    EXACT,
    Labels,
)
from metrogis.checks.transport_accessibility.service_quality.known import UNKNOWN as NOT_KNOWN
from metrogis.checks.transport_accessibility.service_quality.methods import (
    GOOD,
    LABELS,
    NONE,
    TITLES,
    UNKNOWN,
    comparable,
)
from metrogis.checks.transport_accessibility.service_quality.parameters import (
    EVERY_METHOD,
    Method,
    ServiceQualityParameters,
)
from metrogis.checks.transport_accessibility.service_quality.tables import PTAL_MODES
from metrogis.texts import Text, both

TITLE = Text("Jakość obsługi transportem publicznym", "Quality of public transport service")
QUESTION = Text(
    "Jak dobrze obsłużone są miejsca zamieszkania według sześciu metod, co o tym decyduje i gdzie "
    "metody się nie zgadzają?",
    "How well served are the places where people live by six methods, what decides it, and where "
    "do the methods disagree?",
)
METHOD = Text(
    "Na jednym rozkładzie liczone są klasy szwajcarskie (ARE) i austriackie (ÖROK), PTAL "
    "z Londynu, dostęp według DG REGIO, wskaźnik SDG 11.2.1 i jego wariant polski. Każda komórka "
    "(najwyżej 250 m) oceniana jest ze swojego środka; podany jest przystanek, linia, odstęp "
    "i dojście, które zdecydowały. Tam, gdzie w zasięgu metody rozkłady (albo ulice) nie są "
    "kompletne lub coś z nich przepadło przy wczytywaniu, brak klasy jest nieznany, a znaleziona "
    "klasa jest najmniejszą możliwą. Metoda austriacka bierze gorszy z dwóch dni; gdy jeden jest "
    "nieznany, nieznana jest i klasa. Porównanie metod, tylko tam, gdzie klasy są pewne: klasy "
    "przez same metody nazwane dobrymi lub lepszymi, pozostałe (podstawowe) i brak. Metody różnie "
    "traktują oba kierunki, odległości i częstotliwości; żadna nie mówi o cenie, dostępności dla "
    "osób z niepełnosprawnościami ani o tym, dokąd można dojechać.",
    "On one timetable: the Swiss (ARE) and Austrian (ÖROK) classes, London's PTAL, access by DG "
    "REGIO, the indicator SDG 11.2.1 and its Polish variant. Each cell (at most 250 m) is judged "
    "from its centre; the stop, line, interval and walk that decided are given. Where timetables "
    "(or streets) are not complete as far as a method reaches, or something of them was lost in "
    "reading, no class is unknown, and a class found is the least possible. The Austrian method "
    "takes the worse of two days; where one is unknown, so is the class. Methods are compared, "
    "where the classes are certain, by those they call good or better, the others (basic), and "
    "none. "
    "They treat directions, distances and frequencies differently; none speaks of fares, of access "
    "for people with disabilities, or of where one can travel.",
)

AGREEMENT = {
    "same": Text("zgodne", "agree"),
    "differ": Text("różnica jednego stopnia", "differ by one level"),
    "opposite": Text("sprzeczne: dobra i żadna", "opposite: good and none"),
    "unknown": Text("nieznane", "unknown"),
}
CERTAINTY = {
    EXACT: Text("klasa dokładna", "exact"),
    AT_LEAST: Text("co najmniej taka", "at least that class"),
    NOT_KNOWN: Text("nieznana", "unknown"),
}
_EXACT_NOTE = Text(
    "udział miejsc, w których nic, co metoda liczy, nie brakuje w danych; gdzie indziej klasa może "
    "być tylko lepsza albo jest nieznana",
    "share of places where nothing that the method counts is missing; elsewhere the class can only "
    "be better, or is unknown",
)
_AT_LEAST_NOTE = Text(
    "w zasięgu metody nie wszystko jest znane: klasa może być tylko lepsza",
    "not all is known as far as the method reaches: the class can only be better",
)
_KNOWN_NOTE = Text(
    "1: klasa dokładna, 0,5: co najmniej taka, 0: nieznana",
    "1: exact class, 0.5: at least that class, 0: unknown",
)
_TOLD = Column(
    Text("obszar o znanej liczbie mieszkańców", "land of known residents"), unit="km2", digits=2
)
_NONE, _UNKNOWN = Text("brak klasy", "no class"), Text("nieznane", "unknown")
_WORDS = {
    "high": Text("wysoka", "high"),
    "medium": Text("średnia", "medium"),
    "low": Text("niska", "low"),
    "yes": Text("jest dostęp", "access"),
    NONE: _NONE,
    UNKNOWN: _UNKNOWN,
}
COLUMN_NAMES = {
    "rail_hub": Text("węzeł kolejowy", "rail hub"),
    "long_distance": Text("kolej dalekobieżna", "long-distance rail"),
    "rail": Text("kolej, metro", "rail, metro"),
    "road": Text("tramwaj, autobus, prom", "tram, bus, ship"),
    "tram": Text("tramwaj", "tram"),
    "bus": Text("autobus", "bus"),
    "cableway": Text("kolej linowa", "cableway"),
    "": both("-"),
}
_MODES = {
    "rail": Text("kolej", "rail"),
    "metro": Text("metro", "metro"),
    "tram": Text("tramwaj", "tram"),
    "bus": Text("autobus", "bus"),
    "ferry": Text("prom", "ferry"),
    "cableway": Text("kolej linowa", "cableway"),
    "road": Text("autobus, tramwaj", "bus, tram"),
    "": both("-"),
}


def labels_of(method: Method) -> dict[str, Text]:
    """Return the classes of a method with their names."""
    return {label: _WORDS.get(label, both(label)) for label in (*LABELS[method], NONE, UNKNOWN)}


def _explained(method: Method) -> dict[str, Column]:
    t = TITLES[method]

    def head(pl: str, en: str) -> Text:
        return Text(f"{t.pl}: {pl}", f"{t.en}: {en}")

    out = {
        "stop": Column(head("przystanek", "stop"), "text"),
        "line": Column(head("linia", "line"), "text"),
        "metres": Column(head("dojście", "walk"), unit="m"),
        "mode_group": Column(head("środek transportu", "mode"), "category", categories=_MODES),
        "category": Column(head("kategoria przystanku", "category of the stop"), "text"),
        "column": Column(head("rodzaj", "kind"), "category", categories=COLUMN_NAMES),
        "interval_min": Column(head("odstęp", "interval"), unit="min", digits=1),
        "ai": Column(head("wskaźnik AI", "index AI"), digits=2),
        "per_hour": Column(head("odjazdy na godzinę", "departures per hour"), digits=1),
    }
    if method == "ptal":
        names = {
            "wt": Text("dojście WT", "walk WT"),
            "swt": Text("oczekiwanie SWT", "wait SWT"),
            "awt": Text("oczekiwanie z niepewnością AWT", "wait with reliability AWT"),
            "tat": Text("czas dostępu TAT", "access time TAT"),
            "edf": Text("równoważna częstotliwość EDF", "equivalent frequency EDF"),
            "ai": Text("wskaźnik AI", "index AI"),
        }
        for mode in PTAL_MODES:
            for term, name in names.items():
                out[f"{term}_{mode}"] = Column(
                    head(f"{name.pl}, {_MODES[mode].pl}", f"{name.en}, {_MODES[mode].en}"),
                    unit="min" if term in ("wt", "swt", "awt", "tat") else "",
                    digits=2,
                )
    # of the stop that serves best, by what is known
    return {f"{method}_{name}": replace(column, of_known=True) for name, column in out.items()}


def _columns() -> dict[str, dict[str, Column]]:
    towns = municipality_columns()
    people = Column(Text("mieszkańcy", "residents"), unit="people")
    people = replace(people, of_known=True)
    towns["population"] = replace(people, land=False, note=PEOPLE_FROM)
    towns["coverage"] = Column(
        Text("pokrycie rozkładami", "timetable coverage"), "category", categories=COVERAGE,
        land=False, of_knowledge=True,
    )  # fmt: skip
    cells: dict[str, Column] = {
        "teryt": towns["teryt"],
        "population": replace(people, digits=1, note=PEOPLE_SHARED),
        "modelled": Column(Text("modelowane", "modelled"), "flag", of_knowledge=True),
    }
    out: dict[str, dict[str, Column]] = {"municipalities": towns}
    area = Column(Text("powierzchnia", "area"), unit="km2", digits=2)
    for method in EVERY_METHOD:
        t = TITLES[method]
        shares = {
            "good": Text("dobra obsługa", "good service"),
            "served": Text("jakakolwiek klasa", "any class"),
            "none": _NONE,
            "unknown": _UNKNOWN,
            "exact": Text("klasa dokładna", "exact class"),
        }
        for key, head in shares.items():
            towns[f"{method}_{key}_share"] = Column(
                Text(f"{t.pl}: {head.pl}, udział", f"{t.en}: {head.en}, share"), "share", digits=1,
                known=f"{method}_exact_share" if key in ("good", "served") else "",
                bound="high" if key in ("unknown", "exact") else "low",
                of_known=key not in ("unknown", "exact"), of_knowledge=key in ("unknown", "exact"),
            )  # fmt: skip
        towns[f"{method}_exact_share"] = replace(
            towns[f"{method}_exact_share"], bound="low", note=_EXACT_NOTE
        )
        cells[method] = Column(t, "category", categories=labels_of(method), bound="low")
        cells[f"{method}_at_least"] = Column(
            Text(f"{t.pl}: klasa co najmniej taka", f"{t.en}: at least that class"),
            "flag",
            note=_AT_LEAST_NOTE,
            of_knowledge=True,
        )
        out[f"areas_{method}"] = {
            "teryt": towns["teryt"],
            "name": towns["name"],
            "class": Column(t, "category", categories=labels_of(method), bound="low"),
            "certainty": Column(Text("pewność", "certainty"), "category", categories=CERTAINTY,
                                of_knowledge=True),
            "known_share": Column(
                Text("na ile znane", "how far known"), "share", note=_KNOWN_NOTE
            ),
            "population": replace(people, known="population_km2"),
            "population_km2": _TOLD,
            "area_km2": area,
        }  # fmt: skip
    towns["opposite_share"] = Column(
        Text("metody sprzeczne, udział", "methods opposite, share"), "share", digits=1,
        known="compared_share", bound="low", of_known=True,
    )  # fmt: skip
    towns["compared_share"] = Column(
        Text("metody porównane, udział", "methods compared, share"), "share", digits=1,
        note=Text("udział miejsc o pewnych klasach co najmniej dwóch metod",
                  "share of places with certain classes by at least two methods"),
        bound="low",
    )  # fmt: skip
    agree = Column(
        Text("zgodność metod, które to wiedzą", "agreement of the methods that know"),
        "category", categories=AGREEMENT, of_known=True,
    )  # fmt: skip
    cells["agreement"] = agree
    cells["lower_bound"] = Column(
        Text("klasa najmniejsza możliwa", "class is a lower bound"),
        "flag",
        note=Text("według co najmniej jednej metody; albo nieznana",
                  "by at least one method; or unknown"),
        of_knowledge=True,
    )  # fmt: skip
    cells["served_by"] = Column(
        Text("ile metod przyznaje klasę", "methods that give a class"), bound="low"
    )  # fmt: skip
    cells["told_by"] = Column(
        Text("ile metod to wie", "methods that know"), bound="low", of_knowledge=True
    )
    for method in EVERY_METHOD:
        cells |= _explained(method)
    out["agreement"] = {
        name: column for name, column in out["areas_are"].items()
        if name not in ("certainty", "known_share")
    } | {"class": agree}  # fmt: skip
    out["stops"] = {
        "stop_id": Column(both("stop_id"), "text"),
        "name": Column(Text("przystanek", "stop"), "text"),
        "posts": Column(Text("słupki", "posts"), bound="low"),
        "category": Column(
            Text("kategoria (ARE)", "category (ARE)"), "category",
            categories={**{r: both(r) for r in ("I", "II", "III", "IV", "V")}, NONE: _NONE,
                        UNKNOWN: _UNKNOWN},
            bound="low",
        ),
        "column": Column(Text("rodzaj", "kind"), "category", categories=COLUMN_NAMES),
        "interval_min": Column(Text("odstęp", "interval"), unit="min", digits=1, bound="high"),
        "departures": Column(
            Text("odjazdy w jedną stronę", "departures one way"), unit="departures/day", digits=1,
            bound="low",
        ),
        "line": Column(Text("najczęstsza linia", "most frequent line"), "text", of_known=True),
        "hub": Column(Text("węzeł kolejowy", "rail hub"), "flag", of_known=True),
        "next_stations": Column(Text("sąsiednie stacje", "next stations"), bound="low"),
    }  # fmt: skip
    out["cells"] = cells
    return out


COLUMNS = _columns()

# viridis, dark = best; none in vermilion, unknown hatched
_SHADES = {
    1: ("#21918C",),
    3: ("#440154", "#21918C", "#BDDF26"),
    4: ("#440154", "#31688E", "#35B779", "#BDDF26"),
    5: ("#440154", "#3B528B", "#21918C", "#5EC962", "#BDDF26"),
    7: ("#440154", "#443983", "#31688E", "#21918C", "#35B779", "#90D743", "#D8E219"),
    8: ("#440154", "#46327E", "#365C8D", "#277F8E", "#1FA187", "#4AC16D", "#A0DA39", "#E5E419"),
}


def _categories(method: Method) -> tuple[Category, ...]:
    names = labels_of(method)
    shades = _SHADES[len(LABELS[method])]
    graded = (Category(c, names[c], s) for c, s in zip(LABELS[method], shades, strict=True))
    return (
        *graded,
        Category(NONE, _NONE, "#D55E00"),
        Category(UNKNOWN, _UNKNOWN, "#BBBBBB", hatch=True),
    )


VIEWS = (
    *(
        View(
            f"areas_{method}",
            TITLES[method],
            column="class",
            categories=_categories(method),
            popup=("name", "class", "certainty", "population", "area_km2"),
            weight=0.3,
            shown=method == "are",
            ground=Ground("known_share", f"areas_{method}"),
        )
        for method in EVERY_METHOD
    ),
    View(
        "agreement",
        Text("Zgodność metod", "Agreement of methods"),
        column="class",
        categories=(
            Category("same", AGREEMENT["same"], "#009E73"),
            Category("differ", AGREEMENT["differ"], "#F0E442"),
            Category("opposite", AGREEMENT["opposite"], "#CC79A7"),
            Category("unknown", AGREEMENT["unknown"], "#BBBBBB", hatch=True),
        ),
        popup=("name", "class", "population", "area_km2"),
        weight=0.3,
        shown=False,
    ),
    View(
        "stops",
        Text("Kategorie przystanków (ARE)", "Categories of stops (ARE)"),
        column="category",
        categories=(
            *(
                Category(r, both(r), s)
                for r, s in zip(("I", "II", "III", "IV", "V"), _SHADES[5], strict=True)
            ),
            Category(NONE, _NONE, "#D55E00"),
            Category(UNKNOWN, _UNKNOWN, "#BBBBBB", hatch=True),
        ),
        popup=("name", "category", "column", "interval_min", "departures", "line", "hub"),
        radius=3.0,
        shown=False,
    ),
)


# --------------------------------------------------------------------------- findings


def findings(
    cells: gpd.GeoDataFrame,
    labels: Mapping[Method, Labels],
    level: Mapping[Method, Ints],
    weight: Floats,
    p: ServiceQualityParameters,
    people_known: bool,
    straight: bool,
) -> list[Finding]:
    """Return the sentences a planner quotes."""
    total = float(weight.sum())

    def share(mask: np.ndarray) -> float:
        return float((weight * mask).sum()) / total if total else np.nan

    what = (
        Text("mieszkańców", "of residents")
        if people_known
        else Text("obszaru zamieszkanego (ludność nieznana)", "of the area (population unknown)")
    )
    out = [_classes(m, labels[m], share, what, p) for m in p.methods]
    if len([m for m in p.methods if m in GOOD]) >= 2:
        out.append(_disagreement(cells, labels, level, share, what, p))
    bound = share(cells["lower_bound"].to_numpy(bool))
    if bound > 0:
        out.append(
            Finding(
                Text(
                    "Dla {lower_bound_share:%1} {what} nie wszystko, co liczą metody, jest w "
                    "danych: klasa może być tam tylko lepsza, a jej brak jest nieznany.",
                    "For {lower_bound_share:%1} {what} not all that the methods count is in the "
                    "data: the class can only be better there, and no class is unknown.",
                ),
                {"lower_bound_share": bound},
                {"what": what},
            )
        )
    if straight:
        out.append(
            Finding(
                Text(
                    "Dojścia policzono w linii prostej × {detour:1} (ARE bez wydłużenia), bo nie "
                    "ma sieci ulic.",
                    "Walks are straight lines times {detour:1} (ARE without it), for there is no "
                    "street network.",
                ),
                {"detour": float(p.detour)},
            )
        )
    return out


Share = Callable[[npt.NDArray[np.bool_]], float]


def _classes(
    method: Method, own: Labels, share: Share, what: Text, p: ServiceQualityParameters
) -> Finding:
    """Shares of the classes of a method; begins with the unknown where that is most."""
    names = labels_of(method)
    values: dict[str, float] = {}
    pl, en = [], []
    most = share(own.label == UNKNOWN) > 0.5
    for name in (*LABELS[method], NONE, UNKNOWN):
        key = f"{method}_{name}_share"
        values[key] = share(own.label == name)
        if values[key] > 0 and not (most and name == UNKNOWN):
            pl.append(f"{names[name].pl} {{{key}:%1}}")
            en.append(f"{names[name].en} {{{key}:%1}}")
    bound = f"{method}_at_least_share"
    values[bound] = share(own.certainty == AT_LEAST)
    tail = Text("", "")
    if values[bound] > 0:
        tail = Text(
            f"; klasa co najmniej taka, może lepsza: {{{bound}:%1}}",
            f"; at least that class, perhaps a better one: {{{bound}:%1}}",
        )
    listed = Text(", ".join(pl), ", ".join(en))
    head = Text("{title}, {day}, udział {what}: ", "{title}, {day}, share {what}: ")
    if most:
        key = f"{method}_{UNKNOWN}_share"
        head = Text(
            f"{{title}}, {{day}}: klasa {{{key}:%1}} {{what}} jest nieznana",
            f"{{title}}, {{day}}: the class of {{{key}:%1}} {{what}} is unknown",
        )
        if pl:
            head = Text(f"{head.pl}; znana u pozostałych: ", f"{head.en}; known of the others: ")
    elif not pl:
        head = Text("{title}, {day}: nie ma czego oceniać", "{title}, {day}: nothing to classify")
    return Finding(
        Text(head.pl + listed.pl + tail.pl + ".", head.en + listed.en + tail.en + "."),
        values,
        {"title": TITLES[method], "day": ON_DAY[p.day_type], "what": what},
        unknown=most,
    )


def _disagreement(
    cells: gpd.GeoDataFrame,
    labels: Mapping[Method, Labels],
    level: Mapping[Method, Ints],
    share: Share,
    what: Text,
    p: ServiceQualityParameters,
) -> Finding:
    """How far the methods agree, where the classes of two of them are certain."""
    kind = cells["agreement"].to_numpy()
    values = {f"agreement_{k}_share": share(kind == k) for k in AGREEMENT}
    graded = [m for m in p.methods if m in GOOD]
    sure = {m: comparable(level[m], labels[m].certainty == EXACT) for m in graded}
    worst, pair = -1.0, (graded[0], graded[1])
    for a, b in itertools.permutations(graded, 2):
        own = share((sure[a] == 2) & (sure[b] == 0))
        if own > worst:
            worst, pair = own, (a, b)
    values["most_opposite_share"] = worst
    unknown = values["agreement_unknown_share"]
    pl, en = (
        "Metody są zgodne co do poziomu obsługi {agreement_same_share:%1} {what}, różnią się "
        "o stopień co do {agreement_differ_share:%1}, sprzeczne (dobra obsługa według jednej, "
        "żadna według innej) są co do {agreement_opposite_share:%1}",
        "The methods agree on the level of service of {agreement_same_share:%1} {what}, differ by "
        "one level on {agreement_differ_share:%1} and are opposite (good by one, none by another) "
        "on {agreement_opposite_share:%1}",
    )
    if unknown > 0:
        pl += "; o {agreement_unknown_share:%1} za mało wiadomo, by je porównać"
        en += "; too little is known to compare them on {agreement_unknown_share:%1}"
    if worst > 0:
        pl += "; najczęściej {first} mówi: dobra, a {second}: żadna ({most_opposite_share:%1})"
        en += "; most often {first} says good and {second} none ({most_opposite_share:%1})"
    return Finding(
        Text(pl + ".", en + "."),
        values,
        {"first": TITLES[pair[0]], "second": TITLES[pair[1]], "what": what},
    )
