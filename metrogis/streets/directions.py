"""What a cyclist meets who rides a way in one direction: may they, and with which tags.

OSM tags describe a way as a whole, with sides (``cycleway:right``) as seen along it. Here they are
turned into the tags that hold for one direction, so that the same rules serve both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from metrogis.streets.speeds import Direction

Side = Literal["right", "left"]

DIRECTIONS: tuple[Direction, Direction] = ("forward", "backward")
_YES = frozenset({"yes", "true", "1"})
_AGAINST = frozenset({"-1", "reverse"})
_NO = frozenset({"no", "false", "0"})
_WELCOME = frozenset({"yes", "designated", "permissive", "official"})
_SIDES = ("left", "right")
_INFRASTRUCTURE = frozenset({"lane", "track", "yes", "shared_lane", "share_busway"})


class Riding(NamedTuple):
    """Tags that hold for one direction, and whether a bike lane runs that way."""

    tags: dict[str, str]
    lane: bool


def traffic_direction(tags: Mapping[str, str]) -> Direction | None:
    """Return the one direction of the traffic on a way, None where it goes both ways.

    >>> traffic_direction({"oneway": "-1"}), traffic_direction({"junction": "roundabout"})
    ('backward', 'forward')
    """
    oneway = tags.get("oneway")
    if oneway in _YES:
        return "forward"
    if oneway in _AGAINST:
        return "backward"
    if oneway is None and tags.get("junction") in ("roundabout", "circular"):
        return "forward"
    return None


def cycling_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Tell whether one may ride forward and backward, as far as direction goes.

    ``oneway:bicycle`` goes before ``oneway``; where it is absent, infrastructure against the
    traffic (``cycleway=opposite*``, ``cycleway:left:oneway=no`` or ``-1``) opens a one-way street.
    ``bicycle:forward=no``, ``vehicle:backward=no`` and the like close one direction.

    >>> cycling_directions({"oneway": "yes", "cycleway": "opposite_lane"})
    (True, True)
    >>> cycling_directions({"oneway": "yes", "oneway:bicycle": "no", "bicycle:backward": "no"})
    (True, False)
    """
    traffic = traffic_direction(tags)
    own = tags.get("oneway:bicycle")
    if own in _NO:
        only = None
    elif own in _AGAINST:
        only = "backward"
    elif own in _YES:
        only = traffic or "forward"
    else:
        only = None if traffic and _against_traffic(tags) else traffic
    allowed = []
    for direction in DIRECTIONS:
        bicycle = tags.get(f"bicycle:{direction}")
        closed = bicycle == "no" or (
            tags.get(f"vehicle:{direction}") == "no"
            and bicycle not in _WELCOME
            and tags.get("bicycle") not in _WELCOME
        )
        allowed.append(only in (None, direction) and not closed)
    return allowed[0], allowed[1]


def _against_traffic(tags: Mapping[str, str]) -> bool:
    for key in ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right"):
        value = tags.get(key, "")
        if value.startswith("opposite"):
            return True
        oneway = tags.get(f"{key}:oneway", "")
        if value in _INFRASTRUCTURE and (
            oneway in _NO or (oneway in _AGAINST and traffic_direction(tags) == "forward")
        ):
            return True
    return False


def riding(
    tags: Mapping[str, str], direction: Direction, *, driving_side: Side = "right"
) -> Riding:
    """Return the tags that hold for a cyclist riding in ``direction``.

    A side's infrastructure (``cycleway:right=lane``) serves the direction of the traffic on that
    side; in a one-way street closed to cycling against the traffic, both sides serve the
    traffic's direction. ``cycleway:right:oneway`` (``no``, ``-1``, ``yes``) says otherwise, as
    does a value ``opposite*``: against the traffic. In a two-way street, ``cycleway=opposite*``
    has no direction and is left as it stands. Parking counts on the side one rides on.

    >>> riding({"highway": "tertiary", "cycleway:right": "lane"}, "backward").tags
    {'highway': 'tertiary'}
    """
    traffic = traffic_direction(tags)
    both = all(cycling_directions(tags))
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
        serves = _serves(tags, side, traffic, both, driving_side)
        if direction not in serves:
            continue
        kept[key] = value
        if len(part) == 1 or (len(part) == 2 and side in (*_SIDES, "both")):
            against = value in ("opposite", "opposite_lane")
            # on a two-way street "opposite" can only mean the direction against the way
            lane |= value == "lane" or (
                against and (traffic is not None or side != "" or direction == "backward")
            )
    return Riding(kept, lane)


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
    main = f"cycleway:{side}" if side in (*_SIDES, "both") else "cycleway"
    value = tags.get(main, "")
    if value.startswith("opposite") and traffic is not None:
        return (_other(traffic),)
    if side not in _SIDES:
        return DIRECTIONS
    if value.startswith("opposite"):
        return (_other(_natural(side, driving_side)),)
    oneway = tags.get(f"{main}:oneway", "")
    if oneway in _NO:
        return DIRECTIONS
    if oneway in _AGAINST:
        return ("backward",)
    if oneway in _YES:
        return ("forward",)
    if traffic is not None and not both:
        return (traffic,)
    return (_natural(side, driving_side),)
