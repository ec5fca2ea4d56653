"""Changes of streets and cycle routes: paths, crossings, cycle links."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from metrogis import provenance
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.scenario.base import Base, is_in
from metrogis.scenario.change import Change
from metrogis.streets.added import END, NewPath, with_paths
from metrogis.streets.layer import Streets
from metrogis.streets.planned import PlannedStreets

_TAGS = {
    "track": {"highway": "cycleway", "bicycle": "designated", "surface": "asphalt"},
    "path": {
        "highway": "path", "bicycle": "designated", "foot": "designated", "segregated": "no",
        "surface": "asphalt",
    },
}  # fmt: skip
"""Tags of a cycle link by its protection: a track of its own, or a path shared with walkers."""

_MODES = {"track": ("bike",), "path": ("walk", "bike")}


def path_of(change: Change, base: Base) -> tuple[NewPath, tuple[str, ...]]:
    """Return the path that a change adds, and the modes that may use it.

    Raises
    ------
    ScenarioError
        For a path outside the metropolis.
    """
    line = is_in(base, change, change.shape_in(base.crs))
    if change.do == "add_cycle_link":
        kind = str(change.get("protection", "track"))
        tags, modes = dict(_TAGS[kind]), _MODES[kind]
    else:
        modes = tuple(change.get("modes", ("walk", "bike")))
        usual = "path" if "bike" in modes and "walk" in modes else (
            "cycleway" if "bike" in modes else "footway"
        )  # fmt: skip
        tags = {"highway": str(change.get("highway", usual))}
        if tags["highway"] == "path":
            tags |= {"foot": "designated", "bicycle": "designated", "segregated": "no"}
    if change.get("name"):
        tags["name"] = str(change.get("name"))
    return NewPath(line, tags, way_id(base.plan, change)), modes


def way_id(plan: str, change: Change) -> int:
    """Return the id of a way that a change adds: below 0, the same at every run."""
    digest = hashlib.sha256(f"{plan}\n{change.id}".encode()).digest()
    return -1 - int.from_bytes(digest[:6], "big")


def streets(layer: Any, changes: Sequence[Change], base: Base) -> Any:
    """Return streets with the paths that are added.

    Raises
    ------
    ScenarioError
        For a path that meets no street that its users may go by.
    """
    if not isinstance(layer, Streets):
        raise changes[0].wrong(_("these streets cannot be changed"))
    # independent changes commute: by id, whatever their order
    ordered = sorted(changes, key=lambda c: c.id)
    paths = [path_of(change, base) for change in ordered]
    for mode in ("walk", "bike"):
        own = [(c, path) for c, (path, modes) in zip(ordered, paths, strict=True) if mode in modes]
        if not own:
            continue
        _made, left = with_paths(getattr(layer, mode), [path for _c, path in own])
        for change, path in own:
            if any(path is one for one in left):
                raise change.wrong(
                    _("the path meets no street open to this mode: {mode}").fill(mode=mode),
                    remedy=_("begin or end it within {metres} m of a street").fill(
                        metres=f"{END:g}"
                    ),
                )
    for change, (path, _modes) in zip(ordered, paths, strict=True):
        base.note("streets", change, f"{path.line.length:.0f} m")
    earlier = layer.paths if isinstance(layer, PlannedStreets) else ()
    root = layer.base if isinstance(layer, PlannedStreets) else layer
    return PlannedStreets(
        layer.path, layer.crs, layer.source, root, (*earlier, *paths),
        provenance.audit_of(layer) if earlier else Audit(),
    )  # fmt: skip


def cycle_routes(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> Any:
    """Return cycle routes with the links that are added, as built."""
    rows = []
    for change in sorted(changes, key=lambda c: c.id):
        path, _modes = path_of(change, base)
        rows.append(
            {
                "osm_id": str(path.id), "name": change.get("name"),
                "highway": path.tags["highway"], "state": "built",
                "other_tags": ",".join(
                    f'"{k}"=>"{v}"' for k, v in path.tags.items() if k not in ("highway", "name")
                ),
                "geometry": path.line,
            }
        )  # fmt: skip
        base.note("cycle_routes", change, f"{path.line.length:.0f} m")
    more = gpd.GeoDataFrame(rows, geometry="geometry", crs=layer.crs)
    made = pd.concat([layer, more.reindex(columns=layer.columns)], ignore_index=True)
    made = gpd.GeoDataFrame(made, geometry="geometry", crs=layer.crs)
    made.attrs = dict(layer.attrs)
    return made
