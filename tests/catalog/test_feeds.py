"""Lists of timetables: several feeds, each fetched, checked and read by itself."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from metrogis.catalog import feeds, fetching, lock
from metrogis.errors import CatalogError, SourceError
from metrogis.metro import Metro, open_metro
from metrogis.sources.services.store import Store
from tests.sources.services import servers

KEEP = 'licence = "CC0"\nattribution = "somebody"\ndate = "2024-10"\n'
WEEK = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"


def feed(trips: int = 3, /, *, folder: str = "", lacking: str = "", **tables: str) -> bytes:
    """Return a timetable of two stops; weekdays of October 2024."""
    content = {
        "agency": "agency_id,agency_name,agency_url,agency_timezone\nA,A,http://a.pl,Europe/Warsaw\n",
        "stops": "stop_id,stop_name,stop_lat,stop_lon\na,A,54.40,18.50\nb,B,54.41,18.50\n",
        "routes": "route_id,agency_id,route_short_name,route_type\nR,A,1,3\n",
        "trips": "route_id,service_id,trip_id\n" + "".join(f"R,W,t{i}\n" for i in range(trips)),
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + "".join(f"t{i},08:{i:02d}:00,08:{i:02d}:00,a,1\nt{i},09:00:00,09:00:00,b,2\n"
                  for i in range(trips)),
        "calendar": WEEK + "W,1,1,1,1,1,0,0,20241001,20241031\n",
        **tables,
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in content.items():
            if name != lacking:
                archive.writestr(f"{folder}{name}.txt", text)
    return out.getvalue()


def metro(folder: Path, text: str, *, path: str = "gtfs") -> Metro:
    """Open a metropolis whose timetable is the list ``text``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "feeds.toml").write_text(text, encoding="utf-8")
    (folder / "catalog.toml").write_text(
        f"""[metro]
id = "test"
name = "Test"
date = "2024-10-16"

[layers.municipalities]
driver = "vector"
path = "municipalities.geojson"
{KEEP}
[layers.timetable]
driver = "gtfs"
path = "{path}"
{KEEP}fetch = {{ service = "gtfs", feeds = "feeds.toml", allow_local = true }}
""",
        encoding="utf-8",
    )
    (folder / "data").mkdir(exist_ok=True)
    gpd.GeoDataFrame(
        {"teryt": ["2261011"], "name": ["A"]},
        geometry=[box(18.4, 54.3, 18.6, 54.5)], crs="EPSG:4326",
    ).to_crs("EPSG:2180").to_file(folder / "data/municipalities.geojson")  # fmt: skip
    return open_metro(folder, data=folder / "data")


def fetched(of: Metro, folder: Path, **more: object) -> dict[str, fetching.Outcome]:
    with servers.quick() as client:
        found = fetching.fetch(
            of,
            client=client,
            store=Store(folder / "store"),
            **more,  # type: ignore[arg-type]
        )
    return {Path(o.task.file).stem: o for o in found}


def rows(address: str, *names: str, more: str = "") -> str:
    return "".join(f'[[feeds]]\nname = "{n}"\nurl = "{address}/{n}.zip"\n' for n in names) + more


def test_a_feed_that_fails_costs_itself_alone(tmp_path: Path) -> None:
    good = {"/city.zip": feed(3), "/rail.zip": feed(5, folder="gtfs/")}
    with servers.serving(servers.files(good)) as server:
        text = rows(server.address, "city", "rail", "bus") + (
            '[[feeds]]\nname = "pks"\nskip = "no timetable is published"\n'
        )
        of = metro(tmp_path, text)
        found = fetched(of, tmp_path)
    states = {name: o.state for name, o in found.items()}
    assert states == {"city": "fetched", "rail": "fetched", "bus": "failed", "pks": "skipped"}
    assert fetching.as_json(found.values())[3]["reason"] == "no timetable is published"
    timetable = of["timetable"]
    assert sorted(timetable.feeds) == ["city", "rail"]
    said = [row for row in timetable.audit if row.layer == "timetable" and row.action == "unknown"]
    assert any("bus" in str(row.examples) and "pks" in str(row.examples) for row in said)


