"""The coverage table: which operators' timetables are complete, where, for which modes.

A row says ``feed, teryt, mode, state``. It must name what exists: a feed (the stem of its file), an
agency (id or name) of a loaded feed, or ``*``. A row that names nothing loaded completes nothing:
its operator is known to be missing. Of the rows of one feed the more exact one holds: a
municipality before its county (4 digits), voivodeship (2 digits) and ``*``; a mode before ``all``.
All rows that then hold for a municipality and a mode must say ``complete``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Ints
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.teryt import match_codes
from metrogis.transit.modes import MODE_GROUPS, MODES, mode_group

ANY = ("*", "all")
"""Words for every mode; of feeds and municipalities only ``*`` is one."""


def group_of(mode: str, *, layer: str = "coverage") -> str:
    """Return the mode group of a mode named by a user.

    Raises
    ------
    SchemaError
        For a word that is no mode; it lists the modes.

    Examples
    --------
    >>> group_of("trolleybus"), group_of("rail")
    ('bus', 'rail')
    """
    name = mode.strip().lower()
    if name in MODE_GROUPS and name not in MODES:
        return name
    if name not in MODES:
        allowed = ", ".join((*MODES, "all", "*"))
        raise SchemaError(
            _("unknown mode '{mode}'").fill(mode=mode),
            layer=layer,
            place="mode",
            remedy=_("use one of: {allowed}").fill(allowed=allowed),
        )
    return mode_group(name)


# --------------------------------------------------------------------------- what is loaded


@dataclass(frozen=True)
class Loaded:
    """The parts of a timetable that a row may name: each agency of each feed.

    Attributes
    ----------
    feed, agency, name : tuple of str
        Of each part: feed, agency id (as loaded), agency name.
    of_route : ndarray of int (routes,)
        Part of each route of the timetable.
    words : dict
        What a row may write -> parts it names. None: the timetable does not say what it was made
        of, so whatever a row writes is taken as its name.
    shown : tuple of str
        Names of feeds and agencies, for messages.
    """

    feed: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    of_route: Ints = None  # type: ignore[assignment]
    words: Mapping[str, tuple[int, ...]] | None = None
    shown: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.feed)

    def named(self, text: str) -> tuple[int, ...]:
        """Return the parts that a row of the coverage table names.

        Parameters
        ----------
        text : str
            As the row writes it; case and spaces around it do not matter. A feed is meant before an
            agency id, an agency id before an agency's name.

        Returns
        -------
        tuple of int
            Positions of parts; empty where nothing loaded is called so.
        """
        if self.words is None:
            return tuple(range(len(self)))
        return self.words.get(_word(text), ())

    def parts_of(self, feeds: Iterable[str]) -> Bools:
        """Tell which parts belong to some feeds."""
        wanted = set(feeds)
        return np.array([f in wanted for f in self.feed], dtype=bool)


def _word(text: Any) -> str:
    """Return a name without case, blanks around it, or the ending of a file.

    >>> _word(" City_bus.ZIP ")
    'city_bus'
    """
    word = str(text).strip().casefold()
    return word[:-4] if word.endswith(".zip") else word


def loaded(feed: Any) -> Loaded:
    """Return what a timetable was made of.

    Parameters
    ----------
    feed : metrogis.transit.Feed or None
        ``feeds``, ``agency`` (agency_id, agency_name, feed), ``routes`` (agency_id, feed);
        ``archives`` where the stems of its files differ from its names.
    """
    if feed is None:
        return Loaded((), (), (), np.zeros(0, np.int64), {})
    if not hasattr(feed, "agency"):
        return Loaded(("",), ("",), ("",), np.zeros(0, np.int64))
    rows, names = _agencies(feed)
    # parts of each feed: GTFS lets a feed of one agency leave out its id
    single = {f: [k for k in rows if k[0] == f] for f in feed.feeds}
    routes = feed.routes
    keys = list(
        zip(
            routes["feed"].astype(str), routes["agency_id"].fillna("").astype(str), strict=True
        )
    )  # fmt: skip
    of_route = np.zeros(len(keys), np.int64)
    for i, key in enumerate(keys):
        # a blank agency is the only one of its feed
        owner, code = key
        if key not in rows and code == "" and len(single.get(owner, ())) == 1:
            key = single[owner][0]
        if key not in rows:
            rows[key] = len(rows)
            names.append("")
        of_route[i] = rows[key]
    for f in feed.feeds:
        if not any(owner == f for owner, _ in rows):
            rows[f, ""] = len(rows)
            names.append("")
    owners = tuple(owner for owner, _ in rows)
    codes = tuple(code for _, code in rows)
    words = _words(feed, owners, codes, tuple(names))
    shown = dict.fromkeys([*feed.feeds, *(n or c for n, c in zip(names, codes, strict=True))])
    return Loaded(owners, codes, tuple(names), of_route, words, tuple(s for s in shown if s))


def _agencies(feed: Any) -> tuple[dict[tuple[str, str], int], list[str]]:
    """Number the agencies of a timetable by (feed, agency_id); beside it their names."""
    rows: dict[tuple[str, str], int] = {}
    names: list[str] = []
    agency = feed.agency
    for owner, code, name in zip(
        agency["feed"].astype(str),
        agency["agency_id"].fillna("").astype(str),
        agency["agency_name"].fillna("").astype(str),
        strict=True,
    ):
        if (owner, code) not in rows:
            rows[owner, code] = len(rows)
            names.append(name)
    return rows, names


def _words(
    feed: Any, owners: Sequence[str], codes: Sequence[str], names: Sequence[str]
) -> dict[str, tuple[int, ...]]:
    """What a row may write, and the parts it names; of equal words the first kind holds."""
    # names of feeds, ids of agencies, names of agencies
    kinds: list[dict[str, set[int]]] = [{}, {}, {}]
    stems = {f: {f} for f in owners}
    for f, archive in dict(getattr(feed, "archives", {})).items():
        if f in stems:
            stems[f].add(Path(archive.path).name)
            if Path(archive.path).suffix.lower() == ".zip":
                stems[f].add(Path(archive.path).stem)
    if len(stems) == 1:
        next(iter(stems.values())).add(str(feed.name))
    for k, (owner, code, name) in enumerate(zip(owners, codes, names, strict=True)):
        bare = code.removeprefix(f"{owner}:")
        for kind, texts in enumerate((stems[owner], {code, bare}, {name})):
            for text in texts:
                if _word(text):
                    kinds[kind].setdefault(_word(text), set()).add(k)
    out: dict[str, tuple[int, ...]] = {}
    # the last one written holds: a feed before an agency id before an agency's name
    for found in reversed(kinds):
        out |= {word: tuple(sorted(parts)) for word, parts in found.items()}
    out["*"] = tuple(range(len(owners)))
    return out


# --------------------------------------------------------------------------- the rows


@dataclass(frozen=True)
class Stated:
    """What the rows say, by municipality and mode group.

    Attributes
    ----------
    rows : ndarray of bool (municipalities, groups)
        Whether any row holds there.
    short : ndarray of bool (municipalities, groups)
        Whether a row says less than complete, or names what is not loaded or silent that day.
    covered : ndarray of bool (parts, municipalities, groups)
        Parts that a row calls complete.
    some : ndarray of bool (municipalities,)
        Whether a row of a loaded feed says more than ``none``.
    audit : Audit
    """

    rows: Bools
    short: Bools
    covered: Bools
    some: Bools
    audit: Audit


def read_rows(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    parts: Loaded,
    groups: Sequence[str],
    silent: Iterable[str] = (),
) -> Stated:
    """Read the coverage table for the municipalities.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``.
    table : DataFrame, optional
        feed, teryt (7 digits, a county's 4, a voivodeship's 2, or ``*``), mode (a mode, a mode
        group, ``all`` or ``*``), state. None: nothing is stated.
    parts : Loaded
    groups : sequence of str
    silent : iterable of str
        Feeds that do not speak of the day in question: a row that names one is not complete.

    Raises
    ------
    SchemaError
        For a word that is no mode.
    """
    shape = (len(municipalities), len(groups))
    rows, short = np.zeros(shape, bool), np.zeros(shape, bool)
    covered = np.zeros((len(parts), *shape), bool)
    some = np.zeros(len(municipalities), bool)
    if table is None:
        return Stated(rows, short, covered, some, Audit())
    places = _places(municipalities, table)
    quiet = parts.parts_of(silent)
    column = {g: [i] for i, g in enumerate(groups)}
    modes = [str(m).strip().lower() for m in table["mode"]]
    codes = [str(c).strip() for c in table["teryt"]]
    states = table["state"].tolist()
    for key, own_rows in _rows_by_feed(table["feed"], modes, codes, parts).items():
        named = key[1] if isinstance(key, tuple) else ()
        everything = isinstance(key, tuple) and key[0]
        # level: how exact the row was that holds in a cell (digits of the code x 2 + whether it
        # names a mode); -1 none
        level = np.full(shape, -1, np.int64)
        full, stated = np.zeros(shape, bool), np.zeros(shape, bool)
        for exact, i in own_rows:
            at = places[codes[i]]
            wide = modes[i] in ANY
            ends = list(range(len(groups))) if wide else column.get(group_of(modes[i]), [])
            cells = np.ix_(at, np.array(ends, dtype=np.int64))
            rank = exact[0] * 2 + exact[1]
            same = level[cells] == rank
            says = states[i] == "complete"
            # of equally exact rows all must say complete
            full[cells] = np.where(same, full[cells] & says, says)
            level[cells], stated[cells] = rank, True
            if named:
                some[at] |= states[i] != "none"
        silenced = bool(named) and not everything and quiet[list(named)].any()
        # what names nothing loaded completes nothing
        good = full if named and not silenced else np.zeros(shape, bool)
        rows |= stated
        short |= stated & ~good
        for part in named:
            if not quiet[part]:
                covered[part] |= good
    return Stated(rows, short, covered, some, _audit(municipalities, table, parts, places))


def _rows_by_feed(
    feeds: Iterable[Any], modes: list[str], codes: list[str], parts: Loaded
) -> dict[Any, list[tuple[tuple[int, int], int]]]:
    """Return (exactness, row) of each feed, from the least exact to the most exact.

    The key of a feed that is loaded is (whether it was named ``*``, its parts): rows that name the
    same parts are rows of one feed, however they spell it. A row that names nothing loaded keeps
    its own word. Exactness is (digits of the code, whether the row names a mode).
    """
    by_feed: dict[Any, list[tuple[tuple[int, int], int]]] = {}
    for i, (feed, mode, code) in enumerate(zip(map(str, feeds), modes, codes, strict=True)):
        own = parts.named(feed)
        key = (_word(feed) == "*", own) if own else _word(feed)
        exact = (0 if code == "*" else len(code), int(mode not in ANY))
        by_feed.setdefault(key, []).append((exact, i))
    return {key: sorted(rows, key=lambda row: row[0]) for key, rows in by_feed.items()}


def _places(municipalities: gpd.GeoDataFrame, table: pd.DataFrame) -> dict[str, Ints]:
    """Positions of the municipalities that each code of the table names."""
    own = [str(c) for c in municipalities["teryt"]]
    asked = list(dict.fromkeys(str(c).strip() for c in table["teryt"]))
    # by their first six digits where the kind of the municipality has changed
    found = match_codes(own, [c for c in asked if len(c) == 7]).mapping
    position = {found[code]: i for i, code in enumerate(own) if code in found}
    out = {}
    for code in asked:
        if len(code) == 7:
            at = [position[code]] if code in position else []
        else:
            front = "" if code == "*" else code
            at = [i for i, c in enumerate(own) if c.startswith(front)]
        out[code] = np.array(at, dtype=np.int64)
    return out


def _audit(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame,
    parts: Loaded,
    places: Mapping[str, Ints],
) -> Audit:
    """Return what was guessed of codes, and the rows that name what is not there."""
    codes = [str(c).strip() for c in table["teryt"]]
    match = match_codes(municipalities["teryt"], [c for c in codes if len(c) == 7])
    audit = Audit(tuple(r for r in match.audit("coverage") if r.action == "guessed"))
    other = [code for code in codes if not len(places[code])]
    audit = audit.add(
        "coverage",
        "dropped",
        len(other),
        _("rows of municipalities that are not here"),
        dict.fromkeys(other),
    )
    if not len(parts):
        return audit
    strange = [
        str(feed).strip()
        for feed, state in zip(table["feed"], table["state"], strict=True)
        if state != "none" and not parts.named(str(feed))
    ]
    have = ", ".join(parts.shown)
    return audit.add(
        "coverage",
        "unknown",
        len(strange),
        _(
            "rows that name no loaded feed or agency (loaded are: {have}): they "
            "complete nothing, and coverage is not complete there"
        ).fill(have=have),
        dict.fromkeys(strange),
    )


# --------------------------------------------------------------------------- a template


def coverage_template(
    municipalities: gpd.GeoDataFrame, feed: Any = None, more: Iterable[str] = ()
) -> pd.DataFrame:
    """Return a coverage table to fill in: every municipality x feed x mode, state ``none``.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt`` and ``name``.
    feed : metrogis.transit.Feed, optional
        Each of its feeds has rows for the modes it runs.
    more : iterable of str
        Modes that run here though no loaded feed has them: rows of feed ``*``.

    Returns
    -------
    DataFrame
        feed, teryt, name, mode, state.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["Gdańsk"]})
    >>> coverage_template(town, more=["rail"]).values.tolist()
    [['*', '2261011', 'Gdańsk', 'rail', 'none']]
    """
    pairs: list[tuple[str, str]] = []
    if feed is not None:
        runs = feed.routes[["feed", "mode"]].astype(str).drop_duplicates()
        for name in feed.feeds:
            own = set(runs["mode"][runs["feed"] == name])
            pairs += [(name, mode) for mode in MODES if mode in own and mode != "other"]
    has = {mode_group(mode) for _, mode in pairs}
    pairs += [("*", mode) for mode in dict.fromkeys(more) if group_of(mode) not in has]
    count = len(municipalities)
    return pd.DataFrame(
        {
            "feed": np.tile([f for f, _ in pairs], count),
            "teryt": np.repeat(municipalities["teryt"].to_numpy(dtype=object), len(pairs)),
            "name": np.repeat(municipalities["name"].to_numpy(dtype=object), len(pairs)),
            "mode": np.tile([m for _, m in pairs], count),
            "state": "none",
        }
    )


def template_of(layers: Any) -> pd.DataFrame:
    """Return the coverage table to fill in for a metropolis.

    Parameters
    ----------
    layers : mapping
        Layers by name, ``get`` for those that may be missing: ``municipalities``, ``timetable``,
        ``stop_posts`` (``mode``), ``rail_stations``. A :class:`metrogis.metro.Metro` is one.

    Returns
    -------
    DataFrame
        As :func:`coverage_template`: of every feed the modes it runs, and rows of feed ``*`` for
        buses, which may run anywhere, and for modes that have stops in some layer but no timetable.
    """
    more = ["bus"]
    posts = layers.get("stop_posts")
    if posts is not None and "mode" in posts.columns:
        words = pd.unique(posts["mode"].dropna().astype(str))
        named = [part.strip().lower() for w in words for part in w.replace(";", ",").split(",")]
        more += [mode for mode in MODES if mode in named and mode != "other"]
    if layers.get("rail_stations") is not None:
        more.append("rail")
    return coverage_template(layers["municipalities"], layers.get("timetable"), more)
