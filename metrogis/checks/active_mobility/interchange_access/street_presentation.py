"""Texts, columns and map views of reach along streets."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View
from metrogis.i18n import Text, _, both, pgettext

METHOD = _(
    " With a street layer, ways along streets are counted too, always towards the "
    "interchange: from the centre of a population cell (without population: from "
    "street nodes) to the nearest entrance, with the walk to the street. On foot 800 m "
    "(10 min, 80 m/min), by bike 3750 m (15 min, 15 km/h), at any stress and only "
    "along streets of stress level up to 2 (LTS, rules of Bike Ottawa). A low-stress "
    "way counts when it is at most 1.25 times the shortest (BNA). Barrier: people whom "
    "a detour of 1.5 (CROW) would leave in reach, and who are not. Detour: way over "
    "straight line, from 200 m. Homes and entrances farther than 250 m from streets in "
    "the data are unknown, not cut off. Stress without a tagged speed or number of "
    "lanes rests on defaults: their share is given. Bike-and-ride potential: people in "
    "reach, each at the nearest interchange, times the share of cycling by PCT with "
    "the mean gradient of the way; stands are those of the layer bike_parking within "
    "100 m of an entrance, else those the layer of interchanges gives. With a raster "
    "of heights, ways by bike count in metres on the flat (Parkin and Rotheram 2010: "
    "21.6 km/h, 1.44 less for each per cent uphill, 0.86 more downhill); without one "
    "the ground counts as flat."
)

# --------------------------------------------------------------------------- findings

PEOPLE = _(
    "Along streets {people_walk_streets:0} people reach a known interchange or station "
    "on foot, and {people_bike_streets:0} by bike; {calm_share:%0} of the latter have "
    "a low-stress way (level up to {level}) at most {ratio} times as long as the "
    "shortest."
)
BARRIER = _(
    "Near by air, far by street: {barrier_walk:0} people on foot and {barrier_bike:0} "
    "by bike have no interchange in reach, though at a detour of {limit} they would; "
    "most of them at: {worst}."
)
DETOUR = _(
    "At half of the interchanges and stations the way by bike is, for half of the "
    "people, at least {detour_median:2} times the straight line; at {detour_over:0} it "
    "exceeds {limit} for most."
)
STRESS = _(
    "{stress_default_share:%0} of the length of streets open to bicycles has a stress "
    "level that rests on a default speed or number of lanes."
)
UNKNOWN_STREETS = _(
    "Outside the street data or at their edge: {off_streets_places:0} "
    "{off_streets_places:plural:interchange or station|interchanges and stations} and "
    "{off_streets_people:0} people within reach in a straight line; of them it is "
    "unknown."
)
SLOPE = _(
    "Ways by bike to interchanges have a mean gradient of {slope_median:1}% (median), "
    "the steepest at: {steepest} ({slope_worst:1}%)."
)
PARKING = _(
    "{parking_short:0} of {parking_told:0} interchanges with known stands have fewer "
    "than the cycling potential (PCT); together {parking_missing:0} are missing."
)

# --------------------------------------------------------------------------- columns

MODES = {
    "walk": _("on foot"),
    "bike": _("by bike"),
    "bike_calm": _("by bike, low stress"),
}
_KINDS = (
    Category("walk", MODES["walk"], "#E69F00"),
    Category("bike", MODES["bike"], "#56B4E9"),
    Category("bike_calm", MODES["bike_calm"], "#009E73"),
)
_BARRIERS = (
    Category("walk", MODES["walk"], "#D55E00"),
    Category("bike", MODES["bike"], "#CC79A7"),
)
_FLOOR = _("where no way was found, the detour searched stands for it: at least that")


def _people(text: Text, note: Text | None = None) -> Column:
    return Column(text, unit="people", note=note, of_known=True)


def _share(text: Text, note: Text | None = None) -> Column:
    return Column(text, kind="share", note=note, of_known=True)


def _times(text: Text) -> Column:
    return Column(text, digits=2, note=_FLOOR, of_known=True)


HUB_COLUMNS = {
    "on_streets": Column(
        _("entrance on the streets"),
        kind="flag",
        note=_("unknown: outside the street data"),
    ),
    "people_walk_streets": _people(_("people: on foot along streets")),
    "people_bike_streets": _people(_("people: by bike along streets")),
    "people_bike_calm": _people(
        _("people: by bike in reach along low-stress streets only"),
    ),
    "people_bike_calm_maybe": _people(
        _("more of them, if unrated streets are low-stress"),
    ),
    "people_bike_direct": _people(
        _("people: the low-stress way is little longer"),
    ),
    "calm_share": _share(_("share who have such a way")),
    "people_off_streets": _people(
        _("people in reach by air, but outside the street data"),
    ),
    "people_at_least": Column(
        _("there may be more people"),
        kind="flag",
        note=_("cells of unknown population, or outside the street data, in reach"),
        of_known=True,
    ),
    "barrier_walk": _people(_("behind a barrier: on foot")),
    "barrier_bike": _people(_("behind a barrier: by bike")),
    "detour_walk": _times(_("detour on foot (median)")),
    "detour_bike": _times(_("detour by bike (median)")),
    "detour_bike_over": _share(_("share whose detour is above the limit")),
    "infrastructure_share": _share(_("share of the way on cycle infrastructure")),
    "longest_break_m": Column(
        _("longest break (median)"),
        unit="m",
        of_known=True,
    ),
    "stress_default_share": _share(_("share of streets rated by defaults")),
    "potential_bikes": Column(
        _("bike-and-ride potential today (PCT)"),
        note=_("people a day, each at one place"),
        of_known=True,
    ),
    "potential_bikes_dutch": Column(
        _("bike-and-ride potential, Go Dutch (PCT)"),
        of_known=True,
    ),
    "stands_missing": Column(_("missing stands"), of_known=True),
    "people_bike_flat": _people(
        _("people: by bike if it were flat"),
        _("with a raster of heights only"),
    ),
    "slope_percent": Column(
        _("mean gradient of ways by bike (median)"),
        unit="%",
        digits=1,
        of_known=True,
    ),
}

TOWN_COLUMNS = {
    "streets_known_share": _share(_("share of land the street data cover")),
    "people_walk_streets": _people(_("reach one on foot along streets")),
    "share_walk_streets": _share(_("share: on foot along streets")),
    "people_bike_streets": _people(_("reach one by bike along streets")),
    "share_bike_streets": _share(_("share: by bike along streets")),
    "people_bike_direct": _people(_("reach one by bike at low stress")),
    "calm_share": _share(_("share with a low-stress way")),
    "people_walk_barrier": _people(_("behind a barrier: on foot")),
    "people_bike_barrier": _people(_("behind a barrier: by bike")),
    "people_off_streets": _people(
        _("in reach by air, but outside the street data"),
    ),
}

_PLACE = {
    "interchange": Column(_("interchange or station"), kind="text"),
    "teryt": Column(both("TERYT"), kind="text"),
}
_MODE = Column(pgettext("travel", "mode"), kind="category", categories=MODES)
_HOMES = Column(_("places (cells or street nodes)"), of_known=True)

FEATURE_COLUMNS = {
    "detours": {
        **_PLACE,
        "mode": _MODE,
        "homes": _HOMES,
        "people": _people(_("people")),
        "q05": _times(_("detour: 5%")),
        "q25": _times(both("25%")),
        "q50": _times(_("median")),
        "q75": _times(both("75%")),
        "q90": _times(both("90%")),
        "q95": _times(both("95%")),
        "good_share": _share(_("share with a good detour")),
        "over_share": _share(_("share above the limit")),
    },
    "barriers": {
        **_PLACE,
        "mode": _MODE,
        "homes": _HOMES,
        "people": _people(_("people")),
        "air_m": Column(
            _("in a straight line (median)"),
            unit="m",
            of_known=True,
        ),
        "way_m": Column(
            _("by street (median)"),
            unit="m",
            note=_("none: no way was found"),
            of_known=True,
        ),
    },
    "catchments": {
        **_PLACE,
        "kind": _MODE,
        "street_km": Column(_("streets in reach"), unit="km", digits=1, bound="low"),
    },
}

_STREETS = Ground("streets_known_share")

VIEWS = (
    View(
        "interchanges",
        _("Share who have a low-stress way"),
        column="calm_share",
        breaks=(0, 0.25, 0.5, 0.75, 1),
        palette="cividis",
        popup=(
            "name",
            "people_walk_streets",
            "people_bike_streets",
            "people_bike_direct",
            "calm_share",
            "detour_bike",
            "infrastructure_share",
            "longest_break_m",
            "stress_default_share",
        ),
        shown=False,
        radius=6.0,
        fill_opacity=0.9,
        ground=_STREETS,
    ),
    View(
        "catchments",
        _("Reach along streets to the interchange"),
        column="kind",
        categories=_KINDS,
        popup=("interchange", "kind", "street_km"),
        shown=False,
        fill_opacity=0.3,
        ground=_STREETS,
    ),
    View(
        "barriers",
        _("Near by air, far by street"),
        column="mode",
        categories=_BARRIERS,
        popup=("interchange", "mode", "people", "homes", "air_m", "way_m"),
        shown=False,
        ground=_STREETS,
    ),
)
