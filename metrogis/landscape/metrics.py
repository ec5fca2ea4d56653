"""Landscape metrics of a categorical raster, by the definitions and names of FRAGSTATS.

Patches are 8-connected (parameter), class by class. Lengths and areas are of cell sides and cells.
Edges: TE and ED without the border of the landscape and of no data; LSI, NLSI, PLADJ, CLUMPY, AI
count the border as FRAGSTATS does. Core: cells at least ``edge_depth`` cells (across sides) from
another patch and from the border. Standard deviations are of the population.

GYRATE is the mean distance of cell centres from their centroid, as defined; the program FRAGSTATS
itself rounds the centroid (a single cell gets half a cell, not 0). CIRCLE takes the largest
distance of two corners as diameter, as the program does.

Units: areas ha, lengths m, PD, DCAD and PRD per 100 ha, ED m/ha, PARA m/ha, shares per cent where
FRAGSTATS has per cent. A raster without CRS: its cell size is taken for metres (1 for an array).
Source: McGarigal, K., FRAGSTATS help (2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import cellcounts
from metrogis.landscape import grid as grids
from metrogis.landscape.cellcounts import least_sides, most_alike
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.landscape.patches import label
from metrogis.provenance import Audit

_HECTARE = 10_000.0
_MAX_CLASSES = 1000
_SPREADS = ("GYRATE", "SHAPE", "FRAC", "PARA", "CIRCLE", "CONTIG")


@dataclass(frozen=True, eq=False)
class Metrics:
    """Metrics at the three levels.

    Attributes
    ----------
    patch : DataFrame
        One row per patch: ``id``, ``class``, AREA, PERIM, GYRATE, PARA, SHAPE, FRAC, CIRCLE,
        CONTIG, CORE, NCORE, CAI, ENN.
    classes : DataFrame
        One row per class, index ``class``.
    landscape : Series
        Of the whole.
    labels : ndarray of int32
        Patch id of each cell, 0 = no data.
    audit : Audit
    """

    patch: pd.DataFrame
    classes: pd.DataFrame
    landscape: pd.Series
    labels: np.ndarray
    audit: Audit = field(default_factory=Audit)

    def __getitem__(self, name: str) -> float:
        return float(self.landscape[name])


def landscape(
    raster: Any, *, connectivity: int = 8, edge_depth: int = 1, **reading: Any
) -> Metrics:
    """Compute landscape, class and patch metrics.

    Parameters
    ----------
    raster : ndarray, path, raster layer or Grid
        Classes as numbers; unknown cells are outside the landscape.
    connectivity : 4 or 8
    edge_depth : int
        Depth of the edge, cells (for core metrics).
    **reading
        ``nodata``, ``band``, ``transform``, ``crs``, ``cell_size``: see
        :func:`metrogis.landscape.grid.read`.

    Raises
    ------
    CRSError
        If the CRS is not metric.
    SchemaError
        Without any known cell, or with more than 1,000 classes (not a raster of categories).

    Examples
    --------
    >>> found = landscape(np.array([[1, 1, 2], [1, 2, 2]]), cell_size=100)
    >>> found["NP"], found["TE"], round(found["SHDI"], 4), float(found.classes.loc[1, "PLAND"])
    (2.0, 300.0, 0.6931, 50.0)
    """
    if edge_depth < 0:
        raise bad_parameter("edge_depth", _("must not be negative"))
    grid = grids.read(raster, **reading)
    if not grid.valid.any():
        raise SchemaError(_("the raster has no data"), layer="raster")
    codes, values = _codes(grid)
    labels, class_of = _label(codes, len(values), connectivity)
    table, cores = _patch_table(grid, codes, labels, class_of, connectivity, edge_depth)
    # sides[axis, a, b]: cell sides between classes a and b, 0 being beyond the landscape
    sides = cellcounts.adjacencies(codes, len(values))
    total = _Total(grid, codes, sides, len(values))
    rows = [_class_row(total, k, table[class_of == k], cores) for k in range(1, len(values) + 1)]
    classes = pd.DataFrame(rows, index=pd.Index(values, name="class"))
    whole = pd.Series(_landscape_row(total, table, cores, classes), name="landscape")
    patch = table.drop(columns=["code", "cells", "sides"])
    patch.insert(1, "class", values[class_of - 1])
    audit = Audit().add(
        "raster",
        "unknown",
        int((~grid.valid).sum()),
        _("cells without data: outside the landscape"),
    )
    return Metrics(patch, classes, whole, labels, audit)


def _codes(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Class of each cell (from 1; 0 = unknown), int32, and the values of the classes."""
    known = grid.values[grid.valid]
    if known.dtype == np.uint8:  # a table of 256 beats sorting millions of cells
        values = np.flatnonzero(np.bincount(known, minlength=256)).astype(known.dtype)
        table = np.zeros(256, np.int32)
        table[values] = np.arange(1, len(values) + 1)
        return np.where(grid.valid, table[grid.values], np.int32(0)), values
    values = np.unique(known)
    if len(values) > _MAX_CLASSES:
        raise SchemaError(
            _("{count} classes: not categories").fill(count=len(values)),
            layer="raster",
            remedy=_("classify the values"),
        )
    codes = np.zeros(grid.shape, np.int32)
    codes[grid.valid] = np.searchsorted(values, known) + 1
    return codes, values


