"""Functional-spatial links: who is tied to whom, and to which core city.

From an origin-destination table between municipalities (commuting, or migration as a declared
proxy): flows in and out, across the border and to the core cities, self-containment, the hierarchy
of dominant flows, functional regions, the strongest links.

Counts below a threshold are as a rule not published. No row is then not zero: every sum is a lower
bound, and columns ``*_max`` (``*_low``, ``*_high`` of shares) hold what it can be at most if every
missing record stood just under the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import BeforeValidator
from pydantic import Field as Limits

from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec, View
from metrogis.checks.spatial_development import flow_texts
from metrogis.checks.spatial_development.flows import Flows, read_flows
from metrogis.checks.spatial_development.regions import (
    Hierarchy,
    Partition,
    association,
    communities,
    dominant_flows,
    symmetric,
)
from metrogis.errors import ParameterError, SchemaError
from metrogis.population import municipal_totals
from metrogis.teryt import is_part, match_codes
from metrogis.texts import Text

Floats = NDArray[np.float64]
Meaning = Literal["commuting", "migration", "flow"]


def _codes(value: Any) -> Any:
    """Accept one code, codes with commas between, or a list; put back a lost leading 0."""
    if isinstance(value, str):
        value = [part for part in value.replace(";", ",").split(",") if part.strip()]
    elif isinstance(value, int):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(
            str(v).strip().zfill(7) if isinstance(v, int | str) and not isinstance(v, bool) else v
            for v in value
        )
    return value


class FunctionalLinksParameters(Parameters):
    """Parameters of :func:`functional_links`."""

    meaning: Annotated[
        Literal["table", "commuting", "migration", "flow"],
        Spec(
            Text("co opisuje tabela", "what the table describes"),
            "-",
            "'table': its column 'meaning', else unknown ('flow'); migration is a proxy for "
            "commuting (METHODS 2)",
        ),
    ] = "table"
    core: Annotated[
        tuple[Annotated[str, Limits(pattern=r"^\d{7}$")], ...],
        BeforeValidator(_codes),
        Spec(
            Text("miasta rdzenia (TERYT)", "core cities (TERYT)"),
            "-",
            "empty: derived by core_ratio; name them where a strategy or statute does",
        ),
    ] = ()
    core_ratio: Annotated[
        float,
        Spec(
            Text(
                "najmniejsza ludność miasta rdzenia względem największej gminy",
                "least population of a core city against the largest municipality",
            ),
            "1",
            "convention of metrogis, used only where core is empty; without population the "
            "largest inflow alone is the core",
        ),
        Limits(gt=0, le=1),
    ] = 1 / 3
    suppressed_below: Annotated[
        int,
        Spec(
            Text("próg publikacji liczebności", "threshold of published counts"),
            "people",
            "GUS, internal migration by gmina: rows under 3 are absent; 0: the table is complete",
        ),
        Limits(ge=0, le=1000),
    ] = 3
    links: Annotated[
        int,
        Spec(
            Text("liczba najsilniejszych powiązań", "number of strongest links"),
            "1",
            "convention of metrogis (a map stays readable)",
        ),
        Limits(ge=1, le=100_000),
    ] = 60
    link_min_flow: Annotated[
        float,
        Spec(
            Text(
                "najmniejszy rysowany przepływ w obu kierunkach",
                "least flow drawn, both directions",
            ),
            "people",
            "convention of metrogis",
        ),
        Limits(ge=0),
    ] = 10
    hierarchy_size: Annotated[
        Literal["inflow_internal", "inflow", "population"],
        Spec(
            Text("miara wielkości ośrodka", "measure of a centre's size"),
            "-",
            "Nystuen & Dacey 1961: total inflow within the system under study",
        ),
    ] = "inflow_internal"
    hierarchy_indirect: Annotated[
        bool,
        Spec(
            Text("uwzględnij powiązania pośrednie", "count indirect associations"),
            "-",
            "Nystuen & Dacey 1961: power series of the flow matrix; off: largest direct flow",
        ),
    ] = False
    dominant_min_flow: Annotated[
        float,
        Spec(
            Text("najmniejszy przepływ dominujący", "least dominant flow"),
            "people",
            "Nystuen & Dacey 1961 set none",
        ),
        Limits(ge=0),
    ] = 0
    dominant_min_share: Annotated[
        float,
        Spec(
            Text(
                "najmniejszy udział przepływu dominującego w odpływie wewnętrznym",
                "least share of the dominant flow in the outflow within the area",
            ),
            "1",
            "Nystuen & Dacey 1961 set none",
        ),
        Limits(ge=0, le=1),
    ] = 0
    region_resolution: Annotated[
        float,
        Spec(
            Text("rozdzielczość modularności", "resolution of modularity"),
            "1",
            "1: Newman 2004; other values: Reichardt & Bornholdt 2006",
        ),
        Limits(gt=0, le=10),
    ] = 1.0
    region_runs: Annotated[
        int,
        Spec(
            Text("liczba przebiegów szukania regionów", "runs of the search for regions"),
            "1",
            "convention of metrogis: the best of the runs is kept",
        ),
        Limits(ge=1, le=1000),
    ] = 30
    region_seed: Annotated[
        int,
        Spec(
            Text("ziarno losowości regionów", "random seed of regions"),
            "-",
            "any; kept for repeats",
        ),
        Limits(ge=0),
    ] = 0


def functional_links(
    municipalities: gpd.GeoDataFrame,
    od_flows: pd.DataFrame,
    *,
    population_municipal: pd.DataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Measure the links between the municipalities of a metropolis.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``, ``name``, polygons; a projected CRS in metres.
    od_flows : DataFrame
        ``origin``, ``destination`` (TERYT), ``flow`` (people). Optional: ``meaning`` (commuting,
        migration), ``origin_name``, ``destination_name``. Repeated rows are summed, rows of a
        municipality to itself kept apart, parts never added to their sum.
    population_municipal : DataFrame, optional
        ``teryt``, ``population`` (people), ``name``.
    **parameters
        See :class:`FunctionalLinksParameters`.

    Returns
    -------
    Result
        Tables ``municipalities``, ``links`` (strongest pairs), ``hierarchy`` (dominant flows),
        ``core`` (flow to each core city), ``regions``.

    Raises
    ------
    ParameterError, MissingLayerError, CRSError, SchemaError

    Notes
    -----
    Self-containment is own / (own + outflow), as in travel-to-work areas. Of migration it is
    unknown: a migration table does not count those who stayed.

    References
    ----------
    Nystuen, J. D., Dacey, M. F. (1961). A graph theory interpretation of nodal regions. Papers of
    the Regional Science Association 7, 29-42.
    Newman, M. E. J. (2004). Analysis of weighted networks. Physical Review E 70, 056131.

    Examples
    --------
    >>> from shapely import box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2264011"], "name": ["Gdańsk", "Sopot"]},
    ...     geometry=[box(0, 0, 1000, 1000), box(0, 1000, 1000, 2000)], crs="EPSG:2180")
    >>> od = pd.DataFrame({"origin": ["2264011", "2261011"], "destination": ["2261011", "2264011"],
    ...                    "flow": [40, 30]})
    >>> result = functional_links(towns, od, meaning="migration")
    >>> result.municipalities[["name", "inflow_internal", "dominance"]].values.tolist()
    [['Gdańsk', 40.0, 'terminal'], ['Sopot', 30.0, 'subordinate']]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        od_flows=od_flows,
        population_municipal=population_municipal,
    )
    p: FunctionalLinksParameters = run.parameters
    places = run.layers["municipalities"]
    table = run.layers["od_flows"]
    people_table = run.layers["population_municipal"]
    codes = places["teryt"].tolist()
    names = _names(places, table, people_table)
    meaning = _meaning(run, table)

    people = np.full(len(codes), np.nan)
    if people_table is not None:
        people, found = municipal_totals(places, people_table)
        run.add(found)
    universe = [] if people_table is None else people_table["teryt"].tolist()
    flows, found = read_flows(
        table,
        codes,
        names,
        suppressed_below=p.suppressed_below,
        universe=[c for c in universe if not is_part(c)],
    )
    run.add(found)
    core = _core(run, flows, people, names)
    out = _municipal(places, flows, people, core, names, meaning)
    # the search must not depend on the order of rows, so it sees the codes sorted
    order = np.argsort(np.array(codes), kind="stable")
    tree, sure = _hierarchy(run, flows, out, order)
    regions = _regions(p, flows, order)
    _add_hierarchy(out, flows, tree, sure, names, p)
    seats = _add_regions(out, flows, regions, names)

    points = places.geometry.representative_point().to_numpy()
    features = {
        "links": _links(flows, points, names, p, run.crs),
        "hierarchy": _tree_lines(out, flows, tree, points, names, run.crs),
        "core": _core_lines(out, flows, core, points, names, run.crs),
        "regions": _region_shapes(out, flows, seats, run.crs),
    }
    findings: Sequence[Finding] = flow_texts.findings(
        out, features, flows, meaning=meaning, modularity=regions.modularity
    )
    return run.result(
        municipalities=out[[*flow_texts.COLUMNS["municipalities"], "geometry"]],
        features=features,
        findings=findings,
    )


# --------------------------------------------------------------------------- reading


def _names(
    places: gpd.GeoDataFrame, table: pd.DataFrame, people: pd.DataFrame | None
) -> dict[str, str]:
    """Code -> name; names that repeat within the area get their kind beside them."""
    names: dict[str, str] = {}
    sources = [
        (table, "origin", "origin_name"),
        (table, "destination", "destination_name"),
        *([(people, "teryt", "name")] if people is not None else []),
    ]
    for frame, code, name in sources:
        if name in frame.columns:
            known = frame[[code, name]].dropna().drop_duplicates(code)
            names.update(
                {c: str(v) for c, v in zip(known[code], known[name], strict=True) if str(v).strip()}
            )
    repeated = places["name"].duplicated(keep=False)
    for code, name, twice in zip(places["teryt"], places["name"], repeated, strict=True):
        kind = flow_texts.KINDS.get(code[-1])
        names[code] = f"{name} ({kind.pl})" if twice and kind else str(name)
    return names


def _meaning(run: Run, table: pd.DataFrame) -> Meaning:
    """Tell what the flows are: as the parameter says, else the table's own column."""
    given: str = run.parameters.meaning
    if given == "table":
        values = (
            table["meaning"].dropna().astype(str).str.strip().str.lower().unique().tolist()
            if "meaning" in table.columns
            else []
        )
        wrong = [v for v in values if v not in ("commuting", "migration", "flow")]
        if wrong or len(values) > 1:
            shown = ", ".join(repr(v[:40]) for v in values[:5])
            raise SchemaError(
                Text(
                    f"kolumna 'meaning' ma być jedna wartością: commuting lub migration; jest: "
                    f"{shown}",
                    f"column 'meaning' must be one value, commuting or migration; there is: "
                    f"{shown}",
                ),
                layer="od_flows",
                place="meaning",
                remedy=Text(
                    'popraw set = { meaning = "..." } w katalogu lub podaj parametr meaning',
                    'mend set = { meaning = "..." } in the catalog, or give the parameter meaning',
                ),
            )
        given = values[0] if values else "flow"
    if given == "migration":
        run.note(
            "od_flows",
            "modelled",
            len(table),
            Text(
                "migracje użyte zamiast dojazdów, jako zastępcza miara powiązań",
                "migration used in place of commuting, as a proxy for links",
            ),
        )
    elif given == "flow":
        run.note(
            "od_flows",
            "unknown",
            len(table),
            Text(
                "tabela nie mówi, czy to dojazdy, czy migracje",
                "the table does not say whether this is commuting or migration",
            ),
        )
    return "migration" if given == "migration" else "commuting" if given == "commuting" else "flow"


