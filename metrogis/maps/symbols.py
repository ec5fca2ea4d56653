"""The table of symbols: how each class is drawn, once, for map, legend, picture and QGIS.

A renderer translates a :class:`Symbol` into its own words and decides nothing itself. Sizes are CSS
pixels (1/96 inch); :data:`MM` and :data:`POINTS` turn them into what QGIS and pictures measure in.

What is not known has one look for each kind of shape, whatever the colour of its class: areas are
hatched, lines dashed, points hollow; land of which a view knows nothing is hatched without a fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metrogis.texts import UNKNOWN, Text

MM = 25.4 / 96
"""Millimetres of a pixel."""

POINTS = 72 / 96
"""Points of a pixel."""

OUTLINE = "#46525e"
INK = "#5a646e"
"""Colour of everything that marks the unknown: 5.6 to 1 on white, so that dashes are seen."""

PAPER = "#ffffff"
UNKNOWN_FILL = 0.35
"""Most opacity of what is not known: its hatch tells it, a full colour would outshine the known."""

HOLLOW_WIDTH = 2.0
DASH = (6.0, 4.0)


@dataclass(frozen=True)
class Hatch:
    """Parallel lines from lower left to upper right.

    Attributes
    ----------
    spacing : float
        Pixels from line to line along a row; 96 is a multiple of it, so that tiles of an inch join.
    width, opacity : float
    """

    spacing: float = 8.0
    width: float = 1.1
    opacity: float = 0.6
    colour: str = INK


@dataclass(frozen=True)
class Symbol:
    """How one class is drawn.

    Attributes
    ----------
    shape : str
        ``polygon``, ``line`` or ``point``.
    fill, fill_opacity
        Of areas and points; an opacity of 0 is no fill.
    stroke, stroke_opacity, width
        Of lines and outlines; a width of 0 is no outline. Pixels.
    dash : tuple of float
        Pixels drawn and left free in turn; empty: a whole line.
    hatch : Hatch or None
        Over the fill.
    radius : float
        Of points, pixels.
    """

    shape: str
    fill: str = PAPER
    fill_opacity: float = 0.0
    stroke: str = OUTLINE
    stroke_opacity: float = 1.0
    width: float = 0.0
    dash: tuple[float, ...] = ()
    hatch: Hatch | None = None
    radius: float = 0.0


NOTHING_KNOWN = Symbol("polygon", hatch=Hatch(spacing=8.0, width=1.0, opacity=0.45))
"""Land of which a view knows nothing."""

PARTLY_KNOWN = Symbol("polygon", hatch=Hatch(spacing=16.0, width=1.0, opacity=0.45))
"""Land of which a view knows a part: the same lines, half as many."""


@dataclass(frozen=True)
class MapClass:
    """One class of a layer: what the legend says, its colour, how many rows it holds."""

    label: Text
    colour: str
    hatch: bool = False
    count: int = 0
    lower: float | None = None
    upper: float | None = None
    value: str | None = None
    closed: bool = False
    missing: bool = False


def is_unknown(item: MapClass) -> bool:
    """Whether a class stands for "not known" rather than for a value.

    >>> is_unknown(MapClass(UNKNOWN, "#ccc", hatch=True))
    True
    """
    return item.missing or item.hatch or item.label == UNKNOWN


def class_symbol(
    item: MapClass, shape: str, *, width: float, fill_opacity: float, radius: float = 0.0
) -> Symbol:
    """Return the symbol of a class.

    Parameters
    ----------
    item : MapClass
    shape : {"polygon", "line", "point"}
    width : float
        Of the line, or of the outline; pixels.
    fill_opacity : float
    radius : float
        Of points; pixels.

    Examples
    --------
    >>> road = MapClass(Text("droga", "road"), "#0072B2")
    >>> class_symbol(road, "line", width=3, fill_opacity=1).stroke
    '#0072B2'
    """
    unknown = is_unknown(item)
    if shape == "line":
        return Symbol(
            shape,
            stroke=INK if unknown else item.colour,
            width=width,
            dash=DASH if unknown else (),
        )
    if shape == "point":
        return Symbol(
            shape,
            fill=PAPER if unknown else item.colour,
            fill_opacity=1.0 if unknown else fill_opacity,
            stroke=INK if unknown else OUTLINE,
            width=HOLLOW_WIDTH if unknown else min(width, 1.0),
            radius=radius,
        )
    return Symbol(
        shape,
        fill=item.colour,
        fill_opacity=min(fill_opacity, UNKNOWN_FILL) if unknown else fill_opacity,
        stroke_opacity=0.8,
        width=width,
        hatch=Hatch() if unknown else None,
    )


# --------------------------------------------------------------------------- for the web


def web_style(symbol: Symbol) -> dict[str, Any]:
    """Return a symbol as options of a Leaflet path; ``hatch`` is read by ``map.js``.

    >>> web_style(NOTHING_KNOWN)["fillOpacity"]
    0.0
    """
    style: dict[str, Any] = {
        "color": symbol.stroke,
        "weight": symbol.width,
        "opacity": symbol.stroke_opacity,
        "stroke": symbol.width > 0,
        "fillColor": symbol.fill,
        "fillOpacity": symbol.fill_opacity,
    }
    if symbol.dash:
        # round ends would close the gaps
        style |= {"dashArray": " ".join(f"{d:g}" for d in symbol.dash), "lineCap": "butt"}
    if symbol.radius:
        style["radius"] = symbol.radius
    if symbol.hatch is not None:
        style["hatch"] = {
            "color": symbol.hatch.colour,
            "spacing": symbol.hatch.spacing,
            "weight": symbol.hatch.width,
            "opacity": symbol.hatch.opacity,
            "swatch": swatch_hatch(symbol.hatch),
        }
    return style


SWATCH = (26.0, 18.0)
"""Width and height of a line's place in the legend, pixels."""


def swatch_hatch(hatch: Hatch) -> str:
    """Return the lines of a hatch in a swatch as an SVG path, one through its middle.

    >>> swatch_hatch(Hatch(spacing=16))
    'M1 5L5 1M5 17L21 1M21 17L25 13'
    """
    wide, high = SWATCH
    left, top, right, bottom = 1.0, 1.0, wide - 1.0, high - 1.0
    middle = (left + right + top + bottom) / 2
    steps = int((middle - left - top) / hatch.spacing)
    path = ""
    for k in range(-steps, steps + 1):
        along = middle + k * hatch.spacing  # a line is where x + y is this
        x1, y2 = max(left, along - bottom), max(top, along - right)
        path += f"M{x1:g} {along - x1:g}L{along - y2:g} {y2:g}"
    return path
