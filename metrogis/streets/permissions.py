"""Who may use a way, and in which direction: OpenStreetMap's access tags for walking and cycling.

The most specific tag decides: ``foot``, then ``access`` for walking; ``bicycle``, ``vehicle``,
``access`` for cycling; without one the kind of way decides. Defaults follow the OpenStreetMap wiki
("OSM tags for routing"); where it leaves a choice, the text says which was taken:

- motorways, planned and vanished ways are never used; ``highway=trunk`` only where a tag grants it
  (``foot``/``bicycle`` = yes, a sidewalk, a cycleway), or with ``trunk=True`` if no ``motorroad``;
- ``private`` and its kin (permit, residents, delivery, agricultural ...) are closed unless
  ``private=True``; ``customers`` and ``destination`` are open;
- a cycleway without ``foot`` is walked on (counted as a guess); a bridleway too;
- bicycles need a tag on footways, pedestrian streets and bridleways; paths and tracks are open;
  steps are closed unless ``stairs=True``; ``bicycle=dismount`` is closed unless ``dismount=True``
  (which also opens untagged footways: a pushed bicycle is a pedestrian);
- ``bicycle=use_sidepath`` closes a way to bicycles (the path beside it must be used);
  ``foot=use_sidepath`` does not close it: the pavement runs along the way;
- platforms are walked along their outline, as are areas (``area=yes``);
- walking ignores ``oneway`` and obeys ``oneway:foot``, ``foot:forward``/``:backward`` and moving
  stairs (``conveying``); cycling obeys ``oneway`` and roundabouts unless ``oneway:bicycle``, a
  contraflow cycleway or ``bicycle:backward`` opens them, and ``vehicle:backward=no``;
  ``reversible`` counts as both ways (a guess).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from metrogis.osm import lifecycle
from metrogis.osm.lifecycle import standing
from metrogis.osm.values import FORBIDDEN, GRANTED, PRIVATE, clean, plain_key
from metrogis.texts import Text

Mode = Literal["walk", "bike"]
MODES: tuple[Mode, ...] = ("walk", "bike")

_ROADS = {"primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link",
          "unclassified", "residential", "living_street", "service", "track", "road"}  # fmt: skip
_WALKED = _ROADS | {"path", "footway", "pedestrian", "steps", "cycleway", "bridleway", "corridor",
                    "platform", "crossing", "elevator"}  # fmt: skip
_RIDDEN = _ROADS | {"path", "cycleway", "busway"}
_BY_TAG = {"footway", "pedestrian", "bridleway", "crossing", "corridor", "bus_guideway"}
_MOTORWAYS = {"motorway", "motorway_link"}
_TRUNKS = {"trunk", "trunk_link"}

_WALLS = {"wall", "fence", "hedge", "city_wall", "retaining_wall", "ditch", "guard_rail",
          "handrail", "full-height_turnstile_exit"}  # fmt: skip
_NOT_RIDDEN = _WALLS | {"stile", "turnstile", "full-height_turnstile", "kissing_gate", "debris",
                        "log", "rope", "squeezer", "stairs"}  # fmt: skip

_ONE_WAY = {"yes", "true", "1"}
_BACKWARD = {"-1", "reverse"}
_TWO_WAY = {"no", "false", "0", "alternating"}

DROPPED: dict[str, Text] = {
    "not_street": Text("nie jest drogą dla ludzi", "not a way for people"),
    "motorway": Text("autostrada", "motorway"),
    "trunk": Text(
        "droga ekspresowa lub główna bez prawa wstępu w tagach", "trunk road without a tagged right"
    ),
    "planned": Text("planowana lub w budowie", "planned or under construction"),
    "gone": Text("droga już nieistniejąca", "way that is no more"),
    "unlisted": Text(
        "nieznana wartość tagu highway: nie wiadomo, czy to droga",
        "unknown value of highway: whether it is a street is unknown",
    ),
    "forbidden": Text("wstęp wzbroniony", "access forbidden"),
    "private": Text("wstęp prywatny", "private access"),
    "ferry": Text("prom (ferries=False)", "ferry (ferries=False)"),
    "stairs": Text("schody (stairs=False)", "stairs (stairs=False)"),
    "footway": Text(
        "droga dla pieszych bez prawa dla rowerów", "way for walkers without a right for bicycles"
    ),
    "dismount": Text(
        "rower trzeba prowadzić (dismount=False)", "bicycles must be pushed (dismount=False)"
    ),
    "sidepath": Text(
        "obowiązkowa droga rowerowa obok jezdni", "a cycle path beside the road must be used"
    ),
    "platform": Text("peron", "platform"),
}

NOTED: dict[str, Text] = {
    "cycleway_walked": Text(
        "droga rowerowa bez tagu foot przyjęta za dostępną pieszo",
        "cycleway without a foot tag taken as open to walkers",
    ),
    "reversible": Text(
        "kierunek zmienny przyjęty za dwukierunkowy", "reversible one-way taken as two-way"
    ),
    "oneway_unread": Text(
        "nieznana wartość tagu oneway, przyjęto ruch dwukierunkowy",
        "unknown value of oneway, taken as two-way",
    ),
    "access_unread": Text(
        "nieznana wartość tagu dostępu, zdecydował rodzaj drogi",
        "unknown value of an access tag, the kind of way decided",
    ),
    "area": Text("plac przebywany po obrysie", "area walked along its outline"),
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
         "motorroad", "oneway", "junction", "area", "conveying", "indoor"}  # fmt: skip
_PREFIXES = ("oneway:", "cycleway", "sidewalk", "foot:", "bicycle:", "vehicle:")


def matters(key: str) -> bool:
    """Tell whether a tag can change the verdict."""
    key = plain_key(key)
    return key in _KEYS or key.startswith(_PREFIXES) or lifecycle.concerns(key)


def decide(tags: Mapping[str, str], mode: Mode, rules: Rules = Rules()) -> Verdict:
    """Say who may use one way, in which direction.

    Parameters
    ----------
    tags : mapping of str to str
        OpenStreetMap tags of the way.
    mode : {"walk", "bike"}
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
    reason = _closed(tags, highway, mode, rules, noted)
    if reason:
        return Verdict(False, False, reason)
    forward, backward = _directions(tags, mode, rules, noted)
    if not (forward or backward):
        return Verdict(False, False, "forbidden")
    if tags.get("area") == "yes":
        noted.append("area")
    return Verdict(forward, backward, "", tuple(noted))


