"""The registry of layers as texts: tables for a terminal and a document in Markdown."""

from __future__ import annotations

from metrogis.catalog.registry import LAYERS, Layer
from metrogis.i18n import Text, _
from metrogis.schemas import Field

HEADS = (
    _("column"),
    _("type"),
    _("unit"),
    _("allowed values"),
    _("required"),
    _("meaning"),
)
KINDS: dict[str, Text] = {
    "text": _("text"),
    "teryt": _("TERYT code"),
    "area": _("TERYT code or *"),
    "number": _("number"),
    "integer": _("whole number"),
    "flag": _("yes/no"),
    "date": _("date"),
}
GEOMETRY: dict[str, Text] = {
    "polygon": _("areas"),
    "line": _("lines"),
    "point": _("points"),
    "place": _("points or areas"),
    "": _("no geometry"),
}
_RASTER = _("raster, one band")
_ITSELF = _("a file that validates itself")
_GEOMETRY_OF, _DRIVERS = _("Geometry"), _("drivers")
_YES, _EMPTY, _NO = (
    _("yes"),
    _("yes, may be empty"),
    _("no"),
)
_UNIQUE = _("unique")


def rows(layer: Layer, language: str) -> list[tuple[str, ...]]:
    """Return the columns of a layer as rows of texts, one for each of :data:`HEADS`.

    >>> from metrogis.catalog.registry import LAYERS
    >>> rows(LAYERS["coverage"], "en")[3][:5]
    ('state', 'text', '', 'complete, partial, none', 'yes')
    """
    return [
        (
            name,
            KINDS[column.kind].get(language),
            column.unit,
            _allowed(column),
            _required(column, language),
            column.text.get(language),
        )
        for name, column in layer.fields.items()
    ]


def _allowed(column: Field) -> str:
    if column.allowed:
        return ", ".join(column.allowed)
    low, high = (None if x is None else f"{x:,.12g}" for x in (column.low, column.high))
    return {
        (True, True): "",
        (False, True): f">= {low}",
        (True, False): f"<= {high}",
        (False, False): f"{low} ... {high}",
    }[(low is None, high is None)]


def _required(column: Field, language: str) -> str:
    word = _NO if not column.required else _EMPTY if column.nullable else _YES
    unique = f", {_UNIQUE.get(language)}" if column.unique else ""
    return word.get(language) + unique


def summary(layer: Layer, language: str) -> str:
    """Return what a layer is for, its geometry and its drivers in one line.

    Parameters
    ----------
    layer : Layer
        A raster says so; a layer that validates itself (timetables, streets, plans) has no kind of
        geometry to state.
    language : {"pl", "en"}
    """
    if layer.schema and not layer.conforms_to:
        shape = _RASTER
    else:
        shape = GEOMETRY[layer.geometry] if layer.conforms_to else _ITSELF
    return (
        f"{layer.about.get(language)} {_GEOMETRY_OF.get(language)}: {shape.get(language)}; "
        f"{_DRIVERS.get(language)}: {', '.join(layer.drivers)}"
    )


_INTRODUCTION = """# Layers

Layers that checks know. A catalog names each with its file, driver and licence; columns of other
names are renamed with `[layers.NAME.rename]`, further columns are kept.

`metrogis layers schema NAME` prints the same on the command line, in Polish too, and with `--json`
for programs. `metrogis layers check CATALOG` says what is wrong with a file. Geometry comes in a
projected coordinate system in metres, or is brought into one.
"""


def document() -> str:
    """Return ``docs/layers.md``: of every layer its title, use, geometry, drivers and columns."""
    parts = [_INTRODUCTION]
    for layer in LAYERS.values():
        parts.append(f"\n## {layer.name}\n\n{layer.title.en[0].upper()}{layer.title.en[1:]} "
                     f"({layer.title.pl}). {summary(layer, 'en')}.\n")  # fmt: skip
        if layer.fields:
            heads = tuple(head.en for head in HEADS)
            lines = [heads, ("---",) * len(heads), *rows(layer, "en")]
            cells = (
                (f"`{line[0]}`" if i > 1 else line[0], *line[1:]) for i, line in enumerate(lines)
            )
            parts.append("\n" + "".join(f"| {' | '.join(line)} |\n" for line in cells))
    return "".join(parts)
