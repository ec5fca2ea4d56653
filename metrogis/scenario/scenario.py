"""A plan as a list of changes of layers: immutable, written as TOML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely

from metrogis.errors import ScenarioError
from metrogis.i18n import _
from metrogis.scenario import files
from metrogis.scenario.change import Change


@dataclass(frozen=True)
class Scenario:
    """A plan: changes of layers, applied in the order in which they stand.

    Immutable: each method returns another scenario. Every ``do`` has a method of its name; all
    take the id of the change (made from the word when it is left out), then ``layer``, ``target``,
    ``at``, ``path``, ``wkt``, ``crs``, ``cost`` and ``values``, or each value by its name. What
    each word needs stands in :data:`metrogis.scenario.words.WORDS` and ``docs/scenarios.md``.

    Attributes
    ----------
    name : str
    changes : tuple of Change
        In the order of application.

    Examples
    --------
    >>> plan = Scenario("line 171").add_line(
    ...     "l171", path=[(470000, 730000), (470000, 734000)], name="171", headway=20, speed=24,
    ...     start="05:00", end="22:00", spacing=500, cost=2.5)
    >>> plan.ids, sorted(plan.layers), plan.cost
    (('l171',), ['timetable'], 2.5)
    >>> Scenario.from_toml(plan.to_toml()) == plan
    True
    >>> plan.without("l171") == Scenario("line 171")
    True
    """

    name: str
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ScenarioError(
                _("a scenario needs a name"), layer="scenario", place="name"
            )  # fmt: skip
        changes = tuple(self.changes)
        object.__setattr__(self, "changes", changes)
        seen: set[str] = set()
        for change in changes:
            if not isinstance(change, Change):
                raise ScenarioError(
                    _("this is no change: {kind}").fill(kind=type(change).__name__),
                    layer="scenario",
                    place=self.name,
                )
            if change.id in seen:
                raise change.wrong(_("the id stands twice in the scenario"), key="id")
            seen.add(change.id)

    # ------------------------------------------------------------------------- what is in it

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __contains__(self, change_id: object) -> bool:
        return change_id in self.ids

    def __getitem__(self, change_id: str) -> Change:
        for change in self.changes:
            if change.id == change_id:
                return change
        raise self._lacks(change_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the changes, in their order."""
        return tuple(change.id for change in self.changes)

    @property
    def layers(self) -> frozenset[str]:
        """Layers that the changes write: all others stay the very layers of the base."""
        return frozenset(name for change in self.changes for name in change.writes)

    @property
    def cost(self) -> float:
        """Sum of the costs that are stated."""
        return float(sum(change.cost or 0.0 for change in self.changes))

    @property
    def sha256(self) -> str:
        """Hash of the changes in their order; the name is no part of it."""
        return self.hash_of(None)

    def of_layer(self, layer: str) -> tuple[Change, ...]:
        """Return the changes that write a layer, in their order."""
        return tuple(change for change in self.changes if layer in change.writes)

    def hash_of(self, layer: str | None) -> str:
        """Return the hash of the changes of one layer, or of all; empty where there are none."""
        changes = self.changes if layer is None else self.of_layer(layer)
        if not changes:
            return ""
        plain = [{**change.content(), "values": dict(change.values)} for change in changes]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    # ------------------------------------------------------------------------- making others

    def add(self, do: str, id: str = "", /, **what: Any) -> Scenario:
        """Return the scenario with one more change at its end.

        Parameters
        ----------
        do : str
            Its word.
        id : str
            Its name; made from the word where it is left out.
        **what
            ``layer``, ``target``, ``at``, ``path``, ``wkt``, ``crs``, ``cost``, ``values``; or
            ``geometry``, a shapely geometry in place of the three. Any other name is one of the
            values.

        Raises
        ------
        ScenarioError
            For a change that cannot be meant; it names the id, the key and the remedy.
        """
        given = {k: what.pop(k) for k in list(what) if k in _PARTS}
        values = given.pop("values", None) or {}
        # `from` is a word of Python: from_ stands for it
        more = {name.removesuffix("_"): value for name, value in what.items()}
        geometry = what.pop("geometry", None)
        more.pop("geometry", None)
        if geometry is not None:
            given["wkt"] = shapely.to_wkt(geometry, rounding_precision=-1)
        for key in ("at", "path", "wkt"):
            given[key] = _as_given(given.get(key), key)
        given = {k: v for k, v in given.items() if v is not None}
        change = Change(
            id=id or self._new_id(str(do)), do=do, values={**values, **more}, **given
        )  # fmt: skip
        return replace(self, changes=(*self.changes, change))

    def _new_id(self, do: str) -> str:
        number = 1
        while f"{do}-{number}" in self.ids:
            number += 1
        return f"{do}-{number}"

    def without(self, *ids: str) -> Scenario:
        """Return the scenario without some changes.

        Raises
        ------
        ScenarioError
            For an id that it does not have.
        """
        for change_id in ids:
            if change_id not in self.ids:
                raise self._lacks(change_id)
        return replace(self, changes=tuple(c for c in self.changes if c.id not in ids))

    def only(self, ids: Iterable[str]) -> Scenario:
        """Return the scenario of some changes, in their order here."""
        wanted = set(ids)
        for change_id in sorted(wanted - set(self.ids)):
            raise self._lacks(change_id)
        return replace(self, changes=tuple(c for c in self.changes if c.id in wanted))

    def _lacks(self, change_id: str) -> ScenarioError:
        return ScenarioError(
            _("the scenario has no such change"),
            layer="scenario",
            place=str(change_id),
            remedy=_("there are: {words}").fill(words=", ".join(self.ids) or "-"),
        )

    # ------------------------------------------------------------------------- files

    def to_toml(self, path: str | Path | None = None) -> str:
        """Return the scenario as TOML; write it to a file where one is named."""
        text = files.write_toml(self.name, self.changes)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_toml(cls, source: str | Path) -> Scenario:
        """Return the scenario of a TOML file, or of its text.

        Parameters
        ----------
        source : Path or str
            A text with an end of line is TOML itself, any other the path of a file.

        Raises
        ------
        ScenarioError
            For a file that cannot be read, unknown keys, and changes that cannot be meant.
        """
        name, changes = files.read_toml(source)
        return cls(name, tuple(changes))

    @classmethod
    def from_gpkg(cls, path: str | Path, *, name: str = "") -> Scenario:
        """Return the scenario drawn in a GeoPackage: one feature a change.

        Parameters
        ----------
        path : path
            Columns ``id``, ``do``, and where they are needed ``layer``, ``target``, ``cost`` and
            ``values`` (a JSON table); other columns are values by their name. Coordinates are in
            the CRS of the layer. A column ``order`` (a number) sets the order, else layers in the
            order of the file and features in theirs.
        name : str
            Default: the name of the file.

        Raises
        ------
        ScenarioError
        """
        return cls(name or Path(path).stem, tuple(files.read_gpkg(Path(path))))

    # ------------------------------------------------------------------------- the words

    def add_stop(self, id: str = "", **what: Any) -> Scenario:
        """Add a stop: ``at``; ``name``. A line must call there by its id."""
        return self.add("add_stop", id, **what)

    def move_stop(self, id: str = "", **what: Any) -> Scenario:
        """Move a stop (``target``, its id) to ``at``."""
        return self.add("move_stop", id, **what)

    def remove_stop(self, id: str = "", **what: Any) -> Scenario:
        """Remove a stop (``target``, its id): nothing calls there any more."""
        return self.add("remove_stop", id, **what)

    def add_line(self, id: str = "", **what: Any) -> Scenario:
        """Add a line over ``stops`` (ids), or along ``path`` with a stop every ``spacing`` m.

        ``headway`` (min) from ``start`` to ``end``, or ``departures``; ``speed`` (km/h), ``dwell``
        (s), ``mode``, ``name``, ``days``, ``both_directions``.
        """
        return self.add("add_line", id, **what)

    def remove_line(self, id: str = "", **what: Any) -> Scenario:
        """Remove a line (``target``, its name or the id of its route)."""
        return self.add("remove_line", id, **what)

    def reroute(self, id: str = "", **what: Any) -> Scenario:
        """Lead a line (``target``) over other ``stops`` between the stops ``from_`` and ``to``."""
        return self.add("reroute", id, **what)

    def set_headway(self, id: str = "", **what: Any) -> Scenario:
        """Run a line (``target``) every ``headway`` minutes from ``start`` to ``end``."""
        return self.add("set_headway", id, **what)

    def set_span(self, id: str = "", **what: Any) -> Scenario:
        """Run a line (``target``) from ``start`` to ``end``, at its first and last interval."""
        return self.add("set_span", id, **what)

    def shift(self, id: str = "", **what: Any) -> Scenario:
        """Shift the departures of a line (``target``) by ``minutes``."""
        return self.add("shift", id, **what)

    def set_speed(self, id: str = "", **what: Any) -> Scenario:
        """Change the riding times of a line (``target``) by ``factor``, or to ``speed`` (km/h)."""
        return self.add("set_speed", id, **what)

    def set_dwell(self, id: str = "", **what: Any) -> Scenario:
        """Let a line (``target``) stand ``dwell`` seconds at each stop on its way."""
        return self.add("set_dwell", id, **what)

    def add_path(self, id: str = "", **what: Any) -> Scenario:
        """Add a path or crossing along ``path`` to the streets, for ``modes``."""
        return self.add("add_path", id, **what)

    def add_entrance(self, id: str = "", **what: Any) -> Scenario:
        """Add an entrance ``at`` a place to an interchange (``target``, its id or name)."""
        return self.add("add_entrance", id, **what)

    def add_cycle_link(self, id: str = "", **what: Any) -> Scenario:
        """Add a cycle link along ``path``, with its ``protection``."""
        return self.add("add_cycle_link", id, **what)

    def set_zone(self, id: str = "", **what: Any) -> Scenario:
        """Give a zone (``target``) another ``symbol`` or outline (``wkt``), or draw a new one."""
        return self.add("set_zone", id, **what)

    def add_building(self, id: str = "", **what: Any) -> Scenario:
        """Add a building (``wkt``)."""
        return self.add("add_building", id, **what)

    def add_housing(self, id: str = "", **what: Any) -> Scenario:
        """Add ``dwellings`` on an area (``wkt``), with ``people_per_dwelling``."""
        return self.add("add_housing", id, **what)

    def add_jobs(self, id: str = "", **what: Any) -> Scenario:
        """Add ``jobs`` ``at`` a place, or to a municipality (``target``, its code)."""
        return self.add("add_jobs", id, **what)

    def add_parking(self, id: str = "", **what: Any) -> Scenario:
        """Add ``capacity`` places of parking ``at`` a place."""
        return self.add("add_parking", id, **what)

    def fix_corridor(self, id: str = "", **what: Any) -> Scenario:
        """Restore land cover of a ``class`` on an area (``wkt``) that bars a corridor."""
        return self.add("fix_corridor", id, **what)

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {len(self.changes)} changes>"


_PARTS = ("layer", "target", "at", "path", "wkt", "crs", "values", "cost")


def _as_given(value: Any, key: str) -> Any:
    """Return a place as plain numbers or WKT, where it was given as a geometry or an array."""
    if isinstance(value, shapely.Geometry):
        if key == "wkt":
            return shapely.to_wkt(value, rounding_precision=-1)
        coords = [(float(x), float(y)) for x, y in shapely.get_coordinates(value)]
        return coords[0] if key == "at" else coords
    if hasattr(value, "tolist"):
        return value.tolist()
    if key == "path" and isinstance(value, list | tuple):
        return [pair.tolist() if hasattr(pair, "tolist") else pair for pair in value]
    return value