def _closed(
    tags: Mapping[str, str], highway: str, mode: Mode, rules: Rules, noted: list[str]
) -> str:
    if highway in _MOTORWAYS:
        return "motorway"
    known = _WALKED | _RIDDEN | _BY_TAG | _TRUNKS | {"ferry", "steps"}
    if highway not in known:
        return "not_street"
    specific, right = _right(tags, mode, noted)
    if right == "forbidden" or (right == "private" and not rules.private):
        return right
    if right == "sidepath":
        return right
    if right == "dismount" and not rules.dismount:
        return right
    # access=yes says nothing about cars-only roads or stairs: only the mode's own tag does
    granted = specific and right in ("granted", "private", "dismount")
    if highway in _TRUNKS:
        return "" if granted or _trunk_open(tags, mode, rules) else "trunk"
    if highway == "ferry":
        return ""
    if mode == "walk":
        if highway == "cycleway" and not specific:
            noted.append("cycleway_walked")
        return "" if highway in _WALKED or granted else "not_street"
    if highway == "steps":
        return "" if rules.stairs else "stairs"
    if highway in ("platform", "elevator"):
        return "" if granted else "platform"
    if highway in _RIDDEN or granted:
        return ""
    return "" if rules.dismount and highway != "bus_guideway" else "footway"


