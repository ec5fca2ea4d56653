"""What building links changes, by place, by home and in all; and what the data leave open."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.planned_links import presentation as texts
from metrogis.checks.active_mobility.planned_links.graph import LinkGraph, Opening, beside_links
from metrogis.checks.active_mobility.planned_links.inputs import Joins
from metrogis.checks.contract import Run
from metrogis.checks.shared.interchange_streets import Calm, Homes, Reach
from metrogis.checks.shared.places import Places


class Towards:
    """What building links changes, by place, by home and in all."""

    def __init__(
        self,
        run: Run,
        places: Places,
        homes: Homes,
        any_: Reach,
        low: Calm,
        graph: LinkGraph,
        weight: Array,
    ) -> None:
        params = run.parameters
        self.run, self.places, self.homes, self.graph = run, places, homes, graph
        self.weight, self.limit, self.low = weight, params.bike_limit, low
        gate_xy = shapely.get_coordinates(places.points)
        gate, node, metres = beside_links(
            graph, gate_xy, np.full(len(gate_xy), params.join_distance)
        )
        # arcs run backwards: seeds are interchanges, which people arrive at, and homes where they
        # leave
        goal = graph.entries(low.gates, places.owner, leaving=False)
        self._seed_node = np.concatenate([goal[0], node])
        self._seed_cost = np.concatenate([goal[1], metres])
        self._seed_place = np.concatenate([goal[2], places.owner[gate]])
        start = graph.entries(low.homes, np.arange(len(homes.xy)), leaving=True)
        # a home is beside a link from its cell's edge on, not from its middle
        home, node, metres = beside_links(graph, homes.xy, homes.half + params.join_distance)
        self._homes = (
            np.concatenate([start[0], node]),
            np.concatenate([start[1], metres]),
            np.concatenate([start[2], home]),
        )
        self._near = low.sure.cost <= self.limit
        self.before = np.zeros(len(homes.xy), bool)
        self.before[low.sure.home[self._near]] = True
        self._first = self._open(slice(None), self.before)
        self._air, self._doubt = any_.air, self._doubts(any_)
        self._on_streets = any_.on_home

    def _doubts(self, any_: Reach) -> Array:
        """Rows of the pairs in reach by air of which the data do not tell the low-stress way.

        One of the two is off the streets, a way could leave the streets that are known, or it
        would lead over streets whose stress nobody can tell.
        """
        place, home, _ = any_.air
        doubt = ~(any_.on_home[home] & any_.on_place[place])
        doubt |= ~(any_.slack(place, home) > self.limit)
        maybe = self.low.maybe
        far = maybe.cost <= self.limit
        count = len(self.homes.xy)
        # pairs that unrated streets join within the limit: place and home in one number
        doubt |= np.isin(place * count + home, maybe.place[far] * count + maybe.home[far])
        return doubt

    @property
    def undecided(self) -> Array:
        """Homes that may or may not reach an interchange today, shape (homes,)."""
        out = np.zeros(len(self.homes.xy), bool)
        out[self._air[1][self._doubt]] = True
        return out & ~self.before

    @property
    def uncounted(self) -> Array:
        """Homes with an unknown number of people, shape (homes,); none without population."""
        return np.isnan(self.homes.people) & self.homes.counted

    def open_near(self, links: Array) -> Array:
        """Tell near which links someone may gain whom the data do not count, shape (links,).

        Homes off the streets are not among them: no link of the data leads there.
        """
        open_ = np.flatnonzero((self.undecided & self._on_streets) | self.uncounted)
        out = np.zeros(len(links), bool)
        if len(open_):
            tree = shapely.STRtree(np.asarray(shapely.points(self.homes.xy[open_]), object))
            out[tree.query(links, predicate="dwithin", distance=self.limit)[0]] = True
        return out

    def _open(self, seeds: Any, reached: Array) -> Opening:
        return Opening(
            self.graph,
            (self._seed_node[seeds], self._seed_cost[seeds]),
            self._homes,
            self.weight,
            reached,
            self.limit,
        )

    def opening(self) -> Opening:
        """Return the state before anything is built, for all interchanges."""
        return self._first.copy()

    def reached(self, links: list[int]) -> Array:
        """Return which homes reach any interchange with some links built.

        Parameters
        ----------
        links : list of int

        Returns
        -------
        ndarray of bool (homes,)
        """
        state = self.opening()
        if links:
            state.build(*links)
        return state.reached

    def total(self, reached: Array) -> float:
        """Return people (or km of street) in reach."""
        return float(self.weight[reached].sum())

    def interchanges(self, chosen: list[int], joins: Joins) -> gpd.GeoDataFrame:
        """Return one row per interchange: who reaches it before, after the chosen links, after all.

        Parameters
        ----------
        chosen : list of int
        joins : Joins

        Returns
        -------
        GeoDataFrame (places,)
            People (or km of street without population). NaN where nobody is known to reach it and
            someone may: nobody known is not nobody.
        """
        count, every = len(self.places.table), list(range(len(self.graph.own_ptr) - 1))
        known = np.asarray(self.low.found.known)
        table = self.places.table[["name", "teryt", "municipality", "geometry"]].copy()
        # nobody known to reach it is not nobody where someone may
        place, home, _ = self._air
        open_ = np.zeros(count, bool)
        open_[place[self._doubt | self.uncounted[home]]] = True
        numbers = {c: np.full(count, np.nan) for c in ("before", "after", "all")}
        for k in range(count):
            own = np.zeros(len(self.homes.xy), bool)
            own[self.low.sure.home[self._near & (self.low.sure.place == k)]] = True
            for name, links in (("before", []), ("after", chosen), ("all", every)):
                # each interchange by itself: its own entries alone are seeds
                state = self._open(np.flatnonzero(self._seed_place == k), own)
                if links:
                    state.build(*links)
                total = self.total(state.reached)
                if total > 0 or (known[k] and not open_[k]):
                    numbers[name][k] = total
        unit = "people" if self.homes.counted else "street_km"
        for name, values in numbers.items():
            for kind in ("people", "street_km"):
                table[f"{kind}_{name}"] = values if kind == unit else np.nan
        for name, links in (("before", []), ("after", chosen), ("all", every)):
            table[f"joined_{name}"] = joins.flags(links)
        return table[[*texts.COLUMNS["interchanges"], "geometry"]]

    def municipal(self, chosen: list[int], km: Array) -> gpd.GeoDataFrame:
        """Return one row per municipality: km of links, people in reach, those undecided.

        Parameters
        ----------
        chosen : list of int
        km : ndarray of float (municipalities,)
            Of all links.

        Returns
        -------
        GeoDataFrame (municipalities,)
            NaN where no home of the municipality is near a place, and where nobody is known to
            reach one and someone may.
        """
        municipalities = self.run.municipalities
        count, unit = len(municipalities), self.homes.unit
        table = municipalities[["teryt", "name", "geometry"]].copy()
        table["links_km"] = km
        every = list(range(len(self.graph.own_ptr) - 1))
        met = np.bincount(unit, minlength=count) > 0
        blank = np.bincount(unit[self.uncounted], minlength=count) > 0
        for name, built in (("before", []), ("after", chosen), ("all", every)):
            reached = self.reached(built)
            rows = np.flatnonzero(reached)
            people = self.homes.total(unit[rows], rows, count)
            open_ = blank | (np.bincount(unit[self.undecided & ~reached], minlength=count) > 0)
            # nobody known to reach one is not nobody
            table[f"people_{name}"] = np.where(met & ~((people == 0) & open_), people, np.nan)
        table["people_gain"] = table["people_after"] - table["people_before"]
        rows = np.flatnonzero(self.undecided)
        undecided = self.homes.total(unit[rows], rows, count)
        table["people_undecided"] = np.where(met, undecided, np.nan)
        whole = met & ~blank & ~(undecided > 0) & self.homes.counted
        table["people_decided"] = pd.Series(whole, index=table.index, dtype="boolean").mask(~whole)
        return table[[*texts.COLUMNS["municipalities"], "geometry"]]
