"""A small town's timetable as texts, to be broken in many ways."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Tables = dict[str, str | bytes]

TOWN: dict[str, str] = {
    "agency": "agency_id,agency_name,agency_url,agency_timezone\n1,MZK,http://x.pl,Europe/Warsaw\n",
    "stops": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "ST,Dworzec,54.60,18.23,1,\n"
        "A,Dworzec 01,54.600,18.230,0,ST\n"
        "B,Łąkowa,54.605,18.235,0,\n"
        "C,Źródlana,54.610,18.240,0,\n"
        "D,Las,54.620,18.250,0,\n"
    ),
    "routes": (
        "route_id,agency_id,route_short_name,route_long_name,route_type\n"
        "R1,1,1,Dworzec - Las,3\nR2,1,T,Tramwaj,900\nR3,1,S1,Kolej,109\n"
    ),
    "trips": (
        "route_id,service_id,trip_id,trip_headsign,direction_id,shape_id\n"
        "R1,WD,t1,Las,0,S\nR1,WD,t2,Dworzec,1,\nR1,SA,t3,Las,0,S\n"
        "R2,WD,t4,Las,0,\nR3,SU,t5,Las,0,\nR1,SU,t6,Las,0,S\n"
    ),
    "stop_times": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "t1,08:00:00,08:00:00,A,1,0,0\nt1,08:05:00,08:06:00,B,2,0,0\nt1,08:10:00,08:10:00,C,3,1,0\n"
        "t1,08:20:00,08:20:00,D,4,0,0\n"
        "t2,09:00:00,09:00:00,D,1,0,0\nt2,09:10:00,09:10:00,C,2,0,0\nt2,09:20:00,09:20:00,A,3,0,0\n"
        "t3,23:50:00,23:50:00,A,1,0,0\nt3,24:10:00,24:10:00,C,2,0,0\nt3,25:10:00,25:10:00,D,3,0,0\n"
        "t4,07:00:00,07:00:00,A,1,0,0\nt4,07:09:00,07:09:00,D,2,0,0\n"
        "t5,10:00:00,10:00:00,A,1,0,0\nt5,10:30:00,10:30:00,D,2,0,0\n"
        "t6,11:00:00,11:00:00,A,1,0,0\nt6,11:30:00,11:30:00,D,2,0,0\n"
    ),
    "calendar": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "WD,1,1,1,1,1,0,0,20241001,20241231\n"
        "SA,0,0,0,0,0,1,0,20241001,20241231\n"
        "SU,0,0,0,0,0,0,1,20241001,20241231\n"
    ),
    "calendar_dates": (
        "service_id,date,exception_type\n"
        "WD,20241101,2\nSU,20241101,1\nWD,20241111,2\nSU,20241111,1\n"
        "WD,20241225,2\nSU,20241225,1\nWD,20241226,2\nSU,20241226,1\n"
    ),
    "shapes": (
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        "S,54.600,18.230,1\nS,54.605,18.235,2\nS,54.610,18.240,3\nS,54.620,18.250,4\n"
    ),
    "feed_info": (
        "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date\n"
        "MZK,http://x.pl,pl,20241001,20241231\n"
    ),
}  # fmt: skip


@pytest.fixture
def town() -> Tables:
    """Tables of the town: a fresh copy to change."""
    return dict(TOWN)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write tables as a zip: ``write(tables, prefix="", name="town.zip", suffix=".txt")``."""

    def to_zip(
        tables: Tables, *, prefix: str = "", name: str = "town.zip", suffix: str = ".txt"
    ) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for table, text in tables.items():
                z.writestr(f"{prefix}{table}{suffix}", text)
        return path

    return to_zip
