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
from metrogis.i18n import Text, _, both, join, pgettext

TITLE = _("Quality of public transport service")
QUESTION = _(
    "How well served are the places where people live by six methods, what decides it, "
    "and where do the methods disagree?"
)
METHOD = _(
    "On one timetable: the Swiss (ARE) and Austrian (ÖROK) classes, London's PTAL, "
    "access by DG REGIO, the indicator SDG 11.2.1 and its Polish variant. Each cell "
    "(at most 250 m) is judged from its centre; the stop, line, interval and walk that "
    "decided are given. Where timetables (or streets) are not complete as far as a "
    "method reaches, or something of them was lost in reading, no class is unknown, "
    "and a class found is the least possible. The Austrian method takes the worse of "
    "two days; where one is unknown, so is the class. Methods are compared, where the "
    "classes are certain, by those they call good or better, the others (basic), and "
    "none. They treat directions, distances and frequencies differently; none speaks "
    "of fares, of access for people with disabilities, or of where one can travel."
)

AGREEMENT = {
    "same": _("agree"),
    "differ": _("differ by one level"),
    "opposite": _("opposite: good and none"),
    "unknown": _("unknown"),
}
CERTAINTY = {
    EXACT: _("exact"),
    AT_LEAST: _("at least that class"),
    NOT_KNOWN: pgettext("class", "unknown"),
}
_EXACT_NOTE = _(
    "share of places where nothing that the method counts is missing; elsewhere the "
    "class can only be better, or is unknown"
)
_AT_LEAST_NOTE = _("not all is known as far as the method reaches: the class can only be better")
_KNOWN_NOTE = _("1: exact class, 0.5: at least that class, 0: unknown")
_TOLD = Column(_("land of known residents"), unit="km2", digits=2)
_NONE, _UNKNOWN = _("no class"), _("unknown")
_WORDS = {
    "high": _("high"),
    "medium": _("medium"),
    "low": _("low"),
    "yes": _("access"),
    NONE: _NONE,
    UNKNOWN: _UNKNOWN,
}
COLUMN_NAMES = {
    "rail_hub": _("rail hub"),
    "long_distance": _("long-distance rail"),
    "rail": _("rail, metro"),
    "road": _("tram, bus, ship"),
    "tram": _("tram"),
    "bus": _("bus"),
    "cableway": _("cableway"),
    "": both("-"),
}
_MODES = {
    "rail": _("rail"),
    "metro": both("metro"),
    "tram": _("tram"),
    "bus": _("bus"),
    "ferry": _("ferry"),
    "cableway": _("cableway"),
    "road": _("bus, tram"),
    "": both("-"),
}


def labels_of(method: Method) -> dict[str, Text]:
    """Return the classes of a method with their names."""
    return {label: _WORDS.get(label, both(label)) for label in (*LABELS[method], NONE, UNKNOWN)}


def _explained(method: Method) -> dict[str, Column]:
    t = TITLES[method]

    def head(text: Text) -> Text:
        return _("{method}: {text}").fill(method=t, text=text)

    out = {
        "stop": Column(head(_("stop")), "text"),
        "line": Column(head(_("line of the stop")), "text"),
        "metres": Column(head(_("walk")), unit="m"),
        "mode_group": Column(head(_("mode")), "category", categories=_MODES),
        "category": Column(head(_("category of the stop")), "text"),
        "column": Column(head(_("kind")), "category", categories=COLUMN_NAMES),
        "interval_min": Column(head(_("interval")), unit="min", digits=1),
        "ai": Column(head(_("index AI")), digits=2),
        "per_hour": Column(head(_("departures per hour")), digits=1),
    }
    if method == "ptal":
        names = {
            "wt": _("walk WT"),
            "swt": _("wait SWT"),
            "awt": _("wait with reliability AWT"),
            "tat": _("access time TAT"),
            "edf": _("equivalent frequency EDF"),
            "ai": _("index AI"),
        }
        for mode in PTAL_MODES:
            for term, name in names.items():
                out[f"{term}_{mode}"] = Column(
                    head(join(", ", (name, _MODES[mode]))),
                    unit="min" if term in ("wt", "swt", "awt", "tat") else "",
                    digits=2,
                )
    # of the stop that serves best, by what is known
    return {f"{method}_{name}": replace(column, of_known=True) for name, column in out.items()}


_AGREE = Column(
    _("agreement of the methods that know"), "category", categories=AGREEMENT, of_known=True
)
_SHARES = {
    "good": _("good service"),
    "served": _("any class"),
    "none": _NONE,
    "unknown": _UNKNOWN,
    "exact": _("exact class"),
}


def _share_columns(method: Method) -> dict[str, Column]:
    """Return the municipal shares of people by class of one method."""
    shares = {}
    for key, head in _SHARES.items():
        knowledge = key in ("unknown", "exact")
        shares[f"{method}_{key}_share"] = Column(
            _("{t}: {head}, share").fill(t=TITLES[method], head=head), "share", digits=1,
            known=f"{method}_exact_share" if key in ("good", "served") else "",
            bound="high" if key == "unknown" else "low",
            of_known=not knowledge, of_knowledge=knowledge,
            note=_EXACT_NOTE if key == "exact" else None,
        )  # fmt: skip
    return shares


def _stop_columns() -> dict[str, Column]:
    return {
        "stop_id": Column(both("stop_id"), "text"),
        "name": Column(_("stop"), "text"),
        "posts": Column(_("posts"), bound="low"),
        "category": Column(
            _("category (ARE)"), "category",
            categories={**{r: both(r) for r in ("I", "II", "III", "IV", "V")}, NONE: _NONE,
                        UNKNOWN: _UNKNOWN},
            bound="low",
        ),
        "column": Column(_("kind"), "category", categories=COLUMN_NAMES),
        "interval_min": Column(_("interval"), unit="min", digits=1, bound="high"),
        "departures": Column(
            _("departures one way"), unit="departures/day", digits=1,
            bound="low",
        ),
        "line": Column(_("most frequent line"), "text", of_known=True),
        "hub": Column(_("rail hub"), "flag", of_known=True),
        "next_stations": Column(_("next stations"), bound="low"),
    }  # fmt: skip


