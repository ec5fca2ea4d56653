"""The layers of a metropolis, loaded on first use, validated, in one working CRS.

Checks are no part of it: :class:`metrogis.metro.Metro` adds them.
"""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from metrogis import crs as crs_rules
from metrogis import provenance
from metrogis.catalog import filled, inspect, readers
from metrogis.catalog.facts import WIDE, Facts, facts_of
from metrogis.catalog.models import Catalog, MetroInfo, MissingLayer
from metrogis.catalog.registry import LAYERS
from metrogis.errors import CatalogError, MetrogisError, MissingLayerError
from metrogis.i18n import Text, _, default_language
from metrogis.provenance import Audit


class Layers:
    """Layers of one metropolis, as attributes and by name.

    A layer the catalog declares missing is ``None`` as an attribute (checks then say what they
    could not do); ``layers["corridors"]`` raises with the reason instead. Layers are loaded once.
    """

    def __init__(self, catalog: Catalog, *, directory: Path, data: Path) -> None:
        self.catalog = catalog
        self.directory = directory
        self.data = data
        self._loaded: dict[str, Any] = {}
        self._unreadable: dict[str, MetrogisError] = {}
        self._reading: list[str] = []
        """Layers being read now, each for the one before it."""
        self._asked: dict[str, set[str]] = {}
        """Layer -> those that were asked for while it was read, there or not."""
        self._told: dict[str, Facts] = {}
        """What is in layers that another process loaded."""
        self._facts: dict[str, Facts] = {}

    # ------------------------------------------------------------------ access

    @property
    def info(self) -> MetroInfo:
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
                remedy=_("add the layer to the catalog"),
            )
        if name in self._unreadable:  # what could not be read once is not read again
            raise self._unreadable[name]
        if name not in self._loaded:
            if name in self._reading:
                raise _circle([*self._reading[self._reading.index(name) :], name])
            self._reading.append(name)
            try:
                self._loaded[name] = self._read(name)
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
            return None if self.reason(name) is not None else self[name]
        if name in LAYERS:
            return None
        near = difflib.get_close_matches(name, [*layers, *LAYERS], n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise AttributeError(f"metropolis {self.info.id} has no layer '{name}'{hint}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.catalog.layers})

    def get(self, name: str) -> Any:
        """Return a layer, or None where the catalog has none or declares it missing.

        Raises
        ------
        MetrogisError
            When it is declared with a source and cannot be read: that is a fault, not a gap.
        """
        return None if self.reason(name) is not None else self[name]

    def reason(self, name: str) -> Text | None:
        """Return why a layer cannot be had.

        Returns
        -------
        Text or None
            None when it is declared with a source, whether or not that can be read.
        """
        if self._reading:
            self._asked.setdefault(self._reading[-1], set()).add(name)
        layer = self.catalog.layers.get(name)
        if layer is None:
            return _("the catalog does not list it")
        if isinstance(layer, MissingLayer):
            return layer.reason
        return None if filled.is_filled(self, layer) else layer.waits_for

    def _read(self, name: str) -> Any:
        """Read a layer; a metropolis after a scenario takes it from its base."""
        return readers.load(self, name)

    def loaded(self, name: str) -> Any:
        """Return a layer that was read here; None for one that was not."""
        return self._loaded.get(name)

    def is_being_read(self, name: str) -> bool:
        """Tell whether a layer is asked for while it is read itself."""
        return name in self._reading

    def read_with(self, names: Iterable[str]) -> set[str]:
        """Return layers and all that reading them asked for: what they depend on, as it was read.

        Parameters
        ----------
        names : iterable of str
            Layers that were read, or that are missing.

        Returns
        -------
        set of str
            ``names`` among them; layers that were asked for and are not there, too.
        """
        found, ahead = set(), list(names)
        while ahead:
            name = ahead.pop()
            if name not in found:
                found.add(name)
                ahead += self._asked.get(name, ())
        return found

    # ------------------------------------------------------------------ overview

    @property
    def layers(self) -> pd.DataFrame:
        """Table of layers: state, rows and CRS (once loaded), licence, attribution, date, source.

        ``state`` is ``loaded``, ``ready`` (file at hand), ``absent`` (declared, no file),
        ``unreadable`` (with the error as the reason) or ``missing`` (declared so, with the
        reason).
        """
        return inspect.overview(self, self._sizes(), self._unreadable)

    def _sizes(self) -> dict[str, tuple[int | None, str | None]]:
        """Return rows and CRS of the layers loaded, here or in another process."""
        told = {n: (f.rows, f.crs) for n, f in self._told.items()}
        own = {
            n: (inspect.length(v), inspect.crs_name(v))
            for n, v in self._loaded.items()
            if v is not None
        }
        return {**told, **own}

    def problems(self) -> dict[str, MetrogisError]:
        """Load every layer that the catalog declares with a source.

        Returns
        -------
        dict of str to MetrogisError
            The error of each layer that cannot be read; empty when all is well.
        """
        found: dict[str, MetrogisError] = {}
        for name in self.catalog.layers:
            if self.reason(name) is not None:
                continue
            try:
                self[name]
            except MetrogisError as error:
                found[name] = error
        return found

    @property
    def unreadable(self) -> dict[str, MetrogisError]:
        """Errors of the layers that could not be read so far."""
        return dict(self._unreadable)

    def tell_unreadable(self, errors: Mapping[str, MetrogisError]) -> None:
        """Take over which layers another process could not read."""
        self._unreadable = {**errors, **self._unreadable}

    def facts(self) -> dict[str, Facts]:
        """Return what is in the layers loaded so far, here or in another process.

        Counted by municipality once the boundaries are loaded.
        """
        municipalities = self._loaded.get("municipalities")
        read = {name: layer for name, layer in self._loaded.items() if layer is not None}
        if municipalities is None:  # what another process counted says more
            return {**{n: facts_of(layer, None) for n, layer in read.items()}, **self._told}
        for name in read.keys() - self._facts.keys():
            self._facts[name] = facts_of(read[name], municipalities, wide=name in WIDE)
        return {**self._told, **{name: self._facts[name] for name in read}}

    def tell_facts(self, facts: Mapping[str, Facts]) -> None:
        """Take over what another process says of the layers it loaded."""
        self._told.update(facts)

    @property
    def audit(self) -> Audit:
        """What was dropped, repaired or guessed in the layers loaded so far.

        Layers that no check knows and whose name is nearly one that checks know are noted first.
        """
        audit = Audit()
        for name, meant in self.catalog.hints().items():
            audit = audit.add(
                name,
                "noted",
                1,
                _("no check knows a layer '{name}': is '{meant}' meant?").fill(
                    name=name, meant=meant
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
        return f"<{type(self).__name__} {self.info.id}: {counts}; {self.info.crs}>"


def _circle(names: list[str]) -> CatalogError:
    shown = " -> ".join(names)
    return CatalogError(
        _("layers need one another: {shown}").fill(shown=shown),
        layer=names[0],
        remedy=_("place one of them without the other (locate, inside, finer in the catalog)"),
    )
