"""One catalog of a country cut into catalogs of its units: ``metrogis layers split``.

A part reads the files of the whole. Its boundaries are its own municipalities and those within a
buffer, as wide as the largest reach that a column of a result declares: so nobody near a border
loses a stop, a corridor or the other half of a pair, and what a column of known reach says of the
part's own municipalities is what the undivided catalog says. Timetables are read whole: no trip is
cut. Rasters of people are read in the window of the boundaries.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.catalog import lock
from metrogis.catalog.metro import Layers
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.new import text_of
from metrogis.catalog.official import units
from metrogis.catalog.paths import base_of
from metrogis.catalog.toml import of_content
from metrogis.errors import CatalogError, ParameterError, SchemaError
from metrogis.i18n import Text, _, both

VOIVODESHIP, COUNTY = "voivodeship", "county"
_DIGITS = {VOIVODESHIP: 2, COUNTY: 4}
_LONGEST = 40
"""Letters of the name of a part's folder."""
_SHOWN = 6
_STROKES = {0x0141: "L", 0x0142: "l", 0x00D8: "O", 0x00F8: "o", 0x0110: "D", 0x0111: "d"}
"""Letters with a stroke, which Unicode does not take apart into a letter and a mark."""


@dataclass(frozen=True)
class Part:
    """One part of a country.

    Attributes
    ----------
    id : str
        Name of its folder: small letters, digits and hyphens only.
    title : Text
    inner : tuple of str
        TERYT codes of its own municipalities.
    around : tuple of str
        Those of others, within the buffer.
    """

    id: str
    title: Text
    inner: tuple[str, ...]
    around: tuple[str, ...]


def parts_of(municipalities: gpd.GeoDataFrame, by: str, buffer: float) -> tuple[Part, ...]:
    """Return the parts of a country, each with the municipalities around it.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt`` and polygons, CRS in metres.
    by : str
        ``voivodeship``, ``county``, or a column: municipalities of one value are one part.
    buffer : float
        Metres. A municipality that comes as near as that to one of the part is read with it.

    Raises
    ------
    ParameterError
        For a column that is not there, or a buffer that is no length.
    SchemaError
        For municipalities without a value, which would be in no part.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame(
    ...     {"teryt": ["2261011", "2262011", "2263011"], "region": ["A/..", "A/..", "B"]},
    ...     geometry=shapely.box([0, 1e3, 9e3], 0, [1e3, 2e3, 1e4], 1e3), crs="EPSG:2180")
    >>> [(p.id, p.inner, p.around) for p in parts_of(towns, "region", 7_000.0)]
    [('a', ('2261011', '2262011'), ('2263011',)), ('b', ('2263011',), ('2262011',))]
    """
    if not (buffer >= 0 and math.isfinite(buffer)):
        raise ParameterError(
            _("buffer = {buffer}: metres, 0 or more").fill(buffer=buffer), layer="buffer"
        )
    names = _names(municipalities, by)
    codes = municipalities["teryt"].astype(str).to_numpy()
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    tree = shapely.STRtree(shapes)
    found, taken = [], set[str]()
    for name in sorted(set(names)):
        inside = np.array([n == name for n in names])
        _one, near = tree.query(shapes[inside], predicate="dwithin", distance=buffer)
        around = np.zeros(len(codes), bool)
        around[near] = True
        found.append(
            Part(
                _folder_name(name, taken),
                _title(name, by),
                tuple(sorted(codes[inside])),
                tuple(sorted(codes[around & ~inside])),
            )
        )
        taken.add(found[-1].id)
    return tuple(found)


def _names(municipalities: gpd.GeoDataFrame, by: str) -> list[str]:
    """Return the name of each municipality's part."""
    if by in _DIGITS:
        return [str(code)[: _DIGITS[by]] for code in municipalities["teryt"]]
    columns = [c for c in municipalities.columns if c != municipalities.geometry.name]
    if by not in columns:
        raise ParameterError(
            _("the boundaries have no column {column}").fill(column=by[:_LONGEST]),
            layer="municipalities",
            place=", ".join(map(str, columns[:12])),
            remedy=_("take voivodeship, county, or one of these columns"),
        )
    values = municipalities[by]
    texts = values.astype("object").where(values.notna(), "").astype(str).str.strip()
    bare = municipalities["teryt"].astype(str)[(texts == "").to_numpy()]
    if len(bare):
        raise SchemaError(
            _("municipalities without a value would be in no part: {codes}").fill(
                codes=", ".join(bare[:_SHOWN]) + (" ..." if len(bare) > _SHOWN else "")
            ),
            layer="municipalities",
            place=by[:_LONGEST],
            remedy=_("fill the column"),
        )
    return [str(text) for text in texts]


def _folder_name(name: str, taken: set[str]) -> str:
    """Return a name of letters, digits and hyphens; never a path, never one that is taken."""
    plain = name.translate(_STROKES)
    ascii_ = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")[:_LONGEST].strip("-")
    if not found or found in taken:
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        found = f"{found}-{mark}".strip("-")
    return found


