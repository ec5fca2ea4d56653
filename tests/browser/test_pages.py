"""The published pages in headless Chromium: no foreign request, nothing executes, accessible."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metrogis.checks.contract import Category, Ground
from metrogis.errors import SourceError
from metrogis.maps import assets, explore
from metrogis.maps import layers as map_layers
from metrogis.maps.page_data import map_data
from metrogis.report import site
from metrogis.report.municipality.addresses import page_of
from metrogis.texts import UNKNOWN, Text, both

pytestmark = pytest.mark.browser

AXE = assets.Package(
    name="axe-core",
    version="4.11.0",
    integrity="sha512-ilYanEU8vxxBexpJd8cWM4ElSQq4QctCLKih0TSfjIfCQTeyH/6zVrmIJfLPrKTKJRbiG+cfnZbQIj"
    "AlJmF1jQ==",
    files={
        "axe.min.js": "CevQHsfnMgdy60JFo75umdiKKbfu04Dq+XX8xDXR6g3KBGxGN5t7HTWJoDx/Fk/keWs6VhG0"
        "zlC5RZt4SKNsqw==",
    },
)


@pytest.fixture(scope="session")
def leaflet() -> Path:
    try:
        return assets.obtain()
    except assets.AssetsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def public(synthetic: Any, tmp_path_factory: Any, leaflet: Path) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    atlas = synthetic.atlas()
    atlas.failed = {
        "border_gaps": SourceError(
            Text("nie ma pliku <img src=x onerror=1>", "there is no file <img src=x onerror=1>"),
            layer="bike_parking",
            place=synthetic.HOSTILE[1],
            remedy=Text("podaj --data", "give --data"),
        )
    }
    site.publish(atlas, folder)
    return folder


def ready(seen: Any) -> Any:
    seen.page.wait_for_selector("html.map-ready")
    return seen


def pages(public: Path) -> list[Path]:
    return [
        public / "index.html",
        *sorted(public.glob("??/*.html")),
        *(public / page_of("2200000", language) for language in ("en", "pl")),
    ]


def test_every_page_opens_from_disk_without_error_or_foreign_request(public: Path, visit: Any):
    found = pages(public)
    assert [p.relative_to(public).as_posix() for p in found] == [
        "index.html",
        *(
            f"{language}/{name}.html"
            for language in ("en", "pl")
            for name in ("border_gaps", "data", "index", "methods", "missing_check", "test_check")
        ),
        "en/municipalities/2200000.html",
        "pl/gminy/2200000.html",
    ]
    for path in found:
        seen = visit(path.as_uri())
        seen.page.wait_for_load_state("load")
        assert seen.faults == []
        assert seen.foreign == []
        assert seen.evaluate("window.hacked") is None
        assert seen.evaluate("document.documentElement.lang") == (
            "en" if "en" in path.parts else "pl"
        )
        assert seen.evaluate("document.querySelectorAll('h1').length") == 1


def test_map_works_from_a_server_under_the_same_policy(public: Path, visit: Any, serve: Any):
    seen = ready(visit(f"{serve(public)}/pl/test_check.html"))
    assert seen.faults == []
    assert seen.foreign == []


@pytest.mark.parametrize("language", ["pl", "en"])
def test_shapes_kept_apart_are_those_of_the_layers(
    public: Path, visit: Any, synthetic: Any, language: str
):
    result = synthetic.atlas().results["test_check"]
    web = [map_layers.web_layer(layer) for layer in map_layers.build(result)]
    whole = json.loads(map_data(result, web, map_layers.ground_of(result), language, page=True))
    seen = ready(visit((public / language / "test_check.html").as_uri()))
    shapes = seen.evaluate(
        "(() => { const d = window.metrogisData.test_check; return { ground: d.ground,"
        " land: d.land.map(l => l.map(p => p.shapes)),"
        " layers: d.layers.map(l => l.classes.map(c => (c.rows || []).map(r => r[0]))) }; })()"
    )
    assert shapes["ground"] == whole["ground"]
    assert shapes["land"] == [[part["shapes"] for part in parts] for parts in whole["land"]]
    views = [[[row[0] for row in c["rows"]] for c in x["classes"]] for x in whole["layers"]]
    assert shapes["layers"][: len(views)] == views
    assert sum(len(rows) for view in views for rows in view) > 30


def test_policy_forbids_inline_script(public: Path, visit: Any):
    seen = ready(visit((public / "en/test_check.html").as_uri()))
    seen.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.inline = 1';"
        " document.body.appendChild(s); const d = document.createElement('div');"
        " document.body.appendChild(d);"
        " d.innerHTML = '<img src=x onerror=\"window.inline = 2\">'; }"
    )
    seen.page.wait_for_timeout(200)
    assert seen.evaluate("window.inline") is None
    assert any("Content Security Policy" in fault for fault in seen.faults)


def open_popup(seen: Any, name: str) -> str:
    """Open the popup of the feature whose first value is ``name``; return its text."""
    return seen.page.evaluate(_POPUP, name)


_POPUP = """(name) => {
  const map = window.metrogis.map;
  let text = null;
  map.eachLayer(layer => {
    const v = layer.feature && layer.feature.properties.v;
    if (text !== null || !v || layer.feature.properties.n !== name) { return; }
    const at = layer.getBounds ? layer.getBounds().getCenter() : layer.getLatLng();
    layer.fire('mouseover', {latlng: at}, true);
    layer.fire('click', {latlng: at}, true);
    text = map.getPane('popupPane').textContent;
  });
  return text;
}"""


@pytest.mark.parametrize("language", ["pl", "en"])
def test_hostile_names_are_shown_as_text(public: Path, visit: Any, synthetic: Any, language: str):
    seen = ready(visit((public / language / "test_check.html").as_uri()))
    for name in synthetic.HOSTILE:
        text = open_popup(seen, name)
        assert text is not None
        assert name in text
    seen.page.wait_for_timeout(200)
    assert seen.evaluate("window.hacked") is None
    assert (
        seen.evaluate(
            "document.querySelectorAll('.leaflet-pane img:not(.mg-image), svg[onload]').length"
        )
        == 0
    )
    assert seen.faults == []
    assert synthetic.HOSTILE[0] in seen.evaluate("document.body.innerText")


def test_popup_shows_values_in_the_language(public: Path, visit: Any):
    polish = ready(visit((public / "pl/test_check.html").as_uri()))
    text = open_popup(polish, "Gdynia")
    assert "10\u00a0000" in text
    assert "33,3\u00a0%" in text
    english = ready(visit((public / "en/test_check.html").as_uri()))
    text = open_popup(english, "Gdynia")
    assert "10,000" in text
    assert "33.3%" in text
    assert "no data" in open_popup(english, "Jastarnia")


def test_search_finds_names_without_their_marks_and_leads_there_by_keyboard(
    public: Path, visit: Any
):
    for start in ("pl/index.html", "pl/test_check.html", "pl/gminy/2200003.html"):
        seen = visit((public / start).as_uri())
        field = seen.page.get_by_role("searchbox")
        field.press_sequentially("lodz cmielow")
        seen.page.wait_for_selector("#search-results a")
        link = seen.page.locator("#search-results a")
        assert link.first.text_content() == "Łódź & Żółć Ćmielówgmina"
        assert link.count() == 1
        field.press("ArrowDown")
        assert seen.evaluate("document.activeElement.tagName") == "A"
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url("**/pl/gminy/2200008.html")
        assert seen.evaluate("window.hacked") is None
        assert seen.faults == []
        assert seen.foreign == []
    field.fill("zzz")
    assert seen.page.locator("#search-results a").count() == 0


def test_an_address_selects_a_municipality_or_a_place(public: Path, visit: Any):
    base = (public / "pl/test_check.html").as_uri()
    seen = ready(visit(f"{base}#layer=municipalities.white_share&gmina=2200009"))
    panel = seen.page.locator("#map-panel")
    assert panel.inner_text().startswith("Gdynia")
    assert panel.locator("a").get_attribute("href") == "gminy/2200009.html"
    ticks = [seen.page.locator(f"#layer-{i}").is_checked() for i in range(4)]
    assert ticks == [True, False, False, False]
    seen.evaluate("window.location.hash = '#layer=links&row=1'")
    until(seen, "document.activeElement.id === 'map-panel'")
    until(seen, "!document.getElementById('map-panel').textContent.startsWith('Gdynia')")
    assert seen.page.locator("#layer-2").is_checked()
    seen.evaluate("window.location.hash = '#layer=<img>&gmina=nobody&row=%E0%A4%A'")
    assert seen.faults == []


def test_on_a_phone_the_panel_stands_for_the_popup(public: Path, visit: Any):
    seen = ready(
        visit(
            (public / "pl/test_check.html").as_uri(),
            viewport={"width": 390, "height": 800},
            is_mobile=True,
            has_touch=True,
        )
    )
    open_popup(seen, "Gdynia")
    until(seen, "document.getElementById('map-panel').textContent.startsWith('Gdynia')")
    assert seen.page.locator(".leaflet-popup-content:visible").count() == 0
    assert seen.page.locator(".leaflet-tooltip").count() == 0


def test_a_summary_prints_on_one_page(public: Path, visit: Any):
    seen = visit(
        (public / "pl/gminy/2200003.html").as_uri(), viewport={"width": 720, "height": 1000}
    )
    seen.page.emulate_media(media="print")
    seen.evaluate(
        "document.querySelectorAll('.gmina > :not(.summary), footer').forEach(e => e.remove())"
    )
    pdf = seen.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


def test_a_real_click_on_the_canvas_opens_the_popup(public: Path, visit: Any):
    seen = ready(visit((public / "pl/test_check.html").as_uri()))
    seen.page.locator(".folium-map").scroll_into_view_if_needed()
    at = seen.evaluate(
        """() => { const m = window.metrogis.map; let p = null;
        m.eachLayer(l => { const v = l.feature && l.feature.properties.v;
          if (v && v[0] === 'Gdynia') {
            p = m.latLngToContainerPoint(l.getBounds().getCenter()); }});
        const box = m.getContainer().getBoundingClientRect();
        return [p.x + box.left + 25, p.y + box.top + 25]; }"""
    )
    seen.page.mouse.click(*at)
    seen.page.wait_for_selector(".leaflet-popup-content")
    assert "Gdynia" in seen.page.inner_text(".leaflet-popup-content")
    assert seen.page.get_attribute(".leaflet-popup-close-button", "aria-label") == "Zamknij"


def test_legend_lists_unknown_and_switches_layers(public: Path, visit: Any):
    seen = ready(visit((public / "pl/test_check.html").as_uri()))
    legend = seen.page.inner_text(".legend")
    for word in ("brak danych", "nieznane", "od 10\u00a0% do <25\u00a0%", "96 i więcej"):
        assert word in legend
    count = (
        "() => { let n = 0; window.metrogis.map.eachLayer(l => {"
        " if (l.feature && l.feature.properties.v) n += 1; }); return n; }"
    )
    before = seen.evaluate(count)
    seen.page.locator("#layer-1").check()
    assert seen.evaluate(count) == before + 144
    seen.page.locator("#layer-1").uncheck()
    assert seen.evaluate(count) == before


def test_language_switch_leads_to_the_same_page(public: Path, visit: Any):
    seen = visit((public / "pl/test_check.html").as_uri())
    seen.page.get_by_role("link", name="English").click()
    seen.page.wait_for_url("**/en/test_check.html")
    assert seen.page.locator("a[aria-current=true]").inner_text() == "English"
    top = visit((public / "index.html").as_uri())
    top.page.get_by_role("link", name="English").click()
    top.page.wait_for_url("**/en/index.html")
    top.page.get_by_role("link", name="Trial: <b>white spots</b>").first.click()
    top.page.wait_for_url("**/en/test_check.html")


def test_table_sorts_numbers_with_unknown_last(public: Path, visit: Any):
    seen = visit((public / "pl/test_check.html").as_uri())
    seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    table = seen.page.locator("#table-municipalities")
    button = table.get_by_role("button", name="udział białych plam")
    column = (
        "() => [...document.querySelectorAll('#table-municipalities tbody tr')]"
        ".map(r => r.cells[3].textContent)"
    )
    button.click()
    down = seen.evaluate(column)
    assert down[:2] == ["100,0\u00a0%", "70,0\u00a0%"]
    assert down[-2:] == ["brak danych", "brak danych"]
    assert seen.page.locator("th[aria-sort=descending]").count() == 1
    button.click()
    up = seen.evaluate(column)
    assert up[0] == "0,0\u00a0%"
    assert up[-2:] == ["brak danych", "brak danych"]


def test_keyboard_reaches_content_by_the_skip_link(public: Path, visit: Any):
    seen = visit((public / "pl/test_check.html").as_uri())
    seen.page.keyboard.press("Tab")
    assert seen.evaluate("document.activeElement.className") == "skip"
    box = seen.page.locator(".skip").bounding_box()
    assert box["x"] >= 0
    seen.page.keyboard.press("Enter")
    assert seen.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [320, 390])
def test_phone_has_no_sideways_scroll_and_large_controls(public: Path, visit: Any, width: int):
    for name in ("index.html", "pl/test_check.html", "en/test_check.html", "pl/data.html",
                 "en/border_gaps.html", "pl/missing_check.html",
                 "pl/gminy/2200003.html"):  # fmt: skip
        seen = visit(
            (public / name).as_uri(),
            viewport={"width": width, "height": 800},
            is_mobile=True,
            has_touch=True,
        )
        seen.page.wait_for_load_state("load")
        assert seen.evaluate("document.documentElement.scrollWidth") <= width
        small = seen.evaluate(
            """() => [...document.querySelectorAll('button, summary, .files a, .languages a, '
              + '.layer-switch, .leaflet-bar a')].filter(e => e.offsetParent !== null)
              .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"""
        )
        assert small == []


def test_without_script_the_picture_stands_for_the_map(public: Path, visit: Any):
    seen = visit((public / "pl/test_check.html").as_uri(), java_script_enabled=False)
    assert seen.page.locator(".picture img").is_visible()
    assert not seen.page.locator(".map-box").is_visible()
    assert "JavaScriptu" in seen.page.inner_text("noscript")


def test_print_shows_the_picture(public: Path, visit: Any):
    seen = ready(visit((public / "pl/test_check.html").as_uri()))
    assert not seen.page.locator(".picture img").is_visible()
    seen.page.emulate_media(media="print")
    assert seen.page.locator(".picture img").is_visible()
    assert not seen.page.locator(".map-box").is_visible()


def test_no_accessibility_violations(public: Path, visit: Any):
    try:
        axe = assets.obtain(AXE) / "axe.min.js"
    except assets.AssetsError as error:
        pytest.skip(str(error))
    phone = {"viewport": {"width": 360, "height": 760}}
    for path in pages(public):
        seen = visit(path.as_uri(), bypass_csp=True, **(phone if "en" in path.parts else {}))
        if path.name == "test_check.html":
            ready(seen)
            seen.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            open_popup(seen, "Gdynia")
        seen.page.add_script_tag(path=os.fspath(axe))
        found = seen.evaluate(
            "async () => (await axe.run({preload: false})).violations.map(v => v.id + ': '"
            " + v.nodes[0].html + ' ' + v.nodes[0].failureSummary)"
        )
        assert found == []


def test_notebook_map_is_safe_and_whole(synthetic: Any, tmp_path: Path, visit: Any, leaflet: Path):
    path = tmp_path / "map.html"
    explore(synthetic.result(), language="pl").save(os.fspath(path))
    seen = visit(path.as_uri())
    seen.page.wait_for_selector(".mg-legend")
    assert seen.faults == []
    assert seen.foreign == []
    legend = seen.page.text_content(".mg-legend")
    assert "brak danych" in legend
    assert "</script><script>" in legend
    # all in one moment: labels are drawn anew whenever the map has moved
    until(seen, "!document.querySelector('.leaflet-zoom-anim')")
    boxes = seen.evaluate(
        "[...document.querySelectorAll('.mg-label')].map(e => e.getBoundingClientRect().toJSON())"
    )
    assert boxes  # how many fit depends on the fonts of the machine: that none overlap does not
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart_x = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            apart_y = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            assert apart_x or apart_y, (a, b)
    assert seen.page.locator("img.mg-image").count() == 1
    assert seen.evaluate("document.querySelector('img.mg-image').naturalWidth") > 100
    seen.page.wait_for_timeout(200)
    assert seen.evaluate("window.hacked") is None
    assert seen.page.locator(".mg-legend input").nth(1).is_checked() is False


def test_five_thousand_and_more_features_are_joined_and_said(
    synthetic: Any, tmp_path: Path, visit: Any, leaflet: Path
):
    result = synthetic.result(cells=80)
    path = tmp_path / "map.html"
    explore(result, language="en", view="cells").save(os.fspath(path))
    seen = visit(path.as_uri())
    seen.page.wait_for_selector(".mg-legend")
    assert "6,400 features" in seen.page.text_content(".mg-legend")
    assert seen.faults == []


# --------------------------------------------------------------------------- what is not known

_LAND = """(index) => {
  const map = window.metrogis.map;
  const canvas = document.querySelector('.leaflet-metrogis-land-pane canvas');
  if (!canvas || !canvas.width) { return null; }
  const data = window.metrogisData.test_check, ring = data.ground[index].coordinates[0];
  const lats = ring.map(c => c[1]), lons = ring.map(c => c[0]);
  const at = map.latLngToContainerPoint([(Math.min(...lats) + Math.max(...lats)) / 2,
                                         (Math.min(...lons) + Math.max(...lons)) / 2]);
  const box = canvas.getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();
  const scale = canvas.width / box.width, ctx = canvas.getContext('2d');
  const x = (at.x + frame.left - box.left) * scale, y = (at.y + frame.top - box.top) * scale;
  const row = ctx.getImageData(Math.round(x) - 48, Math.round(y), 96, 1).data;
  return Array.from({length: 96}, (_, i) => row[4 * i + 3]);
}"""


def starts(alphas: list[int]) -> list[int]:
    """Return where lines begin along a row of opacities."""
    return [i for i in range(1, len(alphas)) if alphas[i] > 25 >= alphas[i - 1]]


def until(seen: Any, expression: str) -> None:
    """Wait until an expression holds, for ten seconds; pages forbid that a text becomes code."""
    for _ in range(200):
        if seen.evaluate(expression):
            return
        seen.page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def drawn(seen: Any) -> None:
    """Wait until the map has drawn what changed: it draws in the next frame."""
    seen.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")


def test_land_that_is_not_known_is_hatched_with_its_views(public: Path, visit: Any):
    seen = ready(visit((public / "pl/test_check.html").as_uri()))
    links, stops = seen.page.locator("#layer-2"), seen.page.locator("#layer-3")

    def spacing(index: int) -> float:
        found = starts(seen.evaluate(f"({_LAND})({index})"))
        return (found[-1] - found[0]) / (len(found) - 1) if len(found) > 1 else 0.0

    assert spacing(0) == 0
    assert spacing(9) == pytest.approx(8, abs=0.5)
    assert spacing(8) == pytest.approx(16, abs=1)
    legend = seen.page.inner_text(".legend")
    assert legend.count("tu brak danych") == 2
    assert legend.count("tu dane niepełne") == 1
    links.uncheck()  # stops stay: they do not know 9, 10, 11, and say nothing of 8
    drawn(seen)
    assert spacing(8) == 0
    assert spacing(9) == spacing(11) == pytest.approx(8, abs=0.5)
    stops.uncheck()
    drawn(seen)
    assert all(not starts(seen.evaluate(f"({_LAND})({i})") or []) for i in range(12))
    links.check()
    drawn(seen)
    assert spacing(8) == pytest.approx(16, abs=1)
    assert seen.faults == []


def unknown_links(synthetic: Any) -> Any:
    """Return a result of which 3 municipalities of 12 are known, with an unknown link and stop."""
    result = synthetic.result()
    result.municipalities["known_share"] = [float(i in (0, 1, 4)) for i in range(12)]
    result.features["links"]["state"] = ["served", "unknown", "served"]
    kinds = (
        Category("served", both("served"), "#009E73"),
        Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
    )
    views = tuple(
        replace(v, column="state", categories=kinds, ground=Ground("known_share"))
        if v.table == "links"
        else v
        for v in result.check.views
    )
    return replace(result, check=replace(result.check, views=views))


def test_a_mostly_unknown_map_opens_on_the_known_part(
    synthetic: Any, tmp_path: Path, visit: Any, leaflet: Path
):
    atlas = synthetic.atlas()
    atlas.results = {"test_check": unknown_links(synthetic)}
    site.publish(atlas, tmp_path / "a")
    for width in (1280, 360):
        seen = ready(
            visit(
                (tmp_path / "a/pl/test_check.html").as_uri(),
                viewport={"width": width, "height": 800},
            )
        )
        inside = (
            "(() => { const b = window.metrogis.map.getBounds();"
            " const d = window.metrogisData.test_check;"
            " return [b.contains(d.opening), b.contains(d.bounds)]; })()"
        )
        assert seen.evaluate(inside) == [True, False]
        assert "Mapa otwiera się na części" in seen.page.inner_text(".map-help")
        button = seen.page.get_by_role("button", name="Pokaż cały obszar").first
        assert button.bounding_box()["height"] >= 43.5
        button.click()
        until(seen, f"({inside})[1]")
        assert seen.evaluate("document.documentElement.scrollWidth") <= width
    index = visit((tmp_path / "a/pl/index.html").as_uri())
    assert "ponad połowa nieznana" in index.page.inner_text(".card")


def test_unknown_lines_are_dashed_and_unknown_points_hollow(
    synthetic: Any, tmp_path: Path, visit: Any, leaflet: Path
):
    path = tmp_path / "map.html"
    explore(unknown_links(synthetic), language="en").save(os.fspath(path))
    seen = visit(path.as_uri())
    seen.page.wait_for_selector(".mg-legend")
    looks = seen.evaluate(
        """() => { const out = {}; const map = Object.values(window).find(v => v instanceof L.Map);
        map.eachLayer(l => { const v = l.feature && l.feature.properties;
          if (!v || !v.v) { return; }
          const o = l.options; out[v.c] = [o.dashArray || '', o.fillColor, o.weight]; });
        return out; }"""
    )
    assert looks["served"][0] == ""
    assert looks["unknown"][0] == "6 4"
    assert looks["no data"][1] == "#ffffff"  # the stop whose departures are not known
    assert looks["no data"][2] == 2
    dashes = seen.evaluate(
        "[...document.querySelectorAll('.mg-legend path[stroke-dasharray]')].length"
    )
    assert dashes == 1
    assert seen.page.get_by_role("button", name="Show the whole area").count() == 1
    assert seen.faults == []
