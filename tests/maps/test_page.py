"""Maps as Folium objects: safe whatever the data says, light, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.maps import assets, explore, layers, page


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Leaflet is not needed here: maps then link to it with integrity hashes."""
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("METROGIS_OFFLINE", "1")


def rendered(made: folium.Map) -> str:
    return made.get_root().render()


def test_explore_gives_a_folium_map(synthetic: Any):
    made = explore(synthetic.result())
    assert isinstance(made, folium.Map)
    html = rendered(made)
    assert '<html lang="en">' in html
    assert "user-scalable=no" not in html
    assert "width=device-width" in html
    again = rendered(made)  # a notebook renders a map each time it is shown or saved
    assert again.count("window.metrogisData[") == html.count("window.metrogisData[")


def test_hostile_names_never_leave_their_json(synthetic: Any):
    html = rendered(explore(synthetic.result(), language="pl"))
    for name in synthetic.HOSTILE[:5]:
        assert name not in html
    assert "window.hacked='img'" in html  # it is there, as an escaped JSON text
    assert html.count("<script") == html.count("</script>")
    assert "<img" not in html
    assert "<svg" not in html
    assert "\u2028" not in html
    assert "{{ 7*7 }}" not in html
    assert " 49 " not in html


def test_only_leaflet_is_linked_and_pinned(synthetic: Any):
    html = rendered(explore(synthetic.result()))
    links = re.findall(r'(?:src|href)="(http[^"]+)"', html)
    assert len(links) == 2
    assert all(link.startswith(f"{assets.CDN}/leaflet@1.9.4/") for link in links)
    assert html.count('integrity="sha512-') == 2
    assert "bootstrap" not in html
    assert "jquery" not in html


@given(st.text())
def test_safe_json_keeps_the_text_and_escapes_the_rest(text: str):
    written = page.safe_json({"a": text, "b": [{"c": text}]})
    assert json.loads(written) == {"a": text, "b": [{"c": text}]}
    assert not re.search("[<>&`\u2028\u2029]", written)
    assert not re.search(r"\$\{|\{[{%#]", written)


def read_data(result: Any, language: str) -> Any:
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    return json.loads(page.map_data(result, web, layers.ground_of(result), language))


def test_data_of_the_map_holds_every_feature_with_its_words(synthetic: Any):
    result = synthetic.result()
    data = read_data(result, "pl")
    main = data["layers"][0]
    assert main["heads"][1] == "ludność [osób]"
    rows = {row[1][0]: (c["label"], row[1]) for c in main["classes"] for row in c["rows"]}
    assert set(rows) == set(result.municipalities["name"])
    assert rows["Gdynia"] == (
        "od 25\u00a0% do <50\u00a0%",
        ["Gdynia", "10\u00a0000", "33,3\u00a0%", "tak", "białe plamy"],
    )
    assert rows["Jastarnia"][0] == "brak danych"
    assert rows["Jastarnia"][1][1:4] == ["brak danych", "brak danych", "nieznane"]
    assert [len(c["rows"]) for c in main["classes"]] == [int(c["count"]) for c in main["classes"]]
    assert len(data["ground"]) == 12
    english = read_data(result, "en")
    texts = [row[1] for c in english["layers"][0]["classes"] for row in c["rows"]]
    assert ["Gdynia", "10,000", "33.3%", "yes", "white"] in texts


def test_joined_layers_carry_no_single_values(synthetic: Any):
    data = read_data(synthetic.result(cells=80), "en")
    cells = data["layers"][1]
    assert [len(c["rows"]) for c in cells["classes"]] == [1, 1, 1]
    assert all(c["rows"][0][1] is None for c in cells["classes"])
    assert "6,400 features" in cells["notes"][0]


def test_one_class_is_one_layer_whatever_the_number_of_features(synthetic: Any):
    few, many = (rendered(explore(synthetic.result(cells=n))) for n in (4, 60))
    assert few.count("metrogis.classLayer(") == many.count("metrogis.classLayer(")
    assert many.count("metrogis.classLayer(") == 5 + 3 + 1 + 5


def test_popups_hold_only_the_columns_of_the_view(synthetic: Any):
    result = synthetic.result()
    result.municipalities["secret"] = "do not publish"
    assert "do not publish" not in rendered(explore(result))


def test_basemap_only_when_asked_and_with_a_referrer_policy(synthetic: Any):
    plain = rendered(explore(synthetic.result()))
    assert "tileLayer" not in plain
    html = rendered(explore(synthetic.result(), basemap="osm"))
    assert "tile.openstreetmap.org" in html
    assert "strict-origin-when-cross-origin" in html
    with pytest.raises(ParameterError, match="unknown basemap 'bing'"):
        explore(synthetic.result(), basemap="bing")


def test_a_users_own_layers_can_be_added(synthetic: Any):
    made = explore(synthetic.result(), view="municipalities")
    folium.CircleMarker([54.2, 18.5]).add_to(made)
    folium.LayerControl().add_to(made)
    html = rendered(made)
    assert "L.circleMarker" in html
    assert "L.control.layers" in html


def test_a_result_without_views_still_draws_the_municipalities(synthetic: Any):
    from dataclasses import replace

    result = synthetic.result()
    bare = replace(result, check=replace_views(result.check))
    data = read_data(bare, "en")
    assert data["layers"] == []
    assert len(data["ground"]) == 12


def replace_views(check: Any) -> Any:
    import copy

    made = copy.copy(check)
    object.__setattr__(made, "views", ())
    return made


def test_the_script_of_a_map_has_no_words(synthetic: Any):
    result = synthetic.result()
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    ground = layers.ground_of(result)
    parts = [
        page.take_apart(page.build_map(result, web, ground, language, key="a"))
        for language in ("pl", "en")
    ]
    assert parts[0] == parts[1]
    script = parts[0][1]
    shown = [w.layer.view.shown for w in web]
    assert script.count(".addTo(map_a);") == sum(shown) < len(shown)
    assert script.count("metrogis.classLayer(") == sum(len(w.layer.classes) for w in web)


# --------------------------------------------------------------------------- together with others


def test_a_result_is_drawn_on_a_map_that_is_given(synthetic: Any) -> None:
    import folium

    result = synthetic.result()
    m = result.municipalities[["geometry"]].explore(tooltip=False)
    others = list(m._children)
    assert result.explore(view="cells", m=m) is m
    assert list(m._children)[: len(others)] == others
    folium.LayerControl().add_to(m)
    html = m.get_root().render()
    group = next(c for c in m._children.values() if type(c).__name__ == "Group")
    control = html[html.index("L.control.layers") - 4000 :]
    assert group.get_name() in control
    assert html.count("metrogis.setUp(") == 1
    assert '"guest":true' in html
    assert "leaflet.js" in html  # its own Leaflet; ours is not put in a second time
    assert html.index("window.metrogis = {") < html.index("metrogis.setUp(")


def test_two_results_on_one_map_keep_their_data_apart(synthetic: Any) -> None:
    import folium

    m = folium.Map()
    for view in ("cells", "stops"):
        synthetic.result().explore(view=view, m=m)
    html = m.get_root().render()
    keys = re.findall(r'var metrogis_\w+ = window\.metrogisData\["(\w+)"\]', html)
    assert len(set(keys)) == 2


def test_a_column_without_a_view_can_be_explored(synthetic: Any) -> None:
    html = synthetic.result().explore(column="people").get_root().render()
    assert '"title":"people"' in html
