"""One class, one style, four renderers: web map, legend, picture and QGIS draw the same."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import matplotlib.colors
import numpy as np
import pytest
import shapely

from metrogis.checks.contract import Category, View
from metrogis.maps import layers, symbols
from metrogis.maps.ground import LAND
from metrogis.maps.symbols import Hatch, MapClass, Symbol, class_symbol, web_style
from metrogis.report import figures, pages, qgis
from metrogis.report.canvas import DPI, Canvas
from metrogis.texts import NO_DATA, UNKNOWN, both

KNOWN = MapClass(both("served"), "#009E73", value="served")
UNKNOWNS = {
    "a category that is hatched": MapClass(both("?"), "#BBBBBB", hatch=True, value="x"),
    "a category called unknown": MapClass(UNKNOWN, "#BBBBBB", value="unknown"),
    "a missing number": MapClass(NO_DATA, "#d9d9d9", hatch=True, missing=True),
}
SHAPES = {
    "polygon": shapely.box(0, 0, 100, 100),
    "line": shapely.LineString([(0, 0), (100, 100)]),
    "point": shapely.Point(50, 50),
}
CLASSES = {"known": KNOWN, **UNKNOWNS}
ALL = {
    f"{shape}: {name}": class_symbol(item, shape, width=3.0, fill_opacity=0.65, radius=5.0)
    for shape in SHAPES
    for name, item in CLASSES.items()
} | {f"land: {word}": symbol for word, _, symbol in LAND}


def look(symbol: Symbol) -> dict[str, Any]:
    """Return what a reader sees of a symbol, in pixels."""
    seen: dict[str, Any] = {"fill": None, "stroke": None, "dash": [], "hatch": None}
    if symbol.fill_opacity:
        seen["fill"] = (symbol.fill.lower(), symbol.fill_opacity)
    if symbol.width:
        seen["stroke"] = (symbol.stroke.lower(), symbol.stroke_opacity, symbol.width)
    seen["dash"] = list(symbol.dash)
    if symbol.hatch:
        h = symbol.hatch
        seen["hatch"] = (h.colour.lower(), h.opacity, h.spacing, h.width)
    return seen


def web(symbol: Symbol) -> dict[str, Any]:
    style = web_style(symbol)
    hatch = style.get("hatch")
    filled = symbol.shape != "line" and style["fillOpacity"]
    return {
        "fill": (style["fillColor"].lower(), style["fillOpacity"]) if filled else None,
        "stroke": (style["color"].lower(), style["opacity"], style["weight"])
        if style["stroke"]
        else None,
        "dash": [float(d) for d in style.get("dashArray", "").split()],
        "hatch": (hatch["color"].lower(), hatch["opacity"], hatch["spacing"], hatch["weight"])
        if hatch
        else None,
    }


def legend(symbol: Symbol) -> dict[str, Any]:
    template = pages._environment().from_string(
        '{% from "parts.html.j2" import swatch with context %}{{ swatch(symbol) }}'
    )
    root = ET.fromstring(template.render(symbol=symbol, w={}))
    main, *rest = list(root)
    seen: dict[str, Any] = {"fill": None, "stroke": None, "dash": [], "hatch": None}
    if main.get("fill") != "none" and float(main.get("fill-opacity", 1)):
        seen["fill"] = (main.get("fill", "").lower(), float(main.get("fill-opacity", 1)))
    if main.get("stroke"):
        seen["stroke"] = (
            main.get("stroke", "").lower(),
            float(main.get("stroke-opacity", 1)),
            float(main.get("stroke-width", 1)),
        )
    seen["dash"] = [float(d) for d in main.get("stroke-dasharray", "").split()]
    lines = [r for r in rest if r.get("d", "").count("M") > 1]
    if lines:
        line = lines[0]
        starts = [
            float(x) + float(y) for x, y in re.findall(r"M([\d.]+) ([\d.]+)", line.get("d", ""))
        ]
        (spacing,) = set(np.diff(starts).tolist())
        seen["hatch"] = (
            line.get("stroke", "").lower(),
            float(line.get("stroke-opacity", 1)),
            spacing,
            float(line.get("stroke-width", 1)),
        )
    return seen


class Spy(Canvas):
    """A canvas that notes what it is asked to draw."""

    def __init__(self) -> None:
        super().__init__(200, 200, "white")
        self.place((0, 0, 200, 200), (0.0, 0.0, 100.0, 100.0))
        self.seen: dict[str, Any] = {"fill": None, "stroke": None, "dash": [], "hatch": None}

    def _paint(self, colour: Any) -> tuple[str, float]:
        r, g, b, a = matplotlib.colors.to_rgba(colour)
        return matplotlib.colors.to_hex((r, g, b)), round(a, 6)

    def areas(self, path: Any, **options: Any) -> None:
        super().areas(path, **options)
        if options["fill"] is not None:
            self.seen["fill"] = self._paint(options["fill"])
        if options["width"]:
            pixels = round(options["width"] * 96 / 72, 6)
            self.seen["stroke"] = (*self._paint(options["edge"]), pixels)
        if options["hatch"]:
            h = options["hatch"]
            self.seen["hatch"] = (h.colour.lower(), h.opacity, h.spacing, h.width)

    def lines(self, path: Any, colour: Any, width: float, *, dash: Any = ()) -> None:
        super().lines(path, colour, width, dash=dash)
        self.seen["stroke"] = (*self._paint(colour), round(width * 96 / 72, 6))
        self.seen["dash"] = [round(d * 96 / 72, 6) for d in dash]

    def dots(self, xy: Any, radius: float, colour: Any, edge: Any, width: float) -> None:
        super().dots(xy, radius, colour, edge, width)
        self.seen["fill"] = self._paint(colour)
        self.seen["stroke"] = (*self._paint(edge), round(width * 96 / 72, 6))


def picture(symbol: Symbol) -> dict[str, Any]:
    spy = Spy()
    figures._draw_shapes(spy, symbol, np.array([SHAPES[symbol.shape]]), 1.0)
    return spy.seen


def picture_legend(symbol: Symbol) -> dict[str, Any]:
    spy = Spy()
    spy.whole()
    frame, spy.areas = (
        spy.areas,
        lambda path, **o: frame(path, **{"fill": None, "hatch": None, **o}),
    )  # type: ignore[method-assign]
    figures._swatch(spy, symbol, 10, 100, 10)
    if not symbol.width:  # what is drawn without an outline has a thin frame in a legend
        spy.seen["stroke"] = None
    return spy.seen


def in_qgis(symbol: Symbol) -> dict[str, Any]:
    root = ET.Element("symbols")
    qgis._symbol(root, "0", symbol)
    return read_qgis(root.find("symbol"))


def read_qgis(symbol: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"fill": None, "stroke": None, "dash": [], "hatch": None}

    def paint(text: str) -> tuple[str, float]:
        r, g, b, a = map(int, text.split(","))
        return f"#{r:02x}{g:02x}{b:02x}", a / 255

    def pixels(text: str) -> float:
        return float(text) * 96 / 25.4

    for layer in symbol.findall("layer"):
        o = {x.get("name"): x.get("value") for x in layer.findall("Option/Option")}
        kind = layer.get("class")
        if kind in ("SimpleFill", "SimpleMarker"):
            if paint(o["color"])[1] and o.get("style") != "no":
                seen["fill"] = paint(o["color"])
            if o["outline_style"] != "no":
                seen["stroke"] = (*paint(o["outline_color"]), pixels(o["outline_width"]))
        elif kind == "SimpleLine":
            seen["stroke"] = (*paint(o["line_color"]), pixels(o["line_width"]))
            if o["use_custom_dash"] == "1":
                assert o["capstyle"] == "flat"  # round ends close the gaps
                seen["dash"] = [pixels(d) for d in o["customdash"].split(";")]
        elif kind == "LinePatternFill":
            assert o["angle"] == "45"
            along = pixels(o["distance"]) * 2**0.5
            seen["hatch"] = (*paint(o["color"]), along, pixels(o["line_width"]))
            line = layer.find("symbol/layer")
            own = {x.get("name"): x.get("value") for x in line.findall("Option/Option")}
            assert (own["line_color"], own["line_width"]) == (o["color"], o["line_width"])
    return seen


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Compare two looks: colours and opacities to a 255th, sizes to a hundredth of a pixel."""
    for key, value in one.items():
        theirs = other[key]
        if value is None or theirs is None:
            if value is not theirs:
                return False
            continue
        if len(value) != len(theirs):
            return False
        for a, b in zip(value, theirs, strict=True):
            if isinstance(a, str):
                if a != b:
                    return False
            elif abs(a - b) > 0.02:
                return False
    return True