def _core(run: Run, flows: Flows, people: Floats, names: Mapping[str, str]) -> NDArray[np.int64]:
    """Positions of the core cities, largest first; derived ones are audited as guessed."""
    p: FunctionalLinksParameters = run.parameters
    at = {code: i for i, code in enumerate(flows.codes)}
    if p.core:
        found = match_codes(p.core, flows.codes)
        if found.unmatched:
            raise ParameterError(
                Text(
                    f"nie ma takich gmin w obszarze: {', '.join(found.unmatched)}",
                    f"no such municipalities in the area: {', '.join(found.unmatched)}",
                ),
                layer=CHECK.id,
                place="core",
                remedy=Text(
                    "podaj kody TERYT z warstwy municipalities",
                    "give TERYT codes of the layer municipalities",
                ),
            )
        run.add(found.audit("core"))
        chosen = list(dict.fromkeys(at[c] for c in found.mapping.values()))
        return np.array(chosen, dtype=np.int64)
    if np.isfinite(people).any():
        size, least = people, p.core_ratio * np.nanmax(people)
        how = Text(
            f"miasta rdzenia: gminy o ludności co najmniej {p.core_ratio:.2f} największej",
            f"core cities: municipalities of at least {p.core_ratio:.2f} of the largest population",
        )
    else:
        total = flows.internal.sum(axis=0) + np.nan_to_num(flows.inward)
        size = np.where(flows.present, total, np.nan)
        least = np.nanmax(size)
        how = Text(
            "miasto rdzenia: gmina o największym napływie", "core city: the largest total inflow"
        )
    large = np.flatnonzero((np.nan_to_num(size, nan=-1.0) >= least) & (np.nan_to_num(size) > 0))
    ranked = sorted(large.tolist(), key=lambda i: (-size[i], flows.codes[i]))
    if not np.isfinite(people).any():
        ranked = ranked[:1]
    run.note("core", "guessed", len(ranked), how, [names[flows.codes[i]] for i in ranked])
    return np.array(ranked, dtype=np.int64)


