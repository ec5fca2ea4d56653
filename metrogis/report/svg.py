"""Drawings as SVG elements of a page; texts are escaped, and no style is inline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup, escape

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold.

    >>> xml_text("a\\x00b")
    'a\ufffdb'
    """
    return _UNFIT.sub("\ufffd", text)


def tag(name: str, *inside: Markup | str, **attributes: Any) -> Markup:
    """Return an element; texts inside and values of attributes are escaped.

    Underscores in names of attributes stand for hyphens; one at the end is dropped. An attribute
    of value None is left out.

    >>> tag("text", "<b>", x=3, text_anchor="end", class_="n", fill=None)
    Markup('<text x="3" text-anchor="end" class="n">&lt;b&gt;</text>')
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(Markup(key.removesuffix("_").replace("_", "-")), _value(value))
        for key, value in attributes.items()
        if value is not None
    )
    body = Markup("").join(escape(part) for part in inside)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, body)


def _value(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def drawing(
    title: str, about: str, parts: Iterable[Markup], *, key: str, **attributes: Any
) -> Markup:
    """Return a drawing with a title and a description that a screen reader reads.

    Parameters
    ----------
    title, about : str
    parts : iterable of Markup
    key : str
        Unique on the page.
    """
    names = f"{key}-title {key}-desc"
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", about, id=f"{key}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        aria_labelledby=names,
        **attributes,
    )


def path_data(geometry: Any, *, points: float = 4.0) -> str:
    """Return a geometry as data of a path, one decimal; a point is a circle of radius ``points``.

    >>> path_data(shapely.LineString([(0, 0), (10, 5.55)]))
    'M0 0L10 5.5'
    """
    made: list[str] = []
    for part in shapely.get_parts(np.atleast_1d(np.asarray(geometry, dtype=object))):
        kind = shapely.get_type_id(part)
        if kind == 0:
            x, y = shapely.get_x(part), shapely.get_y(part)
            made.append(
                f"M{x - points:.1f} {y:.1f}a{points} {points} 0 1 0 {2 * points} 0"
                f"a{points} {points} 0 1 0 {-2 * points} 0z"
            )
        elif kind in (1, 2):
            made.append(_run(shapely.get_coordinates(part)))
        elif kind == 3:
            rings = shapely.get_rings([part])
            made += [_run(shapely.get_coordinates(ring)[:-1]) + "z" for ring in rings]
        elif kind > 3:
            made.append(path_data(shapely.get_parts([part]), points=points))
    return "".join(made)


def _run(xy: np.ndarray) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in xy.tolist())


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
