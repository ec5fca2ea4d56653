"""What the checks of active mobility know: where cycle routes are complete, where streets are.

Certainty comes from :mod:`metrogis.evidence`; here it is asked about municipalities, the strips
along their borders, and connected networks that may go on where nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import CycleCoverage
from metrogis.checks.shared.places import Places, place_keys
from metrogis.evidence import Evidence
from metrogis.evidence.cycling import cycle_coverage
from metrogis.evidence.streets import streets_evidence
from metrogis.i18n import _

_CRUMB = 1.0
"""Metres of undecided lines that leave a sum as it is: what rounding leaves at a border."""
_SLACK = 1e-9
"""Share of an area that is rounding."""


@dataclass(frozen=True)
class Routes:
    """Where cycle routes are known.

    Attributes
    ----------
    evidence : Evidence
        Inside it "no route" may be said.
    mapped : array of bool, shape (municipalities,)
        Known whole (from ``coverage_share`` of the land), and nothing lost there.
    share : array of float
        Share of the land that is known; NaN without an outline.
    guessed : bool
        There is no coverage layer: what is drawn decided.
    stated : Evidence
        The same without that guess: what was lost, and what a coverage layer says.
    """

    evidence: Evidence
    mapped: Array
    share: Array
    guessed: bool
    stated: Evidence

    @property
    def flag(self) -> pd.Series:
        """``mapped`` as a column: true, or missing."""
        return pd.Series(self.mapped, dtype="boolean").mask(pd.Series(~self.mapped))


def known_routes(
    run: Run,
    metres: Array,
    coverage: CycleCoverage | None,
    network: Any = None,
    undecided: Array | None = None,
) -> Routes:
    """Return where cycle routes are known; the run keeps the evidence.

    Parameters
    ----------
    run : Run
        With the parameters ``coverage_length`` (km) and ``coverage_share``.
    metres : array of float, shape (municipalities,)
        Metres of built routes drawn in each municipality: where only plans are drawn, nobody has
        told what there is.
    coverage : GeoDataFrame or DataFrame, optional
        The layer ``cycle_coverage``.
    network : StreetNetwork, optional
        Whose tags are the routes, or add to them: without a layer of routes its extent and losses
        are those of the routes.
    undecided : array of float, shape (municipalities,), optional
        Metres of lines of which it is not known whether they are routes, or built: where there are
        some, how much there is in all is not known.
    """
    params, municipalities = run.parameters, run.municipalities
    own = run.evidence["cycle_routes"]
    if not run.has("cycle_routes") and network is not None:
        own = streets_evidence(network, run.crs, municipalities)
    # drawn: what is drawn is taken to be all where no coverage layer says so or otherwise
    drawn = (metres >= params.coverage_length * 1000 - 1e-6) & (metres > 0)
    found = cycle_coverage(own, coverage, municipalities, drawn)
    run.add(found.audit)
    run.evidence["cycle_routes"] = found.evidence
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    share = land_share(found.evidence, shapes)
    mapped = np.nan_to_num(share) >= params.coverage_share - _SLACK
    mapped &= ~found.evidence.lost_near(shapes, 0.0)
    if undecided is not None:
        open_ = mapped & (undecided >= _CRUMB)
        run.note(
            "cycle_routes",
            "unknown",
            int(open_.sum()),
            _("municipalities with lines not known to be built routes: their sum is unknown"),
            municipalities["name"][open_],
        )
        mapped &= ~open_
    run.note(
        "cycle_routes",
        "unknown",
        int((~mapped).sum()),
        _("municipalities the cycle data do not cover: no data, not no routes"),
        municipalities["name"][~mapped],
    )
    # a guess from what is drawn must not count as a statement
    stated = own if found.guessed else found.evidence
    return Routes(found.evidence, mapped, share, found.guessed, stated)


def known_streets(run: Run, network: Any) -> Evidence:
    """Return where the streets of a network are known; the run keeps it as evidence of ``streets``.

    Parameters
    ----------
    run : Run
        Gets a row of the audit for streets that were lost.
    network : StreetNetwork or list of StreetNetwork
        Of several, where all of them are known.
    """
    found = streets_evidence(network, run.crs, run.municipalities)
    run.evidence["streets"] = found
    lost = sum(item.count for item in found.losses)
    run.note(
        "streets",
        "unknown",
        lost,
        _("streets that could not be read whole: near them nothing can be ruled out"),
    )
    return found


def land_share(evidence: Evidence, shapes: Array) -> Array:
    """Return the share of land that is known, whatever was lost there.

    Parameters
    ----------
    evidence : Evidence
    shapes : ndarray of polygon (shapes,)

    Returns
    -------
    ndarray of float (shapes,)
        NaN where there is no outline. Within a millionth of all is all: overlays leave slivers.
    """
    # losses apart: the share is of land, and a loss may be anywhere in it
    share = np.asarray(replace(evidence, losses=()).known_share(shapes), dtype=float)
    return np.where(share > 1 - 1e-6, 1.0, share)


def lost_rows(run: Run, *layers: str) -> int:
    """Return how many rows of layers were lost in reading."""
    return sum(item.count for layer in layers for item in run.evidence[layer].losses)


def known_strip(evidence: Evidence, lines: Array, areas: Array, width: float) -> Array:
    """Tell along which lines all within ``width`` metres is known, inside an area of each.

    Parameters
    ----------
    evidence : Evidence
    lines, areas : arrays of geometries, shape (n,)
        Land outside its area is not asked of.
    width : float
        Metres.
    """
    sure = ~evidence.lost_near(lines, width)
    rows = np.flatnonzero(sure & ~evidence.known_near(lines, width))
    if len(rows):
        strip = shapely.intersection(shapely.buffer(lines[rows], width), areas[rows])
        sure[rows] = land_share(evidence, strip) >= 1 - 1e-6
    return np.asarray(sure, dtype=bool)


def open_networks(evidence: Evidence, lines: Array, labels: Array, gap: float, count: int) -> Array:
    """Tell which connected networks may go on: a line of theirs meets land that is not known.

    Parameters
    ----------
    evidence : Evidence
        Of the lines.
    lines : array of LineString
    labels : array of int, shape (lines,)
        Network of each line.
    gap : float
        Metres across which lines are joined.
    count : int
        Number of networks.
    """
    out = np.zeros(count, dtype=bool)
    if len(lines):
        out[labels[~evidence.known_near(lines, gap)]] = True
    return out


def of_places(places: Places, points: Array) -> Array:
    """Return of which places all points are true.

    Parameters
    ----------
    places : Places
    points : ndarray of bool (points,)

    Returns
    -------
    ndarray of bool (places,)
        True for a place without points.
    """
    out = np.ones(len(places.table), dtype=bool)
    np.logical_and.at(out, places.owner, points)
    return out


def sure_points(run: Run, places: Places) -> Array:
    """Tell which places have no further point that was lost: an entrance, another of their name.

    A lost thing whose name is known belongs to places of that name only: under another name it is a
    place of its own, which counts as unknown. Without a name it may belong to any place it may have
    been near.
    """
    params = run.parameters
    reach = {
        "interchange_entrances": params.entrance_distance,
        "rail_stations": max(params.merge_distance, params.same_name_distance),
        "interchanges": params.same_name_distance,
    }
    called = place_keys(places.table["name"])[places.owner]
    lost = np.zeros(len(places.points), dtype=bool)
    for layer, limit in reach.items():
        if not run.has(layer):
            continue
        evidence = run.evidence[layer]
        rest = []
        for item in evidence.losses:
            keys = place_keys(pd.Series(item.names, dtype=object))
            # an entrance may name its place by id
            if item.names and (layer != "interchange_entrances" or np.isin(keys, called).all()):
                lost |= np.isin(called, keys)
            else:
                rest.append(item)
        lost |= replace(evidence, losses=tuple(rest)).lost_near(places.points, limit)
    return of_places(places, ~lost)


def more_than_half(part: float, whole: float) -> bool:
    """Tell whether so much is unknown that a finding begins with it."""
    return whole > 0 and part > whole / 2
