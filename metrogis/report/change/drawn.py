"""Maps of change and slope charts as drawings of a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from metrogis.checks.contract import Column
from metrogis.checks.contract.reading import written
from metrogis.comparison import is_changed
from metrogis.comparison.comparison import WORDS as VERDICT_WORDS
from metrogis.i18n import _, is_missing
from metrogis.report.change.words import change_text, signed, verdict_word
from metrogis.report.svg import drawing, path_data, tag

WIDTH, HEIGHT = 640.0, 480.0
MARGIN = 12.0

BETTER = ("#9ecae1", "#4292c6", "#08519c")
WORSE = ("#fdbe85", "#e6650d", "#8c2d04")
MORE = ("#cbc9e2", "#807dba", "#4a1486")
LESS = ("#b8e0a5", "#41ab5d", "#00542a")
SAME = "#f7f7f5"
"""Colours from weak to strong on both sides of no change; better is blue, worse is orange."""

SHARE_STEPS = (0.01, 0.05)
"""Changes of shares are drawn in the same classes everywhere, so that maps compare."""

NAMED = 8
"""Municipalities named on a slope chart: those that changed most."""

MAP_TITLE = _("Map of changes: {label}")
MAP_ABOUT = _("Municipalities by how much the measure changed; the table has the same numbers.")
SLOPES_TITLE = _("From state to state: {label}")
SLOPES_ABOUT = _("A line a municipality; the table has the same numbers.")
UP_TO, FROM_TO, OVER = _("up to {b}"), _("{a} to {b}"), _("over {a}")
CLASS = _("{word}, {range}")
MORE_WORD, LESS_WORD = _("more"), _("less")


@dataclass(frozen=True)
class Key:
    """One class of a map's legend: its look, its words, how many municipalities."""

    colour: str
    pattern: str
    label: str
    count: int


@dataclass(frozen=True)
class Drawn:
    """A drawing and its legend."""

    svg: Markup
    keys: tuple[Key, ...] = ()


def steps_of(changes: Sequence[float], column: Column) -> tuple[float, float]:
    """Return the two breaks between weak, middle and strong changes, round numbers.

    >>> from metrogis.i18n import both
    >>> steps_of([3.0, -730.0], Column(both("a")))
    (100.0, 200.0)
    """
    if column.kind == "share":
        return SHARE_STEPS
    most = max((abs(c) for c in changes if not is_missing(c) and abs(c) != math.inf), default=1.0)
    least = 10.0**-column.digits
    return max(_round(most / 4), least), max(_round(most / 1.6), 2 * least)


