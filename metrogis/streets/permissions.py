"""Who may use a way, and in which direction: OpenStreetMap's access tags on foot, bike and by car.

This is the one table of direction and access (with :mod:`metrogis.streets.directions`): the arcs of
the network, the levels of traffic stress and the lengths by direction are all read from it.

The most specific tag decides, direction by direction: ``foot``, then ``access`` for walking;
``bicycle``, ``vehicle``, ``access`` for cycling; ``motorcar``, ``motor_vehicle``, ``vehicle``,
``access`` for cars; each as ``:forward`` or ``:backward``, then
``:both``, then for the way as a whole. Without one the kind of way decides. Defaults follow the
OpenStreetMap wiki ("OSM tags for routing"); where it leaves a choice, the text says which was
taken:

- planned and vanished ways are never used, motorways by cars only; ``highway=trunk`` is open to
  cars, to others only where a tag grants it
  (``foot``/``bicycle`` = yes, a sidewalk, a cycleway), or with ``trunk=True`` if no ``motorroad``;
- ``motorroad=yes`` closes a way of any class, unless the mode's own tag grants it;
- ``private`` and its kin (permit, residents, delivery, agricultural ...) are closed unless
  ``private=True``; ``customers`` and ``destination`` are open;
- a cycleway without ``foot`` is walked on (counted as a guess); a bridleway too;
- bicycles need a tag on footways, sidewalks, pedestrian streets and bridleways; paths and tracks
  are open; steps are closed unless ``stairs=True``; ``bicycle=dismount`` is closed unless
  ``dismount=True`` (which also opens untagged footways: a pushed bicycle is a pedestrian);
- ``bicycle=use_sidepath`` closes a way to bicycles (the path beside it must be used);
  ``foot=use_sidepath`` does not close it: the pavement runs along the way; both, like
  ``dismount``, may hold for one direction only;
- platforms are walked along their outline, as are areas (``area=yes``);
- walking ignores ``oneway`` and obeys ``oneway:foot``, ``foot:forward``/``:backward`` and moving
  stairs (``conveying``); cycling obeys ``oneway`` and roundabouts unless ``oneway:bicycle``, a
  contraflow cycleway or ``bicycle:backward`` opens them, and ``vehicle:backward=no``;
  ``reversible`` counts as both ways (a guess);
- cars use roads from motorways to service roads; tracks, pedestrian streets and busways only where
  their own tag grants it; they obey ``oneway``, roundabouts, and motorways along their drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from metrogis.i18n import Text, _, pgettext
from metrogis.osm import lifecycle
from metrogis.osm.lifecycle import standing
from metrogis.osm.values import FORBIDDEN, GRANTED, PRIVATE, clean, plain_key
from metrogis.streets.directions import (
    DIRECTIONS,
    Steering,
    one_way,
    steering,
    traffic_direction,
)
from metrogis.streets.speeds import Direction

Mode = Literal["walk", "bike", "car"]
MODES: tuple[Mode, ...] = ("walk", "bike", "car")
WITHOUT_MOTOR: tuple[Mode, ...] = ("walk", "bike")
"""Modes whose losses are those of a street layer: nothing is said to be out of reach by car."""

_ROADS = {"primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link",
          "unclassified", "residential", "living_street", "service", "track", "road"}  # fmt: skip
_WALKED = _ROADS | {"path", "footway", "pedestrian", "steps", "cycleway", "bridleway", "corridor",
                    "platform", "crossing", "elevator"}  # fmt: skip
_RIDDEN = _ROADS | {"path", "cycleway", "busway"}
_BY_TAG = {"footway", "pedestrian", "bridleway", "crossing", "corridor", "bus_guideway"}
_MOTORWAYS = {"motorway", "motorway_link"}
_TRUNKS = {"trunk", "trunk_link"}
_DRIVEN = (_ROADS - {"track"}) | _MOTORWAYS | _TRUNKS

_WALLS = {"wall", "fence", "hedge", "city_wall", "retaining_wall", "ditch", "guard_rail",
          "handrail", "full-height_turnstile_exit"}  # fmt: skip
_NOT_RIDDEN = _WALLS | {"stile", "turnstile", "full-height_turnstile", "kissing_gate", "debris",
                        "log", "rope", "squeezer", "stairs"}  # fmt: skip
_NOT_DRIVEN = _NOT_RIDDEN | {"bollard", "block", "cycle_barrier", "motorcycle_barrier",
                             "jersey_barrier", "bus_trap", "sump_buster", "planter",
                             "horse_stile"}  # fmt: skip

DROPPED: dict[str, Text] = {
    "not_street": _("not a way for people"),
    "motorway": _("motorway"),
    "trunk": _("trunk road without a tagged right"),
    "motorroad": _("road for motor vehicles only"),
    "planned": pgettext("way", "planned or under construction"),
    "gone": _("way that is no more"),
    "unlisted": _("unknown value of highway: whether it is a street is unknown"),
    "forbidden": _("access forbidden"),
    "private": _("private access"),
    "ferry": _("ferry (ferries=False)"),
    "stairs": _("stairs (stairs=False)"),
    "footway": _("way for walkers without a right for bicycles"),
    "dismount": _("bicycles must be pushed (dismount=False)"),
    "sidepath": _("a cycle path beside the road must be used"),
    "platform": _("platform"),
    "no_cars": _("way that is not for cars"),
}

NOTED: dict[str, Text] = {
    "cycleway_walked": _("cycleway without a foot tag taken as open to walkers"),
    "reversible": _("reversible one-way taken as two-way"),
    "oneway_unread": _("unknown value of oneway, taken as two-way"),
    "access_unread": _("unknown value of an access tag, the kind of way decided"),
    "area": _("area walked along its outline"),
}


@dataclass(frozen=True)
class Rules:
    """Choices of :func:`decide`; see the module's text."""

    private: bool = False
    trunk: bool = False
    stairs: bool = False
    dismount: bool = False
    ferries: bool = False


