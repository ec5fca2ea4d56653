"""QGIS styles (QML) from views: the same classes and colours as on the map."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

from metrogis.maps.ground import LAND
from metrogis.maps.layers import SHAPES, MapLayer
from metrogis.maps.symbols import MM, Hatch, MapClass, Symbol


def style(layer: MapLayer, language: str = "pl") -> str:
    """Return the QML of a layer.

    Categories become a categorised renderer. Breaks become rules, because QGIS's graduated renderer
    closes classes at both ends and leaves out rows without a value: here classes are half-open and
    "no data" is drawn.
    """
    root = _root()
    if layer.view.column is None:
        renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
        pairs = [("0", layer.classes[0])]
    elif layer.view.categories:
        renderer = ET.SubElement(
            root, "renderer-v2", type="categorizedSymbol", attr=layer.view.column, symbollevels="0"
        )
        pairs = _categories(renderer, layer, language)
    else:
        renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
        pairs = _rules(renderer, layer, language)
    symbols = ET.SubElement(renderer, "symbols")
    for name, item in pairs:
        _symbol(symbols, name, layer.symbol(item))
    return _document(root, layer.shape)


def outline_style() -> str:
    """Return the QGIS style (QML) of municipalities as a background: their outlines alone."""
    root = _root()
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
    symbols = ET.SubElement(renderer, "symbols")
    _symbol(symbols, "0", Symbol("polygon", width=0.8))
    return _document(root, "polygon")


def land_style(language: str = "pl") -> str:
    """Return the QGIS style (QML) of land that is not known.

    Parameters
    ----------
    language : str
        Of the legend.

    Returns
    -------
    str
        XML; categories by the column ``state`` of the layer, with the hatching of the map.
    """
    root = _root()
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr="state", symbollevels="0"
    )
    group = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for i, (state, label, symbol) in enumerate(LAND):
        ET.SubElement(
            group,
            "category",
            type="string",
            value=state,
            symbol=str(i),
            label=label.get(language),
            render="true",
        )
        _symbol(symbols, str(i), symbol)
    return _document(root, "polygon")


def _root() -> ET.Element:
    return ET.Element("qgis", version="3.28.0", styleCategories="Symbology", labelsEnabled="0")


def _document(root: ET.Element, shape: str) -> str:
    ET.SubElement(root, "layerGeometryType").text = str(SHAPES.index(shape))
    body = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}"


def _categories(renderer: ET.Element, layer: MapLayer, language: str) -> list[tuple[str, MapClass]]:
    group = ET.SubElement(renderer, "categories")
    rest = [item for item in layer.classes if item.value is None]
    # QGIS has one category, "", for values not listed and for no value
    shown = [item for item in layer.classes if item.value is not None] + rest[:1]
    for i, item in enumerate(shown):
        several = rest if item.value is None else [item]
        ET.SubElement(
            group,
            "category",
            type="string",
            value=item.value or "",
            symbol=str(i),
            label=" / ".join(one.label.get(language) for one in several),
            render="true",
        )
    return [(str(i), item) for i, item in enumerate(shown)]


def _rules(renderer: ET.Element, layer: MapLayer, language: str) -> list[tuple[str, MapClass]]:
    rules = ET.SubElement(renderer, "rules", key="{metrogis}")
    for i, item in enumerate(layer.classes):
        ET.SubElement(
            rules,
            "rule",
            key=f"{{metrogis-{i}}}",
            symbol=str(i),
            label=item.label.get(language),
            filter=condition(layer.view.column or "", item),
        )
    return [(str(i), item) for i, item in enumerate(layer.classes)]


def condition(column: str, item: MapClass) -> str:
    """Return a class as a QGIS expression.

    >>> from metrogis.texts import both
    >>> condition("share", MapClass(both("a"), "#fff", lower=0.1, upper=0.25))
    '"share" >= 0.1 AND "share" < 0.25'
    """
    name = '"' + column.replace('"', '""') + '"'
    if item.missing:
        return f"{name} IS NULL"
    parts = []
    if item.lower is not None:
        parts.append(f"{name} >= {item.lower!r}")
    if item.upper is not None:
        parts.append(f"{name} {'<=' if item.closed else '<'} {item.upper!r}")
    return " AND ".join(parts) or "ELSE"


def _symbol(symbols: ET.Element, name: str, symbol: Symbol) -> None:
    kind = {"polygon": "fill", "line": "line", "point": "marker"}[symbol.shape]
    parent = ET.SubElement(symbols, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1")
    width, outline = _mm(symbol.width), "solid" if symbol.width else "no"
    if symbol.shape == "polygon":
        if symbol.fill_opacity or symbol.width:
            _options(
                parent,
                "SimpleFill",
                color=_rgba(symbol.fill, symbol.fill_opacity),
                outline_color=_rgba(symbol.stroke, symbol.stroke_opacity),
                outline_style=outline,
                outline_width=width,
                outline_width_unit="MM",
                style="solid" if symbol.fill_opacity else "no",
            )
        if symbol.hatch is not None:
            _hatch(parent, name, symbol.hatch)
    elif symbol.shape == "line":
        _options(
            parent,
            "SimpleLine",
            line_color=_rgba(symbol.stroke, symbol.stroke_opacity),
            line_width=width,
            line_width_unit="MM",
            line_style="solid",
            capstyle="flat" if symbol.dash else "round",
            use_custom_dash="1" if symbol.dash else "0",
            customdash=";".join(_mm(length) for length in symbol.dash) or "5;2",
            customdash_unit="MM",
        )
    else:
        _options(
            parent,
            "SimpleMarker",
            name="circle",
            color=_rgba(symbol.fill, symbol.fill_opacity),
            outline_color=_rgba(symbol.stroke, symbol.stroke_opacity),
            outline_style=outline,
            outline_width=width,
            outline_width_unit="MM",
            size=_mm(2 * symbol.radius),
            size_unit="MM",
        )


def _hatch(parent: ET.Element, name: str, hatch: Hatch) -> None:
    """Add slanting lines: QGIS measures their distance across, not along a row."""
    layer = _options(
        parent,
        "LinePatternFill",
        angle="45",
        color=_rgba(hatch.colour, hatch.opacity),
        distance=_mm(hatch.spacing / math.sqrt(2)),
        distance_unit="MM",
        line_width=_mm(hatch.width),
        line_width_unit="MM",
        offset="0",
    )
    line = ET.SubElement(
        layer, "symbol", name=f"@{name}@1", type="line", alpha="1", clip_to_extent="1"
    )
    _options(
        line,
        "SimpleLine",
        line_color=_rgba(hatch.colour, hatch.opacity),
        line_width=_mm(hatch.width),
        line_width_unit="MM",
        line_style="solid",
        capstyle="flat",
    )


def _mm(pixels: float) -> str:
    return f"{pixels * MM:.3f}"


def _options(symbol: ET.Element, kind: str, **values: str) -> ET.Element:
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", name=name, type="QString", value=value)
    return layer


def _rgba(colour: str, opacity: float) -> str:
    r, g, b = (int(colour.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4))
    return f"{r},{g},{b},{round(opacity * 255)}"
