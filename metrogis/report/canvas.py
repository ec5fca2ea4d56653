"""A picture drawn without a figure: shapes by Agg, words by Pillow.

A ``matplotlib`` figure with axes and a legend takes several times as long to lay out as to draw.
Here everything has its place beforehand: shapes are given in metres and go through one transform,
words are given in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image, ImageDraw, ImageFont

from metrogis.maps.png import picture_png
from metrogis.maps.symbols import POINTS, Hatch

DPI = 110
"""Pixels per inch: sizes of words and widths of lines are in points, 1/72 inch."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Word:
    """A line of text to be drawn: where (pixels from the left and the top), how, with what halo."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    anchor: str = "lm"
    halo: int = 0


class Canvas:
    """A picture of ``width`` x ``height`` pixels.

    Shapes drawn after :meth:`place` are in metres and are cut at its box; before it, and after
    :meth:`whole`, they are in pixels from the left and the top.

    Examples
    --------
    >>> canvas = Canvas(40, 20, "white")
    >>> canvas.lines(path_of([np.array([[0.0, 10.0], [40.0, 10.0]])]), "black", 2.0)
    >>> canvas.pixels()[10, 20, :3].tolist()
    [0, 0, 0]
    """

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.width, self.height = width, height
        self._agg = RendererAgg(width, height, DPI)
        self._buffer = np.asarray(self._agg.buffer_rgba())
        colour = np.round(np.array(to_rgba(ground)) * 255).astype(np.uint8)
        self._buffer.view(np.uint32)[:] = colour.view(np.uint32)[0]
        self._words: list[Word] = []
        self.whole()

    # ----------------------------------------------------------------------- where

    def whole(self) -> None:
        """Draw in pixels from now on, anywhere."""
        self._to_pixels = Affine2D().scale(1, -1).translate(0, self.height)
        self._clip: Bbox | None = None
        self.box: Box = (0.0, 0.0, float(self.width), float(self.height))
        self.limits: Box = self.box
        self.scale = 1.0

    def place(self, box: Box, limits: Box) -> None:
        """Draw in metres from now on.

        Parameters
        ----------
        box : left, top, right, bottom
            Pixels. The limits are fitted into it, in its middle.
        limits : left, bottom, right, top
            Metres.
        """
        left, bottom, right, top = limits
        wide, high = max(right - left, 1e-9), max(top - bottom, 1e-9)
        scale = min((box[2] - box[0]) / wide, (box[3] - box[1]) / high)
        x = (box[0] + box[2] - wide * scale) / 2
        y = (box[1] + box[3] - high * scale) / 2
        self.scale, self.limits = scale, limits
        self.box = (x, y, x + wide * scale, y + high * scale)
        base = self.height - self.box[3]
        self._to_pixels = Affine2D().translate(-left, -bottom).scale(scale).translate(x, base)
        self._clip = Bbox.from_bounds(x, base, wide * scale, high * scale)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the map is, in pixels from the left and the top."""
        left, bottom = self.limits[:2]
        return self.box[0] + (x - left) * self.scale, self.box[3] - (y - bottom) * self.scale

    # ----------------------------------------------------------------------- shapes

    def _pen(self, colour: Any, width: float) -> Any:
        pen: Any = self._agg.new_gc()
        pen.set_foreground(to_rgba(colour), isRGBA=True)
        pen.set_linewidth(width)
        if self._clip is not None:
            pen.set_clip_rectangle(self._clip)
        return pen

    def areas(
        self,
        path: Outline,
        *,
        fill: Any = None,
        edge: Any = "none",
        width: float = 0.0,
        hatch: Hatch | None = None,
    ) -> None:
        """Fill and outline areas.

        Parameters
        ----------
        path : Path
            Closed strokes, in metres after :meth:`place`, else in pixels.
        fill, edge : colour or None
            As matplotlib reads them; None is no fill.
        width : float
            Of the outline, points.
        hatch : Hatch, optional
            Drawn over the fill and under the outline.
        """
        if _empty(path):
            return
        if hatch is not None:
            if fill is not None:
                self._agg.draw_path(self._pen("none", 0.0), path, self._to_pixels, to_rgba(fill))
            pen = self._pen("none", 0.0)
            # Agg repeats one tile of an inch, drawn from a path in the unit square
            lines = _hatch_path(round(96 / hatch.spacing))
            pen.set_hatch("/")
            pen.get_hatch_path = lambda density=0.0: lines
            pen.set_hatch_color(to_rgba(hatch.colour, hatch.opacity))
            pen.set_hatch_linewidth(hatch.width * POINTS)
            self._agg.draw_path(pen, path, self._to_pixels, None)
            fill = None
        pen = self._pen(edge, width)
        pen.set_joinstyle("miter")
        pen.set_capstyle("butt")
        self._agg.draw_path(pen, path, self._to_pixels, None if fill is None else to_rgba(fill))

    def lines(
        self, path: Outline, colour: Any, width: float, *, dash: Sequence[float] = ()
    ) -> None:
        """Draw lines.

        Parameters
        ----------
        path : Path
            In metres after :meth:`place`, else in pixels.
        colour : colour
        width : float
            Points.
        dash : sequence of float
            Points drawn and left free in turn; empty draws whole lines with round ends. Dashes end
            flat, since round ends would close short gaps.
        """
        if _empty(path):
            return
        pen = self._pen(colour, width)
        pen.set_joinstyle("round")
        pen.set_capstyle("butt" if dash else "round")
        if dash:
            pen.set_dashes(0, list(dash))
        self._agg.draw_path(pen, path, self._to_pixels, None)

    def dots(self, xy: np.ndarray, radius: float, colour: Any, edge: Any, width: float) -> None:
        """Draw a circle at every point.

        Parameters
        ----------
        xy : array of float (n, 2)
            In metres after :meth:`place`, else in pixels.
        radius, width : float
            Of the circle and of its outline; points, whatever the scale of the map.
        colour, edge : colour
        """
        if not len(xy):
            return
        pen = self._pen(edge, width)
        size = Affine2D().scale(radius * DPI / 72)
        places = Outline(np.asarray(xy, dtype=float))
        self._agg.draw_markers(
            pen, Outline.unit_circle(), size, places, self._to_pixels, to_rgba(colour)
        )

    def cells(self, codes: np.ndarray, extent: Box, down: bool, colours: Any) -> None:
        """Draw a raster, to each pixel the nearest cell.

        Parameters
        ----------
        codes : array, shape (rows, columns)
        extent : left, right, bottom, top
            Metres.
        down : bool
            Whether the first row is the top one.
        colours : callable
            From an array of codes to red, green, blue, alpha (0-255) of each.
        """
        left, right, bottom, top = extent
        (x0, y1), (x1, y0) = self.at(left, bottom), self.at(right, top)
        frame = self.box if self._clip is not None else (0, 0, self.width, self.height)
        columns = np.arange(max(round(x0), round(frame[0]), 0),
                            min(round(x1), round(frame[2]), self.width))  # fmt: skip
        rows = np.arange(max(round(y0), round(frame[1]), 0),
                         min(round(y1), round(frame[3]), self.height))  # fmt: skip
        if not len(columns) or not len(rows):
            return
        high, wide = codes.shape
        i = np.clip((rows + 0.5 - y0) / (y1 - y0) * high, 0, high - 1).astype(np.intp)
        j = np.clip((columns + 0.5 - x0) / (x1 - x0) * wide, 0, wide - 1).astype(np.intp)
        over = colours(codes[np.ix_(i if down else high - 1 - i, j)])
        part = self._buffer[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        cover = over[..., 3:].astype(np.uint16)
        mixed = over[..., :3] * cover + part[..., :3] * (255 - cover)
        part[..., :3] = (mixed + 127) // 255

    # ----------------------------------------------------------------------- words

    def write(self, *words: Word) -> None:
        """Put words on top of all shapes."""
        self._words += words

    # ----------------------------------------------------------------------- the picture

    def pixels(self) -> np.ndarray:
        """Return red, green, blue of each pixel, shape (height, width, 3), with the words."""
        image = Image.fromarray(self._buffer).convert("RGB")
        pencil = ImageDraw.Draw(image, "RGBA")
        for word in self._words:
            look: dict[str, Any] = {}
            if word.halo:
                look = {"stroke_width": word.halo, "stroke_fill": (255, 255, 255, 217)}
            pencil.text(
                (word.x, word.y),
                word.text,
                font=_font(word.size, word.bold),
                fill=word.colour,
                anchor=word.anchor,
                **look,
            )
        return np.asarray(image)

    def restore(self, pixels: np.ndarray) -> None:
        """Go back to a picture that :meth:`pixels` gave; words added later are dropped.

        The map is drawn once and the legend once a language on top of it.
        """
        self._buffer[:] = np.asarray(Image.fromarray(pixels).convert("RGBA"))
        self._words = []

    def png(self, beneath: np.ndarray | None = None) -> bytes:
        """Return the picture as PNG with a palette; ``beneath`` is it before words were written."""
        return picture_png(self.pixels(), beneath)


@cache
def _hatch_path(lines: int) -> Outline:
    """Return slanting lines through the unit square, ``lines`` of them along each side."""
    at = np.arange(-lines, lines + 1) / lines
    xy = np.array([[(x, 0.0), (x + 1.0, 1.0)] for x in at]).reshape(-1, 2)
    return Outline(xy, np.tile([Outline.MOVETO, Outline.LINETO], len(at)))


def _empty(path: Outline) -> bool:
    return not np.size(path.vertices)


@cache
def _font(size: float, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return matplotlib's own font, ``size`` in points."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    if not path.is_file():  # some distributions keep fonts elsewhere
        from matplotlib.font_manager import FontProperties, findfont

        found = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
        path = Path(str(findfont(found)))
    # the basic layout needs no library that may be absent, and reads any text
    return ImageFont.truetype(str(path), size * DPI / 72, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide a line of text is, in pixels."""
    return float(_font(size, bold).getlength(text))


def fold(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Break a text into lines of at most ``width`` pixels, between words where it can.

    >>> fold("one two three", 10, 60)
    ['one two', 'three']
    """
    if text_width(text, size, bold) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while len(word) > 1 and text_width(word, size, bold) > width:
            kept = len(word) - 1
            while kept > 1 and text_width(word[:kept], size, bold) > width:
                kept -= 1
            lines.append(word[:kept])
            word = word[kept:]
        line = word
    return [*lines, line] if line else lines


def path_of(parts: Sequence[np.ndarray], *, closed: bool = False) -> Outline:
    """Return one path of several strokes.

    Parameters
    ----------
    parts : sequence of arrays of float, each of shape (points, 2)
    closed : bool
        Whether each stroke returns to its first point (its last point must repeat that).
    """
    if not len(parts):
        return Outline(np.empty((0, 2)))
    sizes = np.array([len(part) for part in parts])
    return joined_path(np.concatenate(parts), np.repeat(np.arange(len(parts)), sizes), closed)


def joined_path(xy: np.ndarray, index: np.ndarray, closed: bool) -> Outline:
    """Return one path of points, with a new stroke where ``index`` changes.

    Parameters
    ----------
    xy : array of float (n, 2)
    index : array of int (n,)
        Stroke of each point; points of a stroke follow each other.
    closed : bool
        Whether each stroke is a ring. The last point of each is then read as "close", and its own
        coordinates are not drawn: it must repeat the first one, as rings of shapely do.

    Examples
    --------
    >>> path = joined_path(np.zeros((5, 2)), np.array([0, 0, 0, 1, 1]), closed=False)
    >>> path.codes.tolist()   # 1 begins a stroke, 2 draws on
    [1, 2, 2, 1, 2]
    """
    if not len(xy):
        return Outline(np.empty((0, 2)))
    codes = np.full(len(xy), Outline.LINETO, dtype=Outline.code_type)
    starts = np.r_[True, index[1:] != index[:-1]]
    # the order matters: a stroke of one point must stay a beginning
    if closed:
        codes[np.r_[starts[1:], True]] = Outline.CLOSEPOLY
    codes[starts] = Outline.MOVETO
    return Outline(xy, codes)
