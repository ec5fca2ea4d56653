"""In which directions one rides: the one-way rule of a street, and what opens it to bicycles.

Together with :mod:`metrogis.streets.permissions` this is the one table of direction and access:
the network's arcs, the levels of traffic stress and the lengths by direction are read from it.
Tags are in plain spelling (:func:`metrogis.osm.values.clean`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from metrogis.osm.values import BACKWARD, ONE_WAY, TWO_WAY
from metrogis.streets.speeds import Direction

Side = Literal["right", "left"]

DIRECTIONS: tuple[Direction, Direction] = ("forward", "backward")
RINGS = frozenset({"roundabout", "circular"})
"""Values of ``junction`` that imply a one-way street along its drawing."""
_CHANGING = frozenset({"reversible", "alternating"})
_SIDES = ("left", "right")
INFRASTRUCTURE = frozenset({
    "lane", "track", "yes", "left", "right", "both", "shared_lane", "shared", "share_busway",
    "buffered_lane", "segregated",
})  # fmt: skip
"""Values of ``cycleway*`` that put something for bicycles on the street itself."""


class Riding(NamedTuple):
    """Tags that hold for one direction, and whether a bike lane runs that way."""

    tags: dict[str, str]
    lane: bool


class Steering(NamedTuple):
    """Directions that one-way rules leave to bicycles; values that could not be read."""

    forward: bool
    backward: bool
    unread: tuple[str, ...] = ()


def one_way(value: str) -> tuple[bool, bool] | None:
    """Return the directions (forward, backward) that a value of ``oneway`` opens.

    A street whose direction changes over the day is open both ways: nobody is kept out for good.
    None where the value says nothing that is understood, so that the next rule decides.

    >>> one_way("yes"), one_way("-1"), one_way("reversible"), one_way("maybe")
    ((True, False), (False, True), (True, True), None)
    """
    if value == ONE_WAY:
        return True, False
    if value == BACKWARD:
        return False, True
    return (True, True) if value == TWO_WAY or value in _CHANGING else None


def traffic_direction(tags: Mapping[str, str]) -> Direction | None:
    """Return the one direction of the traffic on a way, None where it goes both ways.

    >>> traffic_direction({"oneway": "-1"}), traffic_direction({"junction": "roundabout"})
    ('backward', 'forward')
    """
    stated = one_way(tags.get("oneway", ""))
    if stated is None:
        stated = (True, tags.get("junction") not in RINGS)
    return None if all(stated) else DIRECTIONS[0] if stated[0] else DIRECTIONS[1]


def steering(tags: Mapping[str, str]) -> Steering:
    """Return the directions that one-way rules leave to bicycles.

    First match decides:

    1. ``oneway:bicycle``: ``no`` opens both directions, ``yes`` keeps that of the street (along
       the drawing where it has none), ``-1`` is against the drawing;
    2. ``oneway``, and where it is absent ``junction=roundabout|circular`` (along the drawing); and
       then infrastructure opens a direction besides: ``cycleway*=opposite*``, or a lane or track
       whose side says ``oneway`` ``no`` (both), ``-1`` (against the drawing), ``yes`` (along it).
       A side without a value of its own takes that of ``cycleway:both``, else of ``cycleway``.

    A value that nobody lists says nothing, and is returned as unread.

    >>> steering({"oneway": "yes", "cycleway:left": "track", "cycleway:left:oneway": "-1"})[:2]
    (True, True)
    >>> steering({"oneway": "yes", "cycleway:left": "separate", "cycleway:left:oneway": "-1"})[:2]
    (True, False)
    """
    notes = []
    for key in ("oneway", "oneway:bicycle"):
        value = tags.get(key, "")
        if value and one_way(value) is None:
            notes.append("oneway_unread")
        elif value == "reversible":
            notes.append("reversible")
    traffic = traffic_direction(tags)
    forward, backward = traffic != "backward", traffic != "forward"
    own = one_way(tags.get("oneway:bicycle", ""))
    if own == (True, False) and traffic is not None:
        own = (forward, backward)  # it confirms the street's own direction
    if own is not None:
        return Steering(*own, tuple(notes))
    for side in _SIDES:
        kind, oneway = side_of(tags, side)
        opened = (True, True) if kind.startswith("opposite") else one_way(oneway)
        if opened is not None and (kind in INFRASTRUCTURE or kind.startswith("opposite")):
            forward, backward = forward or opened[0], backward or opened[1]
    return Steering(forward, backward, tuple(notes))


def side_of(tags: Mapping[str, str], side: str) -> tuple[str, str]:
    """Return the value of ``cycleway`` at one side of a way, and that of its ``oneway``.

    >>> side_of({"cycleway:both": "track", "cycleway:left:oneway": "no"}, "left")
    ('track', 'no')
    """
    keys = (f"cycleway:{side}", "cycleway:both", "cycleway")
    kind = next((tags[key] for key in keys if key in tags), "")
    oneway = next((tags[f"{key}:oneway"] for key in keys if f"{key}:oneway" in tags), "")
    return kind, oneway


def sides_served(
    tags: Mapping[str, str], open_: tuple[bool, bool], *, driving_side: Side = "right"
) -> tuple[bool, bool]:
    """Return the directions in which infrastructure of the way itself runs.

    Parameters
    ----------
    tags : mapping
    open_ : (bool, bool)
        Directions open to bicycles, along and against the drawing.
    driving_side : {"right", "left"}

    >>> sides_served({"cycleway:right": "lane"}, (True, True))
    (True, False)
    """
    served: set[Direction] = set()
    traffic = traffic_direction(tags)
    for side in _SIDES:
        kind, _ = side_of(tags, side)
        if kind in INFRASTRUCTURE or kind.startswith("opposite"):
            served |= set(_serves(tags, side, traffic, all(open_), driving_side))
    return (open_[0] and "forward" in served, open_[1] and "backward" in served)


def riding(
    tags: Mapping[str, str],
    direction: Direction,
    *,
    open_: tuple[bool, bool] | None = None,
    driving_side: Side = "right",
) -> Riding:
    """Return the tags that hold for a cyclist riding in ``direction``.

    A side's infrastructure (``cycleway:right=lane``) serves the direction of the traffic on that
    side; in a one-way street closed to cycling against the traffic, both sides serve the
    traffic's direction. ``cycleway:right:oneway`` (``no``, ``-1``, ``yes``) says otherwise, as
    does a value ``opposite*``: against the traffic. In a two-way street, ``cycleway=opposite*``
    has no direction and is left as it stands. Parking counts on the side one rides on.
    ``open_`` are the directions open to bicycles; as one-way rules say where not given.

    >>> riding({"highway": "tertiary", "cycleway:right": "lane"}, "backward").tags
    {'highway': 'tertiary'}
    """
    traffic = traffic_direction(tags)
    both = all(steering(tags)[:2] if open_ is None else open_)
    kept: dict[str, str] = {}
    lane = False
    for key, value in tags.items():
        part = key.split(":")
        side = part[1] if len(part) > 1 else ""
        if part[0] == "parking" and traffic is None:
            sides = [p for p in part if p in _SIDES]
            if sides and _natural(sides[0], driving_side) != direction:
                continue
        if part[0] != "cycleway":
            kept[key] = value
            continue
        if len(part) == 3 and part[2] == "oneway":
            continue  # used up here: its "yes" is not a lane
        if direction in _serves(tags, side, traffic, both, driving_side):
            kept[key] = value
            lane |= _is_lane(part, value, traffic, direction)
    return Riding(kept, lane)


def _is_lane(
    part: Sequence[str], value: str, traffic: Direction | None, direction: Direction
) -> bool:
    """Return whether a value of ``cycleway``, ``cycleway:SIDE`` or ``:both`` is a painted lane."""
    side = part[1] if len(part) > 1 else ""
    if len(part) > 2 or side not in ("", *_SIDES, "both"):
        return False
    # on a two-way street "opposite" can only mean the direction against the way
    against = traffic is not None or side != "" or direction == "backward"
    return value == "lane" or (value in ("opposite", "opposite_lane") and against)


def _natural(side: str, driving_side: Side) -> Direction:
    return "forward" if side == driving_side else "backward"


def _other(direction: Direction) -> Direction:
    return "backward" if direction == "forward" else "forward"


def _serves(
    tags: Mapping[str, str],
    side: str,
    traffic: Direction | None,
    both: bool,
    driving_side: Side,
) -> tuple[Direction, ...]:
    """Return the directions that infrastructure at a side (or ``both``, or unsaid) serves."""
    if side not in _SIDES:
        main = "cycleway:both" if side == "both" else "cycleway"
        against = tags.get(main, "").startswith("opposite") and traffic is not None
        return (_other(traffic),) if against and traffic is not None else DIRECTIONS
    value, oneway = side_of(tags, side)
    if value.startswith("opposite"):
        return (_other(traffic or _natural(side, driving_side)),)
    stated = one_way(oneway)
    if stated is not None:
        return tuple(d for d, runs in zip(DIRECTIONS, stated, strict=True) if runs)
    if traffic is not None and not both:
        return (traffic,)
    return (_natural(side, driving_side),)
