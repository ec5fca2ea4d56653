"""How many people undeveloped dwelling land holds at the density of what is built alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
from pydantic import Field

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run, Spec
from metrogis.checks.contract.citations import ours
from metrogis.checks.shared.dwelling_land import DwellingLand, DwellingLandParameters
from metrogis.i18n import Text, _

_OWN = ours("37-housing-demand-and-capacity")
DENSITY_FROM: dict[str, Text] = {
    "municipality": _("the municipality"),
    "group": _("municipalities of its kind"),
    "metropolis": _("all municipalities"),
    "unknown": _("unknown"),
}


class CapacityParameters(DwellingLandParameters):
    """At what density undeveloped land is taken to be built."""

    intensity_breaks: Annotated[
        tuple[float, ...],
        Spec(
            _("bounds of classes of greatest intensity"),
            "1",
            _OWN.saying(_("houses, terraces, blocks")),
        ),
    ] = (0.4, 0.8, 1.2)
    least_built: Annotated[
        float,
        Spec(
            _("density is taken from built-up land of at least"),
            "ha",
            _OWN.saying(_("of fewer houses it is chance")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 2
    housing_share: Annotated[
        float,
        Spec(_("share of housing in zones for dwellings"), "1", _OWN),
        Field(gt=0, le=1),
    ] = 1
    unknown_built: Annotated[
        float,
        Spec(
            _("a density is known with at most this share of its land unknown"),
            "1",
            _OWN.saying(_("rasters never fit a coast to the cell")),
        ),
        Field(ge=0, le=1),
    ] = 0.02


@dataclass(frozen=True, eq=False)
class Capacity:
    """Capacity of undeveloped dwelling land.

    Attributes
    ----------
    land : DwellingLand
    density : ndarray (pieces,)
        Residents per ha of built-up land; NaN: unknown.
    source : ndarray of str (pieces,)
        Key of :data:`DENSITY_FROM`.
    usable : ndarray of bool (cells,)
        Cells that count: free, and outside legal exclusions.
    unsure : ndarray of bool (cells,)
        Cells of which it is not known whether or how much they hold.
    before, after : ndarray (cells,)
        People on each cell before and after legal exclusions; 0 where it does not count or is not
        known.
    """

    land: DwellingLand
    density: Floats
    source: Array
    usable: Bools
    unsure: Bools
    before: Floats
    after: Floats


def capacity_of(run: Run, land: DwellingLand, municipalities: gpd.GeoDataFrame) -> Capacity:
    """Return the capacity of dwelling land: hectares times density times the share of housing.

    Density is that of built-up land of the zone's type and class of intensity in the municipality,
    else of its type there, else in municipalities of its kind, else in all; of fewer hectares than
    ``least_built`` none is taken.
    """
    share = run.parameters.housing_share
    density, source = densities(run, land, municipalities)
    own = density[land.piece]
    dark = np.isnan(own)
    usable = land.free & land.excluded.known & ~land.excluded.yes
    unsure = ~land.known | (land.free & (dark | ~land.excluded.known))
    unsure &= ~(land.excluded.yes | land.built)
    people = np.where(dark, 0.0, own) * land.hectares * share
    return Capacity(
        land,
        density,
        source,
        usable,
        unsure,
        np.where(land.free, people, 0.0),
        np.where(usable, people, 0.0),
    )


def densities(
    run: Run, land: DwellingLand, municipalities: gpd.GeoDataFrame
) -> tuple[Floats, Array]:
    """Return the density of built-up land that stands for each piece, and where it is taken from.

    Returns
    -------
    density : ndarray (pieces,)
        People per ha. NaN where too little is built of its type anywhere, and where people or
        built-up land of the first group that is large enough are not known.
    source : ndarray of str (pieces,)
    """
    params = run.parameters
    pieces = land.pieces
    n = len(pieces)
    kind = municipalities["teryt"].str[-1].to_numpy()[pieces["owner"]] if n else np.zeros(0, object)
    intensity = pieces["max_intensity"].to_numpy(float)
    level = np.where(np.isnan(intensity), -1, np.digitize(intensity, params.intensity_breaks))
    symbol = pieces["symbol"].to_numpy()
    owner = pieces["owner"].to_numpy()
    density, source = np.full(n, np.nan), np.full(n, "unknown", dtype=object)
    undone: Bools = np.ones(n, bool)
    for name, keys in (
        ("municipality", (owner, symbol, level)),
        ("municipality", (owner, symbol)),
        ("group", (kind, symbol, level)),
        ("group", (kind, symbol)),
        ("metropolis", (symbol,)),
    ):
        number = _numbered(keys)
        groups = int(number.max()) + 1 if n else 0
        known, dark, people = _sums(land, number, groups)
        # with land of unknown use or residents there may be enough: then its density is unknown
        enough = (known + dark >= params.least_built) & (known + dark > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(dark <= params.unknown_built * (known + dark), people / known, np.nan)
        now = undone & enough[number]
        density[now] = own[number][now]
        source[now] = np.where(np.isnan(density[now]), "unknown", name)
        undone &= ~now
    borrowed = np.isin(source, ("group", "metropolis"))
    run.note(
        "population",
        "modelled",
        int(borrowed.sum()),
        _("zones whose density is that of other municipalities: too little is built alike"),
        pieces["label"][borrowed].astype(str),
    )
    return density, source


def _numbered(keys: tuple[Array, ...]) -> Ints:
    """Number groups of pieces that agree in all keys, from 0."""
    out = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        _unused, code = np.unique(key.astype(str), return_inverse=True)
        _unused, out = np.unique(out * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    return out


def _sums(land: DwellingLand, number: Ints, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return built-up hectares whose residents are known, others, and residents, by group."""
    at = number[land.piece]
    fine = land.built & land.known & np.isfinite(land.people)
    # of land that is not known no more than the like share of what is known can be built up
    dim = ~land.known | (land.built & ~fine)
    rows: list[Any] = [
        np.bincount(at[fine], land.hectares[fine], minlength=groups),
        np.bincount(at[dim], land.hectares[dim], minlength=groups),
        np.bincount(at[fine], land.people[fine], minlength=groups),
    ]
    return rows[0], rows[1], rows[2]
