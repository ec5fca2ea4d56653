"""Door-to-door times: equal to a search written here, from the files themselves; known answers."""

from __future__ import annotations

import csv
import io
import itertools
import math
import zipfile
from collections import defaultdict
from datetime import date as Date
from datetime import timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.evidence.timetable import evidence
from metrogis.streets import from_lines, read_osm
from metrogis.transit import read_feed

HOUR = 3600
DAY = "2024-10-16"
SLOW = dict.fromkeys(("access_limit", "egress_limit", "transfer_limit"), 0)

# --------------------------------------------------------------------------- the other search


def seconds(text):
    h, m, s = map(int, text.split(":"))
    return h * HOUR + m * 60 + s


def rows_of(path, name):
    path = Path(path)
    if path.is_dir():
        if not (path / name).exists():
            return []
        text = (path / name).read_text(encoding="utf-8-sig")
    else:
        with zipfile.ZipFile(path) as z:
            if name not in z.namelist():
                return []
            text = z.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def runs_on(path, day):
    """Runs of a date: trip, block, calls (stop, arrival, departure, pickup, drop_off)."""
    number = day.strftime("%Y%m%d")
    services = set()
    for r in rows_of(path, "calendar.txt"):
        if r["start_date"] <= number <= r["end_date"] and r[day.strftime("%A").lower()] == "1":
            services.add(r["service_id"])
    for r in rows_of(path, "calendar_dates.txt"):
        if r["date"] == number:
            (services.add if r["exception_type"] == "1" else services.discard)(r["service_id"])
    trips = {r["trip_id"]: r for r in rows_of(path, "trips.txt") if r["service_id"] in services}
    calls = defaultdict(list)
    for r in rows_of(path, "stop_times.txt"):
        if r["trip_id"] in trips:
            leave = r.get("departure_time") or r["arrival_time"]
            come = r.get("arrival_time") or leave
            calls[r["trip_id"]].append(
                (int(r["stop_sequence"]), r["stop_id"], seconds(come), seconds(leave),
                 int(r.get("pickup_type") or 0), int(r.get("drop_off_type") or 0))
            )  # fmt: skip
    often = defaultdict(list)
    for r in rows_of(path, "frequencies.txt"):
        often[r["trip_id"]].append(
            (seconds(r["start_time"]), seconds(r["end_time"]), int(r["headway_secs"]))
        )
    out = []
    for trip, own in calls.items():
        own = [c[1:] for c in sorted(own)]
        if trip not in often:
            out.append((trip, trips[trip].get("block_id", ""), own))
        for start, end, headway in often.get(trip, ()):
            for at in range(start, end, headway):
                move = at - own[0][2]
                out.append((trip, "", [(s, a + move, d + move, p, o) for s, a, d, p, o in own]))
    return out


class Plain:
    """Earliest arrivals by rounds of one vehicle each, over every run of three service days."""

    def __init__(self, path, day, xy, *, slack=60, speed=4.8, access=1000, egress=1000,
                 transfer=400, most=3, detour=1.3, longest=120, walk=None):  # fmt: skip
        self.walk = walk or self.straight
        self.xy, self.slack, self.speed, self.detour = xy, slack, speed / 3.6, detour
        self.access, self.egress, self.most, self.longest = access, egress, most, longest * 60
        runs = []
        for move in (-1, 0, 1):
            for trip, block, calls in runs_on(path, Date.fromisoformat(day) + timedelta(days=move)):
                at = move * 24 * HOUR
                block = block and (move, block)
                runs.append((trip, move, block,
                             [(s, a + at, d + at, p, o) for s, a, d, p, o in calls]))  # fmt: skip
        self.runs = sorted(runs, key=lambda r: (r[3][0][2], r[3][-1][1]))
        self.stay = self._stay(path)
        self.change = self._changes(path, transfer)

    def straight(self, a, b):
        return math.dist(a, b) * self.detour

    def _stay(self, path):
        out = defaultdict(set)
        by = defaultdict(list)
        for i, (_, _, block, _) in enumerate(self.runs):
            if block:
                by[block].append(i)
        for own in by.values():
            for i, j in itertools.pairwise(own):
                end, start = self.runs[i][3][-1][0], self.runs[j][3][0][0]
                if end == start or math.dist(self.xy[end], self.xy[start]) <= 150:
                    out[i].add(j)
        number = defaultdict(list)
        for i, (trip, move, _, _) in enumerate(self.runs):
            number[trip, move].append(i)
        for kind in ("4", "5"):
            for r in rows_of(path, "transfers.txt"):
                if r["transfer_type"] != kind:
                    continue
                for move in (-1, 0, 1):
                    for i in number[r["from_trip_id"], move]:
                        for j in number[r["to_trip_id"], move]:
                            (out[i].add if kind == "4" else out[i].discard)(j)
        return {i: {j for j in js if self.runs[j][3][0][2] >= self.runs[i][3][-1][1]}
                for i, js in out.items()}  # fmt: skip

    def _changes(self, path, limit):
        """Seconds between arrival and departure, and of the walk alone, by pair of stops."""
        out = {}
        ids = sorted(self.xy)
        for a in ids:
            for b in ids:
                metres = 0.0 if a == b else self.walk(self.xy[a], self.xy[b])
                if a == b or metres <= limit + 1e-3:
                    out[a, b] = metres / self.speed + self.slack, metres / self.speed
        for r in rows_of(path, "transfers.txt"):
            a, b, kind = r["from_stop_id"], r["to_stop_id"], r["transfer_type"]
            if kind in "45" or a not in self.xy or b not in self.xy:
                continue
            walk = self.walk(self.xy[a], self.xy[b]) / self.speed
            if kind == "3":
                out.pop((a, b), None)
            elif kind == "2" and r["min_transfer_time"]:
                out[a, b] = (float(r["min_transfer_time"]),) * 2
            else:
                out[a, b] = walk + (0 if kind == "1" else self.slack), walk
        by = defaultdict(list)
        for (a, b), times in out.items():
            by[a].append((b, *times))
        return by

    def ends(self, target):
        """Seconds from alighting at a stop to the target."""
        out = {}
        for s, xy in self.xy.items():
            metres = self.walk(xy, target)
            if metres <= self.egress + 1e-3:
                out[s] = metres / self.speed
        here = [s for s in out if math.dist(self.xy[s], target) <= 1e-3]
        for s, feet in self.change.items():
            for b, _, walk in feet:
                if b in here and b != s:
                    out[s] = min(out.get(s, math.inf), walk)
        return out

    def arrive(self, origin, target, leave):
        """Earliest arrival at the target, leaving the origin at a second."""
        best = leave + self.walk(origin, target) / self.speed
        ends = self.ends(target)
        ready = {}
        for s, xy in self.xy.items():
            metres = self.walk(origin, xy)
            if metres <= self.access + 1e-3:
                ready[s] = leave + metres / self.speed + self.slack
        for _ in range(self.most + 1):
            come = {}
            aboard = set()
            for i, (_, _, _, calls) in enumerate(self.runs):
                on = i in aboard
                for k, (s, a, d, pickup, drop) in enumerate(calls):
                    if on and k and drop == 0:
                        come[s] = min(come.get(s, math.inf), a)
                    if pickup == 0 and k < len(calls) - 1 and ready.get(s, math.inf) <= d + 1e-7:
                        on = True
                if on:
                    aboard |= self.stay.get(i, set())
            for s, a in come.items():
                best = min(best, a + ends.get(s, math.inf))
            ready = {}
            for s, a in come.items():
                for b, change, _ in self.change[s]:
                    ready[b] = min(ready.get(b, math.inf), a + change)
        return best if best - leave <= self.longest + 1e-7 else math.inf

    def leave(self, origin, target, arrive):
        """Latest departure that arrives by a second, found by halving."""
        if self.arrive(origin, target, arrive - self.longest) > arrive + 1e-7:
            low = None
            # a journey of at most the longest time may begin later only
            for step in range(0, self.longest, 15):
                if self.arrive(origin, target, arrive - self.longest + step) <= arrive + 1e-7:
                    low = arrive - self.longest + step
                    break
            if low is None:
                return -math.inf
        else:
            low = arrive - self.longest
        high = float(arrive) + 1
        while high - low > 1e-7:
            middle = (low + high) / 2
            if self.arrive(origin, target, middle) <= arrive + 1e-7:
                low = middle
            else:
                high = middle
        return low