# --------------------------------------------------------------------------- municipal table


def _share(part: Any, whole: Any) -> Floats:
    """Share, NaN where there is nothing to share."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _bounds(part: Floats, part_max: Floats, rest: Floats, rest_max: Floats) -> tuple[Any, Any]:
    """Lowest and highest share of ``part`` in ``part + rest``."""
    return _share(part, part + rest_max), _share(part_max, part_max + rest)


def _municipal(
    places: gpd.GeoDataFrame,
    flows: Flows,
    people: Floats,
    core: NDArray[np.int64],
    names: Mapping[str, str],
    meaning: Meaning,
) -> gpd.GeoDataFrame:
    known = np.where(flows.present, 1.0, np.nan)
    out = places[["teryt", "name", "geometry"]].copy()
    out["population"] = people
    out["core"] = np.isin(np.arange(len(out)), core)
    low, high = flows.internal, flows.internal_max
    out["inflow_internal"], out["inflow_internal_max"] = low.sum(0) * known, high.sum(0) * known
    out["outflow_internal"], out["outflow_internal_max"] = low.sum(1) * known, high.sum(1) * known
    out["inflow_external"], out["inflow_external_max"] = flows.inward, flows.inward_max
    out["outflow_external"], out["outflow_external_max"] = flows.outward, flows.outward_max
    for side in ("inflow", "outflow"):
        for end in ("", "_max"):
            out[side + end] = out[f"{side}_internal{end}"] + out[f"{side}_external{end}"]
    out["balance"] = out["inflow"] - out["outflow"]
    out["balance_low"] = out["inflow"] - out["outflow_max"]
    out["balance_high"] = out["inflow_max"] - out["outflow"]
    out["balance_internal"] = out["inflow_internal"] - out["outflow_internal"]
    out["balance_per_1000"] = 1000 * _share(out["balance"], out["population"])

    for side in ("in", "out"):
        inner, outer = out[f"{side}flow_internal"], out[f"{side}flow_external"]
        inner_max, outer_max = out[f"{side}flow_internal_max"], out[f"{side}flow_external_max"]
        out[f"border_{side}"] = _share(outer, inner + outer)
        bounds = _bounds(outer, outer_max, inner, inner_max)
        out[f"border_{side}_low"], out[f"border_{side}_high"] = bounds

    # a table without the outside still tells shares of the flow within the area
    whole = out["outflow"].fillna(out["outflow_internal"])
    whole_max = out["outflow_max"].fillna(out["outflow_internal_max"])
    come = out["inflow"].fillna(out["inflow_internal"])
    to_core, to_core_max = low[:, core].sum(1), high[:, core].sum(1)
    alone = out["core"].to_numpy() & (len(core) == 1)
    blank = np.where(alone, np.nan, known)  # the only core city has no other one
    out["flow_to_core"], out["flow_from_core"] = to_core * blank, low[core].sum(0) * blank
    out["share_to_core"] = _share(to_core, whole) * blank
    least, most = _bounds(to_core, to_core_max, whole - to_core, whole_max - to_core_max)
    out["share_to_core_low"], out["share_to_core_high"] = least * blank, most * blank
    out["share_from_core"] = _share(low[core].sum(0), come) * blank

    best = _largest_to(low, flows.codes)
    inside = low[np.arange(len(out)), best] if len(out) > 1 else np.zeros(len(out))
    beyond = np.nan_to_num(flows.main_outside_flow)
    amount = np.maximum(inside, beyond)
    target = [
        None if not a > 0 else flows.codes[b] if i >= o else str(c)
        for a, i, o, b, c in zip(amount, inside, beyond, best, flows.main_outside, strict=True)
    ]
    out["main_destination"] = [None if t is None else names.get(t, t) for t in target]
    out["main_destination_code"] = target
    out["main_destination_flow"] = np.where(amount > 0, amount, np.nan)
    out["main_destination_share"] = _share(out["main_destination_flow"], whole)

    out["own_flow"] = flows.own
    stays = flows.own if meaning == "commuting" else np.full(len(out), np.nan)
    out["self_containment"] = _share(stays, stays + out["outflow"])
    out["job_self_containment"] = _share(stays, stays + out["inflow"])
    missing = ~flows.rows & np.outer(flows.present, flows.present)
    np.fill_diagonal(missing, False)
    count = np.where(flows.present, missing.sum(0) + missing.sum(1), np.nan)
    suppressed = bool((flows.internal_max > flows.internal).any())
    out["pairs_without_row"] = count if suppressed else 0.0 * known
    return out


def _largest_to(flow: Floats, codes: Sequence[str]) -> NDArray[np.int64]:
    """Column of the largest flow of each row; ties go to the first code."""
    order = np.argsort(np.array(codes), kind="stable")
    return np.asarray(order[flow[:, order].argmax(axis=1)], dtype=np.int64)


# --------------------------------------------------------------------------- structure


def _hierarchy(
    run: Run, flows: Flows, out: gpd.GeoDataFrame, order: NDArray[np.int64]
) -> tuple[Hierarchy, NDArray[np.bool_]]:
    """Dominant flows, and whether unpublished flows could not change a place's parent."""
    p: FunctionalLinksParameters = run.parameters
    measure = p.hierarchy_size
    if out[measure].isna().all():
        run.note(
            "od_flows",
            "unknown",
            1,
            Text(
                f"brak danych o wielkości ({measure}): hierarchia nieznana",
                f"no data on size ({measure}): the hierarchy is unknown",
            ),
        )
    size = out[measure].to_numpy(dtype=np.float64)
    size_max = size if measure == "population" else out[f"{measure}_max"].to_numpy(np.float64)
    strength = None
    if p.hierarchy_indirect:
        try:
            strength = association(flows.internal, indirect=True)
        except ValueError:
            raise ParameterError(
                Text(
                    "szereg powiązań pośrednich nie jest zbieżny dla tej tabeli",
                    "the series of indirect associations does not converge for this table",
                ),
                layer=CHECK.id,
                place="hierarchy_indirect",
                remedy=Text("wyłącz hierarchy_indirect", "turn hierarchy_indirect off"),
            ) from None
    mixed = np.ix_(order, order)
    found = dominant_flows(
        flows.internal[mixed],
        size[order],
        strength=None if strength is None else strength[mixed],
        min_flow=p.dominant_min_flow,
        min_share=p.dominant_min_share,
    )
    back = np.append(order, -1)  # position -1 stays -1
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    tree = Hierarchy(
        back[found.largest][place],
        back[found.parent][place],
        back[found.root][place],
        found.level[place],
    )
    best = tree.largest
    rivals = flows.internal_max.copy()
    np.fill_diagonal(rivals, -1.0)
    rows = np.arange(len(best))
    won = flows.internal[rows, best]
    rivals[rows, best] = -1.0
    ahead = won > rivals.max(axis=1, initial=-1.0)
    apart = (size[best] > size_max) | (size >= size_max[best])
    return tree, (best >= 0) & ahead & apart & (not p.hierarchy_indirect)


