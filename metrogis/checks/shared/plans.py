"""What checks of planning acts take in: an APP GML plan, or a plain layer of zones.

Where plans are known is found once for all checks: :func:`read_plans`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import PlanningZones
from metrogis.errors import SchemaError
from metrogis.evidence import Evidence, Loss, loss
from metrogis.evidence.plans import TOLERANCE, PlanCover, plan_cover
from metrogis.i18n import _
from metrogis.planning.overlay import intersect, polygonal, valid
from metrogis.planning.zones import ZONE_TYPES

if TYPE_CHECKING:
    from metrogis.sources.app_gml import Plan

Array = npt.NDArray[Any]

IN_PLACE_OF_PLANS = _("planning zones (in place of plans)")


def require_plan(plans: Any) -> Plan:
    """Return ``plans`` when it is a plan as :func:`metrogis.read_app` gives it.

    Raises
    ------
    SchemaError
        If it is anything else, such as a plain layer of zones.
    """
    if not all(hasattr(plans, name) for name in ("acts", "zones", "own", "problems")):
        raise SchemaError(
            _("this is no plan but {name}").fill(name=type(plans).__name__),
            layer="plans",
            remedy=_("read a file: read_app(...)"),
        )
    return plans


@dataclass(frozen=True, eq=False)
class Plans:
    """Zones of a run, and where plans are known.

    Attributes
    ----------
    layer : str
        ``plans`` or ``planning_zones``: the one that was used.
    zones : GeoDataFrame
        See :func:`zones_of`.
    cover : PlanCover
        By municipality, and :attr:`evidence` for any place.
    """

    layer: str
    zones: gpd.GeoDataFrame
    cover: PlanCover

    @property
    def evidence(self) -> Evidence:
        """Where plans are known."""
        return self.cover.evidence

    @property
    def lost(self) -> Any:
        """Land on which a zone was lost (None: nowhere); see :func:`withheld`."""
        places = [item.where for item in self.evidence.losses if item.where is not None]
        return shapely.union_all(places) if places else None

    def withheld(self, pieces: Array, certain: Array) -> tuple[Array, Array]:
        """Split pieces of land by whether the zone that was read there is certainly all there is.

        Where a zone was lost another may lie over the one that was read: what the worst kind of
        zone does is certain all the same, what the others do is not.

        Parameters
        ----------
        pieces : array of Polygon or MultiPolygon (n,)
        certain : array of bool (n,)
            Pieces that stay as they are.

        Returns
        -------
        kept : array of geometry (n,)
        taken : array of float (n,)
            Area taken from each piece, m2.
        """
        kept, lost = pieces.copy(), self.lost
        anywhere = self.evidence.lost_anywhere
        if not anywhere and lost is None:
            return kept, np.zeros(len(pieces))
        rows = np.flatnonzero(~certain)
        # where in the metropolis a zone was lost is not known: nothing that was read is all there
        # is
        if anywhere:
            kept[rows] = shapely.Polygon()
        else:
            shapely.prepare(lost)
            rows = rows[shapely.intersects(lost, pieces[rows])]
            kept[rows] = polygonal(shapely.difference(pieces[rows], lost))
        return kept, shapely.area(pieces) - shapely.area(kept)


def read_plans(
    run: Run,
    plans: Plan | None,
    planning_zones: PlanningZones | None,
    *,
    tolerance: float = TOLERANCE,
    note: bool = True,
) -> Plans:
    """Return the zones of either input and where plans are known; ``run.evidence`` then says so.

    Parameters
    ----------
    run : Run
    plans, planning_zones : optional
        At least one of these layers; plans go first.
    tolerance : float
        See :func:`metrogis.evidence.plans.plan_cover`.
    note : bool
        Write into the audit what was lost and repaired.

    Raises
    ------
    MissingLayerError
        Without both inputs.
    """
    zones = zones_of(run, plans, planning_zones, note=note)
    municipalities = run.municipalities
    name = "plans" if plans is not None else "planning_zones"
    source = plans if plans is not None else planning_zones
    ready = _ready(source, run.crs)
    base = Evidence.of(source, name, run.crs).losing(ready.losses)
    shapes = municipalities.geometry.to_numpy()
    # the cover hangs on the outlines and codes alone: checks of one run, and runs alike, share it
    place = hash((run.crs.to_wkt(), tolerance, *municipalities["teryt"], *shapely.to_wkb(shapes)))
    kept = {} if plans is None else _COVERS.setdefault(plans, {})
    if place not in kept:
        code = {t[:6]: i for i, t in enumerate(municipalities["teryt"])}
        # a zone whose symbol is blank or none is planned land all the same: its use is unknown
        outlined = np.zeros(len(municipalities), bool)
        if plans is not None:
            of_act = _homes(plans.to_crs(run.crs).acts, municipalities)[0]
            outlined[of_act[of_act >= 0]] = True
        kept[place] = plan_cover(
            base,
            municipalities,
            zones.geometry.to_numpy(),
            home=[code.get(t, -1) for t in zones["teryt"]],
            outlined=outlined,
            tolerance=tolerance,
        )
    run.evidence[name] = kept[place].evidence
    return Plans(name, zones, kept[place])


def no_plans(run: Run, tolerance: float = TOLERANCE) -> Plans:
    """Return the plans of a run that has neither layer: none is known anywhere."""
    crs = run.crs
    zones = gpd.GeoDataFrame(
        {"symbol": [], "label": [], "teryt": [], "max_intensity": []}, geometry=[], crs=crs
    )
    absent = replace(Evidence.absent("plans"), crs=crs)
    return Plans("plans", zones, plan_cover(absent, run.municipalities, [], tolerance=tolerance))


def zones_of(
    run: Run, plans: Plan | None, layer: PlanningZones | None, *, note: bool = True
) -> gpd.GeoDataFrame:
    """Return the zones of either input in the working CRS, fit for overlays.

    Returns
    -------
    GeoDataFrame
        ``symbol`` (None where unknown), ``label``, ``teryt`` (six digits where known),
        ``max_intensity`` (NaN where unknown), ``geometry`` (valid); index 0..n-1.

    Raises
    ------
    MissingLayerError
        Without both inputs.
    """
    name = "plans" if plans is not None else "planning_zones"
    # both inputs given: the plan says more (acts, dates) and is the one that is used
    if plans is not None and layer is not None:
        run.note(
            "planning_zones",
            "dropped",
            len(layer),
            _("left aside: the layer plans was used"),
        )
    ready = _ready(require_plan(plans) if plans is not None else layer, run.crs)
    for item in ready.losses if note else ():
        run.note(name, "unknown", item.count, item.what, item.ids)
    if plans is not None and note:
        run.note(
            name,
            "repaired",
            len(ready.broken),
            _("invalid geometry of a zone"),
            ready.broken,
        )
    return ready.zones.copy(deep=False)


@dataclass(frozen=True, eq=False)
class _Ready:
    """Zones fit for overlays, labels of those of invalid geometry, and what is not known."""

    zones: gpd.GeoDataFrame
    broken: list[str]
    losses: tuple[Loss, ...]


_KEPT: WeakKeyDictionary[Any, dict[str, _Ready]] = WeakKeyDictionary()
"""Five checks ask for the same zones of the same plan; a plan does not change."""
_COVERS: WeakKeyDictionary[Any, dict[int, PlanCover]] = WeakKeyDictionary()

_DOUBT = 1.0
"""Area (m2) in which two readings of an invalid outline may differ before it is doubted."""


def _ready(source: Any, crs: Any) -> _Ready:
    """Return the zones of a plan or of a plain layer, fit for overlays, and what was lost."""
    # a plain layer is a frame that its owner may change: only plans are kept
    plan = None if isinstance(source, pd.DataFrame) else source
    if plan is None:
        return _fit(source, source, crs)
    kept = _KEPT.setdefault(plan, {})
    key = crs.to_wkt()
    if key not in kept:
        rows = plan.zones["lost"].isna().to_numpy()
        frame = plan.to_crs(crs).zones[rows].rename(columns={"teryt6": "teryt"})
        kept[key] = _fit(frame, plan.zones[rows], crs)
    return kept[key]


def _fit(frame: pd.DataFrame, ids: pd.DataFrame, crs: Any) -> _Ready:
    shapes = frame.geometry.to_numpy()
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    table = gpd.GeoDataFrame(
        {
            # a symbol that is none of the act's kinds stays as planned land of unknown effect
            "symbol": [s if s in ZONE_TYPES else None for s in frame["symbol"]],
            "label": _column(frame, "label"),
            "teryt": [t[:6] if isinstance(t, str) else None for t in _column(frame, "teryt")],
            "max_intensity": pd.to_numeric(
                pd.Series(_column(frame, "max_intensity"), dtype=object), errors="coerce"
            ).to_numpy(float),
        },
        geometry=valid(shapes),
        crs=crs,
    )
    broken = [str(v) for v in table["label"][bad]]
    losses = [*_doubtful(table, shapes, bad), *_disagreeing(table, ids)]
    strange = table["symbol"].isna().to_numpy()
    if strange.any():
        what = _("unknown zone symbol: effect unknown")
        odd = frame["symbol"][strange].astype(str).unique().tolist()
        where = shapely.union_all(table.geometry.to_numpy()[strange])
        losses.append(loss("zone", what, odd, count=int(strange.sum()), where=where, crs=crs))
    void = (table.geometry.isna() | table.geometry.is_empty).to_numpy()
    return _Ready(table[~void].reset_index(drop=True), broken, tuple(losses))


def _doubtful(table: gpd.GeoDataFrame, shapes: Array, bad: Array) -> list[Loss]:
    """Keep of invalid outlines what both ways to read them give; the rest is lost."""
    rows = np.flatnonzero(bad)
    if not len(rows):
        return []
    first = table.geometry.to_numpy()[rows]
    second = polygonal(shapely.make_valid(shapes[rows]))
    # what only one reading covers is in doubt; what both cover stays
    apart = polygonal(shapely.symmetric_difference(first, second))
    off = shapely.area(apart) > _DOUBT
    if not off.any():
        return []
    agreed = table.geometry.to_numpy().copy()
    agreed[rows[off]] = polygonal(shapely.intersection(first[off], second[off]))
    table.geometry = gpd.GeoSeries(agreed, index=table.index, crs=table.crs)
    what = _("invalid ring of a zone: part of its land cannot be told")
    labels = table["label"].iloc[rows[off]].astype(str)
    return [loss("zone", what, labels, where=shapely.union_all(apart[off]), crs=table.crs)]


def _disagreeing(table: gpd.GeoDataFrame, ids: pd.DataFrame) -> list[Loss]:
    """Keep of zones that several rows describe differently, none newer, what all rows say."""
    if not {"namespace", "local_id", "label"} <= set(ids.columns):
        return []
    known = ids["local_id"].notna().to_numpy() & ids["label"].notna().to_numpy()
    keys = ids[["namespace", "local_id", "label"]].astype(str).reset_index(drop=True)
    twice = np.flatnonzero(known & keys.duplicated(keep=False).to_numpy())
    symbols, shapes = table["symbol"].to_numpy(), table.geometry.to_numpy().copy()
    places, names = [], []
    for (_unused, name, _unused), rows in keys.iloc[twice].groupby(list(keys)).indices.items():
        at = twice[rows]
        whole = shapely.union_all(shapes[at])
        agreed: Any = shapely.Polygon()
        # rows of one zone agree on land only where they agree on its symbol
        if len({str(s) for s in symbols[at]}) == 1:
            agreed = polygonal(np.array([shapely.intersection_all(shapes[at])], dtype=object))[0]
        apart = shapely.difference(whole, agreed)
        if shapely.area(apart) > _DOUBT:
            shapes[at] = agreed
            places.append(apart)
            names.append(str(name))
    if not names:
        return []
    table.geometry = gpd.GeoSeries(shapes, index=table.index, crs=table.crs)
    what = _("zone that stands several times, each time otherwise")
    return [loss("zone", what, names, where=shapely.union_all(places), crs=table.crs)]


def zone_owners(run: Run, zones: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame) -> Array:
    """Return the municipality of each zone.

    Parameters
    ----------
    run : Run
        Gets a row of the audit for owners taken from the location.
    zones, municipalities : GeoDataFrame
        ``teryt``; its first six digits decide, for the seventh is the kind of municipality.

    Returns
    -------
    ndarray of int64 (zones,)
        Row of the municipality; where no code fits, the one that holds most of the zone; -1: none.
    """
    code = {t[:6]: i for i, t in enumerate(municipalities["teryt"])}
    owner = np.array([code.get(t, -1) for t in zones["teryt"]], dtype=np.int64)
    lost = np.flatnonzero(owner < 0)
    over = intersect(municipalities.geometry.to_numpy(), zones.geometry.to_numpy()[lost])
    best = pd.DataFrame({"zone": over.right, "town": over.left, "area": over.area})
    best = best.sort_values("area").drop_duplicates("zone", keep="last")
    owner[lost[best["zone"].to_numpy(dtype=np.int64)]] = best["town"].to_numpy(dtype=np.int64)
    run.note(
        "plans" if run.has("plans") else "planning_zones",
        "guessed",
        len(best),
        _("municipality of a zone taken from its location (no TERYT that fits)"),
    )
    return owner


def zones_by_owner(
    run: Run, zones: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame, tolerance: float
) -> tuple[Array, Array, Array]:
    """Return zones as the municipalities' own: one without a code that lies in several is cut.

    Parameters
    ----------
    run : Run
    zones : GeoDataFrame
        See :func:`zones_of`.
    municipalities : GeoDataFrame
    tolerance : float
        Parts of a zone beyond a border that are narrower than this belong to the zone's own
        municipality still, m.

    Returns
    -------
    shapes : array of geometry
    zone : array of int
        Row of ``zones`` of each.
    owner : array of int
        Municipality of each, -1 where there is none.
    """
    owner = zone_owners(run, zones, municipalities)
    shapes = zones.geometry.to_numpy()
    coded = zones["teryt"].isin(municipalities["teryt"].str.slice(0, 6)).to_numpy()
    free = np.flatnonzero(~coded & (owner >= 0))
    over = intersect(municipalities.geometry.to_numpy(), shapes[free], min_area=tolerance**2)
    zone = free[over.right]
    # parts that vanish when shrunk by half the tolerance are slivers along a border
    broad = ~shapely.is_empty(shapely.buffer(over.geometry, -tolerance / 2))
    # a zone is cut where a broad part lies in another municipality than its own
    others = broad & (over.left != owner[zone])
    split = np.isin(zone, zone[others])
    whole = np.flatnonzero(~np.isin(np.arange(len(shapes)), zone[split]))
    pieces = np.flatnonzero(split & (broad | (over.left == owner[zone])))
    return (
        np.concatenate([shapes[whole], over.geometry[pieces]]),
        np.concatenate([whole, zone[pieces]]),
        np.concatenate([owner[whole], over.left[pieces]]),
    )


def _column(frame: pd.DataFrame, name: str) -> list[Any]:
    if name not in frame:
        return [None] * len(frame)
    return [None if v is None or v != v else v for v in frame[name].tolist()]


def _homes(frame: gpd.GeoDataFrame, municipalities: gpd.GeoDataFrame) -> tuple[Array, Array]:
    """Municipality of each feature (-1: none), and the rows for which it was taken from place."""
    code = {t[:6]: i for i, t in enumerate(municipalities["teryt"])}
    found = np.array([code.get(t, -1) for t in _column(frame, "teryt6")], dtype=np.int64)
    lost = np.flatnonzero(found < 0)
    if not len(lost):
        return found, lost
    over = intersect(municipalities.geometry.to_numpy(), valid(frame.geometry.to_numpy()[lost]))
    best = pd.DataFrame({"row": over.right, "town": over.left, "area": over.area})
    best = best.sort_values("area").drop_duplicates("row", keep="last")
    taken = lost[best["row"].to_numpy(dtype=np.int64)]
    found[taken] = best["town"].to_numpy(dtype=np.int64)
    return found, taken


def acts_by_municipality(
    run: Run, plans: Plan, municipalities: gpd.GeoDataFrame
) -> dict[str, Array]:
    """Find the municipality of every feature: by TERYT, else by where most of its area lies.

    Returns
    -------
    dict
        Table of the plan -> position in ``municipalities`` of each row, -1 where there is none.
    """
    places: dict[str, Array] = {}
    guessed: list[str] = []
    moved = plans.to_crs(municipalities.crs)
    for table in ("acts", "zones", "ouz", "downtown", "standards"):
        frame = getattr(moved, table)
        places[table], taken = _homes(frame, municipalities)
        guessed += frame["local_id"].iloc[taken].astype(str).tolist()
    run.note(
        "plans",
        "guessed",
        len(guessed),
        _("municipality taken from location: TERYT in the file matches none"),
        guessed,
    )
    outside = sum(int((p < 0).sum()) for p in places.values())
    run.note(
        "plans",
        "noted",
        outside,
        _("features of plans outside all municipalities"),
    )
    return places
