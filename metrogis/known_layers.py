"""Layer names that checks know, their titles, and the schema each has unless a catalog says so."""

from __future__ import annotations

from dataclasses import dataclass

from metrogis.texts import Text


@dataclass(frozen=True)
class Known:
    """A layer name that checks know: its title and the schema it has unless stated."""

    title: Text
    schema: str


LAYERS: dict[str, Known] = {
    "municipalities": Known(Text("granice gmin", "municipal boundaries"), "Municipalities"),
    "population": Known(Text("ludność w siatce", "population grid"), "PopulationCells"),
    "population_municipal": Known(
        Text("ludność gmin", "population by municipality"), "MunicipalPopulation"
    ),
    "population_before": Known(
        Text("ludność w siatce wcześniej", "population grid earlier"), "PopulationCells"
    ),
    "population_municipal_before": Known(
        Text("ludność gmin wcześniej", "population by municipality earlier"), "MunicipalPopulation"
    ),
    "jobs": Known(Text("miejsca pracy w gminach", "jobs by municipality"), "Table"),
    "od_flows": Known(Text("przepływy między gminami", "flows between municipalities"), "ODFlows"),
    "timetable": Known(Text("rozkład jazdy (GTFS)", "timetable (GTFS)"), ""),
    "coverage": Known(Text("pokrycie rozkładami", "timetable coverage"), "Coverage"),
    "school_holidays": Known(Text("ferie i wakacje", "school holidays"), "SchoolHolidays"),
    "stop_posts": Known(Text("słupki bez rozkładu", "stop posts without times"), "Stops"),
    "rail_stations": Known(Text("stacje kolejowe", "railway stations"), "Stations"),
    "rail_lines": Known(Text("linie kolejowe", "railway lines"), "RailLines"),
    "interchanges": Known(Text("węzły przesiadkowe", "interchanges"), "Interchanges"),
    "interchange_entrances": Known(
        Text("wejścia do węzłów", "entrances of interchanges"), "Entrances"
    ),
    "cycle_routes": Known(Text("infrastruktura rowerowa", "cycle infrastructure"), "CycleRoutes"),
    "cycle_coverage": Known(
        Text("zasięg danych rowerowych", "area the cycle data cover"), "CycleCoverage"
    ),
    "bike_parking": Known(Text("stojaki rowerowe", "bicycle parking"), "BikeParking"),
    "bike_share": Known(Text("rower metropolitalny", "bike share"), "BikeShare"),
    "streets": Known(Text("sieć ulic", "street network"), ""),
    "localities": Known(Text("miejscowości", "localities"), "Localities"),
    "built_up": Known(Text("zabudowa", "built-up area"), "Raster"),
    "built_up_before": Known(Text("zabudowa wcześniej", "built-up area earlier"), "Raster"),
    "urban_zones": Known(Text("jednostki zabudowy", "zones of built-up land"), "Areas"),
    "corridors": Known(Text("korytarze ekologiczne", "ecological corridors"), "Corridors"),
    "protected_areas": Known(Text("obszary chronione", "protected areas"), "ProtectedAreas"),
    "plans": Known(Text("plany ogólne (APP GML)", "general plans (APP GML)"), ""),
    "planning_zones": Known(Text("strefy planistyczne", "planning zones"), "PlanningZones"),
    "land_cover": Known(Text("pokrycie terenu", "land cover"), "Raster"),
    "elevation": Known(Text("wysokości terenu", "elevation"), "Raster"),
    "core_areas": Known(Text("obszary węzłowe", "core areas"), "Areas"),
    "land_cover_classes": Known(
        Text("klasy pokrycia: siedlisko i opór", "classes of land cover: habitat and resistance"),
        "Table",
    ),
    "zone_resistance": Known(
        Text("opór stref planistycznych", "resistance of planning zones"), "Table"
    ),
    "road_resistance": Known(Text("opór dróg", "resistance of roads"), "Table"),
    "roads": Known(Text("drogi", "roads"), "Streets"),
    "corridor_severity": Known(
        Text("ciężar kolizji stref z korytarzem", "severity of zones in corridors"), "Table"
    ),
    "model_compatibility": Known(
        Text("zgodność stref ze strukturą", "compatibility of zones and structure"), "Table"
    ),
    "structure": Known(Text("struktura metropolii", "metropolitan structure"), "Areas"),
    "buildings": Known(Text("budynki", "buildings"), "Areas"),
    "investments": Known(Text("planowane inwestycje", "planned investments"), "Investments"),
    "members": Known(Text("członkowie metropolii", "members of the metropolis"), "Members"),
}
"""Layer names that checks know; a catalog may hold others beside."""