class _Total:
    """What the rows of classes share."""

    def __init__(self, grid: Grid, codes: np.ndarray, sides: np.ndarray, count: int) -> None:
        self.cells = np.bincount(codes.ravel(), minlength=count + 1).astype(float)
        self.cells[0] = 0
        self.size = float(self.cells.sum())
        self.cell_area = grid.cell_area
        self.area = self.size * grid.cell_area / _HECTARE
        self.lengths = np.array([grid.cell[0], grid.cell[1]])
        # sides across rows are as long as a cell is wide, sides across columns as it is high
        self.metres = np.tensordot(self.lengths, sides, 1)
        self.sides = sides.sum(axis=0).astype(float)
        self.count = count

    def unlike(self, k: int) -> np.ndarray:
        """Metres of edge of class k with each other class (border left out)."""
        row = self.metres[k].copy()
        row[[0, k]] = 0
        return row


def _label(codes: np.ndarray, count: int, connectivity: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros(codes.shape, np.int32)
    class_of: list[np.ndarray] = []
    found = 0
    # each class within its box only: rare classes then cost little
    boxes = ndimage.find_objects(codes)
    for k in range(1, count + 1):
        box = boxes[k - 1]
        mask = codes[box] == k
        own, cells = label(mask, connectivity=connectivity)  # type: ignore[arg-type]
        # patches of later classes are numbered on
        labels[box][mask] = own[mask] + found
        found += len(cells)
        class_of.append(np.full(len(cells), k))
    return labels, np.concatenate(class_of)


def _patch_table(
    grid: Grid,
    codes: np.ndarray,
    labels: np.ndarray,
    class_of: np.ndarray,
    connectivity: int,
    edge_depth: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patch metrics, and the disjunct core areas (patch, class, ha)."""
    width, height = grid.cell
    core = np.zeros(labels.shape, bool)
    sums = cellcounts.patch_sums(labels, codes, edge_depth, core)
    # sums over the cells of each patch, row 0 for what lies outside
    cells, across, along, near, row, column, inside = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        gyrate = cellcounts.gyration(labels, row / cells, column / cells, width, height, cells)[1:]
    cells, near, inside = cells[1:], near[1:], inside[1:]
    metres = across[1:] * width + along[1:] * height
    sides = across[1:] + along[1:]
    area = cells * grid.cell_area
    log_area = np.log(area)
    with np.errstate(divide="ignore", invalid="ignore"):
        # a patch of 1 m2 would divide by ln 1
        frac = np.where(log_area == 0, 1.0, 2 * np.log(0.25 * metres) / log_area)
    radius = cellcounts.circles(labels, width, height)
    core_labels, core_cells = label(core, connectivity=connectivity)  # type: ignore[arg-type]
    # cells of one core touch at a corner across patches of one class never: they would be a patch
    owner = _core_owner(core_labels, labels, len(core_cells))
    table = pd.DataFrame(
        {
            "id": np.arange(1, len(cells) + 1),
            "AREA": area / _HECTARE,
            "PERIM": metres,
            "GYRATE": gyrate,
            "PARA": metres / (area / _HECTARE),
            "SHAPE": sides / least_sides(cells),
            "FRAC": frac,
            "CIRCLE": np.where(cells == 1, 0.0, 1 - area / (math.pi * radius**2)),
            "CONTIG": (near / cells - 1) / 12,
            "CORE": inside * grid.cell_area / _HECTARE,
            "NCORE": np.bincount(owner, minlength=len(cells)).astype(float),
            "CAI": 100 * inside / cells,
            "ENN": cellcounts.nearest_alike(labels, codes, class_of, width, height),
            "code": class_of,
            "cells": cells,
            "sides": sides,
        }
    )
    cores = pd.DataFrame({"code": class_of[owner], "area": core_cells * grid.cell_area / _HECTARE})
    return table, cores


def _core_owner(core_labels: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Position of the patch each core area lies in."""
    owner = np.zeros(count + 1, np.int64)
    # every cell of a core writes the same patch: which of them is the last does not matter
    owner[core_labels.ravel()] = labels.ravel()
    return owner[1:] - 1


def _spread_of(values: pd.Series, name: str) -> dict[str, float]:
    """Mean, standard deviation and coefficient of variation."""
    known = values.to_numpy(float)
    known = known[~np.isnan(known)]
    if not len(known):
        return {f"{name}_MN": math.nan, f"{name}_SD": math.nan, f"{name}_CV": math.nan}
    # of the population, as FRAGSTATS has it, not of a sample
    mean, deviation = float(known.mean()), float(known.std())
    return {
        f"{name}_MN": mean,
        f"{name}_SD": deviation,
        f"{name}_CV": 100 * deviation / mean if mean else math.nan,
    }


def _pafrac(table: pd.DataFrame) -> float:
    """Perimeter-area fractal dimension; NaN under 10 patches or where all are alike."""
    if len(table) < 10:
        return math.nan
    p = np.log(table["PERIM"].to_numpy())
    a = np.log(table["AREA"].to_numpy() * _HECTARE)
    n = len(p)
    bottom = n * (p * p).sum() - p.sum() ** 2
    top = n * (p * a).sum() - p.sum() * a.sum()
    return float(2 * bottom / top) if abs(top) > 1e-9 and abs(bottom) > 1e-9 else math.nan


def _shared(total: _Total, table: pd.DataFrame, cores: pd.DataFrame) -> dict[str, float]:
    """Metrics defined alike for a class and for the landscape."""
    out: dict[str, float] = {}
    count = float(len(table))
    areas = table["AREA"].to_numpy()
    out["NP"], out["PD"] = count, count / total.area * 100
    out["LPI"] = float(areas.max()) / total.area * 100
    out |= _spread_of(table["AREA"], "AREA")
    for name in _SPREADS:
        out |= _spread_of(table[name], name)
    out["PAFRAC"] = _pafrac(table)
    out["TCA"] = float(table["CORE"].sum())
    out["NDCA"] = float(len(cores))
    out["DCAD"] = out["NDCA"] / total.area * 100
    out |= _spread_of(table["CORE"], "CORE") | _spread_of(cores["area"], "DCORE")
    out |= _spread_of(table["CAI"], "CAI") | _spread_of(table["ENN"], "ENN")
    squares = float((areas**2).sum())
    out["DIVISION"] = 1 - squares / total.area**2
    out["MESH"] = squares / total.area
    out["SPLIT"] = total.area**2 / squares
    sides, cells = table["sides"].to_numpy(), table["cells"].to_numpy()
    if total.size > 1:
        whole = 1 - 1 / math.sqrt(total.size)
        out["COHESION"] = 100 * (1 - sides.sum() / (sides * np.sqrt(cells)).sum()) / whole
    else:
        out["COHESION"] = math.nan
    return out


def _entropy(weights: np.ndarray, largest: float) -> float:
    """Share of the largest entropy, per cent; NaN where there is none."""
    weights = weights[weights > 0]
    if not len(weights) or largest <= 0:
        return math.nan
    p = weights / weights.sum()
    return float(-(p * np.log(p)).sum() / largest * 100)


def _class_row(total: _Total, k: int, table: pd.DataFrame, cores: pd.DataFrame) -> dict[str, float]:
    own = cores[cores["code"] == k]
    cells = total.cells[k]
    edge = total.unlike(k)
    border = total.sides[k].sum() - total.sides[k, k]
    like = total.sides[k, k]
    least = float(least_sides(cells))
    # most sides that can be border: all of them, unless there is too little else to border on
    most = min(4 * cells, 4 * (total.size - cells) + total.sides[0, 1:].sum())
    share = cells / total.size
    # a like side belongs to two cells of the class, a border side to one
    every = border + 2 * like
    out = {
        "CA": cells * total.cell_area / _HECTARE,
        "PLAND": 100 * share,
        "TE": float(edge.sum()),
        "ED": float(edge.sum()) / total.area,
        "LSI": border / least,
    } | _shared(total, table, own)
    out["CPLAND"] = 100 * out["TCA"] / total.area
    out["CLUMPY"] = _clumpy(2 * like / (every - least) if every > least else math.nan, share)
    out["PLADJ"] = 100 * 2 * like / every
    out["IJI"] = _entropy(edge, math.log(total.count - 1)) if total.count > 2 else math.nan
    largest = float(most_alike(cells))
    out["AI"] = 100 * like / largest if largest else math.nan
    out["NLSI"] = (border - least) / (most - least) if most > least else math.nan
    return out


def _clumpy(likeness: float, share: float) -> float:
    if share >= 1 or math.isnan(likeness):
        return math.nan
    # rarer together than by chance: scaled to -1, which a rare class alone can reach
    if likeness < share < 0.5:
        return (likeness - share) / share
    return (likeness - share) / (1 - share)


def _landscape_row(
    total: _Total, table: pd.DataFrame, cores: pd.DataFrame, classes: pd.DataFrame
) -> dict[str, float]:
    metres, sides = total.metres[1:, 1:], total.sides[1:, 1:]
    # each pair of classes once, without the border of the landscape
    upper = np.triu(metres, 1)
    edge = float(upper.sum())
    like = np.diag(sides).sum()
    unlike = np.triu(sides, 1).sum()
    border = total.sides[0, 1:].sum()
    p = total.cells[1:] / total.size
    m = total.count
    out = {
        "TA": total.area,
        "TE": edge,
        "ED": edge / total.area,
        "LSI": (unlike + border) / float(least_sides(total.size)),
    } | _shared(total, table, cores)
    out["CONTAG"] = _contagion(total, p) if m > 1 else math.nan
    out["PLADJ"] = 100 * 2 * like / (2 * like + 2 * unlike + border)
    out["IJI"] = _entropy(upper.ravel(), math.log(m * (m - 1) / 2)) if m > 2 else math.nan
    out["PR"], out["PRD"] = float(m), m / total.area * 100
    squares = float((p**2).sum())
    # + 0.0: a landscape of one class gives -0.0
    out["SHDI"] = float(-(p * np.log(p)).sum()) + 0.0
    out["SIDI"], out["MSIDI"] = 1 - squares, -math.log(squares) + 0.0
    out["SHEI"] = out["SHDI"] / math.log(m) if m > 1 else math.nan
    out["SIEI"] = out["SIDI"] / (1 - 1 / m) if m > 1 else math.nan
    out["MSIEI"] = out["MSIDI"] / math.log(m) if m > 1 else math.nan
    out["AI"] = float(np.nansum(classes["AI"].to_numpy() * p))
    return out


def _contagion(total: _Total, p: np.ndarray) -> float:
    """Contagion, per cent: like sides count twice, the border does not count."""
    g = total.sides[1:, 1:].copy()
    g[np.diag_indices_from(g)] *= 2
    rows = g.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.where(rows > 0, p[:, None] * g / rows, 0.0)
        inner = np.where(q > 0, q * np.log(q), 0.0)
    return float(100 * (1 + inner.sum() / (2 * math.log(total.count))))


# --------------------------------------------------------------------------- by unit


@dataclass(frozen=True, eq=False)
class UnitMetrics:
    """Metrics of the parts of a raster that lie in each unit.

    Attributes
    ----------
    units : DataFrame
        One row per unit (1, 2, ...; index ``unit``): TA, NP, LPI, TE, ED, PR, SHDI, SHEI,
        DIVISION, SPLIT, MESH; NaN where no cell of the unit is known.
    classes : DataFrame
        One row per unit and class that it has (index ``unit``, ``class``): CA, PLAND, NP, LPI, TE,
        ED, DIVISION, SPLIT, MESH (the last three against the whole unit).
    """

    units: pd.DataFrame
    classes: pd.DataFrame


def by_unit(
    raster: Any, unit: np.ndarray, count: int, *, connectivity: int = 8, **reading: Any
) -> UnitMetrics:
    """Compute the metrics that need no shapes of patches, for many units in one pass.

    The same as :func:`landscape` on each unit cut out: patches end at the border of the unit, and
    that border is no edge.

    Parameters
    ----------
    raster : ndarray, path, raster layer or Grid
        Classes as numbers; unknown cells are outside.
    unit : ndarray of int
        Unit of each cell, 1 to ``count``; 0 outside.
    count : int
        Number of units.
    connectivity : 4 or 8

    Raises
    ------
    SchemaError
        When the shapes differ, or there are more than 1,000 classes.

    Examples
    --------
    >>> found = by_unit(np.array([[1, 1, 2], [1, 2, 2]]), np.array([[1, 1, 2], [1, 1, 2]]), 2,
    ...                 cell_size=100)
    >>> found.units[["NP", "TE", "PR"]].values.tolist()
    [[2.0, 200.0, 2.0], [1.0, 0.0, 1.0]]
    >>> found.classes.loc[(1, 2), "PLAND"].item()
    25.0
    """
    if connectivity not in (4, 8):
        raise bad_parameter("connectivity", _("must be 4 or 8"))
    grid = grids.read(raster, **reading)
    grids.require_same_shape(grid.shape, unit.shape, layer="units")
    codes, values = _codes(grid)
    unit = np.asarray(unit, np.int32)
    owner, code, cells = cellcounts.unit_patches(unit, codes, connectivity == 8)
    sides = cellcounts.unit_edges(unit, codes, count, len(values))[1:, 1:]
    metres = sides @ np.array([grid.cell[0], grid.cell[1]])
    patches = pd.DataFrame({"unit": owner, "code": code, "cells": cells.astype(float)})
    size = patches.groupby("unit")["cells"].sum().reindex(range(1, count + 1))
    every = pd.Index(range(1, count + 1), name="unit")
    units = pd.DataFrame({"TA": size * grid.cell_area / _HECTARE}, index=every)
    units = units.join(_spread_out(patches.groupby("unit")["cells"], size, grid))
    edge = np.where(size.isna(), np.nan, metres.sum(axis=1) / 2)
    units["TE"], units["ED"] = edge, edge / units["TA"]
    of_class = patches.groupby(["unit", "code"])["cells"]
    whole = size.reindex(of_class.sum().index.get_level_values("unit")).set_axis(
        of_class.sum().index
    )
    classes = _spread_out(of_class, whole, grid)
    share = of_class.sum() / whole
    classes.insert(0, "CA", of_class.sum() * grid.cell_area / _HECTARE)
    classes.insert(1, "PLAND", 100 * share)
    at = classes.index
    classes["TE"] = metres[at.get_level_values("unit") - 1, at.get_level_values("code") - 1]
    classes["ED"] = classes["TE"] / (whole * grid.cell_area / _HECTARE)
    units["PR"] = share.groupby("unit").size().reindex(every).astype(float)
    units["SHDI"] = -(share * np.log(share)).groupby("unit").sum().reindex(every) + 0.0
    units["SHEI"] = units["SHDI"] / np.log(units["PR"].where(units["PR"] > 1))
    classes.index = pd.MultiIndex.from_arrays(
        [at.get_level_values("unit"), values[at.get_level_values("code") - 1]],
        names=["unit", "class"],
    )
    names = ["TA", "NP", "LPI", "TE", "ED", "PR", "SHDI", "SHEI", "DIVISION", "SPLIT", "MESH"]
    return UnitMetrics(units[names], classes)


def _spread_out(cells: Any, whole: pd.Series, grid: Grid) -> pd.DataFrame:
    """NP, LPI, DIVISION, SPLIT and MESH of patches by group, against ``whole`` cells."""
    squares = cells.agg(lambda c: float((c * c).sum())).reindex(whole.index)
    return pd.DataFrame(
        {
            "NP": cells.size().reindex(whole.index).astype(float),
            "LPI": 100 * cells.max().reindex(whole.index) / whole,
            "DIVISION": 1 - squares / whole**2,
            "SPLIT": whole**2 / squares,
            "MESH": squares / whole * grid.cell_area / _HECTARE,
        }
    )
