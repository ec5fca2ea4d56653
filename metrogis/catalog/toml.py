"""Reading ``catalog.toml``: one error that lists all that is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from metrogis import boundary
from metrogis.catalog import models
from metrogis.catalog.models import Catalog, MissingLayer
from metrogis.errors import CatalogError
from metrogis.i18n import Text, _
from metrogis.validation import joined, problem_at, shown

_DRIVERS: dict[str, type[models.Strict]] = {
    "vector": models.VectorLayer,
    "table": models.TableLayer,
    "raster": models.RasterLayer,
    "gtfs": models.GtfsLayer,
    "app_gml": models.AppGmlLayer,
    "osm": models.OsmLayer,
    "osm_places": models.OsmPlacesLayer,
    "osm_features": models.OsmFeaturesLayer,
    "gbfs": models.GbfsLayer,
    "file": models.FileLayer,
}


def read_catalog(path: Path) -> Catalog:
    """Read and validate a catalog file.

    Raises
    ------
    CatalogError
        One error that lists everything wrong: unknown keys, missing licences, bad values.
    """
    if not path.is_file():
        raise CatalogError(
            _("there is no catalog file"),
            place=str(path),
            remedy=_("name a folder with a catalog.toml, for example layers/omggs"),
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except Exception as error:  # of TOML, of the encoding, of depth and of the disk
        kind = boundary.why(error)
        raise CatalogError(
            _("this is not valid TOML: {kind}").fill(kind=kind),
            place=path.name,
            remedy=_("fix that line; texts stand in quotes, the file is in UTF-8"),
        ) from error
    return of_content(content)


def of_content(content: dict[str, Any]) -> Catalog:
    """Return the catalog that the content of a file stands for.

    Parameters
    ----------
    content : dict
        ``catalog.toml`` as parsed.

    Raises
    ------
    CatalogError
        One error that lists all that is wrong, as :func:`read_catalog`.
    """
    try:
        return Catalog.model_validate(_discriminated(content))
    except ValidationError as error:
        raise _invalid([problem_at(item) for item in error.errors()]) from error


def _invalid(lines: list[Text]) -> CatalogError:
    return CatalogError(
        joined(lines),
        place="catalog.toml",
        remedy=_("fix these keys; an example is layers/omggs/catalog.toml"),
    )


def _discriminated(content: dict[str, Any]) -> dict[str, Any]:
    """Parse each layer by what it says it is, so that an error names one cause, not five."""
    layers = content.get("layers")
    if not isinstance(layers, dict):
        return content
    parsed: dict[str, Any] = {}
    problems: list[Text] = []
    for name, layer in layers.items():
        if not isinstance(layer, dict):
            problems.append(_("layers.{name}: not a table").fill(name=name))
            continue
        driver = layer.get("driver")
        if "missing" not in layer and not (isinstance(driver, str) and driver in _DRIVERS):
            known, given = ", ".join(_DRIVERS), shown(driver)
            problems.append(
                _("layers.{name}.driver: {given} but must be one of: {known} (or missing)").fill(
                    name=name, given=given, known=known
                )
            )
            continue
        kind = MissingLayer if "missing" in layer else _DRIVERS[str(driver)]
        try:
            parsed[name] = kind.model_validate(layer)
        except ValidationError as error:
            problems += [problem_at(item, f"layers.{name}") for item in error.errors()]
    if problems:
        raise _invalid(problems)
    return {**content, "layers": parsed}