def _add_hierarchy(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    sure: NDArray[np.bool_],
    names: Mapping[str, str],
    p: FunctionalLinksParameters,
) -> None:
    size = out[p.hierarchy_size].to_numpy(dtype=np.float64)
    has = tree.largest >= 0
    silent = (flows.internal.sum(1) == 0) & (flows.internal_max.sum(1) > 0)
    unknown = ~flows.present | silent | np.isnan(size) | (has & np.isnan(size[tree.largest]))
    state = np.select(
        [unknown, ~has, tree.parent >= 0], ["unknown", "none", "subordinate"], "terminal"
    )
    label = [names[c] for c in flows.codes]
    up = tree.parent
    out["dominance"] = state
    out["dominant"] = [
        label[u] if u >= 0 and not n else None for u, n in zip(up, unknown, strict=True)
    ]
    top = np.isin(state, ["terminal", "subordinate"])
    out["nodal_centre"] = [label[r] if t else None for r, t in zip(tree.root, top, strict=True)]
    amount = flows.internal[np.arange(len(out)), tree.largest]
    out["dominant_flow"] = np.where(has & ~unknown, amount, np.nan)
    out["dominant_share"] = _share(out["dominant_flow"], out["outflow_internal"])
    out["hierarchy_level"] = np.where(top, tree.level, np.nan)
    certain = pd.array(sure & ~unknown, dtype="boolean")
    certain[unknown | ~has] = pd.NA
    out["hierarchy_certain"] = certain
    if p.hierarchy_indirect:
        out["hierarchy_certain"] = pd.array([pd.NA] * len(out), dtype="boolean")


