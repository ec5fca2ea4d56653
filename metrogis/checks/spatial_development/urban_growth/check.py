"""How much land was built up between two dates, in what form, and where.

Land that is not known at one of the dates is *unknown*, in no figure; a layer that is missing
leaves the exposure of the gain to it unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field
from scipy import ndimage

from metrogis.arrays import Array
from metrogis.checks.contract import Outcome, Run, Spec, check
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Given
from metrogis.checks.contract.shared_types import BusWalk, Detour, MinDepartures, RailWalk
from metrogis.checks.shared.built_land import (
    BuiltUpParameters,
    Units,
    YearAfter,
    YearBefore,
    built_mask,
    one_grid,
    sea_of,
    without,
    years_between,
)
from metrogis.checks.shared.known_land import (
    KnownLand,
    known_land,
    people_on,
)
from metrogis.checks.spatial_development.urban_growth import presentation as texts
from metrogis.checks.spatial_development.urban_growth.exposure import exposures
from metrogis.checks.spatial_development.urban_growth.findings import at_edges, findings
from metrogis.checks.spatial_development.urban_growth.inputs import Inputs
from metrogis.checks.spatial_development.urban_growth.reading import READING
from metrogis.checks.spatial_development.urban_growth.tables import (
    KINDS,
    Gain,
    change_raster,
    municipal_table,
    patch_table,
)
from metrogis.checks.spatial_development.urban_growth.taken import TAKEN
from metrogis.i18n import _
from metrogis.landscape import growth
from metrogis.landscape.grid import Grid
from metrogis.planning.zones import DEVELOPMENT

_OWN = ours("11-growth-of-built-up-land")


_HECTARE = 1e4


class UrbanGrowthParameters(BuiltUpParameters):
    """Parameters of ``urban_growth``."""

    year_before: YearBefore = None
    year_after: YearAfter = None
    infill_share: Annotated[
        float,
        Spec(
            _("infill: perimeter shared with old built-up land over"),
            "1",
            _OWN.saying(
                _("over 50 % infill, over 0 edge expansion, 0 leapfrog"),
            ),
            range=0.1,
        ),
        Field(ge=0, le=1),
    ] = 0.5
    min_patch: Annotated[
        float,
        Spec(
            _("a patch is listed from an area of"),
            "ha",
            _OWN.saying(_("smaller ones count in the sums")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 0.1
    largest: Annotated[
        int,
        Spec(
            _("largest patches listed (beside all leapfrog ones)"),
            "patches",
            _OWN,
        ),
        Field(ge=0),
    ] = 200
    building_zones: Annotated[
        tuple[str, ...],
        Spec(
            _("zones planned for building"),
            "-",
            _OWN.saying(
                _("the development zones of the table in section 3.2"),
            ),
        ),
    ] = DEVELOPMENT
    bus_walk_limit: BusWalk = 500
    rail_walk_limit: RailWalk = 1000
    min_departures: MinDepartures = 8
    detour: Detour = 1.3


@check(
    id="urban_growth",
    direction="1.2.1",
    reach=5_000.0,
    section="11-growth-of-built-up-land",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
    overlays=texts.OVERLAYS,
)
def urban_growth(inputs: Inputs, params: UrbanGrowthParameters, run: Run) -> Outcome:
    """Measure the growth of built-up land between two dates, its form and where it lies.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    built_up, built_up_before : Grid
        Built-up land at the later and the earlier date, same CRS; cells of at least
        ``built_up_value``, or of ``built_up_values``. On two grids they are brought to one.
    population, population_before : GeoDataFrame, optional
        Schema ``PopulationCells`` at the two dates.
    population_municipal, population_municipal_before : DataFrame, optional
        Schema ``MunicipalPopulation``; used in place of the cells when both are given.
    corridors, protected_areas : GeoDataFrame, optional
    plans, planning_zones : optional
        Zones of general plans; where there is no zone, what is planned is unknown.
    timetable, coverage : optional
        Feed and table of its coverage: the service area of transit.
    land_cover : Grid, optional
        Names the sea by ``sea_values``.
    **parameters
        See :class:`UrbanGrowthParameters`.

    Returns
    -------
    Result
        ``municipalities`` (areas in ha, ha per year, shares of land; m2 per new inhabitant; share
        of the gain by form and by place; SDG 11.3.1), features ``patches``, raster ``change`` (1
        built-up before, 2 infill, 3 edge expansion, 4 leapfrog, 5 lost).

    Notes
    -----
    A gained patch (8 neighbours) is infill, edge expansion or leapfrog by the share of its
    perimeter that it shares with old built-up land: > 50 %, > 0, 0. SDG 11.3.1: LCR = (A2 -
    A1)/A1/T, PGR = ln(P2/P1)/T, LCRPGR = LCR/PGR.

    Examples
    --------
    >>> from affine import Affine
    >>> from shapely import box
    >>> from metrogis.landscape.grid import read
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[box(0, 0, 600, 200)])
    >>> place = {"transform": Affine(100, 0, 0, 0, -100, 200), "crs": "EPSG:2180"}
    >>> one = read(np.array([[1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]]), **place)
    >>> two = read(np.array([[1, 1, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]]), **place)
    >>> result = urban_growth(town, two, one, year_before=2012, year_after=2018)
    >>> result.municipalities[["gained_ha", "gained_ha_year", "leapfrog_ha"]].values.tolist()
    [[3.0, 0.5, 1.0]]
    >>> result.features["patches"]["kind"].tolist()
    ['infill', 'edge', 'leapfrog']
    """
    municipalities = inputs.municipalities
    years = years_between(
        run, Given("built_up_before", inputs.built_up_before), Given("built_up", inputs.built_up)
    )
    unit_of = Units(municipalities)
    before = built_mask(run, Given("built_up_before", inputs.built_up_before), unit_of)
    after = built_mask(run, Given("built_up", inputs.built_up), unit_of)
    shifted = not growth.same_grid(before, after)
    before, after = one_grid(run, before, after)
    sea = sea_of(run, inputs.land_cover, after)
    before = without(before, sea)
    both = replace(after, valid=before.valid & after.valid)
    land = known_land(
        run, ("built_up", "built_up_before"), both, unit_of(after), municipalities,
        edge_share=params.edge_share, sea=sea,
    )  # fmt: skip
    people = _people(run, inputs, municipalities, land, both)
    take = growth.land_take(
        before, after, municipalities, years=years, cells=land.unit,
        new_people=people["after_known"] - people["before_known"],
    ).reset_index(drop=True)  # fmt: skip
    run.note(
        "built_up",
        "unknown",
        round(float(land.unknown.sum()) / after.cell_area),
        _(
            "land of municipalities not known at one of the dates (no data, or beyond "
            "the raster), in cells: in no sum"
        ),
    )
    found = growth.new_patches(before, after, infill=params.infill_share, dark=_dark(land, after))
    rows, columns = np.nonzero(found.labels)
    cells = (rows, columns)
    home, patch = land.unit[cells], found.labels[cells] - 1
    kind = np.asarray(pd.Index(KINDS).get_indexer(found.table["kind"]), np.uint8)
    sure = found.table["sure"].to_numpy()
    states = exposures(run, inputs, after, cells, home)
    gain = Gain(cells, home, patch, kind[patch], sure[patch], states)
    table = municipal_table(municipalities, take, people, years, gain, after, land)
    patches = patch_table(run, municipalities, found, after, gain)
    lost = bool(people.attrs.get("lost"))
    sentences = findings(table, patches, years, land, people_lost=lost)
    if shifted:
        sentences.insert(1, at_edges(before, after, land.unit))
    return Outcome(
        municipalities=table,
        features={"patches": patches},
        findings=sentences,
        rasters={"change": change_raster(before, after, gain, sea)},
    )


CHECK = urban_growth.check


def _dark(land: KnownLand, grid: Grid) -> Array | None:
    """Unknown land beside which the form of a patch is not known: of the raster, and where it ends.

    A patch at the end of the raster may go on beyond it, where municipalities do.
    """
    if land.dark is None and shapely.is_empty(land.beyond).all():
        return None
    around, (down, across) = land.around(grid, max(grid.cell))
    rows, columns = grid.shape
    here = around[down : down + rows, across : across + columns].copy()
    if down or across:  # cells whose neighbour beyond the raster is unknown land
        outer = ndimage.binary_dilation(around, np.ones((3, 3), bool))
        outer = outer[down : down + rows, across : across + columns]
        rim = np.ones(grid.shape, bool)
        rim[1:-1, 1:-1] = False
        here |= outer & rim
    return here


def _people(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, land: KnownLand, grid: Grid
) -> pd.DataFrame:
    """People by municipality at both dates, from one kind of source; NaN where unknown.

    Columns ``before``, ``after`` and, of the land known at both dates, ``before_known``,
    ``after_known``.
    """
    tables = (
        Given("population_municipal_before", inputs.population_municipal_before),
        Given("population_municipal", inputs.population_municipal),
    )
    cells = (
        Given("population_before", inputs.population_before),
        Given("population", inputs.population),
    )
    tabled, gridded = (all(g.layer is not None for g in pair) for pair in (tables, cells))
    # cells share out a table's people where land is known in part: both dates or neither
    share = gridded and (not tabled or bool(land.partly.any()))
    for given, used in (
        (tables[1], tabled),
        (tables[0], tabled),
        (cells[1], share),
        (cells[0], share),
    ):
        if given.layer is not None and not used:
            run.note(
                given.name,
                "dropped",
                len(given.layer),
                _("left aside: change of population needs one source at both dates"),
            )
    nothing, lost = np.full(len(municipalities), np.nan), 0
    out = dict.fromkeys(("before", "after", "before_known", "after_known"), nothing)
    if not tabled and not gridded:
        run.note(
            "population_before",
            "unknown",
            1,
            _("no population at both dates: m2 per new inhabitant and SDG 11.3.1 unknown"),
        )
        return pd.DataFrame(out)
    for name, table, grid_of_people in zip(("before", "after"), tables, cells, strict=True):
        found = people_on(
            run, municipalities, land, grid,
            table=table if tabled else table._replace(layer=None),
            cells=grid_of_people if share else grid_of_people._replace(layer=None),
            edge_share=run.parameters.edge_share,
        )  # fmt: skip
        assert found is not None
        out[name], out[f"{name}_known"] = found.total, found.known
        lost += found.lost
    people = pd.DataFrame(out)
    people.attrs["lost"] = lost
    return people
