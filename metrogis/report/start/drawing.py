"""Drawings of the start page: a map of metropolises, coloured by one number where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyproj
import shapely
from markupsafe import Markup

from metrogis import crs as crs_rules
from metrogis.i18n import _
from metrogis.report.svg import drawing, path_data, tag

WIDTH = 640.0
MARGIN = 26.0
LEAST = 7.0
"""Pixels: a metropolis that would be smaller has a dot of this radius as well."""

PLAIN = "#b9cfe3"
HATCHED = "#5a646e"
COLOURS = ("#e3eef7", "#a9cbe6", "#5b9bd0", "#1d5f9e")
"""From the lowest quarter to the highest; metropolises of equal numbers share a colour."""

TITLE = _("Map of the metropolises")
ABOUT = _("Each number on the map is that of the metropolis in the list.")


class Ground:
    """Outlines of metropolises on one plane, in pixels."""

    def __init__(self, outlines: Mapping[str, Sequence[Any]]) -> None:
        there = {name: rings for name, rings in outlines.items() if rings}
        points = np.concatenate([np.asarray(ring) for rings in there.values() for ring in rings]
                                or [np.zeros((1, 2))])  # fmt: skip
        lon, lat = (points.min(axis=0) + points.max(axis=0)) / 2
        plane = pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m")
        move = pyproj.Transformer.from_crs(crs_rules.GEOGRAPHIC_CRS, plane, always_xy=True)
        shapes = {}
        for name, rings in there.items():
            polygons = [np.column_stack(move.transform(*np.asarray(ring).T)) for ring in rings]
            shapes[name] = shapely.MultiPolygon([shapely.Polygon(ring) for ring in polygons])
        west, south, east, north = shapely.total_bounds(list(shapes.values()) or [shapely.Point()])
        across = max(east - west, north - south, 1.0) if shapes else 1.0
        scale = (WIDTH - 2 * MARGIN) / across

        def pixels(xy: np.ndarray) -> np.ndarray:
            return np.column_stack(
                [MARGIN + (xy[:, 0] - west) * scale, MARGIN + (north - xy[:, 1]) * scale]
            )

        self.shapes = {name: shapely.transform(shape, pixels) for name, shape in shapes.items()}
        self.width = 2 * MARGIN + (east - west) * scale if shapes else WIDTH
        self.height = 2 * MARGIN + (north - south) * scale if shapes else 0.0


def draw(
    ground: Ground,
    places: Mapping[str, str],
    names: Mapping[str, str],
    links: Mapping[str, str],
    language: str,
) -> Markup:
    """Draw the map of all metropolises; each has the number of its row and leads to its atlas.

    Parameters
    ----------
    ground : Ground
    places, names, links : mapping of str to str
        Id -> number in the list, name, address.
    language : str
    """
    parts = []
    for name, shape in ground.shapes.items():
        place, shown = places[name], names[name]
        at = shapely.point_on_surface(shape)
        inside = [
            tag("title", f"{place}. {shown}"),
            tag("path", d=path_data(shape), fill=PLAIN, stroke="#274b6d", stroke_width=1),
            tag("circle", cx=float(at.x), cy=float(at.y), r=11, fill="#fff", stroke="#274b6d"),
            tag("text", place, x=float(at.x), y=float(at.y) + 4.5, text_anchor="middle",
                font_size=13, font_weight=600, fill="#16324a"),
        ]  # fmt: skip
        parts.append(tag("a", *inside, href=links[name]) if name in links else tag("g", *inside))
    return drawing(
        TITLE.get(language), ABOUT.get(language), parts, key="metros-map",
        viewBox=f"0 0 {ground.width:.0f} {ground.height:.0f}", width="100%", role="group",
        class_="metros-map",
    )  # fmt: skip


def colours_of(values: Mapping[str, float | None]) -> dict[str, str | None]:
    """Return the colour of each metropolis by the quarter its number is in; None: unknown.

    >>> found = colours_of({"a": 1.0, "b": None, "c": 3.0, "d": 1.0})
    >>> found["a"] == found["d"], found["b"], found["c"] == COLOURS[-1]
    (True, None, True)
    """
    known = np.array(sorted({v for v in values.values() if v is not None}))
    found: dict[str, str | None] = {}
    for name, value in values.items():
        if value is None:
            found[name] = None
            continue
        rank = int(np.searchsorted(known, value))
        place = 1.0 if len(known) == 1 else rank / (len(known) - 1)
        found[name] = COLOURS[min(int(place * len(COLOURS)), len(COLOURS) - 1)]
    return found


def small_map(
    ground: Ground, values: Mapping[str, float | None], title: str, about: str, key: str
) -> Markup:
    """Draw metropolises coloured by one number; those of which it is unknown are hatched."""
    hatch = tag(
        "pattern",
        tag("rect", width=8, height=8, fill="#e9ebee"),
        tag("path", d="M-1 9L9-1M-1 1L1-1M7 9L9 7", stroke=HATCHED, stroke_width="1.2"),
        id=f"{key}-hatch", width=8, height=8, patternUnits="userSpaceOnUse",
    )  # fmt: skip
    colours = colours_of(values)
    parts = [tag("defs", hatch)]
    for name, shape in ground.shapes.items():
        fill = colours.get(name) or f"url(#{key}-hatch)"
        parts.append(tag("path", d=path_data(shape), fill=fill, stroke="#274b6d", stroke_width=1))
        box = shape.bounds
        if max(box[2] - box[0], box[3] - box[1]) < 2 * LEAST:
            at = shapely.point_on_surface(shape)
            parts.append(tag("circle", cx=float(at.x), cy=float(at.y), r=LEAST, fill=fill,
                             stroke="#274b6d"))  # fmt: skip
    return drawing(
        title, about, parts, key=key,
        viewBox=f"0 0 {ground.width:.0f} {ground.height:.0f}", width="100%", role="img",
        class_="metros-small",
    )  # fmt: skip