def _regions(p: FunctionalLinksParameters, flows: Flows, order: NDArray[np.int64]) -> Partition:
    found = communities(
        symmetric(flows.internal)[np.ix_(order, order)],
        resolution=p.region_resolution,
        seed=p.region_seed,
        runs=p.region_runs,
    )
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Partition(found.labels[place], found.modularity, found.together[np.ix_(place, place)])


def _add_regions(
    out: gpd.GeoDataFrame, flows: Flows, regions: Partition, names: Mapping[str, str]
) -> dict[str, NDArray[np.int64]]:
    """Name each region by its largest centre; return seat code -> positions of its members."""
    linked = (flows.internal + flows.internal.T).sum(axis=1) > 0
    inflow = flows.internal.sum(axis=0)
    people = out["population"].to_numpy(dtype=np.float64)
    seats: dict[str, NDArray[np.int64]] = {}
    code = np.full(len(out), None, dtype=object)
    steady = np.full(len(out), np.nan)
    for label in np.unique(regions.labels[linked]):
        members = np.flatnonzero((regions.labels == label) & linked)
        size = inflow if np.isnan(people[members]).any() else people
        seat = min(members.tolist(), key=lambda i: (-size[i], flows.codes[i]))
        seats[flows.codes[seat]] = members
        code[members] = flows.codes[seat]
        steady[members] = regions.together[seat, members]
    out["region_code"] = code
    out["region"] = [None if c is None else names[c] for c in code]
    out["region_stability"] = steady
    return seats


