"""Static pictures of results: the same classes and legend as on the map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from matplotlib.colors import to_rgba
from matplotlib.path import Path as Outline

from metrogis.checks.contract import Result
from metrogis.maps.images import ImageLayer
from metrogis.maps.layers import SHAPES, Ground, MapClass, MapLayer, WebLayer
from metrogis.maps.legend import Entry, legend_of
from metrogis.maps.symbols import POINTS, Symbol
from metrogis.report import words
from metrogis.report.canvas import DPI, Box, Canvas, Word, fold, joined_path, path_of, text_width
from metrogis.texts import number

INK, EDGE, GROUND, LAND = "#1b2733", "#46525e", "#eef1f4", "#fbfbf9"
FRAME = "#8d99a4"
SIZE, SMALL = (1320, 880), (528, 374)
_MAP: Box = (13.0, 70.0, 937.0, 827.0)
_LEGEND: Box = (964.0, 72.0, 1312.0, 864.0)


def picture(
    result: Result,
    web: Sequence[WebLayer],
    ground: Ground,
    language: str,
    *,
    source: str = "",
    images: Sequence[ImageLayer] = (),
) -> bytes:
    """Return a PNG with map, legend, scale bar and source line.

    Parameters
    ----------
    result : Result
    web : sequence of WebLayer
        Those shown at first are drawn.
    ground : Ground
    language : {"pl", "en"}
    source : str
        The line under the map.
    images : sequence of ImageLayer
        Drawn under the places.
    """
    sources = {language: source}
    return pictures(result, web, ground, sources, images=images)[language]


def pictures(
    result: Result,
    web: Sequence[WebLayer],
    ground: Ground,
    sources: Mapping[str, str],
    *,
    images: Sequence[ImageLayer] = (),
) -> dict[str, bytes]:
    """Return the picture in several languages (``sources``: language -> source line).

    The map itself is drawn once: words around it are all that differs.
    """
    drawn = _shown(web)
    beneath = [i for i in images if i.view.shown]
    canvas = Canvas(*SIZE, "white")
    _draw(canvas, drawn, ground, box=_MAP, detail=1.0, foot=0.07, images=beneath)
    named = {language: _names(canvas, ground, language) for language in sources}
    plain = canvas.pixels()
    box, scale = canvas.box, canvas.scale
    # the legend and the words are placed in pixels, over the whole picture
    canvas.whole()
    layers: list[MapLayer | ImageLayer] = [*(w.layer for w in drawn), *beneath]
    made = {}
    for language, source in sources.items():
        canvas.restore(plain)
        canvas.write(*named[language])
        title = _plain(result.check.title.get(language))
        canvas.write(Word(13, 38, title, 16, INK, bold=True))
        lines = fold(_plain(source), 8, SIZE[0] - 26)
        foot = [lines[0], lines[1] + (" …" if len(lines) > 2 else "")] if lines[1:] else lines
        top = 854 - 8 * (len(foot) - 1)
        canvas.write(*(Word(13, top + 17 * i, line, 8, EDGE) for i, line in enumerate(foot)))
        _scale_bar(canvas, box, scale, language)
        _legend(canvas, layers, language)
        made[language] = canvas.png(plain)
    return made


def thumbnail(web: Sequence[WebLayer], ground: Ground, images: Sequence[ImageLayer] = ()) -> bytes:
    """Return the small picture of a result for the index.

    Parameters
    ----------
    web : sequence of WebLayer
    ground : Ground
    images : sequence of ImageLayer
        Drawn beneath the layers; those that the map does not show at first are left out, as are
        such layers.

    Returns
    -------
    bytes
        PNG of :data:`SMALL` pixels without words, so that it serves every language.
    """
    canvas = Canvas(*SMALL, GROUND)
    beneath = [i for i in images if i.view.shown]
    box = (10.0, 7.0, SMALL[0] - 10.0, SMALL[1] - 7.0)
    _draw(canvas, _shown(web), ground, box=box, detail=0.4, images=beneath)
    return canvas.png()


def _shown(web: Sequence[WebLayer]) -> list[WebLayer]:
    return [w for w in web if w.layer.view.shown] or list(web[:1])


def _plain(text: str) -> str:
    """Keep lines from breaking, and a text of any length from taking its time."""
    return " ".join(text[:2000].split())


def _draw(
    canvas: Canvas,
    web: Sequence[WebLayer],
    ground: Ground,
    *,
    box: Box,
    detail: float,
    foot: float = 0.0,
    images: Sequence[ImageLayer] = (),
) -> None:
    parts = [g for g in (ground.metric, *(w.metric for w in web)) if len(g)]
    # the municipalities alone decide the view where they have an outline: a stop far outside does
    # not shrink them
    boxes = np.array(
        [shapely.total_bounds(g) for g in (parts[:1] if len(ground.metric) else parts)]
    )
    boxes = boxes[np.isfinite(boxes).all(axis=1)] if len(boxes) else boxes
    limits: Box = (0.0, 0.0, 1.0, 1.0)
    if len(boxes):
        left, bottom = boxes[:, :2].min(axis=0).tolist()
        right, top = boxes[:, 2:].max(axis=0).tolist()
        margin = 0.02 * max(right - left, top - bottom, 1.0)
        below = bottom - margin - foot * (top - bottom)
        limits = (left - margin, below, right + margin, top + margin)
    canvas.place(box, limits)
    canvas.areas(_outline(ground.metric), fill=LAND, edge="#9aa5af", width=0.6 * detail)
    for land in dict.fromkeys(w.layer.land for w in web):
        for piece in land.parts if land is not None else ():
            _draw_shapes(canvas, piece.symbol, piece.metric, detail)
    for image in images:
        down = image.transform.e < 0
        canvas.cells(image.codes, image.extent, down, image.colours)
    for w in web:
        for code, item in enumerate(w.layer.classes):
            part = w.metric[w.codes == code]
            if len(part):
                _draw_class(canvas, w.layer, item, part, detail)


def _draw_class(
    canvas: Canvas, layer: MapLayer, item: MapClass, part: np.ndarray, detail: float
) -> None:
    dimension = shapely.get_dimensions(part)
    for d in (2, 1, 0):
        if (dimension == d).any():
            _draw_shapes(canvas, layer.symbol(item, SHAPES[d]), part[dimension == d], detail)


def _draw_shapes(canvas: Canvas, symbol: Symbol, shapes: np.ndarray, detail: float) -> None:
    """Draw shapes of one kind; ``detail`` below 1 makes lines and points smaller."""
    if symbol.shape == "polygon":
        _area(canvas, _outline(shapes), symbol, detail)
    elif symbol.shape == "line":
        xy, index = shapely.get_coordinates(shapely.get_parts(shapes), return_index=True)
        _line(canvas, joined_path(xy, index, closed=False), symbol, detail)
    else:
        _dot(canvas, shapely.get_coordinates(shapes), symbol, symbol.radius * detail, detail)


def _area(canvas: Canvas, outline: Outline, symbol: Symbol, detail: float) -> None:
    canvas.areas(
        outline,
        fill=to_rgba(symbol.fill, symbol.fill_opacity) if symbol.fill_opacity else None,
        edge=to_rgba(symbol.stroke, symbol.stroke_opacity) if symbol.width else "none",
        width=symbol.width * POINTS * detail,
        hatch=symbol.hatch,
    )


def _line(canvas: Canvas, path: Outline, symbol: Symbol, detail: float) -> None:
    colour = to_rgba(symbol.stroke, symbol.stroke_opacity)
    dash = [length * POINTS * detail for length in symbol.dash]
    canvas.lines(path, colour, symbol.width * POINTS * detail, dash=dash)


def _dot(canvas: Canvas, xy: np.ndarray, symbol: Symbol, radius: float, detail: float) -> None:
    fill, edge = to_rgba(symbol.fill, symbol.fill_opacity), to_rgba(symbol.stroke)
    canvas.dots(xy, radius * POINTS, fill, edge, symbol.width * POINTS * detail)


def _outline(areas: np.ndarray) -> Outline:
    """One path of many polygons; rings are wound so that holes stay open."""
    polygons = shapely.get_parts(shapely.normalize(areas))
    polygons = polygons[shapely.get_dimensions(polygons) == 2]
    return joined_path(
        *shapely.get_coordinates(shapely.get_rings(polygons), return_index=True), closed=True
    )


def _names(canvas: Canvas, ground: Ground, language: str) -> list[Word]:
    """Return the names that fit, the most populous municipality first."""
    used: list[Box] = []
    made: list[Word] = []
    left, _, right, _ = canvas.box
    for x, y, name in ground.labels:
        text = _plain(name.get(language))[:40]
        across, down = canvas.at(x, y)
        half_x, half_y = text_width(text, 8.5) / 2 + 4, 0.7 * 8.5 * DPI / 72
        box = (across - half_x, down - half_y, across + half_x, down + half_y)
        if box[0] < left or box[2] > right:
            continue
        if any(box[2] > o[0] and box[0] < o[2] and box[3] > o[1] and box[1] < o[3] for o in used):
            continue
        used.append(box)
        made.append(Word(across, down, text, 8.5, INK, anchor="mm", halo=2))
    return made


def _scale_bar(canvas: Canvas, box: Box, scale: float, language: str) -> None:
    left, top, right, bottom = box
    target = (right - left) / scale / 5
    if not (math.isfinite(target) and target > 0):
        return
    power = 10 ** math.floor(math.log10(target))
    length = max(s * power for s in (1, 2, 5) if s * power <= target)
    if length >= 1000:
        label = f"{number(length / 1000, language)} km"
    else:
        label = f"{number(length, language, max(0, -math.floor(math.log10(length))))} m"
    wide = length * scale
    x = left + 0.02 * (right - left)
    y = bottom - 0.015 * (bottom - top)
    canvas.areas(_box(x, y - 2, x + wide, y + 2), fill=INK)
    canvas.write(Word(x + wide / 2, y - 8, label, 9, INK, anchor="mb"))


def _box(left: float, top: float, right: float, bottom: float) -> Outline:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return path_of([np.array(corners)], closed=True)


# --------------------------------------------------------------------------- legend


def _legend(canvas: Canvas, layers: Sequence[MapLayer | ImageLayer], language: str) -> None:
    """Draw the legend, in letters as large as the place allows."""
    if not layers:
        return
    left, top, right, bottom = _LEGEND
    canvas.write(Word(left, top + 11, words.LEGEND.get(language), 12, INK, bold=True))
    blocks = [legend_of(layer, language) for layer in layers]
    swatch = 43.0
    for size in (10.0, 9.0, 8.0, 7.0, 6.0):
        line, gap = 1.2 * size * DPI / 72, 0.4 * size * DPI / 72
        rows: list[tuple[Entry | None, list[str]]] = []
        for block in blocks:
            rows.append((None, fold(_plain(block.title), size, right - left, bold=True)))
            for item in block.lines:
                text = f"{_plain(item.label)}  ({item.count})"
                rows.append((item, fold(text, size, right - left - swatch)))
        heads = sum(entry is None for entry, _ in rows)
        high = sum(len(lines) * line + gap for _, lines in rows) + heads * gap
        if top + 30 + high <= bottom:
            break
    y = top + 30
    for entry, lines in rows:
        y += gap if entry is None else 0
        if y + line * len(lines) > bottom:
            canvas.write(Word(left, min(y + line / 2, bottom - 5), "…", size, INK, bold=True))
            break
        if entry is not None:
            _swatch(canvas, entry.symbol, left, y + line / 2 + 1, size)
        for text in lines:
            at = left + (0 if entry is None else swatch)
            canvas.write(Word(at, y + line / 2, text, size, INK, bold=entry is None))
            y += line
        y += gap


def _swatch(canvas: Canvas, symbol: Symbol, left: float, y: float, size: float) -> None:
    wide, half = 31.0, 0.36 * size * DPI / 72
    if symbol.shape == "line":
        _line(canvas, path_of([np.array([(left + 2, y), (left + wide - 2, y)])]), symbol, 1.0)
    elif symbol.shape == "point":
        at = np.array([(left + wide / 2, y)])
        _dot(canvas, at, symbol, min(symbol.radius, 0.5 * size), 1.0)
    else:
        outline = _box(left, y - half, left + wide, y + half)
        _area(canvas, outline, symbol, 1.0)
        if not symbol.width:
            canvas.areas(outline, edge=FRAME, width=0.6)
