"""Sentences of the check ``travel_time``."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np

from metrogis.arrays import Floats
from metrogis.checks.contract import Finding
from metrogis.checks.shared.service_words import ON_DAY
from metrogis.checks.transport_accessibility.travel_time.parameters import TravelTimeParameters
from metrogis.checks.transport_accessibility.travel_time.tables import ratio_of
from metrogis.checks.transport_accessibility.travel_time.targets import CORE
from metrogis.checks.transport_accessibility.travel_time.times import Nearest
from metrogis.i18n import Text, _, both

TO = {
    CORE: _("to the core city"),
    "county": _("to a county seat"),
    "hospital": _("to a hospital"),
    "university": _("to a university"),
}


def to(kind: str) -> Text:
    """Return "to the ..." of a kind of target."""
    return TO.get(kind, _("to a target “{kind}”").fill(kind=kind))


def findings(
    municipalities: gpd.GeoDataFrame,
    nearest: Mapping[str, Nearest],
    weight: Floats,
    what: Text,
    p: TravelTimeParameters,
    straight: bool,
) -> list[Finding]:
    """Return the sentences a planner quotes: reach by kind, the farthest, the car, performance.

    Parameters
    ----------
    municipalities : GeoDataFrame
        One row per municipality.
    nearest : mapping of str to Nearest
        Times of the cells by kind of target, the main one first.
    weight : ndarray of float (cells,)
        What shares are of.
    what : Text
        Its name within a sentence.
    p : TravelTimeParameters
    straight : bool
        Walks are straight lines, which is said last.
    """
    total = float(weight.sum())

    def share(mask: object) -> float:
        return float((weight * np.asarray(mask, float)).sum()) / total if total else float("nan")

    out = []
    for kind, own in nearest.items():
        out.append(_reach(kind, own, share, what, p))
    main = next(iter(nearest))
    out += _farthest(municipalities, main)
    out += _car(nearest[main], main, share, what, p)
    out += _performance(municipalities, p)
    if straight:
        out.append(
            Finding(
                _(
                    "Walks are straight lines times {detour:1}, for there is no street "
                    "network; times by car are not in the data."
                ),
                {"detour": float(p.detour)},
            )
        )
    return out


def _reach(kind: str, own: Nearest, share, what: Text, p: TravelTimeParameters) -> Finding:  # type: ignore[no-untyped-def]
    unknown = share(np.isnan(own.middle))
    values = {
        f"{kind}_within_share": share(own.middle <= p.limits[1]),
        f"{kind}_late_share": share(own.late <= p.limits[1]),
        f"{kind}_beyond_share": share(np.isinf(own.middle)),
        f"{kind}_unknown_share": unknown,
        "limit": float(p.limits[1]),
    }
    most = unknown > 0.5
    said = _(
        "Within {limit:0} minutes at least {within:%0} {what} get {to} {day} "
        "(median), and nearly always (90th percentile) {late:%0}"
    )
    if values[f"{kind}_beyond_share"] > 0:
        said += _("; {beyond:%0} cannot get there in {longest:0} minutes")
        values["longest"] = float(p.max_minutes)
    if unknown > 0 and not most:
        said += _("; of {unknown:%0} it is unknown")
    if most:
        said = _("Unknown for {unknown:%0} {what}: whether they get {to}. ") + said
    shares = ("within", "late", "beyond", "unknown")
    said = said.bind(**{name: values[f"{kind}_{name}_share"] for name in shares})
    places = {"to": to(kind), "day": ON_DAY[p.day_type], "what": what}
    return Finding(said + both("."), values, places, unknown=most)


def _farthest(municipalities: gpd.GeoDataFrame, kind: str) -> list[Finding]:
    known = municipalities[municipalities["minutes"].notna()]
    if known.empty:
        return []
    worst = known.loc[known["minutes"].idxmax()]
    return [
        Finding(
            _(
                "Of the municipalities that are known, {name} is farthest {to}: at "
                "most {farthest_minutes:0} min (median)."
            ),
            {"farthest_minutes": float(worst["minutes"])},
            {"to": to(kind), "name": str(worst["name"])},
        )
    ]


def _car(own: Nearest, kind: str, share, what: Text, p: TravelTimeParameters) -> list[Finding]:  # type: ignore[no-untyped-def]
    ratio = ratio_of(own.middle, own.car)
    if not np.isfinite(ratio).any():
        return []
    known = share(~np.isnan(ratio))
    competes = share(ratio <= p.ratio_limit)
    return [
        Finding(
            _("For {competes_share:%0} {what} the journey {to} takes at most "
"{ratio_limit:1} times as long as by car without queues, parking "
"included; the comparison is known for {compared_share:%0}."),
            {"competes_share": competes, "compared_share": known,
             "ratio_limit": float(p.ratio_limit)},
            {"to": to(kind), "what": what},
        )
    ]  # fmt: skip


def _performance(municipalities: gpd.GeoDataFrame, p: TravelTimeParameters) -> list[Finding]:
    value = municipalities["performance"].to_numpy(float)
    people = np.nan_to_num(municipalities["population"].to_numpy(float))
    told = np.isfinite(value) & (people > 0)
    if not told.any():
        return []
    mean = float((value * people)[told].sum() / people[told].sum())
    best = municipalities.loc[municipalities["performance"].idxmax()]
    return [
        Finding(
            _(
                "In {minutes:0} minutes the average resident reaches at least "
                "{performance:0}% of the people who live within {km:1} km; the most in "
                "{name} ({best_performance:0}%)."
            ),
            {
                "minutes": float(p.performance_minutes),
                "performance": mean,
                "km": p.performance_speed * p.performance_minutes / 60,
                "best_performance": float(best["performance"]),
            },
            {"name": str(best["name"])},
        )
    ]
