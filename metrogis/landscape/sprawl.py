"""Form of built-up land: weighted urban proliferation, and entropy over zones.

Weighted urban proliferation: Jaeger, J. & Schwick, C. (2014), Ecological Indicators 38; EEA report
11/2016. Its coefficients were not read in the primary text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import fft
from scipy.special import expit

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.landscape.growth import BUILT, UNKNOWN, states, unit_cells

_BLOCK = 1700
"""About as many cells wide are the blocks a raster is worked in."""


def entropy(areas: Any) -> tuple[float, float]:
    """Shannon entropy of built-up land over zones, and relative to its largest, ln n.

    Unknown zones (NaN) are left out; NaN without built-up land; relative NaN for one zone.

    >>> entropy([1, 1, 2]), entropy([5, 0])
    ((1.0397207708399179, 0.946394630357186), (0.0, 0.0))
    """
    values = np.asarray(areas, float)
    values = values[~np.isnan(values)]
    if (values < 0).any():
        raise SchemaError(_("a negative area"), layer="zones")
    total = values.sum()
    if total == 0:
        return math.nan, math.nan
    p = values[values > 0] / total
    h = float(-(p * np.log(p)).sum()) + 0.0
    return h, h / math.log(len(values)) if len(values) > 1 else math.nan


@dataclass(frozen=True)
class Coefficients:
    """Numbers of weighted urban proliferation (unverified in the primary text).

    w1 = 0.5 + sigmoid(``dispersion_slope`` DIS - ``dispersion_shift``); w2 = sigmoid(
    ``uptake_shift`` - ``uptake_scale`` / LUP); wcc = sqrt(``cell_slope`` px + ``cell_shift``) -
    ``cell_offset``.
    """

    dispersion_slope: float = 0.294432
    dispersion_shift: float = 12.955
    uptake_shift: float = 4.159
    uptake_scale: float = 613.125
    cell_slope: float = 0.97428
    cell_shift: float = 1.046
    cell_offset: float = 0.996249


_STANDARD = Coefficients()


def dispersion_weight(dispersion: Any, k: Coefficients = _STANDARD) -> Any:
    """w1 of weighted urban proliferation, DIS in urban permeation units per m2.

    >>> round(float(dispersion_weight(44)), 3)
    1.0
    """
    return 0.5 + expit(k.dispersion_slope * np.asarray(dispersion, float) - k.dispersion_shift)


def uptake_weight(land_per_person: Any, k: Coefficients = _STANDARD) -> Any:
    """w2 of weighted urban proliferation, LUP in m2 per inhabitant and job.

    >>> [round(float(uptake_weight(lup)), 4) for lup in (250, 111)]
    [0.8464, 0.2035]
    """
    with np.errstate(divide="ignore"):
        return expit(k.uptake_shift - k.uptake_scale / np.asarray(land_per_person, float))


def cell_weight(cell: float, k: Coefficients = _STANDARD) -> float:
    """wcc: mean weight of the distances inside a cell of ``cell`` m.

    >>> round(cell_weight(100), 4)
    8.9272
    """
    return math.sqrt(k.cell_slope * cell + k.cell_shift) - k.cell_offset


def permeation(
    built: np.ndarray,
    cell: float,
    *,
    horizon: float = 2000.0,
    coefficients: Coefficients = _STANDARD,
) -> np.ndarray:
    """SI of every built-up cell: mean weight of the distances to built-up land within ``horizon``.

    SI = [sum over other built-up cells within the horizon of (sqrt(2 d + 1) - 1), plus wcc] / n; d
    in m between centres, n counts the cell itself; wcc: :func:`cell_weight`. NaN where nothing is
    built.

    Parameters
    ----------
    built : ndarray of bool
    cell : float
        Width of a (square) cell, m.
    horizon : float
        m.

    >>> permeation(np.array([[True, False, True]]), 100.0).round(4).tolist()
    [[13.9761, nan, 13.9761]]
    """
    near, weight = _disc(cell, horizon, coefficients)
    return _mean_weight(np.asarray(built, bool), weight, near)


def permeation_range(
    built: np.ndarray,
    dark: np.ndarray,
    si: np.ndarray,
    cell: float,
    *,
    horizon: float = 2000.0,
    coefficients: Coefficients = _STANDARD,
) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest SI of built-up cells, whichever cells of ``dark`` are built-up as well.

    Bounds, not the best ones: each unknown cell is put at the nearest or the farthest place.

    Parameters
    ----------
    built, dark : ndarray of bool
        Built-up cells, and cells that are not known.
    si : ndarray
        What :func:`permeation` gives of ``built``.
    cell, horizon : float
        m.

    >>> built, dark = np.array([[True, False, True]]), np.array([[False, True, False]])
    >>> low, high = permeation_range(built, dark, permeation(built, 100.0), 100.0)
    >>> both = permeation(built | dark, 100.0)
    >>> bool(low[0, 0] <= both[0, 0] <= high[0, 0]), bool(low[0, 0] <= 13.98 <= high[0, 0])
    (True, True)
    """
    near, weight = _disc(cell, horizon, coefficients)
    ones = near.astype(float)
    beside = near.copy()
    beside[len(near) // 2, len(near) // 2] = False
    other = weight[beside]
    nearest, farthest = (float(other.min()), float(other.max())) if other.size else (0.0, 0.0)
    more = np.rint(_sums(dark, built, ones))
    n = np.rint(_sums(built, built, ones))
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.minimum(si, (si * n + nearest * more) / (n + more))
        high = np.maximum(si, (si * n + farthest * more) / (n + more))
    return np.where(built, low, math.nan), np.where(built, high, math.nan)


def range_of_weights(
    cell: float, *, horizon: float = 2000.0, coefficients: Coefficients = _STANDARD
) -> tuple[float, float]:
    """Least and greatest SI that any built-up cell can have.

    >>> [round(v, 1) for v in range_of_weights(20.0)]
    [3.5, 62.3]
    """
    near, weight = _disc(cell, horizon, coefficients)
    return float(weight[near].min()), float(weight[near].max())


def _disc(cell: float, horizon: float, k: Coefficients) -> tuple[np.ndarray, np.ndarray]:
    """Cells within the horizon of one in the middle, and their weights."""
    # a distance that equals the horizon is within it, whatever its last bit
    reach = math.floor(horizon / cell * (1 + 1e-12))
    steps = np.arange(-reach, reach + 1) * cell
    d = np.hypot(steps[:, None], steps[None, :])
    near = d <= horizon * (1 + 1e-12)
    weight = np.where(near, np.sqrt(2 * d + 1) - 1, 0.0)
    weight[reach, reach] = cell_weight(cell, k)
    return near, weight


def _mean_weight(built: np.ndarray, weight: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Weighted sum over plain number of the neighbours, for built cells."""
    out = _sums(built, built, weight)
    # the disc is symmetric: half the width of each of its rows, -1 where it has none
    half = near.sum(axis=1) // 2 - (~near.any(axis=1)).astype(np.int64)
    _divide_by_neighbours(built, half.astype(np.int64), out)
    return out


def _sums(source: np.ndarray, targets: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted sum over the neighbours in ``source``, for the cells of ``targets`` (NaN elsewhere).

    The sum comes from transforms of blocks: bounded memory, and the rounding of a place with few
    neighbours does not grow with built-up land far away.
    """
    rows, columns = source.shape
    reach = len(weight) // 2
    high, wide = (math.ceil(n / max(1, round(n / _BLOCK))) for n in (rows, columns))
    # the sums of the first 2 * reach rows and columns hold what wraps around
    size = tuple(fft.next_fast_len(n + 2 * reach, real=True) for n in (high, wide))
    kernel = fft.rfft2(weight, size)
    out = np.full(source.shape, math.nan)
    for top in range(0, rows, high):
        for left in range(0, columns, wide):
            here = targets[top : top + high, left : left + wide]
            if not here.any():
                continue
            y, x = max(top - reach, 0), max(left - reach, 0)
            part = source[y : top + high + reach, x : left + wide + reach]
            found = out[top : top + high, left : left + wide]
            if not part.any():
                found[here] = 0.0
                continue
            block = np.zeros(size)
            block[y - top + reach :, x - left + reach :][: part.shape[0], : part.shape[1]] = part
            image = fft.rfft2(block, overwrite_x=True)
            image *= kernel
            whole = fft.irfft2(image, size, overwrite_x=True)[2 * reach :, 2 * reach :]
            found[here] = whole[: here.shape[0], : here.shape[1]][here]
    return out


@numba.njit(cache=True)
def _divide_by_neighbours(
    built: npt.NDArray[np.bool_], half: npt.NDArray[np.int64], out: npt.NDArray[np.float64]
) -> None:
    """Divide the value of each built cell by the number of built cells in the disc around it."""
    rows, columns = built.shape
    reach = len(half) // 2
    # built-up cells left of each, with margins as wide as the disc
    margin = reach + 1
    before = np.zeros((rows, columns + 2 * margin), np.int32)
    for row in range(rows):
        total = np.int32(0)
        for column in range(columns):
            before[row, column + margin] = total
            total += built[row, column]
        before[row, columns + margin :] = total
    own = np.empty(columns, np.uint64)  # unsigned: no index counts from the end
    count = np.empty(columns, np.int32)
    for row in range(rows):
        many = 0
        for column in range(columns):
            if built[row, column]:
                own[many] = np.uint64(column + margin)
                count[many] = 0
                many += 1
        for other in range(max(row - reach, 0), min(row + reach, rows - 1) + 1):
            width = half[other - row + reach]
            if width < 0:
                continue
            line = before[other]
            right, left = np.uint64(width + 1), np.uint64(width)
            for k in range(many):  # one line of the raster after the other: it stays at hand
                count[k] += line[own[k] + right] - line[own[k] - left]
        for k in range(many):
            out[row, own[k] - np.uint64(margin)] /= count[k]


def square_cell(grid: Grid) -> float:
    """Width of the cells, m.

    Raises
    ------
    SchemaError
        If they are not square (to 1 %).

    >>> from metrogis.landscape.grid import read
    >>> square_cell(read(np.zeros((2, 2)), cell_size=20))
    20.0
    """
    width, height = grid.cell
    if abs(width - height) > 0.01 * max(width, height):
        raise SchemaError(_("cells are not square"), layer="raster")
    return math.sqrt(grid.cell_area)


def proliferation(
    raster: Any,
    units: gpd.GeoDataFrame,
    people: Any,
    *,
    built_up: Any = None,
    horizon: float = 2000.0,
    coefficients: Coefficients = _STANDARD,
    id: str = "teryt",
    cells: np.ndarray | None = None,
    si: np.ndarray | None = None,
    **reading: Any,
) -> pd.DataFrame:
    """Weighted urban proliferation of each unit.

    WUP = PBA x DIS x w1(DIS) x w2(LUP): PBA the share (0-1) of the unit's known land that is
    built-up, DIS the mean SI of its built-up cells, LUP built-up m2 per inhabitant (and job).
    Built-up land beyond the unit's border counts in SI.

    Parameters
    ----------
    raster : built-up land, square cells, metric CRS
        It should reach ``horizon`` beyond the units.
    units : GeoDataFrame
    people : sequence of float
        Inhabitants, or inhabitants and jobs, of each unit; NaN = unknown.
    built_up : number or several
    horizon : float
        m.
    cells : ndarray, optional
        What :func:`metrogis.landscape.growth.unit_cells` gives, when it is at hand.
    si : ndarray, optional
        What :func:`permeation` gives, when it is at hand.

    Returns
    -------
    DataFrame
        ``id``, ``PBA``, ``DIS``, ``UP``, ``LUP``, ``w1``, ``w2``, ``WUP``; NaN where unknown. LUP
        is infinite where land is built up and nobody lives; w2 then has its limit. Where nothing
        is built UP and WUP are 0.

    Examples
    --------
    >>> from affine import Affine
    >>> import shapely
    >>> units = gpd.GeoDataFrame({"teryt": ["1"]}, geometry=[shapely.box(0, 0, 300, 100)],
    ...                          crs="EPSG:2180")
    >>> found = proliferation(np.array([[1, 0, 1]]), units, [80], built_up=1, crs="EPSG:2180",
    ...                       transform=Affine(100, 0, 0, 0, -100, 100))
    >>> found[["PBA", "DIS", "LUP"]].round(4).values.tolist()
    [[0.6667, 13.9761, 250.0]]
    """
    grid, state = states(raster, built_up, **reading)
    cell = square_cell(grid)
    if not horizon >= cell:
        raise bad_parameter("horizon", _("smaller than a cell"))
    numbers = np.asarray(people, float)
    if numbers.shape != (len(units),):
        raise bad_parameter("people", _("one number per unit"))
    if (numbers < 0).any():
        raise bad_parameter("people", _("must not be negative"))
    built = state == BUILT
    unit = unit_cells(units, grid) if cells is None else cells
    n = len(units) + 1
    land = np.bincount(unit[state != UNKNOWN], minlength=n)[1:] * grid.cell_area
    owner = unit[built]
    count = np.bincount(owner, minlength=n)[1:]
    if si is None:
        si = permeation(built, cell, horizon=horizon, coefficients=coefficients)
    sums = np.bincount(owner, si[built], minlength=n)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        pba = np.where(land > 0, count * grid.cell_area / land, math.nan)
        dis = np.where(count > 0, sums / count, math.nan)
        per_person = np.where(count > 0, count * grid.cell_area / numbers, 0.0 * numbers)
        per_person = np.where(land > 0, per_person, math.nan)
        w1, w2 = dispersion_weight(dis, coefficients), uptake_weight(per_person, coefficients)
        # where nothing is built nothing sprawls; where land is unknown so is sprawl
        up = np.where(count > 0, pba * dis, np.where(land > 0, 0.0, math.nan))
        wup = np.where(count > 0, up * w1 * w2, up)
    return pd.DataFrame(
        {
            id: units[id].to_numpy(),
            "PBA": pba,
            "DIS": dis,
            "UP": up,
            "LUP": per_person,
            "w1": w1,
            "w2": w2,
            "WUP": wup,
        },
        index=units.index,
    )
