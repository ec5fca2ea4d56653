"""A chart as a file of its own: title, legend, bars, source and link, to put into a document."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from metrogis.report.charts.drawn import HATCHED, ROW, DrawnChart
from metrogis.report.svg import tag, xml_text

WIDTH, SIDE, LINE = 900, 24, 24
"""Of the picture, of its margin, of a line of its legend; pixels."""
_STYLE = """text { font: 14px "DejaVu Sans", Verdana, Arial, sans-serif; fill: #1b2733; }
.title { font-size: 18px; font-weight: 700; }
.small, .value { fill: #4a5560; } .small { font-size: 11px; }
.row { fill: none; } .nothing { fill: none; stroke: #8d99a4; stroke-dasharray: 4 4; }
.span { stroke: #8d99a4; stroke-width: 3; }"""
_OPENS, _CLOSES = re.compile(r"<a\b[^>]*>"), "</a>"
_HEIGHT = re.compile(r'\bheight="(\d+)"')


def standalone(chart: DrawnChart, source: str = "", link: str = "") -> bytes:
    """Return a chart as an SVG file.

    Parameters
    ----------
    chart : DrawnChart
    source : str
        Who made the data, and when.
    link : str
        Address of the page that shows it; empty: none is written.

    Returns
    -------
    bytes
        XML, UTF-8; the links of its bars, which select on the page's map, are left out.
    """
    # bars of the page are links that lead nowhere from here
    bars = Markup(_OPENS.sub("<g>", str(chart.svg)).replace(_CLOSES, "</g>"))
    stated = _HEIGHT.search(str(chart.svg))
    high = int(stated[1]) if stated else ROW * len(chart.rows)
    top = 2 * LINE
    parts = [
        Markup("<style>{}</style>").format(Markup(_STYLE)),
        tag("rect", width=WIDTH, height="100%", fill="#fff"),
        tag("text", chart.title, x=SIDE, y=32, class_="title"),
    ]
    for label, colour, unknown in chart.legend:
        box = {"fill": "#e9ebee", "stroke": HATCHED} if unknown else {"fill": colour}
        parts.append(tag("rect", x=SIDE, y=top, width=24, height=14, **box))
        parts.append(tag("text", label, x=SIDE + 34, y=top + 12))
        top += LINE
    inner = tag("svg", bars, x=SIDE, y=top + 6, width=WIDTH - 2 * SIDE, height=high)
    top += high + 2 * LINE
    parts.append(inner)
    for text in (chart.note, source, link):
        if text:
            parts.append(tag("text", text, x=SIDE, y=top, class_="small"))
            top += 18
    whole = tag(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", width=WIDTH, height=top + 6,
        viewBox=f"0 0 {WIDTH} {top + 6}", role="img", aria_label=escape(chart.title),
    )  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml_text(str(whole))}\n'.encode()
