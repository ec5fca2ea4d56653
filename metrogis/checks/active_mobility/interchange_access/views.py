"""Views of the map of ``interchange_access``."""

from __future__ import annotations

from metrogis.checks.active_mobility.interchange_access import street_presentation as streets
from metrogis.checks.contract import Category, Ground, View
from metrogis.i18n import UNKNOWN, _, pgettext

STATES = (
    Category("yes", pgettext("interchange", "joined to a network"), "#009E73"),
    Category("no", pgettext("interchange", "not joined"), "#D55E00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)


KINDS = (
    Category("to_infrastructure", _("to infrastructure"), "#56B4E9"),
    Category("to_network", _("to a large network"), "#CC79A7"),
    Category(
        "fragment_to_network",
        _("from the stretch there to a large network"),
        "#E69F00",
    ),
)


_ROUTES = Ground("cycle_data")


VIEWS = (
    View(
        "interchanges",
        _("Interchanges: joined to a network"),
        column="state",
        categories=STATES,
        popup=(
            "name",
            "origin",
            "state",
            "reason",
            "distance_m",
            "network_km",
            "network_km_medium",
            "people_walk",
            "people_bike",
            "bike_stands",
            "bike_share_m",
        ),
        ground=_ROUTES,
        radius=6.0,
        fill_opacity=0.9,
    ),
    View(
        "cycle_network",
        _("Connected cycle networks by length"),
        column="length_km",
        breaks=(0, 1, 3, 10, 50),
        popup=("network", "length_km", "interchanges", "may_go_on"),
        weight=2.5,
        ground=_ROUTES,
    ),
    View(
        "gaps_to_network",
        _("Missing connections (straight line)"),
        column="kind",
        categories=KINDS,
        popup=("interchange", "kind", "length_m", "network_km"),
        weight=2.0,
        ground=_ROUTES,
    ),
    View(
        "planned",
        _("Infrastructure planned or being built"),
        colour="#E69F00",
        popup=("name", "highway", "length_km"),
        shown=False,
        weight=2.5,
        ground=_ROUTES,
    ),
    View(
        "municipalities",
        _("Cycle km per 10,000 residents"),
        column="cycle_km_per_10k",
        breaks=(0, 2, 5, 10, 20),
        palette="cividis",
        popup=(
            "name",
            "cycle_km",
            "cycle_km_known",
            "cycle_known_share",
            "cycle_km_per_10k",
            "interchanges",
            "interchanges_joined",
        ),
        shown=False,
        ground=_ROUTES,
    ),
    View(
        "municipalities",
        _("Share of interchanges joined"),
        column="joined_share",
        breaks=(0, 0.25, 0.5, 0.75, 1),
        palette="cividis",
        popup=(
            "name",
            "interchanges",
            "interchanges_joined",
            "interchanges_unknown",
            "joined_share",
            "distance_median_m",
        ),
        shown=False,
        ground=_ROUTES,
    ),
    *streets.VIEWS,
)
