"""Means of transport: GTFS route types, plain and extended, as modes and mode groups.

A *mode* is what a passenger sees (``"trolleybus"``); a *mode group* is what methods count together
(``"bus"``). Types outside the tables are ``"other"`` (taxi, air), never silently a bus.

Sources: GTFS Schedule reference, ``routes.route_type``; Google's extended route types.
"""

from __future__ import annotations

from metrogis.i18n import Text, _, both, pgettext

MODES: dict[str, Text] = {
    "rail": _("rail"),
    "metro": both("metro"),
    "monorail": _("monorail"),
    "tram": _("tram"),
    "bus": _("bus"),
    "coach": _("coach"),
    "trolleybus": _("trolleybus"),
    "ferry": _("ferry"),
    "cableway": _("cableway"),
    "other": pgettext("mode", "other"),
}

MODE_GROUPS: tuple[str, ...] = ("rail", "metro", "tram", "bus", "ferry", "cableway", "other")

_GROUP_OF = {
    "rail": "rail",
    "metro": "metro",
    "monorail": "metro",
    "tram": "tram",
    "bus": "bus",
    "coach": "bus",
    "trolleybus": "bus",
    "ferry": "ferry",
    "cableway": "cableway",
    "other": "other",
}

_BASIC = {
    0: "tram",
    1: "metro",
    2: "rail",
    3: "bus",
    4: "ferry",
    5: "cableway",
    6: "cableway",
    7: "cableway",
    11: "trolleybus",
    12: "monorail",
}

# first and last type of each extended family; the first match decides
_EXTENDED = (
    (100, 199, "rail"),
    (200, 299, "coach"),
    (300, 399, "rail"),
    (405, 405, "monorail"),
    (400, 499, "metro"),
    (500, 699, "metro"),
    (700, 799, "bus"),
    (800, 899, "trolleybus"),
    (900, 999, "tram"),
    (1000, 1099, "ferry"),
    (1200, 1299, "ferry"),
    (1300, 1499, "cableway"),
    (1100, 1199, "other"),
    (1500, 1799, "other"),
)

# what a rail service is for: the Austrian classes and the Swiss hub rule tell them apart
_RAIL_KIND = {
    101: "long_distance",
    102: "long_distance",
    103: "regional",
    105: "long_distance",
    106: "regional",
    107: "regional",
    108: "regional",
    109: "suburban",
    300: "suburban",
}


NO_ROUTE_TYPE = -1
"""Route type of a route that only trips name: its row is not in the timetable."""


def known_route_type(route_type: int) -> bool:
    """Tell whether the route type is one of GTFS or of the extended list.

    >>> known_route_type(900), known_route_type(8)
    (True, False)
    """
    return route_type in _BASIC or any(a <= route_type <= b for a, b, _ in _EXTENDED)


def mode_of(route_type: int) -> str:
    """Return the mode of a GTFS route type, plain (0-12) or extended (100-1799).

    >>> [mode_of(t) for t in (3, 0, 109, 200, 401, 800, 11, 1200, 12, 7, 1501)]
    ['bus', 'tram', 'rail', 'coach', 'metro', 'trolleybus', 'trolleybus', 'ferry', 'monorail', \
'cableway', 'other']
    """
    if route_type in _BASIC:
        return _BASIC[route_type]
    return next((mode for a, b, mode in _EXTENDED if a <= route_type <= b), "other")


def mode_group(mode: str | int) -> str:
    """Return the group a mode (or a GTFS route type) is counted with.

    Trolleybus and coach count with bus, monorail with metro; ferry stays apart (methods that count
    it as bus do so themselves).

    Parameters
    ----------
    mode : str or int
        A mode of :data:`MODES`, or a GTFS route type.

    Returns
    -------
    str
        One of :data:`MODE_GROUPS`; ``"other"`` for what is none of them.

    Examples
    --------
    >>> mode_group("trolleybus"), mode_group(109), mode_group("hovercraft")
    ('bus', 'rail', 'other')
    """
    name = mode if isinstance(mode, str) else mode_of(int(mode))
    return _GROUP_OF.get(name, "other")


def is_air(route_type: int) -> bool:
    """Tell whether a route is flown: no service of a metropolis, whatever its stops.

    >>> is_air(1100), is_air(1501)
    (True, False)
    """
    return 1100 <= route_type <= 1199


def rail_kind(route_type: int) -> str:
    """Return what a rail route type says it is: long distance, regional, suburban or unknown.

    Plain type 2 does not tell: ``"unknown"``. Types that are no rail give an empty text.

    >>> rail_kind(102), rail_kind(109), rail_kind(2), rail_kind(3)
    ('long_distance', 'suburban', 'unknown', '')
    """
    if mode_of(route_type) != "rail":
        return ""
    return _RAIL_KIND.get(route_type, "unknown")
