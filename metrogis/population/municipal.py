"""Population by municipality: cutting by borders, scaling to totals, totals without a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError, SchemaError
from metrogis.evidence.rasters import extent_of
from metrogis.i18n import _
from metrogis.population.beyond import EDGE_SHARE, REACHED, uncovered, with_rest
from metrogis.population.split import polygons_only, split_cells
from metrogis.population.weights import spread, weigh
from metrogis.provenance import Audit
from metrogis.teryt import drop_parts, match_codes

_LAYER = "population"
_AT_A_TIME = 500_000
"""Cells looked up at a time: bounds memory where they are not drawn yet."""
_NOBODY = 1e-9
"""Fewer people than this in a whole municipality are rounding: nothing can be scaled by them."""


def cut_by_municipalities(
    pieces: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Cut pieces by municipal borders; people go with the area, those outside are left out.

    Parameters
    ----------
    pieces : GeoDataFrame
        Polygons with ``population``; other columns are kept.
    municipalities : GeoDataFrame
        ``teryt`` and polygons, same CRS.

    Returns
    -------
    pieces, audit
        With a column ``teryt``. The audit counts the people outside every municipality (neighbours
        of the metropolis, and the sea, where coarse cells lose people).

    Raises
    ------
    CRSError

    Examples
    --------
    >>> cell = gpd.GeoDataFrame({"population": [10.0]}, geometry=[shapely.box(0, 0, 10, 10)],
    ...                         crs="EPSG:2180")
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"]}, crs="EPSG:2180",
    ...     geometry=[shapely.box(0, 0, 4, 10), shapely.box(4, 0, 9, 10)])
    >>> cut_by_municipalities(cell, towns)[0]["population"].tolist()
    [4.0, 5.0]
    """
    crs_rules.require_same(population=pieces, municipalities=municipalities)
    shape = np.asarray(pieces.geometry.to_numpy(), dtype=object)
    border = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    area = shapely.area(shape)
    tree = shapely.STRtree(shape)
    unit, piece = tree.query(border, predicate="intersects")
    inside_unit, inside_piece = tree.query(border, predicate="covers")
    # a piece wholly inside one municipality may still touch its neighbours: not cut by them
    done = np.zeros(len(shape), bool)
    done[inside_piece] = True
    cut = ~done[piece]
    unit, piece = unit[cut], piece[cut]
    common = polygons_only(shapely.intersection(shape[piece], border[unit]))
    kept = shapely.area(common) > 0
    _unused, first = np.unique(
        inside_piece, return_index=True
    )  # boundaries that overlap: count once
    owner = np.concatenate([inside_piece[first], piece[kept]])
    code = np.concatenate([inside_unit[first], unit[kept]])
    new_shape = np.concatenate([shape[inside_piece[first]], common[kept]])
    order = np.lexsort((code, owner))
    owner, code, new_shape = owner[order], code[order], new_shape[order]

    # share of the piece's area; where boundaries overlap the shares are scaled down, so that nobody
    # is counted twice, and where they leave a gap (the sea) they do not sum to 1
    part = shapely.area(new_shape) / area[owner]
    total = np.bincount(owner, part, minlength=len(shape))
    part /= np.maximum(total, 1.0)[owner]
    out = (
        pieces.iloc[owner]
        .reset_index(drop=True)
        .set_geometry(gpd.GeoSeries(new_shape, crs=pieces.crs))
    )
    people = pieces["population"].to_numpy("float64")
    # pieces that are not cut keep their number to the last bit
    whole = np.isclose(part, 1.0, rtol=0, atol=1e-12)
    out["population"] = np.where(whole, people[owner], people[owner] * part)
    out["teryt"] = municipalities["teryt"].to_numpy()[code]
    if "modelled" in out.columns:
        out["modelled"] = out["modelled"].astype(bool) | ~whole
    touched = total > 0
    lost = float(np.nansum(np.where(touched, people * (1 - np.minimum(total, 1.0)), 0.0)))
    audit = Audit().add(
        _LAYER,
        "noted",
        round(lost),
        _(
            "people of cells' parts beyond the municipal borders (neighbours, or sea): "
            "not counted, unless scaling to the municipal total restores them"
        ),
    )
    return out, audit


