"""What the classes of ``service_quality`` may say: exact, at least, or nothing.

A class needs one stop in reach; that there is none, or none better, needs to know of every stop and
every departure as far as the method reaches, for every mode that it counts, and of the streets that
one walks on. Where not all of that is known a class found is the least possible (more stops and
departures never worsen it), and no class is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.service import TOLERANCE, Pairs, StraightLine
from metrogis.checks.transport_accessibility.service_quality import methods as q
from metrogis.checks.transport_accessibility.service_quality.inputs import Inputs
from metrogis.checks.transport_accessibility.service_quality.parameters import (
    Method,
    ServiceQualityParameters,
)
from metrogis.evidence import Evidence, Loss, loss
from metrogis.evidence.streets import streets_evidence
from metrogis.evidence.timetable import Around, TimetableEvidence, evidence
from metrogis.i18n import _

EXACT, AT_LEAST, UNKNOWN = "exact", "at_least", "unknown"

KNOWN_SHARE: Mapping[str, float] = {EXACT: 1.0, AT_LEAST: 0.5, UNKNOWN: 0.0}
"""How far a place is known on the map: a class that can only be better is known in part."""

_AT = ("stop", "post")
"""Kinds of losses after which trips through other stops are still whole."""


@dataclass(frozen=True, eq=False)
class QualityEvidence:
    """What is known of the timetable on both days, and of the streets.

    Attributes
    ----------
    first, second : TimetableEvidence
        On the day of all methods; on the second one of the Austrian method.
    streets : Evidence or None
        None: walks are straight lines.
    stops : ndarray (stops, 2)
        Stops of the timetable.
    off_streets : tuple of Loss
        Stops to which no walk is known, for they are off the street network.
    """

    first: TimetableEvidence
    second: TimetableEvidence
    streets: Evidence | None
    stops: Floats
    off_streets: tuple[Loss, ...] = ()

    def around(self, p: ServiceQualityParameters, xy: Floats, unit: Ints) -> Certainty:
        """Return the evidence about some cells.

        Parameters
        ----------
        p : ServiceQualityParameters
        xy : ndarray (cells, 2)
            Metres, working CRS.
        unit : ndarray of int (cells,)
            Municipality of each cell.

        Returns
        -------
        Certainty
        """
        longest = max(max(q.reach_of(p, m, False).values()) for m in p.methods)
        walked, walked_second = (
            replace(e, losses=(*e.losses, *self.off_streets)) for e in (self.first, self.second)
        )
        return Certainty(
            self,
            xy,
            longest,
            self.first.around(xy, unit),
            walked.around(xy, unit),
            walked_second.around(xy, unit),
        )

    def doubtful(self, stops: gpd.GeoDataFrame) -> Bools:
        """Return at which stops trips may be missing, on either day.

        Parameters
        ----------
        stops : GeoDataFrame
            Points, working CRS. A loss of a stop, not of trips, is no doubt about the others.

        Returns
        -------
        ndarray of bool (stops,)
        """
        out = np.zeros(len(stops), bool)
        points = np.asarray(stops.geometry.to_numpy(), dtype=object)
        for known in (self.first, self.second):
            # lost stops leave the trips through others whole; lost trips may have called at these
            trips = tuple(item for item in known.losses if item.kind not in _AT)
            if trips:
                at = replace(known, losses=trips)
                out |= at.lost_near(points, dict.fromkeys(q.GROUPS, 1.0))
        return out


@dataclass(frozen=True, eq=False)
class Certainty:
    """Evidence about the cells: where all is known that could give a class."""

    known: QualityEvidence
    xy: Floats
    longest: float
    straight: Around
    walked: Around
    walked_second: Around

    def sure(self, p: ServiceQualityParameters, method: Method, *, second: bool = False) -> Bools:
        """Return for which cells nothing that a method could count is missing, on one day.

        Parameters
        ----------
        p : ServiceQualityParameters
        method : str
        second : bool
            On the second day, of the Austrian method.

        Returns
        -------
        ndarray of bool (cells,)
            On streets, also that no missing street could shorten a walk. The Swiss method walks in
            straight lines whatever the streets.
        """
        on_streets = method != "are" and self.known.streets is not None
        limits = q.reach_of(p, method, not on_streets)
        if not on_streets and not second:
            return self.straight.known(limits)
        around = self.walked_second if second else self.walked
        out = around.known(limits)
        if on_streets:
            out = out & self._streets_known(max(limits.values()))
        return np.asarray(out, dtype=bool)

    def _streets_known(self, limit: float) -> Bools:
        """Tell for which cells no street that is missing could shorten a walk to some stop.

        A cell without a stop in a straight line has none on foot, whatever the streets.
        """
        pairs, room = self._walks
        near = pairs.metres <= limit + TOLERANCE
        sure = np.ones(len(self.xy), bool)
        sure[pairs.origin[near & (room <= limit + TOLERANCE)]] = False
        return sure

    @cached_property
    def _walks(self) -> tuple[Pairs, Floats]:
        """Straight lines from cells to stops, and how long a path between them is surely known."""
        assert self.known.streets is not None
        stops = self.known.stops
        longest = self.longest
        pairs = StraightLine(1.0).walk_pairs(self.xy, stops, limit=longest)
        room = np.zeros(len(pairs.origin))
        if self.known.streets.complete:
            return pairs, np.full(len(room), np.inf)
        for points, index in ((self.xy, pairs.origin), (stops, pairs.target)):
            used, member = np.unique(index, return_inverse=True)
            if len(used):
                room += self.known.streets.clearance(points[used], 2 * longest)[member]
        return pairs, room


def read_evidence(
    run: Run,
    inputs: Inputs,
    municipalities: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    days: Mapping[str, pd.DataFrame],
    network: Any,
) -> QualityEvidence:
    """Read what is known of timetable and streets, and tell the audit what is not.

    Parameters
    ----------
    run : Run
        Keeps the evidence of the timetable and of the streets.
    municipalities : GeoDataFrame
    stops : GeoDataFrame
        Stops of the timetable, working CRS.
    days : mapping of str to DataFrame
        Departures by day type; a day type that is not in it is unknown.
    network : StreetNetwork or None
        Stops farther than ``snap_limit`` from every street count as lost.

    Returns
    -------
    QualityEvidence
    """
    params: ServiceQualityParameters = run.parameters

    def on(day: str) -> TimetableEvidence:
        return evidence(
            municipalities,
            inputs.coverage,
            inputs.timetable,
            groups=q.GROUPS,
            required=params.modes_required,
            stops=stops,
            stop_posts=inputs.stop_posts,
            rail_stations=inputs.rail_stations,
            silent=days[day].attrs.get("unknown_feeds", ()) if day in days else (),
            day_known=day in days,
            neighbours=params.neighbours_complete,
        )

    first = on(params.day_type)
    second = first if params.second_day_type == params.day_type else on(params.second_day_type)
    run.add(first.audit)
    run.evidence["timetable"] = first.as_evidence()
    xy = np.column_stack([stops.geometry.x, stops.geometry.y]).astype("float64")
    if network is None:
        return QualityEvidence(first, second, None, xy)
    streets = streets_evidence(network, municipalities.crs, municipalities)
    run.evidence["streets"] = streets
    off = _off_streets(stops, xy, network, params.snap_limit)
    return QualityEvidence(first, second, streets, xy, off)


def _off_streets(
    stops: gpd.GeoDataFrame, xy: Floats, network: Any, limit: float
) -> tuple[Loss, ...]:
    """Stops that are not on the street network, by the mode groups that call there."""
    off = ~np.asarray(network.snap(xy, limit=limit, layer="stops").known, dtype=bool)
    what = _("stop away from the streets: walks to it unknown")
    out = []
    for groups, own in stops[off].groupby("mode_groups"):
        if groups:
            shapes = np.asarray(own.geometry.to_numpy(), dtype=object)
            out.append(
                loss("post", what, own["stop_id"], where=shapes, crs=stops.crs,
                     groups=str(groups).split(","))
            )  # fmt: skip
    return tuple(out)


# --------------------------------------------------------------------------- labels


@dataclass(frozen=True, eq=False)
class Labels:
    """Class of every cell by one method, and what it is.

    Attributes
    ----------
    label : ndarray of str (cells,)
        A class of the method, ``none`` or ``unknown``.
    certainty : ndarray of str (cells,)
        ``exact``, ``at_least`` (a lower bound) or ``unknown``.
    """

    label: npt.NDArray[np.object_]
    certainty: npt.NDArray[np.object_]

    @property
    def at_least(self) -> Any:
        """Whether the class is a lower bound, as a column.

        Missing where there is no class, or none is known.
        """
        flags = pd.array(self.certainty == AT_LEAST, dtype="boolean")
        flags[np.isin(self.label, (q.NONE, q.UNKNOWN))] = pd.NA
        return flags


def labels_of(method: Method, found: npt.NDArray[np.object_], none: Bools, exact: Bools) -> Labels:
    """Return what may be said of the classes found.

    Parameters
    ----------
    found : ndarray of str (cells,)
    none : ndarray of bool (cells,)
        Where no class is certain.
    exact : ndarray of bool (cells,)
        Where nothing better is missing.
    """
    label = found.copy()
    label[(label == q.NONE) & ~none] = q.UNKNOWN
    best = label == q.LABELS[method][0]
    kind = np.where(exact | best | (label == q.NONE), EXACT, AT_LEAST).astype(object)
    kind[label == q.UNKNOWN] = UNKNOWN
    return Labels(label, kind)


def all_labels(
    p: ServiceQualityParameters, found: Mapping[Method, Any], here: Certainty, single: Any
) -> dict[Method, Labels]:
    """Return the labels by every chosen method; unknown where the method could not be run.

    Parameters
    ----------
    found : mapping
        Classes by method.
    here : Certainty
    single : callable
        ``single(second)``: Austrian classes by one of its two days alone.
    """
    out: dict[Method, Labels] = {}
    for method in p.methods:
        if method not in found:
            nothing = np.full(len(here.xy), q.UNKNOWN, dtype=object)
            out[method] = Labels(nothing, np.full(len(here.xy), UNKNOWN, dtype=object))
            continue
        label = found[method].table["class"].to_numpy(dtype=object)
        sure = here.sure(p, method)
        none = exact = sure
        if method == "austria":
            second = here.sure(p, method, second=True)
            none = exact = sure & second
            # the worse day counts: a day that certainly has no class decides alone
            for own, other, late in ((sure, second, False), (second, sure, True)):
                if (own & ~other).any():
                    alone = single(late)
                    if alone is not None:
                        none = none | (own & (alone.table["class"].to_numpy() == q.NONE))
        out[method] = labels_of(method, label, none, exact)
    return out
