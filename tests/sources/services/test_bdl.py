"""The Local Data Bank as it answers: levels, quotas, pages and signs of missing values."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import SourceError
from metrogis.sources.services import bdl
from metrogis.sources.services.client import Request
from metrogis.sources.services.pages import Proof
from metrogis.sources.services.quota import Quota
from tests.sources.services import servers

UNITS = [(f"0422145{c}{g:02d}1", f"Gmina {c}{g}") for c in (61, 62, 11) for g in range(1, 82)]
"""Of one voivodeship, 81 in each of three counties."""
ELSEWHERE = [("023016264011", "Poznań")]


def service(
    values: dict[str, dict[str, object]] | None = None, *, total: int | None = None,
    links: str = "good", level: int = 6, years: tuple[str, ...] = ("2023", "2024"),
) -> servers.Handler:  # fmt: skip
    """Answer as the service: ``values`` replace what a unit has, ``total`` what it announces."""

    def answer(call: servers.Call) -> None:
        q = call.query
        if call.path == "/api/v1/units":
            rows = [{"id": "042200000000", "name": "POMORSKIE"},
                    {"id": "023000000000", "name": "WIELKOPOLSKIE"}]  # fmt: skip
            call.send(json.dumps({"results": rows, "totalRecords": 2}))
        elif call.path == "/api/v1/attributes":
            rows = [{"id": 0, "symbol": "-"}, {"id": 1, "symbol": ""}, {"id": 2, "symbol": "."},
                    {"id": 8, "symbol": "p"}]  # fmt: skip
            call.send(json.dumps({"results": rows}))
        elif call.path == "/api/v1/variables/72305":
            call.send(json.dumps({"id": 72305, "level": level, "years": [2023, 2024]}))
        elif call.path != "/api/v1/data/by-variable/72305":
            call.send("{}", 404)
        else:
            found = [*UNITS, *ELSEWHERE]
            if "unit-parent-id" in q:
                found = [u for u in found if u[0][:4] == q["unit-parent-id"][:4]]
            if q["unit-level"] != str(level) or q["year"] not in years:
                found = []
            page, size = int(q["page"]), int(q["page-size"])
            rows = []
            for unit, name in found[page * size : (page + 1) * size]:
                value = {"year": q["year"], "val": int(unit[-5:]), "attrId": 1}
                value |= (values or {}).get(unit, {})
                rows.append({"id": unit, "name": name, "values": [value]})
            more = (page + 1) * size < len(found)
            content = {"totalRecords": len(found) if total is None else total, "results": rows}
            if links == "good" and more:
                # the service names itself by its inner address
                content["links"] = {"next": f"http://inner:80/x?page={page + 1}"}
            if links == "endless":
                content["links"] = {"next": f"http://inner:80/x?page={page + 1}"}
                content["results"] = rows or [
                    {"id": u, "name": n, "values": []} for u, n in found[-3:]
                ]
            call.send(json.dumps(content))

    return answer


def ask(handler: servers.Handler, path: Path, **more: object) -> tuple[list[list[str]], Proof]:
    with servers.serving(handler) as server, servers.quick() as client:
        request = Request(server.at("/api/v1"), allow_local=True)
        given = {"variables": {"population": 72305}, "level": 6, "year": 2024, **more}
        proof = bdl.fetch(client, bdl.Query(request, **given), path, layer="x")  # type: ignore[arg-type]
    with path.open(encoding="utf-8") as stream:
        return list(csv.reader(stream)), proof


@pytest.mark.parametrize("links", ["good", "none", "endless"])
def test_every_unit_comes_once_whatever_pages_say(tmp_path: Path, links: str) -> None:
    rows, proof = ask(service(links=links), tmp_path / "a.csv")
    assert rows[0] == ["teryt", "name", "population"]
    assert [r[0] for r in rows[1:]] == sorted(u[2:4] + u[7:] for u, _name in [*UNITS, *ELSEWHERE])
    assert proof.complete
    assert proof.rows == 244


def test_units_of_the_codes_asked_for_alone(tmp_path: Path) -> None:
    rows, proof = ask(service(), tmp_path / "a.csv", teryt=("2261", "2262011"))
    assert len(rows) == 1 + 81 + 1
    assert {r[0][:4] for r in rows[1:]} == {"2261", "2262"}
    assert proof.complete  # units that were not asked for are not missed


@pytest.mark.parametrize(("total", "complete"), [(10, True), (244, True), (245, False)])
def test_a_count_of_pages_is_no_reason_to_stop_and_one_to_doubt(
    tmp_path: Path, total: int, complete: bool
) -> None:
    rows, proof = ask(service(total=total), tmp_path / "a.csv")
    assert len(rows) == 245
    assert proof.complete is complete


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"val": 0, "attrId": 1}, "0"),  # a plain 0
        ({"val": 0, "attrId": 0}, "0"),  # "-": did not occur
        ({"val": 0, "attrId": 2}, ""),  # ".": not known
        ({"val": 5, "attrId": 2}, ""),
        ({"val": 5, "attrId": 8}, "5"),  # preliminary
        ({"val": 0, "attrId": 8}, ""),
        ({"val": 0, "attrId": 99}, ""),  # a sign that the service does not explain
        ({"val": None, "attrId": 1}, ""),
        ({"val": 1.5}, "1.5"),
        ({"year": "2023", "val": 7}, ""),  # of another year
    ],
)
def test_a_missing_value_is_blank_not_zero(
    tmp_path: Path, value: dict[str, object], written: str
) -> None:
    unit = UNITS[0][0]
    rows, proof = ask(service({unit: value}), tmp_path / "a.csv", teryt=("2261",))
    found = {r[0]: r[2] for r in rows[1:]}
    assert found["2261011"] == written
    assert bool(proof.notes) is (written == "")
    assert proof.complete


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"level": 5}, "level 6, not at 5"),
        ({"year": 1999}, "no year 1999; the last is 2024"),
        ({"variables": {"population": 1}}, "no variable 1"),
        ({"teryt": ("9961011",)}, "no voivodeship 99"),
    ],
)
def test_what_the_service_does_not_have_is_one_error(
    tmp_path: Path, more: dict[str, object], says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        ask(service(), tmp_path / "a.csv", **more)


def test_a_refusal_with_a_time_is_waited_for_and_tried_again(tmp_path: Path) -> None:
    plain = service()

    def answer(call: servers.Call) -> None:
        if call.number == 0:
            call.send("{}", 429, {"Retry-After": "840"})
        else:
            plain(call)

    with servers.serving(answer) as server, servers.quick() as client:
        request = Request(server.at("/api/v1"), allow_local=True)
        query = bdl.Query(request, {"population": 72305}, 6, 2024)
        assert bdl.fetch(client, query, tmp_path / "a.csv", layer="x").rows == 244
        assert 840 in client.waited  # type: ignore[attr-defined]


def test_the_quota_holds_over_the_tables_of_a_run(tmp_path: Path) -> None:
    with servers.serving(service()) as server, servers.quick() as client:
        request = Request(server.at("/api/v1"), allow_local=True)
        query = bdl.Query(request, {"population": 72305}, 6, 2024)
        for i in range(34):  # three pages each
            bdl.fetch(client, query, tmp_path / f"{i}.csv", layer="x")
        waited = client.waited  # type: ignore[attr-defined]
        assert max(waited) > 890  # the hundred-and-first request waits for the quarter to end
        waited.clear()
        keyed = Request(server.at("/api/v1"), allow_local=True, headers={"X-ClientId": "k"})
        with servers.quick() as other:
            for i in range(34):
                bdl.fetch(other, bdl.Query(keyed, {"p": 72305}, 6, 2024), tmp_path / f"k{i}.csv",
                          layer="x")  # fmt: skip
            assert max(other.waited, default=0.0) < 60  # type: ignore[attr-defined]


@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from([1.0, 3.0, 10.0])), min_size=1,
             max_size=3),
    st.lists(st.sampled_from([0.0, 0.1, 1.0, 4.0]), min_size=1, max_size=40),
)  # fmt: skip
def test_no_window_of_time_holds_more_requests_than_allowed(
    windows: list[tuple[int, float]], pauses: list[float]
) -> None:
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    quota = Quota(windows, now=lambda: clock[0], sleep=sleep)
    times = []
    for pause in pauses:
        clock[0] += pause
        quota.take()
        times.append(clock[0])
    for count, seconds in windows:
        for start in range(len(times) - count):
            assert times[start + count] - times[start] >= seconds - 1e-9


@given(st.text(max_size=14))
def test_an_id_without_a_code_has_none(text: str) -> None:
    found = bdl.teryt_of(text, 6)
    assert (found is None) == (not (len(text) == 12 and text.isascii() and text.isdigit()))