class Verdict(NamedTuple):
    """May the way be used along its drawing, against it; else why not; what was guessed."""

    forward: bool
    backward: bool
    dropped: str = ""
    noted: tuple[str, ...] = ()


class Permissions:
    """The verdict of :func:`decide`, remembered for tag sets that say the same."""

    def __init__(self, mode: Mode, rules: Rules = Rules()) -> None:
        self.mode = mode
        self.rules = rules
        self._known: dict[tuple[tuple[str, str], ...], Verdict] = {}

    def __call__(self, tags: Mapping[str, str]) -> Verdict:
        """Return the verdict for one way."""
        key = tuple(sorted((k, v) for k, v in tags.items() if matters(k)))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = decide(dict(key), self.mode, self.rules)
        return found


_KEYS = {"highway", "route", "railway", "public_transport", "foot", "bicycle", "vehicle", "access",
         "motorroad", "oneway", "junction", "area", "conveying", "indoor", "footway", "motorcar",
         "motor_vehicle"}  # fmt: skip
_PREFIXES = ("oneway:", "cycleway", "sidewalk", "foot:", "bicycle:", "vehicle:", "access:",
             "motorcar:", "motor_vehicle:")  # fmt: skip


def matters(key: str) -> bool:
    """Return whether a tag can change who may use a way, so that it has to be kept in reading.

    >>> matters("bicycle:forward"), matters("surface")
    (True, False)
    """
    key = plain_key(key)
    return key in _KEYS or key.startswith(_PREFIXES) or lifecycle.concerns(key)


