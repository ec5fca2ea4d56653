"""Habitat as one network: patches, least-cost links, and how much connected land they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.landscape import connectivity, leastcost
from metrogis.landscape import patches as patching
from metrogis.landscape.grid import Grid


@dataclass(frozen=True)
class Rules:
    """How a network is made.

    Attributes
    ----------
    share : float
        A block with at least this share of habitat belongs to a patch.
    min_area : float
        Least habitat of a patch, m2.
    max_cost : float
        Links that cost more do not exist.
    distance, probability : float
        A link of cost ``distance`` is used with ``probability``.
    """

    share: float
    min_area: float
    max_cost: float
    distance: float
    probability: float


@dataclass(frozen=True, eq=False)
class Habitats:
    """One state of the land.

    Attributes
    ----------
    labels : ndarray of int32
        Patch (1, 2, ...) of each block, 0 outside.
    area : ndarray
        Habitat of each patch, m2.
    links : GeoDataFrame
        See :func:`metrogis.landscape.leastcost.links`.
    eca : float
        Equivalent connected area, m2; 0 without patches.
    dropped : int
        Pieces of habitat too small to be patches.
    """

    labels: np.ndarray
    area: np.ndarray
    links: gpd.GeoDataFrame
    eca: float
    dropped: int

    @property
    def table(self) -> pd.DataFrame:
        """``id`` and ``attribute`` of the patches, as the indices take them."""
        return pd.DataFrame({"id": np.arange(1, len(self.area) + 1), "attribute": self.area})

    def indices(self, rules: Rules, *, top: int | None = None, dpc: bool = True) -> (
        connectivity.Connectivity
    ):  # fmt: skip
        """Return the connectivity of the network.

        Parameters
        ----------
        rules : Rules
            Distance (cost) and the probability of movement at it.
        top : int, optional
            dPC of the patches with the largest attribute only; by default of all.
        dpc : bool
            Whether to compute what the loss of each patch and link costs.
        """
        return connectivity.indices(
            self.table, self.links, distance=rules.distance, probability=rules.probability,
            dpc=dpc, top=top,
        )  # fmt: skip


def label(habitat: np.ndarray, block_area: np.ndarray, rules: Rules) -> tuple[Any, Any, int]:
    """Patches of blocks: labels, habitat of each (m2), and how many were too small.

    Examples
    --------
    >>> rules = Rules(share=0.5, min_area=60, max_cost=1e9, distance=1000, probability=0.5)
    >>> habitat = np.array([[100.0, 60, 0, 55]])
    >>> labels, area, dropped = label(habitat, np.full((1, 4), 100.0), rules)
    >>> labels.tolist(), area.tolist(), dropped
    ([[1, 1, 0, 0]], [160.0], 1)
    """
    mask = (habitat >= rules.share * block_area) & (habitat > 0)
    labels, cells = patching.label(mask)
    area = np.bincount(labels.ravel(), habitat.ravel(), minlength=len(cells) + 1)[1:]
    keep = area >= rules.min_area
    number = np.zeros(len(cells) + 1, np.int32)
    number[1:][keep] = np.arange(1, keep.sum() + 1)
    return number[labels], area[keep], int((~keep).sum())


def build(
    habitat: np.ndarray,
    resistance: Grid,
    block_area: np.ndarray,
    rules: Rules,
    *,
    paths: bool = False,
) -> Habitats:
    """Make the network of one state of the land.

    Parameters
    ----------
    habitat : ndarray
        Habitat of each block, m2.
    resistance : Grid
        Of the same blocks.
    block_area : ndarray
        m2.
    rules : Rules
    paths : bool
        Draw the links.

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> rules = Rules(share=0.5, min_area=1, max_cost=10, distance=2, probability=0.5)
    >>> found = build(np.array([[1.0, 0, 1]]), read(np.ones((1, 3))), np.ones((1, 3)), rules)
    >>> found.area.tolist(), found.links["cost"].tolist(), round(found.eca**2, 6)
    ([1.0, 1.0], [2.0], 3.0)
    """
    labels, area, dropped = label(habitat, block_area, rules)
    links = leastcost.links(resistance, labels, limit=rules.max_cost, paths=paths)
    found = Habitats(labels, area, links, 0.0, dropped)
    if len(area):
        eca = found.indices(rules, dpc=False).ECA
        found = Habitats(labels, area, links, eca, dropped)
    return found
