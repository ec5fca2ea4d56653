"""A result with all that can go wrong: hostile names, gaps, unknowns, every geometry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from affine import Affine
from pydantic import Field

from metrogis.checks.contract import (
    Category,
    Check,
    Column,
    Finding,
    Ground,
    Input,
    Overlay,
    Parameters,
    Result,
    Spec,
    View,
    municipality_columns,
)
from metrogis.evidence import Evidence
from metrogis.evidence.losses import loss
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit, Source
from metrogis.texts import Text, both

HOSTILE = [
    "<img src=x onerror=\"window.hacked='img'\">",
    "</script><script>window.hacked='script'</script>",
    "${(window.hacked='template')}",
    "`${window.hacked='backtick'}`",
    "'\"><svg onload=\"window.hacked='svg'\">",
    "line\u2028separator\u2029end",
    "{{ 7*7 }}{% raw %}{#",
    '=HYPERLINK("x")',
    "Łódź & Żółć Ćmielów",
]
ORIGIN = (460_000.0, 700_000.0)
STEP = 6_000.0


class Options(Parameters):
    limit: Annotated[
        float, Spec(Text("granica dojścia", "walk limit"), "m", "Beim et al. 2019"), Field(gt=0)
    ] = 500.0
    method: Annotated[str, Spec(Text("metoda", "method"), "-", "this project's choice")] = (
        "<b>air</b>"
    )


def function(municipalities: Any, cells: Any = None, **parameters: Any) -> Result:
    """Not run in these tests."""
    raise AssertionError


def other_function(municipalities: Any, **parameters: Any) -> Result:
    """Not run in these tests either."""
    raise AssertionError


STATES = {
    "served": Text("obsłużone", "served"),
    "white": Text("białe plamy", "white"),
    "unknown": Text("nieznane", "unknown"),
}
CHECK = Check(
    id="test_check",
    direction="2.1.2",
    title=Text("Próba: <b>białe plamy</b>", "Trial: <b>white spots</b>"),
    question=Text("Gdzie ludzie żyją bez dojazdu?", "Where do people live without transit?"),
    method=Text("Liczone na próbę. Nie mówi nic.", "Computed for a test. It says nothing."),
    inputs=(
        Input("municipalities", Text("gminy", "municipalities"), "Municipalities"),
        Input("cells", Text("komórki", "cells"), required=False),
    ),
    parameters=Options,
    function=function,
    columns={
        "municipalities": {
            **municipality_columns(),
            "population": Column(Text("ludność", "population"), unit="people"),
            "white_share": Column(
                Text("udział białych plam", "white share"),
                kind="share",
                digits=1,
                note=Text("ludzie bez dojazdu / wszyscy", "people without transit / all"),
            ),
            "has_plan": Column(Text("ma plan", "has a plan"), kind="flag"),
            "state": Column(Text("stan", "state"), kind="category", categories=STATES),
            "covered": Column(Text("rozkład znany", "timetable known"), kind="flag"),
            "known_share": Column(Text("znana część", "known share"), kind="share"),
        },
        "stops": {
            "name": Column(Text("przystanek", "stop"), kind="text"),
            "departures": Column(Text("odjazdy", "departures"), unit="departures/day", digits=1),
        },
        "links": {
            "name": Column(Text("połączenie", "link"), kind="text"),
            "flow": Column(Text("przepływ", "flow")),
        },
        "cells": {
            "state": Column(Text("stan", "state"), kind="category", categories=STATES),
            "people": Column(Text("ludzie", "people"), digits=1),
        },
    },
    views=(
        View(
            "municipalities",
            Text("Udział białych plam", "White share"),
            column="white_share",
            breaks=(0.0, 0.1, 0.25, 0.5, 1.0),
            popup=("name", "population", "white_share", "has_plan", "state"),
        ),
        View(
            "cells",
            Text("Stan komórek", "State of cells"),
            column="state",
            categories=(
                Category("served", STATES["served"], "#009E73"),
                Category("white", STATES["white"], "#D55E00"),
                Category("unknown", STATES["unknown"], "#bbbbbb", hatch=True),
            ),
            popup=("state", "people"),
            shown=False,
        ),
        View(
            "links",
            Text("Połączenia", "Links"),
            colour="#CC79A7",
            popup=("name", "flow"),
            weight=3,
            ground=Ground("known_share"),
        ),
        View(
            "stops",
            Text(
                "Przystanki </script><script>window.hacked='title'</script>",
                "Stops <img src=x onerror=\"window.hacked='title'\">",
            ),
            column="departures",
            breaks=(0, 8, 24, 96),
            palette="cividis",
            popup=("name", "departures"),
            ground=Ground("covered"),
        ),
    ),
    overlays=(
        Overlay(
            "current",
            Text("Prąd <img src=x onerror=1>", 'Current <img src=x onerror="window.hacked=1">'),
            breaks=(0.1, 0.4, 0.8),
            palette="inferno",
            unit="A",
            digits=1,
        ),
    ),
)


def current() -> Grid:
    """Return a plane that slopes from 0 to 1, unknown in one corner and outside."""
    values = np.tile(np.linspace(0, 1, 120), (100, 1))
    valid = np.ones(values.shape, bool)
    valid[:15, :15] = False
    valid[:, :4] = False
    transform = Affine(250, 0, ORIGIN[0] - 1000, 0, -250, ORIGIN[1] + 3 * STEP + 1000)
    return Grid(values, valid, transform, pyproj.CRS("EPSG:2180"), (250.0, 250.0))


def result(*, cells: int = 12, check: Check = CHECK) -> Result:
    """Return a result of 12 municipalities, ``cells`` x ``cells`` cells, stops and links."""
    rng = np.random.default_rng(1)
    x0, y0 = ORIGIN
    boxes = [
        shapely.box(x0 + i * STEP, y0 + j * STEP, x0 + (i + 1) * STEP, y0 + (j + 1) * STEP)
        for j in range(3)
        for i in range(4)
    ]
    names = [*HOSTILE, "Gdynia", "Gdańsk", "Jastarnia"]
    share = np.array([0.0, 0.1, 0.2499999, 0.25, 0.5, 1.0, np.nan, 0.03, 0.7, 0.333, 0.05, np.nan])
    municipalities = gpd.GeoDataFrame(
        {
            "teryt": [f"22{i:05d}" for i in range(12)],
            "name": names,
            "population": np.where(np.isnan(share), np.nan, 1000.0 * np.arange(1, 13)),
            "white_share": share,
            "has_plan": pd.Series([True, False, None] * 4, dtype=object),
            "state": (["served", "white", None, "strange"] * 3),
            "covered": pd.Series([True] * 9 + [False, None, "unknown"], dtype=object),
            "known_share": [1.0] * 8 + [0.5, 0.0, np.nan, 1.0],
        },
        geometry=boxes,
        crs="EPSG:2180",
    )
    size = 4 * STEP / cells
    grid = [
        shapely.box(x0 + i * size, y0 + j * size, x0 + (i + 1) * size, y0 + (j + 1) * size)
        for j in range(cells)
        for i in range(cells)
    ]
    cell_table = gpd.GeoDataFrame(
        {
            "state": rng.choice(["served", "white", "unknown"], len(grid)),
            "people": rng.uniform(0, 100, len(grid)),
        },
        geometry=grid,
        crs="EPSG:2180",
    )
    points = shapely.points(
        x0 + rng.uniform(0, 4 * STEP, len(HOSTILE)), y0 + rng.uniform(0, 3 * STEP, len(HOSTILE))
    )
    stops = gpd.GeoDataFrame(
        {"name": HOSTILE, "departures": [0, 7.9, 8, 24, 95, 96, 400, np.nan, 12]},
        geometry=[*points[:-1], None],
        crs="EPSG:2180",
    )
    links = gpd.GeoDataFrame(
        {"name": HOSTILE[:3], "flow": [10, 20, np.nan]},
        geometry=[
            shapely.LineString([(x0, y0), (x0 + (i + 1) * STEP, y0 + 2 * STEP)]) for i in range(3)
        ],
        crs="EPSG:2180",
    )
    audit = Audit().add(
        "stops",
        "dropped",
        3,
        Text("bez <i>współrzędnych</i>", "without <i>coordinates</i>"),
        HOSTILE[:2],
    )
    return Result(
        check=check,
        municipalities=municipalities,
        features={"cells": cell_table, "stops": stops, "links": links},
        rasters={"current": current()},
        findings=(
            Finding(
                Text(
                    "{people:0} osób ({share:%1}) mieszka na białych plamach; najwięcej: {where}.",
                    "{people:0} people ({share:%1}) live in white spots; most: {where}.",
                ),
                {"people": 12345.0, "share": 0.1234},
                {"where": HOSTILE[0]},
            ),
            Finding(
                Text("O {n:0} gminach nic nie wiadomo.", "Nothing is known of {n:0} zones."),
                {"n": 2.0},
            ),
        ),
        parameters=Options(),
        provenance=(
            Source("municipalities", "municipalities.gpkg", "PZGiK", "GUGiK <b>", "2015"),
            Source("cells"),
        ),
        audit=audit,
        evidence=evidence(boxes),
    )


def evidence(boxes: list[Any]) -> dict[str, Evidence]:
    """Return municipalities that are whole, and cells of which a part is known and some lost."""
    lost = loss(
        "row",
        Text("bez <b>położenia</b>", "without <b>location</b>"),
        [HOSTILE[0], *range(11)],
        where=boxes[3],
        crs="EPSG:2180",
    )
    cells = Evidence("cells", unknown=np.array(boxes[9:11], dtype=object), crs="EPSG:2180")
    doubt = Text("mniej niż rok temu <script>", "fewer than a year ago <script>")
    return {
        "municipalities": Evidence("municipalities"),
        "cells": cells.losing([lost]).doubting(doubt),
    }


TITLE = Text("Atlas <b>próbny</b>", "Trial <b>atlas</b>")


@dataclass
class FakeSkipped:
    """A check that could not run."""

    check: Check
    layer: str
    reason: Text


@dataclass
class FakeAtlas:
    """What the site needs of an atlas."""

    results: dict[str, Result]
    title: Text = TITLE
    metro_name: str = "Metropolia <script>window.hacked='metro'</script>"
    skipped: list[Any] = field(default_factory=list)
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    holdings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"state": []}))
    created: str = "2024-05-06"
    version: str = "0.1.0"
    failed: dict[str, Any] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)

    def with_results(self, results: dict[str, Result]) -> FakeAtlas:
        return replace(self, results=results)


MISSING = Check(
    id="missing_check",
    direction="2.1.3",
    title=Text("Brakujące łącza", "Missing links"),
    question=Text("Gdzie brakuje łącza?", "Where is a link missing?"),
    method=both("-"),
    inputs=CHECK.inputs,
    parameters=Options,
    function=other_function,
    columns={"municipalities": municipality_columns()},
    views=(),
)


def atlas(**options: Any) -> FakeAtlas:
    """Return an atlas of one result, one skipped check and three layers."""
    made = result(**options)
    return FakeAtlas(
        results={made.check.id: made},
        skipped=[
            FakeSkipped(
                MISSING,
                "streets",
                Text("brak warstwy 'ulice': <b>nie ma jej</b>", "no layer 'streets'"),
            )
        ],
        layers=pd.DataFrame(
            {
                "layer": ["municipalities", "cells", "streets"],
                "state": ["ready", "ready", "missing"],
                "rows": [12.0, 144.0, np.nan],
                "crs": ["EPSG:2180", "EPSG:2180", ""],
                "licence": ["PZGiK", "CC BY 4.0", ""],
                "attribution": ["GUGiK", "<b>GUS</b>", ""],
                "date": ["2015", "2022-12-31", ""],
                "source": ["municipalities.gpkg", "cells.gpkg", "brak"],
            }
        ),
    )
