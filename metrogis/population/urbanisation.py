"""Degree of urbanisation of cells of 1 km: urban centres, urban clusters, rural cells.

Level 1 of the classification of Eurostat, OECD, UN-Habitat and others (2021). Rasters are arrays
of rows and columns; cells beyond an array have no people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from metrogis.arrays import Array, Bools, Floats

RURAL, CLUSTER, CENTRE = 0, 1, 2
_CROSS = ndi.generate_binary_structure(2, 1)
_SQUARE = ndi.generate_binary_structure(2, 2)


class Thresholds(NamedTuple):
    """Densities (people per km2 of land), people of a group, and km2 of holes that are filled."""

    centre_density: float = 1500
    centre_people: float = 50_000
    cluster_density: float = 300
    cluster_people: float = 5000
    hole: float = 15
    neighbours: int = 5


def classify(
    people: Floats, land: Floats, rules: Thresholds = Thresholds(), *, cell: float = 1.0
) -> npt.NDArray[np.int8]:
    """Return the class of each cell.

    Centres are cells that touch by a side and have at least ``centre_density``, together at least
    ``centre_people``; holes smaller than ``hole`` are filled, then cells with at least
    ``neighbours`` of 8 neighbours in a centre are added until none is left. Clusters are cells
    that touch by a side or corner and have at least ``cluster_density``, together at least
    ``cluster_people``.

    Parameters
    ----------
    people : ndarray (rows, columns)
        NaN counts as nobody.
    land : ndarray (rows, columns)
        Land of each cell, km2; without land there is no density.
    rules : Thresholds
    cell : float
        Area of a cell, km2: of holes.

    Returns
    -------
    ndarray of int8
        :data:`RURAL`, :data:`CLUSTER` (outside centres), :data:`CENTRE`.

    Examples
    --------
    >>> people = np.zeros((5, 6))
    >>> people[1:4, 1:4] = 6000
    >>> people[2, 2] = 0
    >>> people[1, 5] = 5000
    >>> classify(people, np.ones((5, 6)), Thresholds(centre_people=40_000))
    array([[0, 0, 0, 0, 0, 0],
           [0, 2, 2, 2, 0, 1],
           [0, 2, 2, 2, 0, 0],
           [0, 2, 2, 2, 0, 0],
           [0, 0, 0, 0, 0, 0]], dtype=int8)
    """
    count = np.nan_to_num(people, nan=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(land > 0, count / land, 0.0)
    centre = _groups(density >= rules.centre_density, _CROSS, count, rules.centre_people)
    centre = _smoothed(_filled(centre, rules.hole / cell), rules.neighbours)
    cluster = _groups(density >= rules.cluster_density, _SQUARE, count, rules.cluster_people)
    out = np.where(cluster, CLUSTER, RURAL)
    out[centre] = CENTRE
    return out.astype(np.int8)


def _groups(dense: Bools, touching: Array, people: Floats, least: float) -> Bools:
    """Return the cells of groups that have enough people."""
    label, count = ndi.label(dense, structure=touching)
    held = np.bincount(label.ravel(), people.ravel(), minlength=count + 1)
    enough = held >= least
    enough[0] = False
    return np.asarray(enough[label])


def _filled(centre: Bools, cells: float) -> Bools:
    """Fill holes of fewer cells: land within a centre that no way by sides leads out of."""
    label, count = ndi.label(~np.pad(centre, 1), structure=_CROSS)
    size = np.bincount(label.ravel(), minlength=count + 1)
    hole = size < cells
    # what is joined to the edge of the array lies outside
    hole[label[0, 0]] = False
    hole[0] = False
    return np.asarray(centre | hole[label][1:-1, 1:-1])


def _smoothed(centre: Bools, neighbours: int) -> Bools:
    around = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    while True:
        near = ndi.convolve(centre.astype(np.int8), around.astype(np.int8), mode="constant")
        more = centre | (near >= neighbours)
        if (more == centre).all():
            return np.asarray(centre)
        centre = more


def degree(centre: Floats, cluster: Floats, rural: Floats) -> Array:
    """Return the degree of urbanisation of municipalities by where their people live.

    Parameters
    ----------
    centre, cluster, rural : ndarray (municipalities,)
        People in centres, in clusters outside them, in rural cells.

    Returns
    -------
    ndarray of str
        ``city`` where most live in centres, else ``towns_and_suburbs`` where most live outside
        rural cells, else ``rural``; ``unknown`` where nobody is known.

    Examples
    --------
    >>> degree(np.array([51.0, 50, 0, 0]), np.array([0.0, 1, 50, 0]), np.array([49.0, 49, 50, 0]))
    array(['city', 'towns_and_suburbs', 'rural', 'unknown'], dtype=object)
    """
    whole = centre + cluster + rural
    out = np.where(
        centre > 0.5 * whole, "city", np.where(rural < 0.5 * whole, "towns_and_suburbs", "rural")
    ).astype(object)
    out[~(whole > 0)] = "unknown"
    return np.asarray(out)