def _round(value: float) -> float:
    """Return a round number not above a value: 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(max(k for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)) * power)


def classes_of(rows: pd.DataFrame, column: Column, language: str) -> list[tuple[str, str, str]]:
    """Return pattern, colour and words of the class of each row.

    Parameters
    ----------
    rows : DataFrame
        Rows of one measure of a comparison's table.
    column : Column
    language : str
    """
    weak, strong = steps_of(rows["due_data"].tolist(), column)
    told = [signed(x, column, language).removeprefix("+") for x in (weak, strong)]
    ranges = [
        UP_TO.fill(b=told[0]), FROM_TO.fill(a=told[0], b=told[1]), OVER.fill(a=told[1])
    ]  # fmt: skip
    made = []
    for row in rows.to_dict("records"):
        verdict, change = row["verdict"], _size(row)
        if is_changed(verdict, row["reason"]):
            least = row["change_low"] if is_missing(row["due_data"]) else row["due_data"]
            side, word = (MORE, MORE_WORD) if least > 0 else (LESS, LESS_WORD)
        elif verdict in ("improved", "worse"):
            side = BETTER if verdict == "improved" else WORSE
            word = VERDICT_WORDS[verdict]
        else:
            pattern = {"unknown": "unknown", "not_comparable": "not"}.get(verdict, "")
            made.append((pattern, SAME, VERDICT_WORDS[verdict].get(language)))
            continue
        place = int(change >= weak) + int(change >= strong)
        words = CLASS.fill(word=word, range=ranges[place]).get(language)
        made.append(("", side[place], words))
    return made


def _size(row: dict[Any, Any]) -> float:
    """Return how large a change is; of one between two numbers the lesser."""
    if not is_missing(row["due_data"]):
        return abs(float(row["due_data"]))
    ends = [abs(row[k]) for k in ("change_low", "change_high") if not is_missing(row[k])]
    return float(min(ends, default=0.0))


def change_map(
    rows: pd.DataFrame, shapes: gpd.GeoSeries, column: Column, key: str, language: str
) -> Drawn:
    """Draw how a measure changed in each municipality.

    Parameters
    ----------
    rows : DataFrame
        Rows of one measure of a comparison's table.
    shapes : GeoSeries
        Outline of each row, in the same order.
    column : Column
    key : str
        Unique on the page.
    language : str

    Returns
    -------
    Drawn
        Without a drawing where there is no outline.
    """
    land = np.asarray(shapes.to_numpy(), dtype=object)
    there = np.array([s is not None and not s.is_empty for s in land], dtype=bool)
    if not there.any():
        return Drawn(Markup(""))
    box = shapely.total_bounds(land[there])
    scale = min(
        (WIDTH - 2 * MARGIN) / max(box[2] - box[0], 1.0),
        (HEIGHT - 2 * MARGIN) / max(box[3] - box[1], 1.0),
    )
    high = (box[3] - box[1]) * scale + 2 * MARGIN
    wide = (box[2] - box[0]) * scale + 2 * MARGIN

    def move(xy: np.ndarray) -> np.ndarray:
        x = MARGIN + (xy[:, 0] - box[0]) * scale
        return np.column_stack([x, high - MARGIN - (xy[:, 1] - box[1]) * scale])

    simple = shapely.simplify(land[there], 0.6 / scale)
    classes = classes_of(rows, column, language)
    parts = [_patterns(key)]
    records = rows.to_dict("records")
    for shape, i in zip(simple, np.flatnonzero(there).tolist(), strict=True):
        pattern, colour, _word = classes[i]
        row = records[i]
        change = change_text(row["change"], row["change_low"], row["change_high"], column, language)
        word = verdict_word(row["verdict"], row["reason"])
        parts.append(
            tag(
                "path",
                tag("title", f"{row['name']}: {change} ({word.get(language)})"),
                d=path_data(shapely.transform(shape, move)),
                fill=f"url(#{key}-{pattern})" if pattern else colour,
                fill_rule="evenodd",
                class_="unit",
            )
        )
    made = drawing(
        MAP_TITLE.fill(label=column.label).get(language),
        MAP_ABOUT.get(language),
        parts,
        key=key,
        viewBox=f"0 0 {wide:.0f} {high:.0f}",
        role="img",
        class_="change-map",
    )
    return Drawn(made, _keys(classes))


def _keys(classes: list[tuple[str, str, str]]) -> tuple[Key, ...]:
    """Return the legend: the strongest of what is better first, what is not known last."""
    order = [*reversed(BETTER), *reversed(MORE), SAME, *LESS, *WORSE]
    counts: dict[tuple[str, str, str], int] = {}
    for item in classes:
        counts[item] = counts.get(item, 0) + 1
    keys = [Key(colour, pattern, label, n) for (pattern, colour, label), n in counts.items()]
    return tuple(sorted(keys, key=lambda k: (k.pattern != "", k.pattern, order.index(k.colour))))


def _patterns(key: str) -> Markup:
    """Return the two hatches: slanting for unknown, crossed for what cannot be compared."""
    lines = {"unknown": "M-1 9L9-1M-1 1L1-1M7 9L9 7", "not": "M0 0L8 8M8 0L0 8"}
    return tag(
        "defs",
        *(
            tag(
                "pattern",
                tag("rect", width=8, height=8, fill="#e9ebee"),
                tag("path", d=d, stroke="#5a646e", stroke_width="1.2", fill="none"),
                id=f"{key}-{name}",
                width=8,
                height=8,
                patternUnits="userSpaceOnUse",
            )
            for name, d in lines.items()
        ),
    )


# --------------------------------------------------------------------------- slopes


@dataclass(frozen=True)
class Slope:
    """One municipality on a slope chart: its values from state to state."""

    name: str
    values: tuple[float, ...]
    verdict: str


LOOKS = {"improved": BETTER[2], "worse": WORSE[1]}
TOP, BOTTOM, LEFT, RIGHT = 34.0, 16.0, 90.0, 230.0


def slope_chart(
    slopes: Sequence[Slope], states: Sequence[str], column: Column, key: str, language: str
) -> Markup:
    """Draw a line a municipality from the first state to the last.

    Parameters
    ----------
    slopes : sequence of Slope
        Those that are to be named first.
    states : sequence of str
    column : Column
    key : str
        Unique on the page.
    language : str

    Returns
    -------
    Markup
        Empty where fewer than two values are known.
    """
    slopes = [
        replace(s, values=tuple(v if math.isfinite(v) else math.nan for v in s.values))
        for s in slopes
    ]  # what has no limit has no place on a scale
    known = [v for slope in slopes for v in slope.values if not is_missing(v)]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (WIDTH - LEFT - RIGHT) / (len(states) - 1)

    def at(place: int, value: float) -> tuple[float, float]:
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / span)
        return LEFT + place * step, y if high > low else HEIGHT / 2

    parts = [
        tag("text", name[:24], x=LEFT + i * step, y=16.0, text_anchor="middle", class_="head")
        for i, name in enumerate(states)
    ]
    parts += [
        tag("line", x1=LEFT + i * step, x2=LEFT + i * step, y1=TOP - 8, y2=HEIGHT - BOTTOM + 8,
            class_="axis")
        for i in range(len(states))
    ]  # fmt: skip
    for slope in reversed(slopes):
        parts += _line(slope, at)
    parts += _labels(slopes[:NAMED], at, column, language)
    parts += [
        tag("text", _number(v, column, language), x=LEFT - 8, y=at(0, v)[1] + 4,
            text_anchor="end", class_="value")
        for v in dict.fromkeys([low, high])
    ]  # fmt: skip
    return drawing(
        SLOPES_TITLE.fill(label=column.label).get(language),
        SLOPES_ABOUT.get(language),
        parts,
        key=key,
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        role="img",
        class_="slopes",
    )


def _number(value: float, column: Column, language: str) -> str:
    return written(value, column, language)


def _line(slope: Slope, at: Any) -> list[Markup]:
    points = [(i, v) for i, v in enumerate(slope.values) if not is_missing(v)]
    colour = LOOKS.get(slope.verdict, "#8d99a4")
    look = "slope" if slope.verdict in LOOKS else "slope quiet"
    places = [at(i, v) for i, v in points]
    made = []
    if len(places) > 1:
        d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        made.append(
            tag("path", tag("title", slope.name), d=d, stroke=colour, fill="none", class_=look)
        )
    made += [tag("circle", cx=x, cy=y, r=3.5, fill=colour) for x, y in places]
    return made


def _labels(slopes: Sequence[Slope], at: Any, column: Column, language: str) -> list[Markup]:
    """Return names beside the last value, moved apart where they would cover each other."""
    wanted = sorted(
        (at(len(s.values) - 1, s.values[-1])[1], k)
        for k, s in enumerate(slopes)
        if not is_missing(s.values[-1])
    )
    made: list[Markup] = []
    last = -math.inf
    for y, k in wanted:
        slope = slopes[k]
        here = max(y, last + 17)
        if here > HEIGHT - BOTTOM + 8:
            break  # no room: the table has the rest
        last = here
        x = at(len(slope.values) - 1, slope.values[-1])[0]
        value = _number(slope.values[-1], column, language)
        text = f"{slope.name[:22]} {value}"
        made.append(tag("line", x1=x + 4, y1=y, x2=x + 14, y2=here, class_="lead"))
        made.append(tag("text", text, x=x + 17, y=here + 4, class_="name"))
    return made
