"""QGIS styles (QML) from views: the same classes and colours as on the map."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from metrogis.maps.layers import MapClass, MapLayer

_EDGE = "70,82,94,255"


def style(layer: MapLayer, language: str = "pl") -> str:
    """Return the QML of a layer.

    Categories become a categorised renderer. Breaks become rules, because QGIS's graduated renderer
    closes classes at both ends and leaves out rows without a value: here classes are half-open and
    "no data" is drawn.
    """
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology", labelsEnabled="0")
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
        _symbol(symbols, name, item, layer)
    ET.SubElement(root, "layerGeometryType").text = str(
        {"point": 0, "line": 1, "polygon": 2}[layer.shape]
    )
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


def _symbol(symbols: ET.Element, name: str, item: MapClass, layer: MapLayer) -> None:
    kind = {"polygon": "fill", "line": "line", "point": "marker"}[layer.shape]
    symbol = ET.SubElement(symbols, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1")
    view = layer.view
    width = f"{view.weight * 0.26:.2f}"  # pixels of the web map to millimetres
    if layer.shape == "polygon":
        _options(
            symbol,
            "SimpleFill",
            color=_rgba(item.colour, view.fill_opacity),
            outline_color=_EDGE,
            outline_width=f"{min(view.weight, 1.0) * 0.26:.2f}",
            outline_width_unit="MM",
            style="solid",
        )
        if item.hatch:
            _options(
                symbol,
                "SimpleFill",
                color="90,90,90,255",
                outline_style="no",
                style="f_diagonal",
            )
    elif layer.shape == "line":
        _options(
            symbol,
            "SimpleLine",
            line_color=_rgba(item.colour, 1.0),
            line_width=width,
            line_width_unit="MM",
            line_style="dash" if item.hatch else "solid",
            capstyle="round",
        )
    else:
        _options(
            symbol,
            "SimpleMarker",
            name="circle",
            color=_rgba(item.colour, view.fill_opacity),
            outline_color=_EDGE,
            outline_style="dash" if item.hatch else "solid",
            outline_width="0.2",
            size=f"{view.radius * 2 * 0.26:.2f}",
            size_unit="MM",
        )


def _options(symbol: ET.Element, kind: str, **values: str) -> None:
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _rgba(colour: str, opacity: float) -> str:
    r, g, b = (int(colour.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4))
    return f"{r},{g},{b},{round(opacity * 255)}"
