"""Of which seats and localities every service is known, and why not of the others.

Too few connections are certain only where nothing can be missing that would make more. With at most
one transfer the first vehicle calls at one end and the last at the other: it is enough that all
that calls near both ends is known, and that no stop was lost at which one could change between
them. With more transfers a vehicle between two other towns may be missing, so everything must be
known everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Bools, Floats
from metrogis.checks.contract import Run
from metrogis.checks.shared.service import TOLERANCE, StraightLine
from metrogis.checks.transport_accessibility.connections.inputs import Inputs
from metrogis.checks.transport_accessibility.connections.parameters import ConnectionsParameters
from metrogis.checks.transport_accessibility.connections.places import Places
from metrogis.evidence.streets import streets_evidence
from metrogis.evidence.timetable import TimetableEvidence, evidence
from metrogis.i18n import _

GROUPS = ("rail", "metro", "tram", "bus", "ferry", "cableway")

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What is known of the places, by day type.

    Attributes
    ----------
    level : ndarray of str (municipalities,)
        Coverage on the first day type.
    why : dict of ndarray of str (places,)
        By day type: what is not known of a place; empty where all of it is.
    on_the_way : dict of ndarray of bool (places,)
        By day type: whether a stop was lost at which vehicles that call there could be changed.
    """

    level: Texts
    why: Mapping[str, Texts]
    on_the_way: dict[str, Bools] = field(default_factory=dict)

    def lacking(self, day: str, start: int, end: int) -> str:
        """Return what is not known of a relation on a day.

        Parameters
        ----------
        day : str
            Day type.
        start, end : int
            Places.

        Returns
        -------
        str
            Empty where all services are known that call at either end, or at stops where one could
            change between them.
        """
        why = self.why[day][start] or self.why[day][end]
        lost = self.on_the_way.get(day)
        if not why and lost is not None and lost[start] and lost[end]:
            why = "lost"  # one could change there between what calls at both ends
        return str(why)


def read_knowledge(
    run: Run,
    inputs: Inputs,
    municipalities: gpd.GeoDataFrame,
    places: Places,
    stops: gpd.GeoDataFrame,
    walk: Any,
) -> Knowledge:
    """Ask for each day type at which places every service is in the timetables.

    Days on which the same feeds are silent share one answer.

    Parameters
    ----------
    run : Run
        Keeps the evidence of the timetable; its audit gets what is not known.
    municipalities : GeoDataFrame
    places : Places
    stops : GeoDataFrame
        Stops of the timetable.
    walk : Walk
        With a street network, missing streets are a doubt as well.

    Returns
    -------
    Knowledge
        Without stops lost on the way, which depend on the journeys.
    """
    params: ConnectionsParameters = run.parameters
    timetable = inputs.timetable
    kinds = timetable.day_types()
    straight = isinstance(walk, StraightLine)
    doubt = (
        np.zeros(len(places), bool)
        if straight
        else _streets_doubt(run, municipalities, places, stops, walk)
    )
    known: dict[tuple[frozenset[str], bool], TimetableEvidence] = {}
    why: dict[str, Texts] = {}
    level: Texts | None = None
    for day in params.day_types:
        key = frozenset(kinds[day].unknown_feeds), kinds[day].date is not None
        if key not in known:
            known[key] = evidence(
                municipalities,
                inputs.coverage,
                timetable,
                groups=GROUPS,
                required=params.modes_required,
                stops=stops,
                stop_posts=inputs.stop_posts,
                rail_stations=inputs.rail_stations,
                silent=key[0],
                day_known=key[1],
            )
            run.add(known[key].audit)
        found = known[key]
        if level is None:
            level = found.level
            run.evidence["timetable"] = found.as_evidence()
        why[day] = _why(found, places, params, params.detour if straight else 1.0, doubt)
    assert level is not None
    return Knowledge(level, why)


def _why(
    known: TimetableEvidence,
    places: Places,
    p: ConnectionsParameters,
    detour: float,
    streets: Bools,
) -> Texts:
    """Tell what is not known of each place: as far as people walk to its stops."""
    # from the weakest reason to the strongest: what is written last stays
    out = np.full(len(places), "", dtype=object)
    if not len(places):
        return out
    if p.max_transfers > 1 and not known.complete_everywhere:
        # a vehicle between two other towns may be missing
        out[:] = "everywhere"
    out[streets] = "streets"
    around = known.around(places.xy, places.town)
    for reach in np.unique(places.reach).tolist():
        own = places.reach == reach
        limits = dict.fromkeys(GROUPS, reach / detour)
        sure, lost = around.known(limits), around.lost(limits)
        out[own & ~sure] = "coverage"
        out[own & ~sure & lost & _covered(known, places)] = "lost"
    out[places.town < 0] = "outside"
    if not known.given:
        out[:] = "day"
    return out


