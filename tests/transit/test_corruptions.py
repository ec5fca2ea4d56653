"""Broken timetables: each is read with an audited repair, or refused with file, row and reason."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.errors import MetrogisError, SchemaError, SourceError
from metrogis.transit import Feed, read_feed
from metrogis.transit.days import without_dates

Tables = dict[str, str | bytes]
Change = Callable[[Tables], None]


def swap(table: str, old: str, new: str) -> Change:
    def change(t: Tables) -> None:
        text = t[table]
        assert isinstance(text, str)
        assert old in text
        t[table] = text.replace(old, new)

    return change


def add(table: str, text: str) -> Change:
    def change(t: Tables) -> None:
        t[table] = str(t[table]) + text

    return change


def drop(*tables: str) -> Change:
    return lambda t: [t.pop(name) for name in tables] and None  # type: ignore[func-returns-value]


def whole(table: str, text: str | bytes) -> Change:
    return lambda t: t.update({table: text})


def recode(table: str, encoding: str, head: bytes = b"") -> Change:
    return lambda t: t.update({table: head + str(t[table]).encode(encoding)})


def no_column(table: str, column: str) -> Change:
    def change(t: Tables) -> None:
        rows = [r.split(",") for r in str(t[table]).splitlines()]
        at = rows[0].index(column)
        t[table] = "\n".join(",".join(c for i, c in enumerate(r) if i != at) for r in rows) + "\n"

    return change


def all_quoted(t: Tables) -> None:
    for name, text in t.items():
        t[name] = "\n".join(
            ",".join(f'"{c}"' for c in line.split(",")) for line in str(text).splitlines()
        )


# name: (change, table of the audit row, action, words of the row); departures stay as they were
REPAIRED: dict[str, tuple[Change, str, str, str]] = {
    "bom": (recode("stops", "utf-8", b"\xef\xbb\xbf"), "", "", ""),
    "windows line ends": (swap("stops", "\n", "\r\n"), "", "", ""),
    "old mac line ends": (swap("stops", "\n", "\r"), "", "", ""),
    "no final line end": (lambda t: t.update(stops=str(t["stops"]).rstrip()), "", "", ""),
    "blank lines": (swap("stop_times", "\nt2,09:00", "\n\n\nt2,09:00"), "", "", ""),
    "everything quoted": (all_quoted, "", "", ""),
    "other column order and unknown columns": (
        swap("calendar_dates", "exception_type\n", "exception_type,x\n"),
        "calendar_dates", "repaired", "too short",
    ),
    "utf-16": (recode("stops", "utf-16"), "stops", "repaired", "UTF-16"),
    "utf-16 without mark": (recode("stops", "utf-16-le"), "stops", "repaired", "UTF-16"),
    "utf-16 big end": (recode("stops", "utf-16-be"), "stops", "repaired", "UTF-16"),
    "cp1250": (recode("stops", "cp1250"), "stops", "guessed", "cp1250"),
    "iso 8859-2": (recode("stops", "iso8859-2"), "stops", "guessed", "iso8859-2"),
    "a bad byte in utf-8": (
        lambda t: t.update(stops=str(t["stops"]).encode().replace(b"Las", b"L\xffs")),
        "stops", "repaired", "not UTF-8",
    ),
    "semicolons": (swap("trips", ",", ";"), "trips", "repaired", "commas"),
    "tabs": (swap("trips", ",", "\t"), "trips", "repaired", "commas"),
    "blanks around cells": (swap("stop_times", ",", " , "), "stop_times", "repaired", "blanks"),
    "capital header": (
        swap("stops", "stop_id,stop_name", "Stop_ID, STOP_NAME "), "stops", "repaired", "names"
    ),
    "column twice": (
        swap("routes", "route_type\n", "route_type,route_id\n"), "routes", "dropped", "twice"
    ),
    "nul bytes": (swap("stop_times", "t1,08:05", "t1\0,08:05"), "stop_times", "repaired", "NUL"),
    "rows too short": (
        swap("stop_times", "D,4,0,0", "D,4"), "stop_times", "repaired", "too short"
    ),
    "rows with blank tails": (
        swap("stop_times", "D,4,0,0", "D,4,0,0,,"), "stop_times", "repaired", "blank tails"
    ),
    "row with too many fields": (
        add("trips", "R1,WD,t9,Las, Wejherowo,0,S,1\n"), "trips", "dropped", "too many"
    ),
    "quote never closed": (
        swap("stops", ",Łąkowa,", ',"Łąkowa,'), "stops", "repaired", "never closed"
    ),
    "two quotes never closed": (
        lambda t: (swap("stops", ",Łąkowa,", ',"Łąkowa,')(t), swap("stops", ",Las,", ',"Las,')(t)),
        "stops", "repaired", "never closed",
    ),
    "no agency": (drop("agency"), "agency", "noted", "missing"),
    "no optional table": (drop("agency", "shapes", "feed_info"), "agency", "noted", "missing"),
    "optional table of rubbish": (
        whole("frequencies", b"\x89PNG\r\n\x1a\n\x00\x00"), "frequencies", "dropped", ""
    ),
    "empty optional table": (whole("frequencies", ""), "frequencies", "noted", "empty"),
    "stop twice": (add("stops", "A,Other,54.7,18.7,0,\n"), "stops", "dropped", "repeated"),
    "stop without id": (add("stops", ",Other,54.7,18.7,0,\n"), "stops", "dropped", "without an id"),
    "route twice": (add("routes", "R1,1,1,,0\n"), "routes", "dropped", "repeated"),
    "trip twice": (add("trips", "R1,SU,t1,Las,0,S\n"), "trips", "dropped", "repeated"),
    "call twice": (
        swap("stop_times", "t1,08:20:00,08:20:00,D,4,0,0\n",
             "t1,08:20:00,08:20:00,D,4,0,0\nt1,08:20:00,08:20:00,D,4,0,0\n"),
        "stop_times", "dropped", "repeated",
    ),
    "rows out of order": (
        lambda t: t.update(stop_times="\n".join(
            [(r := str(t["stop_times"]).splitlines())[0], *sorted(r[1:], reverse=True)])),
        "", "", "",
    ),
    "no stop_sequence": (
        no_column("stop_times", "stop_sequence"), "stop_times", "repaired", "order"
    ),
    "no arrival times": (
        no_column("stop_times", "arrival_time"),
        "stop_times", "repaired", "no time of arrival: departure copied",
    ),
    "no departure times": (
        lambda t: (no_column("stop_times", "departure_time")(t),
                   swap("stop_times", "t1,08:05:00", "t1,08:06:00")(t)),
        "stop_times", "repaired", "no time of departure: arrival copied",
    ),
    "a departure left blank": (
        swap("stop_times", "09:10:00,09:10:00", "09:10:00,"), "stop_times", "repaired", "copied"
    ),
    "an arrival left blank": (
        swap("stop_times", "09:10:00,09:10:00", ",09:10:00"), "stop_times", "repaired", "copied"
    ),
    "times without seconds": (
        swap("stop_times", ":00:00,", ":00,"), "stop_times", "repaired", "not written as HH:MM:SS"
    ),
    "times with parts of seconds": (
        swap("stop_times", "08:06:00,", "08:06:00.5,"), "stop_times", "repaired", "HH:MM:SS"
    ),
    "times with parts of seconds behind a comma": (
        swap("stop_times", "08:06:00,", '"08:06:00,5",'), "stop_times", "repaired", "HH:MM:SS"
    ),
    "coordinates with a decimal comma": (
        swap("stops", "54.605,", '"54,605",'), "stops", "repaired", "stop_lat: a number"
    ),
    "numbers with a point": (
        swap("stop_times", "B,2,0,0", "B,2.0,0,0"), "stop_times", "repaired", "stop_sequence: a"
    ),
    "route type with a point": (
        swap("routes", "Dworzec - Las,3", "Dworzec - Las,3.0"), "routes", "repaired", "route_type:"
    ),
    "route without a name": (
        swap("routes", "R2,1,T,Tramwaj", "R2,1,,"), "routes", "guessed", "without name"
    ),
    "negative time to change": (
        whole("transfers", "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nA,B,2,-60\n"),
        "transfers", "repaired", "not stated",
    ),
    "time to change in words": (
        whole("transfers", "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nA,B,2,x\n"),
        "transfers", "repaired", "not stated",
    ),
    "headway with short times": (
        whole("frequencies", "trip_id,start_time,end_time,headway_secs\nt6,6:00,7:00,600\n"),
        "frequencies", "repaired", "start_time not written",
    ),
    "times without leading zero": (swap("stop_times", "08:", "8:"), "", "", ""),
    "call of an unknown trip": (
        add("stop_times", "zz,08:00:00,08:00:00,A,1,0,0\n"),
        "stop_times", "dropped", "unknown trips",
    ),
    "unknown pickup_type": (
        swap("stop_times", "B,2,0,0", "B,2,7,0"), "stop_times", "guessed", "pickup_type"
    ),
    "pickup by phone": (swap("stop_times", "B,2,0,0", "B,2,2,0"), "stop_times", "noted", "request"),
    "trip without calls": (add("trips", "R1,WD,t9,Las,0,S\n"), "stop_times", "noted", "without"),
    "trip with one call": (
        lambda t: (add("trips", "R1,WD,t9,Las,0,S\n")(t),
                   add("stop_times", "t9,08:00:00,08:00:00,A,1,0,0\n")(t)),
        "stop_times", "dropped", "single stop",
    ),
    "trip of an undated service": (
        lambda t: (add("trips", "R1,XX,t9,Las,0,S\n")(t),
                   add("stop_times", "t9,8:00:00,,A,1,0,0\nt9,8:10:00,,B,2,0,0\n")(t)),
        "calendar", "unknown", "no dates",
    ),
    "service of which only days without it are listed": (
        lambda t: (add("trips", "R1,XX,t9,Las,0,S\n")(t),
                   add("stop_times", "t9,8:00:00,,A,1,0,0\nt9,8:10:00,,B,2,0,0\n")(t),
                   add("calendar_dates", "XX,20241101,2\n")(t)),
        "calendar", "unknown", "no dates",
    ),
    "unknown route": (swap("trips", "R1,SU,t6", "R9,SU,t6"), "trips", "guessed", "bus"),
    "unknown route type": (
        swap("routes", "Dworzec - Las,3", "Dworzec - Las,77"), "routes", "guessed", "bus"
    ),
    "route type in words": (
        swap("routes", "Dworzec - Las,3", "Dworzec - Las,bus"), "routes", "guessed", "bus"
    ),
    "direction out of range": (
        swap("trips", "Las,0,S", "Las,5,S"), "trips", "unknown", "direction"
    ),
    "stop at 0,0": (swap("stops", "54.605,18.235", "0.0,0"), "stops", "unknown", "coordinates"),
    "stop off the globe": (swap("stops", "54.605", "5460.5"), "stops", "unknown", "coordinates"),
    "stop without coordinates": (swap("stops", "54.605,18.235", ","), "stops", "unknown", "coord"),
    "coordinates no numbers": (swap("stops", "54.605", "N54"), "stops", "unknown", "coordinates"),
    "coordinates nan": (swap("stops", "54.605", "nan"), "stops", "unknown", "coordinates"),
    "platform takes its station's place": (
        swap("stops", "54.600,18.230,0,ST", ",,0,ST"), "stops", "repaired", "station"
    ),
    "stop without name": (swap("stops", "Łąkowa", ""), "stops", "guessed", "name"),
    "unknown location_type": (swap("stops", "18.250,0,", "18.250,9,"), "stops", "guessed", "type"),
    "unknown parent": (swap("stops", "18.250,0,", "18.250,0,QQ"), "stops", "repaired", "parent"),
    "own parent": (swap("stops", "18.250,0,", "18.250,0,D"), "stops", "repaired", "own station"),
    "parents in a circle": (
        lambda t: (swap("stops", "18.250,0,", "18.250,0,C")(t),
                   swap("stops", "18.240,0,", "18.240,0,D")(t)),
        "stops", "repaired", "point at each other",
    ),
    "iso dates": (
        swap("calendar", "20241001", "2024-10-01"), "calendar", "repaired", "YYYY-MM-DD"
    ),
    "period that ends before it starts": (
        add("calendar", "WD,1,1,1,1,1,1,1,20250101,20240101\n"),
        "calendar", "dropped", "ends before",
    ),
    "period with an impossible date": (
        add("calendar", "WD,1,1,1,1,1,1,1,20249901,20250101\n"), "calendar", "dropped", "unreadable"
    ),
    "weekday out of range": (
        swap("calendar", "SA,0,0,0,0,0,1,0", "SA,0,0,0,x,0,1,0"), "calendar", "guessed", "thursday"
    ),
    "service in two periods": (
        add("calendar", "WD,1,1,1,1,1,0,0,20241201,20241205\n"), "calendar", "noted", "several"
    ),
    "exception of unknown type": (
        add("calendar_dates", "WD,20241016,3\n"), "calendar_dates", "dropped", "exception"
    ),
    "exception on no date": (
        add("calendar_dates", "WD,20241316,1\n"), "calendar_dates", "dropped", "exception"
    ),
    "headway of an unknown trip": (
        whole("frequencies", "trip_id,start_time,end_time,headway_secs\nzz,6:00:00,7:00:00,600\n"),
        "frequencies", "dropped", "unknown trip",
    ),
    "headway of zero": (
        whole("frequencies", "trip_id,start_time,end_time,headway_secs\nt1,6:00:00,7:00:00,0\n"),
        "frequencies", "dropped", "no sense",
    ),
    "negative stop_sequence": (
        swap("stop_times", ",A,1,", ",A,-1,"), "stop_times", "noted", "negative"
    ),
    "stop_sequence beyond all numbers": (
        swap("stop_times", "D,4,0,0", "D,99999999999,0,0"), "stop_times", "repaired", "order"
    ),
    "weekday left blank": (
        swap("calendar", "SA,0,0,0,0,0,1,0", "SA,0,0,0,,0,1,0"),
        "calendar", "guessed", "thursday blank",
    ),
    "exception without a type": (
        add("calendar_dates", "WD,20241016,\n"), "calendar_dates", "guessed", "taken as running"
    ),
    "transfer of an unknown stop": (
        whole("transfers", "from_stop_id,to_stop_id,transfer_type\nA,zz,0\nA,B,0\n"),
        "transfers", "dropped", "unknown stops",
    ),
}  # fmt: skip


def rows_of(feed: Feed, day: str = "2024-10-16") -> list[tuple[str, str, int]]:
    d = feed.departures(day)
    return sorted(zip(d["trip_id"], d["stop_id"], d["seconds"].tolist(), strict=True))


WEDNESDAY = [
    ("t1", "A", 28800), ("t1", "B", 29160), ("t2", "C", 33000), ("t2", "D", 32400),
    ("t4", "A", 25200),
]  # fmt: skip


@pytest.mark.parametrize("name", REPAIRED)
def test_repaired(town, write, name):
    change, table, action, words = REPAIRED[name]
    change(town)
    feed = read_feed(write(town))
    assert rows_of(feed) == WEDNESDAY
    found = [r for r in feed.audit if r.layer == f"town/{table}.txt"]
    if not table:
        assert len(without_dates(feed.audit)) == 0
    else:
        assert any(r.action == action and words in r.what.en for r in found), list(feed.audit)
        assert all(r.count > 0 and r.what.pl != r.what.en for r in feed.audit)
    feed.describe()
    feed.stop_points("EPSG:2180")


# departures change: what then remains of the Wednesday, and the row that says why
CHANGED: dict[str, tuple[Change, str, str, list[tuple[str, str, int]]]] = {
    "call at an unknown stop": (
        swap("stop_times", "08:06:00,B", "08:06:00,zz"), "dropped", "unknown stops",
        [r for r in WEDNESDAY if r[1] != "B"],
    ),
    "last call at an unknown stop leaves the one before boardable": (
        swap("stop_times", "07:09:00,D", "07:09:00,zz"), "dropped", "unknown stops",
        WEDNESDAY,
    ),
    "negative time": (
        swap("stop_times", "08:05:00,08:06:00", "-8:05:00,-8:06:00"), "modelled", "shape",
        sorted([("t1", "B", 29100), *(r for r in WEDNESDAY if r[1] != "B")]),
    ),
    "huge time": (
        swap("stop_times", "08:05:00,08:06:00", "999:00:00,9999:00:00"), "dropped", "too large",
        sorted([("t1", "B", 29100), *(r for r in WEDNESDAY if r[1] != "B")]),
    ),
    "minute 60": (
        swap("stop_times", "08:05:00,08:06:00", "08:60:00,08:61:00"), "dropped", "unreadable",
        sorted([("t1", "B", 29100), *(r for r in WEDNESDAY if r[1] != "B")]),
    ),
    "time in words": (
        swap("stop_times", "08:05:00,08:06:00", "noon,noon"), "dropped", "unreadable",
        sorted([("t1", "B", 29100), *(r for r in WEDNESDAY if r[1] != "B")]),
    ),
    "first call without time": (
        swap("stop_times", "08:00:00,08:00:00,A", ",,A"), "dropped", "without time",
        [r for r in WEDNESDAY if r[:2] != ("t1", "A")],
    ),
    "times that go back": (
        swap("stop_times", "08:05:00,08:06:00", "07:05:00,07:06:00"), "noted", "go back",
        sorted([("t1", "B", 25560), *(r for r in WEDNESDAY if r[1] != "B")]),
    ),
    "loop: the last stop is the first": (
        swap("stop_times", "08:20:00,D,4", "08:20:00,A,4"), "", "", WEDNESDAY
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_changed(town, write, name):
    change, action, words, want = CHANGED[name]
    change(town)
    feed = read_feed(write(town))
    assert rows_of(feed) == want
    if action:
        assert any(r.action == action and words in r.what.en for r in feed.audit), list(feed.audit)
    else:
        assert len(without_dates(feed.audit)) == 0


REFUSED: dict[str, tuple[Change, type[MetrogisError], str]] = {
    "no stops": (drop("stops"), SchemaError, "stops.txt"),
    "no routes": (drop("routes"), SchemaError, "routes.txt"),
    "no trips": (drop("trips"), SchemaError, "trips.txt"),
    "no stop_times": (drop("stop_times"), SchemaError, "stop_times.txt"),
    "no calendar": (drop("calendar", "calendar_dates"), SchemaError, "calendar.txt"),
    "empty calendar": (
        lambda t: t.update(calendar="", calendar_dates=""), SchemaError, "calendar.txt"
    ),
    "calendar that never runs": (
        lambda t: (swap("calendar", ",1", ",0")(t), drop("calendar_dates")(t)),
        SchemaError, "no trip has a date",
    ),
    "no stop_id column": (no_column("stops", "stop_id"), SchemaError, "stop_id"),
    "no trip_id column": (no_column("stop_times", "trip_id"), SchemaError, "trip_id"),
    "no service_id column": (no_column("trips", "service_id"), SchemaError, "service_id"),
    "a weekday without its column": (
        no_column("calendar", "wednesday"), SchemaError, r"calendar\.txt: wednesday"
    ),
    "no header": (
        lambda t: t.update(stops=str(t["stops"]).split("\n", 1)[1]), SchemaError, "stops.txt, 1"
    ),
    "empty stops": (whole("stops", ""), SchemaError, "stops.txt"),
    "blank stops": (whole("stops", "\n\n  \n"), SchemaError, "stops.txt"),
    "header only": (
        lambda t: t.update(stops=str(t["stops"]).split("\n")[0]), SchemaError, "no rows"
    ),
    "binary stop_times": (whole("stop_times", bytes(range(256)) * 20), SchemaError, "stop_times"),
    "no time anywhere": (
        whole("stop_times", "trip_id,stop_id,stop_sequence\nt1,A,1\nt1,B,2\n"),
        SchemaError, "no trip has a departure",
    ),
    "nobody may board anywhere": (
        whole("stop_times", "trip_id,stop_id,stop_sequence,departure_time,pickup_type\n"
              "t1,A,1,8:00:00,1\nt1,B,2,8:10:00,0\n"),  # nobody boards at the last stop
        SchemaError, "nobody may board anywhere",
    ),
    "no call of a known trip": (
        whole("stop_times", "trip_id,stop_id,departure_time\nq,A,8:00:00\nq,B,8:10:00\n"),
        SchemaError, "no trip has a departure",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(town, write, name):
    change, error, words = REFUSED[name]
    change(town)
    with pytest.raises(error, match=words) as caught:
        read_feed(write(town))
    assert caught.value.layer == "town"
    assert caught.value.remedy
    assert caught.value.text.pl != caught.value.text.en


def test_headways_without_end_are_refused(town, write):
    town["frequencies"] = "trip_id,start_time,end_time,headway_secs\nt1,0:00:00,160:00:00,1\n"
    feed = read_feed(write(town), max_runs=100_000)
    with pytest.raises(SourceError, match=r"frequencies\.txt"):
        feed.departures("2024-10-16")


def test_folder_in_the_zip(town, write):
    feed = read_feed(write(town, prefix="gtfs/2024/"))
    assert rows_of(feed) == WEDNESDAY
    assert [r.action for r in without_dates(feed.audit)] == ["noted"]


def test_other_letters_in_file_names(town, write):
    feed = read_feed(write(town, suffix=".TXT"))
    assert rows_of(feed) == WEDNESDAY
    assert [r.action for r in without_dates(feed.audit)] == ["noted"]


def test_zip_in_the_zip(town, write, tmp_path):
    inner = write(town, name="inner.zip", prefix="x/")
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as z:
        z.write(inner, "feeds/inner.zip")
        z.writestr("readme.txt", "hello")
    feed = read_feed(outer)
    assert rows_of(feed) == WEDNESDAY
    assert len(feed.shapes) == 4
    assert any("zip inside a zip" in r.what.en for r in feed.audit)
    third = tmp_path / "third.zip"
    with zipfile.ZipFile(third, "w") as z:
        z.write(outer, "outer.zip")
    with pytest.raises(SourceError, match="no GTFS timetable"):
        read_feed(third)


def test_zip_in_the_folder(town, write, tmp_path):
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "inner.zip").write_bytes(write(town).read_bytes())
    feed = read_feed(folder)
    assert rows_of(feed) == WEDNESDAY
    assert [r.examples for r in without_dates(feed.audit)] == ["inner.zip"]
    (folder / "other.zip").write_bytes(write(town).read_bytes())
    with pytest.raises(SourceError, match="more than one"):
        read_feed(folder)


def test_zip_in_a_zip_in_a_zip_is_refused(town, write, tmp_path):
    outer = write(town)
    for name in ("second.zip", "third.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as z:
            z.write(outer, "inner.zip")
        outer = tmp_path / name
    with pytest.raises(SourceError, match="inner.zip"):
        read_feed(outer)


def test_two_timetables_in_one_zip_are_not_chosen_from(town, tmp_path, write):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as z:
        for folder in ("a", "b"):
            for table, text in town.items():
                z.writestr(f"{folder}/{table}.txt", text)
    with pytest.raises(SourceError, match="more than one"):
        read_feed(path)
    inner = write(town)
    with zipfile.ZipFile(path, "w") as z:
        z.write(inner, "a.zip")
        z.write(inner, "b.zip")
    with pytest.raises(SourceError, match=r"a\.zip, b\.zip"):
        read_feed(path)


def test_resource_forks_are_passed_over(town, tmp_path):
    path = tmp_path / "mac.zip"
    with zipfile.ZipFile(path, "w") as z:
        for table, text in town.items():
            z.writestr(f"gtfs/{table}.txt", text)
            z.writestr(f"__MACOSX/gtfs/._{table}.txt", b"\0\5\x16\7")
            z.writestr(f"__MACOSX/gtfs/{table}.txt", b"\0\5\x16\7")
    assert rows_of(read_feed(path)) == WEDNESDAY


@pytest.mark.parametrize("name", ["../stops.txt", "/etc/stops.txt", "a/../../x", "..\\x", "C:\\x"])
def test_paths_that_leave_the_archive(town, tmp_path, name):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as z:
        for table, text in town.items():
            z.writestr(f"{table}.txt", text)
        z.writestr(name, "x")
    with pytest.raises(SourceError, match="leads out"):
        read_feed(path)


def test_link_that_leaves_the_folder(town, tmp_path):
    folder = tmp_path / "feed"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("stop_id\nsecret\n")
    for table, text in town.items():
        if table != "stops":
            (folder / f"{table}.txt").write_text(str(text), encoding="utf-8")
    os.symlink(tmp_path / "secret.txt", folder / "stops.txt")
    with pytest.raises(SourceError, match="leads out"):
        read_feed(folder)


def test_zip_bomb(town, write):
    town["stop_times"] = str(town["stop_times"]) + "\n" * (30 << 20)
    path = write(town)
    with pytest.raises(SourceError, match="bomb"):
        read_feed(path)
    with pytest.raises(SourceError, match="max_bytes"):
        read_feed(path, max_ratio=1e9, max_bytes=10 << 20)


def test_nested_bomb(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as z:
        z.writestr("stops.txt", b"\0" * (30 << 20))
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("inner.zip", inner.getvalue())
    with pytest.raises(SourceError, match="bomb"):
        read_feed(path)


def test_limits_of_the_archive(town, write):
    path = write(town)
    with pytest.raises(SourceError, match="limits"):
        read_feed(path, max_files=3)
    with pytest.raises(SourceError, match="max_bytes"):
        read_feed(path, max_bytes=100)


def test_what_is_no_archive(tmp_path):
    missing = tmp_path / "none.zip"
    with pytest.raises(SourceError, match="no such file"):
        read_feed(missing)
    for name, data in (("text.zip", b"hello"), ("empty.zip", b""), ("feed.pbf", b"\0" * 99)):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(SourceError, match=name):
            read_feed(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no GTFS timetable"):
        read_feed(tmp_path / "empty")


def test_cut_off_and_damaged_zips(town, write, tmp_path):
    data = write(town).read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=r"broken\.zip"):
        read_feed(broken)
    at = data.index(b"stop_times.txt") + 40
    broken.write_bytes(data[:at] + bytes(20) + data[at + 20 :])
    with pytest.raises(SourceError, match="stop_times"):
        read_feed(broken)


def test_encrypted_zip_says_so(town, write, tmp_path):
    data = bytearray(write(town).read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    path = tmp_path / "locked.zip"
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="encrypted"):
        read_feed(path)


def test_polish_letters_survive_each_encoding(town, write):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250", "iso8859-2"):
        broken = {**town, "stops": str(town["stops"]).encode(encoding)}
        names = read_feed(write(broken)).stops["stop_name"].tolist()
        assert names == ["Dworzec", "Dworzec 01", "Łąkowa", "Źródlana", "Las"]


def test_row_with_too_many_fields_is_named(town, write):
    town["stops"] = str(town["stops"]) + "E,Gdynia, Główna,54.7,18.5,0,ST\n"
    feed = read_feed(write(town))
    row = next(r for r in feed.audit if r.action == "dropped")
    assert (row.layer, row.examples) == ("town/stops.txt", "row 7")


def test_text_of_several_lines_is_one_cell(town, write):
    town["stops"] = str(town["stops"]).replace("Las", '"Las\nprzy ""leśniczówce"""')
    feed = read_feed(write(town))
    assert feed.stops["stop_name"].tolist()[-1] == 'Las\nprzy "leśniczówce"'
    assert len(without_dates(feed.audit)) == 0


