"""A metropolis: the layers of a catalog, loaded on first use, validated, in one working CRS."""

from __future__ import annotations

import difflib
import html
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from metrogis import catalog as cat
from metrogis import crs as crs_rules
from metrogis import loading, provenance
from metrogis.checks import registry
from metrogis.checks.contract import Result
from metrogis.errors import CatalogError, MetrogisError, MissingLayerError
from metrogis.provenance import Audit
from metrogis.sources import files
from metrogis.texts import Text, default_language


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
    elif content.metro.data != "folder":
        root = directory / content.metro.data  # an absolute path stays what it is
        data = root
    else:
        root = files.cache_directory() / "layers" / content.metro.id
    if data is not None and not root.is_dir():
        raise CatalogError(
            Text("nie ma folderu danych", "there is no such data folder"),
            place=str(data),
            remedy=Text("popraw --data", "fix --data"),
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
        self._unreadable: dict[str, MetrogisError] = {}
        self._reading: list[str] = []
        """Layers being read now, each for the one before it."""
        self._told: dict[str, tuple[int | None, str | None]] = {}
        """Rows and CRS of layers that another process loaded."""

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

    @cached_property
    def box(self) -> np.ndarray | None:
        """Extent in the working CRS, m: west, south, east, north; ``None`` where none is given."""
        if self.info.bbox is None:
            return None
        move = pyproj.Transformer.from_crs(crs_rules.GEOGRAPHIC_CRS, self.crs, always_xy=True)
        return np.asarray(move.transform_bounds(*self.info.bbox))

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
        if name in self._unreadable:  # what could not be read once is not read again
            raise self._unreadable[name]
        if name not in self._loaded:
            if name in self._reading:
                raise _circle([*self._reading[self._reading.index(name) :], name])
            self._reading.append(name)
            try:
                self._loaded[name] = loading.load(self, name)
            except MetrogisError as error:
                self._unreadable[name] = error
                raise
            finally:
                self._reading.pop()
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

    def is_being_read(self, name: str) -> bool:
        """Tell whether a layer is asked for while it is read itself."""
        return name in self._reading

    # ------------------------------------------------------------------ checks

    def parameters_of(self, check_id: str, given: Mapping[str, Any] | None = None) -> Any:
        """Return a check's parameters: the catalog's, then those ``given``, then the defaults.

        Raises
        ------
        ParameterError
            For an unknown check or parameter, or a value out of range.
        """
        check = registry.get(check_id)
        values = {**self.catalog.parameters.get(check_id, {}), **(given or {})}
        return check.parameters.read(values, check=check.id)

    def check(self, check_id: str, **parameters: Any) -> Result:
        """Run one check on the metropolis's layers with the catalog's parameters.

        The same question has the same answer here, in :func:`metrogis.run` and on the command
        line.

        Parameters
        ----------
        check_id : str
            As ``metrogis checks`` lists them.
        **parameters
            Values that win over those of the catalog.

        Returns
        -------
        Result

        Raises
        ------
        ParameterError
            For an unknown check or parameter, or a value out of range.
        MissingLayerError
            When a layer the check needs is declared missing, with the reason.
        MetrogisError
            When a layer cannot be read.

        Examples
        --------
        >>> import metrogis as mg
        >>> metro = mg.open_metro("demo")  # doctest: +SKIP
        >>> metro.check("white_spots", bus_walk_limit=400).sentences("en")[0]  # doctest: +SKIP
        """
        check = registry.get(check_id)
        self.parameters_of(check_id, parameters)
        for name in check.required:
            reason = self.reason(name)
            if reason is not None:
                raise MissingLayerError(
                    reason,
                    layer=name,
                    remedy=Text(
                        f"dodaj warstwę do katalogu; sprawdzenie {check.id} jej wymaga",
                        f"add the layer to the catalog; check {check.id} needs it",
                    ),
                )
        layers = {item.name: self.get(item.name) for item in check.inputs}
        settings = {**self.catalog.parameters.get(check_id, {}), **parameters}
        return check.function(**layers, **settings)

    # ------------------------------------------------------------------ overview

    @property
    def layers(self) -> pd.DataFrame:
        """Table of layers: state, rows and CRS (once loaded), licence, attribution, date, source.

        ``state`` is ``loaded``, ``ready`` (file at hand), ``absent`` (declared, no file),
        ``unreadable`` (with the error as the reason) or ``missing`` (declared so, with the
        reason).
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
            rows_, crs_ = self._told.get(name, (None, None))
            if loaded is not None:
                rows_, crs_ = _length(loaded), _crs_name(loaded)
            here = all(p.exists() for p in loading.paths_of(self, layer))
            error = self._unreadable.get(name)
            rows.append(
                {
                    "layer": name,
                    "title": title,
                    "state": "loaded"
                    if loaded is not None or name in self._told
                    else "absent"
                    if not here
                    else "unreadable"
                    if error is not None
                    else "ready",
                    "rows": rows_,
                    "crs": crs_,
                    "licence": layer.licence,
                    "attribution": layer.attribution,
                    "date": layer.date,
                    "source": layer.path,
                    "reason": error.text if error is not None else None,
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

    def outlook(self) -> dict[str, Text | None]:
        """Return, by check, why it will not run with the layers read so far; None: it will."""
        found: dict[str, Text | None] = {}
        for check in registry.checks():
            found[check.id] = None
            for item in check.inputs:
                error, reason = self._unreadable.get(item.name), self.reason(item.name)
                if error is not None:
                    found[check.id] = error.text
                elif reason is not None and item.required:
                    found[check.id] = Text(f"{item.name}: {reason.pl}", f"{item.name}: {reason.en}")
                else:
                    continue
                break
        return found

    @property
    def unreadable(self) -> dict[str, MetrogisError]:
        """Errors of the layers that could not be read so far."""
        return dict(self._unreadable)

    def tell_unreadable(self, errors: Mapping[str, MetrogisError]) -> None:
        """Take over which layers another process could not read."""
        self._unreadable = {**errors, **self._unreadable}

    def loaded_sizes(self) -> dict[str, tuple[int | None, str | None]]:
        """Return rows and CRS of the layers loaded so far."""
        own = {n: (_length(v), _crs_name(v)) for n, v in self._loaded.items() if v is not None}
        return {**self._told, **own}

    def tell_sizes(self, sizes: Mapping[str, tuple[int | None, str | None]]) -> None:
        """Take over what another process says of the layers it loaded."""
        self._told.update(sizes)

    @property
    def audit(self) -> Audit:
        """What was dropped, repaired or guessed in the layers loaded so far."""
        audit = Audit()
        for name, meant in self.catalog.hints().items():
            audit = audit.add(
                name,
                "noted",
                1,
                Text(
                    f"żadne sprawdzenie nie zna warstwy '{name}': może chodzi o '{meant}'?",
                    f"no check knows a layer '{name}': is '{meant}' meant?",
                ),
            )
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


def _circle(names: list[str]) -> CatalogError:
    shown = " -> ".join(names)
    return CatalogError(
        Text(f"warstwy potrzebują siebie nawzajem: {shown}", f"layers need one another: {shown}"),
        layer=names[0],
        remedy=Text(
            "umieść jedną z nich bez pomocy drugiej (locate, inside, finer w katalogu)",
            "place one of them without the other (locate, inside, finer in the catalog)",
        ),
    )


def _crs_name(layer: Any) -> str | None:
    return crs_rules.name_of(layer.crs) if isinstance(layer, gpd.GeoDataFrame) else None


def _length(layer: Any) -> int | None:
    if isinstance(layer, pd.DataFrame):
        return len(layer)
    stop_times = getattr(layer, "stop_times", None)
    return len(stop_times) if isinstance(stop_times, pd.DataFrame) else None
