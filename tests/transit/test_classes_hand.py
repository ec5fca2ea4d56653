"""Service-quality classes against hand-computed cases, boundaries included."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.transit import read_feed
from metrogis.transit.classes import (
    PtalMode,
    are,
    austria,
    dg_regio,
    ptal,
    ptal_band,
    sdg_11_2_1,
    sdg_11_2_1_pl,
)
from metrogis.transit.classes import tables as t

START, END = 21_600, 72_000


def stops_at(**where):
    """Stops: id=(x, y[, name[, station]])."""
    rows = [(k, v[2] if len(v) > 2 else k, v[3] if len(v) > 3 else k) for k, v in where.items()]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["stop_id", "name", "station"]),
        geometry=gpd.points_from_xy([v[0] for v in where.values()], [v[1] for v in where.values()]),
        crs="EPSG:2180",
    )


def leave(stop, count, mode="bus", *, line=None, direction=0, start=START, end=END, **more):
    """``count`` departures evenly over the window."""
    seconds = np.linspace(start, end, count, endpoint=False)
    return pd.DataFrame(
        {"stop_id": stop, "route_id": line or mode, "mode_group": mode, "seconds": seconds,
         "direction_id": direction, **more}
    )  # fmt: skip


def every(stop, minutes, mode="bus", **more):
    """Departures one way whose count interval over 06-20 is exactly ``minutes``."""
    count, rest = divmod(840, minutes)
    assert rest == 0
    return leave(stop, count, mode, **more)


ONE = stops_at(A=(0, 0))
NEAR = [(0, 10)]


def category(table, stops=ONE, **options):
    return are(table, stops, NEAR, **options).stops["category"].tolist()


class TestIntervalsAndDistances:
    def test_rows_are_half_open(self) -> None:
        rows = t.interval_row([0, 4.999, 5, 9.999, 10, 19.999, 20, 39.999, 40, 60, 60.001, np.inf])
        assert rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]

    def test_austria_goes_on(self) -> None:
        rows = t.interval_row([60, 60.01, 120, 120.01, 210, 210.01], closed=t.AUSTRIA_CLOSED)
        assert rows.tolist() == [4, 5, 5, 6, 6, 7]

    def test_bands_of_the_swiss_method(self) -> None:
        metres = [0, 299.999, 300, 500, 500.001, 750, 750.001, 1000, 1000.001]
        got = t.band(metres, t.ARE_DISTANCES, first_open=True)
        assert got.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]
        assert t.band([300], t.ARE_DISTANCES, first_open=False).tolist() == [0]


class TestAre:
    @pytest.mark.parametrize(
        ("minutes", "hub", "rail", "road", "cable"),
        [
            (4, "I", "I", "II", "III"),
            (5, "I", "II", "III", "IV"),
            (10, "II", "III", "IV", "V"),
            (20, "III", "IV", "V", "V"),
            (40, "IV", "V", "V", "V"),
            (60, "IV", "V", "V", "V"),
            (70, "", "", "", ""),
        ],
    )
    def test_category_table(self, minutes, hub, rail, road, cable) -> None:
        assert category(every("A", minutes, "rail", route_type=102)) == [hub]
        assert category(every("A", minutes, "rail", route_type=2)) == [rail]
        for mode in ("bus", "tram", "ferry"):
            assert category(every("A", minutes, mode)) == [road]
        assert category(every("A", minutes, "cableway")) == [cable]

    @pytest.mark.parametrize(
        ("minutes", "mode", "classes"),
        [
            (4, "rail", "AABC"),
            (5, "rail", "ABCD"),
            (10, "rail", "BCD-"),
            (10, "bus", "CD--"),
            (20, "bus", "D---"),
        ],
    )
    def test_class_by_distance(self, minutes, mode, classes) -> None:
        points = [(0, d) for d in (0, 299.9, 300, 500, 500.1, 750, 750.1, 1000, 1000.1)]
        expected = [classes[k] for k in (0, 0, 1, 1, 2, 2, 3, 3)] + ["-"]
        got = are(every("A", minutes, mode), ONE, points).table["class"].tolist()
        assert got == [e.replace("-", "none") for e in expected]

    def test_aarau_by_count_and_by_waiting(self) -> None:
        times = [h * 3600 + m * 60 for h in range(6, 20) for m in (3, 7, 33, 37)]
        bus = pd.DataFrame(
            {"stop_id": "A", "mode_group": "bus", "direction_id": 0, "seconds": times}
        )
        count = are(bus, ONE, NEAR)
        assert count.stops["interval_min"].tolist() == [15.0]
        assert count.stops["category"].tolist() == ["IV"]
        waiting = are(bus, ONE, NEAR, interval="waiting")
        assert waiting.stops["interval_min"].iloc[0] == pytest.approx(23.07, abs=0.005)
        assert waiting.stops["category"].tolist() == ["V"]

    def test_both_directions_are_halved(self) -> None:
        both = pd.concat([leave("A", 56, direction=d) for d in (0, 1)])
        assert are(both, ONE, NEAR).stops["interval_min"].tolist() == [15.0]
        # waiting: the busier direction, not the two mixed
        assert are(both, ONE, NEAR, interval="waiting").stops["interval_min"].tolist() == [15.0]

    def test_terminus_and_one_way_stop_are_not_halved(self) -> None:
        start = leave("A", 56, direction=1, first_stop=True)
        assert are(start, ONE, NEAR).stops["interval_min"].tolist() == [15.0]
        # a line that ends here beside one that passes
        passing = pd.concat([leave("A", 56, line="P", direction=d) for d in (0, 1)])
        mixed = pd.concat([start, passing])
        assert are(mixed, ONE, NEAR).stops["departures"].tolist() == [112.0]

    @pytest.mark.parametrize("interval", ["count", "waiting"])
    def test_a_ring_both_ways_round_from_its_terminus_is_not_halved(self, interval) -> None:
        ways = [leave("A", 28, direction=0), leave("A", 28, direction=1, start=START + 900)]
        ways[1]["seconds"] = ways[0]["seconds"] + 900  # every 15 minutes, in turn
        ring = pd.concat([w.assign(first_stop=True) for w in ways])
        found = are(ring, ONE, NEAR, interval=interval).stops
        assert found["interval_min"].tolist() == [15.0]
        # one trip that only passes by: the stop is no terminus of that line
        passing = leave("A", 1, line="bus", first_stop=False)
        assert are(pd.concat([ring, passing]), ONE, NEAR).stops["departures"].tolist() == [28.5]
        # trips that start here and do not tell where they go
        blind = leave("A", 56, direction=-1, first_stop=True)
        assert are(blind, ONE, NEAR, interval=interval).stops["interval_min"].tolist() == [15.0]

    def test_direction_from_the_end_of_the_trip(self) -> None:
        stops = stops_at(A=(0, 0), E=(5000, 0), W=(-5000, 100), E2=(4000, 2000))
        ends = [leave("A", 28, direction=-1, terminal_id=e) for e in ("E", "W", "E2")]
        found = are(pd.concat(ends), stops, NEAR)
        assert found.stops["departures"].iloc[0] == (28 + 28 + 28) / 2
        one = are(pd.concat([ends[0], ends[2]]), stops, NEAR)
        assert one.stops["departures"].iloc[0] == 56
        assert any(row.action == "guessed" and row.count == 84 for row in found.audit)

    def test_unknown_direction_is_halved_and_told(self) -> None:
        found = are(leave("A", 56, direction=-1), ONE, NEAR)
        assert found.stops["interval_min"].tolist() == [30.0]
        assert any(row.action == "unknown" and row.count == 56 for row in found.audit)

    def test_mode_groups_are_never_summed(self) -> None:
        # bus and tram are one group of the method, rail another
        table = pd.concat([every("A", 30, "rail"), every("A", 30, "bus")])
        found = are(table, ONE, NEAR)
        assert found.stops[["category", "column"]].values.tolist() == [["IV", "rail"]]
        road = pd.concat([every("A", 30, "tram"), every("A", 30, "bus")])
        assert are(road, ONE, NEAR).stops["interval_min"].tolist() == [15.0]

    def test_the_best_group_wins(self) -> None:
        table = pd.concat([every("A", 60, "rail", line="R"), every("A", 4, "bus", line="7")])
        row = are(table, ONE, NEAR).table.iloc[0]
        assert row[["category", "column", "line", "class"]].tolist() == ["II", "road", "7", "A"]

    def test_posts_of_one_name_within_150_m_are_one_stop(self) -> None:
        near = stops_at(A=(0, 0, "Rynek"), B=(0, 150, "rynek "))
        far = stops_at(A=(0, 0, "Rynek"), B=(0, 150.1, "Rynek"))
        other = stops_at(A=(0, 0, "Rynek"), B=(0, 50, "Ratusz"))
        table = pd.concat([leave("A", 42, direction=0), leave("B", 42, direction=1)])
        assert are(table, near, NEAR).stops["departures"].tolist() == [42.0]
        assert are(table, far, NEAR).stops["departures"].tolist() == [42.0, 42.0]
        assert len(are(table, other, NEAR).stops) == 2
        # the nearest post of the stop counts
        assert are(table, near, [(0, 449)]).table["metres"].tolist() == [299.0]

    def test_posts_of_one_station_are_one_stop(self) -> None:
        stops = stops_at(A=(0, 0, "Tor 1", "S"), B=(0, 400, "Tor 2", "S"))
        table = pd.concat([leave(s, 42, "rail", direction=0) for s in "AB"])
        assert are(table, stops, NEAR).stops["departures"].tolist() == [84.0]

    @pytest.mark.parametrize(("neighbours", "hub"), [(5, False), (6, True)])
    def test_hub_by_next_stations(self, neighbours, hub) -> None:
        where = {f"N{i}": (10_000 + 1000 * i, 5000) for i in range(neighbours)}
        stops = stops_at(A=(0, 0), **where)
        # trips that go on: the next departure of the same trip tells where
        parts = []
        for i, name in enumerate(where):
            for k, stop in enumerate(("A", name)):
                trip = {"trip_id": f"t{i}", "terminal_id": "N0", "first_stop": k == 0}
                start = 30_000 + 600 * k
                parts.append(leave(stop, 1, "rail", line=f"L{i}", start=start, end=70_000, **trip))
        parts.append(every("A", 20, "rail", trip_id="x", terminal_id="N0", first_stop=True))
        found = are(pd.concat(parts, ignore_index=True), stops, NEAR)
        assert found.stops.iloc[0][["next_stations", "hub"]].tolist() == [neighbours, hub]
        assert found.stops["category"].iloc[0] == ("II" if hub else "III")

    def test_buses_do_not_make_a_hub(self) -> None:
        where = {f"N{i}": (10_000 + 1000 * i, 5000) for i in range(8)}
        stops = stops_at(A=(0, 0), **where)
        table = pd.concat([leave("A", 3, trip_id=n, terminal_id=n, first_stop=True) for n in where])
        assert not are(table, stops, NEAR).stops["hub"].any()

    def test_window_is_half_open(self) -> None:
        table = pd.DataFrame(
            {"stop_id": "A", "mode_group": "bus", "direction_id": 0,
             "seconds": [START - 1, START, END - 1, END]}
        )  # fmt: skip
        assert are(table, ONE, NEAR).stops["departures"].tolist() == [2.0]

    def test_no_departures_no_class(self) -> None:
        found = are(leave("A", 5).iloc[:0], ONE, NEAR)
        assert found.table["class"].tolist() == ["none"]
        assert found.stops["interval_min"].tolist() == [np.inf]
        assert found.code.tolist() == [len(found.labels)]

    def test_a_weaker_stop_nearer_does_not_win(self) -> None:
        stops = stops_at(A=(0, 0), B=(0, 260))
        table = pd.concat([every("A", 4, "rail"), every("B", 60, "bus")])
        row = are(table, stops, [(0, 270)]).table.iloc[0]
        assert row[["class", "stop", "metres"]].tolist() == ["A", "A", 270.0]


class TestAustria:
    @pytest.mark.parametrize(
        ("minutes", "far", "rail", "tram", "bus"),
        [
            (4, "I", "I", "II", "III"),
            (5, "I", "II", "III", "III"),
            (10, "II", "III", "IV", "IV"),
            (20, "III", "IV", "V", "V"),
            (60, "IV", "V", "VI", "VI"),
            (120, "V", "VI", "VII", "VII"),
            (210, "", "VII", "VIII", "VIII"),
            (280, "", "", "", ""),
        ],
    )
    def test_category_table(self, minutes, far, rail, tram, bus) -> None:
        def cat(mode, **more):
            day = every("A", minutes, mode, **more)
            return austria(day, ONE, NEAR, second_day=day).stops["category"].tolist()

        assert cat("rail", route_type=102) == [far]
        assert cat("rail", route_type=109) == [rail]
        assert cat("metro") == [rail]
        assert cat("tram") == [tram]
        assert cat("bus") == [bus]

    @pytest.mark.parametrize(
        ("minutes", "mode", "classes"),
        [(4, "rail", "AABCD"), (5, "bus", "BCDEF"), (60, "bus", "EFG--"), (210, "bus", "GG---")],
    )
    def test_class_by_distance(self, minutes, mode, classes) -> None:
        points = [(0, d) for d in (0, 300, 300.1, 500, 500.1, 750, 750.1, 1000, 1000.1, 1250)]
        day = every("A", minutes, mode)
        got = austria(day, ONE, [*points, (0, 1250.1)], second_day=day, detour=1).table["class"]
        expected = [classes[k] for k in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)] + ["-"]
        assert got.tolist() == [e.replace("-", "none") for e in expected]

    def test_the_worse_day_counts(self) -> None:
        school, holiday = every("A", 10), every("A", 60)
        for days in ((school, holiday), (holiday, school)):
            found = austria(days[0], ONE, NEAR, second_day=days[1])
            assert found.stops["category"].tolist() == ["VI"]
            assert found.stops["interval_min"].tolist() == [60.0]
        assert austria(school, ONE, NEAR, second_day=holiday).stops["day"].tolist() == [2]
        none = austria(school, ONE, NEAR, second_day=school.iloc[:0])
        assert none.table["class"].tolist() == ["none"]

    def test_one_day_only_is_told(self) -> None:
        found = austria(every("A", 10), ONE, NEAR)
        assert found.stops["category"].tolist() == ["IV"]
        assert any("one reference day" in row.what.en for row in found.audit)

    def test_straight_line_is_lengthened_and_told(self) -> None:
        day = every("A", 10)
        found = austria(day, ONE, [(0, 230), (0, 231)], second_day=day)
        assert found.table["class"].tolist() == ["C", "D"]
        assert found.walk == "straight"
        assert any(row.action == "modelled" for row in found.audit)


PEAK = {"start": 29_700, "end": 33_300}


class TestPtal:
    def test_references(self) -> None:
        six = ptal(leave("A", 6, **PEAK), ONE, [(0, 80)], detour=1).table.iloc[0]
        assert six["edf_bus"] == pytest.approx(3.75, abs=1e-12)
        assert six["class"] == "1b"
        assert six[["wt_bus", "swt_bus", "awt_bus", "tat_bus"]].tolist() == [1, 5, 7, 8]
        three = ptal(leave("A", 3, **PEAK), ONE, [(0, 80)], detour=1).table.iloc[0]
        assert three["edf_bus"] == pytest.approx(2.3077, abs=5e-5)

    def test_index_of_given_edfs(self) -> None:
        # K = 0 and a stop at the door: EDF = f; 4, 2 and 1 an hour
        table = pd.concat([leave("A", f, line=str(f), **PEAK) for f in (4, 2, 1)])
        rules = {m: PtalMode(640, 0.0) for m in ("rail", "metro", "tram", "bus")}
        found = ptal(table, ONE, [(0, 0)], rules=rules, terms=True)
        assert found.terms["edf"].tolist() == [4.0, 2.0, 1.0]
        assert found.terms["weight"].tolist() == [1.0, 0.5, 0.5]
        assert found.table["ai"].tolist() == [5.5]
        assert found.table["class"].tolist() == ["2"]

    def test_bands_at_their_ends(self) -> None:
        labels = [name for name, _ in t.PTAL_BANDS[::-1]] + ["0"]
        values = [0, 1e-9, 2.5, 2.50001, 5, 5.1, 10, 10.1, 15, 15.1, 20, 20.1, 25, 25.1, 40, 40.1]
        got = [labels[k] for k in ptal_band(values)]
        assert got == ["0", "1a", "1a", "1b", "1b", "2", "2", "3", "3", "4", "4", "5", "5", "6a",
                       "6a", "6b"]  # fmt: skip

    def test_busier_direction(self) -> None:
        table = pd.concat([leave("A", 2, direction=0, **PEAK), leave("A", 5, direction=1, **PEAK)])
        assert ptal(table, ONE, [(0, 0)]).table["frequency_bus"].tolist() == [5.0]

    def test_each_route_once_at_its_best_stop(self) -> None:
        stops = stops_at(A=(0, 100), B=(0, -300))
        table = pd.concat([leave("A", 1, **PEAK), leave("B", 6, **PEAK)])
        row = ptal(table, stops, [(0, 0)], detour=1, terms=True)
        assert len(row.terms) == 1
        assert row.terms[["stop", "frequency"]].values.tolist() == [["B", 6.0]]

    @pytest.mark.parametrize(
        ("mode", "limit", "k"),
        [("bus", 640, 2.0), ("ferry", 640, 2.0), ("rail", 960, 0.75), ("tram", 960, 0.75),
         ("metro", 960, 0.75)],
    )  # fmt: skip
    def test_cut_off_and_reliability(self, mode, limit, k) -> None:
        found = ptal(leave("A", 6, mode, **PEAK), ONE, [(0, limit), (0, limit + 0.1)], detour=1)
        assert found.table["ai"].tolist() == [pytest.approx(30 / (limit / 80 + 5 + k)), 0]
        assert found.table["class"].tolist()[1] == "none"

    def test_sum_over_modes(self) -> None:
        table = pd.concat([leave("A", 6, m, **PEAK) for m in ("bus", "tram", "rail")])
        row = ptal(table, ONE, [(0, 0)]).table.iloc[0]
        assert row["ai"] == pytest.approx(row[["ai_bus", "ai_tram", "ai_rail"]].sum())
        assert row["ai_metro"] == 0

    def test_platforms_of_a_station_are_one_stop(self) -> None:
        stops = stops_at(A=(0, 0, "S", "S"), B=(0, 90, "S", "S"))
        table = pd.concat([leave(s, 3, "rail", **PEAK) for s in "AB"])
        assert ptal(table, stops, [(0, 0)]).table["frequency_rail"].tolist() == [6.0]


class TestDgRegio:
    @pytest.mark.parametrize(
        ("count", "label"),
        [(0, "none"), (1, "low"), (55, "low"), (56, "medium"), (140, "medium"), (141, "high")],
    )
    def test_classes(self, count, label) -> None:
        table = leave("A", count) if count else leave("A", 1).iloc[:0]
        assert dg_regio(table, ONE, NEAR).table["class"].tolist() == [label]

    def test_walks(self) -> None:
        road, rail = 5000 / 12, 5000 / 6
        points = [(0, road), (0, road + 0.1), (0, rail), (0, rail + 0.1)]
        for mode, expected in (("bus", 1), ("tram", 1), ("rail", 3), ("metro", 3)):
            got = dg_regio(leave("A", 56, mode), ONE, points, detour=1).table["class"].tolist()
            assert got == ["medium"] * expected + ["none"] * (4 - expected)

    def test_clusters_within_50_m(self) -> None:
        table = pd.concat([leave("A", 28), leave("B", 28)])
        for gap, expected in ((50, 4.0), (50.1, 2.0)):
            stops = stops_at(A=(0, 0), B=(0, gap))
            assert dg_regio(table, stops, NEAR).table["per_hour"].tolist() == [expected]

    def test_maximum_not_sum(self) -> None:
        stops = stops_at(A=(0, 0), B=(0, 200))
        table = pd.concat([leave("A", 28), leave("B", 42, "rail")])
        row = dg_regio(table, stops, NEAR).table.iloc[0]
        assert row[["per_hour", "per_hour_rail", "per_hour_road"]].tolist() == [3, 3, 2]
        assert row[["mode_group", "stop"]].tolist() == ["rail", "B"]

    def test_very_high_needs_both_groups(self) -> None:
        bus, rail = leave("A", 141), leave("A", 141, "rail")
        both = pd.concat([bus, rail])
        for table, label in ((both, "very high"), (bus, "high"), (rail, "high")):
            found = dg_regio(table, ONE, NEAR, five_classes=True)
            assert found.table["class"].tolist() == [label]
        assert dg_regio(both, ONE, NEAR).table["class"].tolist() == ["high"]


class TestSdg:
    @pytest.mark.parametrize(
        ("mode", "limit"),
        [("bus", 500), ("tram", 500), ("rail", 1000), ("metro", 1000), ("ferry", 1000)],
    )
    def test_limits(self, mode, limit) -> None:
        points = [(0, limit), (0, limit + 0.1)]
        found = sdg_11_2_1(leave("A", 1, mode), ONE, points, detour=1)
        assert found.table["class"].tolist() == ["yes", "none"]
        assert found.table["mode_group"].tolist() == [mode, ""]

    def test_a_stop_nobody_leaves_does_not_count(self) -> None:
        stops = stops_at(A=(0, 0), B=(5000, 0))
        found = sdg_11_2_1(leave("A", 1), stops, [(5000, 0), (0, 0)], detour=1)
        assert found.table["class"].tolist() == ["none", "yes"]

    def test_a_stop_with_rail_and_bus_reaches_as_far_as_rail(self) -> None:
        table = pd.concat([leave("A", 9, "bus"), leave("A", 1, "rail")])
        assert sdg_11_2_1(table, ONE, [(0, 1000)], detour=1).table["class"].tolist() == ["yes"]

    @pytest.mark.parametrize(("y", "line"), [(50, "busy"), (51, "calm")])
    def test_posts_of_one_name_tell_the_line_of_all(self, y, line):
        table = pd.concat([leave("A", 1, line="calm"), leave("B", 2, line="busy")])
        stops = stops_at(A=(0, 0, "Square 01"), B=(0, y, "Square 02"))
        found = sdg_11_2_1(table, stops, [(0, -9)], detour=1).table
        assert found[["stop_id", "line"]].to_numpy().tolist() == [["A", line]]

    def test_longer_limit_for_low_capacity(self) -> None:
        table = pd.concat([leave("A", 9, "bus"), leave("A", 1, "rail")])
        options = {"low_limit": 800, "high_limit": 300, "detour": 1}
        got = sdg_11_2_1(table, ONE, [(0, 300), (0, 800), (0, 801)], **options)
        assert got.table["class"].tolist() == ["yes", "yes", "none"]
        rail = sdg_11_2_1(leave("A", 1, "rail"), ONE, [(0, 300), (0, 301)], **options)
        assert rail.table["class"].tolist() == ["yes", "none"]

    def test_polish_variant_without_streets_is_a_circle_and_says_so(self) -> None:
        found = sdg_11_2_1_pl(leave("A", 1), ONE, [(0, 484), (0, 485)])
        assert found.table["class"].tolist() == ["yes", "none"]
        assert any(row.action == "modelled" for row in found.audit)


class TestBadInput:
    def test_columns(self) -> None:
        with pytest.raises(SchemaError, match="seconds"):
            are(pd.DataFrame({"stop_id": ["A"], "mode_group": "bus"}), ONE, NEAR)
        with pytest.raises(SchemaError, match="mode_group"):
            ptal(pd.DataFrame({"stop_id": ["A"], "seconds": 1}), ONE, NEAR)
        with pytest.raises(SchemaError, match="stop_id"):
            are(leave("A", 1), ONE.drop(columns="stop_id"), NEAR)
        with pytest.raises(SchemaError, match="repeated"):
            are(leave("A", 1), pd.concat([ONE, ONE]), NEAR)

    def test_crs(self) -> None:
        with pytest.raises(CRSError):
            are(leave("A", 1), ONE.to_crs(4326), NEAR)
        with pytest.raises(CRSError):
            dg_regio(leave("A", 1), ONE, ONE.to_crs(2177))

    def test_parameters(self) -> None:
        with pytest.raises(ParameterError):
            are(leave("A", 1), ONE, NEAR, window=(5, 5))
        with pytest.raises(ParameterError):
            are(leave("A", 1), ONE, NEAR, interval="mean")
        with pytest.raises(ParameterError, match="boat"):
            are(leave("A", 1), ONE, NEAR, groups={"boat": "road"})
        with pytest.raises(ParameterError, match="detour"):
            austria(leave("A", 1), ONE, NEAR, detour=0.5)

    def test_departures_of_unknown_stops_are_counted(self) -> None:
        found = are(pd.concat([leave("A", 56), leave("Z", 4)]), ONE, NEAR)
        assert any(row.action == "dropped" and row.count == 4 for row in found.audit)


def test_points_may_be_polygons_and_keep_their_index() -> None:
    cells = gpd.GeoDataFrame(geometry=ONE.geometry.buffer(50).tolist(), index=["cell"], crs=ONE.crs)
    assert are(leave("A", 56), ONE, cells).table.index.tolist() == ["cell"]


def test_the_demo_like_town_through_a_real_feed(town, write) -> None:
    feed = read_feed(write(town))
    stops = feed.stop_points("EPSG:2180")
    day = feed.departures("2024-10-16")
    for method in (are, austria, ptal, dg_regio, sdg_11_2_1, sdg_11_2_1_pl):
        found = method(day, stops, stops)
        assert len(found.table) == len(stops)
        assert set(found.table["class"]) <= {*found.labels, "none"}
    assert sdg_11_2_1(day, stops, stops).table["class"].tolist().count("yes") >= 3


def test_a_mode_that_ptal_does_not_count_counts_as_no_other() -> None:
    stop = gpd.GeoDataFrame(
        {"stop_id": ["A"]}, crs="EPSG:2180", geometry=gpd.points_from_xy([0], [0])
    )
    for group, band in (("bus", "1b"), ("cableway", "none")):
        seconds = range(29_700, 33_300, 600)
        runs = pd.DataFrame(
            {"stop_id": "A", "route_id": "1", "mode_group": group, "direction_id": 0,
             "seconds": seconds}
        )  # fmt: skip
        assert ptal(runs, stop, [(0, 80)], detour=1).table["class"].tolist() == [band]
