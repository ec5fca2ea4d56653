"""How long, how connected and how well recorded is the cycle network?

Form: lines of built infrastructure join where they share a vertex. Cycle infrastructure alone is
not the network a cyclist uses, so streets of low traffic stress are counted beside it.
"""

from __future__ import annotations

from metrogis.checks.active_mobility.cycle_network import parts, tables
from metrogis.checks.active_mobility.cycle_network import presentation as texts
from metrogis.checks.active_mobility.cycle_network.findings import findings
from metrogis.checks.active_mobility.cycle_network.inputs import Inputs
from metrogis.checks.active_mobility.cycle_network.parameters import CycleNetworkParameters
from metrogis.checks.active_mobility.cycle_network.reading import READING
from metrogis.checks.active_mobility.cycle_network.taken import TAKEN
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.cycle_lines import bike_network, cycle_lines
from metrogis.checks.shared.known_routes import known_streets
from metrogis.errors import MissingLayerError
from metrogis.i18n import _


@check(
    id="cycle_network",
    direction="2.1.3",
    reach=20_000.0,
    of_all={"networks": ("network", "length_km"), "form": ("networks", "largest_km")},
    one_of=(("cycle_routes", "streets"),),
    section="65-cycle-network",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def cycle_network(inputs: Inputs, params: CycleNetworkParameters, run: Run) -> Outcome:
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
    cycle_coverage : GeoDataFrame or DataFrame, optional
        Polygons inside which ``cycle_routes`` is complete, or a table of municipalities (``teryt``,
        ``state``: complete, partial, none). Without it a municipality is taken as covered from
        ``coverage_length`` km of lines on.
    **parameters
        See :class:`CycleNetworkParameters`.

    Returns
    -------
    Result
        ``municipalities``: lengths (km), ends, differences, stress, ``data_quality``; NaN where
        the data do not reach (``cycle_km_known`` is what they show all the same). Features
        ``networks`` (one row per connected network), ``form`` (by tolerance), ``ends``,
        ``differences`` (ranked by length), ``stress`` (by level).

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
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]},
    ...                          geometry=[box(0, 0, 9000, 9000)], crs="EPSG:2180")
    >>> lines = gpd.GeoDataFrame({"highway": ["cycleway"] * 2}, crs="EPSG:2180",
    ...     geometry=[LineString([(0, 0), (3000, 0)]), LineString([(3005, 0), (4005, 0)])])
    >>> result = cycle_network(municipalities, lines)
    >>> result.figures["network_km"], result.figures["networks"], result.figures["networks_medium"]
    (4.0, 2, 1)
    """
    municipalities = inputs.municipalities
    network = bike_network(run, inputs.streets)
    if inputs.cycle_routes is None and (network is None or "highway" not in network.ways):
        raise MissingLayerError(
            _("check cycle_network needs cycle routes, or streets with tags"),
            layer="cycle_routes",
            remedy=_("pass one of these layers, or declare it in the catalog"),
        )
    split = cycle_lines(run, inputs.cycle_routes, network)
    run.add(split.audit)
    lengths = tables.lengths(run, inputs.cycle_coverage, split, network)
    routes, built = lengths.routes, split.built
    gaps = (params.tolerance, params.tolerance_medium, params.tolerance_wide)
    form = parts.form_table(built, gaps, run.crs, split.meets)
    ends = parts.ends_table(built, municipalities, params.end_tolerance, routes.evidence)
    features = {
        "networks": parts.networks_table(
            built, params.tolerance, run.crs, routes.evidence, meets=split.meets
        ),
        "form": form,
        "ends": ends,
    }
    compared = rated = streets_known = None
    if network is not None:
        streets_known = known_streets(run, network)
        if inputs.cycle_routes is not None:
            compared = parts.compare(
                built, split.planned, network, municipalities,
                parts.Comparison(params.match_distance, params.missing_length, params.missing_join,
                                 params.compare_reach, routes.evidence, streets_known),
            )  # fmt: skip
            features["differences"] = compared.places
            tables.note_not_compared(run, compared)
        rated = parts.streets_by_stress(
            network, municipalities, rules=params.rules, limit=params.stress_limit
        )
        features["stress"] = rated.by_level
        run.add(rated.audit)
    table = tables.municipal(
        run, inputs.population_municipal, lengths, ends, compared, rated, streets_known
    )
    return Outcome(
        municipalities=table,
        features=features,
        findings=findings(run, table, split, lengths, form, ends, compared, rated),
    )


CHECK = cycle_network.check
