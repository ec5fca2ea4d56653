"""Texts, columns and map views of ``settlement_structure``."""

from __future__ import annotations

from collections.abc import Mapping

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.plan_ground import sentence
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Settlement structure")
QUESTION = _(
    "Where do people live in cities, in towns and suburbs, in the country; on which centre does "
    "each municipality lean, and how near to rail do people live?"
)
METHOD = _(
    "Degree of urbanisation on cells of 1 km: an urban centre is cells of at least 1500 people/km2 "
    "that hold 50,000 people together, an urban cluster cells of at least 300 people/km2 that hold "
    "5000. A municipality is what most of its people live in. Beyond the municipalities nobody is "
    "counted: a centre or cluster at the border may be larger. Its main centre is where its "
    "largest flow goes, if that place draws more people. Distances to stations are straight lines. "
    "Population in wider cells or in hexagons leaves the degree unknown."
)

_CITIES = _("{city:0} {city:plural:municipality is a city|municipalities are cities}")
_TOWNS = _("{towns_and_suburbs:0} towns and suburbs")
_RURAL = _("{rural:0} rural")
_UNKNOWN = _("of {degree_unknown:0} it is unknown")
_NO_DEGREE = _("The degree of urbanisation is unknown in all municipalities")


def degrees(values: Mapping[str, float]) -> Text:
    """Return the sentence on municipalities by degree; clauses that tell of zero are left out."""
    named = (("city", _CITIES), ("towns_and_suburbs", _TOWNS), ("rural", _RURAL))
    said = [text for name, text in named if values[name] > 0]
    if not said:
        return sentence(_NO_DEGREE, both("."))
    if values["degree_unknown"] > 0:
        said.append(_UNKNOWN)
    return sentence(
        _("By degree of urbanisation, where it is known: "), join(", ", said), both(".")
    )


PEOPLE = _(
    "{centre_share:%0} of the residents whose cell is known live in urban centres, "
    "{cluster_share:%0} in urban clusters around and beside them, {rural_share:%0} in rural cells."
)
NEAR_RAIL = _(
    "{near_rail_share:%0} of the residents of whom that is known live within {near_rail:0} m of a "
    "railway station."
)
DENSITY = _(
    "Within {band}: {band_density:0} known residents per km²; farthest from rail, {far_density:0}."
)
MISSING = _("Missing layers: {layers}.")

DEGREES = (
    Category("city", _("city"), "#B2182B"),
    Category("towns_and_suburbs", _("towns and suburbs"), "#F4A582"),
    Category("rural", _("rural area"), "#4D9221"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
KINDS = (
    Category("centre", _("urban centre"), "#B2182B"),
    Category("cluster", _("urban cluster"), "#F4A582"),
    Category("rural", _("rural cell"), "#D9EFC2"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)


def _people(text: Text) -> Column:
    return Column(text, unit="people", of_known=True)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "degurba": Column(
            _("degree of urbanisation"),
            "category",
            categories={c.value: c.label for c in DEGREES},
            of_known=True,
        ),
        "centre_people": _people(_("residents in urban centres")),
        "cluster_people": _people(_("residents in urban clusters outside centres")),
        "rural_people": _people(_("residents in rural cells")),
        "main_centre": Column(
            _("main centre by flows"),
            "text",
            note=_("where the largest flow goes, if that place draws more people; else its own"),
            of_known=True,
            land=False,
        ),
        "near_rail_share": Column(
            _("share of residents near a railway station"),
            "share",
            note=_("of residents of whom that is known"),
            of_known=True,
        ),
        "density": Column(_("residents per km² of land"), unit="people/km2", of_known=True,
                          adds=False),
        "known_share": Column(_("share known"), "share", digits=1),
    },
    "cells": {
        "kind": Column(_("class"), "category", categories={c.value: c.label for c in KINDS},
                       of_known=True),
        "residents": Column(pgettext("column", "residents"), unit="people", bound="low",
                            of_known=True),
        "density": Column(_("residents per km² of land"), unit="people/km2", of_known=True,
                          adds=False),
    },
    "rail_distance": {
        "band": Column(_("distance to a station"), "text"),
        "from_m": Column(_("from"), unit="m"),
        "residents": Column(pgettext("column", "residents"), unit="people", of_known=True),
        "area_km2": Column(_("area"), unit="km2", digits=1, of_known=True),
        "density": Column(_("residents per km² of land"), unit="people/km2", of_known=True,
                          adds=False),
    },
}  # fmt: skip

VIEWS = (
    View(
        "cells",
        _("Urban centres, urban clusters and rural cells"),
        column="kind",
        categories=KINDS,
        popup=("kind", "residents", "density"),
        weight=0.3,
        fill_opacity=0.8,
    ),
    View(
        "municipalities",
        _("Degree of urbanisation of municipalities"),
        column="degurba",
        categories=DEGREES,
        popup=("name", "degurba", "centre_people", "cluster_people", "rural_people",
               "main_centre", "near_rail_share"),
        shown=False,
        fill_opacity=0.6,
        ground=Ground("known_share"),
    ),
    View(
        "rail_distance",
        _("Residents per km² by distance to a railway station"),
        column="density",
        breaks=(0, 100, 300, 1000, 3000),
        palette="viridis",
        popup=("band", "residents", "area_km2", "density"),
        shown=False,
        fill_opacity=0.6,
    ),
)  # fmt: skip
