"""Railway stations and their entrances."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import shapely

from metrogis.demo.fabric import Fabric
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

_QUARTERS = (
    "Stocznia", "Przymorze Nowe", "Zaspa Górna", "Port", "Wzgórze", "Politechnika", "Redłów",
    "Morska", "Ogrody", "Osiedle Młodych",
)  # fmt: skip
_REACH = {"city": 1500, "town": 1200, "seat": 1500, "village": 900, "halt": 200}
"""How far from a line (m) a place of a role may lie to have a station."""


def make_stations(terrain: Terrain, settled: Settled, fabric: Fabric) -> pd.DataFrame:
    """Return stations: name, ref, x, y, rail (number of the line), at (m along it), place, main.

    Towns on the line have one, the city one every 2.2 km, larger villages beside the line one.
    """
    places = settled.places
    rows: list[dict[str, object]] = []
    for k, rail in enumerate(settled.rails):
        marks = _places_served(settled, k)
        city = next((m for m in marks if places["role"].iloc[m[1]] == "city"), None)
        if city:
            for step in range(-12, 13):
                at = city[0] + 2150 * step
                if step == 0 or not 0 < at < rail.length:
                    continue
                p = rail.interpolate(at)
                r, c = (int(a[0]) for a in terrain.grid.rowcol(np.array([p.x]), np.array([p.y])))
                if fabric.owner[r, c] == city[1] and fabric.depth[r, c] < 1.05:
                    marks.append((at, city[1], False))
        marks.sort(key=lambda m: (not m[2], m[0]))
        taken: list[float] = []
        for at, i, _ in marks:
            if all(abs(at - other) > 1500 for other in taken):
                taken.append(at)
                p = rail.interpolate(at)
                rows.append({"x": p.x, "y": p.y, "rail": k, "at": at, "place": i})
    out = pd.DataFrame(rows).sort_values(["rail", "at"]).reset_index(drop=True)
    city_rows = out.index[(out["place"] == 0)]
    main = None
    if len(city_rows):
        c = places.iloc[0]
        main = int((np.hypot(out["x"] - c.x, out["y"] - c.y)).loc[city_rows].idxmin())
    out["name"] = _names(out["place"].tolist(), places["name"].tolist(), main)
    out["ref"] = [str(7100 + 7 * k) for k in range(len(out))]
    out["main"] = out.index == main
    rr, cc = terrain.grid.rowcol(out["x"].to_numpy(), out["y"].to_numpy())
    out["municipality"] = settled.label[rr, cc]
    return out[out["municipality"] >= 0].reset_index(drop=True)


def _places_served(settled: Settled, k: int) -> list[tuple[float, int, bool]]:
    """Return metres along line ``k``, place, and whether it comes before others, of each place."""
    rail = settled.rails[k]
    blocked = set(settled.municipalities.index[settled.municipalities["role"] == "isolated"])
    marks = []
    for i, p in enumerate(settled.places.itertuples()):
        point = shapely.Point(p.x, p.y)
        if p.plant and p.role != "halt":
            continue
        if rail.distance(point) > _REACH[p.role] or p.municipality in blocked or p.municipality < 0:
            continue
        if p.role in ("city", "town") and k > 0 and settled.rails[0].distance(point) < 1500:
            continue
        marks.append((float(rail.project(point)), i, p.role in ("city", "town", "halt")))
    return marks


def _names(place_of: list[int], places: list[str], main: int | None) -> list[str]:
    """Name stations by their places; those of the city (place 0) by its quarters."""
    names = []
    seen: Counter[int] = Counter()
    for index, place in enumerate(place_of):
        if index == main:
            names.append(f"{places[place]} Główna")
            continue
        number = seen[place]
        seen[place] += 1
        if place == 0:
            quarter = _QUARTERS[number % len(_QUARTERS)] + ("" if number < 10 else " II")
            names.append(f"{places[0]} {quarter}")
        else:
            names.append(places[place] + ("" if number == 0 else " Zachodnia"))
    return names