def test_names_keep_their_own_quotes(town, write):
    town["stops"] = str(town["stops"]).replace("Las", '"Osiedle ""Kaszuby"""')
    feed = read_feed(write(town))
    assert feed.stops["stop_name"].tolist()[-1] == 'Osiedle "Kaszuby"'
    assert len(without_dates(feed.audit)) == 0


EXAMPLES = int(os.environ.get("METROGIS_EXAMPLES", "60"))

NASTY = st.sampled_from(
    ["", " ", '"', "\0", ",", ",,", "\n", "\r", "-1", "0", "nan", "inf", "1e309", "99:99:99",
     "25:61:00", "-01:00:00", "9999999999", "20241399", "A", "t1", "ST", "WD", "<b>", "Ł", "\ufeff",
     "\ud7ff", "08:00:00", "20240229", "00000000", "3", "0x10", "'", ";", "\t", "1,2,3", "１２",
     "²"]
)  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[str, float, float, object]]:
    kind = st.sampled_from(["cell", "byte", "cut", "row", "again", "gone", "column", "encode"])
    one = st.tuples(kind, st.floats(0, 1), st.floats(0, 1), NASTY)
    return draw(st.lists(one, min_size=1, max_size=6))


def mutate(tables: Tables, steps: list[tuple[str, float, float, str]]) -> None:
    for kind, where, place, value in steps:
        names = sorted(tables)
        if not names:
            return
        name = names[min(int(where * len(names)), len(names) - 1)]
        data = tables[name]
        data = data.encode() if isinstance(data, str) else data
        lines = data.split(b"\n")
        i = min(int(place * len(lines)), len(lines) - 1)
        cells = lines[i].split(b",")
        j = int(place * 1e6) % len(cells)
        if kind == "gone":
            del tables[name]
            continue
        if kind == "cell":
            cells[j] = value.encode()
            lines[i] = b",".join(cells)
            data = b"\n".join(lines)
        elif kind == "byte" and data:
            at = min(int(place * len(data)), len(data) - 1)
            data = data[:at] + value.encode() + data[at + 1 :]
        elif kind == "cut":
            data = data[: int(place * len(data))]
        elif kind == "row":
            data = b"\n".join(lines[:i] + lines[i + 1 :])
        elif kind == "again":
            data = b"\n".join([*lines[: i + 1], lines[i], *lines[i + 1 :]])
        elif kind == "column":
            data = b"\n".join(
                b",".join(c for k, c in enumerate(r.split(b",")) if k != j) for r in lines
            )
        elif kind == "encode":
            data = data.decode("utf-8", "replace").encode(
                "utf-16" if place > 0.5 else "cp1250", "replace"
            )
        tables[name] = data


