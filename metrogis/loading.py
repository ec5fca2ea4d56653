"""How a layer of a catalog is read: by its driver, validated, in the metropolis's working CRS.

Parsed tables are cached as GeoParquet by the hash of source and settings: a large GML is read once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import (
    boundary,
    completing,
    finer,
    judging,
    parsed,
    placing,
    provenance,
    schemas,
    timetabling,
)
from metrogis import catalog as cat
from metrogis import crs as crs_rules
from metrogis.errors import CRSError, MetrogisError, SourceError
from metrogis.evidence import loss, record
from metrogis.osm.values import kind_of, plain_key
from metrogis.provenance import Audit, Source
from metrogis.sources import files, gdal, rasters, tables, values, vector
from metrogis.sources.rasters import Expected
from metrogis.texts import Text

if TYPE_CHECKING:
    from metrogis.opened import Opened

_CACHE_FROM_BYTES = 2_000_000
_CACHE_VERSION = 4
"""Raise when reading or validating changes what a cached layer would hold."""


@dataclass(frozen=True)
class LayerFile:
    """A file handed to a check as it is, and where it came from."""

    path: Path
    source: Source
    audit: Audit = field(default_factory=Audit)


def load(metro: Opened, name: str) -> Any:
    """Read a layer by its driver, validate it, bring it into the working CRS.

    Raises
    ------
    MetrogisError
        Whatever a reader or a library raised: one error that names the layer and its file.
    """
    declared = metro.catalog.layers[name]
    try:
        with boundary.reading(
            Text("warstwy nie da się odczytać", "the layer cannot be read"),
            layer=name,
            place=boundary.place_of(getattr(declared, "path", None)),
            remedy=Text(
                "sprawdź, czy plik jest cały i czy pasuje do sterownika (driver) w katalogu",
                "check that the file is whole and fits the driver that the catalog names",
            ),
        ):
            layer = _load(metro, name)
            return judging.judged(metro, name, layer)
    except MetrogisError as error:
        if error.layer not in metro.catalog.layers:  # a feed, a table of the feed, a parameter
            parts = [error.layer, *(error.place or "").split(", ")]
            error.place = ", ".join(dict.fromkeys(part for part in parts if part)) or None
            error.layer = name
        raise


def _load(metro: Opened, name: str) -> Any:
    layer = metro.catalog.layers[name]
    assert not isinstance(layer, cat.MissingLayer)
    paths = _resolved(metro, name, layer)
    hashes = [provenance.file_hash(p) for p in files.opened(paths)]
    source = Source(
        layer=name,
        origin=", ".join(p for p in (layer.path, *getattr(layer, "more", ()))),
        licence=layer.licence,
        attribution=layer.attribution,
        date=layer.date,
        sha256=hashes[0] if len(hashes) == 1 else files.settings_key(hashes),
    )
    if isinstance(layer, cat.GtfsLayer):
        return timetabling.timetable(metro, layer, paths, source)
    if isinstance(layer, cat.RasterLayer):
        return _raster(metro, name, layer, paths[0], source)
    if isinstance(layer, cat.AppGmlLayer):
        return _plans(metro, name, layer, paths, source)
    if isinstance(layer, cat.OsmLayer):
        from metrogis.streets.layer import Streets

        return Streets(paths[0], metro.crs, source)
    if isinstance(layer, cat.GbfsLayer):
        return _bike_share(metro, name, paths[0], source)
    if isinstance(layer, cat.FileLayer):
        return LayerFile(paths[0], source)
    frame = _table(metro, name, layer, paths, source)
    return finer.refined(metro, name, layer, frame) if getattr(layer, "finer", None) else frame


def _bike_share(metro: Opened, name: str, path: Path, source: Source) -> Any:
    from metrogis.sources.gbfs import read_gbfs

    frame = read_gbfs(path, layer=name)
    audit = provenance.audit_of(frame)
    frame = _moved(frame, metro.crs)
    frame, found = schemas.conform(frame, "BikeShare", layer=name)
    return provenance.attach(frame, source, audit + found)


def _plans(
    metro: Opened, name: str, layer: cat.AppGmlLayer, paths: list[Path], source: Source
) -> Any:
    from metrogis.sources import app_cache

    plan = app_cache.read(
        paths, crs=metro.crs, as_of=layer.as_of, assume_crs=layer.assume_crs, layer=name
    )
    return replace(plan, source=source)


def _raster(metro: Opened, name: str, layer: cat.RasterLayer, path: Path, source: Source) -> Any:
    if layer.schema_name == "Raster":
        return _grid(metro, name, layer, path, source)
    from metrogis import population

    frame = population.from_raster(
        path, band=layer.band, crs=layer.crs, nodata=layer.nodata, expected=_stated(layer),
        layer=name,
    )  # fmt: skip
    audit = provenance.audit_of(frame)
    frame = _moved(frame, metro.crs)
    frame, found = schemas.conform(frame, layer.schema_name, layer=name)
    return provenance.attach(frame, source, audit + found)


def _stated(layer: cat.RasterLayer) -> Expected | None:
    """Values the catalog says the layer has; None where it says nothing."""
    if layer.range is None and not layer.classes:
        return None
    low, high = layer.range if layer.range is not None else (-math.inf, math.inf)
    return Expected(low, high, classes=tuple(layer.classes) or None)


def _grid(metro: Opened, name: str, layer: cat.RasterLayer, path: Path, source: Source) -> Any:
    """Read a raster of classes or measures, in the working CRS."""
    from metrogis.landscape import expected
    from metrogis.landscape import grid as grids

    # in cells: the CRS of the file need not be metric, the one it is brought into is
    raw = grids.read(
        path, layer=name, nodata=layer.nodata, crs=layer.crs, band=layer.band, in_cells=True,
        expected=_stated(layer),
    )  # fmt: skip
    if raw.transform is not None:
        rasters.require_projected(raw.crs, raw.transform, raw.shape, layer=name, metric=False)
    if layer.range is None and not layer.classes:
        # before cells are mixed: a fill that is not declared would spoil its neighbours
        assert raw.transform is not None
        usual = expected.of_layer(name, raw, abs(raw.transform.a * raw.transform.e))
        raw = raw if usual is None else grids.only_expected(raw, usual, layer=name)
    ready = grids.warp(raw, crs=metro.crs, resampling=layer.resampling, layer=name)
    audit = raw.audit
    if ready is raw:
        known = np.ma.array(raw.values, mask=~raw.valid)
        ready = grids.read(known, transform=raw.transform, crs=raw.crs, layer=name)
    else:
        audit = audit.add(
            name,
            "repaired",
            int(ready.valid.sum()),
            Text(
                f"komórki przeliczone z {crs_rules.name_of(raw.crs)} ({layer.resampling})",
                f"cells resampled from {crs_rules.name_of(raw.crs)} ({layer.resampling})",
            ),
        )
    return replace(ready, source=source, audit=audit)


def _table(
    metro: Opened,
    name: str,
    layer: cat.VectorLayer | cat.TableLayer,
    paths: list[Path],
    source: Source,
) -> Any:
    settings = layer.model_dump(mode="json", by_alias=True)
    key = files.settings_key(_CACHE_VERSION, source.sha256, settings, metro.info.crs)
    cached = files.cache_directory() / "parsed" / f"{name}-{key}.parquet"
    # a layer placed or cut by another one depends on more than its own file
    alone = layer.inside is None and getattr(layer, "locate", None) is None
    heavy = sum(file.stat().st_size for file in files.opened(paths)) >= _CACHE_FROM_BYTES
    if alone and heavy and cached.is_file():
        frame = parsed.load(cached)
        if frame is not None:
            return frame
    frame, audit = _read(metro, name, layer, paths)
    schema = _schema_of(name, layer)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _moved(frame, metro.crs)
        if layer.inside is not None:
            placing.placed(metro, name, frame)  # before it is cut: why nothing is left
    frame, found = completing.completed(metro, name, schema, frame)
    audit += found
    alone = alone and not len(found)
    frame, found = schemas.conform(frame, schema, layer=name)
    audit += found
    if schema == "PopulationCells":
        from metrogis.population.cells import believed

        people, found = believed(frame["population"].to_numpy(float), frame, layer=name)
        frame["population"] = people
        audit += found
    if layer.inside is not None:
        frame, audit = _cut(metro, frame, layer.inside, name, audit)
    frame = provenance.attach(frame.reset_index(drop=True), source, audit)
    if alone and heavy:
        parsed.keep(frame, cached)
    return frame


def _read(
    metro: Opened, name: str, layer: cat.VectorLayer | cat.TableLayer, paths: list[Path]
) -> tuple[Any, Audit]:
    """Read the files of a layer, rename, map codes, choose rows; place the rows of a table."""
    audit = Audit()
    place = ", ".join(path.name for path in paths)
    frame: Any
    if isinstance(layer, cat.VectorLayer):
        frame = vector.joined(
            [
                vector.read(
                    path,
                    layer=name,
                    sublayer=layer.sublayer,
                    crs=layer.crs,
                    swap_axes=layer.swap_axes,
                    encoding=layer.encoding,
                    member=layer.member,
                )
                for path in paths
            ]
        )
    else:
        frame = _joined_tables([_one_table(path, name, layer) for path in paths], name, place)
    needed = [*layer.rename, *layer.keep, *layer.drop]
    tables.require_columns(
        frame,
        [n for n in needed if n not in layer.rename.values()],
        layer=name,
        place=place,
    )
    frame, clashes = values.renamed(frame, layer.rename)
    for column, count in clashes.items():
        what = Text(
            f"kolumny zapisane jako {column} różnią się: użyto pierwszej",
            f"columns renamed to {column} differ: the first is taken",
        )
        audit = audit.add(name, "guessed", count, what)
    frame, audit = _values(frame, name, layer, place, audit)
    for column, value in layer.set.items():
        frame[column] = value
    for column, chosen in layer.keep.items():
        kept = frame[column].astype("object").isin(chosen)
        audit = audit.add(
            name,
            "dropped",
            int((~kept).sum()),
            Text(f"poza wyborem {column}", f"not among the kept values of {column}"),
        )
        frame = frame[kept]
    for column, chosen in layer.drop.items():
        gone = frame[column].astype("object").isin(chosen)
        audit = audit.add(
            name,
            "dropped",
            int(gone.sum()),
            Text(f"{column} = {' / '.join(chosen)}", f"{column} = {' / '.join(chosen)}"),
        )
        frame = frame[~gone]
    if isinstance(layer, cat.TableLayer):
        frame, audit = _placed(metro, frame, layer, name, audit, place)
    return frame, audit


def _one_table(path: Path, name: str, layer: cat.TableLayer) -> pd.DataFrame:
    with gdal.unpacked(path, layer=name, kind="table", member=layer.member) as file:
        return tables.read(
            file,
            layer=name,
            encoding=layer.encoding,
            separator=layer.separator,
            sheet=layer.sheet,
            skip_rows=layer.skip_rows,
            header_rows=layer.header_rows,
        )


def _joined_tables(parts: list[pd.DataFrame], name: str, place: str) -> pd.DataFrame:
    first = list(parts[0].columns)
    for part in parts[1:]:
        tables.require_columns(part, first, layer=name, place=place)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


_UNREAD = Text(
    "kolumna z map ma nazwę, której schemat warstwy nie zna: nazwij ją w rename (np. state)",
    "a column of map has a name that the schema of the layer does not know: rename it (e.g. state)",
)


def _is_read(column: str, name: str, layer: cat.VectorLayer | cat.TableLayer) -> bool:
    """Tell whether a column is one that the schema names, or a tag of OpenStreetMap."""
    fields = schemas.get(_schema_of(name, layer)).fields
    return not fields or column in fields or bool(kind_of(plain_key(column)))


def _values(
    frame: Any, name: str, layer: cat.VectorLayer | cat.TableLayer, place: str, audit: Audit
) -> tuple[Any, Audit]:
    """Turn signs, numbers and codes of a municipality into ours."""
    if layer.na:
        frame, count = values.without_blanks(frame, layer.na)
        audit = audit.add(
            name,
            "unknown",
            count,
            Text("wartości oznaczone jako brak", "values marked as missing"),
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
            Text(f"{column}: kody spoza tabeli map", f"{column}: codes that map does not list"),
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


def _schema_of(name: str, layer: cat.VectorLayer | cat.TableLayer) -> str:
    return layer.schema_name or (cat.LAYERS[name].schema if name in cat.LAYERS else "") or "Table"


def _placed(
    metro: Opened, frame: Any, layer: cat.TableLayer, name: str, audit: Audit, place: str
) -> tuple[Any, Audit]:
    if layer.x is not None and layer.y is not None and layer.crs is not None:
        tables.require_numbers(frame, [layer.x, layer.y], layer=name, place=place)
        frame, without = tables.points(
            frame, layer=name, x=layer.x, y=layer.y, crs=layer.crs, place=place
        )
        audit = audit.add(
            name,
            "dropped",
            len(without),
            Text("wiersze bez współrzędnych", "rows without coordinates"),
            without,
        )
        record(frame, [loss("row", Text("wiersz bez współrzędnych", "row without coordinates"),
                            without)])  # fmt: skip
    elif layer.locate is not None:
        frame, lost, repeated = tables.locate(
            frame,
            metro[layer.locate.layer],
            column=layer.locate.column,
            match=layer.locate.match,
            layer=name,
        )
        gone = loss("row", Text("miejsce wiersza nieznane", "place of a row unknown"), lost)
        record(frame, [replace(gone, names=tuple(map(str, lost)) if all(lost) else ())])
        audit = audit.add(
            name,
            "unknown",
            len(lost),
            Text(
                f"miejsce nieznane: brak nazwy w warstwie {layer.locate.layer}",
                f"place unknown: name not in layer {layer.locate.layer}",
            ),
            lost,
        ).add(
            name,
            "guessed",
            len(repeated),
            Text(
                "kilka obiektów o tej nazwie: przyjęto środek",
                "several features of that name: their middle is taken",
            ),
            repeated,
        )
    return frame, audit


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
        Text("poza granicami gmin", "outside the municipalities"),
    )
    if not kept.any():
        raise CRSError(
            Text("nic nie leży w granicach gmin", "nothing lies inside the municipalities"),
            layer=name,
            remedy=Text("sprawdź układ i zasięg warstwy", "check CRS and extent of the layer"),
        )
    return frame[kept], audit


def _moved(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Bring a layer into ``crs``; where that is only another way to write its own, name it so."""
    if frame.crs is not None and frame.crs.equals(crs, ignore_axis_order=True):
        return frame.set_crs(crs, allow_override=True)
    return frame.to_crs(crs)


def paths_of(metro: Opened, layer: Any) -> list[Path]:
    """Return where the files of a layer should be."""
    return [_base(metro, layer) / p for p in (layer.path, *getattr(layer, "more", ()))]


def _base(metro: Opened, layer: Any) -> Path:
    if layer.data is not None:
        return metro.directory / layer.data  # an absolute path stays what it is
    if layer.base == "catalog":
        return metro.directory
    return metro.data if layer.base == "data" else metro.data.resolve().parent


def _resolved(metro: Opened, name: str, layer: Any) -> list[Path]:
    names = (layer.path, *getattr(layer, "more", ()))
    paths = [files.resolve(_base(metro, layer), p, layer=name) for p in names]
    folders = isinstance(layer, cat.GtfsLayer | cat.AppGmlLayer | cat.GbfsLayer | cat.FileLayer)
    for path in paths:
        files.require_plain(path, layer=name)
        if path.is_dir() and not (folders or path.suffix.lower() == ".gdb"):
            raise SourceError(
                Text("to jest folder, a nie plik", "this is a folder, not a file"),
                layer=name,
                place=path.name,
                remedy=Text(
                    "wskaż w path jeden plik; dalsze w more",
                    "name one file with path, further ones with more",
                ),
            )
    return paths
