"""What a map of a page is drawn from: classes, shapes and texts as JSON that cannot become code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.checks.contract import Result, View
from metrogis.maps import texts
from metrogis.maps.geometry import bounds_in_degrees, placed, to_degrees
from metrogis.maps.ground import Ground, UnknownLand
from metrogis.maps.images import WebImage
from metrogis.maps.layers import MapLayer, WebLayer
from metrogis.maps.legend import Entry, legend_of
from metrogis.maps.naming import feature_names
from metrogis.maps.shapes import Shapes
from metrogis.maps.symbols import web_style
from metrogis.maps.values import column_of, heading, shown_column
from metrogis.texts import Text

POLAND = (49.0, 14.1, 54.9, 24.2)


@dataclass(frozen=True)
class Basemap:
    """A background served by somebody else: only when asked for, and named on the page."""

    name: Text
    url: str
    attribution: str
    host: str
    licence: Text


def safe_json(value: Any) -> str:
    r"""Write JSON that neither ends a script element nor starts a template.

    >>> safe_json(["</script>", "{{7*7}}"])
    '["\\u003c/script\\u003e","\\u007b\\u007b7*7}}"]'
    """
    return _escape_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))


_RISKY = re.compile("[<>&`\u2028\u2029\ud800-\udfff]|\\$(?=\\{)|\\{(?=[{%#])|(?<=\\{)\\{")


def _escape_json(text: str) -> str:
    """Escape what HTML, old JavaScript or a template would read in a JSON text."""
    return _RISKY.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


def map_data(
    result: Result,
    web: Sequence[WebLayer],
    ground: Ground,
    language: str,
    *,
    page: bool = False,
    basemap: Basemap | None = None,
    images: Mapping[str, WebImage] | None = None,
    pages: str = "",
    guest: bool = False,
    shapes: Shapes | None = None,
) -> str:
    """Return all a map needs as one JSON text: layers, classes, features with their texts.

    ``pages`` is the way to the pages of municipalities from the page of the map.

    ``images`` are the rasters by their address; in the list of layers they follow the views.
    ``guest``: the map is somebody else's, who says what lies beneath and where it opens.
    ``shapes``: where given, shapes are put there, and the text refers to them by number.
    """
    place = (lambda text: str(shapes.add(text))) if shapes is not None else str
    pictures = [_image_json(i, address, language) for address, i in (images or {}).items()]
    # views share the land that is not known: each once, referred to by number
    lands = {w.layer.land: None for w in web if w.layer.land is not None}
    order = {land: i for i, land in enumerate(lands)}
    layers = ",".join([*(_layer_json(result, w, language, order, place) for w in web), *pictures])
    head = {
        "title": texts.MAP_OF.fill(title=result.check.title).get(language),
        "language": language,
        "page": page,
        "guest": guest,
        "basemap": basemap is not None,
        "bounds": bounds_of(web, ground),
        "opening": None if guest else opening_of(result),
        "attribution": texts.OSM.get(language) if any(s.of_osm for s in result.provenance) else "",
        "places": []
        if guest
        else [(lat, lon, name.get(language)) for lat, lon, name in ground.places],
        "codes": ground.codes,
        "pages": pages,
        "names": [name.get(language) for name in ground.names],
        "words": {
            "zoomIn": texts.ZOOM_IN.get(language),
            "zoomOut": texts.ZOOM_OUT.get(language),
            "legend": texts.LEGEND.get(language),
            "home": texts.ZOOM_HOME.get(language),
            "close": texts.CLOSE.get(language),
            "locate": texts.LOCATE.get(language),
            "full": texts.FULL_SCREEN.get(language),
            "page": texts.MUNICIPALITY_PAGE.get(language),
        },
    }
    under = ",".join(map(place, ground.shapes))
    land = ",".join(_land_json(item, place) for item in lands)
    return f'{safe_json(head)[:-1]},"ground":[{under}],"land":[{land}],"layers":[{layers}]}}'


Place = Callable[[str], str]
"""From the GeoJSON of a shape to what stands for it in the data: itself, or its number."""


def _land_json(land: UnknownLand, place: Place) -> str:
    """Write land that is not known: which shapes of the ground it is, or shapes of its own."""
    parts = []
    for part in land.parts:
        head = safe_json({"style": web_style(part.symbol), "of": part.places})
        parts.append(f'{head[:-1]},"shapes":[{",".join(map(place, part.shapes))}]}}')
    return f"[{','.join(parts)}]"


def bounds_of(web: Sequence[WebLayer], ground: Ground) -> list[list[float]]:
    """Return the view that a map opens with, as Leaflet takes it.

    Parameters
    ----------
    web : sequence of WebLayer
        Asked only where the municipalities have no outline.
    ground : Ground

    Returns
    -------
    list
        [[south, west], [north, east]], degrees; that of Poland where nothing has a place.
    """
    found = [ground.bounds] if ground.bounds else [w.bounds for w in web if w.bounds]
    if not found:
        south, west, north, east = POLAND
    else:
        west, south = (min(b[i] for b in found) for i in (0, 1))
        east, north = (max(b[i] for b in found) for i in (2, 3))
    return [[south, west], [north, east]]


SMALLEST = 0.05
"""Degrees: a map opens on at least this much, about 5 km from south to north."""


NARROWER = 0.9
"""A map opens on the known part where that is narrower than this share of the whole."""


def opening_of(result: Result) -> list[list[float]] | None:
    """Return the part on which a map opens: the known one, where most is unknown.

    Returns
    -------
    list or None
        [[south, west], [north, east]]; None: the map opens on the whole area.
    """
    view = result.main_view
    if view is None or not result.mostly_unknown:
        return None
    shares = view.ground.shares(result.tables, result.check.columns) if view.ground else None
    if view.ground is not None and shares is not None:
        table, known = result.tables[view.ground.table], shares > 0
    else:
        table = result.tables[view.table]
        known = view.known_rows(table)
    area = result.municipalities.geometry
    area = area[placed(area)]
    geometry = table.geometry[known & placed(table.geometry)]
    if geometry.empty or area.empty:
        return None
    opening, whole = (bounds_in_degrees(g.to_numpy(), g.crs) for g in (geometry, area))
    west, south, east, north = opening
    # a part nearly as wide as the whole would only look like a wrong zoom
    if all(opening[i + 2] - opening[i] > NARROWER * (whole[i + 2] - whole[i]) for i in (0, 1)):
        return None
    more_x, more_y = (max(0.0, SMALLEST - d) / 2 for d in (east - west, north - south))
    corners = [[south - more_y, west - more_x], [north + more_y, east + more_x]]
    return [[round(d, 5) for d in corner] for corner in corners]


def _layer_json(
    result: Result,
    web: WebLayer,
    language: str,
    lands: Mapping[UnknownLand, int],
    place: Place,
) -> str:
    layer, view = web.layer, web.layer.view
    legend = legend_of(layer, language)
    names = [c for c in view.popup if c in layer.frame.columns]
    columns = [column_of(result.check, view.table, c) for c in names]
    head = {
        "key": view_key(view),
        "gmina": view.table == "municipalities",
        "title": legend.title,
        "heading": f"{legend.title}: {legend.subtitle}" if legend.subtitle else legend.title,
        "notes": legend.notes,
        "shown": view.shown,
        "shape": layer.shape,
        "heads": [heading(c, language) for c in columns],
        "land": lands.get(layer.land) if layer.land is not None else None,
        "under": [_entry_json(entry) for entry in legend.land],
    }
    if layer.joined:
        values = ["null"] * len(web.shapes)
        marks = [""] * len(web.shapes)
    else:
        bare = pd.DataFrame(layer.frame)  # columns of it are had ten times sooner
        written = [
            _json_items(shown_column(bare[n], c, language))
            for n, c in zip(names, columns, strict=True)
        ]
        rows = [f"[{','.join(row)}]" for row in zip(*written, strict=True)]
        values = [rows[i] for i in web.rows.tolist()] if names else ["[]"] * len(web.rows)
        called = _json_items(feature_names(result, view, bare, language))
        keys = _row_keys(result, layer)
        sized = symbols_of(layer)
        marks = [f",{keys[i]},{called[i]}{sized[i]}" for i in web.rows.tolist()]
    # features by class, written as text: nothing goes through a dict a second time
    parts: list[list[str]] = [[] for _ in layer.classes]
    for shape, value, mark, code in zip(web.shapes, values, marks, web.codes, strict=True):
        if shape is not None:
            parts[code].append(f"[{place(shape)},{value}{mark}]")
    further = layer.further_shapes
    classes = [
        safe_json(
            _entry_json(entry)
            | {"others": {shape: web_style(layer.symbol(item, shape)) for shape in further}}
        )[:-1]
        + f',"rows":[{",".join(part)}]}}'
        for entry, item, part in zip(legend.entries, layer.classes, parts, strict=True)
    ]
    return f'{safe_json(head)[:-1]},"classes":[{",".join(classes)}]}}'


def view_key(view: View) -> str:
    """Return what a link calls a view: its table and column, the same from year to year."""
    return f"{view.table}.{view.column}" if view.column else view.table


def _row_keys(result: Result, layer: MapLayer) -> list[str]:
    """Return what a link calls each row, as JSON: TERYT of a municipality, else its position."""
    if layer.view.table == "municipalities":
        return _json_items([str(code) for code in layer.frame["teryt"]])
    there = placed(result.tables[layer.view.table].geometry)
    return [str(i) for i in np.flatnonzero(there).tolist()]


LEAST, GREATEST = 6.0, 20.0
"""Radius (pixels) of the symbol of an area where almost nobody lives, and of the greatest one."""


def symbols_of(layer: MapLayer) -> list[str]:
    """Return, as JSON, latitude, longitude and radius of the symbol of each area.

    A symbol's area grows with the number of ``View.size``; where that is unknown it is the least.
    Empty texts for a view of no sizes.
    """
    name, frame = layer.view.size, layer.frame
    if not name or name not in frame.columns or frame.empty or layer.shape != "polygon":
        return [""] * len(frame)
    numbers = pd.to_numeric(frame[name], errors="coerce").fillna(0.0).clip(lower=0.0).to_numpy()
    most = float(numbers.max())
    radius = LEAST + (GREATEST - LEAST) * np.sqrt(numbers / most if most > 0 else numbers)
    points = to_degrees(shapely.point_on_surface(frame.geometry.to_numpy()), frame.crs)
    places = shapely.get_coordinates(points).tolist()
    return [f",[{y},{x},{r:.1f}]" for (x, y), r in zip(places, radius.tolist(), strict=True)]


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {"label": entry.label, "count": entry.count, "style": web_style(entry.symbol)}


def _json_items(texts: list[str]) -> list[str]:
    """Write each text as JSON, safely: all at once, parted by what no JSON text holds."""
    written = json.dumps(texts, ensure_ascii=False, separators=("\0", ":"))
    return _escape_json(written[1:-1]).split("\0") if texts else []


def _image_json(image: WebImage, address: str, language: str) -> str:
    layer = image.layer
    legend = legend_of(layer, language)
    west, south, east, north = image.bounds
    return safe_json(
        {
            "title": legend.title,
            "heading": f"{legend.title}: {legend.subtitle}" if legend.subtitle else legend.title,
            "notes": legend.notes,
            "shown": layer.view.shown,
            "shape": layer.shape,
            "land": None,
            "under": [],
            "image": {"address": address, "bounds": [[south, west], [north, east]]},
            "classes": [_entry_json(entry) for entry in legend.entries],
        }
    )
