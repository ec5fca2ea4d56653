"""The check as a whole: made-up metropolises, the real migration table, wording."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.checks.spatial_development.functional_links.check import CHECK, functional_links
from metrogis.errors import MissingLayerError, ParameterError, SchemaError

GDANSK, GDYNIA, SOPOT, KARTUZY = "2261011", "2262011", "2264011", "2205023"
OUTSIDE = "3262011"
CODES = [GDANSK, GDYNIA, SOPOT, KARTUZY]


def metropolis(codes=CODES, names=("Gdańsk", "Gdynia", "Sopot", "Kartuzy")):
    shapes = [box(1000 * i, 0, 1000 * i + 900, 900) for i in range(len(codes))]
    return gpd.GeoDataFrame(
        {"teryt": list(codes), "name": list(names)}, geometry=shapes, crs="EPSG:2180"
    )


def table(*rows):
    return pd.DataFrame(rows, columns=["origin", "destination", "flow"])


def people(**extra):
    rows = {GDANSK: 480_000, GDYNIA: 240_000, SOPOT: 32_000, KARTUZY: 34_000} | extra
    return pd.DataFrame({"teryt": list(rows), "population": list(rows.values())})


COMMUTING = table(
    (GDYNIA, GDANSK, 60), (SOPOT, GDANSK, 30), (KARTUZY, GDANSK, 20), (KARTUZY, GDANSK, 5),
    (GDANSK, GDYNIA, 40), (SOPOT, GDYNIA, 10), (GDANSK, SOPOT, 15),
    (GDANSK, GDANSK, 500), (GDYNIA, GDYNIA, 140),
    (KARTUZY, OUTSIDE, 25), (OUTSIDE, GDANSK, 12),
)  # fmt: skip


def row(result, code):
    return result.municipalities.set_index("teryt").loc[code]


def test_commuting_by_hand():
    result = functional_links(
        metropolis(),
        COMMUTING,
        population_municipal=people(),
        meaning="commuting",
        suppressed_below=0,
    )
    gdansk, gdynia, kartuzy = (row(result, c) for c in (GDANSK, GDYNIA, KARTUZY))
    assert result.municipalities["core"].tolist() == [True, True, False, False]
    assert (gdansk["inflow"], gdansk["outflow"], gdansk["balance"]) == (127, 55, 72)
    assert gdansk["balance_per_1000"] == pytest.approx(72 / 480)
    assert gdansk["inflow_internal"] == 115
    assert gdansk["self_containment"] == pytest.approx(500 / 555)
    assert gdansk["job_self_containment"] == pytest.approx(500 / 627)
    assert gdynia["self_containment"] == pytest.approx(140 / 200)
    assert np.isnan(kartuzy["self_containment"])
    assert kartuzy["own_flow"] != 0
    assert kartuzy["border_out"] == pytest.approx(0.5)
    assert kartuzy["share_to_core"] == pytest.approx(0.5)
    assert row(result, SOPOT)["share_to_core"] == 1
    assert (kartuzy["main_destination_code"], kartuzy["main_destination"]) == (GDANSK, "Gdańsk")
    assert gdynia["share_to_core"] == 1  # to the other core city
    assert result.municipalities["dominance"].tolist() == [
        "terminal", "subordinate", "subordinate", "subordinate",
    ]  # fmt: skip
    links = result.features["links"]
    assert links.loc[0, ["origin", "destination", "flow", "flow_back"]].tolist() == [
        GDYNIA, GDANSK, 60, 40,
    ]  # fmt: skip
    assert links["share"].iloc[0] == pytest.approx(100 / 180)
    core = result.features["core"].set_index(["origin", "core"])
    assert core.loc[(KARTUZY, GDANSK), "share"] == pytest.approx(0.5)
    assert core.loc[(KARTUZY, GDYNIA), "flow"] == 0  # a complete table: no row is zero
    assert result.figures["contained"] == pytest.approx(640 / (640 + 55 + 60))
    text = " ".join(result.sentences("en") + result.sentences("pl")).lower()
    assert "commuting" in text
    assert "migra" not in text
    assert "at least" not in text  # nothing is left unpublished


def test_no_row_is_not_zero():
    result = functional_links(metropolis(), COMMUTING, core=(GDANSK,), meaning="migration")
    core = result.features["core"].set_index("origin")
    assert core.loc[KARTUZY, ["flow", "flow_max"]].tolist() == [25, 25]
    kartuzy, sopot, gdansk = (row(result, c) for c in (KARTUZY, SOPOT, GDANSK))
    assert np.isnan(kartuzy["inflow"])
    assert kartuzy["inflow_internal_max"] == 3 * 2 * 2  # three others, two parts, 0-2 each
    assert np.isnan(sopot["border_out"])
    assert sopot["border_out_low"] == 0
    assert sopot["border_out_high"] == pytest.approx(2 / 42)
    assert np.isnan(gdansk["share_to_core"])  # the only core city
    assert result.municipalities["self_containment"].isna().all()
    assert result.municipalities["job_self_containment"].isna().all()
    low, high = sopot["share_to_core_low"], sopot["share_to_core_high"]
    assert low < sopot["share_to_core"] == 0.75 == high
    assert low == pytest.approx(30 / (30 + 10 + 4 + 2))


def test_wording_follows_what_the_table_holds():
    od = COMMUTING.assign(meaning="migration")
    moved = functional_links(metropolis(), od)
    for language, never in (("en", "commut|work"), ("pl", "dojazd|prac")):
        text = " ".join(moved.sentences(language))
        assert re.search("migra", text)
        assert not re.search(never, text.lower())
        assert not re.search(r"[{}]|brak danych|no data|\bnan\b", text)
    assert any(r.action == "modelled" and "proxy" in r.what.en for r in moved.audit)
    plain = functional_links(metropolis(), COMMUTING)
    text = " ".join(plain.sentences("en")).lower()
    assert "migration inflow" not in text
    assert "commuting" not in text
    assert plain.municipalities["self_containment"].isna().all()
    assert any(r.action == "unknown" and "commuting or migration" in r.what.en for r in plain.audit)
    with pytest.raises(SchemaError, match="meaning"):
        functional_links(metropolis(), COMMUTING.assign(meaning="trips"))


def test_table_within_the_area_only():
    od = COMMUTING[(COMMUTING["origin"] != OUTSIDE) & (COMMUTING["destination"] != OUTSIDE)]
    result = functional_links(metropolis(), od, meaning="commuting", suppressed_below=0)
    out = result.municipalities
    assert (
        out[["outflow", "border_out", "border_in", "balance", "self_containment"]]
        .isna()
        .all(axis=None)
    )
    assert out["outflow_internal"].tolist() == [55, 60, 40, 25]
    assert row(result, SOPOT)["share_to_core"] == pytest.approx(0.75)
    assert any("does not reach beyond" in r.what.en for r in result.audit)
    assert any("unknown" in s for s in result.sentences("en"))


def test_municipality_absent_from_the_table_is_unknown_everywhere():
    places = metropolis([*CODES, "2211011"], ["Gdańsk", "Gdynia", "Sopot", "Kartuzy", "Hel"])
    result = functional_links(places, COMMUTING, suppressed_below=0)
    hel = row(result, "2211011")
    assert hel["dominance"] == "unknown"
    assert pd.isna(hel["region"])
    numbers = result.municipalities.select_dtypes("number").iloc[-1]
    assert numbers.isna().all()
    assert result.figures["municipalities_unknown"] == 1
    assert "2211011" not in set(result.features["core"]["origin"])


def test_names_that_repeat_carry_their_kind():
    places = metropolis(["2214011", "2214062"], ["Tczew", "Tczew"])
    od = table(("2214011", "2214062", 20), ("2214062", "2214011", 9))
    result = functional_links(places, od, suppressed_below=0)
    assert result.municipalities["name"].tolist() == ["Tczew", "Tczew"]
    assert result.municipalities["main_destination"].tolist() == [
        "Tczew (gmina wiejska)",
        "Tczew (miasto)",
    ]
    assert "Tczew (town) – Tczew (rural municipality)" in " ".join(result.sentences("en"))


def test_core_cities():
    places = metropolis()
    derived = functional_links(places, COMMUTING)
    assert derived.municipalities["core"].tolist() == [True, False, False, False]
    assert any(r.layer == "core" and r.action == "guessed" for r in derived.audit)
    for given_ in ((GDYNIA,), GDYNIA, int(GDYNIA), f"{GDYNIA},", [GDYNIA]):
        chosen = functional_links(places, COMMUTING, core=given_)
        assert chosen.municipalities["core"].tolist() == [False, True, False, False]
    with pytest.raises(ParameterError, match="3262011"):
        functional_links(places, COMMUTING, core=(OUTSIDE,))
    with pytest.raises(ParameterError, match="core"):
        functional_links(places, COMMUTING, core="Gdańsk")


def test_errors_are_clear():
    with pytest.raises(MissingLayerError, match="od_flows"):
        functional_links(metropolis(), None)
    with pytest.raises(ParameterError, match="supressed_below"):
        functional_links(metropolis(), COMMUTING, supressed_below=3)
    with pytest.raises(SchemaError, match="flow"):
        functional_links(metropolis(), COMMUTING.assign(flow=-1))
    cycle = table((GDANSK, GDYNIA, 5), (GDYNIA, GDANSK, 5))
    with pytest.raises(ParameterError, match="converge"):
        functional_links(metropolis(), cycle, hierarchy_indirect=True)


def test_one_municipality():
    result = functional_links(
        metropolis([GDANSK], ["Gdańsk"]), table((GDANSK, OUTSIDE, 5)), suppressed_below=0
    )
    assert result.municipalities["dominance"].tolist() == ["none"]
    assert result.municipalities["main_destination_code"].tolist() == [OUTSIDE]
    assert [len(f) for f in result.features.values()] == [0, 0, 0, 0]
    assert all(f.crs == "EPSG:2180" for f in result.features.values())


def test_columns_and_views_are_described():
    result = functional_links(metropolis(), COMMUTING, population_municipal=people())
    for name, frame in result.tables.items():
        assert [*CHECK.columns[name], "geometry"] == frame.columns.tolist()
    for view in CHECK.views:
        described = CHECK.columns[view.table]
        assert {*view.popup, *([view.column] if view.column else [])} <= set(described)
    assert set(result.municipalities["dominance"]) <= {
        c.value for v in CHECK.views for c in v.categories
    }
    assert CHECK.parameters.specs()
    frame = result.sensitivity(suppressed_below=[0, 3])
    assert frame["current"].tolist() == [False, True]
    assert frame["flow_internal"].tolist() == [180, 180]


@pytest.mark.parametrize("seed", range(6))
def test_certain_places_survive_what_was_not_published(seed):
    rng = np.random.default_rng(seed)
    codes = [f"22{i:02d}011" for i in range(1, 9)]
    places = metropolis(codes, codes)
    pairs = [(a, b) for a in codes for b in codes if a != b]
    truth = table(
        *[(a, b, n) for (a, b), n in zip(pairs, rng.geometric(0.08, 56) - 1, strict=True)]
    )
    published = truth[truth["flow"] >= 3]
    options = {"region_runs": 1, "core": codes[0]}
    shown = functional_links(places, published, suppressed_below=3, **options).municipalities
    whole = functional_links(places, truth, suppressed_below=0, **options).municipalities
    certain = shown["hierarchy_certain"].fillna(False).to_numpy(dtype=bool)
    assert certain.any()
    for column in ("dominance", "dominant"):
        same = shown[column].fillna("-") == whole[column].fillna("-")
        assert same[certain].all()


# --------------------------------------------------------------------------- what is not known

SEVEN = [f"22{i:02d}011" for i in range(1, 8)]


def random_table(rng):
    rows = [(a, b, int(n)) for a in [*SEVEN, OUTSIDE] for b in [*SEVEN, OUTSIDE]
            for n in rng.geometric(0.05, 1) if a != b]  # fmt: skip
    return table(*rows)


def damaged(od, rng, how, count):
    """Lose rows by one kind of fault: their counts, or one of their codes."""
    od = od.astype(object)
    at = rng.choice(len(od), count, replace=False)
    if how in ("blank", "negative", "text"):
        od.loc[at, "flow"] = {"blank": None, "negative": -5, "text": "b.d."}[how]
    else:
        ends = rng.choice(["origin", "destination"], count)
        for i, end in zip(at, ends, strict=True):
            od.loc[i, end] = {"code": "226", "empty": None, "nowhere": "2201992"}[how]
    return od


@pytest.mark.parametrize("how", ["blank", "negative", "text", "code", "empty", "nowhere"])
@pytest.mark.parametrize("count", [1, 3])
def test_rows_that_cannot_be_used_take_bounds_away_and_invent_nothing(how, count):
    rng = np.random.default_rng(count)
    places, truth = metropolis(SEVEN, SEVEN), random_table(rng)
    od = damaged(truth, rng, how, count)
    residents = pd.DataFrame({"teryt": SEVEN, "population": rng.integers(1000, 9000, 7)})
    options = {"suppressed_below": 0, "region_runs": 2, "population_municipal": residents}
    whole = functional_links(places, truth, **options)
    shown = functional_links(places, od, **options)
    a, b = whole.municipalities, shown.municipalities
    for column in [c for c in a.columns if f"{c}_max" in a.columns]:
        assert (b[column].fillna(0) <= a[column]).all(), column
        assert (b[f"{column}_max"].fillna(np.inf) >= a[column]).all(), column
    for column in ("balance", "border_in", "border_out", "share_to_core"):
        inside = a[column].notna()
        assert (b[f"{column}_low"].fillna(-np.inf) <= a[column] + 1e-12)[inside].all(), column
        assert (b[f"{column}_high"].fillna(np.inf) >= a[column] - 1e-12)[inside].all(), column
    for flag, columns in (
        ("hierarchy_certain", ("dominance", "dominant")),
        ("main_destination_certain", ("main_destination_code",)),
        ("region_certain", ("region_code",)),
    ):
        sure = b[flag].fillna(False).to_numpy(dtype=bool)
        for column in columns:
            same = a[column].fillna("-") == b[column].fillna("-")
            assert same[sure].all(), column
    links = [r.features["links"].set_index(["origin", "destination"]) for r in (whole, shown)]
    ranks = links[1].loc[links[1]["certain"], "rank"]
    assert (links[0]["rank"].reindex(ranks.index) == ranks).all()
    assert shown.figures["rows_lost"] == count
    assert not b["flows_known"].all()
    assert not re.search(r"[{}]|\bnan\b|\binf", " ".join(shown.sentences("pl")))
    lost = sum(r.count for r in shown.audit if r.layer == "od_flows" and r.action == "unknown")
    assert lost >= count
    touched = b["rows_lost"] > 0
    known = [f"{side}_internal" for side in ("inflow", "outflow")]
    if how in ("blank", "negative", "text"):  # both ends are known: the others keep their bounds
        exact = [f"{c}_max" for c in known]
        assert (a.loc[~touched, exact] == b.loc[~touched, exact]).all(axis=None)


@pytest.mark.parametrize("hidden", [(GDANSK,), (GDYNIA,), (SOPOT, KARTUZY), (GDANSK, GDYNIA)])
def test_population_that_is_not_known_leaves_the_core_cities_uncertain(hidden):
    truth = functional_links(metropolis(), COMMUTING, population_municipal=people())
    blank = people(**dict.fromkeys(hidden, np.nan))
    result = functional_links(metropolis(), COMMUTING, population_municipal=blank)
    was, now = (r.municipalities.set_index("teryt") for r in (truth, result))
    assert was["core_certain"].all()
    assert not now["core_certain"].any()
    assert now.loc[list(hidden), "core"].isna().all()
    never = now.index[(now["core"] == False).fillna(False)]  # noqa: E712
    assert not was.loc[never, "core"].any()  # what is certainly none is none
    inside = was["share_to_core"].notna() & now["share_to_core_low"].notna()
    assert (now["share_to_core_low"] <= was["share_to_core"] + 1e-12)[inside].all()
    assert (now["share_to_core_high"] >= was["share_to_core"] - 1e-12)[inside].all()
    named = [r for r in result.audit if r.layer == "population_municipal"]
    assert [(r.action, r.count) for r in named] == [("unknown", len(hidden))]
    sentence = result.sentences("pl")[1]
    assert sentence.startswith("Nie podano ludności: ")
    assert all(now.loc[c, "name"] in sentence for c in hidden)
    named_by_hand = functional_links(
        metropolis(), COMMUTING, population_municipal=blank, core=[GDANSK]
    )
    assert named_by_hand.municipalities["core_certain"].all()


def test_core_city_by_inflow_is_uncertain_while_another_may_have_more():
    sure = functional_links(metropolis(), COMMUTING, suppressed_below=0)
    assert sure.municipalities["core_certain"].all()
    od = COMMUTING.astype(object)
    od.loc[4, "flow"] = None  # to Gdynia
    weak = functional_links(metropolis(), od, suppressed_below=0)
    assert weak.municipalities["core"].isna().tolist() == [False, True, False, False]
    assert "Gdynia" in weak.sentences("en")[1]


def test_region_is_named_after_its_largest_known_member_whoever_is_not_known():
    result = functional_links(
        metropolis(), COMMUTING, population_municipal=people(**{SOPOT: np.nan}), suppressed_below=0
    )
    table_ = result.municipalities
    assert set(table_["region_code"]) == {GDANSK}
    assert not table_["region_certain"].any()
    assert np.isnan(result.features["regions"]["population"].iloc[0])


def test_first_sentence_begins_with_what_is_not_known_of_most_municipalities():
    places = metropolis([*CODES, "2211011"], ["Gdańsk", "Gdynia", "Sopot", "Kartuzy", "Hel"])
    od = table((GDANSK, GDYNIA, 5), (GDYNIA, GDANSK, 4))
    result = functional_links(places, od, suppressed_below=0)
    assert result.sentences("en")[0].startswith("Only part is known of the flows of 3 of 5")
    assert result.sentences("pl")[0].startswith("O przepływach 3 z 5 gmin wiadomo tylko część.")


flows = st.lists(
    st.tuples(
        st.sampled_from([*CODES, OUTSIDE]),
        st.sampled_from([*CODES, OUTSIDE]),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=25,
).filter(lambda rows: any({a, b} & set(CODES) for a, b, _ in rows))


@settings(max_examples=12, deadline=None)
@given(flows, st.randoms(use_true_random=False))
def test_order_and_splitting_of_rows_do_not_matter(rows, random):
    options = {"suppressed_below": 0, "region_runs": 3}
    first = functional_links(metropolis(), table(*rows), **options)
    out = first.municipalities
    assert out["inflow_internal"].sum() == out["outflow_internal"].sum()
    if out["flows_known"].all():  # else a sum without a row is unknown, not 0
        assert np.nansum(out["balance_internal"]) == 0
    other = [(a, b, part) for a, b, n in rows for part in (n // 3, n - n // 3)]
    random.shuffle(other)
    turned = metropolis().iloc[[2, 0, 3, 1]]
    second = functional_links(turned, table(*other), **options)
    for column in out.columns.drop("geometry"):
        pd.testing.assert_series_equal(
            out.set_index("teryt", drop=False)[column],
            second.municipalities.set_index("teryt", drop=False).loc[CODES, column],
            check_dtype=False,
            check_index_type=False,
        )
    assert first.sentences("pl") == second.sentences("pl")
    links = [r.features["links"].drop(columns="geometry") for r in (first, second)]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, links))


# --------------------------------------------------------------------------- real data


@pytest.fixture(scope="module")
def migration(shared):
    raw = pd.read_csv(
        shared / "data/omggs/migration_flows.csv", dtype={"kod_origin": str, "kod_dest": str}
    )
    return raw.rename(
        columns={
            "kod_origin": "origin",
            "kod_dest": "destination",
            "no": "flow",
            "gmina_dest": "destination_name",
        }
    ).assign(meaning="migration")


@pytest.fixture(scope="module")
def residents(shared):
    raw = pd.read_csv(shared / "data/omggs/population_municipal.csv", dtype={"teryt": str})
    return raw.rename(columns={"pop": "population"})


@pytest.fixture(scope="module", params=["omggs", "som"])
def real(request, shared, migration, residents):
    places = gpd.read_file(shared / f"data/{request.param}/municipalities.gpkg")
    return request.param, functional_links(places, migration, population_municipal=residents)


def test_real_flows_against_brute_force(real, migration):
    _, result = real
    out = result.municipalities.set_index("teryt")
    sums: dict[tuple[str, str], float] = {}
    inside = set(out.index)
    for o, d, n in zip(
        migration["origin"], migration["destination"], migration["flow"], strict=True
    ):
        ends = []
        for code in (o, d):
            code = "2211021" if code == "2211023" else code
            ends.append(code[:4] + "011" if code[-1] in "89" else code)
        sums[tuple(ends)] = sums.get(tuple(ends), 0) + n
    for code, line in out.iterrows():
        to = {d: n for (o, d), n in sums.items() if o == code and d != code}
        come = {o: n for (o, d), n in sums.items() if d == code and o != code}
        for column, expected in (
            ("outflow", sum(to.values())),
            ("inflow", sum(come.values())),
            ("outflow_internal", sum(n for d, n in to.items() if d in inside)),
            ("inflow_internal", sum(n for o, n in come.items() if o in inside)),
            ("own_flow", sums.get((code, code), 0)),
        ):
            found = line[column]
            assert (0 if np.isnan(found) else found) == expected
        top = max(to.values())
        assert line["main_destination_flow"] == top
        assert to[line["main_destination_code"]] == top
        core = set(out.index[out["core"]]) - {code}
        if core and not np.isnan(line["share_to_core"]):
            expected = sum(to.get(c, 0) for c in core) / sum(to.values())
            assert line["share_to_core"] == pytest.approx(expected)
        for part in ("border_out", "border_in", "share_to_core"):
            low, mid, high = (line[part + end] for end in ("_low", "", "_high"))
            assert np.isnan(mid) or low <= mid + 1e-12 <= high + 2e-12


def test_real_numbers_that_planners_know(real):
    metro, result = real
    out = result.municipalities
    core = out.loc[out["core"], "name"].tolist()
    text = " ".join(result.sentences("pl"))
    if metro == "omggs":
        assert core == ["Gdańsk", "Gdynia"]
        assert result.figures["flow_internal"] == 13029
        assert (result.figures["from_core"], result.figures["to_core"]) == (4815, 2006)
        assert result.figures["strongest"] == 801  # Gdańsk - Żukowo, 632 and 169
        assert "Gdańsk – Żukowo" in text
        jastarnia = row(result, "2211021")
        assert (jastarnia["population"], jastarnia["inflow"]) == (3520, 8)
        assert row(result, "2205083")["dominant"] == "Gdańsk"
        guessed = [r.examples for r in result.audit if r.action == "guessed"]
        assert "Jastarnia 2211021 = 2211023" in guessed
        regions = result.features["regions"]["region"].tolist()
        assert regions[:2] == ["Gdańsk", "Gdynia"]
    else:
        assert core == ["Szczecin"]
        assert result.figures["strongest"] == 1065  # Szczecin - Dobra
    assert len(out) == {"omggs": 58, "som": 31}[metro]
    assert out["population"].notna().all()
    assert out["self_containment"].isna().all()
    subordinate = out["dominance"] == "subordinate"
    assert subordinate.sum() == len(result.features["hierarchy"])
    members = result.features["regions"]["municipalities"].sum()
    assert members == out["region"].notna().sum()
    assert (result.features["links"]["flow_both"].diff().dropna() <= 0).all()


def test_real_regions_are_as_good_as_networkx(real, migration):
    nx = pytest.importorskip("networkx")
    _, result = real
    codes = result.municipalities["teryt"].tolist()
    renamed = migration[["origin", "destination"]].replace("2211023", "2211021")
    renamed["flow"] = migration["flow"]
    kept = renamed[
        renamed["origin"].isin(codes)
        & renamed["destination"].isin(codes)
        & (renamed["origin"] != renamed["destination"])
    ]
    graph = nx.Graph()
    for o, d, n in kept.itertuples(index=False):
        before = graph.get_edge_data(o, d, {"weight": 0})["weight"]
        graph.add_edge(o, d, weight=before + n)
    peers = [
        nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=s))
        for s in range(10)
    ]
    assert result.figures["modularity"] >= max(peers) - 1e-9
    out = result.municipalities.dropna(subset="region_code")
    groups = [set(g) for _, g in out.groupby("region_code")["teryt"]]
    assert nx.community.modularity(graph, groups) == pytest.approx(result.figures["modularity"])
