"""What the tables of a check repeat of its layers: the licences of those hold for them.

A number computed from a layer is nobody's row. A stop with its place and name is a row of the
timetable, whatever was computed for it; a conflict is a part of the zone that it was cut from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Taken:
    """What a table, or a raster, repeats of the layers of its check.

    Attributes
    ----------
    rows : tuple of str
        Layers whose objects its rows are, with their places, names or values: kept back where a
        layer is passed on as ``derived`` results only, or not at all.
    parts : tuple of str
        Layers whose shapes its shapes are cut from or joined of, or whose places it tells: results
        computed from them, kept back where a layer may not be passed on in any form.
    names : mapping of str to tuple of str
        Columns that repeat names of a layer's objects -> those layers: without value where a layer
        may not be passed on in any form.
    """

    rows: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def kept_back_by(self, rules: Mapping[str, str]) -> tuple[str, ...]:
        """Return the layers whose licences keep the table back.

        Parameters
        ----------
        rules : mapping
            Layer -> ``yes``, ``derived`` or ``no``; one that is not named is free.

        Examples
        --------
        >>> table = Taken(rows=("timetable",), parts=("population",))
        >>> table.kept_back_by({"timetable": "derived", "population": "derived"})
        ('timetable',)
        >>> table.kept_back_by({"population": "no"})
        ('population',)
        """
        rows = [name for name in self.rows if rules.get(name, "yes") != "yes"]
        parts = [name for name in self.parts if rules.get(name) == "no"]
        return tuple(dict.fromkeys([*rows, *parts]))

    def blank(self, rules: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Return the columns whose names may not be passed on, with the layers they are of."""
        found = {
            column: tuple(name for name in layers if rules.get(name) == "no")
            for column, layers in self.names.items()
        }
        return {column: layers for column, layers in found.items() if layers}


def of_all(layers: Collection[str]) -> Taken:
    """Return what is to be assumed of a table of which nothing is declared: rows of any layer."""
    return Taken(rows=tuple(layers))


@dataclass(frozen=True)
class KeptBack:
    """Something that is not published of a result, and the layer whose licence says so.

    Attributes
    ----------
    table : str
        Of a table, a raster; ``municipalities`` for their outlines.
    column : str
        Of that table only this column has no values; empty: all of it is kept back.
    layer, licence : str
        Whose licence, and what the catalog says of it.
    rule : {"derived", "no"}
    count : int
        Rows of the table; cells of the raster.
    """

    table: str
    layer: str
    licence: str
    rule: Literal["derived", "no"]
    count: int
    column: str = ""
