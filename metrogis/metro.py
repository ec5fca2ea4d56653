"""A metropolis: the layers of a catalog, loaded on first use, validated, in one working CRS."""

from __future__ import annotations

import difflib
import html
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import catalog as cat
from metrogis import crs as crs_rules
from metrogis import provenance, schemas
from metrogis.errors import CatalogError, CRSError, MetrogisError, MissingLayerError
from metrogis.provenance import Audit, Source
from metrogis.sources import files, tables, vector
from metrogis.texts import Text, default_language

_CACHE_FROM_BYTES = 2_000_000
_CACHE_VERSION = 1
"""Raise when reading or validating changes what a cached layer would hold."""


@dataclass(frozen=True)
class RasterFile:
    """A raster on disk that a check reads itself, and where it came from."""

    path: Path
    band: int
    source: Source
    audit: Audit = field(default_factory=Audit)


@dataclass(frozen=True)
class LayerFile:
    """A file handed to a check as it is, and where it came from."""

    path: Path
    source: Source
    audit: Audit = field(default_factory=Audit)


def open_metro(path_or_name: str | Path, *, data: str | Path | None = None) -> Metro:
    """Open a metropolis by the folder of its catalog, or by name.

    Parameters
    ----------
    path_or_name : str or Path
        Folder with a ``catalog.toml`` (or that file), or a name: ``"omggs"``, ``"som"``, or
        ``"demo"``, the generated metropolis (made in the cache on first use).
    data : str or Path, optional
        Folder the catalog's paths start from. Default: ``METROGIS_DATA``, else the user's cache.

    Returns
    -------
    Metro
        Nothing is read yet; each layer is read, validated and reprojected on first use.

    Raises
    ------
    CatalogError
        When there is no such catalog or it is not valid.

    Examples
    --------
    >>> metro = open_metro("demo")  # doctest: +SKIP
    >>> metro.municipalities[["teryt", "name"]]  # doctest: +SKIP
    """
    directory = _find(path_or_name)
    content = cat.read_catalog(directory / "catalog.toml")
    if content.metro.data == "beside":
        root = directory if data is None else Path(data)
    elif data is not None:
        root = Path(data)
    elif os.environ.get("METROGIS_DATA"):
        root = Path(os.environ["METROGIS_DATA"])
    else:
        root = files.cache_directory() / "layers" / content.metro.id
    if data is not None and not root.is_dir():
        raise CatalogError(
            Text("nie ma folderu danych", "there is no such data folder"),
            place=str(data),
            remedy=Text("popraw --data", "mend --data"),
        )
    return Metro(content, directory=directory, data=root)


