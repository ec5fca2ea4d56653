"""A metropolis: the layers of a catalog, and the checks that can be run on them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from metrogis import provenance
from metrogis.catalog.metro import Layers
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.paths import content_hash, resolved
from metrogis.catalog.toml import read_catalog
from metrogis.checks import registry
from metrogis.checks.contract import Check, Result
from metrogis.checks.contract.parts import of_part
from metrogis.errors import CatalogError, MetrogisError, MissingLayerError, ScenarioError
from metrogis.i18n import Text, _
from metrogis.scenario import Scenario, applied
from metrogis.scenario.base import Base
from metrogis.sources import files


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
    content = read_catalog(directory / "catalog.toml")
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
            _("there is no such data folder"),
            place=str(data),
            remedy=_("fix --data"),
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
        _("there is no such catalog or metropolis"),
        place=name,
        remedy=_("name a folder with a catalog.toml, or one of: demo, omggs, som"),
    )


def _demo() -> Path:
    from metrogis import __version__, demo

    path = files.cache_directory() / f"demo-{__version__}-{demo.VERSION}"
    if not (path / "catalog.toml").is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        demo.build(path)
    return path


class Metro(Layers):
    """Layers of one metropolis, as attributes: ``metro.municipalities``, ``metro.timetable``.

    A layer the catalog declares missing is ``None`` as an attribute (checks then say what they
    could not do); ``metro["corridors"]`` raises with the reason instead. Layers are loaded once.
    """

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
                    remedy=_("add the layer to the catalog; check {id} needs it").fill(id=check.id),
                )
        layers = {item.name: self.get(item.name) for item in check.inputs}
        settings = {**self.catalog.parameters.get(check_id, {}), **parameters}
        result: Result = check.function(**layers, **settings)
        if self.info.part is not None:
            result = replace(result, check=self.labelled(result.check))
        return result

    def labelled(self, check: Check) -> Check:
        """Return a check as its pages name it here: in a part of a country global columns say so.

        Parameters
        ----------
        check : Check
        """
        return check if self.info.part is None else of_part(check)

    def outlook(self) -> dict[str, Text | None]:
        """Return, by check, why it will not run with the layers read so far.

        Returns
        -------
        dict of str to Text or None
            The first fault or missing layer that the check requires; None: it will run. Layers not
            yet read are taken to be readable.
        """
        found: dict[str, Text | None] = {}
        for check in registry.checks():
            found[check.id] = None
            for names in check.one_of:
                reasons = [self.reason(name) for name in names]
                if None not in reasons:
                    found[check.id] = _("{name}: {reason}").fill(name=names[0], reason=reasons[0])
            for item in check.inputs:
                error, reason = self.unreadable.get(item.name), self.reason(item.name)
                if error is not None:
                    found[check.id] = error.text
                elif reason is not None and item.required:
                    found[check.id] = _("{name}: {reason}").fill(name=item.name, reason=reason)
                else:
                    continue
                break
        return found

    # ------------------------------------------------------------------ scenarios

    _mark: str = ""
    """Mark of the layers, once a scenario was applied to them."""

    @property
    def root(self) -> Metro:
        """The metropolis whose layers are read from files: this one, or the base of a scenario."""
        return self

    base: Metro | None = None
    """The metropolis that a scenario was applied to; None for one that is read from files."""

    @property
    def plan(self) -> Scenario | None:
        """The scenario that its layers are after; None for none."""
        return None

    @property
    def scenario_mark(self) -> dict[str, str]:
        """What comparisons ask: ``layers``, the mark of them; ``name`` and ``base`` of a plan.

        Two states of which one is a scenario of the other are compared as such. Empty for a
        metropolis to which no scenario was applied.
        """
        return {"layers": self._mark} if self._mark else {}

    def changes_of(self, layer: str) -> str:
        """Return the mark of the changes of a layer by scenarios; empty: the layer is as read."""
        return ""

    def with_scenario(self, plan: Scenario) -> Metro:
        """Return the metropolis after a scenario: checks, maps and atlas work as before.

        Layers that the scenario does not write are those of this one, and are read once for both;
        files are never changed. Everything is applied at once, so that a scenario that does not fit
        is refused here.

        Parameters
        ----------
        plan : Scenario

        Returns
        -------
        Metro

        Raises
        ------
        ScenarioError
            For a change that does not fit its layer, or whose layer is missing: it names the
            change, the place, the reason.
        MetrogisError
            When a layer that it changes cannot be read.

        Examples
        --------
        >>> import metrogis as mg
        >>> metro = mg.open_metro("demo")  # doctest: +SKIP
        >>> plan = mg.Scenario("night").shift(target="3", minutes=30)  # doctest: +SKIP
        >>> mg.compare(mg.run(metro), mg.run(metro.with_scenario(plan)))  # doctest: +SKIP
        """
        if not isinstance(plan, Scenario):
            raise ScenarioError(
                _("this is no scenario: {kind}").fill(kind=type(plan).__name__),
                layer="scenario",
                remedy=_("give mg.Scenario(...), or Scenario.from_toml(file)"),
            )
        applied.require_layers(plan, self.reason)
        if not self._mark:
            self._mark = _mark_of(self)
        after = PlannedMetro(self, plan)
        for name in sorted(plan.layers):
            after.get(name)
        return after

    def dependent(self, layers: Iterable[str] | Scenario) -> tuple[str, ...]:
        """Return the checks whose answers may change with some layers, in the strategy's order.

        Parameters
        ----------
        layers : iterable of str, or Scenario
            Names of layers; of a scenario those that it writes (:attr:`Scenario.layers`).
        """
        names = set(layers.layers if isinstance(layers, Scenario) else layers)
        return tuple(
            check.id
            for check in registry.checks()
            if not names.isdisjoint(item.name for item in check.inputs)
        )


class PlannedMetro(Metro):
    """A metropolis after a scenario; made by :meth:`Metro.with_scenario`."""

    def __init__(self, base: Metro, plan: Scenario) -> None:
        super().__init__(base.catalog, directory=base.directory, data=base.data)
        self.base: Metro = base
        self._plan = plan
        self._asked = base._asked  # what reading a layer asked for is the same before and after

    @property
    def root(self) -> Metro:
        """The metropolis whose layers are read from files."""
        return self.base.root

    @property
    def plan(self) -> Scenario | None:
        """The scenario that its layers are after."""
        return self._plan

    @cached_property
    def scenario_mark(self) -> dict[str, str]:
        """Name of the plan, mark of the layers it was applied to, and of those after it."""
        base = self.root._mark
        digest = files.settings_key(*(self.changes_of(name) for name in sorted(self)))
        return {"name": self._plan.name, "base": base, "layers": f"{base}+{digest}"}

    def changes_of(self, layer: str) -> str:
        """Return the mark of the changes of a layer; empty where they change nothing."""
        if layer not in self._plan.layers or self.reason(layer) is not None:
            return self.base.changes_of(layer)
        now, was = self.get(layer), self.base.get(layer)
        own = provenance.source_of(now, layer).sha256
        same = own == provenance.source_of(was, layer).sha256
        return self.base.changes_of(layer) if same else own

    def _read(self, name: str) -> Any:
        layer = self.base[name]
        if name not in self._plan.layers:
            return layer
        around = Base(self.crs, self.base.get, self._plan.name)
        return applied.layer_after(self._plan, name, layer, around)


def _mark_of(metro: Metro) -> str:
    """Return the mark of what a metropolis reads: its catalog, and the content of its files."""
    says: list[Any] = [metro.catalog.model_dump(mode="json")]
    for name, declared in metro.catalog.layers.items():
        if isinstance(declared, MissingLayer) or metro.reason(name) is not None:
            continue
        try:
            says.append([name, content_hash(resolved(metro, name, declared))])
        except (MetrogisError, OSError) as error:  # its checks fail, with and without a scenario
            says.append([name, str(error)])
    return files.settings_key(*says)