def nearest_rank(values, p):
    order = sorted(values)
    return order[max(1, math.ceil(p * len(order) / 100)) - 1]


# --------------------------------------------------------------------------- small timetables

# zone of EPSG:2180 about 54.4 N, 18.5 E; a stop every few hundred metres
STEP_LAT, STEP_LON = 0.0018, 0.0031  # 200 m


def lonlat(x, y):
    return 18.5 + x * STEP_LON, 54.4 + y * STEP_LAT


def metric(points):
    series = gpd.GeoSeries(gpd.points_from_xy(*zip(*points, strict=True)), crs=4326).to_crs(2180)
    return [(g.x, g.y) for g in series]


def clock(s):
    return f"{s // HOUR:02d}:{s // 60 % 60:02d}:{s % 60:02d}"


@st.composite
def municipalities(draw):
    """Stops on a grid of 200 m, trips (some of one vehicle), transfers, limits, two points."""
    place = st.tuples(st.integers(0, 8), st.integers(0, 8))
    stops = draw(st.lists(place, min_size=3, max_size=6, unique=True))
    hour = draw(st.sampled_from([8, 8, 23, 24]))
    trips = []
    for _ in range(draw(st.integers(1, 6))):
        t = hour * HOUR + draw(st.integers(0, 40)) * 60
        calls, last = [], -1
        for _ in range(draw(st.integers(2, 4))):
            stop = draw(st.integers(0, len(stops) - 1).filter(lambda s, last=last: s != last))
            come = t + draw(st.sampled_from([0, 60, 120, 300, 301])) if calls else t
            t = come + draw(st.sampled_from([0, 0, 60]))
            kinds = st.sampled_from([0, 0, 0, 0, 1, 2])
            calls.append((stop, come, t, draw(kinds), draw(kinds)))
            last = stop
        trips.append((calls, draw(st.sampled_from(["", "", "x", "y"])),
                      draw(st.sampled_from([0, 0, 0, 420]))))  # fmt: skip
    pair = st.tuples(st.integers(0, len(stops) - 1), st.integers(0, len(stops) - 1))
    rows = draw(st.dictionaries(pair, st.tuples(st.sampled_from([0, 1, 2, 2, 3]),
                                                st.integers(0, 5)), max_size=4))  # fmt: skip
    two = st.tuples(st.integers(0, len(trips) - 1), st.integers(0, len(trips) - 1))
    aboard = draw(st.dictionaries(two, st.sampled_from([4, 5]), max_size=2))
    rules = {
        "slack": draw(st.sampled_from([0, 60, 61])),
        "max_transfers": draw(st.integers(0, 3)),
        "access_limit": draw(st.sampled_from([0, 300, 1000])),
        "egress_limit": draw(st.sampled_from([0, 300, 1000])),
        "transfer_limit": draw(st.sampled_from([0, 400])),
        "max_time": draw(st.sampled_from([20, 120])),
        "walk_speed": draw(st.sampled_from([0.5, 4.8])),
    }
    points = draw(st.lists(st.one_of(place, st.sampled_from(stops)), min_size=4, max_size=4))
    start = hour * HOUR - 300 + draw(st.integers(0, 20)) * 60
    return stops, trips, rows, aboard, rules, points, start


def write(folder, town):
    stops, trips, rows, aboard, *_ = town
    folder.mkdir(parents=True, exist_ok=True)
    text = {
        "stops": "stop_id,stop_lat,stop_lon\n"
        + "".join(f"s{i},{lonlat(*s)[1]:.7f},{lonlat(*s)[0]:.7f}\n" for i, s in enumerate(stops)),
        "routes": "route_id,route_type\n" + "".join(f"r{i},3\n" for i in range(len(trips))),
        "trips": "trip_id,route_id,service_id,block_id\n"
        + "".join(f"t{i},r{i},W,{t[1]}\n" for i, t in enumerate(trips)),
        "calendar_dates": "service_id,date,exception_type\n"
        + "".join(f"W,202410{d},1\n" for d in (15, 16, 17)),
        "stop_times": "trip_id,stop_id,arrival_time,departure_time,stop_sequence,pickup_type,"
        "drop_off_type\n"
        + "".join(f"t{i},s{s},{clock(a)},{clock(d)},{k},{p},{o}\n"
                  for i, t in enumerate(trips) for k, (s, a, d, p, o) in enumerate(t[0])),
        "frequencies": "trip_id,start_time,end_time,headway_secs\n"
        + "".join(f"t{i},{clock(t[0][0][2])},{clock(t[0][0][2] + 900)},{t[2]}\n"
                  for i, t in enumerate(trips) if t[2]),
        "transfers": "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,"
        "to_trip_id\n"
        + "".join(f"s{a},s{b},{kind},{60 * m if kind == 2 else ''},,\n"
                  for (a, b), (kind, m) in rows.items())
        + "".join(f",,{kind},,t{a},t{b}\n" for (a, b), kind in aboard.items() if a != b),
    }  # fmt: skip
    for name, body in text.items():
        (folder / f"{name}.txt").write_text(body)
    return folder


def frame_of(points, names="abcdefgh"):
    return gpd.GeoDataFrame(
        index=list(names[: len(points)]),
        geometry=gpd.points_from_xy(*zip(*points, strict=True)), crs=2180,
    )  # fmt: skip


def plain_of(folder, town):
    stops, *_, rules, _, _ = town
    text = [lonlat(*s) for s in stops]
    rounded = [(round(x, 7), round(y, 7)) for x, y in text]
    xy = {f"s{i}": p for i, p in enumerate(metric(rounded))}
    return Plain(folder, DAY, xy, slack=rules["slack"], speed=rules["walk_speed"],
                 access=rules["access_limit"], egress=rules["egress_limit"],
                 transfer=rules["transfer_limit"], most=rules["max_transfers"],
                 longest=rules["max_time"])  # fmt: skip


MINUTES = 12
PLENTY = settings(max_examples=40, deadline=None,
                  suppress_health_check=[HealthCheck.function_scoped_fixture,
                                         HealthCheck.too_slow])  # fmt: skip