def municipal_totals(
    municipalities: gpd.GeoDataFrame, table: pd.DataFrame, *, layer: str = "population_municipal"
) -> tuple[np.ndarray, Audit]:
    """Find the population of each municipality in a table by TERYT.

    Parameters
    ----------
    municipalities : GeoDataFrame
        With ``teryt``.
    table : DataFrame
        ``teryt`` and ``population``; rows of parts are dropped (:func:`metrogis.teryt.drop_parts`).
    layer : str
        Name used in messages.

    Returns
    -------
    totals, audit
        ndarray of shape (municipalities,); NaN where the table has no such municipality.

    Raises
    ------
    SchemaError
        When a code repeats.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"teryt": ["2211021", "2299011"]}, geometry=[None, None])
    >>> table = pd.DataFrame({"teryt": ["2211023", "2211024"], "population": [3800, 2700]})
    >>> municipal_totals(towns, table)[0].tolist()
    [3800.0, nan]
    """
    whole, audit = drop_parts(table, layer=layer)
    repeated = whole["teryt"][whole["teryt"].duplicated()].unique().tolist()
    if repeated:
        shown = ", ".join(map(str, repeated[:5]))
        raise SchemaError(
            _("repeated TERYT codes: {shown}").fill(shown=shown),
            layer=layer,
            remedy=_("keep one row per municipality"),
        )
    match = match_codes(municipalities["teryt"], whole["teryt"])
    people = dict(zip(whole["teryt"], whole["population"].astype("float64"), strict=True))
    totals = np.array(
        [people.get(match.mapping.get(code, ""), np.nan) for code in municipalities["teryt"]],
        dtype="float64",
    )
    return totals, audit + match.audit(layer)