def decide(tags: Mapping[str, str], mode: Mode, rules: Rules = Rules()) -> Verdict:
    """Say who may use one way, in which direction.

    Parameters
    ----------
    tags : mapping of str to str
        OpenStreetMap tags of the way.
    mode : {"walk", "bike", "car"}
    rules : Rules

    Returns
    -------
    Verdict
        ``dropped`` is a key of :data:`DROPPED` (empty: used), ``noted`` keys of :data:`NOTED`.

    Examples
    --------
    >>> decide({"highway": "residential", "oneway": "yes"}, "bike")[:2]
    (True, False)
    >>> decide({"highway": "residential", "oneway": "yes"}, "walk")[:2]
    (True, True)
    >>> decide({"highway": "steps"}, "bike").dropped
    'stairs'
    >>> decide({"highway": "primary", "oneway": "-1"}, "car")[:2]
    (False, True)
    """
    tags = clean(tags)
    highway = tags.get("highway", "")
    state = standing(tags).state
    if state in ("planned", "gone", "unknown"):
        return Verdict(False, False, "unlisted" if state == "unknown" else state)
    if not highway:
        if tags.get("route") == "ferry":
            if not rules.ferries:
                return Verdict(False, False, "ferry")
            highway = "ferry"
        elif "platform" in (tags.get("railway"), tags.get("public_transport")):
            highway = "platform"
        else:
            return Verdict(False, False, "not_street")
    noted: list[str] = []
    rights = [_right(tags, mode, direction, noted) for direction in DIRECTIONS]
    reasons = [_closed(tags, highway, mode, rules, right, noted) for right in rights]
    if all(reasons):
        return Verdict(False, False, reasons[0])
    led = {"walk": _walked, "bike": steering, "car": _driven}[mode](tags)
    noted += [note for note in led.unread if note not in noted]
    # a right stated for one direction opens it against a one-way rule, and so does pushing a bike
    forward, backward = (
        not reason and (along or right.heading or right.value == "dismount")
        for reason, along, right in zip(reasons, led[:2], rights, strict=True)
    )
    if not (forward or backward):
        return Verdict(False, False, "forbidden")
    if tags.get("area") == "yes":
        noted.append("area")
    return Verdict(forward, backward, "", tuple(noted))


class _Right(NamedTuple):
    """Right in one direction: what it is (empty: none tagged), and whose tag says so.

    ``specific``: the mode's own tag; ``heading``: it grants this very direction.
    """

    value: str = ""
    specific: bool = False
    heading: bool = False


def _closed(
    tags: Mapping[str, str],
    highway: str,
    mode: Mode,
    rules: Rules,
    right: _Right,
    noted: list[str],
) -> str:
    """Return why a way is closed in the direction of a right; empty where it is open."""
    if mode == "car":
        return _closed_to_cars(highway, rules, right)
    if highway in _MOTORWAYS:
        return "motorway"
    known = _WALKED | _RIDDEN | _BY_TAG | _TRUNKS | {"ferry", "steps"}
    if highway not in known:
        return "not_street"
    allowed = {"private": rules.private, "dismount": rules.dismount}
    if right.value in ("forbidden", "sidepath") or not allowed.get(right.value, True):
        return right.value
    # access=yes says nothing about cars-only roads or stairs: only the mode's own tag does
    granted = right.specific and right.value in ("granted", "private", "dismount")
    if highway in _TRUNKS:
        return "" if granted or _trunk_open(tags, mode, rules) else "trunk"
    if tags.get("motorroad") == "yes" and not granted:
        return "motorroad"
    if highway == "ferry":
        return ""
    if mode == "walk":
        if highway == "cycleway" and not right.specific and "cycleway_walked" not in noted:
            noted.append("cycleway_walked")
        return "" if highway in _WALKED or granted else "not_street"
    return _closed_to_bicycles(tags, highway, rules, granted)


def _closed_to_bicycles(tags: Mapping[str, str], highway: str, rules: Rules, granted: bool) -> str:
    """Return why a known way, no trunk road or ferry, is closed to a bicycle that may use it."""
    if highway == "steps":
        return "" if rules.stairs else "stairs"
    if highway in ("platform", "elevator"):
        return "" if granted else "platform"
    sidewalk = highway == "path" and tags.get("footway") == "sidewalk"
    if (highway in _RIDDEN and not sidewalk) or granted:
        return ""
    return "" if rules.dismount and highway != "bus_guideway" else "footway"


def _closed_to_cars(highway: str, rules: Rules, right: _Right) -> str:
    if right.value in ("forbidden", "private") and not (right.value == "private" and rules.private):
        return right.value
    if highway in _DRIVEN | {"ferry"}:
        return ""
    if highway not in _WALKED | _RIDDEN | _BY_TAG:
        return "not_street"
    granted = right.specific and right.value in ("granted", "private")
    return "" if granted and highway not in ("steps", "platform", "elevator") else "no_cars"


