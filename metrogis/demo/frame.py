"""The frame of the invented world: size, grid, random streams, noise fields."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shape = Any
"""A shapely geometry; its stubs do not tell one from an array of them."""
Index = NDArray[np.int64]
SizeName = Literal["S", "M", "L", "XL"]

CELL = 100.0
"""Side of a population cell, m."""

CRS = "EPSG:2180"

# The invented coast lies between 16 and 17.5 degrees east, so that EPSG:2176 and EPSG:2177 are
# both in use, as in a real metropolis at the seam of two zones.
_CENTRE_X = 346_000.0
_NORTH_Y = 738_000.0


@dataclass(frozen=True)
class Size:
    """How large a metropolis is: municipalities, residents, side of the square map in m.

    ``detail`` (0-1): how many shape points, tracks and driveways the street map has. Small demos
    are drawn in less detail: they must build in seconds.
    """

    name: str
    municipalities: int
    people: int
    side: float
    detail: float


_SIZES = {"S": (12, 250_000), "M": (25, 650_000), "L": (60, 1_600_000), "XL": (300, 8_000_000)}


def size_of(name: str, *, municipalities: int | None = None, people: int | None = None) -> Size:
    """Return the size called ``name``, with its numbers overridden where given.

    A municipality has 60 km2 in a small metropolis and 92 km2 in a large one.

    >>> size_of("L").side
    100000.0
    """
    n, p = _SIZES[name]
    n = municipalities or n
    p = people or p
    area = n * (60 + 32 * min(1.0, max(0.0, (n - 12) / 48))) * 1e6
    side = round((area / 0.552) ** 0.5 / 2000) * 2000.0
    return Size(name, n, p, side, {"S": 0.3, "M": 0.65}.get(name, 1.0))


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square cells; row 0 is the northern one."""

    x0: float
    y1: float
    cell: float
    nx: int
    ny: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.ny, self.nx

    def centres(self) -> tuple[Array, Array]:
        """Return x and y of every cell centre, each of shape (ny, nx)."""
        x = self.x0 + (np.arange(self.nx) + 0.5) * self.cell
        y = self.y1 - (np.arange(self.ny) + 0.5) * self.cell
        xx, yy = np.meshgrid(x, y)
        return xx, yy

    def rowcol(self, x: Array, y: Array) -> tuple[Index, Index]:
        """Return row and column of the cell of each point; points outside get the nearest cell.

        Parameters
        ----------
        x, y : array of float, shape (n,)

        Examples
        --------
        >>> grid = Grid(0.0, 200.0, 100.0, 3, 2)
        >>> row, col = grid.rowcol(np.array([150.0, 999]), np.array([50.0, 50]))
        >>> row.tolist(), col.tolist()
        ([1, 1], [1, 2])
        """
        col = np.clip(np.floor((np.asarray(x) - self.x0) / self.cell), 0, self.nx - 1)
        row = np.clip(np.floor((self.y1 - np.asarray(y)) / self.cell), 0, self.ny - 1)
        return row.astype(np.int64), col.astype(np.int64)

    def sample(self, values: Array, x: Array, y: Array) -> Array:
        """Return a raster's values at points, bilinear between cell centres.

        Parameters
        ----------
        values : array of float, shape (ny, nx)
        x, y : array of float, shape (n,)
            Beyond the outer centres the value of the nearest cell holds.
        """
        row = (self.y1 - np.asarray(y)) / self.cell - 0.5
        col = (np.asarray(x) - self.x0) / self.cell - 0.5
        out: Array = ndi.map_coordinates(values, np.vstack([row, col]), order=1, mode="nearest")
        return out


def grid_of(size: Size, cell: float = CELL) -> Grid:
    """Return the square grid that covers a metropolis of this size.

    Parameters
    ----------
    size : Size
    cell : float
        Side of a cell, m. Every grid has the same upper left corner, so that finer ones nest.
    """
    n = int(size.side / cell)
    x0 = round((_CENTRE_X - size.side / 2) / 1000) * 1000.0
    return Grid(x0, _NORTH_Y, cell, n, n)


class Streams:
    """One random stream per topic, so that a change in one leaves the others as they were."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, topic: str) -> np.random.Generator:
        """Return a fresh generator of ``topic``."""
        return np.random.default_rng([self.seed, zlib.crc32(topic.encode())])


def noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    wavelength: float,
    *,
    octaves: int = 4,
    gain: float = 0.5,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """Return a smooth random field of about zero mean and unit deviation.

    ``wavelength`` is in cells; ``stretch`` multiplies it by rows and columns.
    """
    total = np.zeros(shape)
    amplitude = 1.0
    for octave in range(octaves):
        steps = [max(1.5, wavelength * s / 2**octave) for s in stretch]
        coarse = rng.standard_normal([int(n / w) + 5 for n, w in zip(shape, steps, strict=True)])
        rows = (np.arange(shape[0]) / steps[0]) + 1.5
        cols = (np.arange(shape[1]) / steps[1]) + 1.5
        total += amplitude * _spline(coarse, rows, cols)
        amplitude *= gain
    spread = total.std()
    return total / spread if spread > 0 else total


def _spline(coarse: Array, rows: Array, cols: Array) -> Array:
    """Cubic interpolation of a coarse grid, by rows and then by columns (separable: cheap)."""
    for axis, at in ((0, rows), (1, cols)):
        base = np.floor(at).astype(np.int64)
        t = at - base
        w = (
            (1 - t) ** 3 / 6,
            (3 * t**3 - 6 * t**2 + 4) / 6,
            (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
            t**3 / 6,
        )
        wide = [slice(None)] * 2
        wide[1 - axis] = slice(None)
        weights = [a[:, None] if axis == 0 else a[None, :] for a in w]
        coarse = np.asarray(
            sum(a * np.take(coarse, base - 1 + k, axis=axis) for k, a in enumerate(weights))
        )
    return coarse


def noise_line(rng: np.random.Generator, n: int, wavelength: float, *, octaves: int = 4) -> Array:
    """Return a smooth random curve of ``n`` values, unit deviation."""
    return noise(rng, (1, n), wavelength, octaves=octaves)[0]


def enlarge(values: NDArray[np.generic], factor: int) -> NDArray[np.float32]:
    """Return a raster with ``factor`` times finer cells, linear between the old cell centres.

    >>> enlarge(np.array([[0.0, 2.0]]), 2).round(2).tolist()
    [[0.0, 0.5, 1.5, 2.0], [0.0, 0.5, 1.5, 2.0]]
    """
    out = np.asarray(values, dtype=np.float32)
    for axis in (0, 1):
        n = out.shape[axis]
        at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
        low = np.minimum(at.astype(np.int64), max(n - 2, 0))
        high = np.minimum(low + 1, n - 1)
        w = (at - low).astype(np.float32)
        w = w[:, None] if axis == 0 else w[None, :]
        out = np.take(out, low, axis=axis) * (1 - w) + np.take(out, high, axis=axis) * w
    return out
