"""Tables of the result of ``service_quality``: cells, areas, stops, municipalities."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Floats, Ints
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.transport_accessibility.service_quality.known import (
    EXACT,
    KNOWN_SHARE,
    Labels,
)
from metrogis.checks.transport_accessibility.service_quality.parameters import Method
from metrogis.evidence.timetable import TimetableEvidence
from metrogis.transit.classes import Classes

# what decided the class of a cell: columns of the method's table that the cells carry
EXPLAINED: dict[Method, tuple[str, ...]] = {
    "are": ("category", "column", "interval_min", "line", "stop", "metres"),
    "austria": ("category", "column", "interval_min", "line", "stop", "metres"),
    "ptal": ("ai", "mode_group", "line", "stop", "metres"),
    "dg_regio": ("per_hour", "mode_group", "line", "stop", "metres"),
    "sdg": ("mode_group", "line", "stop", "metres"),
    "sdg_pl": ("mode_group", "line", "stop", "metres"),
}
PTAL_MODES = ("rail", "metro", "tram", "bus")
PTAL_TERMS = ("wt", "swt", "awt", "tat", "edf", "ai")


def explanation(cells: gpd.GeoDataFrame, found: Mapping[Method, Classes]) -> None:
    """Add to the cells what decided the class by each method.

    Parameters
    ----------
    cells : GeoDataFrame
        Changed in place.
    found : mapping of str to Classes
        By method; columns are named ``<method>_<name>``. Numbers are rounded, for they explain and
        are not computed with.
    """
    for method, classes in found.items():
        for name in EXPLAINED[method]:
            values = classes.table[name].to_numpy()
            # 0.1 m, 0.01 min: enough to explain, small in files
            cells[f"{method}_{name}"] = np.round(values, 2) if values.dtype.kind == "f" else values
    if "ptal" in found:
        table = found["ptal"].table
        for mode in PTAL_MODES:
            for term in PTAL_TERMS:
                cells[f"ptal_{term}_{mode}"] = np.round(table[f"{term}_{mode}"].to_numpy(), 3)


def area_table(
    municipalities: gpd.GeoDataFrame,
    unit: Ints,
    cells: gpd.GeoDataFrame,
    label: npt.NDArray[np.object_],
    labels: tuple[str, ...],
    certainty: npt.NDArray[np.object_] | None = None,
) -> gpd.GeoDataFrame:
    """Return people and land of each municipality by class: a light layer for the map.

    With ``certainty`` also by what the class is (exact, a lower bound, unknown).
    """
    kinds = tuple(KNOWN_SHARE)
    code = pd.Categorical(label, categories=list(labels)).codes.astype(np.int64)
    kind = np.zeros(len(code), np.int64)
    if certainty is not None:
        kind = pd.Categorical(certainty, categories=list(kinds)).codes.astype(np.int64)
    keys, group = np.unique(
        (unit * len(labels) + code) * len(kinds) + kind, return_inverse=True
    )  # fmt: skip
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    people = cells["population"]
    area = shapely.area(shapes)
    told = np.bincount(group, area * people.notna().to_numpy(), minlength=len(keys))
    which, kind = keys // len(kinds), keys % len(kinds)
    columns = {
        "teryt": municipalities["teryt"].to_numpy()[which // len(labels)],
        "name": municipalities["name"].to_numpy()[which // len(labels)],
        "class": np.array(labels, dtype=object)[which % len(labels)],
        "population": people.groupby(group).sum(min_count=1).to_numpy("float64"),
        "population_km2": told / 1e6,
    }
    if certainty is not None:
        columns["certainty"] = np.array(kinds, dtype=object)[kind]
        columns["known_share"] = np.array(list(KNOWN_SHARE.values()))[kind]
    out = gpd.GeoDataFrame(
        columns, geometry=dissolve(shapes, group.astype(np.int64), len(keys)), crs=cells.crs
    )
    out["area_km2"] = out.area / 1e6
    return out


def stop_table(
    are: Classes | None, stops: gpd.GeoDataFrame, known: TimetableEvidence, reach: float
) -> gpd.GeoDataFrame:
    """Return stops with the category of the Swiss method; without it the posts as they are.

    That a stop has none is certain only where all timetables are known and nothing was lost of
    its posts, which lie within ``reach`` metres.
    """
    if are is None:
        return gpd.GeoDataFrame(
            {"stop_id": stops["stop_id"], "name": stops["name"], "category": UNKNOWN_CATEGORY},
            geometry=stops.geometry.to_numpy(),
            crs=stops.crs,
        )
    out = are.stops.copy()
    points = np.asarray(out.geometry.to_numpy(), dtype=object)
    sure = known.known_near(points, dict.fromkeys(known.groups, reach))
    none = out["category"].to_numpy(dtype=object) == ""
    out.loc[none, "category"] = np.where(sure[none], NO_CATEGORY, UNKNOWN_CATEGORY)
    out["interval_min"] = out["interval_min"].replace(np.inf, np.nan).round(1)
    return out


NO_CATEGORY, UNKNOWN_CATEGORY = "none", "unknown"


def municipal_table(
    municipalities: gpd.GeoDataFrame,
    unit: Ints,
    cells: gpd.GeoDataFrame,
    weight: Floats,
    totals: Floats,
    labels: Mapping[Method, Labels],
    level: Mapping[Method, Ints],
    coverage: npt.NDArray[np.object_],
    people_known: bool,
) -> gpd.GeoDataFrame:
    """Return one row per municipality: shares by level of service and method.

    Parameters
    ----------
    municipalities : GeoDataFrame
    unit : ndarray of int (cells,)
        Municipality of each cell.
    cells : GeoDataFrame
        ``agreement`` of the methods.
    weight : ndarray of float (cells,)
        People, or area where population is not known.
    totals : ndarray of float (municipalities,)
        Population; not shown unless ``people_known``.
    labels, level : mapping
        By method, of each cell: :class:`Labels`; 2 good, 1 served, 0 none, -1 unknown.
    coverage : ndarray of str (municipalities,)
    people_known : bool

    Returns
    -------
    GeoDataFrame (municipalities,)
        NaN where nobody lives.
    """
    count = len(municipalities)
    whole = np.bincount(unit, weight, minlength=count)

    def share(mask: npt.NDArray[np.bool_]) -> Floats:
        own = np.bincount(unit, weight * mask, minlength=count)
        out = np.divide(own, whole, out=np.full(count, np.nan), where=whole > 0)
        return np.asarray(np.minimum(out, 1.0))

    table: dict[str, object] = {
        "teryt": municipalities["teryt"].to_numpy(),
        "name": municipalities["name"].to_numpy(),
        "population": totals if people_known else np.full(count, np.nan),
        "coverage": coverage,
    }
    for method, codes in level.items():
        table[f"{method}_good_share"] = share(codes == 2)
        table[f"{method}_served_share"] = share(codes >= 1)
        table[f"{method}_none_share"] = share(codes == 0)
        table[f"{method}_unknown_share"] = share(codes == -1)
        table[f"{method}_exact_share"] = share(labels[method].certainty == EXACT)
    kind = cells["agreement"].to_numpy()
    table["opposite_share"] = share(kind == "opposite")
    table["compared_share"] = share(kind != "unknown")
    return gpd.GeoDataFrame(
        table,
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
        index=municipalities.index,
    )
