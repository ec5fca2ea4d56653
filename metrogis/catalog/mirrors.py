"""A catalog whose addresses are replaced by those of a mirror, for one run of fetching."""

from __future__ import annotations

from pathlib import Path

from metrogis.catalog.models import Catalog, MissingLayer
from metrogis.catalog.official import Table, read_table


def replaced(catalog: Catalog, sources: Path | None) -> Catalog:
    """Return a catalog that asks the addresses a file of sources gives.

    Parameters
    ----------
    catalog : Catalog
    sources : Path or None
        As of ``--sources``; None: what ``METROGIS_SOURCES`` names, if anything. Its table
        ``addresses`` holds beginnings of addresses and what stands in their place;
        ``allow_local = true`` lets these be machines of the local network.

    Returns
    -------
    Catalog
        The same where no address begins so.
    """
    table = read_table(sources)
    if not table.addresses:
        return catalog
    layers = {}
    for name, layer in catalog.layers.items():
        asked = None if isinstance(layer, MissingLayer) else layer.fetch
        if asked is None:
            layers[name] = layer
            continue
        origins = [_moved(o, table) for o in (asked if isinstance(asked, list) else [asked])]
        fetch = origins if isinstance(asked, list) else origins[0]
        layers[name] = layer.model_copy(update={"fetch": fetch})
    return catalog.model_copy(update={"layers": layers})


def _moved(origin: object, table: Table) -> object:
    """Return an origin with its addresses replaced; it may be local only where one was."""
    kind = type(origin)
    before = origin.model_dump()  # type: ignore[attr-defined]
    after = table.mirrored(before)
    if after == before:
        return origin
    if table.allow_local and "allow_local" in after:
        after["allow_local"] = True
    return kind(**after)
