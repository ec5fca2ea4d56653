"""Do the plans follow the metropolitan functional-spatial structure?

Any layer of polygons with a class may stand for the structure (strategic areas, growth poles,
green ring); what suits what is the metropolis' own table. A pair the table does not name, and land
without a plan, are *unknown*.
"""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis.checks.contract import (
    Check,
    Column,
    Finding,
    Input,
    Parameters,
    Result,
    Run,
    Spec,
    View,
    municipality_columns,
)
from metrogis.checks.spatial_development.plan_inputs import PLANS, ZONES, zone_owners, zones_of
from metrogis.checks.spatial_development.plan_validity_texts import ZONE_CATEGORIES
from metrogis.errors import SchemaError
from metrogis.planning.compatibility import COMPATIBILITY, CompatibilityTable
from metrogis.planning.overlay import Overlay, intersect, without_overlaps
from metrogis.texts import UNKNOWN, Text

Array = npt.NDArray[Any]

_HECTARE = 1e4
STATES = (*COMPATIBILITY, "unknown")


class ModelCoherenceParameters(Parameters):
    """Parameters of ``model_coherence``."""

    class_column: Annotated[
        str,
        Spec(
            Text("kolumna z klasą struktury", "column that holds the class of the structure"),
            "-",
            "this project's choice",
        ),
        Field(min_length=1),
    ] = "class"
    min_conflict: Annotated[
        float,
        Spec(
            Text("sprzeczność wymieniana od pola", "a conflict is listed from an area of"),
            "m2",
            "this project's choice: smaller ones are edges that do not match",
        ),
        Field(ge=0),
    ] = 100