def scale_to_municipal(
    pieces: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    totals: np.ndarray | pd.DataFrame | Mapping[str, float],
    *,
    weights: Any = None,
    edge_share: float = 1.0,
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Scale pieces so that each municipality's people sum to its total.

    Where a municipality has pieces but nobody in the known ones, its total is spread over all its
    pieces by weight. Pieces of unknown population stay unknown where others are known; where they
    take more than ``edge_share`` of the land nothing is scaled, for the total holds the people who
    live there. Where the total itself is unknown the pieces stay as they are.

    Parameters
    ----------
    pieces : GeoDataFrame
        ``teryt``, ``population`` (see :func:`cut_by_municipalities`).
    municipalities : GeoDataFrame
        With ``teryt``.
    totals : ndarray, DataFrame or mapping
        People of each municipality: in the order of ``municipalities``, or a table or mapping by
        TERYT (see :func:`municipal_totals`).
    weights : optional
        See :func:`weigh`.
    edge_share : float
        Share of a municipality's land, 0-1. Default: whatever is unknown, the known pieces get
        the total.

    Returns
    -------
    pieces, audit
        Sums are equal to the totals up to rounding of floats; scaled pieces are ``modelled``.

    Raises
    ------
    ParameterError
        When a piece names a municipality that is not there.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[shapely.box(0, 0, 2, 1)],
    ...                         crs="EPSG:2180")
    >>> pieces = gpd.GeoDataFrame({"teryt": ["2261011"] * 2, "population": [1.0, 2.0]},
    ...     geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs="EPSG:2180")
    >>> scale_to_municipal(pieces, town, {"2261011": 30})[0]["population"].tolist()
    [10.0, 20.0]
    """
    audit = Audit()
    if isinstance(totals, Mapping):
        totals = pd.DataFrame({"teryt": list(totals), "population": list(totals.values())})
    if isinstance(totals, pd.DataFrame):
        totals, audit = municipal_totals(municipalities, totals)
    wanted = np.asarray(totals, dtype="float64")
    position = pd.Index(municipalities["teryt"]).get_indexer(pieces["teryt"])
    if (position < 0).any():
        raise ParameterError(
            _("a piece of a municipality that is not given"),
            layer=_LAYER,
        )
    count = len(wanted)
    people = pieces["population"].to_numpy("float64").copy()
    # people, existence and unknown land of the pieces of each municipality
    known = np.bincount(position, np.nan_to_num(people), minlength=count)
    there = np.bincount(position, minlength=count) > 0
    wholly_unknown = there & (
        np.bincount(position, np.isfinite(people).astype(float), minlength=count) == 0
    )
    area = pieces.area.to_numpy()
    blank = np.bincount(position, np.where(np.isfinite(people), 0.0, area), minlength=count)
    partly = ~wholly_unknown & (blank > edge_share * np.bincount(position, area, minlength=count))
    # nobody in the cells, somebody in the total: there is nothing to scale, so the total is spread
    fresh = there & (known < _NOBODY) & (wanted > 0) & ~partly
    scaled = (known >= _NOBODY) & np.isfinite(wanted) & ~partly
    factor = np.divide(wanted, known, out=np.ones(count), where=scaled)
    people = np.where(scaled[position], people * factor[position], people)
    if fresh.any():
        weight, _unused = weigh(pieces, weights)
        even, more = spread(wanted, position, weight, pieces.area.to_numpy())
        people = np.where(fresh[position], even, people)
        audit += more
    # a total of 0 is a fact: unknown pieces of such a municipality hold nobody
    zero = wholly_unknown & (wanted == 0)
    people = np.where(zero[position], 0.0, people)

    out = pieces.copy()
    out["population"] = people
    changed = (scaled & ~np.isclose(factor, 1.0, rtol=1e-12, atol=0)) | fresh
    before = (
        pieces["modelled"].astype(bool) if "modelled" in pieces.columns else pd.Series(False, None)
    )
    out["modelled"] = np.asarray(before if len(before) else False) | changed[position]
    audit += _audit_of_scaling(
        municipalities["teryt"].to_numpy(), factor, scaled & changed, fresh, partly,
        ~there & (wanted > 0),
    )  # fmt: skip
    return out, audit


def _audit_of_scaling(
    names: Array, factor: Array, scaled: Array, fresh: Array, partly: Array, outside: Array
) -> Audit:
    """Count the municipalities by what was done; each argument is an array (municipalities,)."""

    def shown(which: np.ndarray) -> list[str]:
        return [f"{names[i]} x {factor[i]:.2f}" for i in np.flatnonzero(which)[:6]]

    audit = Audit().add(
        _LAYER,
        "modelled",
        int(scaled.sum()),
        _(
            "municipalities whose cells were scaled to the municipal total (losses at "
            "the coast as well)"
        ),
        shown(scaled),
    )
    audit = audit.add(
        _LAYER,
        "modelled",
        int(fresh.sum()),
        _("municipalities without people in the cells: the total was spread over their area"),
        names[fresh],
    )
    return audit.add(
        _LAYER,
        "unknown",
        int(partly.sum()),
        _(
            "municipalities part of which the population grid does not know: cells "
            "stay as they are, where the rest of the total lives is unknown"
        ),
        names[partly],
    ).add(
        _LAYER,
        "unknown",
        int(outside.sum()),
        _("municipalities outside the population grid: where people live is unknown"),
        names[outside],
    )


def from_municipal(
    municipalities: gpd.GeoDataFrame,
    totals: np.ndarray | pd.DataFrame | Mapping[str, float],
    *,
    max_size: float = 250.0,
    weights: Any = None,
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Spread municipal totals over the land of each municipality.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt`` and polygons, CRS in metres.
    totals : ndarray, DataFrame or mapping
        As in :func:`scale_to_municipal`.
    max_size : float
        Largest width of a piece, m.
    weights : optional
        See :func:`weigh`; without them people are spread evenly, which says little of places.

    Returns
    -------
    pieces, audit
        Columns ``cell``, ``population``, ``modelled`` (True), ``teryt``, geometry; none of a
        municipality without an outline.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[shapely.box(0, 0, 500, 500)],
    ...                         crs="EPSG:2180")
    >>> pieces, _ = from_municipal(town, {"2261011": 100})
    >>> pieces["population"].tolist()
    [25.0, 25.0, 25.0, 25.0]
    """
    audit = Audit()
    if isinstance(totals, Mapping):
        totals = pd.DataFrame({"teryt": list(totals), "population": list(totals.values())})
    if isinstance(totals, pd.DataFrame):
        totals, audit = municipal_totals(municipalities, totals)
    shape = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    land = np.flatnonzero(~shapely.is_empty(shape))
    names = municipalities["teryt"].to_numpy()
    audit = audit.add(
        _LAYER,
        "unknown",
        len(shape) - len(land),
        _("municipalities without an outline: where their people live is unknown"),
        np.delete(names, land),
    )
    whole = gpd.GeoDataFrame(
        {"population": np.asarray(totals, dtype="float64")[land], "modelled": True},
        geometry=shape[land],
        crs=municipalities.crs,
    )
    pieces, more = split_cells(whole, max_size=max_size, weights=weights)
    pieces["teryt"] = names[land][pieces["cell"]]
    return pieces, audit + more


