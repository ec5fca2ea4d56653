"""Land that plans zone for dwellings, cell by cell: built up, free, or not known, and who lives.

Cells of one lattice, whose lines are whole multiples of the cell, are laid over the zones SW, SJ
and SZ: a cell is of the zone that holds its middle, and what it is follows from the layers there.
Sums of a zone's cells are brought to the zone's own area.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Parameters, Run, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Given
from metrogis.checks.contract.shared_types import BuiltUpValue
from metrogis.checks.shared.built_land import (
    BuiltUpValues,
    Units,
    built_mask,
    is_one_of,
    placed,
)
from metrogis.checks.shared.dwelling_zones import (
    cells_of,
    dwelling_zones,
    hectares_of,
)
from metrogis.checks.shared.exposure import State, middles
from metrogis.checks.shared.lattice import burnt, covered, home_of, lattice_over, sampled
from metrogis.checks.shared.plans import Plans
from metrogis.checks.shared.settled import fingerprint
from metrogis.evidence import Evidence
from metrogis.i18n import _
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit

_OWN = ours("37-housing-demand-and-capacity")


class DwellingLandParameters(Parameters):
    """What undeveloped land for dwellings is."""

    cell: Annotated[
        float,
        Spec(
            _("cells in which land is counted"),
            "m",
            _OWN.saying(_("a plot of a house is a few of them")),
        ),
        Field(ge=5, le=100),
    ] = 20
    built_from: Annotated[
        Literal["auto", "parcels", "built_up", "buildings"],
        Spec(
            _("layer that says what is built up"),
            "-",
            _OWN.saying(_("auto: parcels, else built-up land, else buildings")),
        ),
    ] = "auto"
    built_up_value: BuiltUpValue = 1
    built_up_values: BuiltUpValues = ()
    plot_margin: Annotated[
        float,
        Spec(
            _("land within this distance of a building is built up (layer buildings)"),
            "m",
            _OWN.saying(_("about half the width of a plot")),
            range=0.2,
        ),
        Field(ge=0, le=200),
    ] = 15
    building_area: Annotated[
        float,
        Spec(
            _("a parcel is built up from an area of buildings of"),
            "m2",
            _OWN.saying(_("smaller ones are sheds and garages")),
        ),
        Field(ge=0),
    ] = 35
    road_width: Annotated[
        float,
        Spec(
            _("width of a road (layer roads)"),
            "m",
            _OWN.saying(_("carriageway, verges and pavements of a local road")),
            range=0.2,
        ),
        Field(ge=0, le=100),
    ] = 12
    unbuildable_values: Annotated[
        tuple[float, ...],
        Spec(
            _("codes of waters and forests in land cover"),
            "-",
            _OWN.saying(_("CORINE: forests 311-313, waters 511-523")),
        ),
    ] = (311, 312, 313, 511, 512, 521, 522, 523)
    excluded_forms: Annotated[
        tuple[str, ...],
        Spec(
            _("forms of nature protection in which no housing is built"),
            "-",
            citations.NATURE.saying(_("art. 15: national parks and nature reserves")),
        ),
    ] = ("national park", "nature reserve", "park narodowy", "rezerwat przyrody", "rezerwat")
    flood_probability: Annotated[
        float,
        Spec(
            _("flood hazard counts from a yearly probability of"),
            "%",
            citations.WATER_LAW.saying(_("art. 16: areas of 1 % and 10 %")),
        ),
        Field(gt=0, le=100),
    ] = 1


class LandLayers(NamedTuple):
    """Layers that say what dwelling land is; each may be missing."""

    population: Any = None
    parcels: Any = None
    built_up: Any = None
    buildings: Any = None
    roads: Any = None
    land_cover: Any = None
    protected_areas: Any = None
    flood_hazard: Any = None


@dataclass(frozen=True, eq=False)
class DwellingLand:
    """Dwelling land of all plans.

    Attributes
    ----------
    pieces : GeoDataFrame
        Zones as municipalities' own: ``zone`` (row of the plan's zones), ``owner`` (row of the
        municipality), ``symbol``, ``label``, ``max_intensity``, ``own_m2`` (land that no smaller
        zone lies over).
    grid : Grid
        The lattice; its values say nothing.
    rows, columns : ndarray of int (cells,)
    piece : ndarray of int (cells,)
        Piece of each cell.
    hectares : ndarray (cells,)
        Land that the cell stands for.
    planned : ndarray of bool (cells,)
        The plan there is known: no zone was lost that may lie over the one that was read.
    single : ndarray of bool (cells,)
        No zone of another type lies over the cell.
    built, known : ndarray of bool (cells,)
        Built up; and whether that is known.
    free : ndarray of bool (cells,)
        Known not to be built up, nor road, water or forest.
    excluded : State
        Legal exclusions.
    people : ndarray (cells,)
        Residents on built-up cells, 0 on others; NaN where not known.
    """

    pieces: gpd.GeoDataFrame
    grid: Grid
    rows: Ints
    columns: Ints
    piece: Ints
    hectares: Floats
    planned: Bools
    single: Bools
    built: Bools
    known: Bools
    free: Bools
    excluded: State
    people: Floats

    @property
    def cells(self) -> tuple[Ints, Ints]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def owner(self) -> Ints:
        """Municipality of each cell."""
        return np.asarray(self.pieces["owner"].to_numpy()[self.piece], dtype=np.int64)

    def by_piece(self, values: Any) -> Floats:
        """Return sums of values of cells by piece."""
        return np.asarray(np.bincount(self.piece, values, minlength=len(self.pieces)), dtype=float)

    def by_town(self, values: Any, municipalities: int) -> Floats:
        """Return sums of values of cells by municipality."""
        return np.asarray(np.bincount(self.owner, values, minlength=municipalities), dtype=float)


_last: dict[Any, tuple[DwellingLand, Audit]] = {}


def dwelling_land(run: Run, plans: Plans, layers: LandLayers, tolerance: float) -> DwellingLand:
    """Return the dwelling land of plans, and what of it is built up, free or not known.

    Two checks ask this of the same layers, and it takes seconds: the last answer is kept, and known
    again by the plans and by the content and evidence of the other layers.

    Parameters
    ----------
    run : Run
        Its parameters are :class:`DwellingLandParameters`.
    plans : Plans
        See :func:`metrogis.checks.shared.plans.read_plans`.
    layers : LandLayers
        Validated.
    tolerance : float
        As plans meet at borders, m.
    """
    key = _key(run, plans, layers, tolerance)
    found = _last.get(key) if key is not None else None
    if found is None:
        before, run.audit = run.audit, Audit()
        land = _measured(run, plans, layers, tolerance)
        found, run.audit = (land, run.audit), before
        _last.clear()
        if key is not None:
            _last[key] = found
    run.add(found[1])
    return found[0]


def _key(run: Run, plans: Plans, layers: LandLayers, tolerance: float) -> Any:
    """Return what the answer hangs on; None where a layer cannot be known again."""
    content = fingerprint(run.municipalities, *layers)
    if content is None:
        return None
    told = hashlib.blake2b(digest_size=16)
    for name in layers._fields:
        told.update(pickle.dumps(run.evidence.get(name)))
    values = tuple(getattr(run.parameters, name) for name in DwellingLandParameters.model_fields)
    # the cover of a plan is one object as long as plan and outlines are the same
    return plans.cover, plans.layer, tolerance, values, content, told.hexdigest()


def _measured(run: Run, plans: Plans, layers: LandLayers, tolerance: float) -> DwellingLand:
    pieces, contested = dwelling_zones(run, plans, tolerance)
    grid = lattice_over(pieces, run.parameters.cell, layers.population, run.crs)
    rows, columns, piece = cells_of(pieces, grid)
    weight = hectares_of(run, pieces, piece)
    built, dark = _built(run, layers, grid)
    own, sure = _state(run, layers, grid, (rows, columns), built, dark)
    planned: Bools = np.ones(len(rows), np.bool_)
    # a zone lost in reading may lie over the one that was read
    if plans.evidence.losses:
        planned = ~plans.evidence.lost_near(middles(grid, (rows, columns)), 0.0)
    single = ~burnt(contested, grid)[rows, columns]
    sure &= planned & single
    people = _people(run, layers.population, grid, (rows, columns), own, built, dark)
    blocked, seen = _unbuildable(run, layers, grid, (rows, columns))
    sure &= own | blocked | seen
    free = sure & ~own & ~blocked
    excluded = _excluded(run, layers, grid, (rows, columns))
    return DwellingLand(
        pieces, grid, rows, columns, piece, weight[piece], planned, single, own, sure, free,
        excluded, people,
    )  # fmt: skip


# --------------------------------------------------------------------------- what is built up


def _source(run: Run, layers: LandLayers) -> str:
    """Return the layer that says what is built up; empty where there is none."""
    asked = run.parameters.built_from
    names = ("parcels", "built_up", "buildings") if asked == "auto" else (asked,)
    return next((name for name in names if getattr(layers, name) is not None), "")


def _built(run: Run, layers: LandLayers, grid: Grid) -> tuple[Bools, Bools]:
    """Return which cells of the lattice are built up, and of which that is not known."""
    name = _source(run, layers)
    none: Bools = np.zeros(grid.shape, np.bool_)
    if not name:
        run.note(
            "built_up",
            "unknown",
            1,
            _("no layer says what is built up: undeveloped land is unknown"),
        )
        return none, ~none
    if name == "built_up":
        mask = built_mask(run, Given(name, layers.built_up), Units(run.municipalities))
        values, valid = sampled(mask, grid)
        return values.astype(bool) & valid, ~valid
    if name == "buildings":
        shapes = shapely.buffer(
            layers.buildings.geometry.to_numpy(), run.parameters.plot_margin, quad_segs=2
        )
        return burnt(shapes, grid), none
    return burnt(layers.parcels.geometry.to_numpy()[_parcel_state(run, layers)[0]], grid), none


def _parcel_state(run: Run, layers: LandLayers) -> tuple[Bools, Bools]:
    """Tell which parcels are built up, and of which that is not known."""
    parcels = layers.parcels
    told = parcels["built"] if "built" in parcels else pd.Series(None, index=parcels.index)
    open_ = told.isna().to_numpy()
    built = told.astype("object").where(~open_, False).to_numpy().astype(bool)
    if layers.buildings is None:
        return built, open_
    shapes, houses = parcels.geometry.to_numpy(), layers.buildings.geometry.to_numpy()
    parcel, house = shapely.STRtree(houses).query(shapes, predicate="intersects")
    asked = open_[parcel]
    parcel, house = parcel[asked], house[asked]
    area = shapely.area(shapely.intersection(shapes[parcel], houses[house]))
    sums = np.bincount(parcel, area, minlength=len(parcels))
    # a point of a building has no area: it stands for a house
    points = np.bincount(
        parcel, shapely.get_dimensions(houses[house]) == 0, minlength=len(parcels)
    ).astype(bool)
    built |= (sums >= max(run.parameters.building_area, 1e-9)) | points
    lost = ~run.evidence["buildings"].known_near(shapes, 0.0)
    return built, open_ & ~built & lost


def _state(
    run: Run, layers: LandLayers, grid: Grid, cells: tuple[Ints, Ints], built: Bools, dark: Bools
) -> tuple[Bools, Bools]:
    """Return which dwelling cells are built up, and of which that is known."""
    own, sure = built[cells], ~dark[cells]
    name = _source(run, layers)
    if name not in ("parcels", "buildings"):
        return own, sure
    evidence = run.evidence[name]
    rest = np.flatnonzero(~own)
    at = middles(grid, (cells[0][rest], cells[1][rest]))
    margin = run.parameters.plot_margin if name == "buildings" else 0.0
    if not evidence.complete:
        sure[rest] = evidence.known_near(at, margin)
    if name == "parcels":
        open_ = _parcel_state(run, layers)[1]
        if open_.any():
            part = (cells[0][rest], cells[1][rest])
            frame = layers.parcels[open_]
            sure[rest] &= ~covered(grid, part, frame, Evidence("parcels")).yes
    return own, sure


# --------------------------------------------------------------------------- who lives there


def _people(
    run: Run,
    population: Any,
    grid: Grid,
    cells: tuple[Ints, Ints],
    own: Bools,
    built: Bools,
    dark: Bools,
) -> Floats:
    """Return the residents of dwelling cells: a cell of population lives on its built-up cells."""
    if population is None:
        run.note("population", "unknown", 1, _("no layer of residents: density is unknown"))
        return np.full(len(own), np.nan)
    some = np.flatnonzero((built | dark).ravel())
    row, column = np.divmod(some, grid.shape[1])
    home = home_of(population, grid, row, column)
    dim = dark.ravel()[some]
    n = len(population)
    share = np.bincount(home[(home >= 0) & ~dim], minlength=n)
    # where some of a cell's land may be built up too, who lives on the rest is not known
    unsure = np.bincount(home[(home >= 0) & dim], minlength=n) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(unsure, np.nan, population["population"].to_numpy(float) / share)
    nobody = share == 0
    people = population["population"].to_numpy(float)
    run.note(
        "population",
        "noted",
        round(float(np.nansum(people[nobody & _touched(population, grid)]))),
        _("residents of cells without built-up land: in no density"),
    )
    place = np.full(grid.shape, -1, np.int64)
    place.ravel()[some] = home
    at = place[cells]
    out = np.where(own & (at >= 0), each[np.maximum(at, 0)], 0.0)
    # built-up land without a cell of population has nobody only where the layer is known
    bare = np.flatnonzero(own & (at < 0))
    if len(bare):
        xy = middles(grid, (cells[0][bare], cells[1][bare]))
        out[bare[~run.evidence["population"].known_at(xy)]] = np.nan
    return out


def _touched(population: gpd.GeoDataFrame, grid: Grid) -> Bools:
    """Tell which cells of population lie on the lattice whole."""
    x0, y0 = grid.xy(grid.shape[0] - 0.5, -0.5)
    x1, y1 = grid.xy(-0.5, grid.shape[1] - 0.5)
    box = population.geometry.array.bounds
    return np.asarray((box[:, 0] >= x0) & (box[:, 1] >= y0) & (box[:, 2] <= x1) & (box[:, 3] <= y1))


# --------------------------------------------------------------------------- what is not free


def _unbuildable(
    run: Run, layers: LandLayers, grid: Grid, cells: tuple[Ints, Ints]
) -> tuple[Bools, Bools]:
    """Tell which cells are roads, waters or forests by the layers there; where land cover knows."""
    known: Bools = np.ones(len(cells[0]), bool)
    out: Bools = np.zeros(len(cells[0]), bool)
    if layers.roads is not None:
        half = run.parameters.road_width / 2
        wide = shapely.buffer(layers.roads.geometry.to_numpy(), half, quad_segs=2)
        out |= burnt(wide, grid)[cells]
    else:
        run.note("roads", "noted", 1, _("no layer of roads: they are not taken off"))
    if layers.land_cover is None:
        run.note("land_cover", "noted", 1, _("no land cover: waters and forests are not taken off"))
        return out, known
    cover = placed(run, Given("land_cover", layers.land_cover))
    values, valid = sampled(cover, grid)
    wet = is_one_of(values[cells], run.parameters.unbuildable_values)
    return out | (wet & valid[cells]), valid[cells]


def _excluded(run: Run, layers: LandLayers, grid: Grid, cells: tuple[Ints, Ints]) -> State:
    """Tell on which cells law forbids housing, by the layers that are there."""
    params, n = run.parameters, len(cells[0])
    yes, known = np.zeros(n, bool), np.ones(n, bool)
    for name in ("protected_areas", "flood_hazard"):
        areas = getattr(layers, name)
        if areas is None:
            run.note(name, "noted", 1, _("no such layer: legal exclusions there are not taken off"))
            continue
        state = covered(grid, cells, _forbidding(areas, name, params), run.evidence[name])
        yes |= state.yes
        known &= state.known
        if name == "protected_areas":
            odd = _of_unknown_form(areas)
            run.note(
                name,
                "unknown",
                len(odd),
                _("protected areas of unknown form: whether housing is built there is unknown"),
            )
            known &= ~covered(grid, cells, odd, Evidence(name)).yes
    return State(yes, known | yes)


def _forbidding(areas: gpd.GeoDataFrame, name: str, p: Any) -> gpd.GeoDataFrame:
    """Return the areas of a layer in which no housing is built."""
    if name == "flood_hazard":
        return flooded(areas, p.flood_probability)
    forms = {form.casefold().strip() for form in p.excluded_forms}
    if "form" not in areas:
        return areas.iloc[:0]
    own = areas["form"].map(lambda v: isinstance(v, str) and v.casefold().strip() in forms)
    return areas[own.astype(bool)]


def _of_unknown_form(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return protected areas whose form is not stated."""
    if "form" not in areas:
        return areas
    return areas[~areas["form"].map(lambda v: isinstance(v, str) and bool(v.strip())).astype(bool)]


def flooded(areas: gpd.GeoDataFrame, least: float) -> gpd.GeoDataFrame:
    """Return areas of flood hazard of at least a yearly probability (%); one not stated counts."""
    if "probability" not in areas:
        return areas
    stated = areas["probability"].to_numpy(float)
    return areas[~(stated < least)]