@pytest.mark.long
@settings(
    max_examples=EXAMPLES, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=mutations(), headways=st.booleans())
def test_any_mutation_is_a_feed_or_one_error(town, write, steps, headways):
    tables = dict(town)
    if headways:
        tables["frequencies"] = "trip_id,start_time,end_time,headway_secs\nt1,6:00:00,9:00:00,900\n"
    mutate(tables, steps)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(write(tables))


def check(path: Path) -> None:
    try:
        feed = read_feed(path)
    except MetrogisError as error:
        str(error.text.pl + error.text.en)
        return
    assert all(r.count > 0 for r in feed.audit)
    stops = set(feed.stops["stop_id"])
    first, last = feed.validity
    assert date(1970, 1, 1) <= first <= last <= date(2100, 12, 31)
    for key, kind in feed.day_types().items():
        assert (kind.date is None) == (kind.state == "unknown")
        if kind.date is None:
            continue
        assert kind.date in kind.dates
        day = feed.departures(key)
        assert set(day["stop_id"]) <= stops
        assert (day["seconds"] >= 0).all()
        counts = feed.departures_per_stop_hour(key)
        assert counts.to_numpy().sum() == len(day)
        per_stop = day["stop_id"].value_counts().reindex(counts.index, fill_value=0)
        assert np.array_equal(per_stop.to_numpy(), counts.sum(axis=1).to_numpy())
        last_calls = feed.stop_times.groupby("trip_id", observed=True)["stop_id"].last()
        assert (day["terminal_id"].astype(str) == last_calls[day["trip_id"]].to_numpy()).all()
    feed.describe()
    try:
        feed.stop_points("EPSG:2180")
    except MetrogisError as error:
        str(error.text)


@pytest.mark.parametrize(
    ("rows", "trips", "said"),
    [
        ("t1,22:00:00,1:00:00,600\n", 18, {"next day"}),
        # a guess that runs into another period of the trip is none: what stands there is unreadable
        ("t1,6:00:00,1:00:00,600\nt1,9:00:00,10:00:00,600\n", 6, {"no sense"}),
        ("t1,6:00:00,1:00:00,600\nt1,1:00:00,2:00:00,600\n", 114 + 6, {"next day"}),
    ],
)
def test_headways_that_end_before_they_start(town, write, rows, trips, said) -> None:
    town["frequencies"] = "trip_id,start_time,end_time,headway_secs\n" + rows
    feed = read_feed(write(town))
    starts = [row for row in rows_of(feed) if row[:2] == ("t1", "A")]
    assert len(starts) == trips
    found = {w for w in ("next day", "no sense") for r in feed.audit
             if r.layer.endswith("frequencies") or w in r.what.en if w in r.what.en}  # fmt: skip
    assert found == said
    assert bool(feed.losses) == ("no sense" in said)