def model_coherence(
    municipalities: gpd.GeoDataFrame,
    structure: gpd.GeoDataFrame,
    model_compatibility: pd.DataFrame,
    plans: Any = None,
    planning_zones: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Lay plans over the metropolitan structure and compare them by a table.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    structure : GeoDataFrame
        Polygons with a column of classes (``class_column``) and, if any, ``name``.
    model_compatibility : DataFrame
        ``class``, ``symbol`` (``*``: the rest), ``compatibility`` (compatible / neutral /
        conflict).
    plans : Plan, optional
        From :func:`metrogis.sources.app_gml.read_app`; or
    planning_zones : GeoDataFrame, optional
        Schema ``PlanningZones``; at least one of the two.
    **parameters
        See :class:`ModelCoherenceParameters`.

    Returns
    -------
    Result
        Features ``areas`` (one row per area of the structure: ha by compatibility) and
        ``conflicts`` (structure x municipality x zone). Areas of one class that overlap count
        once in municipal sums.

    Examples
    --------
    >>> from shapely import box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                          geometry=[box(0, 0, 1000, 1000)])
    >>> ring = gpd.GeoDataFrame({"class": ["green_ring"]}, crs="EPSG:2180",
    ...                         geometry=[box(0, 0, 1000, 500)])
    >>> zones = gpd.GeoDataFrame({"symbol": ["SJ", "SO"]}, crs="EPSG:2180",
    ...                          geometry=[box(0, 0, 200, 1000), box(200, 0, 600, 1000)])
    >>> rules = pd.DataFrame({"class": ["green_ring"] * 2, "symbol": ["SJ", "SO"],
    ...                       "compatibility": ["conflict", "compatible"]})
    >>> result = model_coherence(towns, ring, rules, planning_zones=zones)
    >>> result.features["areas"][["conflict_ha", "compatible_ha", "unknown_ha"]].values.tolist()
    [[10.0, 20.0, 20.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        structure=structure,
        model_compatibility=model_compatibility,
        plans=plans,
        planning_zones=planning_zones,
    )
    p = run.parameters
    towns = run.layers["municipalities"]
    areas = run.layers["structure"].reset_index(drop=True)
    if p.class_column not in areas:
        have = ", ".join(str(c) for c in areas.columns[:10])
        raise SchemaError(
            Text(
                f"brak kolumny '{p.class_column}'; są: {have}",
                f"column '{p.class_column}' is missing; there are: {have}",
            ),
            layer="structure",
            remedy=Text("podaj class_column", "give class_column"),
        )
    rules = CompatibilityTable(run.layers["model_compatibility"])
    classes = areas[p.class_column].astype(str)
    strange = ~classes.isin(rules.classes)
    run.note(
        "structure",
        "unknown",
        int(strange.sum()),
        Text("klasa, której tabela nie zna", "class the table does not know"),
        classes[strange].unique().tolist(),
    )
    zones = zones_of(run, CHECK.id)
    shapes, changed = without_overlaps(zones.geometry.to_numpy(), np.arange(len(zones)))
    run.note(
        "plans" if run.layers["plans"] is not None else "planning_zones",
        "repaired",
        len(changed),
        Text("nakładające się strefy: pole policzono raz", "overlapping zones: counted once"),
    )
    cut = _cut(areas.geometry.to_numpy(), towns, shapes)
    value = _values(cut, classes.tolist(), zones["symbol"].tolist(), rules)
    once = _by_town(areas, classes, towns, shapes, zones, rules)
    owner = zone_owners(run, zones, towns)
    has_plan = np.bincount(owner[owner >= 0], minlength=len(towns)) > 0
    table = _municipal(towns, once, has_plan)
    frame = _areas(run, areas, classes, cut, value)
    conflicts = _conflicts(run, areas, classes, towns, zones, cut, value)
    return run.result(
        municipalities=table,
        features={"areas": frame, "conflicts": conflicts},
        findings=_findings(frame, table),
    )


class _Cut:
    """The structure cut by municipality (``home``), and these parts cut by zone (``over``)."""

    def __init__(self, home: Overlay, over: Overlay) -> None:
        self.home, self.over = home, over
        self.area, self.town = home.left[over.left], home.right[over.left]


def _cut(areas: Array, towns: gpd.GeoDataFrame, zones: Array) -> _Cut:
    home = intersect(areas, towns.geometry.to_numpy())
    return _Cut(home, intersect(home.geometry, zones))


def _values(cut: _Cut, classes: list[str], symbols: list[Any], rules: CompatibilityTable) -> Array:
    found = rules.map([classes[a] for a in cut.area], [symbols[z] for z in cut.over.right])
    return np.array([f or "unknown" for f in found], dtype=object)


def _sums(groups: Array, whole: Array, members: Array, cut: _Cut, value: Array, n: int) -> Any:
    """Areas by state: m2, one row per group; what no rule or plan covers is unknown."""
    out = pd.DataFrame({"area": np.bincount(whole, cut.home.area, minlength=n)})
    for state in COMPATIBILITY:
        rows = value == state
        out[state] = np.bincount(groups[rows], members[rows], minlength=n)
    rest = out["area"] - out[list(COMPATIBILITY)].sum(axis=1)
    out["unknown"] = rest.where(rest > 1e-9 * out["area"], 0.0)
    return out


def _by_town(
    areas: gpd.GeoDataFrame,
    classes: pd.Series,
    towns: gpd.GeoDataFrame,
    shapes: Array,
    zones: gpd.GeoDataFrame,
    rules: CompatibilityTable,
) -> pd.DataFrame:
    """Municipal sums, each class dissolved first so that its overlaps count once."""
    total: Any = 0
    for kind in sorted(classes.unique()):
        merged = shapely.union_all(areas.geometry.to_numpy()[(classes == kind).to_numpy()])
        parts = shapely.get_parts(np.array([merged], dtype=object))
        cut = _cut(parts, towns, shapes)
        value = _values(cut, [kind] * len(parts), zones["symbol"].tolist(), rules)
        total = total + _sums(cut.town, cut.home.right, cut.over.area, cut, value, len(towns))
    return total


def _ratio(frame: pd.DataFrame) -> pd.Series:
    known = frame[list(COMPATIBILITY)].sum(axis=1)
    return (frame["conflict"] / known).where(known > 1e-6 * frame["area"])


def _municipal(towns: gpd.GeoDataFrame, sums: pd.DataFrame, has_plan: Array) -> gpd.GeoDataFrame:
    table = towns[["teryt", "name", "geometry"]].copy()
    table["plan"] = np.where(has_plan, "yes", "unknown")
    table["structure_ha"] = sums["area"].to_numpy() / _HECTARE
    for state in STATES:
        table[f"{state}_ha"] = sums[state].to_numpy() / _HECTARE
    dark = (sums["area"] > 0) & (sums[list(COMPATIBILITY)].sum(axis=1) <= 1e-6 * sums["area"])
    table.loc[dark.to_numpy(), [f"{s}_ha" for s in COMPATIBILITY]] = np.nan
    table["conflict_share"] = _ratio(sums).to_numpy()
    return table


def _areas(
    run: Run, areas: gpd.GeoDataFrame, classes: pd.Series, cut: _Cut, value: Array
) -> gpd.GeoDataFrame:
    sums = _sums(cut.area, cut.home.left, cut.over.area, cut, value, len(areas))
    frame = gpd.GeoDataFrame(
        {"name": areas.get("name", classes), "class": classes},
        geometry=areas.geometry,
        crs=run.crs,
    )
    frame["area_ha"] = sums["area"] / _HECTARE
    for state in STATES:
        frame[f"{state}_ha"] = sums[state] / _HECTARE
    frame["conflict_share"] = _ratio(sums)
    return frame


def _conflicts(
    run: Run,
    areas: gpd.GeoDataFrame,
    classes: pd.Series,
    towns: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    cut: _Cut,
    value: Array,
) -> gpd.GeoDataFrame:
    rows = np.flatnonzero((value == "conflict") & (cut.over.area > run.parameters.min_conflict))
    rows = rows[np.argsort(-cut.over.area[rows], kind="stable")]
    area, zone = cut.area[rows], cut.over.right[rows]
    names = areas.get("name", classes)
    return gpd.GeoDataFrame(
        {
            "name": names.to_numpy()[area],
            "class": classes.to_numpy()[area],
            "municipality": towns["name"].to_numpy()[cut.town[rows]],
            "symbol": zones["symbol"].to_numpy()[zone],
            "label": zones["label"].to_numpy()[zone],
            "area_ha": cut.over.area[rows] / _HECTARE,
        },
        geometry=cut.over.geometry[rows],
        crs=run.crs,
    )


def _findings(frame: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> list[Finding]:
    total, conflict = float(table["structure_ha"].sum()), float(table["conflict_ha"].sum())
    known = total - float(table["unknown_ha"].sum())
    found = [
        Finding(
            Text(
                "Struktura metropolii obejmuje {structure_ha:0} ha; plany są z nią sprzeczne na "
                "{conflict_ha:0} ha ({conflict_share:%1} części rozstrzygniętej), a na "
                "{unknown_ha:0} ha nic nie wiadomo (brak planu lub reguły).",
                "The metropolitan structure covers {structure_ha:0} ha; plans are in conflict with "
                "it on {conflict_ha:0} ha ({conflict_share:%1} of what is known), and on "
                "{unknown_ha:0} ha nothing is known (no plan, or no rule).",
            ),
            {
                "structure_ha": total,
                "conflict_ha": conflict,
                "conflict_share": conflict / known if known > 0 else float("nan"),
                "unknown_ha": float(table["unknown_ha"].sum()),
            },
        )
    ]
    worst = frame.loc[frame["conflict_ha"].idxmax()] if frame["conflict_ha"].max() > 0 else None
    if worst is not None:
        found.append(
            Finding(
                Text(
                    "Najwięcej sprzecznych stref ma {area}: {worst_ha:0} ha.",
                    "Most zones in conflict lie in {area}: {worst_ha:0} ha.",
                ),
                {"worst_ha": float(worst["conflict_ha"])},
                {"area": str(worst["name"])},
            )
        )
    return found


def _ha(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1)


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


_HECTARES = {
    "compatible_ha": _ha("zgodne", "compatible"),
    "neutral_ha": _ha("obojętne", "neutral"),
    "conflict_ha": _ha("sprzeczne", "in conflict"),
    "unknown_ha": Column(
        UNKNOWN,
        unit="ha",
        digits=1,
        note=Text("brak planu lub reguły", "no plan, or no rule"),
    ),
    "conflict_share": Column(
        Text("udział sprzecznych", "share in conflict"),
        "share",
        digits=1,
        note=Text("wśród rozstrzygniętych", "of what is known"),
    ),
}
_COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "plan": Column(Text("plan w danych", "plan in the data"), "flag"),
        "structure_ha": _ha("pole struktury", "area of the structure"),
        **_HECTARES,
    },
    "areas": {
        "name": _text("obszar", "area"),
        "class": _text("klasa", "class"),
        "area_ha": _ha("pole", "area"),
        **_HECTARES,
    },
    "conflicts": {
        "name": _text("obszar struktury", "area of the structure"),
        "class": _text("klasa", "class"),
        "municipality": _text("gmina", "municipality"),
        "symbol": Column(
            Text("rodzaj strefy", "zone type"),
            "category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "label": _text("oznaczenie strefy", "label of the zone"),
        "area_ha": Column(Text("pole sprzeczności", "area of conflict"), unit="ha", digits=2),
    },
}
_VIEWS = (
    View(
        "areas",
        Text("Udział stref sprzecznych ze strukturą", "Share of zones in conflict"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "class", "area_ha", "compatible_ha", "conflict_ha", "unknown_ha"),
        fill_opacity=0.5,
    ),
    View(
        "conflicts",
        Text("Strefy sprzeczne ze strukturą", "Zones in conflict with the structure"),
        column="symbol",
        categories=ZONE_CATEGORIES,
        popup=("name", "class", "municipality", "symbol", "label", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
    ),
    View(
        "municipalities",
        Text("Udział stref sprzecznych w gminie", "Share in conflict by municipality"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "structure_ha", "conflict_ha", "unknown_ha"),
        shown=False,
    ),
)

CHECK = Check(
    id="model_coherence",
    direction="1.2.1",
    title=Text("Plany a model struktury metropolii", "Plans against the metropolitan model"),
    question=Text(
        "Czy plany ogólne gmin są zgodne z modelem struktury funkcjonalno-przestrzennej "
        "metropolii?",
        "Do the municipal plans agree with the metropolitan functional-spatial structure?",
    ),
    method=Text(
        "Obszary struktury (np. obszary strategiczne, bieguny wzrostu, zielony pierścień) są "
        "nakładane na strefy planistyczne; tabela metropolii mówi, które strefy są z klasą zgodne, "
        "obojętne lub sprzeczne. Para, której tabela nie wymienia, i teren bez planu w danych są "
        "nieznane. Obszary jednej klasy, które się nakładają, w sumach gmin liczone są raz. "
        "Sprawdzenie jest tak dobre jak tabela: nie ocenia samego modelu.",
        "Areas of the structure (such as strategic areas, growth poles, a green ring) are laid "
        "over planning zones; the metropolis' own table says which zones are compatible with a "
        "class, neutral or in conflict. A pair the table does not name, and land without a plan "
        "in the data, are unknown. Areas of one class that overlap count once in municipal sums. "
        "The check is as good as the table: it does not judge the model itself.",
    ),
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input(
            "structure",
            Text("struktura funkcjonalno-przestrzenna", "functional-spatial structure"),
            "Areas",
        ),
        Input(
            "model_compatibility",
            Text("tabela: klasa struktury x strefa", "table: class of the structure x zone"),
            "Table",
        ),
        PLANS,
        ZONES,
    ),
    parameters=ModelCoherenceParameters,
    function=model_coherence,
    columns=_COLUMNS,
    views=_VIEWS,
)
