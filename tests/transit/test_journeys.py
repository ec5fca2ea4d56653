"""Journeys: reference answers, and equal to a brute-force search of random timetables."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.transit import read_feed
from metrogis.transit.journeys import TransferRules, journeys, profiles, read_rides

PLAIN = TransferRules(seconds=0, walk_metres=0, stations=False)
HOUR = 3600


# --------------------------------------------------------------------------- reference


@pytest.fixture(scope="module")
def town(shared):
    return read_feed(shared / "reference/gtfs/routing.zip", country="CH")


NAMES = ("Two", "Three", "Four", "Five", "Six", "Seven", "Eight")


def named(feed, name):
    return feed.stops["stop_id"][feed.stops["stop_name"] == name].tolist()


def test_shortest_journeys_of_the_reference(town) -> None:
    rides = read_rides(town, "2018-10-01", rules=PLAIN)
    expected = {"Two": 240, "Three": 360, "Four": 1200, "Five": 300, "Six": 600, "Seven": 900,
                "Eight": 720}  # fmt: skip
    away = profiles(rides.mirror(), named(town, "One"), max_transfers=5, backwards=True)
    hour = (7 * HOUR, 8 * HOUR)
    for name in NAMES:
        found = profiles(rides, named(town, name), max_transfers=5)
        for table in (found.times(named(town, "One"), window=hour),
                      away.times(named(town, name), window=hour)):  # fmt: skip
            assert (table["arrival"] - table["departure"]).min() == expected[name], name


def test_earliest_arrivals_of_the_reference(town) -> None:
    rides = read_rides(town, "2018-10-01", rules=PLAIN)
    expected = {"Three": 660, "Four": 2220, "Five": 900, "Six": 1200, "Seven": 1500, "Eight": 1440}
    away = profiles(rides.mirror(), named(town, "One"), max_transfers=5, backwards=True)
    for name, seconds in expected.items():
        table = away.times(named(town, name), window=(7 * HOUR, np.inf))
        assert table["arrival"].min() - 7 * HOUR == seconds, name


def test_transfers_are_counted_and_limited(town) -> None:
    one, four = named(town, "One"), named(town, "Four")
    rides = read_rides(town, "2018-10-01", rules=PLAIN)
    direct = profiles(rides, four, max_transfers=0).times(one)
    assert direct["transfers"].tolist() == [0] * len(direct)
    # 07:10 by B arrives 07:37 before both A; 07:17 by D and B arrives then too
    assert direct.iloc[-1][["departure", "arrival"]].tolist() == [25_800, 27_420]
    table = profiles(rides, four, max_transfers=1).times(one)
    assert table.iloc[-1].tolist() == [7 * HOUR + 17 * 60, 27_420, 1]


def test_a_forbidden_transfer(town) -> None:
    # transfers.txt forbids Two -> Five; walks of any length would allow it
    rides = read_rides(town, "2018-10-01", rules=TransferRules(0, 5000), crs="EPSG:2056")
    two, five = rides.numbers(["stop2"])[0], rides.numbers(["stop5"])[0]
    walks = rides.foot_to[rides.foot_ptr[two] : rides.foot_ptr[two + 1]]
    assert five not in walks
    assert two in rides.foot_to[rides.foot_ptr[five] : rides.foot_ptr[five + 1]]


# --------------------------------------------------------------------------- brute force


def clock(seconds):
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@st.composite
def timetables(draw):
    """Trips as lists of (stop, arrival, departure, pickup, drop_off), transfers, headways."""
    stops = draw(st.integers(3, 6))
    trips = []
    for _ in range(draw(st.integers(1, 7))):
        length = draw(st.integers(2, 4))
        t = draw(st.integers(0, 20)) * 60 + draw(st.sampled_from([8, 23, 24])) * HOUR
        calls, last = [], -1
        for _ in range(length):
            stop = draw(st.integers(0, stops - 1).filter(lambda s, last=last: s != last))
            last = stop
            arrive = t + draw(st.integers(0, 8)) * 60 if calls else t
            leave = arrive + draw(st.integers(0, 2)) * 60
            calls.append((stop, arrive, leave, draw(st.sampled_from([0, 0, 0, 1])),
                          draw(st.sampled_from([0, 0, 0, 1]))))  # fmt: skip
            t = leave
        headway = draw(st.sampled_from([0, 0, 0, 240]))
        trips.append((calls, headway))
    rows = draw(
        st.dictionaries(
            st.tuples(st.integers(0, stops - 1), st.integers(0, stops - 1)),
            st.tuples(st.sampled_from([2, 2, 3]), st.integers(0, 6)), max_size=6,
        )
    )  # fmt: skip
    least = draw(st.sampled_from([0, 60, 180]))
    return stops, trips, rows, least


def write(folder, town):
    stops, trips, rows, _ = town
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stops.txt").write_text(
        "stop_id,stop_lat,stop_lon\n"
        + "".join(f"s{i},{54 + i / 10},{18 + i / 10}\n" for i in range(stops))
    )
    (folder / "routes.txt").write_text("route_id,route_type\nr,3\n")
    (folder / "trips.txt").write_text(
        "trip_id,route_id,service_id\n" + "".join(f"t{i},r,W\n" for i in range(len(trips)))
    )
    (folder / "calendar_dates.txt").write_text(
        "service_id,date,exception_type\nW,20241016,1\nW,20241017,1\n"
    )
    lines = ["trip_id,stop_id,arrival_time,departure_time,stop_sequence,pickup_type,drop_off_type"]
    often = ["trip_id,start_time,end_time,headway_secs"]
    for i, (calls, headway) in enumerate(trips):
        for k, (stop, arrive, leave, pickup, drop) in enumerate(calls):
            lines.append(f"t{i},s{stop},{clock(arrive)},{clock(leave)},{k},{pickup},{drop}")
        if headway:
            start = calls[0][2]
            often.append(f"t{i},{clock(start)},{clock(start + 3 * headway)},{headway}")
    (folder / "stop_times.txt").write_text("\n".join(lines) + "\n")
    (folder / "frequencies.txt").write_text("\n".join(often) + "\n")
    (folder / "transfers.txt").write_text(
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
        + "".join(f"s{a},s{b},{kind},{60 * m}\n" for (a, b), (kind, m) in rows.items())
    )
    return read_feed(folder)


def brute(town, origin, destination, most):
    """All non-dominated (departure, arrival), by looking at every sequence of vehicles."""
    stops, trips, rows, least = town
    runs = []
    for calls, headway in trips:
        for n in range(3 if headway else 1):
            runs.append([(s, a + n * headway, d + n * headway, p, o) for s, a, d, p, o in calls])
    # runs named twice by one headway count once; trips without length in time are fine
    foot = {(s, s): least for s in range(stops)}
    for (a, b), (kind, minutes) in rows.items():
        if kind == 3:
            foot.pop((a, b), None)
        else:
            foot[a, b] = 60 * minutes

    @functools.cache
    def arrive(run, at, vehicles):
        """Earliest arrival when boarding run at its call ``at``."""
        best = np.inf
        for stop, time, _, _, drop in runs[run][at + 1 :]:
            if drop == 1:
                continue
            if stop in destination:
                best = min(best, time)
            if vehicles > 1:
                for (a, b), wait in foot.items():
                    if a != stop:
                        continue
                    for r, calls in enumerate(runs):
                        for k, (s, _, leave, pickup, _) in enumerate(calls[:-1]):
                            if s == b and pickup != 1 and leave >= time + wait:
                                best = min(best, arrive(r, k, vehicles - 1))
        return best

    found = []
    for r, calls in enumerate(runs):
        for k, (s, _, leave, pickup, _) in enumerate(calls[:-1]):
            if s in origin and pickup != 1 and np.isfinite(arrive(r, k, most + 1)):
                found.append((leave, arrive(r, k, most + 1)))
    best: list = []
    for leave, time in sorted(set(found), key=lambda x: (-x[0], x[1])):
        if not best or time < best[-1][1]:
            best.append((leave, time))
    return sorted(best)


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(timetables(), st.integers(0, 3), st.data())
def test_equals_brute_force(tmp_path_factory, town, most, data) -> None:
    ends = st.sets(st.integers(0, town[0] - 1), min_size=1, max_size=2)
    origin = data.draw(ends)
    destination = data.draw(ends.filter(lambda d: not d & origin))
    feed = write(tmp_path_factory.mktemp("town"), town)
    rules = TransferRules(seconds=town[3], walk_metres=0, stations=False)
    rides = read_rides(feed, "2024-10-16", rules=rules)
    a, b = ([f"s{i}" for i in ends] for ends in (origin, destination))
    expected = brute(town, origin, destination, most)
    forth = profiles(rides, b, max_transfers=most)
    back = profiles(rides.mirror(), a, max_transfers=most, backwards=True)
    for found, stops in ((forth, a), (back, b)):
        table = found.times(stops)
        assert list(table[["departure", "arrival"]].itertuples(index=False, name=None)) == expected
        legs = found.legs(stops, table)
        for j, row in table.iterrows():
            own = legs[legs["journey"] == j]
            assert len(own) == row["transfers"] + 1
            assert own["departure"].iloc[0] == row["departure"]
            assert own["arrival"].iloc[-1] == row["arrival"]
            assert own["from_stop"].iloc[0] in a
            assert own["to_stop"].iloc[-1] in b
            assert (own["departure"].to_numpy()[1:] >= own["arrival"].to_numpy()[:-1]).all()
            # no journey with fewer vehicles leaves as late and arrives as early
            fewer = brute(town, origin, destination, int(row["transfers"]) - 1)
            if row["transfers"]:
                assert not any(d >= row["departure"] and t <= row["arrival"] for d, t in fewer)


# --------------------------------------------------------------------------- single rules


def feed_of(tmp_path, trips, *, transfers="", stops=None, more=None):
    """Trips: name -> [(stop, time)]; times as ``H:MM``."""
    where = stops or {}
    names = sorted({s for calls in trips.values() for s, _ in calls} | set(where))
    folder = tmp_path / "feed"
    folder.mkdir()
    rows = "".join(f"{n},{n},{54 + k / 100},18.5,{where.get(n, '')}\n" for k, n in enumerate(names))
    (folder / "stops.txt").write_text("stop_id,stop_name,stop_lat,stop_lon,parent_station\n" + rows)
    (folder / "routes.txt").write_text(
        "route_id,route_type\n" + "".join(f"L{t},3\n" for t in trips)
    )
    (folder / "trips.txt").write_text(
        "trip_id,route_id,service_id\n" + "".join(f"{t},L{t},W\n" for t in trips)
    )
    (folder / "stop_times.txt").write_text(
        "trip_id,stop_id,departure_time,stop_sequence\n"
        + "".join(f"{t},{s},{at}:00,{k}\n" for t, c in trips.items() for k, (s, at) in enumerate(c))
    )
    (folder / "calendar_dates.txt").write_text(
        "service_id,date,exception_type\nW,20241016,1\nW,20241017,1\n"
    )
    if transfers:
        (folder / "transfers.txt").write_text(
            "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n" + transfers
        )
    for name, text in (more or {}).items():
        (folder / name).write_text(text)
    return read_feed(folder)


DAY = "2024-10-16"
CHANGE = {"1": [("A", "8:00"), ("B", "8:20")], "2": [("B", "8:22"), ("C", "8:40")],
          "3": [("B", "8:30"), ("C", "8:50")]}  # fmt: skip


@pytest.mark.parametrize(("seconds", "arrival"), [(0, "8:40"), (120, "8:40"), (121, "8:50")])
def test_least_transfer_time(tmp_path, seconds, arrival) -> None:
    feed = feed_of(tmp_path, CHANGE)
    rules = TransferRules(seconds=seconds, walk_metres=0)
    table = journeys(feed, DAY, ["A"], ["C"], rules=rules)
    h, m = map(int, arrival.split(":"))
    assert table["arrival"].tolist() == [h * HOUR + m * 60]
    assert table["transfers"].tolist() == [1]
    assert journeys(feed, DAY, ["A"], ["C"], rules=rules, max_transfers=0).empty


@pytest.mark.parametrize(
    ("row", "minute"), [("B,B,2,300", 50), ("B,B,3,", None), ("B,B,1,", 40), ("B,B,0,", 50)]
)
def test_transfer_types_at_one_stop(tmp_path, row, minute) -> None:
    feed = feed_of(tmp_path, CHANGE, transfers=row + "\n")
    rules = TransferRules(seconds=180, walk_metres=0)
    table = journeys(feed, DAY, ["A"], ["C"], rules=rules)
    expected = [] if minute is None else [8 * HOUR + minute * 60]
    assert table["arrival"].tolist() == expected


APART = {"1": [("A", "8:00"), ("B1", "8:20")], "2": [("B2", "8:30"), ("C", "8:40")]}


def test_transfers_between_stops(tmp_path) -> None:
    def count(**options):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        rules = options.pop("rules", TransferRules(walk_metres=0))
        feed = feed_of(folder, APART, **options)
        return len(journeys(feed, DAY, ["A"], ["C"], rules=rules, crs="EPSG:2180"))

    # the posts stand 1113 m apart: no walk, unless one is stated, or they are one station
    assert count() == 0
    assert count(rules=TransferRules(walk_metres=2000)) == 0  # 14.5 min by 80 m/min x 1.3: too long
    assert count(rules=TransferRules(walk_metres=2000, speed=300)) == 1
    assert count(transfers="B1,B2,2,600\n") == 1
    assert count(transfers="B1,B2,2,601\n") == 0
    assert count(transfers="B2,B1,2,60\n") == 0
    walk = TransferRules(walk_metres=2000, speed=300)
    assert count(rules=walk, transfers="B1,B2,3,\n") == 0
    no_table = TransferRules(walk_metres=2000, speed=300, table=False)
    assert count(rules=no_table, transfers="B1,B2,3,\n") == 1


def test_footpaths_do_not_chain(tmp_path) -> None:
    trips = {"1": [("A", "8:00"), ("B", "8:20")], "2": [("D", "8:50"), ("E", "9:00")]}
    feed = feed_of(tmp_path, trips, stops={"C": ""}, transfers="B,C,2,60\nC,D,2,60\n")
    rules = TransferRules(walk_metres=0)
    assert journeys(feed, DAY, ["A"], ["E"], rules=rules, max_transfers=3).empty


def test_overtaking_and_staying_aboard(tmp_path) -> None:
    trips = {
        "slow": [("A", "8:00"), ("B", "8:20"), ("C", "9:30")],
        "fast": [("A", "8:10"), ("B", "8:25"), ("C", "8:50")],
    }
    feed = feed_of(tmp_path, trips)
    table = journeys(feed, DAY, ["A"], ["C"], rules=TransferRules(walk_metres=0))
    assert table["lines"].tolist() == ["Lfast"]  # the slow one is dominated
    assert table["transfers"].tolist() == [0]


@pytest.mark.parametrize("order", [("b", "a", "c"), ("c", "a", "b"), ("a", "b", "c")])
def test_of_equal_journeys_the_line_told_does_not_hang_on_the_order_of_rows(
    tmp_path, order
) -> None:
    """Three lines leave and arrive together, on either leg."""
    first = [("A", "8:00"), ("B", "8:20")]
    second = [("B", "8:30"), ("C", "8:50")]
    trips = dict.fromkeys(order, first) | {f"x{name}": second for name in order}
    routes = "".join(f"L{name},{name},3\n" for name in trips)
    named_lines = {"routes.txt": "route_id,route_short_name,route_type\n" + routes}
    feed = feed_of(tmp_path, trips, more=named_lines)
    table = journeys(feed, DAY, ["A"], ["C"], rules=TransferRules(walk_metres=0))
    assert len(table) == 1
    assert table["lines"].tolist() == ["c > xc"]


def test_past_midnight_and_the_day_before(tmp_path) -> None:
    trips = {"1": [("A", "23:50"), ("B", "24:20")], "2": [("A", "25:00"), ("B", "25:30")]}
    feed = feed_of(tmp_path, trips)
    rules = TransferRules(walk_metres=0)
    table = journeys(feed, DAY, ["A"], ["B"], rules=rules)
    assert table["departure"].tolist() == [23 * HOUR + 3000, 25 * HOUR]
    both = journeys(feed, "2024-10-17", ["A"], ["B"], rules=rules, previous_day=True)
    assert both["departure"].tolist() == [HOUR, 23 * HOUR + 3000, 25 * HOUR]
    assert journeys(feed, DAY, ["A"], ["B"], rules=rules, window=(0, 24 * HOUR)).shape[0] == 1


def test_a_stop_passed_twice(tmp_path) -> None:
    loop = {"1": [("A", "8:00"), ("B", "8:10"), ("A", "8:20"), ("C", "8:30")]}
    feed = feed_of(tmp_path, loop)
    table = journeys(feed, DAY, ["A"], ["C"], rules=TransferRules(walk_metres=0))
    assert table["departure"].tolist() == [8 * HOUR + 1200]


def test_bad_input(tmp_path) -> None:
    feed = feed_of(tmp_path, CHANGE)
    rides = read_rides(feed, DAY, rules=PLAIN)
    with pytest.raises(ParameterError, match="unknown stops"):
        profiles(rides, ["Z"])
    with pytest.raises(ParameterError, match="transfers"):
        profiles(rides, ["A"], max_transfers=-1)
    with pytest.raises(ParameterError, match="mirror"):
        profiles(rides, ["A"], backwards=True)
    with pytest.raises(ParameterError, match="CRS"):
        read_rides(feed, DAY)
    with pytest.raises(ParameterError):
        TransferRules(seconds=-1)
    with pytest.raises(ParameterError, match="validity"):
        read_rides(feed, "2030-01-01", rules=PLAIN)


def test_wejherowo_equals_its_timetable(shared) -> None:
    """Direct journeys of a real town equal those read straight from its stop times."""
    feed = read_feed(shared / "data/omggs/gtfs/mzk_wejherowo.zip")
    rides = read_rides(feed, "2024-10-16", rules=PLAIN)
    on = feed.departures("2024-10-16")
    busiest = on["stop_id"].value_counts().index[:40]
    times = feed.stop_times
    times = times[times["trip_id"].isin(set(on["trip_id"]))]
    for origin, destination in zip(busiest[::4], busiest[2::4], strict=False):
        got = profiles(rides, [destination], max_transfers=0).times([origin])
        start = times[(times["stop_id"] == origin) & (times["pickup_type"] != 1)]
        end = times[(times["stop_id"] == destination) & (times["drop_off_type"] != 1)]
        both = start.merge(end, on="trip_id", suffixes=("", "_end"))
        both = both[both["stop_sequence"] < both["stop_sequence_end"]]
        pairs = sorted(
            zip(both["departure_time"], both["arrival_time_end"], strict=True),
            key=lambda x: (-x[0], x[1]),
        )
        kept: list = []
        for pair in pairs:
            if not kept or pair[1] < kept[-1][1]:
                kept.append(pair)
        assert list(zip(got["departure"], got["arrival"], strict=True)) == sorted(kept)
    assert isinstance(got, pd.DataFrame)


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_ride_of_no_length_before_one_of_the_same_moment(tmp_path, first) -> None:
    # whichever of the two stands first in the file
    second = "b" if first == "a" else "a"
    tables = {
        "stops": "stop_id,stop_lat,stop_lon|O,54.4,18.5|M,54.5,18.6|D,54.6,18.7",
        "routes": "route_id,route_type|7,3",
        "trips": f"trip_id,route_id,service_id|{first},7,W|{second},7,W",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence|"
        "a,O,8:04:00,1|a,M,8:04:00,2|b,M,8:04:00,1|b,D,8:05:00,2",
        "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    }
    for table, text in tables.items():
        (tmp_path / f"{table}.txt").write_text(text.replace("|", "\n"))
    rules = TransferRules(seconds=0, walk_metres=0, stations=False)
    rides = read_rides(read_feed(tmp_path), "2024-10-16", rules=rules)
    there = profiles(rides, ["D"]).times(["O"])
    back = profiles(rides.mirror(), ["O"], backwards=True).times(["D"])
    for found in (there, back):
        assert found.to_numpy().tolist() == [[29040, 29100, 1]]
