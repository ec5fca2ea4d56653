"""A check whose answers are drawn by hand, to be compared: people cut off, shares, a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import shapely
from pydantic import Field

import metrogis as mg
from metrogis.checks.contract import (
    Column,
    Outcome,
    Parameters,
    Reading,
    Result,
    Sentence,
    Spec,
    View,
    check,
    layer,
    municipality_columns,
)
from metrogis.i18n import both

CRS = "EPSG:2180"


class Limits(Parameters):
    factor: Annotated[float, Spec(both("factor"), "1", "this test"), Field(gt=0)] = 1.0
    year_after: Annotated[float | None, Spec(both("year"), "year", "this test")] = None


@dataclass(frozen=True)
class Inputs:
    municipalities: gpd.GeoDataFrame
    people: pd.DataFrame = layer(both("people"))
    extra: Any = layer(both("extra"), required=False)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cut_off": Column(both("cut off"), unit="people", bound="low", known="counted"),
        "share": Column(both("share cut off"), "share", digits=1, bound="low"),
        "form": Column(both("form"), digits=2, of_known=True),
        "kind": Column(both("kind"), digits=1),
        "counted": Column(both("counted"), unit="people"),
        "unknown_share": Column(both("unknown"), "share", of_knowledge=True),
    }
}


@check(
    id="by_hand",
    direction="2.1.2",
    title=both("By <b>hand</b>"),
    question=both("?"),
    method=both("."),
    columns=COLUMNS,
    views=(View("municipalities", both("share"), "share", breaks=(0.0, 0.5)),),
    reading=Reading(
        headlines={"cut_off": "down", "share": "down", "form": "up", "kind": ""},
        unknown=Sentence(both("{unknown_share:%0}"), where="unknown_share"),
    ),
)
def by_hand(inputs: Inputs, params: Limits) -> Outcome:
    """Take the numbers of a table, the people times the factor."""
    table = inputs.municipalities.merge(inputs.people, on="teryt", how="left")
    table["cut_off"] = table["cut_off"] * params.factor
    return Outcome(municipalities=table)


def outlines(codes: list[str], xs: list[tuple[float, float]] | None = None) -> gpd.GeoDataFrame:
    spans = xs or [(1000.0 * i, 1000.0 * (i + 1)) for i in range(len(codes))]
    shapes = [shapely.box(500_000 + a, 600_000, 500_000 + b, 601_000) for a, b in spans]
    return gpd.GeoDataFrame(
        {"teryt": codes, "name": [f"N{c}" for c in codes]}, geometry=shapes, crs=CRS
    )


def people(codes: list[str], **columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({"teryt": codes})
    basic: dict[str, Any] = {
        "cut_off": 1000.0, "share": 0.1, "form": 0.5, "kind": 3.0, "counted": 10_000.0,
        "unknown_share": 0.0,
    }  # fmt: skip
    for name, value in {**basic, **columns}.items():
        table[name] = value
    return table


CODES = ["2211021", "2211032", "2211043"]


def result(codes: list[str] | None = None, land: Any = None, **given: Any) -> Result:
    parameters = {k: given.pop(k) for k in ("factor", "year_after") if k in given}
    extra = given.pop("extra", None)
    own = codes or CODES
    boundaries = outlines(own) if land is None else land
    return by_hand(boundaries, people(own, **given), extra=extra, **parameters)


def verdicts(old: Result, new: Result, measure: str, **options: Any) -> list[str]:
    table = mg.compare(old, new, **options).table
    return table[table["measure"] == measure]["verdict"].tolist()
