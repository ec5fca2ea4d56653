"""Texts of the check ``feeder_coordination``: question, method, columns, views, findings."""

from __future__ import annotations

import geopandas as gpd

from metrogis.checks.contract import (
    Category,
    Column,
    Finding,
    Ground,
    View,
    municipality_columns,
)
from metrogis.checks.shared.service_words import COVERAGE
from metrogis.checks.transport_accessibility.feeder_coordination.meetings import (
    CLASSES,
    FROM_TRAIN,
    TO_TRAIN,
)
from metrogis.checks.transport_accessibility.feeder_coordination.parameters import FeederParameters
from metrogis.checks.transport_accessibility.feeder_coordination.tables import WAITS
from metrogis.i18n import Text, _, both, pgettext

TITLE = _("Buses that meet trains")
QUESTION = _(
    "Do buses and trams meet the trains, how many connections are just missed, and "
    "which shift of a line would help?"
)
METHOD = _(
    "Each arrival of a bus within a walk of a station, and each direction of trains, "
    "is one connection, and likewise from trains to each line. The wait after the walk "
    "is too tight, kept, loose or none; apart from that: a vehicle that left at most "
    "some minutes before. A shift of a line may not break any kept connection; it is "
    "verified by the same count on shifted runs. Timetables that are not in the data "
    "are not counted."
)
WAYS = {
    TO_TRAIN: _("to the train"),
    FROM_TRAIN: _("from the train"),
}
_NAMES = {
    "tight": _("too tight"),
    "kept": pgettext("transfers", "kept"),
    "loose": _("loose"),
    "none": pgettext("transfers", "none"),
}
LAST = {
    "yes": pgettext("transfers", "yes"),
    "no": pgettext("transfers", "no"),
    "unknown": _("unknown"),
}
WAIT = dict(
    zip(
        WAITS,
        (
            _("under 1 min"),
            both("1-5 min"),
            both("5-10 min"),
            both("10-15 min"),
            both("15-30 min"),
            _("over 30 min, or none"),
        ),
        strict=True,
    )
)
_OF_DATA = _("in the timetables that are in the data")
_MISSED = _("just missed")
_KEPT_SHARE = Column(_("kept, share"), "share", of_known=True, land=False, note=_OF_DATA)


def _number(text: Text, unit: str = "per day", digits: int = 0) -> Column:
    return Column(text, unit=unit, digits=digits, of_known=True, land=False, note=_OF_DATA)


def _columns() -> dict[str, dict[str, Column]]:
    counted = {
        "meetings": _number(_("connections")),
        **{n: _number(_NAMES[n]) for n in CLASSES},
        "missed": _number(_MISSED),
        "wait": _number(_("wait, median"), "min", 1),
        "kept_share": _KEPT_SHARE,
    }
    station = Column(_("station"), "text")
    line = Column(_("line"), "text")
    stations: dict[str, Column] = {
        "name": station,
        "teryt": Column(both("TERYT"), "text"),
        "known": Column(_("timetables known"), "flag", of_knowledge=True),
        "missed": counted["missed"],
        "kept_share": _KEPT_SHARE,
        "last": Column(
            _("a bus after the last train"), "category", categories=LAST,
        ),
    }  # fmt: skip
    for way, text in WAYS.items():
        for name in ("meetings", *CLASSES, "missed", "wait"):
            old = counted[name]
            stations[f"{way}_{name}"] = _number(
                _("{text}: {label}").fill(text=text, label=old.label),
                old.unit, old.digits,
            )  # fmt: skip
    return {
        "municipalities": {
            **municipality_columns(),
            "coverage": Column(
                _("timetable coverage"), "category",
                categories=COVERAGE, land=False, of_knowledge=True,
            ),
            "stations": _number(_("stations with trains"), ""),
            "meetings": counted["meetings"],
            "kept": counted["kept"],
            "missed": counted["missed"],
            "kept_share": _KEPT_SHARE,
            "known": Column(
                _("timetables complete"), "flag", land=False,
                of_knowledge=True,
            ),
        },
        "stations": stations,
        "connections": {
            "station": station,
            "way": Column(_("change"), "category", categories=WAYS),
            "line": line,
            "direction": Column(_("direction of the line"), "text"),
            "train": Column(_("train from/to"), "text"),
            **counted,
        },
        "shifts": {
            "line": line,
            "station": station,
            "shift": _number(_("shift"), "min"),
            "gained": _number(_("connections gained")),
            "kept": counted["kept"],
            "kept_after": _number(_("kept after")),
            "missed": counted["missed"],
            "missed_after": _number(_("just missed after")),
        },
        "waits": {
            "station": station,
            "way": Column(_("change"), "category", categories=WAYS),
            "band": Column(_("wait"), "category", categories=WAIT),
            "connections": counted["meetings"],
            "share": Column(
                _("share of connections"), "share", of_known=True, land=False, note=_OF_DATA
            ),
        },
    }  # fmt: skip


