"""Static pictures of results: the same classes and legend as on the map, drawn by matplotlib."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, imsave
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from metrogis.checks.contract import Result
from metrogis.maps.images import ImageLayer
from metrogis.maps.layers import Ground, MapClass, MapLayer, WebLayer, label_points
from metrogis.maps.legend import legend_of
from metrogis.maps.page import line_weight
from metrogis.report import words
from metrogis.texts import number

INK, EDGE, GROUND, LAND = "#1b2733", "#46525e", "#eef1f4", "#fbfbf9"
_DPI = 110


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
    figure, axes = _sheet("white")
    _draw(axes, drawn, ground, detail=1.0, foot=0.07, images=beneath)
    _names(axes, result)
    plain = _pixels(figure)
    layers: list[MapLayer | ImageLayer] = [*(w.layer for w in drawn), *beneath]
    limits = (axes.get_xlim(), axes.get_ylim())
    return {
        language: _worded(result, plain, limits, layers, language, source)
        for language, source in sources.items()
    }


def _sheet(ground: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(12, 8), dpi=_DPI, facecolor=ground)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.01, 0.06, 0.70, 0.86))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure, axes


def _worded(
    result: Result,
    plain: np.ndarray,
    limits: Any,
    layers: Sequence[MapLayer | ImageLayer],
    language: str,
    source: str,
) -> bytes:
    """Put scale bar, title, legend and source round a drawn map."""
    figure, axes = _sheet("none")
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])
    _scale_bar(axes, language)
    title = _plain(result.check.title.get(language))
    figure.text(0.01, 0.955, title, fontsize=16, fontweight="bold", color=INK, va="center")
    lines = _wrap(source, 185).split("\n")
    foot = "\n".join(lines[:2]) + (" …" if len(lines) > 2 else "")
    figure.text(0.01, 0.03, foot, fontsize=8, color=EDGE, va="center", linespacing=1.4)
    _legend(figure, layers, language)
    words_over = _pixels(figure)
    cover = words_over[..., 3:].astype(np.uint16)
    mixed = words_over[..., :3] * cover + plain[..., :3] * (255 - cover)
    stream = io.BytesIO()
    drawn = ((mixed + 127) // 255).astype(np.uint8)
    options: dict[str, Any] = {
        "metadata": {"Software": None},
        "pil_kwargs": {"compress_level": 4},
    }
    imsave(stream, drawn, format="png", **options)
    return stream.getvalue()


def _pixels(figure: Figure) -> np.ndarray:
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]


def thumbnail(web: Sequence[WebLayer], ground: Ground, images: Sequence[ImageLayer] = ()) -> bytes:
    """Return a small PNG without words, the same in every language."""
    figure = Figure(figsize=(4.8, 3.4), dpi=_DPI, facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    beneath = [i for i in images if i.view.shown]
    _draw(axes, _shown(web), ground, detail=0.4, images=beneath)
    return _png(figure)


def _shown(web: Sequence[WebLayer]) -> list[WebLayer]:
    return [w for w in web if w.layer.view.shown] or list(web[:1])


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(
        stream, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 4}
    )
    return stream.getvalue()


def _plain(text: str) -> str:
    """Keep matplotlib from reading ``$...$`` as mathematics, and lines from breaking."""
    return " ".join(text.split()).replace("$", r"\$")


def _draw(
    axes: Axes,
    web: Sequence[WebLayer],
    ground: Ground,
    *,
    detail: float,
    foot: float = 0.0,
    images: Sequence[ImageLayer] = (),
) -> None:
    axes.set_aspect("equal")
    axes.set_axis_off()
    parts = [g for g in (ground.metric, *(w.metric for w in web)) if len(g)]
    boxes = np.array(
        [shapely.total_bounds(g) for g in (parts[:1] if len(ground.metric) else parts)]
    )
    if len(boxes):
        left, bottom = boxes[:, :2].min(axis=0)
        right, top = boxes[:, 2:].max(axis=0)
        margin = 0.02 * max(right - left, top - bottom, 1.0)
        axes.set_xlim(left - margin, right + margin)
        axes.set_ylim(bottom - margin - foot * (top - bottom), top + margin)
    _patch(axes, ground.metric, facecolor=LAND, edgecolor="#9aa5af", linewidth=0.6 * detail)
    for image in images:
        _draw_image(axes, image)
    for z, w in enumerate(web, start=2):
        for code, item in enumerate(w.layer.classes):
            part = w.metric[w.codes == code]
            if len(part):
                _draw_class(axes, w.layer, item, part, z, detail)


def _draw_image(axes: Axes, image: ImageLayer) -> None:
    step = max(1, max(image.codes.shape) // 1600)
    codes = image.codes[::step, ::step]
    down = image.transform.e < 0
    drawn = AxesImage(
        axes,
        extent=image.extent,
        origin="upper" if down else "lower",
        interpolation="nearest",
        zorder=1.5,
    )
    drawn.set_data(image.colours(codes))
    axes.add_artist(drawn)


def _patch(axes: Axes, areas: np.ndarray, **look: Any) -> None:
    # add_artist, not add_patch: limits are set, and measuring curves takes most of the time
    axes.add_artist(PathPatch(_outline(areas), **look))


def _draw_class(
    axes: Axes, layer: MapLayer, item: MapClass, part: np.ndarray, z: int, detail: float
) -> None:
    dimension = shapely.get_dimensions(part)
    weight = line_weight(layer) * 0.6 * detail
    areas, lines, points = (part[dimension == d] for d in (2, 1, 0))
    if len(areas):
        fill = to_rgba(item.colour, layer.view.fill_opacity)
        _patch(axes, areas, facecolor=fill, edgecolor=EDGE, linewidth=min(weight, 0.8), zorder=z)
        if item.hatch:
            look = {"facecolor": "none", "edgecolor": "#6b7680", "linewidth": 0}
            _patch(axes, areas, hatch="////" if detail == 1 else "//", zorder=z, **look)
    if len(lines):
        paths = [shapely.get_coordinates(line) for line in shapely.get_parts(lines)]
        axes.add_collection(
            LineCollection(
                paths,
                colors=item.colour,
                linewidths=max(weight * 1.4, 0.5),
                linestyles="--" if item.hatch else "-",
                zorder=z,
                capstyle="round",
            ),
            autolim=False,
        )
    if len(points):
        xy = shapely.get_coordinates(points)
        axes.scatter(
            xy[:, 0],
            xy[:, 1],
            s=(layer.view.radius * detail * 1.3) ** 2,
            c=item.colour,
            edgecolors="#24303b",
            linewidths=0.5 * detail,
            zorder=z,
        )


def _outline(areas: np.ndarray) -> Outline:
    """One path of many polygons; rings are wound so that holes stay open."""
    polygons = shapely.get_parts(shapely.normalize(areas))
    polygons = polygons[shapely.get_dimensions(polygons) == 2]
    rings = shapely.get_rings(polygons)
    if len(rings) == 0:
        return Outline(np.empty((0, 2)))
    xy, index = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(xy), Outline.LINETO, dtype=Outline.code_type)
    starts = np.r_[True, index[1:] != index[:-1]]
    codes[starts] = Outline.MOVETO
    codes[np.r_[starts[1:], True]] = Outline.CLOSEPOLY
    return Outline(xy, codes)


def _names(axes: Axes, result: Result) -> None:
    """Write the names that fit, the most populous municipality first."""
    table = label_points(result)
    if not table:
        return
    width, height = axes.bbox.width, axes.bbox.height
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    scale = min(width / max(right - left, 1e-9), height / max(top - bottom, 1e-9))
    used: list[tuple[float, float, float, float]] = []
    for x, y, name in table:
        text = _plain(name)[:40]
        half_x = (len(text) * 0.29 * 8.5 * _DPI / 72 + 4) / scale
        half_y = 0.7 * 8.5 * _DPI / 72 / scale
        box = (x - half_x, y - half_y, x + half_x, y + half_y)
        if box[0] < left or box[2] > right:
            continue
        if any(box[2] > o[0] and box[0] < o[2] and box[3] > o[1] and box[1] < o[3] for o in used):
            continue
        used.append(box)
        axes.text(
            x,
            y,
            text,
            fontsize=8.5,
            color=INK,
            ha="center",
            va="center",
            zorder=50,
            path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.85)],
        )


def _scale_bar(axes: Axes, language: str) -> None:
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    target = (right - left) / 5
    if not (math.isfinite(target) and target > 0):
        return
    power = 10 ** math.floor(math.log10(target))
    length = max(s * power for s in (1, 2, 5) if s * power <= target)
    y = bottom + 0.015 * (top - bottom)
    x = left + 0.02 * (right - left)
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt", zorder=60)
    label = (
        f"{number(length / 1000, language)} km"
        if length >= 1000
        else f"{number(length, language)} m"
    )
    axes.text(x + length / 2, y + 0.01 * (top - bottom), label, ha="center", va="bottom",
              fontsize=9, color=INK, zorder=60)  # fmt: skip


def _legend(figure: Figure, layers: Sequence[MapLayer | ImageLayer], language: str) -> None:
    handles: list[Any] = []
    labels: list[str] = []
    for layer in layers:
        legend = legend_of(layer, language)
        handles.append(Patch(facecolor="none", edgecolor="none"))
        labels.append(_wrap(legend.title))
        for entry in legend.entries:
            handles.append(_handle(layer, entry.colour, entry.hatch))
            labels.append(f"{_wrap(entry.label)}  ({entry.count})")
    if not handles:
        return
    size = 10 if len(handles) <= 22 else 8
    box = figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.72, 0.93),
        frameon=False,
        fontsize=size,
        title=words.LEGEND.get(language),
        title_fontproperties={"weight": "bold", "size": 12},
        alignment="left",
        labelspacing=0.55,
        labelcolor=INK,
    )
    heads = {_wrap(legend_of(layer, language).title) for layer in layers}
    for text, handle in zip(box.get_texts(), handles, strict=True):
        if text.get_text() in heads and handle.get_facecolor()[3] == 0:
            text.set_fontweight("bold")


def _handle(layer: MapLayer | ImageLayer, colour: str, hatch: bool) -> Any:
    if layer.shape == "line":
        return Line2D([], [], color=colour, linewidth=3, linestyle="--" if hatch else "-")
    if layer.shape == "point":
        return Line2D([], [], marker="o", linestyle="", markersize=8, markerfacecolor=colour,
                      markeredgecolor="#24303b")  # fmt: skip
    return Patch(
        facecolor=to_rgba(colour, layer.view.fill_opacity),
        edgecolor="#6b7680",
        hatch="////" if hatch else None,
    )


def _wrap(text: str, width: int = 38) -> str:
    lines, line = [], ""
    words_of = _plain(text).split(" ")
    for word in (w[i : i + width] for w in words_of for i in range(0, max(len(w), 1), width)):
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])
