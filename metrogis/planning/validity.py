"""Faults of planning acts, each located: geometry, tiling, labels, values, structure.

Areas are computed in the act's own CRS, before any reprojection, as planning law does.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.planning import zone_rules
from metrogis.planning.overlay import misfits, parts_above, self_overlaps, union, valid
from metrogis.planning.zone_rules import LocalPlans
from metrogis.planning.zones import ZONE_TYPES
from metrogis.sources.app_fields import NUMBERS
from metrogis.sources.app_gml import TABLES, Plan
from metrogis.sources.app_lost import owners

ERRORS = (
    "gap",
    "overlap",
    "outside_act",
    "invalid_ring",
    "open_ring",
    "short_ring",
    "no_geometry",
    "unreadable_geometry",
    "unknown_symbol",
    "label_mismatch",
    "duplicate_local_id",
    "duplicate_label",
    "decimals",
    "out_of_range",
    "bad_value",
    "bad_unit",
    "date_order",
    "missing_element",
    "repeated_element",
    "unknown_element",
    "element_order",
    "missing_value",
    "several_parts",
    "numbering_gap",
    "profile_missing",
    "bio_below_local",
    "bio_without_local",
)
WARNINGS = ("bio_below_minimum", "profile_not_allowed", "mixed_crs", "no_act")
NOTES = ("no_zones", "gap_unknown", "numbering_unknown")
LEVELS: dict[str, str] = (
    dict.fromkeys(ERRORS, "error")
    | dict.fromkeys(WARNINGS, "warning")
    | dict.fromkeys(NOTES, "note")
)
"""Code of a fault -> ``error``, ``warning`` or ``note``."""

COLUMNS = (
    "code",
    "level",
    "table",
    "row",
    "act",
    "teryt6",
    "label",
    "other",
    "detail",
    "area_m2",
    "local_id",
    "file",
    "line",
    "x",
    "y",
    "crs",
)
_FIELDS = ("namespace", "local_id", "teryt6", "file", "line", "crs", "lost", "lost_box")
_SYMBOLS = {"ouz": "OUZ", "downtown": "OZS", "standards": "OSD"}
_NAMES = {column: element for element, column in NUMBERS.items()}
_LEADING = re.compile(r"^0+(?=\d)")
_PLACE = re.compile(r"\[(-?[\d.eE+-]+) (-?[\d.eE+-]+)")


def find_faults(
    plan: Plan,
    *,
    min_area: float = 0.001,
    check_profiles: bool = True,
    local_plans: LocalPlans | None = None,
    tolerance: float = 25.0,
) -> gpd.GeoDataFrame:
    """Find every fault of a plan.

    Parameters
    ----------
    plan : Plan
        From :func:`metrogis.sources.app_gml.read_app`.
    min_area : float
        Gaps, overlaps and parts outside the act of no more than this are rounding, m2.
    check_profiles : bool
        Compare functional profiles with the zone type as well.
    local_plans : LocalPlans, optional
        Local plans in force, in ``plan.crs``: what is below the minimum share of biologically
        active land is judged by them; without them it is a warning.
    tolerance : float
        A local plan lies in a zone where it reaches further than this from its edge, m.

    Returns
    -------
    GeoDataFrame
        One row per fault, in ``plan.crs``; geometry is the faulty area, point, or whole feature.
        ``code`` and ``level`` (see :data:`LEVELS`), ``table`` and ``row`` of the feature, ``act``,
        ``teryt6``, ``label``, ``other`` (the second feature), ``detail``, ``area_m2`` (in the
        act's own CRS, m2), ``local_id``, ``file``, ``line``, ``x`` and ``y`` in ``crs``.

    Examples
    --------
    See the check ``plan_validity``.
    """
    return _Finder(plan, min_area, check_profiles, local_plans, tolerance).run()


class _Finder:
    def __init__(
        self,
        plan: Plan,
        min_area: float,
        check_profiles: bool,
        local_plans: LocalPlans | None,
        tolerance: float,
    ) -> None:
        self.plan = plan
        self.min_area = min_area
        self.local_plans, self.tolerance = local_plans, tolerance
        self.check_profiles = check_profiles
        self.rows: list[dict[str, Any]] = []
        self.shapes: list[Any] = []
        # plain lists: asking a frame for one row at a time costs a hundred times more
        self.fields = {
            t: {c: _plain(getattr(plan, t), c) for c in (*_FIELDS, "label", "title")}
            for t in TABLES
        }
        self.owner = {t: owners(plan, t) for t in TABLES if t != "acts"}
        self.valid = {t: valid(plan.own[t]) for t in TABLES}
        own = plan.own["zones"]
        bad = ~shapely.is_valid(own) & ~shapely.is_missing(own)
        lost = plan.zones["lost"].notna().to_numpy()
        # zones whose land, or whose act, is not certain: few
        self.suspects = np.flatnonzero(bad | lost | (self.owner["zones"] < 0))

    def run(self) -> gpd.GeoDataFrame:
        self._structure()
        for table in TABLES:
            self._rings(table)
            self._dates(table)
            if table != "acts":
                self._labels(table)
                self._numbering(table)
        self._duplicates()
        self._values()
        self._parts()
        self._tiling()
        return self._frame()

    # ------------------------------------------------------------------ rows

    def _add(
        self,
        code: str,
        table: str,
        row: int,
        *,
        detail: str = "",
        other: str | None = None,
        area: float = np.nan,
        shape: Any = None,
        point: tuple[float, float] | None = None,
        crs: str | None = None,
    ) -> None:
        feature = self.fields[table]
        owner = row if table == "acts" else int(self.owner[table][row])
        acts = self.fields["acts"]
        act = f"{acts['namespace'][owner]}/{acts['local_id'][owner]}" if owner >= 0 else None
        if shape is None and point is not None and np.isfinite(point).all():
            shape = shapely.Point(point)
        if shape is None:
            shape = self.plan.own[table][row]
        self.rows.append(
            {
                "code": code,
                "level": LEVELS[code],
                "table": table,
                "row": row,
                "act": act or feature["namespace"][row],
                "teryt6": feature["teryt6"][row],
                "label": feature["title" if table == "acts" else "label"][row],
                "other": other,
                "detail": detail,
                "area_m2": area,
                "local_id": feature["local_id"][row],
                "file": feature["file"][row],
                "line": feature["line"][row],
                "crs": crs or feature["crs"][row],
            }
        )
        self.shapes.append(shape)

    def _frame(self) -> gpd.GeoDataFrame:
        frame = pd.DataFrame(self.rows, columns=[c for c in COLUMNS if c not in ("x", "y")])
        own = np.empty(len(frame), dtype=object)
        own[:] = self.shapes
        some = ~(shapely.is_missing(own) | shapely.is_empty(own))
        points = np.empty(len(frame), dtype=object)
        points[some] = shapely.point_on_surface(valid(own[some]))
        frame["x"], frame["y"] = shapely.get_x(points), shapely.get_y(points)
        geometry = own.copy()
        for crs in frame["crs"].dropna().unique():
            at = np.flatnonzero((frame["crs"] == crs).to_numpy() & some)
            geometry[at] = _to(own[at], crs, self.plan.crs)
        # stable: within a level, faults stay in the order of the search
        order = frame["level"].map({"error": 0, "warning": 1, "note": 2})
        out = gpd.GeoDataFrame(frame[list(COLUMNS)], geometry=geometry, crs=self.plan.crs)
        return out.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)

    # ------------------------------------------------------------------ features one by one

    def _structure(self) -> None:
        for p in self.plan.problems.itertuples():
            self._add(p.code, p.table, p.row, detail=p.detail, point=(p.x, p.y))

    def _rings(self, table: str) -> None:
        own = self.plan.own[table]
        bad = ~shapely.is_valid(own) & ~shapely.is_missing(own)
        for row in np.flatnonzero(bad):
            # GEOS names the place in brackets: "Self-intersection[x y]"
            reason = str(shapely.is_valid_reason(own[row]))
            place = _PLACE.search(reason)
            point = (float(place[1]), float(place[2])) if place else None
            self._add("invalid_ring", table, int(row), detail=reason.split("[")[0], point=point)

    def _dates(self, table: str) -> None:
        frame = getattr(self.plan, table)
        for first, last in (("valid_from", "valid_to"), ("version_from", "version_to")):
            for row in np.flatnonzero((frame[last] < frame[first]).to_numpy(dtype=bool)):
                self._add("date_order", table, int(row), detail=f"{first} > {last}")

    def _labels(self, table: str) -> None:
        frame = getattr(self.plan, table)
        known = set(ZONE_TYPES) if table == "zones" else {_SYMBOLS[table]}
        # zones are numbered (3SJ); areas of infill and downtown need a number only when there are
        # several
        numbered = r"\d+" if table == "zones" else r"\d*"
        for row, (label, symbol) in enumerate(zip(frame["label"], frame["symbol"], strict=True)):
            if isinstance(symbol, str) and symbol not in known:
                self._add("unknown_symbol", table, row, detail=symbol)
            if not isinstance(symbol, str) or not isinstance(label, str):
                continue  # absent: a missing_element already
            if re.fullmatch(numbered + re.escape(symbol), label) is None:
                self._add("label_mismatch", table, row, detail=f"{label} / {symbol}")

    def _numbering(self, table: str) -> None:
        frame = getattr(self.plan, table)
        owner = self.owner[table]
        for act in range(len(self.plan.acts)):
            rows = np.flatnonzero(owner == act)
            # infill and downtown areas need a number only when there are several
            if table != "zones" and len(rows) < 2:
                continue
            labels, symbols = frame["label"].iloc[rows], frame["symbol"].iloc[rows]
            for gap in zone_rules.numbering(labels, symbols, rows.tolist()):
                code = "numbering_gap" if gap.certain else "numbering_unknown"
                self._add(code, table, gap.row, detail=f"{gap.symbol}: {gap.missing}")

    def _duplicates(self) -> None:
        seen: dict[tuple[str, str], tuple[str, int]] = {}
        for table in TABLES:
            frame = getattr(self.plan, table)
            pairs = zip(frame["namespace"], frame["local_id"], strict=True)
            for row, (space, ident) in enumerate(pairs):
                if not isinstance(ident, str):
                    continue
                key = (str(space), ident)
                if key in seen:
                    other = self._named(*seen[key])
                    self._add("duplicate_local_id", table, row, detail=ident, other=other)
                else:
                    seen[key] = (table, row)
        for table in TABLES[1:]:
            frame = getattr(self.plan, table)
            first: dict[tuple[Any, str], int] = {}
            for row, label in enumerate(frame["label"]):
                if not isinstance(label, str):
                    continue
                owner = int(self.owner[table][row])
                # a label must be unique within its act; without an act, within the data set
                within = owner if owner >= 0 else self.fields[table]["namespace"][row]
                mine = (within, _LEADING.sub("", label))  # 01SJ has the number of 1SJ
                if mine in first:
                    other = self._named(table, first[mine])
                    self._add("duplicate_label", table, row, detail=label, other=other)
                else:
                    first[mine] = row

    def _named(self, table: str, row: int) -> str:
        feature = self.fields[table]
        name = feature["label"][row] or feature["local_id"][row]
        return f"{name} ({feature['file'][row]}, {feature['line'][row]})"

    def _values(self) -> None:
        zones = self.plan.zones
        for column in NUMBERS.values():
            for row, text in enumerate(zones[f"{column}_text"]):
                if isinstance(text, str) and _decimals(text) > 1:
                    self._add("decimals", "zones", row, detail=f"{_NAMES[column]}: {text}")
            top = 100.0 if column.endswith("share") else np.inf
            value = zones[column].to_numpy()
            for at in np.flatnonzero((value < 0) | (value > top)):
                detail = f"{_NAMES[column]}: {value[at]:g}"
                self._add("out_of_range", "zones", int(at), detail=detail)
        minimum = {s: z.min_bio_share for s, z in ZONE_TYPES.items()}
        # NaN where the symbol is unknown or has no minimum: a comparison with it is False
        least = np.array([minimum.get(s) for s in zones["symbol"]], dtype=float)
        share = zones["min_bio_share"].to_numpy()
        for low in np.flatnonzero(share < least).tolist():
            code, more = self._lawful(low, float(share[low]))
            if code is not None:
                detail = more or f"< {least[low]:g} %"
                self._add(code, "zones", low, detail=f"{share[low]:g} {detail}")
        for row, column in zone_rules.missing_values(zones):
            self._add("missing_value", "zones", row, detail=_NAMES[column])
        if self.check_profiles:
            for row, codes in zone_rules.odd_profiles(zones):
                self._add("profile_not_allowed", "zones", row, detail=" ".join(codes))
            for row, codes in zone_rules.missing_profiles(zones):
                self._add("profile_missing", "zones", row, detail=" ".join(codes))

    def _lawful(self, row: int, share: float) -> tuple[str | None, str]:
        shape, crs = self.valid["zones"][row], self.fields["zones"]["crs"][row]
        if self.local_plans is not None and isinstance(crs, str) and shape is not None:
            shape = _to(np.array([shape], dtype=object), crs, self.plan.crs)[0]
        return zone_rules.share_verdict(share, shape, row, self.local_plans, self.tolerance)

    def _parts(self) -> None:
        for row, count in zone_rules.several_parts(self.plan.own["zones"], self.min_area):
            self._add("several_parts", "zones", row, detail=str(count))

    # ------------------------------------------------------------------ zones against the act

    def _tiling(self) -> None:
        owner = self.owner["zones"]
        for act in range(len(self.plan.acts)):
            self._tile(act, np.flatnonzero(owner == act))
        orphans = np.flatnonzero(owner < 0)
        spaces = self.plan.zones["namespace"].iloc[orphans].fillna("")
        for space in spaces.unique():
            rows = orphans[(spaces == space).to_numpy()]
            self._add("no_act", "zones", int(rows[0]), detail=f"{space}: {len(rows)}")
            self._overlaps(rows, self.valid["zones"][rows], self.plan.zones["crs"].iloc[rows[0]])

    def _tile(self, act: int, rows: Array) -> None:
        outline = self.valid["acts"][act]
        if len(rows) == 0:
            self._add("no_zones", "acts", act)
            return
        zones = self.valid["zones"][rows]
        crs = self.plan.acts["crs"].iloc[act]
        theirs = self.plan.zones["crs"].iloc[rows]
        # an act without a CRS is taken in that of its zones
        if not isinstance(crs, str):
            crs = theirs.dropna().iloc[0] if theirs.notna().any() else None
        for other in theirs.dropna().unique():
            if other == crs:
                continue
            at = (theirs == other).to_numpy()
            # all in the CRS of the act: its areas are those of the law
            zones[at] = _to(zones[at], other, crs)
            self._add("mixed_crs", "zones", int(rows[at][0]), detail=f"{other} / {crs}: {at.sum()}")
        odd = misfits(zones)
        self._overlaps(rows, zones, crs, odd)
        if outline is None or shapely.is_empty(outline):
            return
        if isinstance(self.fields["acts"]["lost"][act], str):
            return  # an outline that is not known tells of no gap
        covered = union(zones, odd)
        doubts, anywhere = self._doubts(act, crs)
        for gap in parts_above(shapely.difference(outline, covered), self.min_area):
            near = [int(r) for r in shapely.STRtree(zones).query(gap, predicate="intersects")]
            labels = sorted({str(self.plan.zones["label"].iloc[rows[r]]) for r in near})
            unsure = anywhere or bool((shapely.area(shapely.intersection(gap, doubts)) > 0).any())
            self._add(
                "gap_unknown" if unsure else "gap",
                "acts",
                act,
                area=float(gap.area),
                shape=gap,
                other=", ".join(labels[:6]) or None,
                crs=crs,
            )
        shapely.prepare(outline)
        for at in np.flatnonzero(~shapely.covers(outline, zones)):
            for part in parts_above(shapely.difference(zones[at], outline), self.min_area):
                self._add(
                    "outside_act",
                    "zones",
                    int(rows[at]),
                    area=float(part.area),
                    shape=part,
                    crs=crs,
                )

    def _doubts(self, act: int, crs: str | None) -> tuple[Array, bool]:
        """Land on which a zone of the act may lie that could not be read; whether it may anywhere.

        A gap is certain only where no such zone could fill it: neither one that was lost, nor one
        whose ring is invalid, nor one whose act is not known.
        """
        zones, owner = self.fields["zones"], self.owner["zones"]
        own = self.plan.own["zones"]
        places: list[Any] = []
        for row in self.suspects.tolist():
            # a zone without an act may belong to this one
            if owner[row] not in (act, -1):
                continue
            box = zones["lost_box"][row]
            if isinstance(zones["lost"][row], str):
                shape = shapely.from_wkt(box) if isinstance(box, str) else None
            else:
                # a ring that crosses itself may enclose any land within its box
                shape = shapely.box(*shapely.bounds(own[row]))
            if shape is None:
                # a zone whose id names another municipality cannot fill a gap here
                elsewhere = zones["teryt6"][row] not in (None, self.fields["acts"]["teryt6"][act])
                if owner[row] == act or not elsewhere:
                    return np.empty(0, dtype=object), True
                continue
            theirs = zones["crs"][row]
            if isinstance(theirs, str) and isinstance(crs, str) and theirs != crs:
                shape = _to(np.array([shape], dtype=object), theirs, crs)[0]
            places.append(shape)
        return np.array(places, dtype=object), False

    def _overlaps(
        self, rows: Array, zones: Array, crs: str | None, odd: Array | None = None
    ) -> None:
        found = self_overlaps(zones, min_area=self.min_area, odd=odd)
        for i, j, shape in zip(found.left, found.right, found.geometry, strict=True):
            for part in parts_above(shape, self.min_area):
                self._add(
                    "overlap",
                    "zones",
                    int(rows[i]),
                    area=float(part.area),
                    shape=part,
                    other=self._named("zones", int(rows[j])),
                    crs=crs,
                )


def _plain(frame: pd.DataFrame, column: str) -> list[Any]:
    """Return a column as a list, None where unknown or where there is no such column."""
    if column not in frame:
        return [None] * len(frame)
    return [None if v is None or v != v else v for v in frame[column].tolist()]


def _decimals(text: str) -> int:
    """Count decimals that say something: 30.10 has one, as the value has.

    >>> _decimals("30.15"), _decimals("30.10"), _decimals("1e-3"), _decimals("many")
    (2, 1, 3, 0)
    """
    try:
        exponent = Decimal(text).normalize().as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _to(geometries: Array, source: str, target: Any) -> Array:
    a, b = crs_rules.parse(source), crs_rules.parse(target)
    if a.equals(b, ignore_axis_order=True):
        return geometries
    change = pyproj.Transformer.from_crs(a, b, always_xy=True)

    def move(xy: Array) -> Array:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometries, move), dtype=object)
