"""Steps that tables and features share: rename, map, choose, cast, validate, cut, keep in a cache.

Parsed layers are cached as GeoParquet by the hash of source and settings: a large GML is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from metrogis import crs as crs_rules
from metrogis import provenance, schemas
from metrogis.catalog import placing
from metrogis.catalog.models import OsmFeaturesLayer, TableLayer, VectorLayer
from metrogis.catalog.readers import cache, members, teryt_codes
from metrogis.catalog.registry import LAYERS
from metrogis.errors import CRSError
from metrogis.i18n import _
from metrogis.osm.values import kind_of, plain_key
from metrogis.provenance import Audit, Source
from metrogis.sources import files, tables, values

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

CACHE_FROM_BYTES = 2_000_000
"""Files together from which on a parsed layer is kept: smaller ones are read as fast."""
_CACHE_VERSION = 4
"""Raise when reading or validating changes what a cached layer would hold."""

_Tabular = VectorLayer | TableLayer | OsmFeaturesLayer
Placed = Callable[[Any, Audit], tuple[Any, Audit]]


def read(
    metro: Opened,
    name: str,
    layer: _Tabular,
    paths: list[Path],
    source: Source,
    parse: Callable[[], Any],
    placed: Placed | None = None,
) -> Any:
    """Return the rows of a layer as checks know them, from the cache where they are kept.

    Parameters
    ----------
    metro, name, layer, paths, source
        As every reader has them.
    parse : callable
        Reads the files: a frame with the columns that they have.
    placed : callable, optional
        Gives the rows of a table their places, once columns have their names and values; takes and
        returns frame and audit.
    """
    settings = layer.model_dump(mode="json", by_alias=True)
    own = metro.info.units if name == members.LAYER else ()
    key = files.settings_key(_CACHE_VERSION, source.sha256, settings, metro.info.crs, own)
    cached = files.cache_directory() / "parsed" / f"{name}-{key}.parquet"
    # a layer placed or cut by another one depends on more than its own file
    alone = layer.inside is None and getattr(layer, "locate", None) is None
    heavy = sum(file.stat().st_size for file in files.opened(paths)) >= CACHE_FROM_BYTES
    if alone and heavy and cached.is_file():
        frame = cache.load(cached)
        if frame is not None:
            return frame
    frame, audit = _own_columns(parse(), name, layer, place_of(paths))
    if placed is not None:
        frame, audit = placed(frame, audit)
    if own:
        frame, audit = members.chosen(frame, own, audit)
    frame, found, completed = _conforming(metro, name, layer, frame)
    audit += found
    if layer.inside is not None:
        frame, audit = _cut(metro, frame, layer.inside, name, audit)
    frame = provenance.attach(frame.reset_index(drop=True), source, audit)
    if alone and heavy and not completed:
        cache.keep(frame, cached)
    return frame


def place_of(paths: list[Path]) -> str:
    """Return the files of a layer as errors name them."""
    return ", ".join(path.name for path in paths)


def _conforming(metro: Opened, name: str, layer: _Tabular, frame: Any) -> tuple[Any, Audit, bool]:
    """Bring a frame into the working CRS and its schema; tell whether other layers helped."""
    schema = _schema_of(name, layer)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = crs_rules.moved(frame, metro.crs)
        if layer.inside is not None:
            placing.placed(metro, name, frame)  # before it is cut: why nothing is left
    frame, audit = teryt_codes.completed(metro, name, schema, frame)
    completed = bool(len(audit))
    frame, found = schemas.conform(frame, schema, layer=name)
    audit += found
    if schema == "PopulationCells":
        from metrogis.population.cells import believed

        people, found = believed(frame["population"].to_numpy(float), frame, layer=name)
        frame["population"] = people
        audit += found
    return frame, audit, completed


def _own_columns(frame: Any, name: str, layer: _Tabular, place: str) -> tuple[Any, Audit]:
    """Rename columns, turn their values into ours, choose rows."""
    audit = Audit()
    needed = [*layer.rename, *layer.keep, *layer.drop]
    tables.require_columns(
        frame,
        [n for n in needed if n not in layer.rename.values()],
        layer=name,
        place=place,
    )
    frame, clashes = values.renamed(frame, layer.rename)
    for column, count in clashes.items():
        what = _("columns renamed to {column} differ: the first is taken").fill(column=column)
        audit = audit.add(name, "guessed", count, what)
    frame, audit = _values(frame, name, layer, place, audit)
    for column, value in layer.set.items():
        frame[column] = value
    return _chosen(frame, name, layer, audit)


def _chosen(frame: Any, name: str, layer: _Tabular, audit: Audit) -> tuple[Any, Audit]:
    """Keep the rows that ``keep`` and ``drop`` of the catalog leave."""
    for column, chosen in layer.keep.items():
        kept = frame[column].astype("object").isin(chosen)
        audit = audit.add(
            name,
            "dropped",
            int((~kept).sum()),
            _("not among the kept values of {column}").fill(column=column),
        )
        frame = frame[kept]
    for column, chosen in layer.drop.items():
        gone = frame[column].astype("object").isin(chosen)
        audit = audit.add(
            name,
            "dropped",
            int(gone.sum()),
            _("{column} = {chosen}").fill(column=column, chosen=" / ".join(chosen)),
        )
        frame = frame[~gone]
    return frame, audit


_UNREAD = _(
    "a column of map has a name that the schema of the layer does not know: rename it (e.g. state)"
)


def _is_read(column: str, name: str, layer: _Tabular) -> bool:
    """Tell whether a column is one that the schema names, or a tag of OpenStreetMap."""
    fields = schemas.get(_schema_of(name, layer)).fields
    return not fields or column in fields or bool(kind_of(plain_key(column)))


def _values(frame: Any, name: str, layer: _Tabular, place: str, audit: Audit) -> tuple[Any, Audit]:
    """Turn signs, numbers and codes of a municipality into ours."""
    if layer.na:
        frame, count = values.without_blanks(frame, layer.na)
        audit = audit.add(
            name,
            "unknown",
            count,
            _("values marked as missing"),
            layer.na,
        )
    for column, codes in layer.map.items():
        at = layer.rename.get(column, column)
        tables.require_columns(frame, [at], layer=name, place=place)
        frame[at], others = values.mapped(frame[at], codes)
        audit = audit.add(name, "noted", int(not _is_read(at, name, layer)), _UNREAD, [at])
        audit = audit.add(
            name,
            "noted",
            sum(others.values()),
            _("{column}: codes that map does not list").fill(column=column),
            [f"{code!r} ({count})" for code, count in others.items()],
        )
    fields = schemas.get(_schema_of(name, layer)).fields
    if layer.decimal is None and layer.thousands is None:
        people = [layer.rename.get(c, c) for c, rule in fields.items() if rule.unit == "people"]
        tables.require_whole_people(frame, people, layer=name, place=place)
    else:
        numeric = [c for c, rule in fields.items() if rule.kind in ("number", "integer")]
        placed = [getattr(layer, "x", None), getattr(layer, "y", None)]
        for number in (*numeric, *(axis for axis in placed if axis is not None)):
            at = layer.rename.get(number, number)
            if at in frame.columns:
                frame[at] = values.plain_numbers(
                    frame[at], decimal=layer.decimal, thousands=layer.thousands
                )
    return frame, audit


def _schema_of(name: str, layer: _Tabular) -> str:
    return layer.schema_name or (LAYERS[name].schema if name in LAYERS else "") or "Table"


def _cut(
    metro: Opened, frame: gpd.GeoDataFrame, by: str, name: str, audit: Audit
) -> tuple[gpd.GeoDataFrame, Audit]:
    area = shapely.union_all(metro[by].geometry.to_numpy())
    shapely.prepare(area)
    kept = shapely.intersects(area, frame.geometry.to_numpy())
    audit = audit.add(
        name,
        "dropped",
        int((~kept).sum()),
        _("outside the municipalities"),
    )
    if not kept.any():
        raise CRSError(
            _("nothing lies inside the municipalities"),
            layer=name,
            remedy=_("check CRS and extent of the layer"),
        )
    return frame[kept], audit