def _find(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    if path.name == "catalog.toml" and path.is_file():
        return path.parent
    if path.is_dir() and (path / "catalog.toml").is_file():
        return path
    name = str(path_or_name)
    if name == "demo":
        return _demo()
    here = Path(__file__).resolve().parent
    for root in (Path("layers"), here / "_layers", here.parent / "layers"):
        if path.name == name and (root / name / "catalog.toml").is_file():
            return root / name
    raise CatalogError(
        Text("nie ma takiego katalogu ani metropolii", "there is no such catalog or metropolis"),
        place=name,
        remedy=Text(
            "podaj folder z catalog.toml albo nazwę: demo, omggs, som",
            "name a folder with a catalog.toml, or one of: demo, omggs, som",
        ),
    )


def _demo() -> Path:
    from metrogis import __version__, demo

    path = files.cache_directory() / f"demo-{__version__}-{demo.VERSION}"
    if not (path / "catalog.toml").is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        demo.build(path)
    return path


class Metro:
    """Layers of one metropolis, as attributes: ``metro.municipalities``, ``metro.timetable``.

    A layer the catalog declares missing is ``None`` as an attribute (checks then say what they
    could not do); ``metro["corridors"]`` raises with the reason instead. Layers are loaded once.
    """

    def __init__(self, catalog: cat.Catalog, *, directory: Path, data: Path) -> None:
        self.catalog = catalog
        self.directory = directory
        self.data = data
        self._loaded: dict[str, Any] = {}

    # ------------------------------------------------------------------ access

    @property
    def info(self) -> cat.MetroInfo:
        """The ``[metro]`` table of the catalog."""
        return self.catalog.metro

    @property
    def title(self) -> Text:
        """Name of the metropolis in both languages."""
        return self.info.title

    @cached_property
    def crs(self) -> pyproj.CRS:
        """The working CRS: projected, in metres."""
        return crs_rules.require_metric(self.info.crs, layer="[metro] crs")

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalog.layers)

    def __contains__(self, name: object) -> bool:
        return name in self.catalog.layers

    def __getitem__(self, name: str) -> Any:
        """Return a layer; raise :class:`MissingLayerError` with the reason where it is missing."""
        reason = self.reason(name)
        if reason is not None:
            raise MissingLayerError(
                reason,
                layer=name,
                remedy=Text("dodaj warstwę do katalogu", "add the layer to the catalog"),
            )
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        layers = self.catalog.layers
        if name in layers:
            return None if isinstance(layers[name], cat.MissingLayer) else self[name]
        if name in cat.LAYERS:
            return None
        near = difflib.get_close_matches(name, [*layers, *cat.LAYERS], n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise AttributeError(f"metropolis {self.info.id} has no layer '{name}'{hint}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.catalog.layers})

    def get(self, name: str) -> Any:
        """Return a layer, or ``None`` where the catalog has none or declares it missing."""
        return None if self.reason(name) is not None else self[name]

    def reason(self, name: str) -> Text | None:
        """Return why a layer cannot be had, or ``None`` when it is declared with a source."""
        layer = self.catalog.layers.get(name)
        if layer is None:
            return Text("katalog jej nie wymienia", "the catalog does not list it")
        return layer.reason if isinstance(layer, cat.MissingLayer) else None

    # ------------------------------------------------------------------ overview

    @property
    def layers(self) -> pd.DataFrame:
        """Table of layers: state, rows and CRS (once loaded), licence, attribution, date, source.

        ``state`` is ``loaded``, ``ready`` (file at hand), ``absent`` (declared, no file) or
        ``missing`` (declared so, with the reason).
        """
        rows: list[dict[str, Any]] = []
        for name, layer in self.catalog.layers.items():
            known = cat.LAYERS.get(name)
            title = known.title if known else Text(name, name)
            if isinstance(layer, cat.MissingLayer):
                rows.append(
                    {"layer": name, "title": title, "state": "missing", "reason": layer.reason}
                )
                continue
            loaded = self._loaded.get(name)
            here = all(p.exists() for p in self._paths(layer))
            rows.append(
                {
                    "layer": name,
                    "title": title,
                    "state": "loaded" if loaded is not None else "ready" if here else "absent",
                    "rows": _length(loaded),
                    "crs": _crs_name(loaded),
                    "licence": layer.licence,
                    "attribution": layer.attribution,
                    "date": layer.date,
                    "source": layer.path,
                    "reason": None,
                }
            )
        columns = [
            "layer",
            "title",
            "state",
            "rows",
            "crs",
            "licence",
            "attribution",
            "date",
            "source",
            "reason",
        ]
        frame = pd.DataFrame(rows, columns=columns)
        frame["rows"] = frame["rows"].astype("Int64")
        return frame

    def problems(self) -> dict[str, MetrogisError]:
        """Load every layer; return the error of each one that cannot be read."""
        found: dict[str, MetrogisError] = {}
        for name, layer in self.catalog.layers.items():
            if isinstance(layer, cat.MissingLayer):
                continue
            try:
                self[name]
            except MetrogisError as error:
                found[name] = error
        return found

    @property
    def audit(self) -> Audit:
        """What was dropped, repaired or guessed in the layers loaded so far."""
        audit = Audit()
        for layer in self._loaded.values():
            audit += provenance.audit_of(layer)
        return audit

    def _repr_html_(self) -> str:
        language = default_language()
        frame = self.layers
        for column in ("title", "reason"):
            frame[column] = [t.get(language) if isinstance(t, Text) else "" for t in frame[column]]
        table = frame.to_html(escape=True, index=False, na_rep="")
        return f"<div><b>{html.escape(self.title.get(language))}</b>{table}</div>"

    def __repr__(self) -> str:
        states = self.layers["state"].value_counts()
        counts = ", ".join(f"{n} {state}" for state, n in states.items())
        return f"<Metro {self.info.id}: {counts}; {self.info.crs}>"

    # ------------------------------------------------------------------ loading

    def _base(self, layer: Any) -> Path:
        if layer.base == "catalog":
            return self.directory
        return self.data if layer.base == "data" else self.data.resolve().parent

    def _paths(self, layer: Any) -> list[Path]:
        base = self._base(layer)
        return [base / p for p in (layer.path, *getattr(layer, "more", ()))]

    def _resolved(self, name: str, layer: Any) -> list[Path]:
        base = self._base(layer)
        names = (layer.path, *getattr(layer, "more", ()))
        return [files.resolve(base, p, layer=name) for p in names]

    def _load(self, name: str) -> Any:
        layer = self.catalog.layers[name]
        assert not isinstance(layer, cat.MissingLayer)
        paths = self._resolved(name, layer)
        hashes = [provenance.file_hash(p) for p in paths]
        source = Source(
            layer=name,
            origin=", ".join(p for p in (layer.path, *getattr(layer, "more", ()))),
            licence=layer.licence,
            attribution=layer.attribution,
            date=layer.date,
            sha256=hashes[0] if len(hashes) == 1 else files.settings_key(hashes),
        )
        if isinstance(layer, cat.GtfsLayer):
            return self._timetable(layer, paths, source)
        if isinstance(layer, cat.RasterLayer):
            return self._raster(name, layer, paths[0], source)
        if isinstance(layer, cat.OsmLayer):
            from metrogis.streets.layer import Streets

            return Streets(paths[0], self.crs, source)
        if isinstance(layer, cat.FileLayer):
            return LayerFile(paths[0], source)
        return self._table(name, layer, paths[0], source)

    def _timetable(self, layer: cat.GtfsLayer, paths: list[Path], source: Source) -> Any:
        from metrogis.transit import read_feed

        holidays = None
        if layer.school_holidays is not None:
            table = self.get(layer.school_holidays)
            if table is not None:
                holidays = table.rename(columns={"first": "start", "last": "end"})
        feed = read_feed(
            paths if len(paths) > 1 else paths[0],
            country=self.info.country,
            school_holidays=holidays,
            reference_date=self.info.date,
        )
        return feed.with_source(source)

    def _raster(self, name: str, layer: cat.RasterLayer, path: Path, source: Source) -> Any:
        if layer.schema_name == "Raster":
            return RasterFile(path, layer.band, source)
        from metrogis import population

        frame = population.from_raster(path, band=layer.band, crs=layer.crs, layer=name)
        audit = provenance.audit_of(frame)
        frame = frame.to_crs(self.crs)
        self._inside_metro(frame, name)
        frame, found = schemas.conform(frame, layer.schema_name, layer=name)
        return provenance.attach(frame, source, audit + found)

    def _table(
        self, name: str, layer: cat.VectorLayer | cat.TableLayer, path: Path, source: Source
    ) -> Any:
        settings = layer.model_dump(mode="json", by_alias=True)
        key = files.settings_key(_CACHE_VERSION, source.sha256, settings, self.info.crs)
        cached = files.cache_directory() / "parsed" / f"{name}-{key}.parquet"
        # a layer placed or cut by another one depends on more than its own file
        alone = layer.inside is None and getattr(layer, "locate", None) is None
        heavy = path.is_file() and path.stat().st_size >= _CACHE_FROM_BYTES
        if alone and heavy and cached.is_file():
            frame = _from_cache(cached)
            if frame is not None:
                return frame
        frame, audit = self._read(name, layer, path)
        schema = layer.schema_name or (cat.LAYERS[name].schema if name in cat.LAYERS else "Table")
        if isinstance(frame, gpd.GeoDataFrame):
            frame = frame.to_crs(self.crs)
            self._inside_metro(frame, name)
        frame, found = schemas.conform(frame, schema, layer=name)
        audit += found
        if layer.inside is not None:
            frame, audit = self._cut(frame, layer.inside, name, audit)
        frame = provenance.attach(frame.reset_index(drop=True), source, audit)
        if alone and heavy:
            _to_cache(frame, cached)
        return frame

    def _read(
        self, name: str, layer: cat.VectorLayer | cat.TableLayer, path: Path
    ) -> tuple[Any, Audit]:
        audit = Audit()
        frame: Any
        if isinstance(layer, cat.VectorLayer):
            frame = vector.read(
                path,
                layer=name,
                sublayer=layer.sublayer,
                crs=layer.crs,
                swap_axes=layer.swap_axes,
            )
        else:
            frame = tables.read(
                path, layer=name, encoding=layer.encoding, separator=layer.separator
            )
        needed = [*layer.rename, *layer.keep, *layer.drop]
        tables.require_columns(
            frame,
            [n for n in needed if n not in layer.rename.values()],
            layer=name,
            place=path.name,
        )
        frame = frame.rename(columns=layer.rename)
        for column, value in layer.set.items():
            frame[column] = value
        for column, values in layer.keep.items():
            kept = frame[column].astype("object").isin(values)
            audit = audit.add(
                name,
                "dropped",
                int((~kept).sum()),
                Text(f"poza wyborem {column}", f"not among the kept values of {column}"),
            )
            frame = frame[kept]
        for column, values in layer.drop.items():
            gone = frame[column].astype("object").isin(values)
            audit = audit.add(
                name,
                "dropped",
                int(gone.sum()),
                Text(f"{column} = {' / '.join(values)}", f"{column} = {' / '.join(values)}"),
            )
            frame = frame[~gone]
        if isinstance(layer, cat.TableLayer):
            frame, audit = self._placed(frame, layer, name, audit, path.name)
        return frame, audit

    def _placed(
        self, frame: Any, layer: cat.TableLayer, name: str, audit: Audit, place: str
    ) -> tuple[Any, Audit]:
        if layer.x is not None and layer.y is not None and layer.crs is not None:
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
        elif layer.locate is not None:
            frame, lost, repeated = tables.locate(
                frame,
                self[layer.locate.layer],
                column=layer.locate.column,
                match=layer.locate.match,
                layer=name,
            )
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
        self, frame: gpd.GeoDataFrame, by: str, name: str, audit: Audit
    ) -> tuple[gpd.GeoDataFrame, Audit]:
        area = shapely.union_all(self[by].geometry.to_numpy())
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

    def _inside_metro(self, frame: gpd.GeoDataFrame, name: str) -> None:
        """Raise when a layer has nothing in the metropolis: swapped axes fall into Poland too."""
        if self.info.bbox is None or frame.empty:
            return
        box = np.asarray(
            pyproj.Transformer.from_crs(
                crs_rules.GEOGRAPHIC_CRS, self.crs, always_xy=True
            ).transform_bounds(*self.info.bbox)
        )
        found = frame.geometry.total_bounds
        if not np.isfinite(found).all() or _overlap(found, box):
            return
        shown = ", ".join(f"{v:.0f}" for v in found)
        swapped = _overlap(found[[1, 0, 3, 2]], box)
        raise CRSError(
            Text(
                ("osie wyglądają na zamienione: " if swapped else "")
                + f"zasięg ({shown}) leży poza metropolią",
                ("axes look swapped: " if swapped else "")
                + f"extent ({shown}) lies outside the metropolis",
            ),
            layer=name,
            place=self.info.crs,
            remedy=Text(
                "sprawdź układ warstwy; przy zamienionych osiach wpisz swap_axes = true",
                "check the CRS of the layer; for swapped axes set swap_axes = true",
            ),
        )


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3])