def _right(tags: Mapping[str, str], mode: Mode, noted: list[str]) -> tuple[bool, str]:
    """Return whether the mode's own tag decided, and the right it gives (empty: none tagged)."""
    keys = ("foot", "access") if mode == "walk" else ("bicycle", "vehicle", "access")
    for key in keys:
        value = tags.get(key, "").strip().lower()
        if not value:
            continue
        rights = {_one_right(v.strip(), mode, key) for v in value.split(";")}
        for right in ("granted", "dismount", "sidepath", "private", "forbidden"):
            if right in rights:
                return key in ("foot", "bicycle"), right
        if "access_unread" not in noted:
            noted.append("access_unread")
    return False, ""


def _one_right(value: str, mode: Mode, key: str) -> str:
    if value in GRANTED:
        return "granted"
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


def _directions(
    tags: Mapping[str, str], mode: Mode, rules: Rules, noted: list[str]
) -> tuple[bool, bool]:
    if mode == "walk":
        forward, backward = _by_oneway(tags.get("oneway:foot", ""), noted) or (True, True)
        moving = tags.get("conveying", "")
        if moving in ("forward", "backward"):
            forward, backward = moving == "forward", moving == "backward"
        own = "foot"
    else:
        own = "bicycle"
        if tags.get("bicycle") == "dismount" and rules.dismount:
            return True, True
        base = _by_oneway(tags.get("oneway", ""), noted)
        if base is None:
            ring = tags.get("junction") in ("roundabout", "circular")
            base = (True, not ring)
        of_bicycles = tags.get("oneway:bicycle", "")
        if of_bicycles in _ONE_WAY and base != (True, True):
            forward, backward = base  # it confirms the street's own direction
        else:
            stated = _by_oneway(of_bicycles, noted)
            forward, backward = stated or _with_contraflow(tags, *base)
    for key, along in ((f"{own}:forward", True), (f"{own}:backward", False)):
        value = tags.get(key, "")
        if value in FORBIDDEN or value in GRANTED:
            is_open = value in GRANTED
            forward, backward = (is_open, backward) if along else (forward, is_open)
        elif (
            # vehicle:backward=no closes that direction to bicycles without a tag of their own
            mode == "bike"
            and tags.get("bicycle") not in GRANTED
            and tags.get(key.replace("bicycle", "vehicle")) in FORBIDDEN
        ):
            forward, backward = (False, backward) if along else (forward, False)
    return forward, backward


def _by_oneway(value: str, noted: list[str]) -> tuple[bool, bool] | None:
    """Return the directions a value of ``oneway`` opens (None: not tagged)."""
    value = value.strip().lower()
    if not value:
        return None
    if value in _ONE_WAY:
        return True, False
    if value in _BACKWARD:
        return False, True
    if value not in _TWO_WAY:
        noted.append("reversible" if value == "reversible" else "oneway_unread")
    return True, True


def _with_contraflow(tags: Mapping[str, str], forward: bool, backward: bool) -> tuple[bool, bool]:
    for key in ("cycleway", *_sided("cycleway")):
        kind = tags.get(key, "")
        if kind in ("no", "none"):
            continue
        oneway = tags.get(f"{key}:oneway", "")
        if kind.startswith("opposite") or oneway in _TWO_WAY:
            return True, True
        if oneway in _BACKWARD:
            backward = True
        elif oneway in _ONE_WAY and not forward:
            forward = True
    return forward, backward


def passable(tags: Mapping[str, str], mode: Mode, rules: Rules = Rules()) -> bool:
    """Say whether a barrier node can be passed.

    Gates and bollards can, unless a tag says otherwise or they are ``locked``; walls and fences
    cannot; stiles, turnstiles and kissing gates stop bicycles.

    >>> passable({"barrier": "bollard"}, "bike"), passable({"barrier": "stile"}, "bike")
    (True, False)
    >>> passable({"barrier": "gate", "access": "no", "foot": "yes"}, "walk")
    True
    """
    specific, right = _right(tags, mode, [])
    if right in ("granted", "dismount") and specific:
        return True
    if right == "private":
        return rules.private
    if right in ("forbidden", "sidepath"):
        return False
    if tags.get("locked") == "yes":
        return rules.private
    kind = tags.get("barrier", "")
    return kind not in (_WALLS if mode == "walk" else _NOT_RIDDEN)
