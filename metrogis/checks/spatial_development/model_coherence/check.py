"""Do the plans follow the metropolitan functional-spatial structure?

Any layer of polygons with a class may stand for the structure (strategic areas, growth poles,
green ring); what suits what is the metropolis' own table. A pair the table does not name, and land
without a plan, are *unknown*.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis.checks.contract import (
    Finding,
    Outcome,
    Parameters,
    Run,
    Spec,
    check,
)
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.outlines import beyond
from metrogis.checks.contract.partition import divided
from metrogis.checks.contract.shared_types import MinConflict, PlansMeet
from metrogis.checks.shared.plan_ground import (
    GROUND_TABLE,
    add_plan,
    known_sum,
    plan_findings,
    plan_land,
)
from metrogis.checks.shared.plans import Plans, read_plans
from metrogis.checks.spatial_development.model_coherence import presentation as texts
from metrogis.checks.spatial_development.model_coherence.inputs import Inputs
from metrogis.checks.spatial_development.model_coherence.reading import READING
from metrogis.checks.spatial_development.model_coherence.taken import TAKEN
from metrogis.errors import SchemaError
from metrogis.evidence.plans import TOLERANCE, PlanCover
from metrogis.i18n import _, join
from metrogis.planning.compatibility import COMPATIBILITY, PARTS, CompatibilityTable
from metrogis.planning.overlay import Overlay, intersect, ranked, self_overlaps, without_overlaps

_OWN = ours("35-coherence-with-the-metropolitan-model")

Array = npt.NDArray[Any]

_HECTARE = 1e4
_ROUNDING = 1e-3
"""Zones overlap beyond this area, m2."""
STATES = (*COMPATIBILITY, "unknown")
_HARM = {"conflict": 0, "neutral": 1, "compatible": 2, "unknown": 3}


class ModelCoherenceParameters(Parameters):
    """Parameters of ``model_coherence``."""

    class_column: Annotated[
        str,
        Spec(
            _("column that holds the class of the structure"),
            "-",
            _OWN,
        ),
        Field(min_length=1),
    ] = "class"
    min_conflict: MinConflict = 100
    tolerance: PlansMeet = TOLERANCE


@check(
    id="model_coherence",
    direction="1.2.1",
    reach=5_000.0,
    one_of=(("plans", "planning_zones"),),
    section="35-coherence-with-the-metropolitan-model",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def model_coherence(inputs: Inputs, params: ModelCoherenceParameters, run: Run) -> Outcome:
    """Lay plans over the metropolitan structure and compare them by a table.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    structure : GeoDataFrame
        Polygons with a column of classes (``class_column``) and, if any, ``name``.
    model_compatibility : DataFrame
        ``class``, ``symbol`` (``*``: the rest), ``compatibility`` (compatible / neutral /
        conflict), and ``part`` of the model, if any.
    plans : Plan, optional
        From :func:`metrogis.sources.app_gml.read_app`; or
    planning_zones : GeoDataFrame, optional
        Schema ``PlanningZones``; at least one of the two.
    **parameters
        See :class:`ModelCoherenceParameters`.

    Returns
    -------
    Result
        Features ``areas`` (one row per area of the structure: ha by compatibility), ``parts`` (by
        part of the model, where the table has the column ``part``), ``conflicts`` (structure x
        municipality x zone) and ``plan_cover``. Areas of one class that overlap count once in
        municipal sums. What is in conflict is certain; where a zone was lost the rest is unknown.

    Examples
    --------
    >>> from shapely import box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                          geometry=[box(0, 0, 1000, 1000)])
    >>> ring = gpd.GeoDataFrame({"class": ["green_ring"]}, crs="EPSG:2180",
    ...                         geometry=[box(0, 0, 1000, 500)])
    >>> zones = gpd.GeoDataFrame({"symbol": ["SJ", "SO"]}, crs="EPSG:2180",
    ...                          geometry=[box(0, 0, 200, 1000), box(200, 0, 600, 1000)])
    >>> rules = pd.DataFrame({"class": ["green_ring"] * 2, "symbol": ["SJ", "SO"],
    ...                       "compatibility": ["conflict", "compatible"]})
    >>> result = model_coherence(municipalities, ring, rules, planning_zones=zones)
    >>> result.features["areas"][["conflict_ha", "compatible_ha", "unknown_ha"]].values.tolist()
    [[10.0, 20.0, 20.0]]
    """
    municipalities = inputs.municipalities
    areas = inputs.structure.reset_index(drop=True)
    if params.class_column not in areas:
        have = ", ".join(str(c) for c in areas.columns[:10])
        raise SchemaError(
            _("column '{class_column}' is missing; there are: {have}").fill(
                class_column=params.class_column, have=have
            ),
            layer="structure",
            remedy=_("give class_column"),
        )
    rules = CompatibilityTable(inputs.model_compatibility)
    stated = areas[params.class_column].astype("object")
    classes = stated.where(stated.notna(), "").map(str)  # not stated: no rule, so not known
    strange = ~classes.isin(rules.classes)
    run.note(
        "structure",
        "unknown",
        int(strange.sum()),
        _("class the table does not know"),
        classes[strange].unique().tolist(),
    )
    plans = read_plans(run, inputs.plans, inputs.planning_zones, tolerance=params.tolerance)
    tables = _Tables(run, areas, classes, rules, plans)
    table = tables.municipal()
    frame, conflicts = tables.areas()
    parts = tables.parts()
    return Outcome(
        municipalities=table,
        features={
            "areas": frame,
            "parts": parts,
            "conflicts": conflicts,
            GROUND_TABLE: plan_land(municipalities, plans.cover),
        },
        findings=_findings(run, frame, table, parts, plans.cover),
    )


CHECK = model_coherence.check


class _Cut(NamedTuple):
    """The structure cut by municipality and by zone.

    Attributes
    ----------
    home : Overlay
        Areas (``left``) by municipality (``right``).
    area, town, zone : array of int
        Of each piece that a zone covers.
    geometry : array of geometry
    size : array of float
        m2.
    value : array of str
        Compatibility of each piece, or ``unknown``.
    """

    home: Overlay
    area: Array
    town: Array
    zone: Array
    geometry: Array
    size: Array
    value: Array


class _Tables:
    """Tables of one run; a zone that overlaps another counts once, the one in conflict first."""

    def __init__(
        self,
        run: Run,
        areas: gpd.GeoDataFrame,
        classes: pd.Series,
        rules: CompatibilityTable,
        plans: Plans,
    ) -> None:
        self.run, self.shapes, self.classes, self.rules = run, areas, classes, rules
        self.plans, self.municipalities = plans, run.municipalities
        self.symbols = plans.zones["symbol"].to_numpy()
        self._once: dict[str, _Cut] = {}
        over = self_overlaps(plans.zones.geometry.to_numpy(), min_area=_ROUNDING)
        self.doubled = np.unique(np.concatenate([over.left, over.right]))
        # which zones overlap is the same for every class; only who gives way is not
        left, right = (np.searchsorted(self.doubled, side) for side in (over.left, over.right))
        self.overlaps = over._replace(left=left, right=right)
        self._zones: dict[str, tuple[Array, Array]] = {}
        run.note(
            plans.layer,
            "repaired",
            len(self.doubled),
            _("overlapping zones: counted once"),
        )

    def zones_for(self, kind: str) -> tuple[Array, Array]:
        """Return the zones without overlaps as a class counts them, and what each does to it."""
        if kind in self._zones:
            return self._zones[kind]
        zones = self.plans.zones.geometry.to_numpy().copy()
        of_zone, symbols = pd.factorize(self.symbols, use_na_sentinel=False)
        found = [known or "unknown" for known in self.rules.map([kind] * len(symbols), symbols)]
        value = np.array(found, dtype=object)[of_zone]
        if len(self.doubled):
            harm = [_HARM[v] for v in value[self.doubled]]
            names = self.symbols[self.doubled]
            order = ranked(zones[self.doubled], harm, names)
            zones[self.doubled], _ = without_overlaps(
                zones[self.doubled], order, min_area=_ROUNDING, found=self.overlaps
            )
        self._zones[kind] = zones, value
        return self._zones[kind]

    def cut(self, kind: str, shapes: Array) -> _Cut:
        """Cut areas of one class."""
        zones, value = self.zones_for(kind)
        home = intersect(shapes, divided(self.municipalities))
        over = intersect(home.geometry, zones)
        of_piece = value[over.right]
        sure = (of_piece == "conflict") | (of_piece == "unknown")
        kept, taken = self.plans.withheld(over.geometry, sure)
        town, area = home.right[over.left], home.left[over.left]
        return _Cut(home, area, town, over.right, kept, over.area - taken, of_piece)

    def once(self, kind: str) -> _Cut:
        """Cut a class of which overlapping areas were dissolved."""
        if kind not in self._once:
            self._once[kind] = self.cut(kind, self._dissolved([kind]))
        return self._once[kind]

    def municipal(self) -> gpd.GeoDataFrame:
        """One row per municipality; each class is dissolved first: its overlaps count once."""
        municipalities, n = self.municipalities, len(self.municipalities)
        total = pd.DataFrame(0.0, index=range(n), columns=["area", *STATES])
        for kind in sorted(self.classes.unique()):
            cut = self.once(kind)
            total += _sums(cut.home.right, cut.town, cut, n)
        table = add_plan(municipalities[["teryt", "name", "geometry"]].copy(), self.plans.cover)
        # an area that could not be read may lie here
        listed = self.run.evidence["structure"].known_within(municipalities)
        table["structure_ha"] = known_sum(total["area"], listed) / _HECTARE
        return _fill(table, total, listed)

    def areas(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """One row per area of the structure; one per area, municipality and zone in conflict."""
        frame = gpd.GeoDataFrame(
            {"name": self.shapes.get("name", self.classes), "class": self.classes},
            geometry=self.shapes.geometry,
            crs=self.run.crs,
        )
        n = len(frame)
        total = pd.DataFrame(0.0, index=range(n), columns=["area", *STATES])
        listed = []
        for kind in sorted(self.classes.unique()):
            rows = np.flatnonzero((self.classes == kind).to_numpy())
            cut = self.cut(kind, self.shapes.geometry.to_numpy()[rows])
            sums = _sums(cut.home.left, cut.area, cut, len(rows))
            total.iloc[rows] = sums.to_numpy()
            at = np.flatnonzero(
                (cut.value == "conflict") & (cut.size > self.run.parameters.min_conflict)
            )
            area, zone = rows[cut.area[at]], cut.zone[at]
            listed.append(
                gpd.GeoDataFrame(
                    {
                        "name": frame["name"].to_numpy()[area],
                        "class": self.classes.to_numpy()[area],
                        "municipality": self.municipalities["name"].to_numpy()[cut.town[at]],
                        "symbol": self.symbols[zone],
                        "label": self.plans.zones["label"].to_numpy()[zone],
                        "area_ha": cut.size[at] / _HECTARE,
                    },
                    geometry=cut.geometry[at],
                    crs=self.run.crs,
                )
            )
        frame["area_ha"] = total["area"] / _HECTARE
        conflicts = pd.concat(listed, ignore_index=True)
        order = np.argsort(-conflicts["area_ha"].to_numpy(), kind="stable")
        return _fill(frame, total, _inside(frame, self.municipalities)), conflicts.iloc[
            order
        ].reset_index(drop=True)

    def parts(self) -> gpd.GeoDataFrame:
        """One row per part of the model (and one of classes without a part); land counts once."""
        of_class = self.rules.parts
        named = [of_class.get(kind, "") for kind in self.classes]
        rows, shapes, totals = [], [], []
        for part in (*PARTS, "") if of_class else ("",):
            kinds = sorted({k for k, p in zip(self.classes, named, strict=True) if p == part})
            if not part and not kinds:
                continue
            total = pd.DataFrame(0.0, index=[0], columns=["area", *STATES])
            for kind in kinds:
                cut = self.once(kind)
                none = np.zeros(len(cut.home.area), np.int64)
                total += _sums(none, np.zeros(len(cut.size), np.int64), cut, 1)
            if not kinds:
                total.loc[:] = np.nan  # the structure says nothing of this part
            rows.append({"part": part or "none", "classes": ", ".join(kinds) or None})
            shapes.append(shapely.union_all(self._dissolved(kinds)))
            totals.append(total)
        frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=self.run.crs)
        total = pd.concat(totals, ignore_index=True)
        frame["area_ha"] = total["area"] / _HECTARE
        return _fill(frame, total, _inside(frame, self.municipalities))

    def _dissolved(self, kinds: list[str]) -> Array:
        chosen = self.shapes.geometry.to_numpy()[self.classes.isin(kinds).to_numpy()]
        return shapely.get_parts(np.array([shapely.union_all(chosen)], dtype=object))


def _sums(whole: Array, members: Array, cut: _Cut, n: int) -> pd.DataFrame:
    """Areas by state: m2, one row per group; what no rule or plan covers is unknown."""
    out = pd.DataFrame({"area": np.bincount(whole, cut.home.area, minlength=n)})
    for state in COMPATIBILITY:
        rows = cut.value == state
        out[state] = np.bincount(members[rows], cut.size[rows], minlength=n)
    # less than a billionth of the area is rounding of overlays
    rest = out["area"] - out[list(COMPATIBILITY)].sum(axis=1)
    out["unknown"] = rest.where(rest > 1e-9 * out["area"], 0.0)
    return out


def _inside(frame: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame) -> Array:
    """Tell which areas cannot lie in a municipality without an outline."""
    return np.array([part is None for part in beyond(frame.geometry, municipalities)], dtype=bool)


def _fill(frame: gpd.GeoDataFrame, sums: pd.DataFrame, listed: Any) -> gpd.GeoDataFrame:
    """Add areas by state in ha, NaN where nothing is known, and shares of what is."""
    sums = sums.set_axis(frame.index)
    area, unknown = sums["area"], sums["unknown"]
    known = sums[list(COMPATIBILITY)].sum(axis=1)
    # nothing of an area known is no 0; an area that lies outside all municipalities has 0
    some = (known > 1e-6 * area) | ((area == 0) & listed)
    for state in COMPATIBILITY:
        frame[f"{state}_ha"] = known_sum(sums[state], some) / _HECTARE
    frame["unknown_ha"] = unknown / _HECTARE
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["known_share"] = np.where(area > 0, known / area, np.nan)
        frame["conflict_share"] = np.where(known > 1e-6 * area, sums["conflict"] / known, np.nan)
    return frame


def _findings(
    run: Run,
    frame: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    parts: gpd.GeoDataFrame,
    cover: PlanCover,
) -> list[Finding]:
    total, unknown = float(table["structure_ha"].sum()), float(table["unknown_ha"].sum())
    known = total - unknown
    some = known > 1e-6 * total
    values = {
        "structure_ha": total,
        "conflict_ha": float(table["conflict_ha"].sum()) if some else float("nan"),
        "conflict_share": float(table["conflict_ha"].sum()) / known if some else float("nan"),
        "unknown_ha": unknown,
    }
    found = [Finding(texts.conflict(values), values, unknown=unknown > 0.5 * total)]
    if frame["conflict_ha"].max() > 0:
        worst = frame.loc[frame["conflict_ha"].idxmax()]
        found.append(
            Finding(
                texts.WORST,
                {"worst_ha": float(worst["conflict_ha"])},
                {"area": str(worst["name"])},
            )
        )
    gone = parts.loc[parts["area_ha"].isna(), "part"].tolist()
    if 0 < len(gone) < len(PARTS):
        found.append(
            Finding(texts.PARTS_MISSING, {}, {"parts": join(", ", [PARTS[str(g)] for g in gone])})
        )
    lost = sum(item.count for item in run.evidence["structure"].losses)
    if lost:
        found.insert(0, Finding(texts.LOST, {"areas_lost": lost}, unknown=True))
    return found + plan_findings(run.municipalities, cover)
