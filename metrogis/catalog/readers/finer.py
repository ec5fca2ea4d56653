"""Population cells of two layers as one: a city's fine cells, coarse ones around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from metrogis import population, provenance
from metrogis.errors import CatalogError
from metrogis.evidence.losses import losses_of, record
from metrogis.i18n import _
from metrogis.sources import files
from metrogis.teryt import match_codes

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def refined(metro: Opened, name: str, layer: Any, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer of population cells with the finer ones that the catalog names.

    Source, audit and losses are those of all layers.

    Raises
    ------
    CatalogError
        If a municipality that the catalog names is not there.
    """
    source, audit = provenance.source_of(frame, name), provenance.audit_of(frame)
    lost = losses_of(frame)
    municipalities = metro["municipalities"]
    for item in layer.finer:
        fine = metro[item.layer]
        codes = match_codes(item.municipalities, municipalities["teryt"])
        if codes.unmatched:
            raise CatalogError(
                _("there is no such municipality"),
                layer=name,
                place=f"finer: {', '.join(codes.unmatched)}",
            )
        inside = municipalities["teryt"].isin(codes.mapping.values()).to_numpy()
        area = shapely.union_all(municipalities.geometry.to_numpy()[inside])
        frame, more = population.refine(frame, fine, area, layer=name)
        audit += provenance.audit_of(fine) + more
        lost += losses_of(fine)
        own = provenance.source_of(fine, item.layer)
        joined = {
            key: "; ".join(dict.fromkeys([getattr(source, key), getattr(own, key)]))
            for key in ("origin", "licence", "attribution", "date")
        }
        digest = files.settings_key([source.sha256, own.sha256])
        source = replace(source, **joined, sha256=digest)
    found: gpd.GeoDataFrame = record(provenance.attach(frame, source, audit), lost)
    return found
