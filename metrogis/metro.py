"""A metropolis: the layers of a catalog, and the checks that can be run on them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metrogis.catalog.metro import Layers
from metrogis.catalog.toml import read_catalog
from metrogis.checks import registry
from metrogis.checks.contract import Result
from metrogis.errors import CatalogError, MissingLayerError
from metrogis.i18n import Text, _
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
        return check.function(**layers, **settings)

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
