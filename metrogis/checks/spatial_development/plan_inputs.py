"""What checks of planning acts take in: an APP GML plan, or a plain layer of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Input, Run
from metrogis.errors import MissingLayerError, SchemaError
from metrogis.planning.overlay import intersect, valid
from metrogis.planning.zones import ZONE_TYPES
from metrogis.texts import Text

if TYPE_CHECKING:
    from metrogis.sources.app_gml import Plan

Array = npt.NDArray[Any]

PLANS_TEXT = Text("plany ogólne (APP GML)", "general plans (APP GML)")
PLANS = Input("plans", PLANS_TEXT, required=False)
ZONES = Input(
    "planning_zones",
    Text("strefy planistyczne (zamiast plans)", "planning zones (in place of plans)"),
    "PlanningZones",
    required=False,
)


def require_plan(plans: Any) -> Plan:
    """Return ``plans`` when it is a plan as :func:`metrogis.read_app` gives it."""
    if not all(hasattr(plans, name) for name in ("acts", "zones", "own", "problems")):
        raise SchemaError(
            Text(
                f"to nie jest plan, tylko {type(plans).__name__}",
                f"this is no plan but {type(plans).__name__}",
            ),
            layer="plans",
            remedy=Text("wczytaj plik: read_app(...)", "read a file: read_app(...)"),
        )
    return plans


def zones_of(run: Run, check: str) -> gpd.GeoDataFrame:
    """Return the zones of either input in the working CRS, fit for overlays.

    Returns
    -------
    GeoDataFrame
        ``symbol`` (None where unknown), ``label``, ``teryt`` (six digits where known),
        ``geometry`` (valid); index 0..n-1.

    Raises
    ------
    MissingLayerError
        Without both inputs.
    """
    plans, layer = run.layers["plans"], run.layers["planning_zones"]
    if plans is None and layer is None:
        raise MissingLayerError(
            Text(
                f"sprawdzenie {check} wymaga planów (plans) albo stref (planning_zones)",
                f"check {check} needs plans, or planning_zones",
            ),
            layer="plans",
            remedy=Text(
                "podaj jedną z tych warstw lub wpisz ją do katalogu",
                "pass one of these layers, or declare it in the catalog",
            ),
        )
    name = "plans" if plans is not None else "planning_zones"
    if plans is not None and layer is not None:
        run.note(
            "planning_zones",
            "dropped",
            len(layer),
            Text("pominięte: użyto warstwy plans", "left aside: the layer plans was used"),
        )
    table, odd, broken = _ready(require_plan(plans) if plans is not None else layer, run.crs)
    run.note(
        name,
        "unknown",
        int(table["symbol"].isna().sum()),
        Text("nieznany symbol strefy: skutek nieznany", "unknown zone symbol: effect unknown"),
        odd,
    )
    if plans is not None:
        run.note(
            name,
            "repaired",
            len(broken),
            Text("niepoprawna geometria strefy", "invalid geometry of a zone"),
            broken,
        )
    void = table.geometry.isna() | table.geometry.is_empty
    run.note(
        name,
        "dropped",
        int(void.sum()),
        Text("strefa bez geometrii", "zone without geometry"),
        table["label"][void].astype(str),
    )
    return table[~void].reset_index(drop=True)


_Ready = tuple[gpd.GeoDataFrame, list[str], list[str]]
_KEPT: WeakKeyDictionary[Any, dict[str, _Ready]] = WeakKeyDictionary()
"""Five checks ask for the same zones of the same plan; a plan does not change."""


def _ready(source: Any, crs: Any) -> _Ready:
    """Zones fit for overlays, symbols that are none, labels of zones of invalid geometry."""
    plan = None if isinstance(source, pd.DataFrame) else source
    kept = {} if plan is None else _KEPT.setdefault(plan, {})
    key = crs.to_wkt()
    if key not in kept:
        frame = source
        if plan is not None:
            frame = plan.to_crs(crs).zones.rename(columns={"teryt6": "teryt"})
        shapes = frame.geometry.to_numpy()
        table = gpd.GeoDataFrame(
            {
                "symbol": [s if s in ZONE_TYPES else None for s in frame["symbol"]],
                "label": _column(frame, "label"),
                "teryt": [t[:6] if isinstance(t, str) else None for t in _column(frame, "teryt")],
            },
            geometry=valid(shapes),
            crs=crs,
        )
        odd = frame["symbol"][table["symbol"].isna().to_numpy()].astype(str).unique().tolist()
        bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
        kept[key] = (table, odd, [str(v) for v in table["label"][bad]])
    table, odd, broken = kept[key]
    return table.copy(deep=False), odd, broken


def zone_owners(run: Run, zones: gpd.GeoDataFrame, towns: gpd.GeoDataFrame) -> Array:
    """Return the municipality of each zone (-1: none): by code, else the one holding most of it."""
    code = {t[:6]: i for i, t in enumerate(towns["teryt"])}
    owner = np.array([code.get(t, -1) for t in zones["teryt"]], dtype=np.int64)
    lost = np.flatnonzero(owner < 0)
    over = intersect(towns.geometry.to_numpy(), zones.geometry.to_numpy()[lost])
    best = pd.DataFrame({"zone": over.right, "town": over.left, "area": over.area})
    best = best.sort_values("area").drop_duplicates("zone", keep="last")
    owner[lost[best["zone"].to_numpy(dtype=np.int64)]] = best["town"].to_numpy(dtype=np.int64)
    run.note(
        "plans" if run.layers["plans"] is not None else "planning_zones",
        "guessed",
        len(best),
        Text(
            "gmina strefy przyjęta z położenia (brak pasującego kodu TERYT)",
            "municipality of a zone taken from its location (no TERYT that fits)",
        ),
    )
    return owner


def _column(frame: pd.DataFrame, name: str) -> list[Any]:
    if name not in frame:
        return [None] * len(frame)
    return [None if v is None or v != v else v for v in frame[name].tolist()]


def acts_by_municipality(run: Run, plans: Plan, towns: gpd.GeoDataFrame) -> dict[str, Array]:
    """Find the municipality of every feature: by TERYT, else by where most of its area lies.

    Returns
    -------
    dict
        Table of the plan -> position in ``towns`` of each row, -1 where there is none.
    """
    code = {t[:6]: i for i, t in enumerate(towns["teryt"])}
    places: dict[str, Array] = {}
    guessed: list[str] = []
    moved = plans.to_crs(towns.crs)
    for table in ("acts", "zones", "ouz", "downtown", "standards"):
        frame = getattr(moved, table)
        found = np.array([code.get(t, -1) for t in _column(frame, "teryt6")], dtype=np.int64)
        lost = np.flatnonzero(found < 0)
        if len(lost):
            shapes = valid(frame.geometry.to_numpy()[lost])
            over = intersect(towns.geometry.to_numpy(), shapes)
            best = pd.DataFrame({"row": over.right, "town": over.left, "area": over.area})
            best = best.sort_values("area").drop_duplicates("row", keep="last")
            found[lost[best["row"].to_numpy()]] = best["town"].to_numpy()
            guessed += frame["local_id"].iloc[lost[best["row"].to_numpy()]].astype(str).tolist()
        places[table] = found
    run.note(
        "plans",
        "guessed",
        len(guessed),
        Text(
            "gmina z położenia: kod TERYT w pliku nie pasuje do żadnej",
            "municipality taken from location: TERYT in the file matches none",
        ),
        guessed,
    )
    outside = sum(int((p < 0).sum()) for p in places.values())
    run.note(
        "plans",
        "noted",
        outside,
        Text(
            "obiekty planów poza gminami metropolii", "features of plans outside all municipalities"
        ),
    )
    return places
