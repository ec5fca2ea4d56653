"""The one pass over stop_times.txt reads what the careful way reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.transit import scan as module
from metrogis.transit.clean import WANTED
from metrogis.transit.scan import Known, Plan, scan
from metrogis.transit.stop_times import StopTimes, stop_times
from metrogis.transit.tables import Table, read_table

TRIPS = ["a", "bus 2", "trip-number-17", "ąę", "0123456789abcdef", "0123456789abcdeg"]
STOPS = ["A", "B", "Dworzec Główny", '5" kerb', "s1234567", "s12345678"]
LATEST = 48 * 3600

_times = st.sampled_from(
    ["", "08:00:00", "8:00:00", "25:10:59", "08:00", "08:60:00", "-1:00:00", "99:00:00", "noon",
     "08:0a:00", " 08:00:00", "100:00:00", "08-00-00"]
)  # fmt: skip
_wholes = st.one_of(
    st.integers(-3, 12).map(str), st.sampled_from(["", "+4", "1.0", "0003", "x", "4294967296"])
)
_decimals = st.one_of(
    st.floats(0, 1e7).map(repr), st.floats(0, 1e4).map(lambda f: f"{f:.3f}"),
    st.sampled_from(["", ".5", "7.", ".", "1e3", "-2", "1,5", "12345678901234567890"]),
)  # fmt: skip
_row = st.fixed_dictionaries(
    {
        "trip_id": st.sampled_from([*TRIPS, "who?", "", " a"]),
        "arrival_time": _times,
        "departure_time": _times,
        "stop_id": st.sampled_from([*STOPS, "nowhere", "", "A "]),
        "stop_sequence": _wholes,
        "stop_headsign": st.sampled_from(["", "Plac, rynek", "two\nlines", 'so "called"']),
        "pickup_type": _wholes,
        "shape_dist_traveled": _decimals,
    }
)
_plain = st.fixed_dictionaries(
    {
        "trip_id": st.sampled_from(TRIPS),
        "arrival_time": st.integers(0, LATEST).map(
            lambda t: f"{t // 3600}:{t // 60 % 60:02}:{t % 60:02}"
        ),
        "departure_time": st.sampled_from(["", "08:00:00", "9:30:15"]),
        "stop_id": st.sampled_from(STOPS),
        "stop_sequence": st.integers(0, 99).map(str),
        "stop_headsign": st.sampled_from(["", "Plac, rynek"]),
        "pickup_type": st.sampled_from(["", "0", "1", "3"]),
        "shape_dist_traveled": st.floats(0, 1e6).map(lambda f: f"{f:.4f}"),
    }
)


def _plan() -> Plan:
    return Plan(
        run=("trip_id", TRIPS),
        id=("stop_id", STOPS),
        clocks=("arrival_time", "departure_time"),
        wholes=("stop_sequence", "pickup_type", "drop_off_type"),
        decimals=("shape_dist_traveled",),
        latest=LATEST,
    )


def _file(rows: list[dict[str, str]], columns: list[str], quote: str, end: str) -> bytes:
    def cell(text: str) -> str:
        must = any(c in text for c in ',"\n')
        if quote == "all" or must or (quote == "texts" and not text.isdigit()):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [",".join(columns), *(",".join(cell(row[c]) for c in columns) for row in rows)]
    return end.join(lines).encode()


def _read(data: bytes, plan: Plan | None) -> tuple[Table, Any]:
    wanted = (*WANTED["stop_times"], "shape_dist_traveled")
    return read_table(data, "stop_times.txt", wanted=wanted, layer="town", plan=plan)


def _calls(data: bytes, plan: Plan | None) -> tuple[StopTimes, Any]:
    table, audit = _read(data, plan)
    trips = pd.DataFrame({"trip_id": TRIPS, "shape_id": [""] * len(TRIPS)})
    stops = pd.DataFrame({"stop_id": STOPS, "stop_lat": 54.0, "stop_lon": np.arange(6) / 100})
    calls, more = stop_times(
        table, trips, stops, "town", max_time=LATEST, shapes=lambda: pd.DataFrame()
    )
    return calls, audit + more


def _same(data: bytes) -> None:
    ours, audit = _calls(data, _plan())
    theirs, expected = _calls(data, None)
    for name in StopTimes.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    pd.testing.assert_frame_equal(audit.to_frame(), expected.to_frame())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_row, min_size=1, max_size=8),
    st.permutations(list(_COLUMNS := [
        "trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence", "stop_headsign",
        "pickup_type", "shape_dist_traveled",
    ])),
    st.sampled_from(["all", "texts", "needed"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n\r\n"]),
)  # fmt: skip
def test_dirty_rows_are_read_as_the_careful_way_reads_them(rows, columns, quote, end, last) -> None:
    _same(_file(rows, columns, quote, end) + last.encode())


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_plain, min_size=1, max_size=20),
    st.permutations(_COLUMNS),
    st.sampled_from(["texts", "needed"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_plain_rows_are_all_taken_by_the_one_pass(rows, columns, quote, end) -> None:
    plain = [r for r in rows if '"' not in r["stop_id"]]
    if not plain:
        return
    data = _file(plain, columns, quote, end)
    table, _ = _read(data, _plan())
    assert all(isinstance(column, Known) for column in table.columns.values())
    assert table["trip_id"].find(TRIPS).tolist() == [TRIPS.index(r["trip_id"]) for r in plain]
    assert table["stop_id"].find(STOPS).tolist() == [STOPS.index(r["stop_id"]) for r in plain]
    # the same double that Python's own float() finds
    exact = [float(r["shape_dist_traveled"]) for r in plain]
    assert table["shape_dist_traveled"].decimal().tolist() == exact
    _same(data)


def test_two_parts_at_once_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    rows = [
        {
            "trip_id": TRIPS[i // 40 % len(TRIPS)],
            "arrival_time": f"{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}",
            "departure_time": "" if random.random() < 0.1 else "08:00:00",
            "stop_id": STOPS[random.integers(len(STOPS))],
            "stop_sequence": str(i),
        }
        for i in range(4000)
    ]
    rows = [r for r in rows if '"' not in r["stop_id"]]
    data = _file(rows, list(rows[0]), "texts", "\n")
    start = data.index(b"\n") + 1
    names = {name: i for i, name in enumerate(rows[0])}
    once = scan(data, start, names, 5, ",", _plan(), again=None)
    monkeypatch.setattr(module, "_PART", 1000)
    twice = scan(data, start, names, 5, ",", _plan(), again=None)
    assert once is not None
    assert twice is not None
    assert len(module._parts(data, start, len(data))) == 3
    assert once.keys() == twice.keys() == names.keys()
    for name in names:
        np.testing.assert_array_equal(once[name].numbers, twice[name].numbers)
        assert len(once[name]) == len(rows)


@pytest.mark.parametrize(
    "row",
    ['a,A,"8:00:00', 'a,"A\nB",8:00:00', "a,A", "a,A,8:00:00,5", 'a,"A"B,8:00:00', "", '"a,A,1'],
)
@pytest.mark.parametrize("place", ["only", "first", "middle", "last"])
def test_rows_of_another_form_leave_the_file_to_the_careful_way(row: str, place: str) -> None:
    good = ["a,A,8:00:00"] * 100
    at = {"only": [row], "first": [row, *good], "middle": [*good, row, *good], "last": [*good, row]}
    data = ("\n".join(at[place]) + "\n").encode()
    names = {"trip_id": 0, "stop_id": 1, "arrival_time": 2}
    found = scan(data, 0, names, 3, ",", _plan(), again=None)
    if row == "" and place in ("first", "middle"):
        assert found is None
    elif row == "" and place == "last":
        assert found is not None
        assert len(found["trip_id"]) == 100
    else:
        assert found is None


def test_a_column_with_one_odd_value_is_read_again_alone() -> None:
    data = b"trip_id,stop_id,arrival_time\na,A,8:00:00\na,B,8:05\n"
    table, _ = _read(data, _plan())
    assert isinstance(table["trip_id"], Known)
    assert isinstance(table["stop_id"], Known)
    assert not isinstance(table["arrival_time"], Known)
    assert table["trip_id"].text().tolist() == ["a", "a"]
    assert table["trip_id"].filter(np.array([True, False])).text().tolist() == ["a"]
