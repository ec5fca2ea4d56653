"""Tables read by pyarrow hold what the careful way, row by row, reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.transit import tables as module
from metrogis.transit.clean import WANTED
from metrogis.transit.reading import _KINDS
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


def _file(rows: list[dict[str, str]], columns: list[str], quote: str, end: str) -> bytes:
    def cell(text: str) -> str:
        must = any(c in text for c in ',"\n')
        if quote == "all" or must or (quote == "texts" and not text.isdigit()):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [",".join(columns), *(",".join(cell(row[c]) for c in columns) for row in rows)]
    return end.join(lines).encode()


def _read(data: bytes) -> tuple[Table, Any]:
    wanted = (*WANTED["stop_times"], "shape_dist_traveled")
    return read_table(data, "stop_times.txt", wanted=wanted, layer="city", kinds=_KINDS)


def _calls(data: bytes) -> tuple[StopTimes, Any]:
    table, audit = _read(data)
    trips = pd.DataFrame({"trip_id": TRIPS, "shape_id": [""] * len(TRIPS)})
    stops = pd.DataFrame({"stop_id": STOPS, "stop_lat": 54.0, "stop_lon": np.arange(6) / 100})
    calls, more = stop_times(
        table, trips, stops, "city", max_time=LATEST, shapes=lambda: pd.DataFrame()
    )
    return calls, audit + more


def _counts(audit: Any) -> pd.DataFrame:
    """What was done to how many rows: stray blanks may be counted by column or all at once."""
    frame = audit.to_frame()
    frame["what"] = frame["what"].str.replace(r"^\w+: (?=stray)", "", regex=True)
    return frame.groupby(["layer", "action", "what"])[["count"]].sum()


def _same(data: bytes) -> None:
    ours, audit = _calls(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_fast", lambda *_: None)
        theirs, expected = _calls(data)
    for name in StopTimes.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    pd.testing.assert_frame_equal(_counts(audit), _counts(expected))


def _fast(data: bytes, names: list[str]) -> Any:
    use = {name: i for i, name in enumerate(names)}
    return module._fast(data, 0, len(names), use, ",", _KINDS)


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=100, deadline=None)
@given(
    st.lists(_plain, min_size=1, max_size=20),
    st.permutations(_COLUMNS),
    st.sampled_from(["texts", "needed"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_plain_rows_are_read_by_pyarrow(rows, columns, quote, end) -> None:
    plain = [r for r in rows if '"' not in r["stop_id"]]
    if not plain:
        return
    data = _file(plain, columns, quote, end)
    assert _fast(data[data.index(b"\n") + 1 :], columns) is not None
    table, _ = _read(data)
    assert table["trip_id"].find(TRIPS).tolist() == [TRIPS.index(r["trip_id"]) for r in plain]
    assert table["stop_id"].find(STOPS).tolist() == [STOPS.index(r["stop_id"]) for r in plain]
    # the same double that Python's own float() finds
    exact = [float(r["shape_dist_traveled"]) for r in plain]
    assert table["shape_dist_traveled"].decimal().tolist() == exact
    _same(data)


@pytest.mark.parametrize("lines", ["none", "every", "one"])
def test_blocks_are_read_as_one_wherever_they_are_cut(lines, monkeypatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 200)
    monkeypatch.setattr(module, "_THREADS_FROM", 0)
    headsign = {"none": lambda i: "Plac, rynek", "every": lambda i: "two\nlines",
                "one": lambda i: "two\nlines" if i == 57 else "Plac"}[lines]  # fmt: skip
    rows = [
        {
            "trip_id": TRIPS[i // 40 % len(TRIPS)],
            "stop_headsign": headsign(i),
            "arrival_time": f"{i // 60 % 24:02}:{i % 60:02}:00",
            "departure_time": "" if i % 7 == 0 else f"{i // 60 % 24}:{i % 60:02}:00",
            "stop_id": STOPS[i % 3],
            "stop_sequence": str(i),
        }
        for i in range(200)
    ]
    data = _file(rows, list(rows[0]), "texts", "\n")
    taken = _fast(data[data.index(b"\n") + 1 :], list(rows[0]))
    assert (taken is None) == (lines != "none")  # texts of several lines need the careful way
    table, _ = _read(data)
    for name in rows[0]:
        if name in table:
            assert table[name].text().tolist() == [row[name] for row in rows]
    _same(data)


@pytest.mark.parametrize("row", ['a,A,"8:00:00', 'a,"A\nB",8:00:00', "a,A", "a,A,8:00:00,5",
                                 '"a,A,1'])  # fmt: skip
@pytest.mark.parametrize("place", ["only", "first", "middle", "last"])
def test_rows_of_another_form_leave_the_file_to_the_careful_way(row: str, place: str) -> None:
    good = ["a,A,8:00:00"] * 100
    at = {"only": [row], "first": [row, *good], "middle": [*good, row, *good], "last": [*good, row]}
    names = ["trip_id", "stop_id", "arrival_time"]
    data = ("\n".join(at[place]) + "\n").encode()
    assert _fast(data, names) is None
    _same((",".join(names) + "\n").encode() + data)


@given(st.binary(max_size=300), st.data())
def test_newlines_are_counted_between_the_bounds(data, draw) -> None:
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, len(data)))
    assert module._newlines(data, start, end) == data.count(b"\n", start, end)
