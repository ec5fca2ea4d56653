"""How long, how connected and how well recorded is the cycle network?

Form: lines of built infrastructure join where they share a vertex. Cycle infrastructure alone is
not the network a cyclist uses, so streets of low traffic stress are counted beside it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis import crs as crs_rules
from metrogis.checks.active_mobility import cycle_network_parts as parts
from metrogis.checks.active_mobility import cycle_network_texts as texts
from metrogis.checks.active_mobility.infrastructure import pieces_by_area, plain
from metrogis.checks.active_mobility.interchange_inputs import cycle_lines
from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec
from metrogis.errors import MissingLayerError
from metrogis.population import municipal_totals
from metrogis.streets import StreetNetwork
from metrogis.streets.cycleways import Split, directions
from metrogis.streets.layer import network_of
from metrogis.texts import Text, number

Array = npt.NDArray[Any]

_OWN = "this project's choice"
_FORM = "network form at 0, 10 and 20 m, direction 2.1.3"


class CycleNetworkParameters(Parameters):
    """Parameters of ``cycle_network``."""

    tolerance: Annotated[
        float,
        Spec(Text("przerwa uznana za połączenie", "gap that counts as joined"), "m", _FORM),
        Field(ge=0),
    ] = 0
    tolerance_medium: Annotated[
        float,
        Spec(Text("przerwa średnia (do porównania)", "medium gap (to compare)"), "m", _FORM),
        Field(ge=0),
    ] = 10
    tolerance_wide: Annotated[
        float,
        Spec(Text("przerwa szeroka (do porównania)", "wide gap (to compare)"), "m", _FORM),
        Field(ge=0),
    ] = 20
    end_tolerance: Annotated[
        float,
        Spec(
            Text("błąd rysunku przy końcu linii do", "drawing error at a line's end up to"),
            "m",
            "BikeDNA (Viero, Vybornova & Szell 2023): 3 m",
        ),
        Field(ge=0),
    ] = 3
    match_distance: Annotated[
        float,
        Spec(Text("ta sama trasa w drugim źródle do", "the same route in the other source to"), "m",
             "BikeDNA (Viero, Vybornova & Szell 2023): 15 m"),
        Field(gt=0),
    ] = 15  # fmt: skip
    missing_length: Annotated[
        float,
        Spec(Text("najkrótszy odcinek nieobecny", "shortest stretch reported"), "m", _OWN),
        Field(ge=0),
    ] = 50
    missing_join: Annotated[
        float,
        Spec(Text("odcinki bliżej niż to jedno miejsce", "stretches nearer are one place"), "m",
             f"{_OWN}: a crossing route hides twice the matching distance"),
        Field(ge=0),
    ] = 40  # fmt: skip
    compare_reach: Annotated[
        float,
        Spec(Text("dane o ulicach sięgają na", "street data reach as far as"), "m", _OWN),
        Field(gt=0),
    ] = 500
    coverage_length: Annotated[
        float,
        Spec(Text("gmina jest zmapowana od", "a municipality is mapped from"), "km",
             f"{_OWN}: shorter stubs are spill of a neighbour's data"),
        Field(ge=0),
    ] = 1  # fmt: skip
    coverage_share: Annotated[
        float,
        Spec(Text("gmina objęta danymi od udziału", "a municipality is covered from a share of"),
             "1", f"{_OWN}: only with the layer cycle_coverage"),
        Field(gt=0, le=1),
    ] = 0.95  # fmt: skip
    stress_limit: Annotated[
        int,
        Spec(Text("niski stres do poziomu", "low stress up to level"), "level",
             "Mekuria, Furth & Nixon 2012: level 2 suits most adults"),
        Field(ge=1, le=4),
    ] = 2  # fmt: skip
    rules: Annotated[
        Literal["bike_ottawa", "r5"],
        Spec(Text("reguły stresu", "rules of stress"), "-", "Bike Ottawa; Conveyal R5"),
    ] = "bike_ottawa"
    defaults_limit: Annotated[
        float,
        Spec(Text("dane słabe powyżej udziału domyślnych", "data weak above a share of defaults"),
             "1", _OWN),
        Field(ge=0, le=1),
    ] = 0.5  # fmt: skip


def cycle_network(
    municipalities: gpd.GeoDataFrame,
    cycle_routes: gpd.GeoDataFrame | None = None,
    *,
    streets: Any = None,
    population_municipal: pd.DataFrame | None = None,
    cycle_coverage: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Describe the cycle network: length, connection, loose ends, and how far to trust the data.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``. All layers in one projected CRS in metres.
    cycle_routes : GeoDataFrame, optional
        Schema ``CycleRoutes``; planned lines are told apart by ``state`` or ``highway``. Without it
        the network is what tags of ``streets`` tell, and there is nothing to compare.
    streets : Streets or StreetNetwork, optional
        Street data with OSM tags: compared with ``cycle_routes``, and rated by traffic stress.
    population_municipal : DataFrame, optional
        ``teryt``, ``population``.
    cycle_coverage : GeoDataFrame, optional
        Polygons inside which ``cycle_routes`` is complete. Without it a municipality is covered
        from ``coverage_length`` km of lines on.
    **parameters
        See :class:`CycleNetworkParameters`.

    Returns
    -------
    Result
        ``municipalities``: lengths (km), ends, differences, stress, ``data_quality``; NaN where
        the data do not reach. Features ``networks`` (one row per connected network), ``form``
        (by tolerance), ``ends``, ``differences`` (ranked by length), ``stress`` (by level).

    Raises
    ------
    MissingLayerError
        Without cycle routes and without streets with tags.
    MetrogisError
        On bad layers or parameters, before anything is computed.

    Notes
    -----
    A piece of line on a shared border counts once, for the first of its municipalities.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...                          geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway"] * 2}, crs="EPSG:2180",
    ...     geometry=[LineString([(0, 0), (3000, 0)]), LineString([(3005, 0), (4005, 0)])])
    >>> result = cycle_network(towns, lines)
    >>> result.figures["network_km"], result.figures["networks"], result.figures["networks_medium"]
    (4.0, 2, 1)
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        cycle_routes=cycle_routes,
        streets=streets,
        population_municipal=population_municipal,
        cycle_coverage=cycle_coverage,
    )
    p: CycleNetworkParameters = run.parameters
    towns = run.layers["municipalities"]
    network = bike_network(run, streets)
    if run.layers["cycle_routes"] is None and (network is None or "highway" not in network.ways):
        raise MissingLayerError(
            Text(
                "sprawdzenie cycle_network wymaga infrastruktury rowerowej (cycle_routes) albo ulic"
                " z tagami (streets)",
                "check cycle_network needs cycle routes, or streets with tags",
            ),
            layer="cycle_routes",
            remedy=Text(
                "podaj jedną z tych warstw lub wpisz ją do katalogu",
                "pass one of these layers, or declare it in the catalog",
            ),
        )
    split = cycle_lines(run, network)
    run.add(split.audit)
    built = split.built
    form = parts.form_table(built, (p.tolerance, p.tolerance_medium, p.tolerance_wide), run.crs)
    ends = parts.ends_table(built, towns, p.end_tolerance)
    table, mapped = _lengths(run, split, ends)
    features = {
        "networks": parts.networks_table(built, p.tolerance, run.crs),
        "form": form,
        "ends": ends,
    }
    compared = rated = None
    if network is not None:
        if run.layers["cycle_routes"] is not None:
            compared = parts.compare(
                built, split.planned, network, towns, mapped,
                distance=p.match_distance, shortest=p.missing_length, join=p.missing_join,
                reach=p.compare_reach,
            )  # fmt: skip
            features["differences"] = compared.places
            _note_not_compared(run, compared)
        rated = parts.streets_by_stress(network, towns, rules=p.rules, limit=p.stress_limit)
        features["stress"] = rated.by_level
        run.add(rated.audit)
    table = _judged(run, table, mapped, compared, rated)
    return run.result(
        municipalities=table,
        features=features,
        findings=_findings(run, table, split, form, ends, compared, rated),
    )


def bike_network(run: Run, streets: Any) -> StreetNetwork | None:
    """Return the bicycle network of the layer ``streets``, its audit added; None without."""
    network = network_of(streets, "bike")
    if network is None:
        run.note(
            "streets",
            "unknown",
            1,
            Text("brak sieci ulic dla rowerów", "no street network for bicycles"),
        )
        return None
    crs_rules.require_same(municipalities=run.crs, streets=network.crs)
    if not isinstance(streets, StreetNetwork):  # its own audit is already in the run
        run.add(network.audit)
    return network


def _lengths(run: Run, split: Split, ends: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Array]:
    """Sum lengths and ends by municipality; tell which municipalities the data cover."""
    p, towns = run.parameters, run.layers["municipalities"]
    count, areas = len(towns), towns.geometry.to_numpy()
    lines = split.built.geometry.to_numpy()
    line, town, metres = pieces_by_area(lines, areas)
    ways, audit = directions(split.built)
    run.add(audit)
    km = np.bincount(town, weights=metres, minlength=count) / 1000
    directed = np.bincount(town, weights=metres * ways[line], minlength=count) / 1000
    _, where, planned_m = pieces_by_area(split.planned.geometry.to_numpy(), areas)
    planned = np.bincount(where, weights=planned_m, minlength=count) / 1000
    _, where, unsure_m = pieces_by_area(split.unknown.geometry.to_numpy(), areas)
    unsure = np.bincount(where, weights=unsure_m, minlength=count) / 1000
    drawn = km + planned + unsure
    if run.layers["cycle_coverage"] is not None:
        whole = shapely.union_all(run.layers["cycle_coverage"].geometry.to_numpy())
        known = shapely.area(shapely.intersection(areas, whole)) / shapely.area(areas)
        mapped = known >= p.coverage_share - 1e-9
    else:
        mapped = (drawn >= p.coverage_length - 1e-9) & (drawn > 0)
    outside = float(shapely.length(lines).sum() - metres.sum())
    run.note(
        "cycle_routes",
        "noted",
        int(outside > 1),
        Text(
            f"{outside / 1000:.1f} km linii poza gminami: w sumach gmin ich nie ma",
            f"{outside / 1000:.1f} km of lines outside the municipalities: not in their sums",
        ),
    )
    run.note(
        "cycle_routes",
        "unknown",
        int((~mapped).sum()),
        Text(
            "gminy, których dane rowerowe nie obejmują: brak danych, nie brak tras",
            "municipalities the cycle data do not cover: no data, not no routes",
        ),
        towns["name"][~mapped],
    )
    people = np.full(count, np.nan)
    if run.layers["population_municipal"] is not None:
        people, found = municipal_totals(towns, run.layers["population_municipal"])
        run.add(found)
    table = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "cycle_data": pd.Series(mapped, dtype="boolean").mask(pd.Series(~mapped)),
            "cycle_km": np.where(mapped, km, np.nan),
            "cycle_directed_km": np.where(mapped, directed, np.nan),
            "planned_km": np.where(mapped, planned, np.nan),
            "population": people,
        },
        geometry=areas,
        crs=run.crs,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        table["cycle_km_per_10k"] = np.where(people > 0, table["cycle_km"] / (people / 1e4), np.nan)
    home = pd.Series(np.arange(count), index=towns["teryt"].to_numpy())
    rows = home.reindex(ends["teryt"]).to_numpy(float)
    for kind, name in (
        ("dangling", "dangling_ends"),
        ("undershoot", "undershoots"),
        ("overshoot", "overshoots"),
    ):
        mine = rows[(ends["kind"] == kind).to_numpy() & ~np.isnan(rows)].astype(int)
        table[name] = np.where(mapped, np.bincount(mine, minlength=count), np.nan)
    table.index = towns.index
    return table, mapped


def _judged(
    run: Run,
    table: gpd.GeoDataFrame,
    mapped: Array,
    compared: parts.Compared | None,
    rated: parts.Streets | None,
) -> gpd.GeoDataFrame:
    """Add differences, stress, and the judgement of the data."""
    p, count = run.parameters, len(table)
    for source in ("osm", "layer"):
        total = np.full(count, np.nan)
        if compared is not None:
            places = compared.places[compared.places["missing_in"] == source]
            by_town = places.groupby("teryt")["length_m"].sum() / 1000
            total = by_town.reindex(table["teryt"]).fillna(0.0).to_numpy()
            total = np.where(mapped, total, np.nan)
        table[f"missing_in_{source}_km"] = total
    empty = np.full(count, np.nan)
    streets, low, unknown, defaults = empty, empty, empty, empty
    if rated is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            streets = np.where(rated.all > 0, rated.all / 1000, np.nan)
            low = np.where(rated.known > 0, rated.low / rated.known, np.nan)
            unknown = np.where(rated.all > 0, 1 - rated.known / rated.all, np.nan)
            defaults = np.where(rated.known > 0, rated.defaults / rated.known, np.nan)
    table["streets_km"], table["low_stress_share"] = streets, low
    table["unknown_stress_share"], table["defaults_share"] = unknown, defaults
    table["data_quality"] = np.select(
        [~mapped | np.isnan(defaults), defaults > p.defaults_limit], ["unknown", "weak"], "good"
    ).astype(object)
    return table[[*texts.COLUMNS["municipalities"], "geometry"]]


def _note_not_compared(run: Run, compared: parts.Compared) -> None:
    for layer, metres, text in (
        (
            "cycle_routes",
            compared.layer_not_compared,
            Text(
                "km linii, do których dane o ulicach nie sięgają",
                "km of lines beyond the street data",
            ),
        ),
        (
            "streets",
            compared.osm_not_compared,
            Text(
                "km infrastruktury z OSM w gminach bez danych rowerowych: nie porównano",
                "km of OSM infrastructure in municipalities without cycle data: not compared",
            ),
        ),
    ):
        if metres > 1:
            km = Text(number(metres / 1000, "pl", 1), number(metres / 1000, "en", 1))
            run.note(layer, "unknown", 1, Text(f"{km.pl} {text.pl}", f"{km.en} {text.en}"))


# --------------------------------------------------------------------------- findings


def _findings(
    run: Run,
    table: gpd.GeoDataFrame,
    split: Split,
    form: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
    compared: parts.Compared | None,
    rated: parts.Streets | None,
) -> list[Finding]:
    p = run.parameters
    ways, _ = directions(split.built)
    metres = shapely.length(split.built.geometry.to_numpy())
    count = ends["kind"].value_counts()
    known = int(table["cycle_data"].notna().sum())
    found = [
        Finding(
            texts.LENGTH,
            {
                "network_km": float(metres.sum()) / 1000,
                "directed_km": float((metres * ways).sum()) / 1000,
                "towns_with_data": known,
                "towns_without_data": len(table) - known,
            },
        ),
        Finding(
            texts.FORM,
            {
                "networks": int(form["networks"].iloc[0]),
                "networks_medium": int(form["networks"].iloc[1]),
                "networks_wide": int(form["networks"].iloc[2]),
                "largest_share": float(form["largest_share"].iloc[0]),
                "largest_share_medium": float(form["largest_share"].iloc[1]),
                "largest_share_wide": float(form["largest_share"].iloc[2]),
            },
            {"medium": plain(p.tolerance_medium), "wide": plain(p.tolerance_wide)},
        ),
        Finding(
            texts.ENDS,
            {
                "dangling_ends": int(count.get("dangling", 0)),
                "undershoots": int(count.get("undershoot", 0)),
                "overshoots": int(count.get("overshoot", 0)),
            },
        ),
    ]
    if compared is not None:
        found += _differences(compared)
    if rated is None:
        return [*found, Finding(texts.NO_STREETS)]
    total = float(rated.known.sum())
    found.append(
        Finding(
            texts.STRESS,
            {
                "low_stress_share": float(rated.low.sum()) / total if total else np.nan,
                "low_stress_largest_share": rated.largest_share,
                "defaults_share": float(rated.defaults.sum()) / total if total else np.nan,
            },
            {"limit": str(p.stress_limit)},
        )
    )
    return found


def _differences(compared: parts.Compared) -> list[Finding]:
    found: list[Finding] = []
    values: dict[str, float] = {}
    for source in ("osm", "layer"):
        places = compared.places[compared.places["missing_in"] == source]
        values[f"missing_in_{source}"] = len(places)
        values[f"missing_in_{source}_km"] = float(places["length_m"].sum()) / 1000
    found.append(Finding(texts.COMPARED, values))
    first = compared.places[compared.places["missing_in"] == "osm"].head(1)
    if len(first):
        place = first["municipality"].iloc[0] or first["name"].iloc[0]
        found.append(
            Finding(
                texts.WORST,
                {"longest_missing_in_osm_m": float(first["length_m"].iloc[0])},
                {"place": str(place) if place else Text("poza gminami", "outside municipalities")},
            )
        )
    return found


CHECK = Check(
    id="cycle_network",
    direction="2.1.3",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input(
            "cycle_routes",
            Text("infrastruktura rowerowa (ona albo ulice)", "cycle routes (these, or streets)"),
            "CycleRoutes",
            required=False,
        ),
        Input(
            "streets",
            Text("ulice z tagami (OpenStreetMap)", "streets with tags (OpenStreetMap)"),
            required=False,
        ),
        Input(
            "population_municipal",
            Text("ludność gmin", "population by municipality"),
            "MunicipalPopulation",
            required=False,
        ),
        Input(
            "cycle_coverage",
            Text("zasięg danych rowerowych", "extent of the cycle data"),
            "Areas",
            required=False,
        ),
    ),
    parameters=CycleNetworkParameters,
    function=cycle_network,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