@PLENTY
@given(municipalities())
def test_equals_the_other_search(tmp_path_factory, town) -> None:
    *_, rules, points, start = town
    folder = write(tmp_path_factory.mktemp("town"), town)
    other = plain_of(folder, town)
    xy = metric([tuple(round(v, 7) for v in lonlat(*p)) for p in points])
    feed = read_feed(folder)
    window = clock(start), clock(start + 60 * MINUTES)
    options = dict(date=DAY, window=window, limits=(10, 20), **rules)

    def times(a, b):
        leaving = [start + 60 * m for m in range(MINUTES)]
        return [(other.arrive(a, b, leave) - leave) / 60 for leave in leaving]

    expected = np.array([[times(a, b) for b in xy[3:]] for a in xy[:3]])
    three, one = frame_of(xy[:3]), frame_of(xy[3:], "z")
    table, each = mg.travel_times(feed, three, one, each_minute=True, **options)
    assert each == pytest.approx(expected, abs=1e-6)
    for row, values in zip(table.itertuples(), expected[:, 0], strict=True):
        for p in (5, 25, 50, 75, 95):
            assert getattr(row, f"p{p}") == pytest.approx(nearest_rank(values, p), abs=1e-6)
        for limit in (10, 20):
            share = (values <= limit + 1e-9).mean()
            assert getattr(row, f"share_{limit}") == pytest.approx(share)
        walk = other.walk(xy["abc".index(row.origin)], xy[3]) / other.speed / 60
        assert row.walk == pytest.approx(walk if walk <= rules["max_time"] else np.inf)
    # more targets than origins: the mirrored search
    expected = np.array([times(xy[3], b) for b in xy[:3]])
    table, each = mg.travel_times(feed, one, three, each_minute=True, **options)
    assert each[0] == pytest.approx(expected, abs=1e-6)
    assert table["p50"].to_numpy() == pytest.approx(
        [nearest_rank(values, 50) for values in expected], abs=1e-6
    )
    # one journey explained takes as long, and can be followed in the files
    legs = mg.journeys(feed, three.iloc[[0]], one, date=DAY, depart=clock(start + 60), **rules)
    first = other.arrive(xy[0], xy[3], start + 60) - (start + 60)
    assert legs.attrs["minutes"] == pytest.approx(first / 60, abs=1e-6)
    if np.isfinite(first):
        follow(folder, legs, rules, start + 60, first)
    else:
        assert legs.empty


def follow(folder, legs, rules, start, took):
    """Check the legs against the files: vehicles as timetabled, in order, with time to board."""
    calls = defaultdict(list)
    for r in rows_of(folder, "stop_times.txt"):
        calls[r["trip_id"]].append(r)
    now, rides = float(start), 0
    ready = start
    for leg in legs.itertuples():
        assert leg.departure >= now - 1e-5
        assert leg.arrival >= leg.departure - 1e-9
        if leg.kind == "ride":
            own = calls[leg.trip_id]
            on = [r for r in own if r["stop_id"] == leg.from_stop]
            off = [r for r in own if r["stop_id"] == leg.to_stop]
            length = leg.arrival - leg.departure
            assert any(
                seconds(b["arrival_time"]) - seconds(a["departure_time"]) == round(length)
                and int(a["stop_sequence"]) < int(b["stop_sequence"])
                for a in on for b in off
            )  # fmt: skip
            rides += not leg.in_seat
        elif leg.from_stop == "" and leg.to_stop:
            assert leg.metres <= rules["access_limit"] + 1e-3
            ready = leg.arrival + rules["slack"]
        now = leg.arrival
        if leg.kind == "ride" and rides == 1 and not leg.in_seat:
            assert leg.departure >= ready - 1e-5
    assert now == pytest.approx(start + took, abs=1e-5)
    assert rides <= rules["max_transfers"] + 1
    assert legs.attrs["transfers"] == max(rides - 1, 0)


@settings(PLENTY, max_examples=15)
@given(municipalities())
def test_arrivals_equal_the_other_search(tmp_path_factory, town) -> None:
    *_, rules, points, start = town
    rules = {**rules, "max_time": 20}
    town = (*town[:4], rules, points, start)
    folder = write(tmp_path_factory.mktemp("town"), town)
    other = plain_of(folder, town)
    xy = metric([tuple(round(v, 7) for v in lonlat(*p)) for p in points])
    feed = read_feed(folder)
    ticks = [start + 900, start + 960, start + 1020]
    options = dict(date=DAY, window=(clock(ticks[0]), clock(ticks[-1] + 60)), limits=(10,),
                   arrive_by=True, each_minute=True, **rules)  # fmt: skip
    two, one = frame_of(xy[:2]), frame_of(xy[3:], "z")
    _, each = mg.travel_times(feed, two, one, **options)
    _, turned = mg.travel_times(feed, one, two, **options)
    for found, pairs in ((each[:, 0], [(a, xy[3]) for a in xy[:2]]),
                         (turned[0], [(xy[3], b) for b in xy[:2]])):  # fmt: skip
        for row, (a, b) in zip(found, pairs, strict=True):
            for value, tick in zip(row, ticks, strict=True):
                leave = other.leave(a, b, tick)
                wanted = (tick - leave) / 60
                assert value == pytest.approx(wanted if wanted <= 20 + 1e-6 else np.inf, abs=1e-5)


@settings(PLENTY, max_examples=20)
@given(municipalities(), st.integers(0, 5))
def test_a_line_added_never_lengthens_a_time(tmp_path_factory, town, which) -> None:
    stops, trips, rows, _aboard, rules, points, start = town
    fewer = [t for i, t in enumerate(trips) if i != which % len(trips)]
    # staying aboard needs the vehicle's next trip: only timetables without blocks are compared
    fewer, trips = ([(c, "", h) for c, _, h in part] for part in (fewer, trips))
    xy = metric([lonlat(*p) for p in points])
    options = dict(date=DAY, window=(clock(start), clock(start + 600)), each_minute=True, **rules)
    options["limits"] = (10,)
    found = []
    for k, part in enumerate((fewer, trips)):
        if not part:
            return
        folder = write(tmp_path_factory.mktemp("town") / str(k),
                       (stops, part, rows, {}, rules, points, start))  # fmt: skip
        found.append(mg.travel_times(read_feed(folder), frame_of(xy[:3]), frame_of(xy[3:], "z"),
                                     **options)[1])  # fmt: skip
    assert (found[1] <= found[0] + 1e-9).all()


# --------------------------------------------------------------------------- known answers


@pytest.fixture(scope="module")
def reference(shared):
    return read_feed(shared / "reference/gtfs/routing.zip", country="CH")


def stops_as_points(feed, rows):
    part = feed.stops[rows & (feed.stops["location_type"] == 0)]
    return gpd.GeoDataFrame(
        {"name": part["stop_name"].to_numpy()}, index=part["stop_id"].to_numpy(),
        geometry=gpd.points_from_xy(part["stop_lon"], part["stop_lat"]), crs=4326,
    )  # fmt: skip


def test_journey_times_of_the_reference(reference) -> None:
    one = stops_as_points(reference, reference.stops["stop_name"] == "One")
    rest = stops_as_points(reference, reference.stops["stop_name"] != "One")
    table, each = mg.travel_times(
        reference, one, rest, date="2018-10-01", window=("07:00", "08:00"), slack=0, walk_speed=0.1,
        max_transfers=5, each_minute=True, **SLOW,
    )  # fmt: skip
    name = rest["name"].reindex(table["target"]).to_numpy()
    shortest = pd.Series(each.min(axis=2).ravel() * 60).groupby(name).min().to_dict()
    assert shortest == {"Two": 240, "Three": 360, "Four": 1200, "Five": 300, "Six": 600,
                        "Seven": 900, "Eight": 720}  # fmt: skip
    first = pd.Series(each[:, :, 0].ravel() * 60).groupby(name).min().to_dict()
    assert {k: v for k, v in first.items() if k != "Two"} == {
        "Three": 660, "Four": 2220, "Five": 900, "Six": 1200, "Seven": 1500, "Eight": 1440
    }  # fmt: skip


