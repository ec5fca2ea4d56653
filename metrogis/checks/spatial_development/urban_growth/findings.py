"""Sentences of ``urban_growth``, and what of them is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from scipy import ndimage

from metrogis.arrays import Array
from metrogis.checks.contract import Finding
from metrogis.checks.shared.known_land import KnownLand, some_names
from metrogis.checks.spatial_development.urban_growth import presentation as texts
from metrogis.checks.spatial_development.urban_growth.exposure import EXPOSURES
from metrogis.checks.spatial_development.urban_growth.tables import KINDS
from metrogis.landscape import growth
from metrogis.landscape.grid import Grid

_HECTARE = 1e4


def findings(
    table: gpd.GeoDataFrame,
    patches: gpd.GeoDataFrame,
    years: float | None,
    known_part: KnownLand,
    *,
    people_lost: bool = False,
) -> list[Finding]:
    """Return the sentences; all are of land known at both dates.

    Parameters
    ----------
    table, patches : GeoDataFrame
        Of the result.
    years : float or None
    known_part : KnownLand
    people_lost : bool
        Whether people of some cells are not known, so that sums of people are at least.
    """

    def total(column: str) -> float:
        return float(table[column].sum(min_count=1))

    nan = float("nan")
    before, after, gained = total("before_ha"), total("after_ha"), total("gained_ha")
    land = total("land_ha")
    out = [_unknown_land(table, known_part)] if known_part.dark_area.any() else []
    out.append(
        Finding(
            texts.GROWTH,
            {
                "before_ha": before,
                "after_ha": after,
                "gained_ha": gained,
                "lost_ha": total("lost_ha"),
                "net_ha": after - before,
                "net_share": (after - before) / land if land else nan,
            },
        )
    )
    if years is not None:
        out.append(Finding(texts.YEARS, {"years": years, "gained_ha_year": gained / years}))
    if gained > 0:
        values = {f"{k}_share": total(f"{k}_ha") / gained for k in KINDS}
        values["leapfrog_patches"] = float(len(_far(patches)))
        open_ = gained - total("form_known_ha")
        if open_ > 0:
            values["form_unknown_ha"] = open_
        out.append(Finding(texts.FORM_KNOWN if open_ > 0 else texts.FORM, values))
    far = _far(patches)
    if len(far):
        first = far.iloc[far["area_ha"].argmax()]
        out.append(
            Finding(
                texts.FARTHEST,
                {"largest_leapfrog_ha": float(first["area_ha"])},
                {"municipality": str(first["municipality"])},
            )
        )
    out += _people_finding(table, known_part, people_lost)
    for name in EXPOSURES:
        dark = total(f"{name}_unknown_ha")
        sure = gained - dark
        if gained > 0 and sure > 1e-9 * gained:
            yes = total(f"{name}_ha")
            out.append(
                Finding(
                    (texts.EXPOSED_KNOWN if dark > 0 else texts.EXPOSED)[name],
                    {f"{name}_ha": yes, f"{name}_share": yes / sure, f"{name}_unknown_ha": dark},
                )
            )
    return out


def _unknown_land(table: gpd.GeoDataFrame, land: KnownLand) -> Finding:
    """The land that is in no figure."""
    dark = land.dark_area.sum()
    return Finding(
        texts.UNKNOWN_LAND,
        {
            "land_unknown_ha": float(dark / _HECTARE),
            "land_unknown_share": float(dark / (dark + land.known.sum())),
            "municipalities_unknown": float((land.dark_area > 0).sum()),
        },
        {"names": some_names(table["name"][land.dark_area > 0])},
    )


def _people_finding(table: gpd.GeoDataFrame, land: KnownLand, people_lost: bool) -> list[Finding]:
    """People and new land per new inhabitant, over municipalities where both are known."""
    known = table["people_before_known"].notna() & table["people_after_known"].notna()
    known &= table["gained_ha"].notna()
    if not known.any():
        return []
    own = table[known]
    one, two = float(own["people_before_known"].sum()), float(own["people_after_known"].sum())
    gain = float(own["gained_ha"].sum())
    values = {
        "people_before": one,
        "people_after": two,
        "m2_per_new": gain * _HECTARE / (two - one) if two > one else float("nan"),
        "lcrpgr": float(
            growth.consumption_ratio(own["before_ha"].sum(), own["after_ha"].sum(), one, two, 1.0)
        ),
    }
    if known.all():
        text = texts.PEOPLE_PART if land.dark_area.any() else texts.PEOPLE
        text = texts.PEOPLE_CELLS if people_lost else text
        return [Finding(text, values)]
    values["people_unknown"] = float((~known).sum())
    return [Finding(texts.PEOPLE_KNOWN, values, {"names": some_names(table["name"][~known])})]


def at_edges(before: Grid, after: Grid, unit: Array) -> Finding:
    """Return the sentence on gain and loss within a cell of what stayed built-up.

    Where the two dates lie on two grids it may be nothing but their shift.

    Parameters
    ----------
    before, after : Grid
        Masks of built-up land on one grid.
    unit : ndarray of int (rows, columns)
        Municipality of each cell, from 1; 0 outside, which does not count.

    Returns
    -------
    Finding
    """
    valid = before.valid & after.valid & (unit > 0)
    # a cell that stayed built-up, and the eight around it
    stayed = ndimage.binary_dilation(before.values & after.values, np.ones((3, 3), bool))
    near = valid & stayed
    size = after.cell_area / _HECTARE
    return Finding(
        texts.SHIFTED,
        {
            "edge_gained_ha": float((near & after.values & ~before.values).sum() * size),
            "edge_lost_ha": float((near & before.values & ~after.values).sum() * size),
        },
    )


def _far(patches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return patches[patches["kind"] == growth.LEAPFROG]
