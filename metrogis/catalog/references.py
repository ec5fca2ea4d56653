"""How the layers of a catalog refer to each other: names that are not there, circles, files twice.

A layer may be placed by another (``locate``), cut by one (``inside``), refined by one (``finer``)
or read with one (``school_holidays``): reading it reads the other first, so references must end.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from metrogis.i18n import Text, _


def references(layer: Any) -> Iterator[tuple[str, str]]:
    """Yield each reference of a layer to another.

    Parameters
    ----------
    layer : model of a layer
        Of any driver; most have no references.

    Yields
    ------
    (str, str)
        Key under which the reference stands, as messages name it, and the name it gives.
    """
    locate = getattr(layer, "locate", None)
    if locate is not None:
        yield "locate.layer", locate.layer
    if getattr(layer, "inside", None) is not None:
        yield "inside", layer.inside
    if getattr(layer, "school_holidays", None) is not None:
        yield "school_holidays", layer.school_holidays
    for item in getattr(layer, "finer", ()):
        yield "finer", item.layer


def problems(layers: Mapping[str, Any]) -> list[Text]:
    """Return what is wrong with the references of all layers, and files that are listed twice.

    Parameters
    ----------
    layers : mapping of name to layer of a catalog

    Examples
    --------
    >>> from types import SimpleNamespace as Layer
    >>> a, b = Layer(locate=Layer(layer="b")), Layer(locate=Layer(layer="a"))
    >>> problems({"a": a, "b": b})[0].en
    'layers refer to each other in a circle: a -> b -> a'
    """
    found: list[Text] = []
    for name, layer in layers.items():
        for key, other in references(layer):
            if other not in layers:
                near = difflib.get_close_matches(other, layers, n=1)
                hint = _(" (is '{near}' meant?)").fill(near=near[0]) if near else None
                found.append(
                    _("layers.{name}.{key}: there is no layer '{other}'{more}").fill(
                        name=name, key=key, other=other, more=hint if hint else ""
                    )
                )
        found += _twice(name, layer)
    for circle in _circles(layers):
        shown = " -> ".join(circle)
        found.append(_("layers refer to each other in a circle: {shown}").fill(shown=shown))
    return found


def _twice(name: str, layer: Any) -> Iterator[Text]:
    paths = [str(PurePosixPath(p)) for p in (getattr(layer, "path", ""), *_more(layer)) if p]
    for path in sorted({p for p in paths if paths.count(p) > 1}):
        yield _("layers.{name}: file '{path}' is listed twice (path, more)").fill(
            name=name, path=path
        )


def _more(layer: Any) -> tuple[str, ...]:
    return tuple(getattr(layer, "more", ()))


def _circles(layers: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield each circle of references once, from its first name in the catalog on."""
    done: set[str] = set()
    for start in layers:
        # depth first; invariant: `trail` leads from `start` to the layer asked now
        stack: list[tuple[str, list[str]]] = [(start, [start])]
        while stack:
            name, trail = stack.pop()
            if name in done:
                continue
            for _unused, other in references(layers[name]):
                if other == start:
                    yield [*trail, start]
                elif other in layers and other not in trail:
                    stack.append((other, [*trail, other]))
        done.add(start)
