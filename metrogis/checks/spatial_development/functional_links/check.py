"""Functional-spatial links: who is tied to whom, and to which core city.

From an origin-destination table between municipalities (commuting, or migration as a declared
proxy): flows in and out, across the border and to the core cities, self-containment, the hierarchy
of dominant flows, functional regions, the strongest links.

Counts below a threshold are as a rule not published. No row is then not zero: every sum is a lower
bound, and columns ``*_max`` (``*_low``, ``*_high`` of shares) hold what it can be at most if every
missing record stood just under the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.contract.outlines import inner_points
from metrogis.checks.spatial_development.functional_links import presentation as texts
from metrogis.checks.spatial_development.functional_links.findings import findings as findings_of
from metrogis.checks.spatial_development.functional_links.inputs import Inputs
from metrogis.checks.spatial_development.functional_links.lines import (
    core_lines,
    link_lines,
    region_shapes,
    tree_lines,
)
from metrogis.checks.spatial_development.functional_links.parameters import (
    FunctionalLinksParameters,
)
from metrogis.checks.spatial_development.functional_links.reading import READING
from metrogis.checks.spatial_development.functional_links.structure import (
    add_hierarchy,
    add_regions,
    hierarchy_of,
    regions_of,
)
from metrogis.checks.spatial_development.functional_links.tables import (
    Core,
    ShareBase,
    municipal_table,
)
from metrogis.checks.spatial_development.functional_links.taken import TAKEN
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _
from metrogis.population import municipal_totals
from metrogis.population.flows import Flows, read_flows
from metrogis.teryt import is_part, match_codes

Floats = NDArray[np.float64]
Meaning = Literal["commuting", "migration", "flow"]


@check(
    id="functional_links",
    direction="1.2.1",
    section="2-functional-links",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def functional_links(inputs: Inputs, params: FunctionalLinksParameters, run: Run) -> Outcome:
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
    places = inputs.municipalities
    table = inputs.od_flows
    people_table = inputs.population_municipal
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
        suppressed_below=params.suppressed_below,
        universe=[c for c in universe if not is_part(c)],
        blank=params.blank_counts,
    )
    run.add(found)
    core = _core(run, flows, people, names)
    base = ShareBase(flows, within=params.share_base == "area")
    if base.short:
        run.note(
            "od_flows",
            "noted",
            len(codes),
            _("shares are of flows within the area, for the table does not reach beyond it"),
        )
    out = municipal_table(places, flows, people, core, names, meaning, base)
    # the search must not depend on the order of rows, so it sees the codes sorted
    order = np.argsort(np.array(codes), kind="stable")
    tree, sure = hierarchy_of(run, flows, out, order)
    regions = regions_of(params, flows, order)
    add_hierarchy(out, flows, tree, sure, names, params)
    seats = add_regions(out, flows, regions, names)

    points = inner_points(places)
    features = {
        "links": link_lines(flows, points, names, params, run.crs),
        "hierarchy": tree_lines(out, flows, tree, points, names, run.crs),
        "core": core_lines(flows, core.cities, base, points, names, run.crs),
        "regions": region_shapes(out, flows, seats, run.crs),
    }
    findings = findings_of(
        out,
        features,
        flows,
        core=core,
        outflow=base.out,
        within=base.within,
        meaning=meaning,
        modularity=regions.modularity,
    )
    return Outcome(
        municipalities=out[[*texts.COLUMNS["municipalities"], "geometry"]],
        features=features,
        findings=findings,
    )


CHECK = functional_links.check


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
        kind = texts.KINDS.get(code[-1])
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
                _(
                    "column 'meaning' must be one value, commuting or migration; there is: {shown}"
                ).fill(shown=shown),
                layer="od_flows",
                place="meaning",
                remedy=_(
                    'fix set = { meaning = "..." } in the catalog, or give the parameter meaning'
                ),
            )
        given = values[0] if values else "flow"
    if given == "migration":
        run.note(
            "od_flows",
            "modelled",
            len(table),
            _("migration used in place of commuting, as a proxy for links"),
        )
    elif given == "flow":
        run.note(
            "od_flows",
            "unknown",
            len(table),
            _("the table does not say whether this is commuting or migration"),
        )
    return "migration" if given == "migration" else "commuting" if given == "commuting" else "flow"


def _core(run: Run, flows: Flows, people: Floats, names: Mapping[str, str]) -> Core:
    """Find the core cities; derived ones are audited as guessed, and may be uncertain."""
    p: FunctionalLinksParameters = run.parameters
    if p.core:
        chosen = _named_core(run, flows)
        return Core(chosen, chosen)
    if np.isfinite(people).any():
        core = _core_by_people(people, p.core_ratio, flows.codes, names)
        how = _(
            "core cities: municipalities of at least {core_ratio} of the largest population"
        ).fill(core_ratio=f"{p.core_ratio:.2f}")
        run.note(
            "population_municipal",
            "unknown",
            len(core.unnamed),
            _(
                "municipalities without a population: core cities are chosen among the "
                "others and are not certain"
            ),
            core.unnamed,
        )
    else:
        core = _core_by_inflow(flows)
        how = _("core city: the largest total inflow")
        if not core.certain:
            run.note(
                "od_flows",
                "unknown",
                len(core.rivals),
                _("municipalities whose unknown inflow could exceed that of the core city"),
                [names[c] for c in sorted(flows.codes[i] for i in core.rivals)],
            )
    run.note("core", "guessed", len(core.cities), how, [names[flows.codes[i]] for i in core.cities])
    return core


def _named_core(run: Run, flows: Flows) -> NDArray[np.int64]:
    """Positions of the core cities that the user names."""
    named: tuple[str, ...] = run.parameters.core
    at = {code: i for i, code in enumerate(flows.codes)}
    found = match_codes(named, flows.codes)
    if found.unmatched:
        raise ParameterError(
            _("no such municipalities in the area: {unmatched}").fill(
                unmatched=", ".join(found.unmatched)
            ),
            layer=CHECK.id,
            place="core",
            remedy=_("give TERYT codes of the layer municipalities"),
        )
    run.add(found.audit("core"))
    return np.array(list(dict.fromkeys(at[c] for c in found.mapping.values())), dtype=np.int64)


def _core_by_people(
    people: Floats, ratio: float, codes: tuple[str, ...], names: Mapping[str, str]
) -> Core:
    """Core cities by population: one that is not known may be any number.

    Were it the largest, no other need be a core city; so all of them are uncertain then.
    """
    size = np.nan_to_num(people, nan=-1.0)
    large = np.flatnonzero((size >= ratio * size.max()) & (size > 0))
    ranked = np.array(sorted(large.tolist(), key=lambda i: (-size[i], codes[i])), dtype=np.int64)
    blank = np.flatnonzero(np.isnan(people))
    unnamed = tuple(f"{names[codes[i]]} {codes[i]}" for i in blank)
    return Core(ranked, np.concatenate([ranked, blank]), unnamed)


def _core_by_inflow(flows: Flows) -> Core:
    """Core city by total inflow: the largest recorded one, and all that may exceed it."""
    beyond, beyond_max = (np.where(np.isnan(a), 0.0, a) for a in (flows.inward, flows.inward_max))
    size = np.where(flows.present, flows.internal.sum(axis=0) + beyond, -1.0)
    top = np.where(flows.present, flows.internal_max.sum(axis=0) + beyond_max, np.inf)
    order = np.lexsort((np.array(flows.codes), -size))
    best = order[:1][size[order[:1]] > 0]
    if not len(best):
        return Core(best, best, by_inflow=True)
    first = np.array(flows.codes) < flows.codes[best[0]]  # of equal ones the first code counts
    rival = (top > size[best]) | ((top == size[best]) & first)
    rival[best] = False
    return Core(best, np.concatenate([best, np.flatnonzero(rival)]), by_inflow=True)