def test_legs_of_the_reference(reference) -> None:
    # 07:17 by D from 1b, 07:23 at 3b, ten seconds to 3a, 07:29 by B, 07:37 at Four
    ends = stops_as_points(reference, reference.stops["stop_id"].isin(["stop1b", "stop4"]))
    legs = mg.journeys(
        reference, ends.loc[["stop1b"]], ends.loc[["stop4"]], date="2018-10-01", depart="07:17",
        slack=0, walk_speed=0.1, **SLOW,
    )  # fmt: skip
    shown = ["kind", "line", "from_stop", "to_stop", "departs", "arrives"]
    assert legs[shown].to_numpy().tolist() == [
        ["ride", "Line D", "stop1b", "stop3b", "07:17:00", "07:23:00"],
        ["walk", "", "stop3b", "stop3a", "07:23:00", "07:23:10"],
        ["ride", "Line B", "stop3a", "stop4", "07:29:00", "07:37:00"],
    ]
    assert legs.attrs["minutes"] == 20
    assert legs.attrs["transfers"] == 1
    assert legs["metres"].notna().tolist() == [False, True, False]
    assert legs.explore().get_root().render().count("Line D") >= 1


def test_a_journey_may_end_with_a_change_on_foot(reference) -> None:
    # Two to stop3b: line A stops at 3a only, and ten seconds lead across
    ends = stops_as_points(reference, reference.stops["stop_id"].isin(["stop2", "stop3b"]))
    legs = mg.journeys(
        reference, ends.loc[["stop2"]], ends.loc[["stop3b"]], date="2018-10-01", depart="07:05",
        slack=0, walk_speed=0.1, **SLOW,
    )  # fmt: skip
    assert legs.attrs["minutes"] == pytest.approx(6 + 10 / 60)


# --- a city of lines along streets: 200 m a block, 30 s a block, every 20 minutes

BLOCK = 30