def _title(name: str, by: str) -> Text:
    if by == VOIVODESHIP and name in units.voivodeships():
        return both(units.voivodeships()[name].name)
    if by == COUNTY:
        return _("county {code}").fill(code=name)
    return both(name)


def split(
    country: Layers, by: str, output: Path, *, buffer: float, force: bool = False
) -> tuple[Part, ...]:
    """Write a catalog of each part of a country, all of them or none.

    Parameters
    ----------
    country : Layers
        An open catalog; its boundaries are read.
    by : str
        As in :func:`parts_of`.
    output : Path
        Folder of the parts' folders.
    buffer : float
        Metres.
    force : bool
        Replace folders of parts that are there.

    Returns
    -------
    tuple of Part

    Raises
    ------
    CatalogError
        When a part's folder is there already.
    MetrogisError
        Of the boundaries; as :func:`parts_of`.
    """
    found = parts_of(country["municipalities"], by, buffer)
    there = [part.id for part in found if os.path.lexists(output / part.id)]
    if there and not force:
        raise CatalogError(
            _("folders are there already: {names}").fill(names=", ".join(there[:_SHOWN])),
            place=str(output),
            remedy=_("choose another folder, or replace them with --force"),
        )
    output.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".split-", dir=output))
    try:
        for part in found:
            content = content_of(country, part, output / part.id, buffer)
            of_content(content)  # what is written opens
            folder = work / part.id
            folder.mkdir()
            (folder / "catalog.toml").write_text(text_of(content), encoding="utf-8")
            if (country.directory / lock.NAME).is_file():
                shutil.copyfile(country.directory / lock.NAME, folder / lock.NAME)
        old = work / "replaced"
        old.mkdir()
        _put_in_place(found, work, old, output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return found


def _put_in_place(found: Sequence[Part], work: Path, old: Path, output: Path) -> None:
    """Move the folders of all parts to where they belong; all go back if one cannot."""
    done: list[tuple[Path, Path | None]] = []
    try:
        for part in found:
            target, before = output / part.id, None
            if os.path.lexists(target):
                before = old / part.id
                target.rename(before)
            done.append((target, before))
            (work / part.id).rename(target)
    except OSError:
        for target, before in reversed(done):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target, ignore_errors=True)
            if before is not None:
                before.rename(target)
        raise


def content_of(country: Layers, part: Part, folder: Path, buffer: float) -> dict[str, Any]:
    """Return the catalog of a part: the files are those of the country.

    Parameters
    ----------
    country : Layers
    part : Part
    folder : Path
        Where the catalog will lie: paths start from it.
    buffer : float
        Metres.
    """
    whole = country.catalog.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_unset=True
    )
    kept = ("crs", "country", "date", "densest", "groups")
    own, codes = country.info.title, {*part.inner, *part.around}
    metro: dict[str, Any] = {
        "id": part.id,
        "name": _both_of(part.title),
        **{key: whole["metro"][key] for key in kept if whole["metro"].get(key)},
        "data": _from(folder, country.data),
        "part": {
            "of": _both_of(own),
            "inner": list(part.inner),
            "around": list(part.around),
            "buffer": buffer,
        },
    }
    groups = _groups_within(metro.pop("groups", []), codes)
    if groups:
        metro["groups"] = groups
    layers = {}
    for name, layer in whole["layers"].items():
        declared = country.catalog.layers[name]
        layers[name] = dict(layer)
        if isinstance(declared, MissingLayer):
            continue
        # said of each layer: whatever the data folder of a run is, these are the files
        layers[name].pop("base", None)
        layers[name]["data"] = _from(folder, base_of(country, declared))
    return {"metro": metro, "parameters": _parameters(country, codes), "layers": layers}


def _parameters(country: Layers, codes: set[str]) -> dict[str, dict[str, Any]]:
    """Return parameters without the municipalities that are not read: none may be named."""
    found: dict[str, dict[str, Any]] = {}
    for check, values in country.catalog.parameters.items():
        kept = {}
        for name, value in values.items():
            if isinstance(value, list | dict) and value and all(map(_is_code, value)):
                value = (
                    {k: v for k, v in value.items() if k in codes}
                    if isinstance(value, dict)
                    else [code for code in value if code in codes]
                )
                if not value:
                    continue
            kept[name] = value
        if kept:
            found[check] = kept
    return found


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]{7}", value) is not None


def _groups_within(groups: list[dict[str, Any]], codes: set[str]) -> list[dict[str, Any]]:
    """Return functional groups of the municipalities that are read."""
    within = [
        {**group, "municipalities": [c for c in group["municipalities"] if c in codes]}
        for group in groups
    ]
    return [group for group in within if group["municipalities"]]


def _both_of(text: Text) -> dict[str, str]:
    return {"pl": text.get("pl"), "en": text.get("en")}


def _from(folder: Path, target: Path) -> str:
    """Return a path as it is written into a catalog in ``folder``."""
    start, end = folder.resolve(), target.resolve()
    try:
        return Path(os.path.relpath(end, start)).as_posix()
    except ValueError:  # another drive
        return end.as_posix()
