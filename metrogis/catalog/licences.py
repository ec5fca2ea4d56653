"""What of a layer may be passed on, as the catalog says it or as its licence reads."""

from __future__ import annotations

from collections.abc import Iterator

from metrogis.catalog.models import Catalog, MissingLayer
from metrogis.provenance import Redistribute, redistribution_of, strictest


def of_layer(catalog: Catalog, name: str) -> Redistribute:
    """Return what may be passed on of a layer and of those that it is joined from.

    Parameters
    ----------
    catalog : Catalog
    name : str
        A layer of the catalog that is not missing.

    Returns
    -------
    {"yes", "derived", "no"}
        The strictest of the layer itself, of finer cells put into it and of the layer that its
        places are taken from.
    """
    return strictest(_rule(catalog, part) for part in _parts(catalog, name))


def _parts(catalog: Catalog, name: str) -> Iterator[str]:
    """Yield a layer and those whose rows or places are in it."""
    yield name
    layer = catalog.layers[name]
    for item in getattr(layer, "finer", ()):
        yield item.layer
    located = getattr(layer, "locate", None)
    if located is not None:
        yield located.layer


def _rule(catalog: Catalog, name: str) -> Redistribute:
    layer = catalog.layers.get(name)
    if layer is None or isinstance(layer, MissingLayer):
        return "yes"
    return layer.redistribute or redistribution_of(layer.licence)


def guessed(catalog: Catalog) -> list[str]:
    """Return the layers of which the catalog does not say what may be passed on."""
    return [
        name
        for name, layer in catalog.layers.items()
        if not isinstance(layer, MissingLayer) and layer.redistribute is None
    ]
