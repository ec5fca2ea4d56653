"""Legends as data: the same entries feed the map, the page's HTML list and the picture."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.maps.images import ImageLayer
from metrogis.maps.layers import MapLayer, is_unknown
from metrogis.maps.values import heading


@dataclass(frozen=True)
class Entry:
    """One line of a legend, in one language."""

    label: str
    count: str
    colour: str
    hatch: bool
    unknown: bool


@dataclass(frozen=True)
class LegendBlock:
    """The legend of one layer, in one language."""

    title: str
    subtitle: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]
    shape: str
    shown: bool


def legend_of(layer: MapLayer | ImageLayer, language: str) -> LegendBlock:
    """Return the legend of a layer: its classes with counts, and what the reader must know."""
    title = layer.view.title.get(language)
    what = heading(layer.column, language) if layer.column else ""
    graded = bool(layer.view.breaks) and not layer.view.categories
    return LegendBlock(
        title=title,
        subtitle=what if graded and what.lower() != title.lower() else "",
        entries=tuple(
            Entry(
                c.label.get(language),
                layer.size_of(c, language),
                c.colour,
                c.hatch,
                is_unknown(c),
            )
            for c in layer.classes
        ),
        notes=tuple(note.get(language) for note in layer.notes),
        shape=layer.shape,
        shown=layer.view.shown,
    )
