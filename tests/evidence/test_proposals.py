"""What timetables let one propose, and what they do not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from metrogis.cli import app
from metrogis.evidence import proposals
from metrogis.transit import read_feed
from tests.catalog.test_feeds import WEEK, feed, metro


def timetable(
    folder: Path, weeks: list[str], *, every: int = 80, pupils: int = 20, name: str = "a"
) -> object:
    """Read a feed: ``every`` trips on all weekdays, ``pupils`` more in weeks marked S.

    Weeks start on Monday, 2024-09-02.
    """
    dates = "service_id,date,exception_type\n"
    monday = dt.date(2024, 9, 2)
    for i, kind in enumerate(weeks):
        for day in range(5):
            date = monday + dt.timedelta(days=7 * i + day)
            dates += f"E,{date:%Y%m%d},1\n" if kind != "-" else ""
            dates += f"P,{date:%Y%m%d},1\n" if kind == "S" else ""
    rows = [f"R,E,e{i}" for i in range(every)] + [f"R,P,p{i}" for i in range(pupils)]
    times = ""
    for i, row in enumerate(rows):
        trip, leaves = row.split(",")[2], f"{5 + i // 10:02d}:{i % 10:02d}:00"
        times += f"{trip},{leaves},{leaves},a,1\n{trip},23:00:00,23:00:00,b,2\n"
    path = folder / f"{name}.zip"
    path.write_bytes(
        feed(
            calendar=WEEK, calendar_dates=dates,
            trips="route_id,service_id,trip_id\n" + "\n".join(rows) + "\n",
            stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + times,
        )
    )  # fmt: skip
    return read_feed(path)


def test_weeks_with_fewer_trips_are_proposed_as_holidays(tmp_path: Path) -> None:
    found = proposals.school_holidays(timetable(tmp_path, list("SSSSHHSSSS")))
    assert found.values.tolist() == [
        [dt.date(2024, 9, 30), dt.date(2024, 10, 11), "a", 80, 100]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("weeks", "pupils"),
    [
        ("SSSSSSSS", 20),  # no fall
        ("SSSSSSHH", 20),  # lasts to the end: the timetable may end there
        ("SSSSHHSS", 8),  # 80 of 88 trips: less than a tenth fewer
        ("SSSS--SS", 20),  # nothing at all runs: no school holidays
    ],
)
def test_what_is_no_fall_within_the_timetable_is_not_proposed(
    tmp_path: Path, weeks: str, pupils: int
) -> None:
    assert proposals.school_holidays(timetable(tmp_path, list(weeks), pupils=pupils)).empty


def test_the_share_is_what_decides(tmp_path: Path) -> None:
    of = timetable(tmp_path, list("SSSSHHSS"))
    assert len(proposals.school_holidays(of, least_share=0.81)) == 1
    assert proposals.school_holidays(of, least_share=0.80).empty  # 80 of 100 are not below it


def test_coverage_is_proposed_where_vehicles_stop_and_never_complete(tmp_path: Path) -> None:
    text = (
        '[[feeds]]\nname = "city"\nurl = "https://a.pl/city.zip"\n'
        '[[feeds]]\nname = "pks"\nskip = "no timetable"\n'
    )
    of = metro(tmp_path, text)
    gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(18.4, 54.3, 18.6, 54.5), box(18.6, 54.3, 18.8, 54.5)], crs="EPSG:4326",
    ).to_crs("EPSG:2180").to_file(tmp_path / "data/municipalities.geojson")  # fmt: skip
    (tmp_path / "data/gtfs").mkdir()
    (tmp_path / "data/gtfs/city.zip").write_bytes(feed(3))
    out = tmp_path / "coverage.csv"
    done = CliRunner().invoke(
        app, ["layers", "template", "coverage", str(tmp_path), "--data", str(of.data),
              "--from-feeds", "-o", str(out)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert table.values.tolist() == [
        ["city", "2261011", "A", "bus", "partial"],
        ["city", "2262011", "B", "bus", "none"],
        ["pks", "*", "", "*", "none"],
    ]
    again = CliRunner().invoke(
        app, ["layers", "template", "school_holidays", str(tmp_path), "--data", str(of.data),
              "-o", str(tmp_path / "holidays.csv")],
    )  # fmt: skip
    assert again.exit_code == 0, again.output
    empty = pd.read_csv(tmp_path / "holidays.csv")  # without --from-feeds
    assert len(empty) == 0
    assert list(empty.columns) == ["first", "last"]