_OWN: dict[Mode, tuple[str, ...]] = {
    "walk": ("foot", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
"""Keys of access from the most specific on; each also as ``:forward``, ``:backward``, ``:both``."""


def _right(tags: Mapping[str, str], mode: Mode, direction: Direction, noted: list[str]) -> _Right:
    """Return the right in one direction: of the most specific key whose value is listed.

    A key of one direction goes before the same key of both; a key of the mode before those of
    wider groups, whatever their direction.
    """
    for key in _OWN[mode]:
        for ending in (f":{direction}", ":both", ""):
            value = tags.get(f"{key}{ending}", "")
            if not value:
                continue
            right = _one_right(value, mode)
            if right:
                own = key == _OWN[mode][0] or key == "motor_vehicle"
                return _Right(right, own, own and ending != "" and right == "granted")
            if "access_unread" not in noted:
                noted.append("access_unread")
    return _Right()


def _one_right(value: str, mode: Mode) -> str:
    if value in GRANTED or (mode == "car" and value in ("motorcar", "motor_vehicle")):
        return "granted"
    if mode == "car" and value in ("dismount", "use_sidepath"):
        return ""
    if value in ("dismount", "use_sidepath"):
        if mode == "walk":
            return "granted"
        return "dismount" if value == "dismount" else "sidepath"
    if value in PRIVATE:
        return "private"
    return "forbidden" if value in FORBIDDEN else ""


def _trunk_open(tags: Mapping[str, str], mode: Mode, rules: Rules) -> bool:
    if tags.get("motorroad") == "yes":
        return False
    if rules.trunk:
        return True
    if mode == "walk":
        sides = [tags.get(k, "") for k in ("sidewalk", *_sided("sidewalk"))]
        return any(v in ("yes", "both", "left", "right") for v in sides)
    sides = [tags.get(k, "") for k in ("cycleway", *_sided("cycleway"))]
    return any(v not in ("", "no", "none", "separate") for v in sides)


def _sided(key: str) -> tuple[str, ...]:
    return (f"{key}:left", f"{key}:right", f"{key}:both")


def _walked(tags: Mapping[str, str]) -> Steering:
    """Return the directions that ``oneway:foot`` and moving stairs leave to walkers."""
    value, moving = tags.get("oneway:foot", ""), tags.get("conveying", "")
    if moving in ("forward", "backward"):
        return Steering(moving == "forward", moving == "backward")
    stated = one_way(value)
    return Steering(*(stated or (True, True)), ("oneway_unread",) if value and not stated else ())


def _driven(tags: Mapping[str, str]) -> Steering:
    """Return the directions that one-way rules leave to cars."""
    value = tags.get("oneway", "")
    traffic = traffic_direction(tags)
    if not value and tags.get("highway") == "motorway":
        traffic = "forward"
    unread = () if not value or one_way(value) else ("oneway_unread",)
    noted = ("reversible",) if value == "reversible" else unread
    return Steering(traffic != "backward", traffic != "forward", noted)


def passable(tags: Mapping[str, str], mode: Mode, rules: Rules = Rules()) -> bool:
    """Say whether a barrier node can be passed.

    Gates and bollards can, unless a tag says otherwise or they are ``locked``; walls and fences
    cannot; stiles, turnstiles and kissing gates stop bicycles.

    >>> passable({"barrier": "bollard"}, "bike"), passable({"barrier": "stile"}, "bike")
    (True, False)
    >>> passable({"barrier": "gate", "access": "no", "foot": "yes"}, "walk")
    True
    """
    tags = clean(tags)
    right = _right(tags, mode, "forward", [])
    if right.value in ("granted", "dismount") and right.specific:
        return True
    if right.value == "private":
        return rules.private
    if right.value in ("forbidden", "sidepath"):
        return False
    if tags.get("locked") == "yes":
        return rules.private
    kind = tags.get("barrier", "")
    return kind not in {"walk": _WALLS, "bike": _NOT_RIDDEN, "car": _NOT_DRIVEN}[mode]
