"""Results as axes of matplotlib: to put beside others, to write on, to save."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from metrogis import boundary
from metrogis.checks.contract import Result
from metrogis.errors import ParameterError, PublishError
from metrogis.i18n import _
from metrogis.maps.choosing import layers_of
from metrogis.maps.geometry import placed
from metrogis.maps.layers import SHAPES, MapLayer
from metrogis.maps.symbols import POINTS, Symbol

_HATCH = "////"
_SIZE = (9.0, 6.5)
FORMATS = (".png", ".svg", ".pdf")


def plot(
    result: Result,
    path: str | Path | None = None,
    *,
    view: str | None = None,
    column: str | None = None,
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw one view of a result with its classes, legend and title.

    Parameters
    ----------
    result : Result
    path : str or Path, optional
        Write the figure there too: PNG, SVG or PDF by its ending. The title and the sources are in
        the file.
    view : str, optional
        Table, column or title of a view; the main one by default.
    column : str, optional
        A column of a table, also one that no view of the check shows.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; made by default.
    language : {"en", "pl"}

    Returns
    -------
    matplotlib.axes.Axes
        In the working CRS (metres), equal aspect, without ticks.

    Raises
    ------
    ParameterError
        For an unknown view or column, or a file ending that is no picture.
    PublishError
        When the file cannot be written.
    """
    if path is not None and Path(path).suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ParameterError(
            _("a figure cannot be written as {suffix}").fill(suffix=Path(path).suffix or "-"),
            place=str(path),
            remedy=_("there are: {known}").fill(known=known),
        )
    chosen = layers_of(result, view=view, column=column)
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(figsize=_SIZE, layout="constrained")[1]
    land = result.municipalities
    land = land[placed(land.geometry)]
    if len(land):
        land.plot(ax=ax, color="#fbfbf9", edgecolor="#9aa5af", linewidth=0.6, aspect=None)
    handles: list[Any] = []
    if chosen:
        handles = _draw(ax, chosen[0], language)
        ax.set_title(chosen[0].view.title.get(language), fontsize=10, loc="left")
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    if handles:
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    if path is not None:
        _save(ax, Path(path), result, language)
    return ax


def _draw(ax: Axes, layer: MapLayer, language: str) -> list[Any]:
    """Draw each class of a layer; return the entries of the legend, hatched land among them."""
    handles = []
    if layer.land is not None:
        for part in layer.land.parts:
            _shapes(ax, part.symbol, part.metric)
            handles.append(_handle(part.symbol, part.label.get(language)))
    geometry = layer.frame.geometry.to_numpy()
    dimension = shapely.get_dimensions(geometry)
    for code, item in enumerate(layer.classes):
        for d in (2, 1, 0):
            chosen = (layer.codes == code) & (dimension == d)
            if chosen.any():
                _shapes(ax, layer.symbol(item, SHAPES[d]), geometry[chosen])
        label = f"{item.label.get(language)} ({layer.size_of(item, language)})"
        handles.append(_handle(layer.symbol(item), label))
    return handles


def _shapes(ax: Axes, symbol: Symbol, shapes: np.ndarray) -> None:
    import geopandas as gpd

    style: dict[str, Any] = {"linewidth": symbol.width * POINTS, "aspect": None, "ax": ax}
    series = gpd.GeoSeries(shapes)
    if symbol.shape == "polygon":
        fill = to_rgba(symbol.fill, symbol.fill_opacity) if symbol.fill_opacity else "none"
        edge = to_rgba(symbol.stroke, symbol.stroke_opacity) if symbol.width else "none"
        series.plot(facecolor=fill, edgecolor=edge, **style)
        if symbol.hatch is not None:
            ink = to_rgba(symbol.hatch.colour, symbol.hatch.opacity)
            series.plot(facecolor="none", edgecolor=ink, hatch=_HATCH, **{**style, "linewidth": 0})
    elif symbol.shape == "line":
        dash = (0, symbol.dash) if symbol.dash else "solid"
        series.plot(color=to_rgba(symbol.stroke, symbol.stroke_opacity), linestyle=dash, **style)
    else:
        points = series.explode(index_parts=False)
        points.plot(
            color=to_rgba(symbol.fill, symbol.fill_opacity),
            edgecolor=symbol.stroke,
            markersize=(2 * symbol.radius * POINTS) ** 2,
            **style,
        )


def _handle(symbol: Symbol, label: str) -> Any:
    # a label that begins with "_" would be left out of the legend
    label = label.replace("$", r"\$").lstrip("_") or " "
    if symbol.shape == "line":
        return Line2D(
            [], [], color=symbol.stroke, linewidth=max(symbol.width * POINTS, 1), label=label,
            linestyle="--" if symbol.dash else "-",
        )  # fmt: skip
    if symbol.shape == "point":
        return Line2D(
            [], [], linestyle="", marker="o", label=label, markersize=2 * symbol.radius * POINTS,
            markerfacecolor=to_rgba(symbol.fill, symbol.fill_opacity),
            markeredgecolor=symbol.stroke,
        )  # fmt: skip
    return Patch(
        facecolor=to_rgba(symbol.fill, symbol.fill_opacity) if symbol.fill_opacity else "none",
        edgecolor=symbol.hatch.colour if symbol.hatch else symbol.stroke,
        linewidth=0.5,
        hatch=_HATCH if symbol.hatch else None,
        label=label,
    )


def _save(ax: Axes, path: Path, result: Result, language: str) -> None:
    title = result.check.title.get(language)
    makers = dict.fromkeys(s.attribution or s.origin for s in result.provenance)
    sources = "; ".join(maker for maker in makers if maker)
    metadata = {"Title": title}
    if path.suffix.lower() != ".pdf":
        metadata |= {"Description": f"{title}. {sources}"}
    if path.suffix.lower() == ".svg":
        metadata |= {"Date": None}  # type: ignore[dict-item]
    try:
        ax.figure.canvas.figure.savefig(path, metadata=metadata, dpi=150, bbox_inches="tight")
    except OSError as error:
        raise PublishError(
            _("cannot be written: {why}").fill(why=boundary.why(error)),
            place=str(path),
            remedy=_("give a folder that can be written"),
        ) from error