@pytest.mark.parametrize("renderer", [web, legend, picture, picture_legend, in_qgis])
@pytest.mark.parametrize("name", ALL)
def test_every_renderer_draws_what_the_table_says(renderer: Any, name: str):
    symbol = ALL[name]
    assert same(look(symbol), renderer(symbol)), (look(symbol), renderer(symbol))


@pytest.mark.parametrize("name", UNKNOWNS)
def test_what_is_not_known_is_hatched_dashed_or_hollow_whatever_says_so(name: str):
    area, line, point = (ALL[f"{shape}: {name}"] for shape in SHAPES)
    assert area.hatch is not None
    assert line.dash
    assert point.fill == symbols.PAPER
    assert point.width > ALL["point: known"].width
    for shape in SHAPES:
        known = ALL[f"{shape}: known"]
        assert known.hatch is None
        assert not known.dash
        assert known.fill != symbols.PAPER or shape == "line"


def test_every_hatch_fits_a_tile_of_an_inch():
    hatches = {s.hatch for s in ALL.values() if s.hatch}
    assert len(hatches) == 3
    assert all(96 % h.spacing == 0 for h in hatches)


@pytest.mark.parametrize("spacing", [8.0, 16.0])
def test_hatch_of_pictures_rises_to_the_right_at_its_spacing(spacing: float):
    canvas = Canvas(330, 330, "white")
    outline = figures._box(0, 0, 330, 330)
    canvas.areas(outline, hatch=Hatch(spacing=spacing, width=1.0, opacity=1.0, colour="#000000"))
    dark = canvas.pixels().min(axis=2) < 140
    for row in (57, 200):
        starts = np.flatnonzero(dark[row, 1:] & ~dark[row, :-1])
        assert np.diff(starts).mean() == pytest.approx(spacing * DPI / 96, rel=0.05)
        assert np.ptp(np.diff(starts)) <= 2  # tiles join without a seam
    # one row up a line lies one column to the right
    up, here = dark[99, 20:300], dark[100, 20:300]
    assert (up[1:] & here[:-1]).sum() > (up[:-1] & here[1:]).sum()


def test_mixed_shapes_of_one_layer_are_each_drawn_as_what_they_are(synthetic: Any):
    result = synthetic.result()
    links = result.features["links"]
    links["state"] = ["served", "unknown", "unknown"]
    shapes = links.geometry.to_numpy().copy()
    shapes[2] = shapely.Point(*synthetic.ORIGIN).buffer(900)
    result.features["links"] = links.set_geometry(gpd.GeoSeries(shapes, links.index, links.crs))
    view = View(
        "links",
        both("Links"),
        column="state",
        categories=(
            Category("served", both("served"), "#009E73"),
            Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
        ),
    )
    made = layers.build(replace(result, check=replace(result.check, views=(view,))))[0]
    assert made.further_shapes == ("polygon",)
    unknown = made.classes[1]
    assert made.symbol(unknown).dash
    assert made.symbol(unknown, "polygon").hatch