def _covered(known: TimetableEvidence, places: Places) -> Bools:
    """Places in municipalities whose timetables are complete, whatever was lost of them."""
    return np.append(known.complete, False)[places.town]


def _streets_doubt(
    run: Run, municipalities: gpd.GeoDataFrame, places: Places, stops: gpd.GeoDataFrame, walk: Any
) -> Bools:
    """Tell to which places a stop may belong that street data which are missing hide.

    Only a stop within the walk in a straight line can: one off the streets, or one whose way there
    could leave the streets that are known.
    """
    doubt = np.zeros(len(places), bool)
    if not len(places):
        return doubt
    known = streets_evidence(walk, municipalities.crs, municipalities)
    run.evidence["streets"] = known
    posts = np.column_stack([stops.geometry.x, stops.geometry.y]).astype("float64")
    near = StraightLine(1.0).walk_pairs(places.xy, posts, limit=float(places.reach.max()))
    inside = near.metres <= places.reach[near.origin] + TOLERANCE
    origin, target = near.origin[inside], near.target[inside]
    ids = stops["stop_id"].astype(str).to_numpy(dtype=object)
    reached = np.array(
        [ids[j] in places.stops[i] for i, j in zip(origin.tolist(), target.tolist(), strict=True)],
        dtype=bool,
    )
    origin, target = origin[~reached], target[~reached]
    if not len(origin):
        return doubt
    off_here, off_there = _off(walk, places.xy), _off(walk, posts)
    room = np.full(len(origin), np.inf)
    if not known.complete:
        most = 2 * float(places.reach.max())
        room = known.clearance(places.xy, most)[origin] + known.clearance(posts, most)[target]
    hidden = off_here[origin] | off_there[target] | (room <= places.reach[origin] + TOLERANCE)
    doubt[origin[hidden]] = True
    run.note(
        "streets",
        "unknown",
        int(doubt.sum()),
        _(
            "localities with a stop within reach in a straight line to which no walk "
            "can be computed"
        ),
        places.name[doubt],
    )
    return doubt


def _off(walk: Any, points: Floats) -> Bools:
    snap = getattr(walk, "snap", None)
    if snap is None or not len(points):
        return np.zeros(len(points), bool)
    return ~np.asarray(snap(points).known, dtype=bool)


def lost_on_the_way(run: Run, rides: Any, places: Places, stops: gpd.GeoDataFrame) -> Bools | None:
    """Tell at which places vehicles call that also called at a stop which was lost.

    Parameters
    ----------
    rides : Rides
        Of the day.

    Returns
    -------
    ndarray of bool (places,), or None
        None where no stop was lost, or nobody may change vehicles.
    """
    params: ConnectionsParameters = run.parameters
    known = run.evidence["timetable"]
    lost = [item for item in known.losses if item.kind == "stop"]
    if not lost or not params.max_transfers:
        return None
    if any(item.where is None for item in lost):
        return np.ones(len(places), bool)
    shapes = shapely.get_parts(np.array([item.where for item in lost], dtype=object))
    tree = shapely.STRtree(np.asarray(shapes, dtype=object))
    points = np.asarray(stops.geometry.to_numpy(), dtype=object)
    # one may change there from any stop within the walk of a transfer, and it may itself be as far
    # from where it is recorded
    reach = 2 * params.transfer_walk + TOLERANCE
    at = np.unique(tree.query(points, predicate="dwithin", distance=reach)[0])
    close = np.zeros(len(rides.stop_ids), bool)
    close[rides.numbers(stops["stop_id"].astype(str).iloc[at])] = True
    touched = np.zeros(int(rides.run.max(initial=-1)) + 1, bool)
    touched[rides.run[close[rides.dep_stop] | close[rides.arr_stop]]] = True
    calls = np.zeros(len(rides.stop_ids), bool)
    weak = touched[rides.run]
    calls[rides.dep_stop[weak]] = True
    calls[rides.arr_stop[weak]] = True
    return np.array(
        [bool(calls[rides.numbers(own)].any()) if own else False for own in places.stops],
        dtype=bool,
    )
