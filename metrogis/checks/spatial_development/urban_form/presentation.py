"""Texts, columns and map views of ``urban_form``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Column, Ground, Overlay, View, municipality_columns
from metrogis.texts import Text

TITLE = Text("Forma zabudowy i rozlewanie się miast", "Form of built-up land and sprawl")
QUESTION = Text(
    "Jak bardzo zabudowa się rozlewa, jak jest rozłożona i jak rozdrobnione jest pokrycie terenu?",
    "How far does built-up land sprawl, how is it spread, and how cut up is land cover?",
)
METHOD = Text(
    "Ważona proliferacja zabudowy WUP = PBA x DIS x w1(DIS) x w2(LUP): udział zabudowy w lądzie, "
    "rozproszenie (średnia po komórkach zabudowy z wag odległości do zabudowy w promieniu 2 km, "
    "także za granicą gminy) i zajęty teren na mieszkańca (i miejsce pracy, jeśli są znane). "
    "Współczynników nie sprawdzono w tekście źródłowym. Entropia H = -suma p ln p zabudowy: w "
    "całości po gminach lub podanych jednostkach, w gminie po kwadratach; względna to H/ln n (1: "
    "zabudowa rozłożona równo). Metryki krajobrazu według definicji FRAGSTATS (8 sąsiadów); płaty "
    "kończą się na granicy gminy, a granica nie jest krawędzią. Ląd bez danych lub poza rastrem "
    "jest nieznany: udziały i LUP dotyczą lądu znanego i mieszkających na nim ludzi, a miary "
    "sąsiedztwa i płatów są tam nieznane (DIS i WUP mają przedział, gdy nieznany ląd leży w gminie "
    "lub w promieniu 2 km od jej zabudowy). Morze w granicach gmin wskazują kody; poza gminami "
    "liczy się to, co widać w rastrze. Wyniki zależą od wielkości komórki: porównuj tylko "
    "rastry o tej samej.",
    "Weighted urban proliferation WUP = PBA x DIS x w1(DIS) x w2(LUP): share of land built up, "
    "dispersion (mean over built-up cells of the weighted distances to built-up land within 2 km, "
    "beyond the border too) and land per inhabitant (and job, where known). The coefficients were "
    "not checked in the primary text. Entropy H = -sum p ln p of built-up land: of the whole over "
    "municipalities or the zones given, of a municipality over squares; relative is H/ln n (1: "
    "evenly spread). Landscape metrics by the definitions of FRAGSTATS (8 neighbours); patches end "
    "at the border of the municipality, which is no edge. Land without data, or beyond the raster, "
    "is not known: shares and LUP are of known land and the people who live on it, and measures of "
    "neighbourhood and patches are unknown there (DIS and WUP have bounds where unknown land lies "
    "in the municipality or within 2 km of its built-up land). Sea inside the municipalities is "
    "named by codes; beyond them what the raster shows counts. Results depend on the size of the "
    "cell: compare only rasters of one size.",
)

SPRAWL = Text(
    "Zabudowane jest {built_ha:0} ha ({pba:%1} lądu); rozproszenie DIS {dis:1}, proliferacja UP "
    "{up:2}.",
    "{built_ha:0} ha are built up ({pba:%1} of the land); dispersion DIS {dis:1}, proliferation UP "
    "{up:2}.",
)
WEIGHTED = Text(
    "Na mieszkańca (i miejsce pracy) przypada {lup:0} m² zabudowy; ważona proliferacja WUP całości "
    "to {wup:2}.",
    "Built-up land per inhabitant (and job) is {lup:0} m²; weighted proliferation WUP of the whole "
    "is {wup:2}.",
)
WEIGHTED_CELLS = Text(
    "Według ludności z komórek (tabeli ludności gmin nie ma w danych) na mieszkańca (i miejsce "
    "pracy) przypada {lup:0} m² zabudowy; ważona proliferacja WUP całości to {wup:2}.",
    "By people in cells (a table of municipal population is not in the data) built-up land per "
    "inhabitant (and job) is {lup:0} m²; weighted proliferation WUP of the whole is {wup:2}.",
)
WEIGHTED_KNOWN = Text(
    "Gdzie znana jest ludność, na mieszkańca (i miejsce pracy) przypada {lup:0} m² zabudowy, a "
    "ważona proliferacja WUP to {wup:2}; ludność {people_unknown:0} "
    "{people_unknown:plural:gminy|gmin|gmin} ({names}) jest nieznana.",
    "Where people are known, built-up land per inhabitant (and job) is {lup:0} m² and weighted "
    "proliferation WUP is {wup:2}; the population of {people_unknown:0} "
    "{people_unknown:plural:municipality|municipalities} ({names}) is not known.",
)
OF_KNOWN = Text(
    "O rozlewaniu się zabudowy w {municipalities_unknown:0} z {municipalities:0} "
    "{municipalities:plural:gminy|gmin|gmin} ({names}) nie wiadomo, bo brak tam lub w pobliżu "
    "danych; nieznane jest {land_unknown_ha:1} ha lądu. Dalsze liczby i kolejność dotyczą "
    "pozostałych.",
    "How far built-up land sprawls is not known of {municipalities_unknown:0} of "
    "{municipalities:0} {municipalities:plural:municipality|municipalities} ({names}), which lack "
    "data or lie near land that does; {land_unknown_ha:1} ha of land are unknown. The figures and "
    "the order below are of the others.",
)
UNWEIGHTED = Text(
    "Ludności {people_unknown:0} {people_unknown:plural:gminy|gmin|gmin} nie ma w danych: WUP "
    "całości jest nieznana.",
    "The population of {people_unknown:0} {people_unknown:plural:municipality|municipalities} is "
    "not in the data: WUP of the whole is unknown.",
)
MOST_WEIGHTED = Text(
    "Najbardziej rozlewa się zabudowa: {town} (WUP {largest_wup:2}).",
    "Built-up land sprawls most in {town} (WUP {largest_wup:2}).",
)
MOST = Text(
    "Największą proliferację UP ma {town} ({largest_up:2}); bez ludności nie jest ważona.",
    "Proliferation UP is highest in {town} ({largest_up:2}); without people it is not weighted.",
)
ENTROPY = Text(
    "Entropia zabudowy po {parts:0} gminach: {entropy:2}, względna {entropy_relative:2} (1: równo "
    "rozłożona).",
    "Entropy of built-up land over {parts:0} municipalities: {entropy:2}, relative "
    "{entropy_relative:2} (1: evenly spread).",
)
ENTROPY_ZONES = Text(
    "Entropia zabudowy po {parts:0} jednostkach: {entropy:2}, względna {entropy_relative:2} (1: "
    "równo rozłożona).",
    "Entropy of built-up land over {parts:0} zones: {entropy:2}, relative {entropy_relative:2} (1: "
    "evenly spread).",
)
COVER_UNKNOWN = Text(
    "Pokrycie terenu {cover_unknown:0} {cover_unknown:plural:gminy|gmin|gmin} ({names}) jest "
    "nieznane w całości lub w części: miary krajobrazu dotyczą pozostałych.",
    "Land cover of {cover_unknown:0} {cover_unknown:plural:municipality|municipalities} ({names}) "
    "is not known, or not on all of their land: landscape metrics are of the others.",
)
COVER = Text(
    "Pokrycie terenu: mediana gmin SHDI {shdi_median:2}, efektywnej wielkości oczka MESH "
    "{mesh_median:0} ha; najbardziej rozdrobnione: {town} ({mesh_least:0} ha).",
    "Land cover: median of municipalities SHDI {shdi_median:2}, effective mesh size MESH "
    "{mesh_median:0} ha; most cut up: {town} ({mesh_least:0} ha).",
)

_SOURCE = Text("Jaeger i Schwick 2014; EEA 11/2016", "Jaeger & Schwick 2014; EEA 11/2016")


def _number(
    pl: str, en: str, digits: int = 2, unit: str = "", note: Text | None = None, **more: Any
) -> Column:
    return Column(Text(pl, en), unit=unit, digits=digits, note=note, **more)


_FROM = Text(
    "z tabeli ludności gmin, a bez niej z komórek o znanej ludności",
    "of the table of municipalities; without it, of cells whose population is known",
)
_PART = Text("na lądzie znanym", "on known land")
_KNOWN: dict[str, Any] = {"known": "known_share"}
_OF: dict[str, Any] = {"of_known": True}


def _share(pl: str, en: str, **more: Any) -> Column:
    return Column(Text(pl, en), "share", digits=1, **more)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "land_ha": _number("ląd znany", "known land", 0, "ha", **_KNOWN),
        "built_ha": _number("zabudowa", "built-up land", 1, "ha", **_KNOWN),
        "unknown_ha": _number("ląd nieznany", "land not known", 1, "ha", of_knowledge=True),
        "known_share": _share(
            "udział lądu znanego",
            "share of land known",
            note=Text(
                "bez nieznanych komórek, które są tylko brzegiem gmin",
                "apart from unknown cells that are only the edge of the municipalities",
            ),
        ),
        "people": _number(
            "mieszkańcy (i miejsca pracy)", "inhabitants (and jobs)", 0, "people", _FROM, **_OF
        ),
        "people_known": _number(
            "mieszkańcy (i miejsca pracy) na znanym lądzie",
            "inhabitants (and jobs) on known land",
            0,
            "people",
            _FROM,
            **_KNOWN,
            **_OF,
        ),
        "pba": _share("PBA: udział zabudowy", "PBA: share built up", note=_PART, **_OF),
        "dis": _number("DIS: rozproszenie", "DIS: dispersion", 2, "UPU/m2", _SOURCE, **_OF),
        "dis_low": _number("DIS: co najmniej", "DIS: at least", 2, "UPU/m2", bound="low"),
        "dis_high": _number("DIS: co najwyżej", "DIS: at most", 2, "UPU/m2", bound="high"),
        "up": _number("UP: proliferacja", "UP: proliferation", 3, "UPU/m2", _SOURCE, **_OF),
        "lup": _number(
            "LUP: zabudowa na osobę", "LUP: built-up land per person", 0, "m2/person", _PART, **_OF
        ),
        "wup": _number(
            "WUP: ważona proliferacja", "WUP: weighted proliferation", 3, "UPU/m2", **_OF
        ),
        "wup_low": _number("WUP: co najmniej", "WUP: at least", 3, "UPU/m2", bound="low", **_OF),
        "wup_high": _number("WUP: co najwyżej", "WUP: at most", 3, "UPU/m2", bound="high", **_OF),
        "entropy": _number("entropia po kwadratach", "entropy over squares"),
        "entropy_relative": _number("entropia względna", "relative entropy"),
        "built_np": _number("płaty zabudowy (NP)", "patches of built-up land (NP)", 0),
        "built_lpi": _number("największy płat zabudowy (LPI)", "largest patch (LPI)", 1, "%"),
        "built_ed": _number("krawędź zabudowy (ED)", "edge of built-up land (ED)", 1, "m/ha"),
        "built_mesh": _number("oczko zabudowy (MESH)", "mesh of built-up land (MESH)", 1, "ha"),
        "cover_np": _number("płaty pokrycia terenu (NP)", "patches of land cover (NP)", 0),
        "cover_lpi": _number("największy płat (LPI)", "largest patch of land cover (LPI)", 1, "%"),
        "cover_ed": _number("gęstość krawędzi (ED)", "edge density (ED)", 1, "m/ha"),
        "cover_shdi": _number("różnorodność (SHDI)", "diversity (SHDI)"),
        "cover_shei": _number("równomierność (SHEI)", "evenness (SHEI)"),
        "cover_division": _number("podział (DIVISION)", "division (DIVISION)", 3),
        "cover_split": _number("rozszczepienie (SPLIT)", "splitting (SPLIT)", 1),
        "cover_mesh": _number("efektywne oczko (MESH)", "effective mesh size (MESH)", 0, "ha"),
        "cover_known_share": _share(
            "udział lądu o znanym pokryciu", "share of land whose cover is known"
        ),
    },
    "zones": {
        "name": Column(Text("jednostka", "zone"), kind="text"),
        "land_ha": _number("ląd znany", "known land", 0, "ha", **_KNOWN),
        "built_ha": _number("zabudowa", "built-up land", 1, "ha", **_KNOWN),
        "pba": _share("udział zabudowy", "share built up", note=_PART, **_OF),
        "unknown_ha": _number("ląd nieznany", "land not known", 1, "ha", of_knowledge=True),
        "known_share": _share("udział lądu znanego", "share of land known"),
    },
}

VIEWS = (
    View(
        "municipalities",
        Text("Ważona proliferacja zabudowy (WUP)", "Weighted urban proliferation (WUP)"),
        column="wup",
        breaks=(0, 0.5, 1, 2, 4, 8, 100),
        palette="cividis",
        popup=("name", "pba", "dis", "lup", "wup", "wup_low", "wup_high", "entropy_relative"),
        ground=Ground("known_share"),
    ),
    View(
        "municipalities",
        Text("Udział zabudowy w lądzie (PBA)", "Share of land built up (PBA)"),
        column="pba",
        breaks=(0, 0.05, 0.1, 0.2, 0.4, 1),
        palette="cividis",
        popup=("name", "built_ha", "unknown_ha", "pba", "built_np", "built_lpi", "built_ed"),
        shown=False,
        ground=Ground("known_share"),
    ),
    View(
        "municipalities",
        Text("Efektywna wielkość oczka pokrycia terenu", "Effective mesh size of land cover"),
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
        Text("Przenikanie zabudowy (SI)", "Urban permeation (SI)"),
        breaks=(0, 20, 30, 35, 40, 45, 65),
        palette="viridis",
        unit="UPU/m2",
        digits=0,
        shown=False,
    ),
)