def city(folder, lines, headway=1200, *, exact=0, first=6 * HOUR, until=12 * HOUR):
    """Lines as lists of (x, y) blocks at which they stop; all leave their ends at :00 :20 :40."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {p: f"s{i}" for i, p in enumerate(sorted({p for line in lines for p in line}))}
    text = {
        "stops": "stop_id,stop_lat,stop_lon\n"
        + "".join(f"{n},{lonlat(*p)[1]:.7f},{lonlat(*p)[0]:.7f}\n" for p, n in names.items()),
        "routes": "route_id,route_type\n" + "".join(f"r{i},3\n" for i in range(len(lines))),
        "trips": "trip_id,route_id,service_id\n"
        + "".join(f"t{i},r{i},W\n" for i in range(len(lines))),
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
        "frequencies": "trip_id,start_time,end_time,headway_secs,exact_times\n"
        + "".join(f"t{i},{clock(first)},{clock(until)},{headway},{exact}\n"
                  for i in range(len(lines))),
    }  # fmt: skip
    rows = "trip_id,stop_id,arrival_time,departure_time,stop_sequence\n"
    for i, line in enumerate(lines):
        at = first
        for k, p in enumerate(line):
            if k:
                at += BLOCK * (abs(p[0] - line[k - 1][0]) + abs(p[1] - line[k - 1][1]))
            rows += f"t{i},{names[p]},{clock(at)},{clock(at)},{k}\n"
    text["stop_times"] = rows
    for name, body in text.items():
        (folder / f"{name}.txt").write_text(body)
    return read_feed(folder)


def at(*points):
    return gpd.GeoDataFrame(
        index=[f"{x},{y}" for x, y in points],
        geometry=gpd.points_from_xy(*zip(*((round(v, 7) for v in lonlat(*p)) for p in points),
                                         strict=True)), crs=4326,
    )  # fmt: skip


CITY = dict(date=DAY, window=("07:00", "09:00"), **SLOW)
EAST = [(-20, 0), (0, 0), (20, 0), (40, 0)]
NORTH = [(20, -20), (20, 0), (20, 20), (20, 40)]


def test_grid_city_scheduled(tmp_path) -> None:
    feed = city(tmp_path / "a", [EAST, NORTH])
    _, each = mg.travel_times(feed, at((0, 0)), at((20, 20)), each_minute=True, **CITY)
    values, count = np.unique(each.round(9), return_counts=True)
    assert values.tolist() == list(range(31, 51))
    assert set(count) == {6}


def test_grid_city_random(tmp_path) -> None:
    feed = city(tmp_path / "a", [EAST, NORTH])
    found = mg.travel_times(feed, at((0, 0)), at((20, 20)), headways="random",
                            percentiles=(0, 5, 25, 50, 75, 95, 100), **CITY).iloc[0]  # fmt: skip
    wanted = {0: 22, 5: 28.3, 25: 36.1, 50: 42.0, 75: 47.8, 95: 55.7, 100: 62}
    for p, minutes in wanted.items():
        assert found[f"p{p}"] == pytest.approx(minutes, abs=0.1), p
    assert found["share_60"] == pytest.approx(1 - 2**2 / 2 / 400, abs=0.005)


def test_grid_city_three_random_lines_and_a_change(tmp_path) -> None:
    # three lines over the same sixty blocks; then one of sixty
    lines = [[(-20, 0), (0, 0), (60, 0)] for _ in range(3)]
    lines = [[(-20 - k, 0), *line[1:]] for k, line in enumerate(lines)]
    feed = city(tmp_path / "b", [*lines, [(60, -20), (60, 0), (60, 60)]])
    found = mg.travel_times(feed, at((0, 0)), at((60, 60)), headways="random",
                            percentiles=(0, 5, 25, 50, 75, 95, 100), **CITY).iloc[0]  # fmt: skip
    wanted = {0: 62, 5: 65.9, 25: 71.6, 50: 77.0, 75: 82.0, 95: 88.6, 100: 102}
    for p, minutes in wanted.items():
        assert found[f"p{p}"] == pytest.approx(minutes, abs=0.15 if p < 100 else 0.5), p


def test_random_waits_by_drawing_lots(tmp_path) -> None:
    """Two lines of different speed and headway: as drawn by lot, with the rule of the set."""
    fast = [(-20, 0), (0, 0), (20, 0)]
    slow = [(-20, 0), (0, 0), (0, 6), (20, 6), (20, 0)]  # six minutes longer
    feed = city(tmp_path / "c", [fast, slow])
    found = mg.travel_times(feed, at((0, 0)), at((20, 0)), headways="random",
                            percentiles=(25, 50, 75), **CITY).iloc[0]  # fmt: skip
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 1200, (2, 400_000))
    # expectation alone 10 min of wait + 10; with the slow one 400 s + 10 min + 3 min = 19.7: both
    both = np.where(a <= b, a + 600, b + 960) + 60
    alone = a + 660
    chosen = both if both.mean() < alone.mean() else alone
    for p in (25, 50, 75):
        assert found[f"p{p}"] == pytest.approx(np.percentile(chosen, p) / 60, abs=0.1)


ROWS = [  # from_trip, to_trip, from_route, to_route, type; whether it speaks of lines that run
    (("t0", "t1", "", ""), 1, True),
    (("", "", "r0", "r1"), 3, True),
    (("", "", "", "r1"), 2, True),
    (("t0", "", "", ""), 0, True),
    (("t0", "t1", "", ""), 4, True),
    (("t0", "t1", "", ""), 5, False),
    (("t0", "t2", "", ""), 1, False),
    (("", "", "r2", "r1"), 3, False),
    (("t2", "", "r0", "r1"), 3, False),
    (("", "", "", ""), 2, False),
]


@pytest.mark.parametrize(("names", "kind", "refused"), ROWS)
def test_random_headways_refuse_changes_of_certain_lines(tmp_path, names, kind, refused) -> None:
    folder = tmp_path / "bound"
    city(folder, [EAST, NORTH, [(0, 20), (20, 20)]])
    # the third line runs in the afternoon alone
    path = folder / "frequencies.txt"
    early, late = clock(6 * HOUR), clock(14 * HOUR)
    path.write_text(path.read_text().replace(f"t2,{early},{clock(12 * HOUR)}",
                                             f"t2,{late},{clock(18 * HOUR)}"))  # fmt: skip
    stops = pd.read_csv(folder / "stops.txt").set_index("stop_id")
    lon, lat = lonlat(20, 0)
    there = np.hypot(stops["stop_lon"] - lon, stops["stop_lat"] - lat).idxmin()
    (folder / "transfers.txt").write_text(
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id,"
        f"from_route_id,to_route_id\n{there},{there},{kind},60,{','.join(names)}\n"
    )
    feed = read_feed(folder)
    ask = dict(headways="random", percentiles=(50,), **CITY)
    if refused:
        with pytest.raises(ParameterError, match=r"certain trips or routes") as error:
            mg.travel_times(feed, at((0, 0)), at((20, 20)), **ask)
        assert there in str(error.value)
    else:
        found = mg.travel_times(feed, at((0, 0)), at((20, 20)), **ask)
        assert found["p50"].item() == pytest.approx(42, abs=0.2)
    # as scheduled the same rows are read
    ask["headways"] = "scheduled"
    assert mg.travel_times(feed, at((0, 0)), at((20, 20)), **ask)["p50"].notna().all()


def test_slow_and_fast_train(tmp_path) -> None:
    folder = tmp_path / "trains"
    folder.mkdir()
    tables = {
        "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.9,18.9",
        "routes": "route_id,route_type|S,2|F,2",
        "trips": "trip_id,route_id,service_id|s,S,W|f,F,W",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence|s,A,7:10:00,1|s,B,7:40:00,2|"
        "f,A,7:15:00,1|f,B,7:28:00,2",
        "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    }
    for table, text in tables.items():
        (folder / f"{table}.txt").write_text(text.replace("|", "\n"))
    ends = gpd.GeoDataFrame(index=["A", "B"], crs=4326,
                            geometry=gpd.points_from_xy([18.5, 18.9], [54.4, 54.9]))  # fmt: skip
    _, each = mg.travel_times(read_feed(folder), ends.iloc[[0]], ends.iloc[[1]], date=DAY,
                              window=("07:00", "07:05"), each_minute=True)  # fmt: skip
    assert each.ravel().tolist() == [28, 27, 26, 25, 24]


# --------------------------------------------------------------------------- real timetables


def on_streets(network, stops, origins, target):
    """Metres of all walks between places by street, as a function of two positions."""
    every = [tuple(p) for p in (*stops, *origins, target)]
    snapped = network.snap(np.array(every))
    found = network.pairs(snapped, snapped, limit=1001, snap_cost=1.0)
    pairs = zip(found.origin.tolist(), found.target.tolist(), found.metres.tolist(), strict=True)
    table = {(every[i], every[j]): metres for i, j, metres in pairs}
    ahead = slice(len(stops), -1)
    far = network.distances(snapped[ahead], snapped[-1:], snap_cost=1.0)[:, 0]
    table |= {(tuple(p), tuple(target)): float(d) for p, d in zip(origins, far, strict=True)}
    return lambda a, b: table.get((tuple(a), tuple(b)), math.inf)


@pytest.mark.parametrize(
    ("path", "day", "crs", "window", "streets"),
    [("sao_paulo/gtfs.zip", "2019-10-09", 31983, 7 * HOUR, None),
     ("sao_paulo/gtfs.zip", "2019-10-09", 31983, 8 * HOUR, "sao_paulo/streets.osm.pbf"),
     ("newport/gtfs.zip", "2023-06-13", 27700, 8 * HOUR, None),
     ("newport/gtfs.zip", "2023-06-13", 27700, 7 * HOUR, "newport/streets.osm.pbf"),
     pytest.param("som/gtfs/zditm_2021-11.zip", "2021-12-01", 2180, 22 * HOUR + 600, None,
                  marks=pytest.mark.long)],
)  # fmt: skip
def test_samples_of_real_timetables(shared, path, day, crs, window, streets) -> None:
    country = {27700: "GB", 31983: "BR", 2180: "PL"}[crs]
    feed = read_feed(shared / "data" / path, country=country)
    points = feed.stop_points(crs)
    called = set(feed.stops["stop_id"].iloc[np.unique(feed.calls.stop)])
    points = points[points["stop_id"].isin(called)]
    xy = {s: (g.x, g.y) for s, g in zip(points["stop_id"], points.geometry, strict=True)}
    network = streets and read_osm(shared / "data" / streets, mode="walk", crs=f"EPSG:{crs}")
    # beside the busiest stop, and stops some kilometres from it that are served then
    leaves = feed.departures(day)
    leaves = leaves[leaves["seconds"].between(window, window + HOUR)]
    served = np.array([xy[s] for s in leaves["stop_id"].value_counts().index if s in xy])
    if network:
        served = served[network.snap(served + 60.0).known]
    target = served[0] + 60.0
    apart = np.hypot(*(served - served[0]).T)
    rng = np.random.default_rng(5)
    origins = rng.permutation(served[(apart > 2000) & (apart < 6000)])[:3] + 60.0
    walk = network and on_streets(network, [*xy.values()], origins, target)
    other = Plain(shared / "data" / path, day, xy, most=2, walk=walk)
    frame = gpd.GeoDataFrame(index=range(3), geometry=gpd.points_from_xy(*origins.T), crs=crs)
    one = gpd.GeoDataFrame(index=["t"], geometry=[shapely.Point(*target)], crs=crs)
    table, each = mg.travel_times(feed, frame, one, date=day, max_transfers=2, each_minute=True,
                              streets=network,
                              window=(clock(window), clock(window + 1260)))  # fmt: skip
    for o, origin in enumerate(origins):
        for m in (0, 20):
            leave = window + 60 * m
            wanted = (other.arrive(origin, target, leave) - leave) / 60
            assert each[o, 0, m] == pytest.approx(wanted, abs=1e-6)
    # some of them ride
    assert (each < table["walk"].to_numpy()[:, None, None] - 1).any()


# --------------------------------------------------------------------------- streets, coverage


def simple(tmp_path, **more):
    folder = tmp_path / f"simple{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    tables = {
        "agency": "agency_id,agency_name,agency_url,agency_timezone|1,X,http://x.pl,Europe/Warsaw",
        "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|B,54.5,18.6",
        "routes": "route_id,route_type|7,3",
        "trips": "trip_id,route_id,service_id|1,7,W",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence|1,A,7:30:00,1|1,B,7:50:00,2",
        "calendar_dates": "service_id,date,exception_type|W,20241016,1",
        **more,
    }
    for table, text in tables.items():
        (folder / f"{table}.txt").write_text(text.replace("|", "\n"))
    return read_feed(folder)


HOME = gpd.GeoDataFrame({"teryt": ["2261011"]}, index=["home"],
                        geometry=gpd.points_from_xy([18.5], [54.4]), crs=4326)  # fmt: skip
WORK = gpd.GeoDataFrame({"teryt": ["2262011"]}, index=["work"],
                        geometry=gpd.points_from_xy([18.6], [54.5]), crs=4326)  # fmt: skip
SHORT = {"date": DAY, "window": ("07:25", "07:35"), "percentiles": (0, 50, 100), "limits": (30,)}


def test_walks_follow_one_way_streets(tmp_path) -> None:
    feed = simple(tmp_path)
    a = gpd.GeoSeries(gpd.points_from_xy([18.5], [54.4]), crs=4326).to_crs(2180).iloc[0]
    b = gpd.GeoSeries(gpd.points_from_xy([18.6], [54.5]), crs=4326).to_crs(2180).iloc[0]
    # a square of streets at the first stop, and the second stop's street, joined by a long one
    lines = [[(a.x, a.y), (a.x, a.y + 500)], [(a.x, a.y + 500), (b.x, b.y)]]
    network = from_lines(
        gpd.GeoDataFrame(geometry=[shapely.LineString(x) for x in lines], crs=2180), mode="walk"
    )
    home = gpd.GeoDataFrame(index=["h"], geometry=[shapely.Point(a.x + 10, a.y + 300)], crs=2180)
    target = gpd.GeoDataFrame(index=["t"], geometry=[b], crs=2180)
    options = {**SHORT, "window": ("07:20", "07:21")}
    found = mg.travel_times(feed, home, target, streets=network, **options)
    assert found["p50"].tolist() == [30.0]
    assert found.attrs["walks"] == "streets"
    # 310 m at 4.8 km/h are 232.5 s, and a minute to board: 07:25:07.5 at the latest
    legs = mg.journeys(feed, home, target, date=DAY, depart="07:24", streets=network)
    assert legs["metres"].iloc[0] == pytest.approx(310)
    assert mg.travel_times(feed, home, target, streets=network, access_limit=309,
                           **options)["p50"].tolist() == [np.inf]  # fmt: skip
    # to the stop a metre counts four, from it one
    weights = network.lengths.copy()
    up = (
        network.arc_forward if False else (network.y[network.indices] < network.y[network.arc_tail])
    )
    slow = network.with_weights(np.where(up, weights * 4, weights))
    there = mg.travel_times(feed, home, target, streets=slow, **options)
    assert there["p50"].tolist() == [np.inf]  # 1200 m to walk, more than the access limit
    off = gpd.GeoDataFrame(index=["x"], geometry=[shapely.Point(a.x + 5000, a.y)], crs=2180)
    unknown = mg.travel_times(feed, off, target, streets=network, **options)
    assert unknown[["p50", "share_30", "walk"]].isna().all(axis=None)
    assert unknown.attrs["unknown_origins"] == ["x"]
    legs = mg.journeys(feed, off, target, date=DAY, depart="07:24", streets=network)
    assert legs.empty
    assert np.isnan(legs.attrs["minutes"])


def test_a_boarding_a_second_too_late(tmp_path) -> None:
    feed = simple(tmp_path)
    for slack, minute in ((60, 29), (61, 28)):
        _, each = mg.travel_times(feed, HOME, WORK, slack=slack, each_minute=True, **SHORT)
        last = int(np.flatnonzero(np.isfinite(each.ravel()))[-1])
        assert 25 + last == minute
        assert each.ravel()[last] == 50 - minute


def stated(teryt, state):
    return pd.DataFrame({"feed": "*", "teryt": teryt, "state": state})


def areas(*boxes):
    """Areas (west, south, east, north, state)."""
    shapes = [shapely.box(*box[:4]) for box in boxes]
    return gpd.GeoDataFrame({"state": [box[4] for box in boxes]}, geometry=shapes, crs=4326)


@pytest.mark.parametrize(
    ("coverage", "bound"),
    [
        (None, True),
        (True, False),
        (False, True),
        (stated(["*"], ["complete"]), False),
        (stated(["*"], ["partial"]), True),
        (stated(["*", "2262"], ["complete", "none"]), True),
        (stated(["*", "22"], ["none", "complete"]), False),
        (areas((18, 54, 19, 55, "complete")), False),
        (areas((18, 54, 19, 55, "complete"), (18.605, 54.4, 19, 55, "partial")), True),
        (areas((18, 54, 18.55, 55, "complete")), True),
    ],
)
def test_what_is_not_complete_is_a_bound(tmp_path, coverage, bound) -> None:
    found = mg.travel_times(simple(tmp_path), HOME, WORK, coverage=coverage, **SHORT).iloc[0]
    assert found["upper_bound"] == bound
    assert found["p0"] == 21
    # not within the time: certain only where all is known; by no statement it is said of the feeds
    never = found["p100"]
    assert np.isnan(never) if bound and coverage is not None else np.isinf(never)


@pytest.mark.parametrize(("state", "bound"), [("complete", False), ("partial", True)])
def test_coverage_as_evidence(tmp_path, state, bound) -> None:
    feed = simple(tmp_path)
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]}, crs=4326, geometry=[shapely.box(18.3, 54.3, 19, 55)]
    ).to_crs(2180)
    rows = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"], "state": [state]})
    known = evidence(municipalities, rows, feed, groups=("bus",), stops=feed.stop_points(2180))
    found = mg.travel_times(feed, HOME, WORK, coverage=known, **SHORT)
    assert found["upper_bound"].tolist() == [bound]


def test_what_was_lost_near_an_end_makes_a_bound(tmp_path) -> None:
    # a stop of the line without a place: it may have been anywhere between its neighbours
    stops = "stop_id,stop_lat,stop_lon|A,54.4,18.5|X,,|B,54.5,18.6"
    times = ("trip_id,stop_id,departure_time,stop_sequence|1,A,7:30:00,1|1,X,7:40:00,2|"
             "1,B,7:50:00,3")  # fmt: skip
    feed = simple(tmp_path, stops=stops, stop_times=times)
    found = mg.travel_times(feed, HOME, WORK, coverage=True, **SHORT)
    assert found["upper_bound"].tolist() == [True]
    assert found["p0"].tolist() == [21]


def test_a_share_beyond_the_longest_time_is_unknown(tmp_path) -> None:
    found = mg.travel_times(simple(tmp_path), HOME, WORK, max_time=25,
                            **{**SHORT, "limits": (21, 25, 30)}).iloc[0]  # fmt: skip
    # 07:25 to 07:29 take 25 to 21 minutes, of ten minutes
    assert found[["share_21", "share_25"]].tolist() == [0.1, 0.5]
    assert np.isnan(found["share_30"])


def test_rows_of_a_station_hold_for_its_platforms(tmp_path) -> None:
    stops = ("stop_id,stop_lat,stop_lon,location_type,parent_station|A,54.4,18.5,0,|"
             "S,54.45,18.55,1,|M,54.45,18.55,0,S|N,54.45,18.552,0,S|B,54.5,18.6,0,")  # fmt: skip
    more = {
        "stops": stops,
        "trips": "trip_id,route_id,service_id|1,7,W|2,7,W",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence|1,A,7:30:00,1|1,M,7:40:00,2|"
        "2,N,7:42:00,1|2,B,7:50:00,2",
    }
    head = "from_stop_id,to_stop_id,transfer_type,min_transfer_time|"
    # 130 m x 1.3 are 127 s of walk, and a minute to board: too late without a row
    for row, minutes in (("", np.inf), ("S,S,2,120", 21), ("S,S,2,121", np.inf),
                         ("S,S,2,121|M,N,2,120", 21), ("M,N,2,121|S,S,2,120", np.inf),
                         ("S,S,2,120|M,N,3,", np.inf)):  # fmt: skip
        feed = simple(tmp_path, **more, transfers=head + row)
        assert mg.travel_times(feed, HOME, WORK, **SHORT)["p0"].tolist() == [minutes], row


@pytest.mark.parametrize("seed", range(4))
def test_random_streets_with_directions(tmp_path, seed) -> None:
    """On streets that are longer one way than the other, both directions of the search agree."""
    rng = np.random.default_rng(seed)
    stops = [(int(x), int(y)) for x, y in rng.choice(9, (5, 2))]
    stops = list(dict.fromkeys(stops))
    trips = []
    for _ in range(6):
        t, calls = 8 * HOUR + int(rng.integers(0, 30)) * 60, []
        for stop in rng.permutation(len(stops))[:3]:
            calls.append((int(stop), t, t, 0, 0))
            t += int(rng.integers(1, 5)) * 60
        trips.append((calls, "", 0))
    rules = {"slack": 60, "max_transfers": 2, "access_limit": 700, "egress_limit": 700,
             "transfer_limit": 600,
                 "max_time": 120, "walk_speed": 4.8}  # fmt: skip
    start = 8 * HOUR - 300
    folder = write(tmp_path / "town", (stops, trips, {}, {}, rules, [], start))
    nodes = metric([lonlat(x, y) for x in range(9) for y in range(9)])
    lines = [(9 * x + y, 9 * x + y + 1) for x in range(9) for y in range(8)]
    lines += [(9 * x + y, 9 * x + y + 9) for x in range(8) for y in range(9)]
    network = from_lines(
        gpd.GeoDataFrame(geometry=[shapely.LineString([nodes[a], nodes[b]]) for a, b in lines],
                         crs=2180), mode="walk",
    )  # fmt: skip
    network = network.with_weights(network.lengths * rng.uniform(1, 3, network.n_arcs))
    other = plain_of(folder, (stops, trips, {}, {}, rules, [], start))
    points = metric([lonlat(*p) for p in rng.uniform(1, 7, (4, 2))])
    every = [*other.xy.values(), *points]
    snapped = network.snap(np.array(every))
    table = network.distances(snapped, snapped, snap_cost=1.0)
    place = {p: i for i, p in enumerate(every)}
    other.walk = lambda a, b: table[place[a], place[b]]
    other.change = other._changes(folder, rules["transfer_limit"])
    options = dict(date=DAY, window=(clock(start), clock(start + 600)), streets=network,
                   each_minute=True, **rules)  # fmt: skip
    feed, many, one = read_feed(folder), frame_of(points[:3]), frame_of(points[3:], "z")
    for a, b in ((many, one), (one, many)):
        _, each = mg.travel_times(feed, a, b, **options)
        here, there = (points[:3], points[3:]) if a is many else (points[3:], points[:3])
        wanted = [[[(other.arrive(p, q, start + 60 * m) - start - 60 * m) / 60 for m in range(10)]
                   for q in there] for p in here]  # fmt: skip
        assert each == pytest.approx(np.array(wanted), abs=1e-6)


def test_several_feeds_are_one(tmp_path) -> None:
    first = simple(tmp_path)
    second = simple(
        tmp_path, stops="stop_id,stop_lat,stop_lon|B,54.5,18.6|C,54.6,18.7",
        stop_times="trip_id,stop_id,departure_time,stop_sequence|1,B,7:52:00,1|1,C,8:00:00,2",
    )  # fmt: skip
    end = gpd.GeoDataFrame(index=["c"], geometry=gpd.points_from_xy([18.7], [54.6]), crs=4326)
    found = mg.travel_times([first, second], HOME, end, **SHORT)
    assert found["p0"].tolist() == [31]
    assert mg.travel_times(first, HOME, end, **SHORT)["p0"].tolist() == [np.inf]
    with pytest.raises(ParameterError, match="one name"):
        mg.travel_times([first, first], HOME, end, **SHORT)


def test_timed_transfers_and_lines_of_their_own(tmp_path) -> None:
    more = {
        "stops": "stop_id,stop_lat,stop_lon|A,54.4,18.5|M,54.45,18.55|B,54.5,18.6",
        "trips": "trip_id,route_id,service_id|1,7,W|2,7,W",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence|1,A,7:30:00,1|1,M,7:40:00,2|"
        "2,M,7:40:00,1|2,B,7:50:00,2",
    }
    head = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id|"
    for row, minutes in (("", np.inf), ("M,M,1,,,", 21), ("M,M,2,0,,", 21), ("M,M,2,1,,", np.inf),
                         (",,4,,1,2", 21), ("M,M,4,,1,2", 21), ("M,M,1,,1,2", 21),
                         ("M,M,1,,2,1", np.inf)):  # fmt: skip
        feed = simple(tmp_path, **more, transfers=head + row)
        found = mg.travel_times(feed, HOME, WORK, **SHORT)
        assert found["p0"].tolist() == [minutes], row


DAYS = "service_id,date,exception_type|W,20241015,1|W,20241016,1|W,20241017,1"


@pytest.mark.parametrize(
    ("leaves", "comes", "window", "date"),
    [
        ("24:30:00", "24:40:00", ("00:20", "00:22"), DAY),  # of the service day before
        ("0:30:00", "0:40:00", ("24:20", "24:22"), DAY),  # of the next one
        ("0:30:00", "0:40:00", ("00:20", "00:22"), DAY),
        ("24:30:00", "24:40:00", ("24:20", "24:22"), DAY),
    ],
)
def test_service_days_run_into_each_other(tmp_path, leaves, comes, window, date) -> None:
    times = f"trip_id,stop_id,departure_time,stop_sequence|1,A,{leaves},1|1,B,{comes},2"
    feed = simple(tmp_path, stop_times=times, calendar_dates=DAYS)
    options = {**SHORT, "window": window, "each_minute": True}
    assert mg.travel_times(feed, HOME, WORK, **options)[1].ravel().tolist() == [20, 19]
    # the first of the days has none before it, the last one none after it
    edge = "2024-10-15" if leaves == "24:30:00" and window[0] == "00:20" else "2024-10-17"
    edge_options = {**options, "date": edge}
    alone = mg.travel_times(feed, HOME, WORK, **edge_options)[1].ravel()
    same_day = (leaves[:2] == "24") == (window[0][:2] == "24")
    assert np.isfinite(alone).all() == same_day


@pytest.mark.parametrize(
    ("blocks", "rows", "start", "minutes"),
    [
        ("xx", "", "M", 21),  # one vehicle: no change, no slack
        ("xy", "", "M", np.inf),
        ("xx", ",,5,,1,2", "M", np.inf),  # they must get off
        ("xy", ",,4,,1,2", "M", 21),
        ("xy", ",,4,,1,2|,,5,,1,2", "M", np.inf),
        ("xx", "", "N", 21),  # 145 m on, and no walk
        ("xx", "", "F", np.inf),  # the vehicle goes on somewhere else
        ("xy", ",,4,,1,2", "F", 21),  # unless that is stated
    ],
)
def test_who_stays_aboard(tmp_path, blocks, rows, start, minutes) -> None:
    feed = simple(
        tmp_path,
        stops="stop_id,stop_lat,stop_lon|A,54.4,18.5|M,54.45,18.55|N,54.4513,18.55|"
        "F,54.4516,18.55|B,54.5,18.6",
        trips=f"trip_id,route_id,service_id,block_id|1,7,W,{blocks[0]}|2,7,W,{blocks[1]}",
        stop_times="trip_id,stop_id,departure_time,stop_sequence|1,A,7:30:00,1|1,M,7:40:00,2|"
        f"2,{start},7:40:00,1|2,B,7:50:00,2",
        transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id|"
        + rows,
    )
    found = mg.travel_times(feed, HOME, WORK, max_transfers=0, **SHORT)
    assert found["p0"].tolist() == [minutes]
    legs = mg.journeys(feed, HOME, WORK, date=DAY, depart="07:29")
    assert legs["in_seat"].tolist() == ([False, True] if np.isfinite(minutes) else [])
    assert legs["trip_id"].tolist() == (["1", "2"] if np.isfinite(minutes) else [])
    assert legs.attrs["transfers"] == 0


# --------------------------------------------------------------------------- bad input


BAD = [
    ({"access_limit": -1}, "access_limit"), ({"egress_limit": np.nan}, "egress_limit"),
    ({"max_time": 0}, "max_time"), ({"limits": (0,)}, "limits"),
    ({"limits": (np.inf,)}, "limits"),
    ({"percentiles": (101,)}, "percentiles"), ({"max_transfers": -1}, "max_transfers"),
    ({"max_transfers": 1.5}, "max_transfers"), ({"walk_speed": 0}, "walk_speed"),
    ({"detour": 0.9}, "detour"), ({"slack": -1}, "slack"),
    ({"window": ("09:00", "07:00")}, "window"), ({"window": ("7", "9")}, "window"),
    ({"window": "07:00"}, "window"), ({"date": "2030-01-01"}, "validity"),
    ({"date": "someday"}, "date"), ({"headways": "often"}, "headways"),
    ({"headways": "random", "each_minute": True}, "each_minute"),
    ({"headways": "random"}, "fixed times"), ({"coverage": 3}, "coverage"),
    ({"streets": 3}, "streets"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "word"), BAD)
def test_bad_options_are_one_clear_error(tmp_path, wrong, word) -> None:
    with pytest.raises(ParameterError, match=word):
        mg.travel_times(simple(tmp_path), HOME, WORK, **{**SHORT, **wrong})


def test_bad_points_are_one_clear_error(tmp_path) -> None:
    feed = simple(tmp_path)
    bare = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)])
    area = gpd.GeoDataFrame(geometry=[shapely.box(18, 54, 19, 55)], crs=4326)
    with pytest.raises(CRSError, match="origins"):
        mg.travel_times(feed, bare, WORK, **SHORT)
    with pytest.raises(SchemaError, match="points"):
        mg.travel_times(feed, HOME, area, **SHORT)
    with pytest.raises(SchemaError, match="repeated"):
        mg.travel_times(feed, pd.concat([HOME, HOME]), WORK, **SHORT)
    with pytest.raises(SchemaError, match="no points"):
        mg.travel_times(feed, HOME.iloc[:0], WORK, **SHORT)
    with pytest.raises(SchemaError, match="layer of points"):
        mg.travel_times(feed, pd.DataFrame({"x": [1]}), WORK, **SHORT)
    with pytest.raises(SchemaError, match="one point"):
        mg.journeys(feed, pd.concat([HOME, WORK]), WORK, date=DAY, depart="07:30")
    empty = gpd.GeoDataFrame(index=["e"], geometry=[None], crs=4326)
    assert mg.travel_times(feed, empty, WORK, **SHORT)["p50"].isna().all()


def test_clocks_that_differ_are_refused(tmp_path) -> None:
    first = simple(tmp_path)
    agency = "agency_id,agency_name,agency_url,agency_timezone|1,X,http://x.pl,"
    for zone, fits in (("Europe/Berlin", True), ("Europe/London", False)):
        other = simple(tmp_path, agency=agency + zone)
        if fits:
            mg.travel_times([first, other], HOME, WORK, **SHORT)
        else:
            with pytest.raises(ParameterError, match="time zones"):
                mg.travel_times([first, other], HOME, WORK, **SHORT)


def test_a_window_without_service_leaves_the_walk(tmp_path) -> None:
    found = mg.travel_times(simple(tmp_path), HOME, WORK, **{**SHORT, "window": ("12:00", "13:00")})
    assert np.isinf(found["p50"]).all()
    assert found.attrs["rides"] == 0


def test_day_types_and_any_crs(tmp_path) -> None:
    feed = simple(tmp_path, calendar="service_id,monday,tuesday,wednesday,thursday,friday,saturday,"
                  "sunday,start_date,end_date|W,1,1,1,1,1,0,0,20240901,20241231",
                  calendar_dates="service_id,date,exception_type|W,20241225,2")  # fmt: skip
    one = mg.travel_times(feed, HOME, WORK, **{**SHORT, "date": "school_day"})
    moved = mg.travel_times(feed, HOME.to_crs(2180), WORK.to_crs(2177),
                            **{**SHORT, "date": Date(2024, 10, 16)})  # fmt: skip
    assert one["p50"].to_numpy() == pytest.approx(moved["p50"].to_numpy(), abs=1e-3)
    assert moved.attrs["crs"] == "EPSG:2180"
    # degrees: the CRS of Poland there, else the zone of UTM
    assert one.attrs["crs"] == "EPSG:2180"
    abroad = gpd.GeoDataFrame(index=["x"], geometry=[shapely.Point(-3.0, 51.6)], crs=4326)
    assert mg.travel_times(feed, abroad, abroad.rename({"x": "y"}),
                           **SHORT).attrs["crs"] == "EPSG:32630"  # fmt: skip


def test_isochrones_are_nested(tmp_path) -> None:
    feed = city(tmp_path / "a", [EAST, NORTH])
    rng = np.random.default_rng(2)
    spread = at(*rng.uniform(-10, 45, (60, 2)).round(3).tolist())
    found = mg.travel_times(feed, spread, at((20, 20)), date=DAY, limits=(15, 30, 45, 60))
    shares = found[["share_15", "share_30", "share_45", "share_60"]].to_numpy()
    assert (np.diff(shares, axis=1) >= 0).all()
    assert (np.diff(found[["p5", "p25", "p50", "p75", "p95"]].replace(np.inf, 1e9)) >= 0).all()
    assert 0 < np.isfinite(found["p50"]).mean() < 1 or (found["p50"] < 60).any()