def _crs_name(layer: Any) -> str | None:
    return crs_rules.name_of(layer.crs) if isinstance(layer, gpd.GeoDataFrame) else None


def _length(layer: Any) -> int | None:
    if isinstance(layer, pd.DataFrame):
        return len(layer)
    stop_times = getattr(layer, "stop_times", None)
    return len(stop_times) if isinstance(stop_times, pd.DataFrame) else None


def _to_cache(frame: Any, path: Path) -> None:
    """Keep a parsed layer; a cache that cannot be written is no reason to fail."""
    attrs, frame.attrs = frame.attrs, {}
    try:
        with files.replacing(path) as temporary:
            frame.to_parquet(temporary)
        with files.replacing(path.with_suffix(".json")) as temporary:
            objects = [str(c) for c in frame.columns if frame[c].dtype == object]
            kept = {"attrs": attrs, "objects": objects}
            temporary.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    except OSError:
        pass
    finally:
        frame.attrs = attrs


def _from_cache(path: Path) -> Any:
    """Return a kept layer, or ``None`` where it is not whole."""
    try:
        kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        try:
            frame = gpd.read_parquet(path)
        except ValueError:  # a table without geometry
            frame = pd.read_parquet(path)
        for column in kept["objects"]:  # Parquet gives text another dtype than was put in
            values = frame[column]
            frame[column] = values.astype("object").where(values.notna(), None)
        frame.attrs = kept["attrs"]
    except (OSError, ValueError, KeyError):
        return None
    return frame
