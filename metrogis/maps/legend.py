"""Legends as data: the same entries feed the map, the page's HTML list and the picture."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.maps.images import ImageLayer
from metrogis.maps.layers import MapLayer
from metrogis.maps.symbols import Symbol, is_unknown
from metrogis.maps.values import heading


@dataclass(frozen=True)
class Entry:
    """One line of a legend, in one language."""

    label: str
    count: str
    symbol: Symbol
    unknown: bool


@dataclass(frozen=True)
class LegendBlock:
    """The legend of one layer, in one language: its classes, then the land beneath it."""

    title: str
    subtitle: str
    entries: tuple[Entry, ...]
    land: tuple[Entry, ...]
    notes: tuple[str, ...]
    shown: bool

    @property
    def lines(self) -> tuple[Entry, ...]:
        """All lines, as a reader sees them."""
        return (*self.entries, *self.land)


def legend_of(layer: MapLayer | ImageLayer, language: str) -> LegendBlock:
    """Return the legend of a layer in one language.

    Parameters
    ----------
    layer : MapLayer or ImageLayer
    language : str

    Returns
    -------
    LegendBlock
        A line for each class, empty ones too, with the number of features (area for a raster), then
        the land of which the view does not know. The heading of the column is the subtitle for
        graded values alone: with categories it would repeat the title.
    """
    title = layer.view.title.get(language)
    what = heading(layer.column, language) if layer.column else ""
    graded = bool(layer.view.breaks) and not layer.view.categories
    return LegendBlock(
        title=title,
        subtitle=what if graded and what.lower() != title.lower() else "",
        entries=tuple(
            Entry(c.label.get(language), layer.size_of(c, language), layer.symbol(c), is_unknown(c))
            for c in layer.classes
        ),
        land=tuple(
            Entry(p.label.get(language), p.size(language), p.symbol, True)
            for p in (layer.land.parts if layer.land else ())
        ),
        notes=tuple(note.get(language) for note in layer.notes),
        shown=layer.view.shown,
    )
