"""Stress of every arc of a cycling network, in three states, and the network that stays calm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.provenance import Audit, audit_of
from metrogis.streets import StreetNetwork
from metrogis.streets.directions import Side
from metrogis.streets.stress import stress


class ArcStress(NamedTuple):
    """Stress of arcs.

    Attributes
    ----------
    level : array of float, shape (arcs,)
        1-4, 0 where the rules forbid cycling though the street data let it in, NaN unknown.
    on_defaults : array of bool, shape (arcs,)
        Whether the level rests on a default speed or number of lanes.
    audit : Audit
    """

    level: Array
    on_defaults: Array
    audit: Audit

    def calm(self, limit: int) -> Array:
        """Return the arcs known to be at most ``limit``."""
        return np.asarray((self.level >= 1) & (self.level <= limit))

    def maybe_calm(self, limit: int) -> Array:
        """Return the arcs that are, or for all that is known may be, at most ``limit``.

        Unknown stress may be calm; a closed arc (level 0) is not.
        """
        return np.asarray(self.calm(limit) | np.isnan(self.level))


def arc_stress(
    network: StreetNetwork, *, rules: str = "bike_ottawa", driving_side: Side = "right"
) -> ArcStress:
    """Return the level of traffic stress of every arc, each in its own direction.

    Parameters
    ----------
    network : StreetNetwork
        Of mode ``bike``. Without the tag ``highway`` every level is unknown.
    rules : {"bike_ottawa", "r5"}
        With ``r5`` its rule of nodes holds too.
    driving_side : {"right", "left"}
    """
    layer = network.source.layer
    if "highway" not in network.ways:
        nothing = Audit().add(
            layer,
            "unknown",
            network.n_edges,
            _("streets without tags: level of traffic stress unknown"),
        )
        return ArcStress(np.full(network.n_arcs, np.nan), np.zeros(network.n_arcs, bool), nothing)
    if rules == "r5":  # its levels differ by edge: the nodes at both ends count
        edges = network.ways.iloc[network.edge_way].assign(u=network.edge_u, v=network.edge_v)
        table = stress(
            edges.reset_index(drop=True),
            rules=rules,
            signals=np.flatnonzero(network.signals).tolist(),
            driving_side=driving_side,
            layer=layer,
        )
        row = network.arc_edge
    else:
        table = stress(network.ways, rules=rules, driving_side=driving_side, layer=layer)
        row = network.edge_way[network.arc_edge]
    level = np.empty(network.n_arcs)
    defaults = np.empty(network.n_arcs, bool)
    for name, chosen in (("forward", network.arc_forward), ("backward", ~network.arc_forward)):
        rated = table[f"{name}_level"].astype("Float64").to_numpy(float, na_value=np.nan)
        rated = np.where((table[f"{name}_state"] == "forbidden").to_numpy(bool), 0.0, rated)
        level[chosen] = rated[row[chosen]]
        defaults[chosen] = (table[f"{name}_defaults"] != "").to_numpy(bool)[row[chosen]]
    audit = audit_of(table)
    audit = audit.add(
        layer,
        "noted",
        int((level == 0).sum()),
        _(
            "directions open to bicycles in which the stress rules forbid cycling: "
            "counted at any stress, not at low stress"
        ),
    )
    return ArcStress(level, defaults, audit)
