"""Classes against brute force: every stop looked at for every point, lines and streets included."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.streets import from_lines
from metrogis.transit.classes import (
    are,
    austria,
    dg_regio,
    ptal,
    sdg_11_2_1,
    sdg_11_2_1_pl,
)
from metrogis.transit.classes import tables as t
from metrogis.transit.classes.reach import Remembering

MODES = ("bus", "tram", "rail", "ferry", "cableway", "metro")


@st.composite
def municipalities(draw):
    """Stops on a coarse mesh (so that distances hit the boundaries) and their departures."""
    count = draw(st.integers(1, 7))
    xy = draw(st.lists(st.tuples(*[st.integers(-12, 12)] * 2), min_size=count, max_size=count,
                       unique=True))  # fmt: skip
    stops = gpd.GeoDataFrame(
        {"stop_id": [f"s{i}" for i in range(count)],
         "name": draw(st.lists(st.sampled_from("ABC"), min_size=count, max_size=count))},
        geometry=gpd.points_from_xy(*(np.array(xy, float).T * 50)), crs="EPSG:2180",
    )  # fmt: skip
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.sampled_from(MODES), st.sampled_from("12"),
                      st.integers(0, 1), st.sampled_from([2, 14, 30, 84, 170])),
            min_size=1, max_size=8,
        )
    )  # fmt: skip
    tables = [
        pd.DataFrame({"stop_id": f"s{s}", "mode_group": m, "route_id": f"{m}{r}",
                      "direction_id": d, "seconds": np.linspace(21_600, 71_999, n)})
        for s, m, r, d, n in rows
    ]  # fmt: skip
    points = draw(st.lists(st.tuples(*[st.integers(-20, 20)] * 2), min_size=1, max_size=6))
    return stops, pd.concat(tables, ignore_index=True), np.array(points, float) * 50


def merged(stops, distance):
    """Stops of one name within the distance, chains followed."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(stops)))
    for i in range(len(stops)):
        for j in range(i):
            same = stops["name"].iloc[i] == stops["name"].iloc[j]
            if same and stops.geometry.iloc[i].distance(stops.geometry.iloc[j]) <= distance:
                graph.add_edge(i, j)
    return [sorted(c) for c in nx.connected_components(graph)]


def effective(table):
    total = 0.0
    for _, own in table.groupby("route_id"):
        n = [int((own["direction_id"] == d).sum()) for d in (0, 1)]
        total += sum(n) / 2 if all(n) else sum(n)
    return total


def letter(rows, category, metres, ends, open_first):
    for k, end in enumerate(ends):
        if metres < end or (metres == end and not (k == 0 and open_first)):
            return rows[category - 1][k]
    return "-"


def interval_index(minutes, closed):
    return sum(minutes >= b for b in (5, 10, 20, 40)) + sum(minutes > c for c in closed)


@settings(max_examples=30, deadline=None)
@given(municipalities())
def test_are_and_austria_equal_brute_force(town) -> None:
    stops, table, points = town
    ids = stops["stop_id"].tolist()
    are_columns = {"rail": 1, "metro": 1, "cableway": 3}
    austria_columns = {"rail": 1, "metro": 1, "tram": 2, "bus": 3, "ferry": 3}
    found_are = are(table, stops, points).table["class"].tolist()
    found_austria = austria(table, stops, points, second_day=table, detour=1).table["class"]
    for at, p in enumerate(points):
        best_are, best_austria = "-", "-"
        for place in merged(stops, 150):
            own = table[table["stop_id"].isin([ids[i] for i in place])]
            metres = min(np.hypot(*(p - [stops.geometry.iloc[i].x, stops.geometry.iloc[i].y]))
                         for i in place)  # fmt: skip
            column = own["mode_group"].map(lambda m: are_columns.get(m, 2))
            for c, group in own.groupby(column):
                k = interval_index(840 / effective(group), t.ARE_CLOSED)
                if k < 5:
                    got = letter(t.ARE_CLASS, t.ARE_CATEGORY[k][c], metres, t.ARE_DISTANCES, True)
                    best_are = min(best_are, got, key=lambda x: "ABCD-".index(x))
            column = own["mode_group"].map(austria_columns)
            for c, group in own.groupby(column):
                k = interval_index(840 / effective(group), t.AUSTRIA_CLOSED)
                if k < 7:
                    got = letter(t.AUSTRIA_CLASS, t.AUSTRIA_CATEGORY[k][int(c)], metres,
                                 t.AUSTRIA_DISTANCES, False)  # fmt: skip
                    best_austria = min(best_austria, got, key=lambda x: "ABCDEFG-".index(x))
        assert found_are[at] == best_are.replace("-", "none")
        assert found_austria.iloc[at] == best_austria.replace("-", "none")


