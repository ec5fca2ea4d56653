"""One change of a scenario, as it is written down; checked by itself, before any layer is read."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis.errors import ScenarioError
from metrogis.i18n import Text, _
from metrogis.scenario.words import WORDS, Word

_ID = re.compile(r"[^\s\x00-\x1f]{1,200}")
_KEYS = ("id", "do", "layer", "target", "at", "path", "wkt", "crs", "values", "cost")
_KINDS = {
    "point": ("Point",),
    "line": ("LineString",),
    "area": ("Polygon", "MultiPolygon"),
}


@dataclass(frozen=True)
class Change:
    """One change of layers; made by the methods of :class:`Scenario`, or read from a file.

    Attributes
    ----------
    id : str
        Its name within the scenario, without spaces.
    do : str
        What it does: a word of :data:`metrogis.scenario.words.WORDS`.
    layer : str
        The layer that it changes; empty: the one that the word is meant for.
    target : str
        What of the layer is changed: the id of a stop, the name of a line, the id of a zone.
    at : (float, float) or None
        A point: easting, northing in ``crs`` (longitude, latitude where that is in degrees).
    path : tuple of (float, float)
        A line, point by point.
    wkt : str
        Any geometry as WKT, in place of ``at`` and ``path``.
    crs : str
        CRS of the coordinates; empty: the working CRS of the metropolis.
    values : mapping
        What else the word needs.
    cost : float or None
        Cost, in any one unit of money.
    """

    id: str
    do: str
    layer: str = ""
    target: str = ""
    at: tuple[float, float] | None = None
    path: tuple[tuple[float, float], ...] = ()
    wkt: str = ""
    crs: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    cost: float | None = None

    def __post_init__(self) -> None:
        """Bring the values into their form, and refuse a change that cannot be meant.

        Raises
        ------
        ScenarioError
            Names the change, the key and what it should be.
        """
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ScenarioError(
                _("a change needs an id: a text without spaces"),
                layer="scenario",
                place=f"id = {self.id!r}",
            )
        if not isinstance(self.do, str) or self.do not in WORDS:
            near = difflib.get_close_matches(str(self.do), WORDS, n=1)
            raise self.wrong(
                _("unknown word '{do}'").fill(do=str(self.do)),
                key="do",
                remedy=_("did you mean '{near}'?").fill(near=near[0])
                if near
                else _("there are: {words}").fill(words=", ".join(WORDS)),
            )
        for key in ("layer", "target", "wkt", "crs"):
            if not isinstance(getattr(self, key), str):
                raise self.wrong(_("should be a text in quotes"), key=key)
        object.__setattr__(self, "values", MappingProxyType(_plain(self.values, self)))
        object.__setattr__(self, "at", None if self.at is None else self._pair(self.at, "at"))
        try:
            path = tuple(self._pair(pair, "path") for pair in self.path)
        except TypeError:
            raise self.wrong(_("should be a list of pairs: [[x, y], ...]"), key="path") from None
        object.__setattr__(self, "path", path)
        self._require_cost()
        self._require_place()
        self._require_values()

    @property
    def word(self) -> Word:
        """What the ``do`` means."""
        return WORDS[self.do]

    @property
    def writes(self) -> tuple[str, ...]:
        """Layers that it changes."""
        return (self.layer or self.word.layers[0], *self.word.with_layers)

    @cached_property
    def shape(self) -> Any:
        """Its geometry as given; None where it draws nothing."""
        if self.at is not None:
            return shapely.Point(self.at)
        if self.path:
            return shapely.LineString(self.path)
        return shapely.from_wkt(self.wkt) if self.wkt else None

    def shape_in(self, crs: pyproj.CRS) -> Any:
        """Return its geometry in the working CRS.

        Raises
        ------
        ScenarioError
            For a CRS that is none, or coordinates that it cannot express there.
        """
        shape = self.shape
        if shape is None or not self.crs:
            return shape
        try:
            own = pyproj.CRS.from_user_input(self.crs)
        except pyproj.exceptions.CRSError as error:
            raise self.wrong(
                _("unknown CRS {crs}").fill(crs=self.crs), key="crs",
                remedy=_("write it as EPSG:2180"),
            ) from error  # fmt: skip
        if own == crs:
            return shape
        move = pyproj.Transformer.from_crs(own, crs, always_xy=True)
        moved = shapely.transform(shape, lambda xy: _moved(move, xy))
        if not math.isfinite(sum(shapely.bounds(moved))):
            raise self.wrong(
                _("the coordinates are outside the area of {crs}").fill(crs=self.crs), key="crs",
                remedy=_("give easting before northing, longitude before latitude"),
            )  # fmt: skip
        return moved

    def get(self, name: str, default: Any = None) -> Any:
        """Return one of the values, or the default where it is not given."""
        return self.values.get(name, default)

    def wrong(
        self, message: Text, *, key: str = "", place: str = "", remedy: Text | None = None
    ) -> ScenarioError:
        """Return the error that says what is wrong with the change, with its id and place."""
        parts = [str(self.id), key or place or self.target or self._where()]
        return ScenarioError(
            message,
            layer="scenario",
            place=", ".join(part for part in parts if part),
            remedy=remedy or _("fix the change, or leave it out"),
        )

    def content(self) -> dict[str, Any]:
        """Return the keys that are given, as plain values, in the order of the file form."""
        found: dict[str, Any] = {}
        for key in _KEYS:
            value = getattr(self, key)
            if key == "values":
                value = dict(value)
            if value is None or (key not in ("id", "do", "cost") and not value):
                continue
            found[key] = value
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.content()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and self.content() == other.content()

    def __hash__(self) -> int:
        return hash((self.id, self.do, self.layer, self.target, self.at, self.path, self.wkt))

    # ------------------------------------------------------------------------------ checks

    def _where(self) -> str:
        shape = None
        if self.at is not None or self.path:
            shape = self.at or self.path[0]
        return "" if shape is None else f"{shape[0]:g} {shape[1]:g}"

    def _pair(self, value: Any, key: str) -> tuple[float, float]:
        good = (
            isinstance(value, list | tuple)
            and len(value) == 2
            and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
            and all(math.isfinite(v) for v in value)
        )
        if not good:
            raise self.wrong(_("should be two finite numbers: [x, y]"), key=key)
        return float(value[0]), float(value[1])

    def _require_cost(self) -> None:
        cost = self.cost
        if cost is None:
            return
        number = isinstance(cost, int | float) and not isinstance(cost, bool)
        if not number or not math.isfinite(cost) or cost < 0:
            raise self.wrong(_("a cost is a finite number, 0 or more"), key="cost")
        object.__setattr__(self, "cost", float(cost))

    def _require_place(self) -> None:
        word = self.word
        self._require_target()
        given = [k for k in ("at", "path", "wkt") if getattr(self, k) not in (None, (), "")]
        if len(given) > 1:
            raise self.wrong(_("give one of at, path and wkt"), key=", ".join(given))
        if not given:
            if word.place and not word.optional:
                raise self.wrong(
                    _("{do} needs a place").fill(do=self.do), remedy=_PLACES[word.place]
                )
            return
        if not word.place:
            raise self.wrong(_("{do} has no place").fill(do=self.do), key=given[0])
        self._require_shape(given[0])

    def _require_target(self) -> None:
        word = self.word
        if self.layer and self.layer not in word.layers:
            raise self.wrong(
                _("{do} does not change the layer {name}").fill(do=self.do, name=self.layer),
                key="layer",
                remedy=_("give one of: {layers}").fill(layers=", ".join(word.layers)),
            )
        if word.target and not self.target:
            raise self.wrong(_("{do} needs a target").fill(do=self.do), key="target")
        if self.target and word.target is False:
            raise self.wrong(_("{do} has no target").fill(do=self.do), key="target")

    def _require_shape(self, key: str) -> None:
        word = self.word
        if key == "path" and len(self.path) < 2:
            raise self.wrong(_("a path has two points or more"), key="path")
        try:
            shape = self.shape
        except shapely.errors.ShapelyError as error:
            raise self.wrong(_("this is no WKT"), key="wkt") from error
        if shape is None or shape.is_empty or not math.isfinite(sum(shape.bounds)):
            raise self.wrong(_("the geometry is empty or not finite"), key=key)
        if shape.geom_type not in _KINDS[word.place]:
            raise self.wrong(
                _("{do} needs another geometry than {kind}").fill(do=self.do, kind=shape.geom_type),
                key=key,
                remedy=_PLACES[word.place],
            )
        if word.place == "area" and not shape.is_valid:
            raise self.wrong(
                _("the polygon is not valid: {why}").fill(why=shapely.is_valid_reason(shape)),
                key=key,
            )
        if word.place == "line" and not shape.length > 0:
            raise self.wrong(_("the line has no length"), key=key)

    def _require_values(self) -> None:
        word = self.word
        for name, value in self.values.items():
            if name in word.values:
                if not word.values[name].fits(value):
                    raise self.wrong(
                        _("{name} does not fit: {value}").fill(name=name, value=repr(value)[:60]),
                        key=f"values.{name}",
                        remedy=_("give: {what}").fill(what=word.values[name].text),
                    )
            elif not word.columns:
                near = difflib.get_close_matches(name, word.values, n=1)
                raise self.wrong(
                    _("{do} has no value {name}").fill(do=self.do, name=name),
                    key=f"values.{name}",
                    remedy=_("did you mean '{near}'?").fill(near=near[0])
                    if near
                    else _("there are: {words}").fill(words=", ".join(word.values) or "-"),
                )
            elif isinstance(value, list | tuple | Mapping):
                raise self.wrong(_("should be one value"), key=f"values.{name}")
        lacking = [
            name for name, v in word.values.items() if v.required and name not in self.values
        ]
        if lacking:
            raise self.wrong(
                _("{do} needs the values {names}").fill(do=self.do, names=", ".join(lacking)),
                key="values",
            )


_PLACES: dict[str, Text] = {
    "point": _("give at = [x, y]"),
    "line": _("give path = [[x, y], [x, y]], or wkt with a LINESTRING"),
    "area": _("give wkt with a POLYGON"),
}


def _plain(values: Any, change: Change) -> dict[str, Any]:
    """Return values in plain types, lists as tuples: what a file can hold."""
    if not isinstance(values, Mapping):
        raise change.wrong(_("should be a table: {{ key = value }}"), key="values")
    found: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(name, str) or not name:
            raise change.wrong(_("should be a text in quotes"), key=f"values.{name}")
        plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
        if isinstance(plain, list | tuple):
            plain = tuple(plain)
        elif isinstance(plain, float) and not math.isfinite(plain):
            raise change.wrong(_("the number must be finite"), key=f"values.{name}")
        elif not isinstance(plain, str | int | float | bool):
            raise change.wrong(
                _("should be a text, a number, true or false, or a list"), key=f"values.{name}"
            )
        found[name] = plain
    return found


def _moved(move: pyproj.Transformer, xy: Any) -> Any:
    return np.column_stack(move.transform(xy[:, 0], xy[:, 1]))


def of_content(content: Any, place: str) -> Change:
    """Return the change that a table of a file stands for.

    Raises
    ------
    ScenarioError
        For unknown keys too.
    """
    if not isinstance(content, Mapping):
        raise ScenarioError(
            _("should be a table: {{ key = value }}"), layer="scenario", place=place
        )
    named = f"{content.get('id') or place}"
    for key in content:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, n=1)
            raise ScenarioError(
                _("unknown key"),
                layer="scenario",
                place=f"{named}, {key}",
                remedy=_("did you mean '{near}'?").fill(near=near[0])
                if near
                else _("there are: {words}").fill(words=", ".join(_KEYS)),
            )
    for key in ("id", "do"):
        if key not in content:
            raise ScenarioError(_("this key is missing"), layer="scenario", place=f"{named}, {key}")
    return Change(**{key: content[key] for key in content})
