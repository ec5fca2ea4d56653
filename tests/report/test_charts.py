"""Charts: what bars hold, their order, what is unknown; drawings that hold no code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.checks.contract import Chart, Listing, Part
from metrogis.i18n import both
from metrogis.report import reading_table
from metrogis.report.charts import chart_data, draw
from metrogis.report.charts.standalone import standalone
from metrogis.report.svg import tag

SVG = "{http://www.w3.org/2000/svg}"
SHARES = (
    Part("white_share", both("white"), "#D55E00"),
    Part("known_share", both("known"), "#BBBBBB", unknown=True),
)


@pytest.fixture(scope="module")
def result(synthetic: Any) -> Any:
    return synthetic.result()


def drawn(result: Any, chart: Chart) -> Any:
    data = chart_data(result, chart, "en")
    assert data is not None
    made = draw(data, "k", "en")
    return data, made, ET.fromstring(str(made.svg))


def test_bars_go_from_the_greatest_and_the_unknown_stand_last_without_a_bar(result: Any):
    chart = Chart("bars", both("White"), column="white_share")
    data, made, root = drawn(result, chart)
    assert [bar.value for bar in data.bars[:2]] == ["100.0%", "70.0%"]
    assert [bar.value for bar in data.bars[-2:]] == ["no data", "no data"]
    assert data.bars[0].pieces[0].length == 1
    assert not data.bars[-1].pieces
    assert len(root.findall(f".//{SVG}rect[@class='nothing']")) == 2
    links = [a.get("href") for a in root.iter(f"{SVG}a")]
    assert links[0] == "#gmina=2200005"
    assert len(made.rows) == len(links) == 12
    assert root.find(f"{SVG}title").text == "White"


def test_a_zero_has_a_bar_of_no_length_and_is_no_unknown(result: Any):
    data, _, _ = drawn(result, Chart("bars", both("White"), column="white_share"))
    zero = next(bar for bar in data.bars if bar.code == "2200000")
    assert zero.pieces[0].length == 0
    assert zero.value == "0.0%"


def bounded(result: Any, bound: str, of_known: bool) -> Any:
    """The synthetic result; of its municipalities all, 99 %, half and nothing is known."""
    table = result.municipalities.copy()
    table["white_share"] = 0.25
    table["known_share"] = [1.0, 0.99, 0.5, 0.0] + [1.0] * (len(table) - 4)
    columns = dict(result.check.columns)
    own = dict(columns["municipalities"])
    own["white_share"] = replace(own["white_share"], bound=bound, of_known=of_known)
    columns["municipalities"] = own
    reading = replace(result.check.reading, known="known_share")
    check = replace(result.check, columns=columns, reading=reading)
    return replace(result, municipalities=table, check=check)


@pytest.mark.parametrize(
    ("bound", "of_known", "shown"),
    [
        ("low", False, ["25.0%", "≥ 25.0%", "≥ 25.0%", "no data"]),
        ("high", True, ["25.0%", "≤ 25.0%", "≤ 25.0%", "no data"]),
        ("", True, ["25.0%", "25.0%*", "25.0%*", "no data"]),
        ("", False, ["25.0%"] * 4),
    ],
)
def test_bars_and_the_table_that_is_read_mark_what_is_not_known_whole(
    result: Any, bound: str, of_known: bool, shown: list[str]
):
    made = bounded(result, bound, of_known)
    codes = made.municipalities["teryt"].tolist()[:4]
    data, _, _ = drawn(made, Chart("bars", both("White"), column="white_share"))
    bars = {bar.code: bar for bar in data.bars}
    assert [bars[code].value for code in codes] == shown
    assert [bool(bars[code].pieces) for code in codes] == [text != "no data" for text in shown]
    table = reading_table.municipality_table(made, "t", "en")
    where = [head for head, _ in table.heads].index("white share")
    rows = {row.code: row.cells[where] for row in table.rows}
    assert [rows[code].text for code in codes] == shown
    assert bool(rows[codes[3]].key) == (shown[3] != "no data")


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=2, max_size=2),
                min_size=12, max_size=12))  # fmt: skip
def test_pieces_of_amounts_fill_a_bar_end_to_end(result: Any, amounts: list[list[Any]]):
    table = result.municipalities.copy()
    table[["population", "more"]] = np.array(amounts, dtype=float)
    made = replace(result, municipalities=table)
    parts = (Part("population", both("a"), "#000"), Part("more", both("b"), "#111"))
    columns = dict(made.check.columns)
    columns["municipalities"] = {
        **columns["municipalities"], "more": columns["municipalities"]["population"],
    }  # fmt: skip
    made = replace(made, check=replace(made.check, columns=columns))
    data = chart_data(made, Chart("stacked", both("t"), parts=parts), "en")
    for bar in data.bars if data else ():
        at = 0.0
        for piece in bar.pieces:
            assert piece.start == pytest.approx(at, abs=1e-9)
            at += piece.length
        assert at == pytest.approx(1.0, abs=1e-9) or not bar.pieces


def test_shares_of_a_whole_leave_the_rest_free_and_unknown_parts_are_hatched(result: Any):
    data, made, root = drawn(result, Chart("stacked", both("t"), parts=SHARES))
    bar = next(bar for bar in data.bars if bar.code == "2200008")
    assert sum(piece.length for piece in bar.pieces) == pytest.approx(1.0)  # 0.7 + 0.5 of 1.2
    bar = next(bar for bar in data.bars if bar.code == "2200007")
    assert bar.pieces[0].length == pytest.approx(0.03 / 1.03)
    fills = {rect.get("fill") for rect in root.iter(f"{SVG}rect")}
    assert "url(#k-hatch)" in fills
    assert "#BBBBBB" not in fills
    assert made.legend[1][2] is True


def test_a_split_table_is_summed_by_municipality_and_class(result: Any):
    cells = result.features["cells"].assign(
        teryt=["2200003", "2200004"] * 72, people=[1.0, 2.0] * 72, state=["served"] * 144
    )
    cells.loc[0, "state"] = "white"
    made = replace(result, features={**result.features, "cells": cells})
    parts = (Part("served", both("s"), "#0a0"), Part("white", both("w"), "#a00"))
    chart = Chart("stacked", both("t"), table="cells", split="state", weight="people", parts=parts)
    data, _, _ = drawn(made, chart)
    third = next(bar for bar in data.bars if bar.code == "2200003")
    assert [piece.length for piece in third.pieces] == pytest.approx([71 / 72, 1 / 72])
    assert not next(bar for bar in data.bars if bar.code == "2200005").pieces


def test_a_value_on_a_break_belongs_to_the_class_above_and_none_is_unknown(result: Any):
    chart = Chart(
        "distribution", both("t"), table="stops", column="departures", breaks=(0, 8, 24, 96)
    )
    data, _, _ = drawn(result, chart)
    # 0, 7.9 | 8, 12 | 24, 95 | 96, 400 | unknown
    assert [bar.cells[0] for bar in data.bars] == ["2", "2", "2", "2", "1"]


def test_a_ranking_per_cost_leaves_out_what_costs_nothing_known(result: Any):
    links = result.features["links"].assign(flow=[10.0, 20.0, 30.0], cost=[1.0, 4.0, np.nan])
    columns = {**result.check.columns}
    columns["links"] = {**columns["links"], "cost": columns["links"]["flow"]}
    made = replace(
        result,
        features={**result.features, "links": links},
        check=replace(result.check, columns=columns),
    )
    chart = Chart("ranking", both("t"), table="links", column="flow", cost="cost", name="name")
    data, _, _ = drawn(made, chart)
    assert [bar.value for bar in data.bars] == ["10", "5"]
    assert [bar.link for bar in data.bars] == ["layer=links&row=0", "layer=links&row=1"]


def test_two_dates_lie_on_one_scale(result: Any):
    table = result.municipalities.assign(more=result.municipalities["population"] * 2)
    columns = {**result.check.columns}
    town = columns["municipalities"]
    columns["municipalities"] = {**town, "more": town["population"]}
    made = replace(result, municipalities=table, check=replace(result.check, columns=columns))
    chart = Chart("dates", both("t"), column="population", after="more")
    data, _, root = drawn(made, chart)
    first = data.bars[0]
    assert first.pieces[1].start == 1
    assert first.pieces[0].start == pytest.approx(0.5)
    assert len(root.findall(f".//{SVG}circle")) == 2 * 10
    assert len(root.findall(f".//{SVG}line")) == 10


def test_nothing_to_draw_is_no_chart(result: Any):
    for column in ("missing", "white_share"):
        empty = replace(result, municipalities=result.municipalities.assign(white_share=np.nan))
        assert chart_data(empty, Chart("bars", both("t"), column=column), "en") is None


def test_a_drawing_escapes_what_it_is_given():
    made = str(tag("text", "<script>", title='"><b>'))
    assert made == '<text title="&#34;&gt;&lt;b&gt;">&lt;script&gt;</text>'


# --------------------------------------------------------------------------- tables that are read


def test_a_reading_table_has_seven_columns_and_the_need_first(result: Any):
    from metrogis.checks import registry

    for check in registry.CHECKS:
        columns = reading_table.reading_columns(check)
        assert len(columns) <= 6
        assert columns[: len(check.headlines)] == check.headlines[:6]
    marked = replace(
        result,
        check=replace(
            result.check, reading=replace(result.check.reading, headlines={"white_share": "down"})
        ),
    )
    table = reading_table.municipality_table(marked, "t", "en")
    assert [row.cells[0].text for row in table.rows[:2]] == ["100.0%", "70.0%"]
    assert [row.cells[0].text for row in table.rows[-2:]] == ["no data", "no data"]
    assert table.rows[0].cells[0].bar == "100.0"
    assert table.rows[0].link == "municipalities/2200005.html"
    up = replace(
        marked.check, reading=replace(result.check.reading, headlines={"white_share": "up"})
    )
    table = reading_table.municipality_table(replace(marked, check=up), "t", "en")
    assert table.rows[0].cells[0].text == "0.0%"


def test_a_list_of_places_is_ranked_and_says_how_many_there_are(result: Any):
    listing = Listing("stops", both("Stops"), ("name", "departures"), by="departures")
    table = reading_table.place_table(result, listing, "en")
    assert [row.cells[0].text for row in table.rows[:2]] == ["400.0", "96.0"]
    assert table.rows[0].link == "#layer=stops.departures&row=6"
    assert table.rows[-2].link.endswith("row=0") or table.rows[-1].cells[0].text == "no data"
    assert table.total == 9
    assert next(row for row in table.rows if row.cells[0].text == "12.0").link == ""  # no place
    nothing = Listing("stops", both("Stops"), ("name",), where={"name": ("no such",)})
    assert reading_table.place_table(result, nothing, "en") is None


def test_a_chart_as_a_file_is_xml_with_title_source_and_link_and_leads_nowhere(result: Any):
    chart = Chart("stacked", both("Who is served"), parts=SHARES)
    _data, made, _root = drawn(result, chart)
    root = ET.fromstring(standalone(made, "Source: <b>\x00", "https://example.org/x.html"))
    texts = ["".join(item.itertext()) for item in root.iter(f"{SVG}text")]
    assert texts[0] == "Who is served"
    assert texts[-2:] == ["Source: <b>\ufffd", "https://example.org/x.html"]
    assert {bar[0] for bar in made.rows} <= set(texts)
    assert not list(root.iter(f"{SVG}a"))
    # the hatching of the unknown is in the file, too
    assert "k-hatch" in {item.get("id") for item in root.iter(f"{SVG}pattern")}