@settings(max_examples=30, deadline=None)
@given(municipalities())
def test_ptal_and_dg_regio_equal_brute_force(town) -> None:
    stops, table, points = town
    window = (21_600, 72_000)
    index = ptal(table, stops, points, detour=1, window=window, terms=True)
    shown = dg_regio(table, stops, points, detour=1, cluster_distance=0)
    limit = {"bus": 640, "ferry": 640}
    for at, p in enumerate(points):
        edf: dict = {}
        most = 0.0
        for _, stop in stops.iterrows():
            metres = float(np.hypot(*(p - [stop.geometry.x, stop.geometry.y])))
            own = table[table["stop_id"] == stop["stop_id"]]
            for (route, mode), group in own.groupby(["route_id", "mode_group"]):
                if mode == "cableway" or metres > limit.get(mode, 960):
                    continue
                f = group["direction_id"].value_counts().max() / 14
                k = 2.0 if mode in ("bus", "ferry") else 0.75
                key = ("bus" if mode == "ferry" else mode, route)
                edf[key] = max(edf.get(key, 0), 30 / (metres / 80 + 30 / f + k))
            rail = own["mode_group"].isin(["rail", "metro"])
            for walk, group in ((5000 / 6, own[rail]), (5000 / 12, own[~rail])):
                if metres <= walk:
                    most = max(most, len(group) / 14)
        ai = 0.0
        for mode in {m for m, _ in edf}:
            values = sorted((v for (m, _), v in edf.items() if m == mode), reverse=True)
            ai += values[0] + sum(values[1:]) / 2
        assert index.table["ai"].iloc[at] == pytest.approx(ai, abs=1e-9)
        mine = index.terms[index.terms["point"] == at]
        assert mine["share"].sum() == pytest.approx(ai, abs=1e-9)
        assert len(mine) == len(edf)
        assert shown.table["per_hour"].iloc[at] == pytest.approx(most, abs=1e-9)


# --------------------------------------------------------------------------- on streets


@pytest.fixture(scope="module")
def mesh():
    """A mesh of streets of 100 m, two of them missing."""
    lines = []
    for i in range(9):
        for j in range(8):
            if (i, j) not in {(4, 3), (4, 4)}:
                lines.append(shapely.LineString([(i * 100, j * 100), (i * 100, j * 100 + 100)]))
            lines.append(shapely.LineString([(j * 100, i * 100), (j * 100 + 100, i * 100)]))
    return from_lines(gpd.GeoDataFrame(geometry=lines, crs="EPSG:2180"), mode="walk")


@pytest.fixture(scope="module")
def town_on_mesh():
    rng = np.random.default_rng(5)
    corners = rng.integers(0, 9, (12, 2)) * 100.0
    stops = gpd.GeoDataFrame(
        {"stop_id": [f"s{i}" for i in range(12)], "name": [f"n{i}" for i in range(12)]},
        geometry=gpd.points_from_xy(*corners.T), crs="EPSG:2180",
    )  # fmt: skip
    tables = [
        pd.DataFrame({"stop_id": f"s{i}", "mode_group": MODES[i % 3], "route_id": f"r{i % 5}",
                      "direction_id": 0, "seconds": np.linspace(21_600, 71_999, 10 * (i + 1))})
        for i in range(12)
    ]  # fmt: skip
    points = np.column_stack([rng.uniform(0, 800, 60), rng.integers(0, 9, 60) * 100.0])
    return stops, pd.concat(tables, ignore_index=True), points


def street_metres(network, points, stops):
    graph = nx.Graph()
    for u, v, length in zip(network.edge_u, network.edge_v, network.edge_length, strict=True):
        graph.add_edge(int(u), int(v), weight=float(length))

    def node(x, y):
        return int(np.argmin(np.hypot(network.x - x, network.y - y)))

    out = np.full((len(points), len(stops)), np.inf)
    for j, p in enumerate(stops.geometry):
        reach = nx.single_source_dijkstra_path_length(graph, node(p.x, p.y))
        for i, (x, y) in enumerate(points):
            for side in (np.floor(x / 100) * 100, np.ceil(x / 100) * 100):
                walk = reach[node(side, y)] + abs(x - side)
                out[i, j] = min(out[i, j], walk)
            if abs(p.y - y) < 1e-9 and np.floor(p.x / 100) == np.floor(x / 100):
                out[i, j] = min(out[i, j], abs(p.x - x))
    return out


