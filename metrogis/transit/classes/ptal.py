"""Public transport accessibility level (PTAL) of Transport for London, with every term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit

from metrogis.arrays import Floats, Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.transit.classes import tables as t
from metrogis.transit.classes.are import check_window
from metrogis.transit.classes.places import Calls, Places, read_calls, read_places
from metrogis.transit.classes.reach import SNAP_LIMIT, Reach, coordinates
from metrogis.transit.classes.result import Classes, index_of
from metrogis.transit.modes import MODE_GROUPS


@dataclass(frozen=True)
class PtalMode:
    """Rules of one mode: longest walk, m; reliability factor K, min."""

    limit: float
    reliability: float


PTAL_RULES: Mapping[str, PtalMode] = {
    "rail": PtalMode(960, 0.75),
    "metro": PtalMode(960, 0.75),
    "tram": PtalMode(960, 0.75),
    "bus": PtalMode(640, 2.0),
}
PTAL_GROUPS: Mapping[str, str] = {
    "rail": "rail", "metro": "metro", "tram": "tram", "bus": "bus", "ferry": "bus",
}  # fmt: skip
"""Mode of each mode group; trolleybuses are in the bus group, ferries count as buses."""

TERMS = ("wt", "swt", "awt", "tat", "edf", "ai")


@dataclass(frozen=True, eq=False)
class PtalClasses(Classes):
    """Bands of PTAL.

    Attributes
    ----------
    table : DataFrame
        ``class`` (band), ``ai``, and for each mode ``m``: ``ai_m``, ``routes_m`` and, of the route
        with the highest frequency, ``line_m``, ``stop_m``, ``metres_m``, ``frequency_m`` (per
        hour), ``wt_m``, ``swt_m``, ``awt_m``, ``tat_m`` (min) and ``edf_m``. ``stop``, ``line``,
        ``mode_group``, ``metres`` repeat those of the mode with the highest index.
    terms : DataFrame
        One row per point and route, where asked for: ``point`` (position), ``mode``, ``line``,
        ``stop``, ``metres``, ``frequency``, ``wt``, ``swt``, ``awt``, ``tat``, ``edf``, ``weight``
        (1 or 0.5) and ``share`` of the index (``weight * edf``).
    """

    terms: pd.DataFrame


def ptal(
    departures: pd.DataFrame,
    stops: gpd.GeoDataFrame,
    points: Any,
    *,
    network: Any = None,
    detour: float = 1.3,
    window: tuple[float, float] = (29_700, 33_300),
    speed: float = 80.0,
    rules: Mapping[str, PtalMode] = PTAL_RULES,
    groups: Mapping[str, str] = PTAL_GROUPS,
    terms: bool = False,
    snap_limit: float = SNAP_LIMIT,
) -> PtalClasses:
    """Compute the accessibility index and its band.

    Definition (methods, 5.3): each route counts once, at the stop in reach where it does most, in
    its busier direction; f departures per hour in the window; WT = walk / speed; SWT = 30/f; AWT =
    SWT + K; TAT = WT + AWT; EDF = 30/TAT; AI of a mode = highest EDF + half of the others; AI = sum
    over modes. Bands: 0; 1a to 2.5; 1b to 5; 2 to 10; 3 to 15; 4 to 20; 5 to 25; 6a to 40; 6b.
    Source: TfL, Connectivity Assessment Guide.

    Parameters
    ----------
    departures, stops, points, network
        As in :func:`~metrogis.transit.classes.are.are`. Posts of one station are one stop.
    detour : float
        Walk over straight line, without a network.
    window : tuple of float
        [start, end), seconds: 08:15-09:15.
    speed : float
        m/min.
    rules : mapping
        Mode -> :class:`PtalMode`.
    groups : mapping
        Mode group -> mode of ``rules``; others do not count.
    terms : bool
        Also list every route of every point (:attr:`PtalClasses.terms`): for few points.
    snap_limit : float
        As in :func:`~metrogis.transit.classes.are.are`.

    Returns
    -------
    PtalClasses
        An index of 0 has the class ``"none"`` (band 0).

    Raises
    ------
    CRSError, SchemaError, ParameterError

    Examples
    --------
    A bus six times an hour, 80 m away: EDF 3.75, band 1b.

    >>> stop = gpd.GeoDataFrame({"stop_id": ["A"]}, crs="EPSG:27700",
    ...                         geometry=gpd.points_from_xy([0], [0]))
    >>> bus = pd.DataFrame({"stop_id": "A", "route_id": "25", "mode_group": "bus",
    ...                     "direction_id": 0, "seconds": range(29_700, 33_300, 600)})
    >>> found = ptal(bus, stop, [(0, 80), (0, 641)], detour=1)
    >>> found.table[["edf_bus", "class"]].values.tolist()
    [[3.75, '1b'], [nan, 'none']]
    """
    check_window(window)
    if set(groups.values()) - set(rules) or not speed > 0:
        raise ParameterError(
            _("a group without a rule, or a bad speed"),
            layer="ptal",
            place=", ".join(sorted(set(groups.values()) - set(rules))) or f"speed={speed}",
        )
    places = read_places(stops, by="station")
    xy = coordinates(points, stops.crs)
    calls = read_calls(departures, places, start=window[0], end=window[1])
    modes = tuple(m for m in rules if m in set(groups.values()))
    served = _frequencies(calls, places, groups, modes, (window[1] - window[0]) / 3600)
    reach = Reach(xy, places.xy, network=network, detour=detour, snap_limit=snap_limit)
    limit = np.array([rules[m].limit for m in modes], dtype="float64")
    factor = np.array([rules[m].reliability for m in modes], dtype="float64")
    n, lines = len(xy), len(calls.line_names)
    shape = n, len(modes)
    own = _Rules(limit, factor, float(speed))
    best = _Best(
        np.zeros(shape), np.zeros(shape), np.full(shape, -1, np.int64),
        np.full(shape, -1, np.int64), np.full(shape, np.nan), np.zeros(shape, np.int64),
    )  # fmt: skip
    open_posts = np.flatnonzero(np.diff(served.ptr)[places.place] > 0)
    listed: list[pd.DataFrame] = []
    for part, near in reach.pairs(float(limit.max()), open_posts):
        walks = _Walks(near.ptr, near.post, near.metres)
        _index(walks, places.place, served, own, lines, _Best._make(a[part] for a in best))
        if terms:
            rows = _rows(walks, places.place, served, own, lines)
            listed.append(pd.DataFrame(dict(zip(_ROW, rows, strict=True))).assign(
                point=lambda f, start=part.start: f["point"] + start))  # fmt: skip
    return _assemble(
        calls, places, reach, points, modes, served, own, best,
        pd.concat(listed, ignore_index=True) if listed else None,
    )  # fmt: skip


class _Walks(NamedTuple):
    """Posts within reach of each point (rows ``ptr``), and the walk in metres."""

    ptr: Ints
    post: Ints
    metres: Floats


class _Served(NamedTuple):
    """Lines of each place (rows ``ptr``): mode and departures per hour one way."""

    ptr: Ints
    line: Ints
    mode: Ints
    frequency: Floats


class _Rules(NamedTuple):
    """By mode: longest walk (m) and what its reliability adds (min); speed of walking (m/min)."""

    limit: Floats
    factor: Floats
    speed: float


class _Best(NamedTuple):
    """By point and mode: EDF and entry (of `_Served`), post and walk of the best route.

    ``ai`` is the index of the mode, ``routes`` how many routes are in reach.
    """

    edf: Floats
    ai: Floats
    entry: Ints
    post: Ints
    metres: Floats
    routes: Ints


class _Met(NamedTuple):
    """Routes met around a point, by key (line x modes + mode): EDF, walk and entry of the best.

    ``walk`` is -1 for what was not met; ``keys`` lists what was, in the order of meeting.
    """

    value: Floats
    walk: Ints
    entry: Ints
    keys: Ints


def _frequencies(
    calls: Calls, places: Places, groups: Mapping[str, str], modes: tuple[str, ...], hours: float
) -> _Served:
    mode_of = [modes.index(groups[g]) if g in groups else -1 for g in MODE_GROUPS]
    mode = np.array(mode_of, dtype=np.int64)[calls.group]
    own = calls.take(mode >= 0)
    mode = mode[mode >= 0]
    lines = len(calls.line_names)
    key = (own.place * lines + own.line) * len(modes) + mode
    keys, member = np.unique(key, return_inverse=True)
    n = np.zeros((3, len(keys)))
    for k, way in enumerate((0, 1, -1)):
        n[k] = np.bincount(member[own.direction == way], minlength=len(keys))
    # a departure of unknown direction is half a departure of either
    busier = np.maximum(n[0], n[1]) + n[2] / 2
    place = keys // len(modes) // lines
    # keys are sorted by place first: entries of place p are ptr[p]:ptr[p + 1]
    ptr = np.searchsorted(place, np.arange(places.count + 1)).astype(np.int64)
    return _Served(ptr, keys // len(modes) % lines, keys % len(modes), busier / hours)


@njit(cache=True, nogil=True)
def _none_met(lines, modes):  # type: ignore[no-untyped-def]
    count = lines * modes
    return _Met(
        np.zeros(count),
        np.full(count, -1, np.int64),
        np.full(count, -1, np.int64),
        np.empty(count, np.int64),
    )


@njit(cache=True, nogil=True)
def _collect(i, walks, place, served, rules, met):  # type: ignore[no-untyped-def]
    """Highest EDF of every route in reach of point ``i``; return how many."""
    count = 0
    modes = rules.limit.size
    # invariant: value, walk and entry hold the best walk to each route met so far
    for k in range(walks.ptr[i], walks.ptr[i + 1]):
        at = place[walks.post[k]]
        metres = walks.metres[k]
        for j in range(served.ptr[at], served.ptr[at + 1]):
            m = served.mode[j]
            if metres > rules.limit[m] + 1e-6:
                continue
            # minutes: the walk, half the interval (0.5 x 60 / frequency), what the mode's
            # reliability adds
            f = 30.0 / (metres / rules.speed + 30.0 / served.frequency[j] + rules.factor[m])
            key = served.line[j] * modes + m
            if met.walk[key] < 0:
                met.keys[count] = key
                count += 1
            if met.walk[key] < 0 or f > met.value[key]:
                met.value[key] = f
                met.walk[key] = k
                met.entry[key] = j
    return count


@njit(cache=True, nogil=True)
def _index(walks, place, served, rules, lines, best):  # type: ignore[no-untyped-def]
    modes = rules.limit.size
    edf, ai = best.edf, best.ai
    met = _none_met(lines, modes)
    for i in range(walks.ptr.size - 1):
        count = _collect(i, walks, place, served, rules, met)
        for c in range(count):
            key = met.keys[c]
            m = key % modes
            value = met.value[key]
            # the sum of all routes for now: halved below, but for the best one
            ai[i, m] += value
            best.routes[i, m] += 1
            # of equal routes the first by name, in whatever order their stops are met
            first = 0.0 < edf[i, m] == value and key // modes < served.line[best.entry[i, m]]
            if value > edf[i, m] or first:
                edf[i, m] = value
                best.entry[i, m] = met.entry[key]
                best.post[i, m] = walks.post[met.walk[key]]
                best.metres[i, m] = walks.metres[met.walk[key]]
            met.walk[key] = -1
        for m in range(modes):
            # the index counts the best route of a mode whole and every other one half
            ai[i, m] = edf[i, m] + 0.5 * (ai[i, m] - edf[i, m])


_ROW = ("point", "entry", "post", "metres", "edf")


@njit(cache=True, nogil=True)
def _rows(walks, place, served, rules, lines):  # type: ignore[no-untyped-def]
    """Every route of every point, the same way as the index: count, then fill."""
    met = _none_met(lines, rules.limit.size)
    total = 0
    point = np.empty(0, np.int64)
    which = np.empty(0, np.int64)
    post = np.empty(0, np.int64)
    walk = np.empty(0)
    edf = np.empty(0)
    # the first turn counts rows, the second fills arrays of that size
    for turn in range(2):
        used = 0
        for i in range(walks.ptr.size - 1):
            count = _collect(i, walks, place, served, rules, met)
            for c in range(count):
                key = met.keys[c]
                if turn == 1:
                    point[used] = i
                    which[used] = met.entry[key]
                    post[used] = walks.post[met.walk[key]]
                    walk[used] = walks.metres[met.walk[key]]
                    edf[used] = met.value[key]
                used += 1
                met.walk[key] = -1
        total = used
        if turn == 0:
            point = np.empty(total, np.int64)
            which = np.empty(total, np.int64)
            post = np.empty(total, np.int64)
            walk = np.empty(total)
            edf = np.empty(total)
    return point, which, post, walk, edf


def ptal_band(index: Any) -> Ints:
    """Return the band of each index as a rank: 0 is 6b, the best; the last is band 0.

    >>> [t.PTAL_BANDS[::-1][k][0] for k in ptal_band([0.1, 2.5, 2.6, 40, 41])]
    ['1a', '1a', '1b', '6a', '6b']
    """
    value = np.asarray(index, dtype="float64")
    tops = np.array([top for _, top in t.PTAL_BANDS])
    # 1e-9: an index of exactly 2.5 is still in band 1a
    band = np.searchsorted(tops + 1e-9, value, side="left")
    return np.where(value > 0, len(tops) - 1 - band, len(tops)).astype(np.int64)


def _assemble(
    calls: Calls,
    places: Places,
    reach: Reach,
    points: Any,
    modes: tuple[str, ...],
    served: _Served,
    rules: _Rules,
    best: _Best,
    listed: pd.DataFrame | None,
) -> PtalClasses:
    edf, ai, entry, post, metres, routes = best
    _limit, factor, speed = rules
    labels = tuple(name for name, _ in t.PTAL_BANDS[::-1])
    names = np.array([*labels, t.NONE, t.UNKNOWN], dtype=object)
    known = reach.known
    total = ai.sum(axis=1)
    band = np.where(known, ptal_band(total), len(labels) + 1)
    lines = np.append(calls.line_names, "")
    main = ai.argmax(axis=1) if len(modes) else np.zeros(len(ai), np.int64)
    rows = np.arange(len(ai))
    has = total > 0

    def line_at(which: Ints) -> np.ndarray:
        return np.asarray(lines[np.append(served.line, len(lines) - 1)[which]], dtype=object)

    def name_at(which: Ints) -> np.ndarray:
        return places.name_of(np.append(places.place, -1)[which])

    top = post[rows, main]
    table = {
        "class": names[band],
        "ai": np.where(known, total, np.nan),
        "mode_group": np.where(has, np.array(modes, dtype=object)[main], ""),
        "line": line_at(entry[rows, main]),
        "stop": name_at(top),
        "stop_id": np.append(places.ids, "")[top],
        "metres": metres[rows, main],
    }
    frequency = np.append(served.frequency, np.nan)
    for k, mode in enumerate(modes):
        f = frequency[entry[:, k]]
        swt = 30 / f
        wt = metres[:, k] / speed
        table |= {
            f"ai_{mode}": np.where(known, ai[:, k], np.nan),
            f"routes_{mode}": routes[:, k],
            f"line_{mode}": line_at(entry[:, k]),
            f"stop_{mode}": name_at(post[:, k]),
            f"metres_{mode}": metres[:, k],
            f"frequency_{mode}": f,
            f"wt_{mode}": wt,
            f"swt_{mode}": swt,
            f"awt_{mode}": swt + factor[k],
            f"tat_{mode}": wt + swt + factor[k],
            f"edf_{mode}": np.where(routes[:, k] > 0, edf[:, k], np.nan),
        }
    at = np.repeat(np.arange(places.count), np.diff(served.ptr))
    stop_table = places.table(
        {
            "routes": np.diff(served.ptr),
            "frequency": np.bincount(at, served.frequency, minlength=places.count),
        }
    )
    long = _terms(listed, served, modes, lines, places, factor, speed)
    return PtalClasses(
        "ptal", labels, pd.DataFrame(table, index=index_of(points, len(ai))), stop_table,
        reach.walk, calls.audit + reach.audit, long,
    )  # fmt: skip


def _terms(
    listed: pd.DataFrame | None,
    served: _Served,
    modes: tuple[str, ...],
    lines: np.ndarray,
    places: Places,
    factor: Floats,
    speed: float,
) -> pd.DataFrame:
    columns = ["point", "mode", "line", "stop", "metres", "frequency", "wt", "swt", "awt", "tat",
               "edf", "weight", "share"]  # fmt: skip
    if listed is None:
        return pd.DataFrame({c: [] for c in columns})
    entry = listed["entry"].to_numpy()
    mode = served.mode[entry]
    wt, swt = listed["metres"].to_numpy() / speed, 30 / served.frequency[entry]
    out = pd.DataFrame(
        {
            "point": listed["point"],
            "mode": np.array(modes, dtype=object)[mode],
            "line": lines[served.line[entry]],
            "stop": places.names[listed["post"]],
            "metres": listed["metres"],
            "frequency": served.frequency[entry],
            "wt": wt,
            "swt": swt,
            "awt": swt + factor[mode],
            "tat": wt + swt + factor[mode],
            "edf": listed["edf"],
        }
    )
    out = out.sort_values(["point", "mode", "edf"], ascending=[True, True, False], kind="stable")
    first = ~out.duplicated(["point", "mode"])
    # rows are in falling order of EDF: the first of a point and mode is its best route
    out["weight"] = np.where(first, 1.0, 0.5)
    out["share"] = out["weight"] * out["edf"]
    return out.reset_index(drop=True)[columns]