# --------------------------------------------------------------------------- features


def _frame(columns: Mapping[str, Any], geometry: Any, crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(dict(columns), geometry=gpd.GeoSeries(geometry, crs=crs))


def _lines(points: NDArray[np.object_], start: Any, end: Any) -> NDArray[np.object_]:
    xy = shapely.get_coordinates(points)
    lines = shapely.linestrings(np.stack([xy[start], xy[end]], axis=1).reshape(-1, 2, 2))
    return np.asarray(lines, dtype=object)


def _links(
    flows: Flows,
    points: NDArray[np.object_],
    names: Mapping[str, str],
    p: FunctionalLinksParameters,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return the strongest pairs; ``origin`` is the end that sends more to the other."""
    one, other = np.triu_indices(len(flows.codes), 1)
    there, back = flows.internal[one, other], flows.internal[other, one]
    flip = (back > there) | (
        (back == there) & (np.array(flows.codes)[other] < np.array(flows.codes)[one])
    )
    start, end = np.where(flip, other, one), np.where(flip, one, other)
    pairs = pd.DataFrame({"start": start, "end": end})
    pairs["origin"] = np.array(flows.codes, dtype=object)[start]
    pairs["destination"] = np.array(flows.codes, dtype=object)[end]
    pairs["flow"], pairs["flow_back"] = flows.internal[start, end], flows.internal[end, start]
    pairs["flow_both"] = pairs["flow"] + pairs["flow_back"]
    pairs["flow_both_max"] = flows.internal_max[start, end] + flows.internal_max[end, start]
    pairs["share"] = _share(pairs["flow_both"], np.full(len(pairs), flows.internal.sum()))
    pairs = pairs[(pairs["flow_both"] > 0) & (pairs["flow_both"] >= p.link_min_flow)]
    pairs = pairs.sort_values(["flow_both", "origin", "destination"], ascending=[False, True, True])
    pairs = pairs.head(p.links).reset_index(drop=True)
    pairs.insert(0, "rank", np.arange(1, len(pairs) + 1))
    for side in ("origin", "destination"):
        pairs[f"{side}_name"] = pairs[side].map(names)
    lines = _lines(points, pairs["start"].to_numpy(), pairs["end"].to_numpy())
    return _frame({c: pairs[c] for c in flow_texts.COLUMNS["links"]}, lines, crs)


def _tree_lines(
    out: gpd.GeoDataFrame,
    flows: Flows,
    tree: Hierarchy,
    points: NDArray[np.object_],
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    child = np.flatnonzero((out["dominance"] == "subordinate").to_numpy())
    parent = tree.parent[child]
    rows = out.iloc[child]
    columns = {
        "origin": rows["teryt"].to_numpy(),
        "origin_name": [names[c] for c in rows["teryt"]],
        "destination": np.array(flows.codes, dtype=object)[parent],
        "destination_name": rows["dominant"].to_numpy(),
        "flow": rows["dominant_flow"].to_numpy(),
        "share": rows["dominant_share"].to_numpy(),
        "level": rows["hierarchy_level"].to_numpy(),
        "certain": rows["hierarchy_certain"].array,
    }
    return _frame(columns, _lines(points, child, parent), crs)


def _core_lines(
    out: gpd.GeoDataFrame,
    flows: Flows,
    core: NDArray[np.int64],
    points: NDArray[np.object_],
    names: Mapping[str, str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Return flow and share of every municipality to each core city, and back."""
    start = np.tile(np.arange(len(out)), len(core))
    end = np.repeat(core, len(out))
    kept = (start != end) & flows.present[start] & flows.present[end]
    start, end = start[kept], end[kept]
    whole = out["outflow"].fillna(out["outflow_internal"]).to_numpy()[start]
    whole_max = out["outflow_max"].fillna(out["outflow_internal_max"]).to_numpy()[start]
    flow, top = flows.internal[start, end], flows.internal_max[start, end]
    low, high = _bounds(flow, top, whole - flow, whole_max - top)
    codes = np.array(flows.codes, dtype=object)
    columns = {
        "origin": codes[start],
        "origin_name": [names[c] for c in codes[start]],
        "core": codes[end],
        "core_name": [names[c] for c in codes[end]],
        "flow": flow,
        "flow_max": top,
        "share": _share(flow, whole),
        "share_low": low,
        "share_high": high,
        "flow_back": flows.internal[end, start],
        "flow_back_max": flows.internal_max[end, start],
    }
    return _frame(columns, _lines(points, start, end), crs)


def _region_shapes(
    out: gpd.GeoDataFrame, flows: Flows, seats: Mapping[str, NDArray[np.int64]], crs: Any
) -> gpd.GeoDataFrame:
    rows, shapes = [], []
    shape = out.geometry.to_numpy()
    for seat, members in sorted(seats.items(), key=lambda item: (-len(item[1]), item[0])):
        within = flows.internal[np.ix_(members, members)].sum()
        leaving = flows.internal[members].sum() - within
        people = out["population"].to_numpy()[members]
        rows.append(
            {
                "region_code": seat,
                "region": out["region"].iloc[members[0]],
                "municipalities": len(members),
                "population": people.sum(),  # unknown when one is
                "flow_within": within,
                "flow_leaving": leaving,
                "share_within": within / (within + leaving) if within + leaving > 0 else np.nan,
                "stability": out["region_stability"].to_numpy()[members].mean(),
            }
        )
        shapes.append(shapely.union_all(shape[members]))
    table = pd.DataFrame(rows, columns=list(flow_texts.COLUMNS["regions"]))
    return _frame({c: table[c] for c in table.columns}, np.array(shapes, dtype=object), crs)


CHECK = Check(
    id="functional_links",
    direction="1.2.1",
    title=Text("Powiązania funkcjonalne gmin", "Functional links of municipalities"),
    question=Text(
        "Które gminy są ze sobą najsilniej powiązane i jak mocno ciążą do miast rdzenia?",
        "Which municipalities are tied most strongly, and how far do they lean on the core cities?",
    ),
    method=flow_texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input(
            "od_flows", Text("przepływy między gminami", "flows between municipalities"), "ODFlows"
        ),
        Input(
            "population_municipal",
            Text("ludność gmin", "population by municipality"),
            "MunicipalPopulation",
            required=False,
        ),
    ),
    parameters=FunctionalLinksParameters,
    function=functional_links,
    columns=flow_texts.COLUMNS,
    views=(
        View(
            "municipalities",
            Text("Udział odpływu do miast rdzenia", "Share of outflow to core cities"),
            column="share_to_core",
            breaks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0),
            popup=(
                "share_to_core",
                "share_to_core_low",
                "share_to_core_high",
                "outflow",
                "inflow",
                "balance",
                "main_destination",
                "main_destination_flow",
                "border_out",
                "dominance",
                "region",
            ),
        ),
        View(
            "municipalities",
            Text("Saldo na 1000 mieszkańców", "Balance per 1000 residents"),
            column="balance_per_1000",
            breaks=(-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0),
            palette="PuOr",
            popup=("balance_per_1000", "balance", "balance_low", "balance_high", "population"),
            shown=False,
        ),
        View(
            "links",
            Text("Najsilniejsze powiązania", "Strongest links"),
            column="flow_both",
            breaks=(0.0, 25.0, 50.0, 100.0, 200.0, 400.0),
            palette="plasma",
            popup=("origin_name", "destination_name", "flow", "flow_back", "flow_both", "share"),
            weight=3.0,
        ),
        View(
            "hierarchy",
            Text("Przepływy dominujące (Nystuen-Dacey)", "Dominant flows (Nystuen-Dacey)"),
            colour="#D55E00",
            popup=("origin_name", "destination_name", "flow", "share", "certain"),
            shown=False,
            weight=2.5,
        ),
        View(
            "municipalities",
            Text("Miejsce w hierarchii", "Place in the hierarchy"),
            column="dominance",
            categories=flow_texts.DOMINANCE_CLASSES,
            popup=("dominance", "dominant", "dominant_flow", "nodal_centre", "hierarchy_certain"),
            shown=False,
        ),
        View(
            "regions",
            Text("Regiony funkcjonalne", "Functional regions"),
            column="share_within",
            breaks=(0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
            palette="cividis",
            popup=("region", "municipalities", "population", "share_within", "stability"),
            shown=False,
            weight=3.0,
            fill_opacity=0.45,
        ),
        View(
            "core",
            Text("Przepływy do miast rdzenia", "Flows to core cities"),
            column="share",
            breaks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0),
            popup=("origin_name", "core_name", "flow", "share", "share_low", "share_high"),
            shown=False,
        ),
    ),
)