def test_the_lock_says_when_each_timetable_is_valid(tmp_path: Path) -> None:
    extra = "service_id,date,exception_type\nW,20241009,2\nW,20241102,1\n"
    with servers.serving(servers.files({"/city.zip": feed(3, calendar_dates=extra)})) as server:
        of = metro(tmp_path, rows(server.address, "city", more='licence = "CC-BY-4.0"\n'))
        fetched(of, tmp_path)
    entry = lock.read(tmp_path)["gtfs/city.zip"]
    assert entry.licence == "CC-BY-4.0"
    assert entry.attribution == "somebody"
    note, = entry.notes  # fmt: skip
    assert "2024-10-01 to 2024-11-02" in note["en"]
    assert "2024-10-01: 3" in note["en"]


@pytest.mark.parametrize(
    ("lacking", "ok"),
    [("", True), ("agency", True), ("stops", False), ("routes", False), ("trips", False),
     ("stop_times", False), ("calendar", False)],
)  # fmt: skip
def test_what_lacks_a_table_of_gtfs_is_no_timetable(tmp_path: Path, lacking: str, ok: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(feed(lacking=lacking))
    if ok:
        assert feeds.about(path, layer="timetable").trips == 3
    else:
        with pytest.raises(SourceError, match=lacking if lacking == "calendar" else "timetable"):
            feeds.about(path, layer="timetable")


def test_dates_alone_make_a_calendar_and_what_is_stated_wins(tmp_path: Path) -> None:
    path = tmp_path / "a"
    dates = "service_id,date,exception_type\nW,20250101,1\nX,20250105,1\nW,20250102,2\n"
    path.write_bytes(feed(lacking="calendar", calendar_dates=dates))
    found = feeds.about(path, layer="x")  # no trip runs on X
    assert (found.first, found.last) == (dt.date(2025, 1, 1), dt.date(2025, 1, 1))
    assert not found.stated
    info = "feed_publisher_name,feed_start_date,feed_end_date\nA,20241001,20251231\n"
    path.write_bytes(feed(feed_info=info))
    found = feeds.about(path, layer="x")
    assert (found.last, found.stated) == (dt.date(2025, 12, 31), True)
    path.write_bytes(feed(feed_info="feed_publisher_name,feed_start_date,feed_end_date\nA,,x\n"))
    assert feeds.about(path, layer="x").last == dt.date(2024, 10, 31)


def test_a_page_of_html_is_no_timetable_and_the_fallback_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = b"<html>moved</html>"
    monkeypatch.setenv("FEED_KEY", "tops3cret")
    mirror = servers.serving(servers.files({"/b.zip": feed(4), "/c.zip": page}))
    with servers.serving(servers.files({"/a.zip": page})) as server, mirror as other:
        text = (
            f'[[feeds]]\nname = "a"\nurl = "{server.address}/a.zip"\n'
            f'fallback = ["{other.address}/c.zip", "{other.address}/b.zip"]\n'
            'headers_env = { X-Key = "FEED_KEY" }\n'
            f'[[feeds]]\nname = "c"\nurl = "{other.address}/c.zip"\n'
        )
        found = fetched(metro(tmp_path, text), tmp_path)
        assert {call.headers.get("x-key") for call in server.calls} == {"tops3cret"}
        assert {call.headers.get("x-key") for call in other.calls} == {None}
    assert found["a"].state == "fetched", found["a"].error
    assert found["c"].state == "failed"
    assert found["a"].entry is not None
    assert any("further address" in note["en"] for note in found["a"].entry.notes)


def test_a_feed_that_was_split_is_read_no_more(tmp_path: Path) -> None:
    with servers.serving(servers.files({"/old.zip": feed(7)})) as server:
        fetched(metro(tmp_path, rows(server.address, "old")), tmp_path)
    with servers.serving(servers.files({"/ztm.zip": feed(3), "/zkm.zip": feed(4)})) as server:
        text = rows(server.address, "ztm", "zkm") + (
            '[[feeds]]\nname = "old"\nredirect = ["ztm", "zkm"]\n'
        )
        of = metro(tmp_path, text)
        found = fetched(of, tmp_path)
    assert found["old"].state == "skipped"
    assert (tmp_path / "data/gtfs/old.zip").exists()
    assert sorted(of["timetable"].feeds) == ["zkm", "ztm"]


def test_feeds_put_there_by_hand_are_read_and_said(tmp_path: Path) -> None:
    with servers.serving(servers.files({"/city.zip": feed(3)})) as server:
        of = metro(tmp_path, rows(server.address, "city"), path="gtfs/city.zip")
        fetched(of, tmp_path)
        assert of["timetable"].feeds == ("city",)
        of = metro(tmp_path, rows(server.address, "city"))
        (tmp_path / "data/gtfs/mine.zip").write_bytes(feed(2))
        timetable = of["timetable"]
    assert sorted(timetable.feeds) == ["city", "mine"]
    assert any("mine" in str(r.examples) for r in timetable.audit if r.action == "noted")


@pytest.mark.parametrize(
    "text",
    [
        '[[feeds]]\nname = "a"\n',  # no address
        '[[feeds]]\nname = "../a"\nurl = "https://a.pl"\n',
        '[[feeds]]\nname = "a"\nurl = "https://a.pl"\n[[feeds]]\nname = "A"\nurl = "https://b.pl"\n',
        '[[feeds]]\nname = "a"\nredirect = ["b"]\n',
        '[[feeds]]\nname = "a"\nredirect = ["a"]\n',
        '[[feeds]]\nname = "a"\nurl = "https://a.pl"\ncolour = "red"\n',
        "feeds = [",
        "feeds = 5\n",
    ],
)
def test_a_list_that_is_wrong_is_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises((CatalogError, SourceError)) as caught:
        fetching.tasks(metro(tmp_path, text))
    assert caught.value.layer == "timetable"


def test_a_list_outside_the_folder_of_the_catalog_is_not_read(tmp_path: Path) -> None:
    of = metro(tmp_path / "in", "")
    text = (tmp_path / "in/catalog.toml").read_text()
    (tmp_path / "feeds.toml").write_text("")
    (tmp_path / "in/catalog.toml").write_text(text.replace("feeds.toml", "../feeds.toml"))
    with pytest.raises(SourceError, match="leads out"):
        fetching.tasks(open_metro(tmp_path / "in", data=of.data))


@pytest.mark.parametrize(("interval", "asked"), [(0, True), (7, False)])
def test_an_update_asks_a_feed_again_when_it_is_old_enough(
    tmp_path: Path, interval: int, asked: bool
) -> None:
    with servers.serving(servers.files({"/city.zip": feed(3)})) as server:
        of = metro(tmp_path, rows(server.address, "city", more=f"interval = {interval}\n"))
        fetched(of, tmp_path)
        before = len(server.calls)
        found = fetched(of, tmp_path, update=True)
        assert (len(server.calls) > before) is asked
        assert found["city"].state == ("same" if asked else "kept")
        # long ago: it is asked again
        entries = lock.read(tmp_path)
        old = {
            k: lock.Entry(**{**vars(e), "fetched": "2020-01-01T00:00:00+00:00"})
            for k, e in entries.items()
        }
        lock.write(tmp_path, old)
        assert fetched(of, tmp_path, update=True)["city"].state == "same"


def test_no_feed_at_all_is_one_error(tmp_path: Path) -> None:
    of = metro(tmp_path, '[[feeds]]\nname = "city"\nurl = "https://a.pl/city.zip"\n')
    with pytest.raises(SourceError):
        of["timetable"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", "yes"),  # the layer's own licence, CC0
        ('redistribute = "yes"\n', "yes"),
        ('redistribute = "no"\n', "no"),
        ('licence = "CC-BY-4.0"\nredistribute = "derived"\n', "derived"),
        ('redistribute = "no"\nskip = "not fetched"\n', "yes"),
    ],
)
def test_a_timetable_keeps_to_the_strictest_of_its_feeds(
    tmp_path: Path, said: str, expected: str
) -> None:
    text = rows("https://a.pl", "city") + rows("https://a.pl", "rail", more=said)
    of = metro(tmp_path, text)
    (tmp_path / "data/gtfs").mkdir()
    (tmp_path / "data/gtfs/city.zip").write_bytes(feed(2))
    assert of["timetable"].source.redistribute == expected