def test_walks_follow_the_streets(mesh, town_on_mesh) -> None:
    stops, table, points = town_on_mesh
    metres = street_metres(mesh, points, stops)
    network = Remembering(mesh)
    a = austria(table, stops, points, second_day=table, network=network)
    d = dg_regio(table, stops, points, network=network)
    i = ptal(table, stops, points, network=network, window=(21_600, 72_000))
    s = sdg_11_2_1(table, stops, points, network=network, low_limit=200, high_limit=400)
    assert {m.walk for m in (a, d, i, s)} == {"network"}
    roman = {name: k for k, name in enumerate(("", *t.ROMAN))}
    category = [roman[c] for c in a.stops["category"]]
    per_hour = table.groupby("stop_id").size().reindex(stops["stop_id"]).to_numpy() / 14
    mode = np.array([MODES[k % 3] for k in range(12)])
    for at in range(len(points)):
        letters = [letter(t.AUSTRIA_CLASS, c, round(metres[at, k], 6), t.AUSTRIA_DISTANCES, False)
                   for k, c in enumerate(category) if c]  # fmt: skip
        best = min(letters, key=lambda x: "ABCDEFG-".index(x))
        assert a.table["class"].iloc[at] == best.replace("-", "none")
        walk = np.where(mode == "rail", 5000 / 6, 5000 / 12)
        seen = per_hour[metres[at] <= walk + 1e-6]
        assert d.table["per_hour"].iloc[at] == pytest.approx(seen.max() if len(seen) else 0)
        near = (metres[at] <= np.where(mode == "rail", 400, 200) + 1e-6).any()
        assert s.table["class"].iloc[at] == ("yes" if near else "none")
        edf: dict = {}
        for k in range(12):
            top = 640 if mode[k] == "bus" else 960
            if metres[at, k] <= top + 1e-6:
                f = 30 / (metres[at, k] / 80 + 30 / per_hour[k] + (2 if mode[k] == "bus" else 0.75))
                key = (mode[k], f"r{k % 5}")
                edf[key] = max(edf.get(key, 0), f)
        ai = sum(
            max(v) + (sum(v) - max(v)) / 2
            for m in set(mode)
            if (v := [x for (n, _), x in edf.items() if n == m])
        )
        assert i.table["ai"].iloc[at] == pytest.approx(ai, abs=1e-9)


def test_points_off_the_streets_are_unknown_not_unserved(mesh, town_on_mesh) -> None:
    stops, table, _ = town_on_mesh
    points = [(400.0, 400.0), (400.0, -260.0)]
    for method in (austria, ptal, dg_regio, sdg_11_2_1):
        found = method(table, stops, points, network=mesh)
        assert found.table["class"].iloc[1] == "unknown", method
        assert found.code[1] == -1
        assert found.table["class"].iloc[0] != "unknown"
    assert any(row.action == "unknown" and row.layer == "points" for row in found.audit)


def test_polish_variant_equals_buffers_of_the_reached_streets(mesh, town_on_mesh) -> None:
    stops, table, _ = town_on_mesh
    stops, table = stops.iloc[:2], table[table["stop_id"].isin(["s0", "s1"])]
    rng = np.random.default_rng(3)
    points = rng.uniform(-150, 950, (400, 2))
    found = sdg_11_2_1_pl(table, stops, points, network=mesh, limit=230, width=60)
    snapped = mesh.snap(stops, limit=10)
    parts = mesh.catchments(snapped, 230, direction="to").edges()
    lines = []
    for row in parts.itertuples():
        line = mesh.lines(np.array([row.edge]))[0]
        lines.append(shapely.ops.substring(line, row.start, row.end))
    gap = shapely.distance(shapely.points(points), shapely.union_all(lines))
    assert np.abs(gap - 60).min() > 1e-3
    assert (found.table["class"] == "yes").tolist() == (gap <= 60).tolist()
    inside = found.table["class"] == "yes"
    assert np.allclose(found.table["metres"][inside], gap[inside])
    assert set(found.table.loc[inside, "stop_id"]) <= {"s0", "s1"}


@settings(max_examples=20, deadline=None)
@given(municipalities(), st.floats(0.0, 1.0))
def test_more_departures_never_worsen_a_class(town, share) -> None:
    stops, table, points = town
    fewer = table.sample(frac=share, random_state=1)
    # one line in one direction only: a second direction would halve the first
    fewer, table = (f.assign(direction_id=0) for f in (fewer, table))
    for method in (are, dg_regio, sdg_11_2_1, ptal):
        a, b = method(fewer, stops, points).code, method(table, stops, points).code
        assert (b <= a).all()


@settings(max_examples=40, deadline=None)
@given(municipalities(), st.floats(0.0, 1.0), st.sampled_from(["count", "waiting"]))
def test_a_class_where_trips_are_missing_is_the_least_that_it_can_be(town, share, interval) -> None:
    stops, table, points = town
    # some departures start there, some do not: a terminus may only seem to be one
    table["first_stop"] = table.index % 3 == 0
    left = table.sample(frac=share, random_state=1).sort_index()
    lost = stops["stop_id"].isin(set(table.drop(left.index)["stop_id"])).to_numpy()
    for method, options in ((are, {"interval": interval}), (austria, {"interval": interval})):
        if method is austria:
            options = {**options, "detour": 1}
        known = method(left, stops, points, doubtful=lost, **options).code
        assert (known >= method(table, stops, points, **options).code).all()


def test_the_real_timetable_of_wejherowo(shared) -> None:
    from metrogis.transit import read_feed

    feed = read_feed(shared / "data/omggs/gtfs/mzk_wejherowo.zip")
    stops, day = feed.stop_points(2180), feed.departures("2024-10-16")
    own = stops.iloc[::5]
    for method in (are, austria, ptal, dg_regio, sdg_11_2_1, sdg_11_2_1_pl):
        found = method(day, stops, own)
        has = found.table["class"] != "none"
        assert has.any()
        assert (found.table.loc[has, "line"] != "").all()
        assert set(found.table.loc[has, "stop_id"]) <= set(stops["stop_id"])
