"""Sentences of ``urban_form``, and proliferation of all municipalities taken as one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding
from metrogis.checks.shared.known_land import some_names
from metrogis.checks.spatial_development.urban_form import presentation as texts
from metrogis.landscape import sprawl

_HECTARE = 1e4


def whole(table: gpd.GeoDataFrame, numbers: sprawl.Coefficients) -> dict[str, float]:
    """Proliferation of all municipalities known whole together; NaN without any.

    Weighted over those whose people are known, too.
    """
    known = table[table["up"].notna()]
    out = {"municipalities_known": float(len(known)), **_spread(known)}
    peopled = known[known["people_known"].notna()]
    lup = wup = np.nan
    if len(peopled):
        part = _spread(peopled)
        people = float(peopled["people_known"].sum())
        built = float(peopled["built_ha"].sum())
        lup = built * _HECTARE / people if people > 0 else np.nan
        dis = part["dis"]
        weight = sprawl.dispersion_weight(dis, numbers) * sprawl.uptake_weight(lup, numbers)
        wup = part["up"] * float(weight) if built > 0 else 0.0
    return {**out, "lup": lup, "wup": float(wup)}


def _spread(part: gpd.GeoDataFrame) -> dict[str, float]:
    """Share built up, dispersion and proliferation of some municipalities taken as one."""
    built, land = float(part["built_ha"].sum()), float(part["land_ha"].sum())
    pba = built / land if land > 0 else np.nan
    dis = float((part["dis"] * part["built_ha"]).sum()) / built if built > 0 else np.nan
    return {"pba": pba, "dis": dis, "up": pba * dis if built > 0 else pba}


def findings(
    table: gpd.GeoDataFrame,
    every: dict[str, float],
    spread: gpd.GeoDataFrame,
    zones: bool,
    *,
    cells_only: bool = False,
) -> list[Finding]:
    """Return the sentences; those on sprawl are of municipalities known whole.

    Parameters
    ----------
    table : GeoDataFrame
        Of municipalities.
    every : dict
        See :func:`whole`.
    spread : GeoDataFrame
        Zones (``zones``) or municipalities over which entropy is taken.
    cells_only : bool
        Whether people come from cells alone, without a table of municipalities.
    """
    out = []
    gone = table["up"].isna()
    if gone.any():
        values = {"municipalities_unknown": float(gone.sum()), "municipalities": float(len(table))}
        values["land_unknown_ha"] = float(table["unknown_ha"].sum())
        out.append(Finding(texts.OF_KNOWN, values, {"names": some_names(table["name"][gone])}))
    if not gone.all():
        values = {"built_ha": float(table["built_ha"][~gone].sum())}
        values |= {name: every[name] for name in ("pba", "dis", "up")}
        out.append(Finding(texts.SPRAWL, values))
    nobody = table["people_known"].isna() & ~gone
    weighted = {name: every[name] for name in ("lup", "wup")}
    if np.isfinite(every["wup"]) and nobody.any():
        values = {**weighted, "people_unknown": float(nobody.sum())}
        names = {"names": some_names(table["name"][nobody])}
        out.append(Finding(texts.WEIGHTED_KNOWN, values, names))
    elif np.isfinite(every["wup"]):
        out.append(Finding(texts.WEIGHTED_CELLS if cells_only else texts.WEIGHTED, weighted))
    elif nobody.any():
        unknown = float(table["people"].isna().sum())
        out.append(Finding(texts.UNWEIGHTED, {"people_unknown": unknown}))
    best = "wup" if table["wup"].notna().any() else "up"
    if table[best].notna().any():
        row = table.loc[table[best].idxmax()]
        text = texts.MOST_WEIGHTED if best == "wup" else texts.MOST
        out.append(Finding(text, {f"largest_{best}": float(row[best])}, {"town": str(row["name"])}))
    spread = spread[spread["known_share"] == 1]  # of others the area built up is not known whole
    h, relative = sprawl.entropy(spread["built_ha"].to_numpy())
    if np.isfinite(relative):
        out.append(
            Finding(
                texts.ENTROPY_ZONES if zones else texts.ENTROPY,
                {"entropy": h, "entropy_relative": relative, "parts": len(spread)},
            )
        )
    if "cover_shdi" in table and table["cover_mesh"].notna().any():
        row = table.loc[table["cover_mesh"].idxmin()]
        dark = table["cover_known_share"] != 1
        if dark.any():
            values = {"cover_unknown": float(dark.sum())}
            names = {"names": some_names(table["name"][dark])}
            out.append(Finding(texts.COVER_UNKNOWN, values, names))
        out.append(
            Finding(
                texts.COVER,
                {
                    "shdi_median": float(table["cover_shdi"].median()),
                    "mesh_median": float(table["cover_mesh"].median()),
                    "mesh_least": float(row["cover_mesh"]),
                },
                {"town": str(row["name"])},
            )
        )
    return out
