"""The map of one municipality: its outline among its neighbours, and the places listed of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup

from metrogis.i18n import _
from metrogis.maps.geometry import placed
from metrogis.municipality import Portrait, Portraits
from metrogis.report.svg import drawing, path_data, tag

WIDTH, HEIGHT = 640.0, 460.0
MARGIN = 22.0
"""Pixels around the municipality, in which its neighbours show."""

COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A")
TITLE = _("Map of the municipality {name}")
ABOUT = _("Its outline, its neighbours, and the places listed on this page: {lists}.")
NOTHING = _("none")


@dataclass(frozen=True)
class Mark:
    """One list of places on the map, as the legend shows it."""

    title: str
    colour: str
    count: int
    kind: str


@dataclass(frozen=True)
class LocalMap:
    """A map and its legend; ``svg`` is empty where the municipality has no outline."""

    svg: Markup
    marks: tuple[Mark, ...]


class Ground:
    """Outlines of all municipalities, simplified once: what the map of each is cut out of."""

    def __init__(self, portraits: Portraits) -> None:
        table = portraits.results[0].municipalities
        self.shapes = shapely.force_2d(np.asarray(table.geometry.to_numpy(), dtype=object))
        self.there = placed(table.geometry)
        points = np.full(len(table), None, dtype=object)
        points[self.there] = shapely.point_on_surface(self.shapes[self.there])
        self.points = points
        self.names = portraits.names
        self.tree = shapely.STRtree(self.shapes)
        self._tables = {result.check.id: result.tables for result in portraits.results}
        self._shapes: dict[tuple[str, str], np.ndarray] = {}

    def of(self, check_id: str, table: str) -> np.ndarray:
        """Return the shapes of a table of places."""
        key = check_id, table
        if key not in self._shapes:
            geometry = self._tables[check_id][table].geometry
            self._shapes[key] = np.asarray(geometry.to_numpy(), dtype=object)
        return self._shapes[key]

    def near(self, box: Any) -> np.ndarray:
        """Return positions of the municipalities that a box shows."""
        return np.sort(self.tree.query(box))


def local_map(portrait: Portrait, ground: Ground, language: str) -> LocalMap:
    """Draw one municipality.

    Parameters
    ----------
    portrait : Portrait
    ground : Ground
    language : str

    Returns
    -------
    LocalMap
    """
    own = ground.shapes[portrait.position]
    if not ground.there[portrait.position]:
        return LocalMap(Markup(""), ())
    move, box = _view(own)
    near = [i for i in ground.near(box).tolist() if ground.there[i]]
    parts = [
        tag("rect", width="100%", height="100%", fill="#eef1f4"),
        tag("path", d=_cut(ground.shapes[near], box, move), class_="land"),
        tag("path", d=_cut(np.array([own]), box, move), class_="own"),
    ]
    marks: list[Mark] = []
    drawn: list[Markup] = []
    lists = [(a.check.id, p) for a in portrait.answers for p in a.places if p.listing.drawn]
    for place, (check_id, places) in enumerate(lists):
        shapes = ground.of(check_id, places.listing.table)[list(places.rows)]
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        data = _cut(shapes, box, move) if len(shapes) else ""
        if not data:
            continue
        kind = ("point", "line", "area")[int(shapely.get_dimensions(shapes).max())]
        colour = COLOURS[place % len(COLOURS)]
        look = {"fill": "none"} if kind == "line" else {"fill": colour}
        drawn.append(tag("path", d=data, stroke=colour, class_=f"mark {kind}", **look))
        marks.append(Mark(places.listing.title.get(language), colour, len(shapes), kind))
    # areas first: what is small lies over what is large
    order = sorted(range(len(drawn)), key=lambda i: ("area", "line", "point").index(marks[i].kind))
    parts += [drawn[i] for i in order]
    parts += _names(near, ground, box, move, portrait.position, language)
    named = ", ".join(m.title for m in marks) or NOTHING.get(language)
    made = drawing(
        TITLE.fill(name=portrait.name).get(language),
        ABOUT.fill(lists=named).get(language),
        parts,
        key="local-map",
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        role="img",
        class_="local-map",
    )
    return LocalMap(made, tuple(marks))


def _view(own: Any) -> tuple[Any, Any]:
    """Return a function from metres to pixels, and the land that the drawing shows."""
    left, bottom, right, top = shapely.bounds(own).tolist()
    scale = min(
        (WIDTH - 2 * MARGIN) / max(right - left, 1.0),
        (HEIGHT - 2 * MARGIN) / max(top - bottom, 1.0),
    )
    x0 = (left + right) / 2 - WIDTH / 2 / scale
    y1 = (bottom + top) / 2 + HEIGHT / 2 / scale

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([(xy[:, 0] - x0) * scale, (y1 - xy[:, 1]) * scale])

    return move, shapely.box(x0, y1 - HEIGHT / scale, x0 + WIDTH / scale, y1)


def _cut(shapes: np.ndarray, box: Any, move: Any) -> str:
    """Return shapes within the box as data of a path, to half a pixel."""
    left, bottom, right, top = shapely.bounds(box).tolist()
    inside = shapely.clip_by_rect(shapely.force_2d(shapes), left, bottom, right, top)
    inside = inside[~(shapely.is_missing(inside) | shapely.is_empty(inside))]
    if not len(inside):
        return ""
    pixel = (right - left) / WIDTH
    simple = shapely.simplify(inside, 0.5 * pixel, preserve_topology=False)
    gone = shapely.is_empty(simple)
    simple[gone] = shapely.centroid(inside[gone])  # smaller than a pixel: still seen, as a point
    return path_data(shapely.transform(simple, move))


def _names(
    near: Sequence[int], ground: Ground, box: Any, move: Any, own: int, language: str
) -> list[Markup]:
    """Return names of the municipality and its neighbours, where they fit."""
    made: list[Markup] = []
    used: list[tuple[float, float, float, float]] = []
    for i in sorted(near, key=lambda k: k != own):
        point = ground.points[i]
        if i != own:
            seen = shapely.intersection(ground.shapes[i], shapely.buffer(box, -1e-6))
            if shapely.is_empty(seen):
                continue
            point = shapely.point_on_surface(seen)
        (x, y), text = move(shapely.get_coordinates(point))[0].tolist(), ground.names[i]
        half = 3.6 * len(text.get(language)) + 4
        if not (half < x < WIDTH - half and 12 < y < HEIGHT - 8):
            continue
        if any(abs(x - a) < half + b and abs(y - c) < d for a, b, c, d in used):
            continue
        used.append((x, half, y, 16.0))
        look = "name own-name" if i == own else "name"
        made.append(tag("text", text.get(language), x=x, y=y, class_=look, text_anchor="middle"))
    return made