COLUMNS = _columns()
VIEWS = (
    View(
        "stations",
        _("Connections kept"),
        column="kept_share",
        breaks=(0, 0.2, 0.4, 0.6, 0.8),
        popup=("name", "kept_share", "missed", "to_train_wait", "from_train_wait", "last", "known"),
        radius=7.0,
        ground=Ground("known"),
    ),
    View(
        "stations",
        _("Wait for the train, median"),
        column="to_train_wait",
        breaks=(0, 5, 10, 15, 20, 30),
        popup=("name", "to_train_wait", "to_train_meetings", "to_train_kept", "missed", "known"),
        radius=7.0,
        shown=False,
        ground=Ground("known"),
    ),
    View(
        "stations",
        _("A bus after the last train"),
        column="last",
        categories=(
            Category("yes", LAST["yes"], "#009E73"),
            Category("no", LAST["no"], "#D55E00"),
            Category("unknown", LAST["unknown"], "#BBBBBB", hatch=True),
        ),
        popup=("name", "last", "known"),
        radius=7.0,
        shown=False,
    ),
    View(
        "shifts",
        _("Lines that a shift would help"),
        column="gained",
        breaks=(0, 1, 5, 10, 20),
        popup=("line", "station", "shift", "gained", "kept", "kept_after", "missed"),
        radius=5.0,
        shown=False,
    ),
)


def findings(
    stations: gpd.GeoDataFrame, shifts: gpd.GeoDataFrame, p: FeederParameters, day: Text
) -> list[Finding]:
    """Return the sentences a councillor quotes."""
    total = float(sum(stations[f"{w}_meetings"].sum() for w in WAYS)) if len(stations) else 0.0
    if not total:
        return [
            Finding(
                _(
                    "In the timetables that are in the data no bus meets a train "
                    "{day}; whether others do is unknown."
                ),
                {"stations_with_trains": float(len(stations))},
                {"day": day},
                unknown=True,
            )
        ]
    kept = float(sum(stations[f"{w}_kept"].sum() for w in WAYS))
    out = [
        Finding(
            _("In the timetables that are in the data {kept_share:%0} of "
"{meetings:0} connections between buses and trains are kept {day} (a "
"wait of {tight:0}-{limit:0} min); {missed:0} are just missed."),
            {"kept_share": kept / total, "meetings": total, "limit": float(p.kept),
             "tight": float(p.tight), "missed": float(stations["missed"].sum())},
            {"day": day},
        )
    ]  # fmt: skip
    helped = shifts[shifts["gained"] > 0]
    if len(helped):
        first = helped.iloc[0]
        later = first["shift"] > 0
        out.append(
            Finding(
                _("In the timetables that are in the data line {line}, moved "
"{best_shift:0} min {way}, gains {best_gained:0} connections a day "
"and loses none (station {station}); a shift would help {helped:0} "
"{helped:plural:line|lines}."),
                {"best_shift": abs(float(first["shift"])), "best_gained": float(first["gained"]),
                 "helped": float(len(helped))},
                {"line": str(first["line"]), "station": str(first["station"]),
                 "way": _("later") if later else _("earlier")},
            )
        )  # fmt: skip
    none = int((stations["last"] == "no").sum())
    unknown = int((stations["last"] == "unknown").sum())
    out.append(
        Finding(
            _(
                "After the last train there is no bus within {loose:0} min at "
                "{no_last:0} {no_last:plural:station|stations}; unknown at "
                "{unknown_last:0}."
            ),
            {"loose": float(p.loose), "no_last": float(none), "unknown_last": float(unknown)},
        )
    )
    return out
