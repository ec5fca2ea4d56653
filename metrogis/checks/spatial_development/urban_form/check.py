"""The form of built-up land: how far it sprawls, how it is spread, how land cover is cut up.

People that are not known leave land uptake and weighted proliferation *unknown*; so does land that
is not known within the horizon of perception. Then bounds are given: as if all of that land were
open, and as if all of it were built up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import Field

from metrogis.arrays import Array
from metrogis.checks.contract import Outcome, Run, Spec, check, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Areas, Given, Raster, Table
from metrogis.checks.shared.built_land import (
    BuiltUpParameters,
    Units,
    built_mask,
    is_one_of,
    placed,
    sea_of,
    taken,
    without,
)
from metrogis.checks.shared.known_land import (
    KnownLand,
    known_land,
    measure,
    people_on,
)
from metrogis.checks.spatial_development.urban_form import presentation as texts
from metrogis.checks.spatial_development.urban_form.bounds import bounds
from metrogis.checks.spatial_development.urban_form.findings import findings, whole
from metrogis.checks.spatial_development.urban_form.inputs import Inputs
from metrogis.checks.spatial_development.urban_form.reading import READING
from metrogis.checks.spatial_development.urban_form.taken import TAKEN
from metrogis.errors import SchemaError
from metrogis.i18n import Text, _, both
from metrogis.landscape import growth, landcover, metrics, sprawl
from metrogis.landscape.expected import CLASSES, Expected
from metrogis.landscape.grid import Grid
from metrogis.population import municipal_totals

_OWN = ours("12-urban-form-and-sprawl")


_HECTARE = 1e4
_ROWS = 500
"""Rows of a raster looked at together: bounds memory."""


def _coefficient(name: str, part: Text) -> Any:
    return Spec(_("WUP, {name}: {part}").fill(name=name, part=part), "1", citations.WUP)


class UrbanFormParameters(BuiltUpParameters):
    """Parameters of ``urban_form``."""

    horizon: Annotated[
        float,
        Spec(_("horizon of perception"), "m", citations.WUP, range=0.2),
        Field(gt=0, le=20_000),
    ] = 2000
    dispersion_slope: Annotated[float, _coefficient("w1", _("slope"))] = 0.294432
    dispersion_shift: Annotated[float, _coefficient("w1", _("shift"))] = 12.955
    uptake_shift: Annotated[float, _coefficient("w2", _("shift"))] = 4.159
    uptake_scale: Annotated[
        float,
        Spec(_("WUP, w2: scale"), "m2/person", citations.WUP),
    ] = 613.125
    cell_slope: Annotated[float, _coefficient("wcc", _("slope"))] = 0.97428
    cell_shift: Annotated[float, _coefficient("wcc", _("shift"))] = 1.046
    cell_offset: Annotated[float, _coefficient("wcc", _("offset"))] = 0.996249
    zone_size: Annotated[
        float,
        Spec(
            _("entropy in a municipality: side of squares"),
            "m",
            _OWN.saying(_("1 km, as the squares of the census grid")),
        ),
        Field(gt=0),
    ] = 1000
    connectivity: Annotated[
        int,
        Spec(
            _("neighbours of a cell in a patch (4, 8)"),
            "cells",
            citations.FRAGSTATS.saying(both("8")),
        ),
        Field(ge=4, le=8, multiple_of=4),
    ] = 8


@check(
    id="urban_form",
    direction="1.2.1",
    reach=2_000.0,
    section="12-urban-form-and-sprawl",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
    overlays=texts.OVERLAYS,
)
def urban_form(inputs: Inputs, params: UrbanFormParameters, run: Run) -> Outcome:
    """Measure sprawl, spread and fragmentation of built-up land by municipality.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    built_up : Grid
        Built-up land, square cells; cells of at least ``built_up_value``, or of
        ``built_up_values``. It should reach ``horizon`` beyond the municipalities.
    population : GeoDataFrame, optional
        Schema ``PopulationCells``; or
    population_municipal : DataFrame, optional
        Schema ``MunicipalPopulation``, which goes first.
    jobs : DataFrame, optional
        ``teryt``, ``jobs``: counted with the inhabitants in land uptake.
    land_cover : Grid, optional
        Classes of land cover; ``sea_values`` are no land.
    land_cover_classes : DataFrame, optional
        ``code``: the classes there are; cells of other values are not known.
    urban_zones : GeoDataFrame, optional
        Zones over which the entropy of the whole is taken, in place of the municipalities.
    **parameters
        See :class:`UrbanFormParameters`.

    Returns
    -------
    Result
        ``municipalities`` (PBA, DIS, UP, LUP, WUP; entropy over squares; metrics of built-up land
        and of land cover), raster ``permeation`` (SI of built-up cells, -1 elsewhere), feature
        ``zones`` where ``urban_zones`` is given.

    Notes
    -----
    WUP = PBA x DIS x w1(DIS) x w2(LUP): :func:`metrogis.landscape.sprawl.proliferation`. Entropy H
    = -sum p ln p, relative H / ln n. Metrics by the definitions of FRAGSTATS (patches end at the
    border of the municipality): :func:`metrogis.landscape.metrics.by_unit`.

    Examples
    --------
    >>> from affine import Affine
    >>> from shapely import box
    >>> from metrogis.landscape.grid import read
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[box(0, 0, 300, 100)])
    >>> land = read(np.array([[1, 0, 1]]), crs="EPSG:2180",
    ...             transform=Affine(100, 0, 0, 0, -100, 100))
    >>> people = pd.DataFrame({"teryt": ["2261011"], "population": [80]})
    >>> found = urban_form(town, land, population_municipal=people)
    >>> found.municipalities[["pba", "dis", "lup", "built_np"]].round(4).values.tolist()
    [[0.6667, 13.9761, 250.0, 2.0]]
    """
    municipalities = inputs.municipalities
    unit_of = Units(municipalities)
    built = built_mask(run, Given("built_up", inputs.built_up), unit_of)
    sea = sea_of(run, inputs.land_cover, built)
    built = without(built, sea)
    land = known_land(
        run,
        ("built_up",),
        built,
        unit_of(built),
        municipalities,
        edge_share=params.edge_share,
        sea=sea,
    )
    _note_edges(run, municipalities, built)
    run.note(
        "built_up",
        "unknown",
        round(float(land.unknown.sum()) / built.cell_area),
        _("land of municipalities not known (no data, or beyond the raster), in cells: in no sum"),
    )
    people = _people(run, inputs, municipalities, land, built)
    numbers = sprawl.Coefficients(
        **{name: getattr(params, name) for name in sprawl.Coefficients.__dataclass_fields__}
    )
    si = sprawl.permeation(
        built.values & built.valid,
        sprawl.square_cell(built),
        horizon=params.horizon,
        coefficients=numbers,
    )
    wup = sprawl.proliferation(
        built,
        municipalities,
        people["known"],
        horizon=params.horizon,
        coefficients=numbers,
        cells=land.unit,
        si=si,
    )
    near = land.near(built, params.horizon)
    found = bounds(wup, built, land, near, si, people["total"].to_numpy(),
                   horizon=params.horizon, coefficients=numbers)  # fmt: skip
    seen = _seen(built, si, near, sea)
    del si
    table = _municipal(run, municipalities, found, people, built, land)
    features = {}
    if inputs.urban_zones is not None:
        features["zones"] = _zones(run, inputs.urban_zones, built)
    spread = features["zones"] if features else table
    if inputs.land_cover is not None:
        _land_cover(
            run, inputs.land_cover, inputs.land_cover_classes, municipalities, table, unit_of
        )
    return Outcome(
        municipalities=table.set_index(municipalities.index),
        features=features,
        findings=findings(
            table,
            whole(table, numbers),
            spread,
            "zones" in features,
            cells_only=inputs.population_municipal is None,
        ),
        rasters={"permeation": seen},
    )


CHECK = urban_form.check


def _seen(built: Grid, si: Array, near: Array | None, sea: Array | None) -> Grid:
    """Raster of SI: -1 where nothing is built; not known where land within the horizon is not."""
    values = np.nan_to_num(si, copy=False, nan=-1).astype(np.float32)
    valid = built.valid
    if near is not None:
        valid = valid & ~(near & built.values)
    return replace(built, values=values, valid=valid if sea is None else valid | sea)


def _note_edges(run: Run, municipalities: gpd.GeoDataFrame, grid: Grid) -> None:
    """Say where the raster ends before the horizon does: SI is then of what is there."""
    x0, y0 = grid.xy(-0.5, -0.5)
    x1, y1 = grid.xy(grid.shape[0] - 0.5, grid.shape[1] - 0.5)
    west, east = sorted((float(x0), float(x1)))
    south, north = sorted((float(y0), float(y1)))
    reach = run.parameters.horizon
    box = municipalities.geometry.bounds
    short = (
        (box["minx"] - reach < west)
        | (box["maxx"] + reach > east)
        | (box["miny"] - reach < south)
        | (box["maxy"] + reach > north)
    )
    run.note(
        "built_up",
        "noted",
        int(short.sum()),
        _(
            "the raster ends within {reach:0} m of municipalities: built-up land "
            "beyond its edge is not seen"
        ).fill(reach=reach),
        municipalities["name"][short].astype(str),
    )


def _people(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, land: KnownLand, grid: Grid
) -> pd.DataFrame:
    """Inhabitants (and jobs) by municipality, ``total`` and on ``known`` land; NaN = unknown."""
    found = people_on(
        run, municipalities, land, grid,
        table=Given("population_municipal", inputs.population_municipal),
        cells=Given("population", inputs.population), edge_share=run.parameters.edge_share,
    )  # fmt: skip
    nothing = np.full(len(municipalities), np.nan)
    if found is None:
        run.note(
            "population",
            "unknown",
            1,
            _("no population: land uptake (LUP) and WUP unknown"),
        )
    people = pd.DataFrame(
        {
            "total": nothing if found is None else found.total,
            "known": nothing if found is None else found.known,
        }
    )
    jobs = inputs.jobs
    if jobs is None:
        run.note(
            "jobs",
            "noted",
            1,
            _("no jobs: LUP is per inhabitant, hence too high where people work"),
        )
        return people
    missing = [c for c in ("teryt", "jobs") if c not in jobs]
    if missing:
        raise SchemaError(
            _("columns missing: {missing}").fill(missing=", ".join(missing)),
            layer="jobs",
        )
    more, audit = municipal_totals(
        municipalities, jobs[["teryt", "jobs"]].rename(columns={"jobs": "population"}), layer="jobs"
    )
    run.add(audit)
    # where land is known in part, which jobs are on it cannot be told
    return people.assign(
        total=people["total"] + more, known=people["known"] + np.where(land.partly, np.nan, more)
    )


def _municipal(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    wup: pd.DataFrame,
    people: pd.DataFrame,
    built: Grid,
    land: KnownLand,
) -> gpd.GeoDataFrame:
    n, size = len(municipalities), built.cell_area / _HECTARE
    table = municipalities[["teryt", "name", "geometry"]].copy().reset_index(drop=True)
    table["land_ha"] = land.known / _HECTARE
    dark, partly = land.known == 0, land.partly
    own = np.bincount(land.unit[built.values & built.valid], minlength=n + 1)[1:] * size
    table["built_ha"] = np.where(dark, np.nan, own)
    table["unknown_ha"] = land.unknown / _HECTARE
    table["known_share"] = land.share
    table["people"], table["people_known"] = people["total"], people["known"]
    for name in wup:
        value = wup[name].to_numpy()
        table[name.lower()] = np.where(np.isinf(value), np.nan, value)
    h = _by_squares(run, built, land.unit, n)
    for name, value in zip(("entropy", "entropy_relative"), h, strict=True):
        table[name] = np.where(partly, np.nan, value)
    codes = np.where(built.values, 2, 1).astype(np.uint8)
    found = metrics.by_unit(
        replace(built, values=codes), land.unit, n, connectivity=run.parameters.connectivity
    )
    classes = found.classes[found.classes.index.get_level_values("class") == 2]
    of_built = classes.droplevel("class").reindex(range(1, n + 1))
    for name in ("NP", "LPI", "ED", "MESH"):
        value = of_built[name].to_numpy()
        # no built-up land: no patches; land known in part: patches may go on where it is not
        none = 0.0 if name in ("NP", "ED") else np.nan
        value = np.where(np.isnan(value), none, value)
        table[f"built_{name.lower()}"] = np.where(partly, np.nan, value)
    return table


def _by_squares(run: Run, built: Grid, unit: Array, n: int) -> tuple[Array, Array]:
    """Entropy of built-up land over the squares of each municipality, and relative to ln n."""
    rows, columns = built.shape
    side = run.parameters.zone_size
    x, _ = built.xy(np.zeros(columns), np.arange(columns))
    _, y = built.xy(np.arange(rows), np.zeros(rows))
    across = pd.factorize(np.floor(x / side))[0]
    along = pd.factorize(np.floor(y / side))[0]
    wide = int(across.max()) + 1
    many = wide * (int(along.max()) + 1)
    known, sums = np.zeros(n * many, np.int64), np.zeros(n * many, np.int64)
    for top in range(0, rows, _ROWS):
        band = slice(top, top + _ROWS)
        square = along[band, None] * wide + across[None, :]
        keep = built.valid[band] & (unit[band] > 0)
        key = (unit[band][keep].astype(np.int64) - 1) * many + square[keep]
        known += np.bincount(key, minlength=n * many)
        sums += np.bincount(key[built.values[band][keep]], minlength=n * many)
    found = [(np.nan, np.nan)] * n
    for town in range(n):
        own = slice(town * many, (town + 1) * many)
        found[town] = sprawl.entropy(sums[own][known[own] > 0])
    out = np.array(found, float).reshape(n, 2)
    return out[:, 0], out[:, 1]


def _zones(run: Run, urban_zones: Areas, built: Grid) -> gpd.GeoDataFrame:
    """Built-up land by zone, over which the entropy of the whole is taken."""
    zones = urban_zones.reset_index(drop=True)
    unit = growth.unit_cells(zones, built)
    land, _ = measure(built, unit, zones, edge_share=run.parameters.edge_share)
    n, known = len(zones), land.known / _HECTARE
    size = built.cell_area / _HECTARE
    own = np.bincount(land.unit[built.values & built.valid], minlength=n + 1)[1:] * size
    names = zones["name"] if "name" in zones else pd.Series(np.arange(1, n + 1).astype(str))
    return gpd.GeoDataFrame(
        {
            "name": names,
            "land_ha": known,
            "built_ha": np.where(known > 0, own, np.nan),
            "pba": np.where(known > 0, own / np.where(known > 0, known, 1), np.nan),
            "unknown_ha": land.unknown / _HECTARE,
            "known_share": land.share,
        },
        geometry=zones.geometry,
        crs=run.crs,
    )


def _land_cover(
    run: Run,
    land_cover: Raster | None,
    land_cover_classes: Table | None,
    municipalities: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    unit_of: Units,
) -> None:
    """Add metrics of land cover; NaN where it is known in part (patches may go on there)."""
    params = run.parameters
    cover = taken(
        run,
        "land_cover",
        placed(run, Given("land_cover", land_cover)),
        _classes(run, land_cover_classes),
    )
    sea = is_one_of(cover.values, params.sea_values) & cover.valid if params.sea_values else None
    cover = without(cover, sea)
    land = known_land(
        run,
        ("land_cover",),
        cover,
        unit_of(cover),
        municipalities,
        edge_share=params.edge_share,
        sea=sea,
    )
    found = metrics.by_unit(cover, land.unit, len(table), connectivity=params.connectivity).units
    for name in ("NP", "LPI", "ED", "SHDI", "SHEI", "DIVISION", "SPLIT", "MESH"):
        table[f"cover_{name.lower()}"] = np.where(land.partly, np.nan, found[name].to_numpy())
    table["cover_known_share"] = land.share
    run.note(
        "land_cover",
        "unknown",
        int(land.partly.sum()),
        _(
            "municipalities without land cover on some or all of their land: landscape "
            "metrics unknown"
        ),
        table["name"][land.partly].astype(str),
    )


def _classes(run: Run, land_cover_classes: Table | None) -> Expected:
    """Classes that land cover may have: those of the table, and those named as sea."""
    if land_cover_classes is None:
        return CLASSES
    codes = landcover.class_table(land_cover_classes, layer="land_cover_classes")
    return Expected(classes=(*map(float, codes), *run.parameters.sea_values))