def _columns() -> dict[str, dict[str, Column]]:
    municipalities = municipality_columns()
    people = Column(_("residents"), unit="people", of_known=True)
    municipalities["population"] = replace(people, land=False, note=PEOPLE_FROM)
    municipalities["coverage"] = Column(
        _("timetable coverage"), "category", categories=COVERAGE,
        land=False, of_knowledge=True,
    )  # fmt: skip
    cells: dict[str, Column] = {
        "teryt": municipalities["teryt"],
        "population": replace(people, digits=1, note=PEOPLE_SHARED),
        "modelled": Column(_("modelled"), "flag", of_knowledge=True),
    }
    out: dict[str, dict[str, Column]] = {"municipalities": municipalities}
    area = Column(_("area"), unit="km2", digits=2)
    for method in EVERY_METHOD:
        t = TITLES[method]
        municipalities |= _share_columns(method)
        cells[method] = Column(t, "category", categories=labels_of(method), bound="low")
        cells[f"{method}_at_least"] = Column(
            _("{t}: at least that class").fill(t=t),
            "flag",
            note=_AT_LEAST_NOTE,
            of_knowledge=True,
        )
        out[f"areas_{method}"] = {
            "teryt": municipalities["teryt"],
            "name": municipalities["name"],
            "class": Column(t, "category", categories=labels_of(method), bound="low"),
            "certainty": Column(_("certainty"), "category", categories=CERTAINTY,
                                of_knowledge=True),
            "known_share": Column(
                _("how far known"), "share", note=_KNOWN_NOTE
            ),
            "population": replace(people, known="population_km2"),
            "population_km2": _TOLD,
            "area_km2": area,
        }  # fmt: skip
    municipalities["opposite_share"] = Column(
        _("methods opposite, share"), "share", digits=1,
        known="compared_share", bound="low", of_known=True,
    )  # fmt: skip
    municipalities["compared_share"] = Column(
        _("methods compared, share"), "share", digits=1,
        note=_("share of places with certain classes by at least two methods"),
        bound="low",
    )  # fmt: skip
    cells["agreement"] = _AGREE
    cells["lower_bound"] = Column(
        _("class is a lower bound"),
        "flag",
        note=_("by at least one method; or unknown"),
        of_knowledge=True,
    )  # fmt: skip
    cells["served_by"] = Column(
        _("methods that give a class"), bound="low"
    )  # fmt: skip
    cells["told_by"] = Column(_("methods that know"), bound="low", of_knowledge=True)
    for method in EVERY_METHOD:
        cells |= _explained(method)
    out["agreement"] = {
        name: column for name, column in out["areas_are"].items()
        if name not in ("certainty", "known_share")
    } | {"class": _AGREE}  # fmt: skip
    out["stops"] = _stop_columns()
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
        _("Agreement of methods"),
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
        _("Categories of stops (ARE)"),
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

    what = _("of residents") if people_known else _("of the area (population unknown)")
    out = [_classes(m, labels[m], share, what, p) for m in p.methods]
    if len([m for m in p.methods if m in GOOD]) >= 2:
        out.append(_disagreement(cells, labels, level, share, what, p))
    bound = share(cells["lower_bound"].to_numpy(bool))
    if bound > 0:
        out.append(
            Finding(
                _(
                    "For {lower_bound_share:%1} {what} not all that the methods count "
                    "is in the data: the class can only be better there, and no class "
                    "is unknown."
                ),
                {"lower_bound_share": bound},
                {"what": what},
            )
        )
    if straight:
        out.append(
            Finding(
                _(
                    "Walks are straight lines times {detour:1} (ARE without it), for "
                    "there is no street network."
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
    shares = []
    most = share(own.label == UNKNOWN) > 0.5
    for name in (*LABELS[method], NONE, UNKNOWN):
        key = f"{method}_{name}_share"
        values[key] = share(own.label == name)
        if values[key] > 0 and not (most and name == UNKNOWN):
            shares.append(_("{name} {share:%1}").fill(name=names[name], share=values[key]))
    bound = f"{method}_at_least_share"
    values[bound] = share(own.certainty == AT_LEAST)
    tail = both("")
    if values[bound] > 0:
        tail = _("; at least that class, perhaps a better one: {share:%1}").fill(
            share=values[bound]
        )
    listed = join(", ", shares)
    head = _("{title}, {day}, share {what}: ")
    if most:
        key = f"{method}_{UNKNOWN}_share"
        head = _("{title}, {day}: the class of {share:%1} {what} is unknown").bind(
            share=values[key]
        )
        if shares:
            head = head + _("; known of the others: ")
    elif not shares:
        head = _("{title}, {day}: nothing to classify")
    return Finding(
        head + listed + tail + both("."),
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
    said = _(
        "The methods agree on the level of service of {agreement_same_share:%1} {what}, differ by "
        "one level on {agreement_differ_share:%1} and are opposite (good by one, none by another) "
        "on {agreement_opposite_share:%1}"
    )
    if unknown > 0:
        said += _("; too little is known to compare them on {agreement_unknown_share:%1}")
    if worst > 0:
        said += _("; most often {first} says good and {second} none ({most_opposite_share:%1})")
    return Finding(
        said + both("."),
        values,
        {"first": TITLES[pair[0]], "second": TITLES[pair[1]], "what": what},
    )
