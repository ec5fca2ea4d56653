"""Bars as a drawing that is as wide as its place: positions across are per cent, nothing scales.

A bar of a municipality or of a place is a plain link that selects it on the map.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from metrogis.i18n import _
from metrogis.report.charts.data import Bar, ChartData
from metrogis.report.svg import drawing, tag

ROW = 44
"""Pixels from bar to bar: as high as a finger."""

TEXT, TOP, HIGH = 15, 21, 15
"""Where in a row its words stand, where its bar begins, and how high that is; pixels."""

HATCHED = "#5a646e"
ABOUT = _("{n:0} {n:plural:bar|bars}, of {parts}. The same numbers are in the table below.")
LEFT_OUT = _("{n:0} more are in the tables.")


@dataclass(frozen=True)
class DrawnChart:
    """A chart as a page shows it: drawing, legend, table."""

    key: str
    title: str
    svg: Markup
    legend: tuple[tuple[str, str, bool], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def draw(data: ChartData, key: str, language: str) -> DrawnChart:
    """Draw a chart.

    Parameters
    ----------
    data : ChartData
    key : str
        Unique on the page.
    language : str

    Returns
    -------
    DrawnChart
    """
    hatch = tag(
        "defs",
        tag(
            "pattern",
            tag("rect", width=8, height=8, fill="#e9ebee"),
            tag("path", d="M-1 9L9-1M-1 1L1-1M7 9L9 7", stroke=HATCHED, stroke_width="1.2"),
            id=f"{key}-hatch",
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        ),
    )
    rows = [_row(bar, i, data, key) for i, bar in enumerate(data.bars)]
    parts = ", ".join(part.label.get(language) for part in data.parts)
    several = data.kind in ("stacked", "dates")
    made = drawing(
        data.title,
        ABOUT.fill(n=len(data.bars), parts=parts).get(language),
        [hatch, *rows],
        key=key,
        width="100%",
        height=ROW * len(data.bars) + 4,
        role="group",
        class_=f"chart {data.kind}",
    )
    return DrawnChart(
        key,
        data.title,
        made,
        tuple((p.label.get(language), p.colour, p.unknown) for p in data.parts) if several else (),
        data.heads,
        tuple((bar.label, *bar.cells) for bar in data.bars),
        LEFT_OUT.fill(n=data.left_out).get(language) if data.left_out else "",
    )


def _row(bar: Bar, place: int, data: ChartData, key: str) -> Markup:
    top = ROW * place
    inside = [
        tag("rect", x=0, y=top, width="100%", height=ROW, class_="row"),
        tag("text", bar.label, x=0, y=top + TEXT, class_="label"),
        tag("text", bar.value, x="100%", y=top + TEXT, text_anchor="end", class_="value"),
    ]
    draw_one = _dots if data.kind == "dates" else _pieces
    if bar.pieces:
        inside += draw_one(bar, top + TOP, data, key)
    else:
        inside.append(tag("rect", x=0, y=top + TOP, width="100%", height=HIGH, class_="nothing"))
    if not bar.link:
        return tag("g", *inside)
    code = bar.code or None
    return tag("a", *inside, href=f"#{bar.link}", data_gmina=code, class_="bar")


def _pieces(bar: Bar, top: int, data: ChartData, key: str) -> list[Markup]:
    return [
        tag(
            "rect",
            x=f"{100 * piece.start:.2f}%",
            y=top,
            width=f"{100 * piece.length:.2f}%",
            height=HIGH,
            fill=f"url(#{key}-hatch)"
            if data.parts[piece.part].unknown
            else data.parts[piece.part].colour,
        )
        for piece in bar.pieces
    ]


def _dots(bar: Bar, top: int, data: ChartData, key: str) -> list[Markup]:
    """Draw two dates as dots with a line between them, within a margin of a dot's size."""
    middle = top + HIGH / 2
    at = [f"{1 + 98 * piece.start:.2f}%" for piece in bar.pieces]
    line = tag("line", x1=at[0], x2=at[1], y1=middle, y2=middle, class_="span")
    dots = [
        tag("circle", cx=x, cy=middle, r=6, fill=data.parts[piece.part].colour)
        for x, piece in zip(at, bar.pieces, strict=True)
    ]
    return [line, *dots]
