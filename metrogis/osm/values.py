"""One spelling of OpenStreetMap's tags: case, blanks, lists, and several words for one thing.

>>> clean({"Highway": " Cycleway;footway", "oneway": "True", "name": "Trasa A;B", "bicycle": ""})
{'highway': 'cycleway', 'oneway': 'yes', 'name': 'Trasa A;B'}

A list (``yes;no``) means its best member: for access the one that allows most, for a cycleway the
one that protects most, for ``oneway`` the one that leaves more directions open. Members that nobody
lists give way to one that is listed; where none is, the value stays as it is written, for its
reader to report. Names, numbers and free texts are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from metrogis.texts import is_missing

Kind = Literal["access", "oneway", "cycleway", "feature", "flag", "word", ""]

# --------------------------------------------------------------------------- lifecycle words

PLANNED = frozenset({"proposed", "planned", "construction"})
"""Words for what is not built yet: prefixes of keys, and values."""
GONE = frozenset({
    "disused", "abandoned", "ruins", "ruined", "demolished", "removed", "razed", "destroyed",
    "dismantled", "obliterated", "historic", "was", "former", "closed", "old", "no", "not",
    "vacant", "collapsed", "unused",
})  # fmt: skip
"""Words for what is no longer in use or no longer there.

After the wiki's page on lifecycle prefixes, and the spellings found in the database beside it.
"""

# --------------------------------------------------------------------------- access

GRANTED = ("designated", "official", "yes", "permissive", "public", "allowed", "customers",
           "destination", "optional_sidepath", "limited", "discouraged")  # fmt: skip
PRIVATE = ("permit", "residents", "resident", "members", "visitors", "employees", "staff", "key",
           "delivery", "agricultural", "forestry", "private")  # fmt: skip
FORBIDDEN = ("no", "prohibited", "restricted", "military", "emergency", "bus", "psv", "taxi", "hgv",
             "motor_vehicle", "motorcar")  # fmt: skip
_ACCESS = (*GRANTED, "dismount", "use_sidepath", *PRIVATE, *FORBIDDEN)

# --------------------------------------------------------------------------- direction

ONE_WAY, BACKWARD, TWO_WAY, CHANGING = "yes", "-1", "no", "reversible"
_ONEWAY = (TWO_WAY, "alternating", CHANGING, ONE_WAY, BACKWARD)

# --------------------------------------------------------------------------- cycleways

_CYCLEWAY = ("track", "opposite_track", "lane", "opposite_lane", "buffered_lane", "yes", "left",
             "right", "both", "share_busway", "opposite_share_busway", "shared_lane", "shared",
             "opposite", "shoulder", "sidepath", "segregated", "crossing", "asl", "link",
             "separate", "none", "no")  # fmt: skip

# --------------------------------------------------------------------------- features

WAYS = ("cycleway", "path", "living_street", "residential", "pedestrian", "footway", "track",
        "service", "unclassified", "tertiary", "tertiary_link", "secondary", "secondary_link",
        "primary", "primary_link", "road", "bridleway", "busway", "trunk", "trunk_link", "motorway",
        "motorway_link", "bus_guideway", "steps", "corridor", "crossing", "platform", "elevator",
        "raceway", "escape", "via_ferrata", "ladder", "ford")  # fmt: skip
"""Values of ``highway`` on lines; the best for a cyclist first."""
_BESIDE = (
    "bus_stop", "rest_area", "services", "traffic_signals", "give_way", "stop", "emergency_bay",
    "emergency_access_point", "hitchhiking", "milestone", "mini_roundabout", "passing_place",
    "motorway_junction", "speed_camera", "speed_display", "street_lamp", "toll_gantry", "bus_bay",
    "traffic_mirror", "trailhead", "turning_circle", "turning_loop", "cyclist_waiting_aid",
    "traffic_sign", "yes",
)  # fmt: skip
_RAILWAY = (
    "station", "halt", "stop", "tram_stop", "platform", "subway_entrance", "rail", "light_rail",
    "train_station_entrance", "tram", "subway", "narrow_gauge", "monorail", "funicular",
    "miniature", "preserved", "platform_edge", "service_station", "yard", "site", "crossing",
    "level_crossing", "tram_crossing", "tram_level_crossing", "switch", "railway_crossing",
    "buffer_stop", "derail", "signal", "signal_box", "junction", "crossover", "spur_junction",
    "border", "owner_change", "milestone", "turntable", "traverser", "roundhouse", "engine_shed",
    "workshop", "wash", "depot", "facility", "loading_gauge", "loading_ramp", "vacancy_detection",
    "ventilation_shaft", "phone", "radio", "hump_yard", "container_terminal", "ferry",
    "isolated_track_section", "yes",
)  # fmt: skip
_PUBLIC_TRANSPORT = ("station", "stop_position", "platform", "stop_area", "stop_area_group",
                     "stop_point", "entrance", "pole", "network", "service_point",
                     "service_center", "yes")  # fmt: skip
_AMENITY = ("bicycle_parking", "bicycle_rental", "bicycle_repair_station", "bicycle_wash",
            "bus_station", "ferry_terminal", "parking", "parking_space", "parking_entrance",
            "motorcycle_parking", "small_electric_vehicle_parking", "kick-scooter_parking",
            "kick-scooter_rental", "scooter_rental", "car_sharing", "car_rental", "taxi", "shelter",
            "waiting_room", "ticket_validator", "vending_machine", "charging_station", "bench",
            "luggage_locker", "locker", "toilets", "cafe", "fast_food", "restaurant",
            )  # fmt: skip
_ROUTE = ("bicycle", "mtb", "hiking", "foot", "walking", "running", "ferry", "train", "railway",
          "tracks", "light_rail", "tram", "subway", "bus", "trolleybus", "share_taxi", "road",
          "horse", "canoe", "boat", "ski", "inline_skates", "fitness_trail", "nordic_walking",
          "detour", "power", "pipeline", "funicular", "monorail", "piste")  # fmt: skip
_FEATURES = {
    "highway": (*WAYS, *_BESIDE),
    "railway": _RAILWAY,
    "public_transport": _PUBLIC_TRANSPORT,
    "amenity": _AMENITY,
    "route": _ROUTE,
}

# --------------------------------------------------------------------------- kinds of keys

_MODES = frozenset({"access", "bicycle", "foot", "vehicle", "motor_vehicle", "motorcar", "horse"})
_HEADINGS = frozenset({"forward", "backward", "both"})
SIDES = ("left", "right", "both")
_FLAGS = frozenset({"motorroad", "area", "indoor", "locked", "cyclestreet", "bicycle_road",
                    "dual_carriageway", "segregated", "covered"})  # fmt: skip
_WORDS = frozenset({"junction", "barrier", "conveying", "crossing", "service", "footway",
                    "median", "station", "entrance"})  # fmt: skip
_SPELLED = {
    "true": "yes", "1": "yes", "y": "yes", "t": "yes", "tak": "yes",
    "false": "no", "0": "no", "n": "no", "f": "no", "nie": "no",
}  # fmt: skip
_SAME = {"-1": BACKWARD, "reverse": BACKWARD, "backward": BACKWARD, "forward": ONE_WAY}
_WHOLE = re.compile(r"(-?\d+)\.0+")
_ORDER: dict[str, tuple[str, ...]] = {"access": _ACCESS, "oneway": _ONEWAY, "cycleway": _CYCLEWAY,
                                      "flag": ("yes", "no")}  # fmt: skip

# As some exports write keys: ":" does not survive in column names.
_LAUNDERED = re.compile(
    rf"(?P<a>{'|'.join(sorted(PLANNED | GONE))})_(?P<b>highway|railway|public_transport|amenity"
    r"|route)"
    r"|(?P<c>cycleway|sidewalk)_(?P<d>left|right|both)(?P<e>_oneway)?"
    r"|(?P<f>oneway)_(?P<g>bicycle|foot)"
    r"|(?P<h>bicycle|foot|vehicle|access)_(?P<i>forward|backward|both)"
)


@lru_cache(maxsize=65_536)
def plain_key(key: str) -> str:
    """Return a key as OpenStreetMap spells it.

    Exports put ``@`` before some keys, write ``:`` as ``_``, or change the case; keys that no
    reader here asks for stay as they are, but for blanks around them.

    >>> plain_key("@Highway"), plain_key("cycleway_left_oneway"), plain_key("proposed_highway")
    ('highway', 'cycleway:left:oneway', 'proposed:highway')
    >>> plain_key("@id"), plain_key("Nazwa"), plain_key("bicycle_parking")
    ('@id', 'Nazwa', 'bicycle_parking')
    """
    text = key.strip()
    low = text.lower()
    bare = low.removeprefix("@")
    laundered = _LAUNDERED.fullmatch(bare)
    if laundered:
        return bare.replace("public_transport", "public transport").replace("_", ":").replace(
            " ", "_"
        )  # fmt: skip
    return bare if kind_of(bare) or bare in ("cycleway", "sidewalk") else text


@lru_cache(maxsize=65_536)
def kind_of(key: str) -> Kind:
    """Return how the values of a key are read; empty for names, numbers and free text.

    >>> kind_of("bicycle:backward"), kind_of("proposed:highway"), kind_of("name")
    ('access', 'feature', '')
    """
    first, *rest = key.split(":")
    last = rest[-1] if rest else ""
    if key in _FEATURES or key in PLANNED | GONE - {"no", "not", "old", "was"}:
        return "feature"
    if first in PLANNED | GONE and rest:
        return kind_of(":".join(rest))
    if first == "oneway" or last == "oneway":
        return "oneway"
    if first == "cycleway" and (not rest or (key.count(":") == 1 and last in SIDES)):
        return "cycleway"
    if first in _MODES and (not rest or (key.count(":") == 1 and last in _HEADINGS)):
        return "access"
    if key in _FLAGS:
        return "flag"
    if key in _WORDS or first == "sidewalk":
        return "word"
    return ""


def listed(key: str, value: str) -> bool:
    """Tell whether a value of a key (both in plain spelling) is one that OpenStreetMap lists.

    Of keys with open lists of values (a name, a barrier) every value is.

    >>> listed("highway", "cycleway"), listed("highway", "construction"), listed("highway", "zzz")
    (True, True, False)
    """
    kind = kind_of(key)
    if kind == "feature":
        values = _FEATURES.get(key.rpartition(":")[2])
        return values is None or value in values or value in PLANNED or value in GONE
    order = _ORDER.get(kind)
    return order is None or value in order


@lru_cache(maxsize=65_536)
def plain_value(key: str, value: str) -> str:
    """Return the value of a key (in plain spelling) as OpenStreetMap spells it.

    >>> plain_value("oneway", "1.0"), plain_value("bicycle", "No; Designated")
    ('yes', 'designated')
    """
    kind = kind_of(key)
    if not kind:
        return value
    members = [_member(part, kind) for part in value.split(";")]
    members = [m for m in dict.fromkeys(members) if m]
    if len(members) < 2:
        return members[0] if members else ""
    order = _ORDER.get(kind)
    if kind == "feature":
        last = key.rpartition(":")[2]
        # what is planned or gone gives way to what stands
        order = (*_FEATURES.get(last, ()), *sorted(PLANNED), *sorted(GONE))
    rank = {word: i for i, word in reversed(list(enumerate(order or ())))}
    return min(members, key=lambda m: rank.get(m, len(rank)))


def _member(text: str, kind: Kind) -> str:
    word = "_".join(text.lower().split())
    whole = _WHOLE.fullmatch(word)
    if whole:
        word = whole[1]
    if kind in ("access", "oneway", "flag", "cycleway"):
        word = _SPELLED.get(word, word)
    return _SAME.get(word, word) if kind == "oneway" else word


def clean(tags: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of one thing in plain spelling.

    Parameters
    ----------
    tags : mapping of key to value
        Missing values (None, NaN) and blank ones are no tags. Of several spellings of one key that
        which needs no change is taken, else the first.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> clean({"highway": "PATH", "bicycle": "yes;no", "oneway": -1.0, "lit": None})
    {'highway': 'path', 'bicycle': 'yes', 'oneway': '-1'}
    """
    out: dict[str, str] = {}
    for key, value in tags.items():
        if not isinstance(value, str):
            if is_missing(value):
                continue
            value = str(value)
        plain = plain_key(key)
        word = plain_value(plain, value)
        if word.strip() and (plain == key or (plain not in tags and plain not in out)):
            out[plain] = word
    return out