def _touching(cells: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame) -> Array:
    """Return the rows of cells that touch a municipality, in their order."""
    border = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    array = cells.geometry.array
    found = []
    for first in range(0, len(array), _AT_A_TIME):
        part = np.asarray(array[first : first + _AT_A_TIME], dtype=object)
        near = shapely.STRtree(part).query(border, predicate="intersects")[1]
        found.append(np.unique(near) + first)
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def settle(
    municipalities: gpd.GeoDataFrame,
    *,
    cells: gpd.GeoDataFrame | None = None,
    totals: pd.DataFrame | None = None,
    max_size: float = 250.0,
    weights: Any = None,
    edge_share: float = EDGE_SHARE,
    reached_share: float = REACHED,
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Bring what is known of population to pieces by municipality: split, cut, scale.

    Land beyond the extent of a raster of population, or beyond the cells of a grid that lists
    empty cells too, gets pieces of unknown population.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt`` and polygons, CRS in metres.
    cells : GeoDataFrame, optional
        Polygons with ``population``. Municipalities that they do not reach are filled with pieces
        of their own land.
    totals : DataFrame, optional
        ``teryt`` and ``population``. With neither, people are unknown everywhere.
    max_size : float
        Largest width of a piece, m.
    weights : optional
        See :func:`weigh`.
    edge_share : float
        See :func:`scale_to_municipal`.
    reached_share : float
        Cells of a grid that lists empty ones reach a municipality if they cover this share of it.

    Returns
    -------
    pieces, audit
        Columns ``cell`` (-1 for land without cells), ``teryt``, ``population``, ``modelled``.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[shapely.box(0, 0, 500, 250)],
    ...                         crs="EPSG:2180")
    >>> pieces, _ = settle(town)
    >>> len(pieces), pieces["population"].isna().all().item()
    (2, True)
    """
    known, audit = (
        (np.full(len(municipalities), np.nan), Audit())
        if totals is None
        else municipal_totals(municipalities, totals)
    )
    if cells is None:
        pieces, more = from_municipal(municipalities, known, max_size=max_size, weights=weights)
        pieces["cell"] = -1
        return pieces, audit + more
    # cells of other metropolises need not be split
    used = _touching(cells, municipalities)
    pieces, more = split_cells(cells.iloc[used], max_size=max_size, weights=weights)
    pieces["cell"] = used[pieces["cell"].to_numpy()] if len(pieces) else pieces["cell"]
    audit += more
    pieces, more = cut_by_municipalities(pieces, municipalities)
    audit += more
    rest = uncovered(cells, pieces, municipalities, edge_share)
    land_area = shapely.area(np.asarray(municipalities.geometry.to_numpy(), dtype=object))
    covered = 1 - shapely.area(rest) / np.maximum(land_area, _NOBODY)
    reached = set(pieces["teryt"].unique())
    bare = np.array([code not in reached for code in municipalities["teryt"]])
    if extent_of(cells, municipalities.crs) is None:
        # people are known there already where the municipality has no total of its own
        bare |= (covered < reached_share) & np.isfinite(known)
        pieces = pieces[~pieces["teryt"].isin(municipalities["teryt"][bare])]
    # these get pieces of their own land below
    rest[bare] = shapely.Polygon()
    pieces, more = with_rest(pieces, rest, municipalities, max_size)
    audit += more
    if bare.any():
        land, more = from_municipal(
            municipalities[bare], known[bare], max_size=max_size, weights=weights
        )
        land["cell"] = -1
        pieces = gpd.GeoDataFrame(pd.concat([pieces, land], ignore_index=True), crs=pieces.crs)
        audit += more.add(
            _LAYER,
            "noted",
            int(bare.sum()),
            _("municipalities outside the population grid: pieces of their own land"),
            municipalities["teryt"][bare],
        )
    if totals is not None:
        pieces, more = scale_to_municipal(
            pieces, municipalities, known, weights=weights, edge_share=edge_share
        )
        audit += more
    return pieces, audit
