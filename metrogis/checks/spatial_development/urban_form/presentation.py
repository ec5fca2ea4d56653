"""Texts, columns and map views of ``urban_form``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Column, Ground, Overlay, View, municipality_columns
from metrogis.i18n import Text, _, pgettext

TITLE = _("Form of built-up land and sprawl")
QUESTION = _("How far does built-up land sprawl, how is it spread, and how cut up is land cover?")
METHOD = _(
    "Weighted urban proliferation WUP = PBA x DIS x w1(DIS) x w2(LUP): share of land "
    "built up, dispersion (mean over built-up cells of the weighted distances to "
    "built-up land within 2 km, beyond the border too) and land per inhabitant (and "
    "job, where known). The coefficients were not checked in the primary text. Entropy "
    "H = -sum p ln p of built-up land: of the whole over municipalities or the zones "
    "given, of a municipality over squares; relative is H/ln n (1: evenly spread). "
    "Landscape metrics by the definitions of FRAGSTATS (8 neighbours); patches end at "
    "the border of the municipality, which is no edge. Land without data, or beyond "
    "the raster, is not known: shares and LUP are of known land and the people who "
    "live on it, and measures of neighbourhood and patches are unknown there (DIS and "
    "WUP have bounds where unknown land lies in the municipality or within 2 km of its "
    "built-up land). Sea inside the municipalities is named by codes; beyond them what "
    "the raster shows counts. Results depend on the size of the cell: compare only "
    "rasters of one size."
)

SPRAWL = _(
    "{built_ha:0} ha are built up ({pba:%1} of the land); dispersion DIS {dis:1}, "
    "proliferation UP {up:2}."
)
WEIGHTED = _(
    "Built-up land per inhabitant (and job) is {lup:0} m²; weighted proliferation WUP "
    "of the whole is {wup:2}."
)
WEIGHTED_CELLS = _(
    "By people in cells (a table of municipal population is not in the data) built-up "
    "land per inhabitant (and job) is {lup:0} m²; weighted proliferation WUP of the "
    "whole is {wup:2}."
)
WEIGHTED_KNOWN = _(
    "Where people are known, built-up land per inhabitant (and job) is {lup:0} m² and "
    "weighted proliferation WUP is {wup:2}; the population of {people_unknown:0} "
    "{people_unknown:plural:municipality|municipalities} ({names}) is not known."
)
OF_KNOWN = _(
    "How far built-up land sprawls is not known of {municipalities_unknown:0} of "
    "{municipalities:0} {municipalities:plural:municipality|municipalities} ({names}), "
    "which lack data or lie near land that does; {land_unknown_ha:1} ha of land are "
    "unknown. The figures and the order below are of the others."
)
UNWEIGHTED = _(
    "The population of {people_unknown:0} "
    "{people_unknown:plural:municipality|municipalities} is not in the data: WUP of "
    "the whole is unknown."
)
MOST_WEIGHTED = _("Built-up land sprawls most in {town} (WUP {largest_wup:2}).")
MOST = _(
    "Proliferation UP is highest in {town} ({largest_up:2}); without people it is not weighted."
)
ENTROPY = _(
    "Entropy of built-up land over {parts:0} municipalities: {entropy:2}, relative "
    "{entropy_relative:2} (1: evenly spread)."
)
ENTROPY_ZONES = _(
    "Entropy of built-up land over {parts:0} zones: {entropy:2}, relative "
    "{entropy_relative:2} (1: evenly spread)."
)
COVER_UNKNOWN = _(
    "Land cover of {cover_unknown:0} "
    "{cover_unknown:plural:municipality|municipalities} ({names}) is not known, or not "
    "on all of their land: landscape metrics are of the others."
)
COVER = _(
    "Land cover: median of municipalities SHDI {shdi_median:2}, effective mesh size "
    "MESH {mesh_median:0} ha; most cut up: {town} ({mesh_least:0} ha)."
)

_SOURCE = _("Jaeger & Schwick 2014; EEA 11/2016")


def _number(
    text: Text, digits: int = 2, unit: str = "", note: Text | None = None, **more: Any
) -> Column:
    return Column(text, unit=unit, digits=digits, note=note, **more)


_FROM = _("of the table of municipalities; without it, of cells whose population is known")
_PART = _("on known land")
_KNOWN: dict[str, Any] = {"known": "known_share"}
_OF: dict[str, Any] = {"of_known": True}


def _share(text: Text, **more: Any) -> Column:
    return Column(text, "share", digits=1, **more)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "land_ha": _number(_("known land"), 0, "ha", **_KNOWN),
        "built_ha": _number(_("built-up land"), 1, "ha", **_KNOWN),
        "unknown_ha": _number(_("land not known"), 1, "ha", of_knowledge=True),
        "known_share": _share(
            _("share of land known"),
            note=_("apart from unknown cells that are only the edge of the municipalities"),
        ),
        "people": _number(_("inhabitants (and jobs)"), 0, "people", _FROM, **_OF),
        "people_known": _number(
            _("inhabitants (and jobs) on known land"),
            0,
            "people",
            _FROM,
            **_KNOWN,
            **_OF,
        ),
        "pba": _share(_("PBA: share built up"), note=_PART, **_OF),
        "dis": _number(_("DIS: dispersion"), 2, "UPU/m2", _SOURCE, **_OF),
        "dis_low": _number(_("DIS: at least"), 2, "UPU/m2", bound="low"),
        "dis_high": _number(_("DIS: at most"), 2, "UPU/m2", bound="high"),
        "up": _number(_("UP: proliferation"), 3, "UPU/m2", _SOURCE, **_OF),
        "lup": _number(_("LUP: built-up land per person"), 0, "m2/person", _PART, **_OF),
        "wup": _number(_("WUP: weighted proliferation"), 3, "UPU/m2", **_OF),
        "wup_low": _number(_("WUP: at least"), 3, "UPU/m2", bound="low", **_OF),
        "wup_high": _number(_("WUP: at most"), 3, "UPU/m2", bound="high", **_OF),
        "entropy": _number(_("entropy over squares")),
        "entropy_relative": _number(_("relative entropy")),
        "built_np": _number(_("patches of built-up land (NP)"), 0),
        "built_lpi": _number(_("largest patch (LPI)"), 1, "%"),
        "built_ed": _number(_("edge of built-up land (ED)"), 1, "m/ha"),
        "built_mesh": _number(_("mesh of built-up land (MESH)"), 1, "ha", adds=False),
        "cover_np": _number(_("patches of land cover (NP)"), 0),
        "cover_lpi": _number(_("largest patch of land cover (LPI)"), 1, "%"),
        "cover_ed": _number(_("edge density (ED)"), 1, "m/ha"),
        "cover_shdi": _number(_("diversity (SHDI)")),
        "cover_shei": _number(_("evenness (SHEI)")),
        "cover_division": _number(_("division (DIVISION)"), 3),
        "cover_split": _number(_("splitting (SPLIT)"), 1),
        "cover_mesh": _number(_("effective mesh size (MESH)"), 0, "ha", adds=False),
        "cover_known_share": _share(_("share of land whose cover is known")),
    },
    "zones": {
        "name": Column(pgettext("statistics", "zone"), kind="text"),
        "land_ha": _number(_("known land"), 0, "ha", **_KNOWN),
        "built_ha": _number(_("built-up land"), 1, "ha", **_KNOWN),
        "pba": _share(_("share built up"), note=_PART, **_OF),
        "unknown_ha": _number(_("land not known"), 1, "ha", of_knowledge=True),
        "known_share": _share(_("share of land known")),
    },
}

VIEWS = (
    View(
        "municipalities",
        _("Weighted urban proliferation (WUP)"),
        column="wup",
        breaks=(0, 0.5, 1, 2, 4, 8, 100),
        palette="cividis",
        popup=("name", "pba", "dis", "lup", "wup", "wup_low", "wup_high", "entropy_relative"),
        ground=Ground("known_share"),
    ),
    View(
        "municipalities",
        _("Share of land built up (PBA)"),
        column="pba",
        breaks=(0, 0.05, 0.1, 0.2, 0.4, 1),
        palette="cividis",
        popup=("name", "built_ha", "unknown_ha", "pba", "built_np", "built_lpi", "built_ed"),
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "municipalities",
        _("Effective mesh size of land cover"),
        column="cover_mesh",
        breaks=(0, 50, 100, 250, 500, 1000, 100_000),
        palette="viridis",
        popup=("name", "cover_np", "cover_ed", "cover_shdi", "cover_shei", "cover_mesh"),
        shown=False,
        ground=Ground("cover_known_share"),
    ),
)
OVERLAYS = (
    Overlay(
        "permeation",
        _("Urban permeation (SI)"),
        breaks=(0, 20, 30, 35, 40, 45, 65),
        palette="viridis",
        unit="UPU/m2",
        digits=0,
        shown=False,
    ),
)
