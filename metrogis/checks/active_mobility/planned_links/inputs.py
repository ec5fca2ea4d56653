"""Planned links from layers, and which interchanges they join to a connected cycle network."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run, layer
from metrogis.checks.contract.layers import (
    CycleCoverage,
    CycleRoutes,
    Entrances,
    Interchanges,
    Investments,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Stations,
    StreetLayer,
)
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.known_routes import (
    known_routes,
    of_places,
    open_networks,
    sure_points,
)
from metrogis.checks.shared.places import Places
from metrogis.evidence import Evidence, loss
from metrogis.i18n import _, is_missing
from metrogis.streets import access
from metrogis.streets.cycleways import Split, by_state, component_lengths, components, met
from metrogis.streets.overlaps import counted_once


@dataclass(frozen=True)
class Inputs:
    """Layers of ``planned_links``; those with a default may be missing."""

    municipalities: Municipalities
    streets: StreetLayer
    interchanges: Interchanges | None = layer(_("interchanges (these, or the stations)"))
    _named: KW_ONLY
    rail_stations: Stations | None = layer(_("railway stations (these, or interchanges)"))
    interchange_entrances: Entrances | None = None
    cycle_routes: CycleRoutes | None = layer(_("cycle routes, planned ones too"))
    investments: Investments | None = None
    population: PopulationCells | None = None
    population_municipal: MunicipalPopulation | None = None
    cycle_coverage: CycleCoverage | None = None


_CYCLING = re.compile(r"cycl|bike|bicy|rower", re.IGNORECASE)


def planned_lines(
    run: Run, cycle_routes: CycleRoutes | None, investments: Investments | None
) -> tuple[gpd.GeoDataFrame, Split | None]:
    """Return the links, one row each, and the cycle routes by state (None without the layer).

    Planned lines of ``cycle_routes`` that join are one link, unless it would be longer than
    ``longest_link``; lines of ``investments`` are links when their kind speaks of cycling.
    """
    params = run.parameters
    parts: list[gpd.GeoDataFrame] = []
    split = None
    if cycle_routes is not None:
        split = by_state(cycle_routes, line_tolerance=params.line_tolerance)
        run.add(split.audit)
        run.add(met(split))
        parts.append(_routes(split.planned, params.longest_link * 1000, split.meets))
    if investments is not None:
        parts.append(_investments(run, investments))
    columns = ["name", "source", "geometry"]
    parts = [part[columns] for part in parts if len(part)]
    if not parts:
        empty = gpd.GeoSeries([], crs=run.crs)
        void = {c: pd.Series(dtype=object) for c in columns[:2]}
        return gpd.GeoDataFrame(void, geometry=empty, crs=run.crs), split
    links = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=run.crs)
    key = pd.Series(shapely.to_wkb(shapely.normalize(links.geometry.to_numpy())))
    again = key.duplicated(keep="last").to_numpy()  # an investment has the better name
    run.note(
        "investments",
        "dropped",
        int(again.sum()),
        _("planned links given a second time"),
        links["name"][again],
    )
    links = links[~again].reset_index(drop=True)
    links["name"] = [
        f"#{i + 1}" if is_missing(name) else str(name) for i, name in enumerate(links["name"])
    ]
    return links, split


def _routes(planned: gpd.GeoDataFrame, longest: float, gap: float) -> gpd.GeoDataFrame:
    """Return planned lines, joined to whole routes where these are not too long."""
    if planned.empty:
        return planned.assign(source=[], name=[])[["name", "source", "geometry"]]
    labels = components(planned, meets=gap)
    whole = component_lengths(planned, labels) <= longest
    # each line of a route that is too long becomes a link of its own
    labels = np.where(whole[labels], labels, labels.max() + 1 + np.arange(len(labels)))
    shapes = planned.geometry.to_numpy()
    names = planned["name"].to_numpy(object) if "name" in planned else [None] * len(planned)
    rows = []
    for label in pd.unique(labels):
        mine = np.flatnonzero(labels == label)
        named = [names[i] for i in mine if not is_missing(names[i])]
        shape = shapely.line_merge(shapely.union_all(shapes[mine]))
        rows.append((named[0] if named else None, "cycle_routes", shape))
    table = pd.DataFrame(rows, columns=["name", "source", "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=planned.crs)


def _investments(run: Run, plans: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = plans.geometry
    lines = shapes.geom_type.isin(["LineString", "MultiLineString"]).to_numpy()
    lines = lines & ~(shapes.is_empty | shapes.isna()).to_numpy()
    kinds = plans["kind"] if "kind" in plans else pd.Series(None, index=plans.index, dtype=object)
    told = kinds.notna().to_numpy()
    cycling = np.array([not is_missing(k) and bool(_CYCLING.search(str(k))) for k in kinds], bool)
    run.note(
        "investments",
        "noted",
        int((~lines | (told & ~cycling)).sum()),
        _("investments other than cycling"),
        plans["name"][~lines | (told & ~cycling)],
    )
    run.note(
        "investments",
        "unknown",
        int((lines & ~told).sum()),
        _("lines of investments without a kind: unknown whether for cycling"),
        plans["name"][lines & ~told],
    )
    kept = plans.loc[lines & cycling, ["name", "geometry"]]
    return kept.assign(source="investments")


def _routes_known(run: Run, cycle_coverage: CycleCoverage | None, split: Split) -> Evidence:
    """Return where cycle routes are known."""
    municipalities = run.municipalities
    built = counted_once(split.built.geometry.to_numpy())
    _unused, row, length = pieces_by_municipality(built, municipalities)
    found = known_routes(
        run, np.bincount(row, length, len(municipalities)), cycle_coverage
    ).evidence
    unsure = split.unknown.geometry.to_numpy()
    if not len(unsure):
        return found
    what = _("line of unknown state")
    undecided = loss("row", what, split.unknown.index, where=unsure, crs=run.crs)
    return found.losing([undecided])


class Joins:
    """Interchanges joined to a connected cycle network of ``min_network``, as links are built.

    Links join what lies within ``link_join`` of them; built lines join at shared vertices. That an
    interchange is not joined is certain only where all routes near it are known, and the networks
    it reaches end on known land.
    """

    def __init__(
        self,
        run: Run,
        places: Places,
        split: Split | None,
        links: Array,
        coverage: CycleCoverage | None,
    ) -> None:
        params = run.parameters
        self.places, self.known = places, split is not None
        self.enough = params.min_network * 1000 - 1e-6
        lines, labels = np.zeros(0, object), np.zeros(0, np.int64)
        self.length, self.going = np.zeros(0), np.zeros(0, bool)
        self.sure = np.zeros(len(places.table), bool)
        if split is not None:
            lines = split.built.geometry.to_numpy()
            labels = components(split.built, meets=split.meets)
            once = gpd.GeoSeries(counted_once(lines), crs=split.built.crs)
            self.length = component_lengths(once, labels)
            evidence = _routes_known(run, coverage, split)
            self.going = open_networks(evidence, lines, labels, split.meets, len(self.length))
            known = evidence.known_near(places.points, params.join_distance)
            self.sure = of_places(places, known) & sure_points(run, places)
        self.link_length = shapely.length(links)
        near: dict[str, Any] = {"distance": params.join_distance}
        touched = access.touched_networks(places.points, places.owner, lines, labels, **near)
        # three graphs in sets: places to networks, places to links, links to networks and to links
        self.place_network = [set[int]() for _ in range(len(places.table))]
        for place, network in touched.tolist():
            self.place_network[place].add(network)
        own = access.touched_networks(
            places.points, places.owner, links, np.arange(len(links)), **near
        )
        self.place_link = [set[int]() for _ in range(len(places.table))]
        for place, link in own.tolist():
            self.place_link[place].add(link)
        self.link_network = [set[int]() for _ in links]
        self.link_link = [set[int]() for _ in links]
        close: dict[str, Any] = {"predicate": "dwithin", "distance": params.link_join}
        if len(lines) and len(links):
            for i, j in shapely.STRtree(lines).query(links, **close).T.tolist():
                self.link_network[i].add(int(labels[j]))
        if len(links):
            for i, j in shapely.STRtree(links).query(links, **close).T.tolist():
                self.link_link[i].add(j)
        large = self.length >= self.enough
        self.before = np.array([any(large[n] for n in own) for own in self.place_network], bool)
        self.open = np.flatnonzero(~self.before)

    def joined(self, built: list[int], *, perhaps: bool = False) -> Array:
        """Return which interchanges are joined with these links built.

        ``perhaps``: also those whose network may go on beyond the data.
        """
        length = np.where(self.going & perhaps, self.enough, self.length)
        # networks have numbers from 0, links negative ones; what no link touches stays as it is
        parent: dict[int, int] = {}
        size: dict[int, float] = {}

        def root(i: int) -> int:
            if i not in parent:
                parent[i] = i
                size[i] = float(length[i] if i >= 0 else self.link_length[-1 - i])
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        # union-find over the links built: size is kept at roots, of which each is a connected
        # network
        chosen = set(built)
        for i in chosen:
            for n in (*self.link_network[i], *(-1 - j for j in self.link_link[i] & chosen)):
                one, other = root(n), root(-1 - i)
                if one != other:
                    parent[one] = other
                    size[other] += size[one]
        out = self.before.copy()
        for k in self.open.tolist():  # building never parts what is joined
            ends = (
                *(n for n in self.place_network[k] if n in parent or perhaps),
                *(-1 - i for i in self.place_link[k] & chosen),
            )
            out[k] = any(size[root(n)] >= self.enough for n in ends)
        return out

    def flags(self, built: list[int]) -> pd.Series:
        """Return which interchanges are joined, as yes, no or unknown.

        Parameters
        ----------
        built : list of int
            Links that are built.

        Returns
        -------
        Series of boolean (places,)
            Missing where an interchange may be joined by what the data do not show, and everywhere
            without a cycle layer.
        """
        joined = self.joined(built)
        unknown = ~joined & (~self.sure | self.joined(built, perhaps=True))
        found = pd.Series(joined, index=self.places.table.index, dtype="boolean")
        return found.mask(unknown if self.known else np.ones(len(found), bool))

    def total(self, built: list[int]) -> int:
        """Return how many interchanges are joined; 0 without a cycle layer."""
        return int(self.joined(built).sum()) if self.known else 0

    def count(self, built: list[int]) -> float:
        """Return how many interchanges are joined, as a number for tables.

        Parameters
        ----------
        built : list of int
            Links that are built.

        Returns
        -------
        float
            NaN without a cycle layer: nothing is then known, where :meth:`total` counts none.
        """
        return float(self.total(built)) if self.known else np.nan

    def opened(self, link: int) -> str | None:
        """Return the names of the interchanges that a link alone would join.

        Parameters
        ----------
        link : int

        Returns
        -------
        str or None
            None where it joins none, and without a cycle layer.
        """
        if not self.known:
            return None
        new = self.joined([link]) & ~self.joined([])
        return ", ".join(str(n) for n in self.places.table["name"][new]) or None
