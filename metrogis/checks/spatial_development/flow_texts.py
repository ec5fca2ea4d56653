"""What the functional links say: columns, method, findings, in Polish and English.

Wording follows what the table holds. Migration is never called commuting; sums are "at least"
where small counts are not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.contract import Category, Column, Finding, municipality_columns
from metrogis.checks.spatial_development.flows import Flows
from metrogis.texts import UNKNOWN, Text, both

KINDS: dict[str, Text] = {
    "1": Text("miasto", "town"),
    "2": Text("gmina wiejska", "rural municipality"),
    "3": Text("gmina miejsko-wiejska", "urban-rural municipality"),
}
"""Kind of a municipality by the last digit of TERYT, for names that repeat."""

METHOD = Text(
    "Z tabeli przepływów między gminami sumujemy napływ i odpływ, osobno wewnątrz obszaru i przez "
    "jego granicę. Gmina jest podporządkowana, gdy jej największy odpływ idzie do gminy większej, "
    "czyli o większym napływie (Nystuen i Dacey 1961); regiony funkcjonalne dają największą "
    "modularność. Małych liczebności nie publikuje się, więc brak wiersza nie oznacza zera: sumy "
    "są dolnymi granicami, a obok stoją górne. Migracje są tylko zastępczą miarą dojazdów: płyną też "
    "z miast na przedmieścia, więc gmina podmiejska bywa tu większa od swojego miasta (wielkość "
    "można mierzyć ludnością), i nie mówią, kto zostaje w gminie: samowystarczalność jest wtedy "
    "nieznana.",
    "From a table of flows between municipalities we sum flows in and out, within the area and "
    "across its border. A municipality is subordinate when its largest outflow goes to a larger "
    "one, that is one of larger inflow (Nystuen & Dacey 1961); functional regions are those of "
    "highest modularity. Small counts are not published, so no row does not mean zero: sums are "
    "lower bounds, with upper bounds beside them. Migration is only a proxy for commuting: it also "
    "runs from cities to suburbs, so that a suburb may rank above its town (size can be measured "
    "by population instead), and it does not tell who stays: self-containment is then unknown.",
)

DOMINANCE: dict[str, Text] = {
    "terminal": Text("ośrodek dominujący", "terminal (dominant) centre"),
    "subordinate": Text("podporządkowana", "subordinate"),
    "none": Text("bez przepływu dominującego", "no dominant flow"),
    "unknown": UNKNOWN,
}

DOMINANCE_CLASSES = (
    Category("terminal", DOMINANCE["terminal"], "#D55E00"),
    Category("subordinate", DOMINANCE["subordinate"], "#56B4E9"),
    Category("none", DOMINANCE["none"], "#F0E442"),
    Category("unknown", DOMINANCE["unknown"], "#d9d9d9", hatch=True),
)

# --------------------------------------------------------------------------- columns

_MAX = Text(
    "gdy każdy niepublikowany wiersz ma największą możliwą wartość",
    "if every unpublished record has its largest possible value",
)
_SHARE_BASE = Text(
    "w zapisanym odpływie gminy, bez przepływów w niej samej; w odpływie wewnątrz obszaru, gdy "
    "tabela nie sięga poza obszar",
    "of the municipality's recorded outflow, without flows that stay; of the outflow within the "
    "area where the table does not reach beyond it",
)


def _people(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), unit="people", note=note)


def _share(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), kind="share", digits=1, note=note)


def _text(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), kind="text", note=note)


def _municipal_columns() -> dict[str, Column]:
    columns = municipality_columns()
    columns["population"] = _people("ludność", "population")
    columns["core"] = Column(Text("miasto rdzenia", "core city"), kind="flag")
    for key, pl, en in (("inflow", "napływ", "inflow"), ("outflow", "odpływ", "outflow")):
        for part, pl_part, en_part in (
            ("", "", ""),
            ("_internal", " wewnątrz obszaru", " within the area"),
            ("_external", " przez granicę obszaru", " across the area's border"),
        ):
            columns[key + part] = _people(pl + pl_part, en + en_part)
            columns[key + part + "_max"] = _people(
                f"{pl}{pl_part}, najwyżej", f"{en}{en_part}, at most", _MAX
            )
    columns |= {
        "balance": _people("saldo", "balance", Text("napływ minus odpływ", "inflow less outflow")),
        "balance_low": _people("saldo, co najmniej", "balance, at least", _MAX),
        "balance_high": _people("saldo, najwyżej", "balance, at most", _MAX),
        "balance_internal": _people("saldo wewnątrz obszaru", "balance within the area"),
        "balance_per_1000": Column(
            Text("saldo na 1000 mieszkańców", "balance per 1000 residents"),
            unit="people per 1000",
            digits=1,
        ),
        "border_in": _share("napływ spoza obszaru", "inflow from outside the area"),
        "border_in_low": _share("napływ spoza obszaru, co najmniej", "from outside, at least"),
        "border_in_high": _share("napływ spoza obszaru, najwyżej", "from outside, at most"),
        "border_out": _share("odpływ poza obszar", "outflow to outside the area"),
        "border_out_low": _share("odpływ poza obszar, co najmniej", "to outside, at least"),
        "border_out_high": _share("odpływ poza obszar, najwyżej", "to outside, at most"),
        "flow_to_core": _people("przepływ do miast rdzenia", "flow to core cities"),
        "flow_from_core": _people("przepływ z miast rdzenia", "flow from core cities"),
        "share_to_core": _share(
            "udział odpływu do miast rdzenia", "share of outflow to core cities", _SHARE_BASE
        ),
        "share_to_core_low": _share("do miast rdzenia, co najmniej", "to core, at least", _MAX),
        "share_to_core_high": _share("do miast rdzenia, najwyżej", "to core, at most", _MAX),
        "share_from_core": _share(
            "udział napływu z miast rdzenia", "share of inflow from core cities"
        ),
        "main_destination": _text("główny kierunek", "main destination"),
        "main_destination_code": _text("główny kierunek, TERYT", "main destination, TERYT"),
        "main_destination_flow": _people("przepływ w głównym kierunku", "flow to main destination"),
        "main_destination_share": _share(
            "udział głównego kierunku", "share of main destination", _SHARE_BASE
        ),
        "own_flow": _people(
            "przepływ w samej gminie",
            "flow that stays",
            Text(
                "migracje: tylko przeprowadzki między miastem a częścią wiejską lub dzielnicami",
                "migration: only moves between town and rural part, or between districts",
            ),
        ),
        "self_containment": _share(
            "samowystarczalność (mieszkańcy)",
            "self-containment (residents)",
            Text(
                "zostający / (zostający + odpływ); nieznana dla migracji",
                "staying / (staying + outflow); unknown for migration",
            ),
        ),
        "job_self_containment": _share(
            "samowystarczalność (miejsca pracy)",
            "self-containment (jobs)",
            Text(
                "zostający / (zostający + napływ); nieznana dla migracji",
                "staying / (staying + inflow); unknown for migration",
            ),
        ),
        "pairs_without_row": Column(
            Text("pary w obszarze bez wiersza", "pairs within the area without a row"),
            note=Text(
                "oba kierunki; przepływ poniżej progu publikacji, nie zero",
                "both directions; a flow under the threshold of publication, not zero",
            ),
        ),
        "dominance": Column(
            Text("miejsce w hierarchii", "place in the hierarchy"),
            kind="category",
            categories=DOMINANCE,
        ),
        "dominant": _text("ośrodek nadrzędny", "dominant centre"),
        "dominant_flow": _people("największy odpływ w obszarze", "largest outflow in the area"),
        "dominant_share": _share(
            "udział w odpływie wewnątrz obszaru", "share of outflow within the area"
        ),
        "nodal_centre": _text("ośrodek regionu węzłowego", "centre of the nodal region"),
        "hierarchy_level": Column(Text("poziom hierarchii", "level of the hierarchy")),
        "hierarchy_certain": Column(
            Text("miejsce w hierarchii pewne", "place in the hierarchy is certain"),
            kind="flag",
            note=Text(
                "nie zmieniłyby go niepublikowane małe przepływy",
                "unpublished small flows could not change it",
            ),
        ),
        "region": _text(
            "region funkcjonalny",
            "functional region",
            Text("nazwa jego największej gminy", "named after its largest municipality"),
        ),
        "region_code": _text("region funkcjonalny, TERYT", "functional region, TERYT"),
        "region_stability": _share(
            "stałość przynależności do regionu",
            "stability of the region",
            Text(
                "udział przebiegów, w których gmina jest w regionie tego samego ośrodka",
                "share of runs that put the municipality with the same centre",
            ),
        ),
    }
    return columns


_ENDS = {
    "origin": _text("początek, TERYT", "origin, TERYT"),
    "origin_name": _text("początek", "origin"),
    "destination": _text("cel, TERYT", "destination, TERYT"),
    "destination_name": _text("cel", "destination"),
}

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "municipalities": _municipal_columns(),
    "links": {
        "rank": Column(Text("miejsce", "rank")),
        **_ENDS,
        "flow": _people("przepływ tam", "flow there"),
        "flow_back": _people("przepływ z powrotem", "flow back"),
        "flow_both": _people("przepływ w obu kierunkach", "flow in both directions"),
        "flow_both_max": _people("w obu kierunkach, najwyżej", "both directions, at most", _MAX),
        "share": _share("udział w przepływach obszaru", "share of flows within the area"),
    },
    "hierarchy": {
        **_ENDS,
        "flow": _people("przepływ dominujący", "dominant flow"),
        "share": _share("udział w odpływie wewnątrz obszaru", "share of outflow within the area"),
        "level": Column(Text("poziom hierarchii", "level of the hierarchy")),
        "certain": Column(Text("pewne", "certain"), kind="flag"),
    },
    "core": {
        "origin": _ENDS["origin"],
        "origin_name": _ENDS["origin_name"],
        "core": _text("miasto rdzenia, TERYT", "core city, TERYT"),
        "core_name": _text("miasto rdzenia", "core city"),
        "flow": _people("przepływ do miasta", "flow to the city"),
        "flow_max": _people("do miasta, najwyżej", "to the city, at most", _MAX),
        "share": _share("udział w odpływie", "share of outflow", _SHARE_BASE),
        "share_low": _share("udział, co najmniej", "share, at least", _MAX),
        "share_high": _share("udział, najwyżej", "share, at most", _MAX),
        "flow_back": _people("przepływ z miasta", "flow from the city"),
        "flow_back_max": _people("z miasta, najwyżej", "from the city, at most", _MAX),
    },
    "regions": {
        "region_code": _text("ośrodek, TERYT", "centre, TERYT"),
        "region": _text("ośrodek", "centre"),
        "municipalities": Column(Text("gminy", "municipalities")),
        "population": _people("ludność", "population"),
        "flow_within": _people("przepływy wewnątrz regionu", "flows within the region"),
        "flow_leaving": _people("odpływ do innych regionów", "outflow to other regions"),
        "share_within": _share("udział pozostający w regionie", "share that stays in the region"),
        "stability": _share("stałość regionu", "stability of the region"),
    },
}

# --------------------------------------------------------------------------- findings

# the noun of a flow: heading; subject in findings (Polish: plural nominative, plural genitive)
_WORDS: dict[str, dict[str, Text]] = {
    "migration": {
        "between": Text(
            "Migracje między gminami obszaru (zastępcza miara powiązań)",
            "Migration between the area's municipalities (a proxy for links)",
        ),
        "core": Text("Przeprowadzki", "Moves"),
        "in": Text("napływ migracyjny", "migration inflow"),
        "out": Text("odpływ migracyjny", "migration outflow"),
        "balance": Text("saldo migracji", "balance of migration"),
        "unit": Text("osoba|osoby|osób", "person|people"),
    },
    "commuting": {
        "between": Text(
            "Dojazdy do pracy między gminami obszaru",
            "Commuting between the area's municipalities",
        ),
        "core": Text("Dojazdy do pracy", "Commuting"),
        "in": Text("przyjazdy do pracy", "commuting in"),
        "out": Text("wyjazdy do pracy", "commuting out"),
        "balance": Text("saldo dojazdów do pracy", "balance of commuting"),
        "unit": Text("osoba|osoby|osób", "person|people"),
    },
    "flow": {
        "between": Text(
            "Przepływy między gminami obszaru (tabela nie mówi, jakie)",
            "Flows between the area's municipalities (the table does not say of what kind)",
        ),
        "core": Text("Przepływy", "Flows"),
        "in": Text("napływ", "inflow"),
        "out": Text("odpływ", "outflow"),
        "balance": Text("saldo przepływów", "balance of flows"),
        "unit": Text("osoba|osoby|osób", "person|people"),
    },
}


def labels(out: gpd.GeoDataFrame) -> list[Text]:
    """Names for a sentence; those that repeat carry their kind."""
    twice = out["name"].duplicated(keep=False)
    result = []
    for code, name, repeated in zip(out["teryt"], out["name"], twice, strict=True):
        kind = KINDS.get(code[-1]) if repeated else None
        result.append(
            Text(f"{name} ({kind.pl})", f"{name} ({kind.en})") if kind else both(str(name))
        )
    return result


def _listed(texts: Sequence[Text], most: int = 5) -> Text:
    """Join names with commas; what does not fit becomes dots."""
    dots = ", ..." if len(texts) > most else ""
    return Text(*(", ".join(t.get(lang) for t in texts[:most]) + dots for lang in ("pl", "en")))


def findings(
    out: gpd.GeoDataFrame,
    features: Mapping[str, gpd.GeoDataFrame],
    flows: Flows,
    *,
    meaning: str,
    modularity: float,
) -> list[Finding]:
    """Return the sentences a planner quotes, with their numbers."""
    words = _WORDS[meaning]
    name = labels(out)
    bounded = bool((flows.internal_max > flows.internal).any())
    found = [_total(flows, words, bounded)]
    found += _core(out, flows, name, words, bounded)
    found += _strongest(features["links"], out, name, words)
    found += _border(out, flows, words)
    found += _balance(out, name, words)
    found += _centres(out, name)
    found += _regions(features["regions"], out, name, flows, modularity)
    found += _contained(out, flows, meaning)
    return found


def _total(flows: Flows, words: Mapping[str, Text], bounded: bool) -> Finding:
    head, unit = words["between"], words["unit"]
    values = {"flow_internal": float(flows.internal.sum())}
    pl = f"{head.pl}: {{flow_internal:0}} {{flow_internal:plural:{unit.pl}}}"
    en = f"{head.en}: {{flow_internal:0}} {{flow_internal:plural:{unit.en}}}"
    if bounded:
        values["flow_internal_max"] = float(flows.internal_max.sum())
        pl += " w tabeli, a z niepublikowanymi małymi przepływami najwyżej {flow_internal_max:0}"
        en += " in the table, at most {flow_internal_max:0} with the small flows not published"
    absent = int((~flows.present).sum())
    if absent:
        values["municipalities_unknown"] = absent
        pl += (
            ". Bez danych: {municipalities_unknown:0} "
            "{municipalities_unknown:plural:gmina|gminy|gmin}"
        )
        en += (
            ". No data: {municipalities_unknown:0} "
            "{municipalities_unknown:plural:municipality|municipalities}"
        )
    return Finding(Text(pl + ".", en + "."), values)


def _core(
    out: gpd.GeoDataFrame,
    flows: Flows,
    name: Sequence[Text],
    words: Mapping[str, Text],
    bounded: bool,
) -> list[Finding]:
    core = out["core"].to_numpy()
    rest = ~core & flows.present
    if not core.any() or not rest.any():
        return []
    leaving = float(flows.internal[np.ix_(core, rest)].sum())
    coming = float(flows.internal[np.ix_(rest, core)].sum())
    least_pl, least_en = ("co najmniej ", "at least ") if bounded else ("", "")
    cities = _listed([t for t, c in zip(name, core, strict=True) if c])
    head = words["core"]
    found = [
        Finding(
            Text(
                f"{head.pl} z {{core_cities:plural:miasta|miast|miast}} rdzenia ({{cities}}) do "
                f"pozostałych gmin obszaru: {least_pl}{{from_core:0}}; w przeciwnym kierunku: "
                f"{least_pl}{{to_core:0}}.",
                f"{head.en} from the core {{core_cities:plural:city|cities}} ({{cities}}) to the "
                f"area's other municipalities: {least_en}{{from_core:0}}; in the other direction: "
                f"{least_en}{{to_core:0}}.",
            ),
            {"core_cities": int(core.sum()), "from_core": leaving, "to_core": coming},
            {"cities": cities},
        )
    ]
    share = out["share_to_core"].where(rest)
    whole = out["outflow"].fillna(out["outflow_internal"])[rest].sum()
    if share.notna().any() and whole > 0:
        top = int(np.nanargmax(share.to_numpy(dtype=np.float64)))
        base = Text("odpływu", "outflow")
        if not np.isfinite(flows.outward).any():
            base = Text("odpływu wewnątrz obszaru", "outflow within the area")
        found.append(
            Finding(
                Text(
                    f"Z zapisanego {base.pl} pozostałych gmin {{share_to_core:%1}} przypada na "
                    "miasta rdzenia; najwięcej: {top} ({share_to_core_top:%1}).",
                    f"Of the recorded {base.en} of the other municipalities {{share_to_core:%1}} "
                    "goes to the core; the highest share: {top} ({share_to_core_top:%1}).",
                ),
                {
                    "share_to_core": coming / float(whole),
                    "share_to_core_top": float(share.iloc[top]),
                },
                {"top": name[top]},
            )
        )
    return found


def _strongest(
    links: gpd.GeoDataFrame, out: gpd.GeoDataFrame, name: Sequence[Text], words: Mapping[str, Text]
) -> list[Finding]:
    if links.empty:
        return []
    label = dict(zip(out["teryt"], name, strict=True))
    first, unit = links.iloc[0], words["unit"]
    return [
        Finding(
            Text(
                "Najsilniejsze powiązanie: {one} – {other}, {strongest:0} "
                f"{{strongest:plural:{unit.pl}}} w obu kierunkach razem, {{strongest_share:%1}} "
                "zapisanych przepływów w obszarze.",
                "Strongest link: {one} – {other}, {strongest:0} "
                f"{{strongest:plural:{unit.en}}} in both directions together, "
                "{strongest_share:%1} of the recorded flows within the area.",
            ),
            {"strongest": float(first["flow_both"]), "strongest_share": float(first["share"])},
            {"one": label[first["origin"]], "other": label[first["destination"]]},
        )
    ]


def _border(out: gpd.GeoDataFrame, flows: Flows, words: Mapping[str, Text]) -> list[Finding]:
    if not flows.outside_known:
        return [
            Finding(
                Text(
                    "Przepływów przez granicę obszaru tabela nie podaje w obu kierunkach: ich "
                    "udział i saldo są nieznane.",
                    "The table does not give flows across the area's border in both directions: "
                    "their share and balance are unknown.",
                )
            )
        ]
    leaving, coming = float(np.nansum(flows.outward)), float(np.nansum(flows.inward))
    inner = float(flows.internal.sum())
    incoming, outgoing, balance = words["in"], words["out"], words["balance"]
    return [
        Finding(
            Text(
                f"Przez granicę obszaru (zapisane przepływy): {outgoing.pl} {{border_out:0}}, to "
                f"{{border_out_share:%1}} całości z gmin obszaru; {incoming.pl} {{border_in:0}}; "
                f"{balance.pl} {{border_balance:0}}.",
                f"Across the area's border (recorded flows): {outgoing.en} {{border_out:0}}, "
                f"{{border_out_share:%1}} of all from the area's municipalities; {incoming.en} "
                f"{{border_in:0}}; {balance.en} {{border_balance:0}}.",
            ),
            {
                "border_out": leaving,
                "border_out_share": leaving / (leaving + inner) if leaving + inner else np.nan,
                "border_in": coming,
                "border_balance": coming - leaving,
            },
        )
    ]


def _balance(
    out: gpd.GeoDataFrame, name: Sequence[Text], words: Mapping[str, Text]
) -> list[Finding]:
    rate = out["balance_per_1000"].to_numpy(dtype=np.float64)
    if not np.isfinite(rate).any() or not np.nanmin(rate) < 0 < np.nanmax(rate):
        return []
    high, low = int(np.nanargmax(rate)), int(np.nanargmin(rate))
    head = words["balance"]
    return [
        Finding(
            Text(
                f"{head.pl.capitalize()} na 1000 mieszkańców (zapisane przepływy): najwyższe – "
                "{gains} ({balance_top:1}), najniższe – {loses} ({balance_bottom:1}).",
                f"{head.en.capitalize()} per 1000 residents (recorded flows): highest – {{gains}} "
                "({balance_top:1}), lowest – {loses} ({balance_bottom:1}).",
            ),
            {"balance_top": float(rate[high]), "balance_bottom": float(rate[low])},
            {"gains": name[high], "loses": name[low]},
        )
    ]


def _centres(out: gpd.GeoDataFrame, name: Sequence[Text]) -> list[Finding]:
    state = out["dominance"]
    if not state.isin(["terminal", "subordinate"]).any():
        return []
    size = out["inflow_internal"].to_numpy(dtype=np.float64)
    ends = np.flatnonzero((state == "terminal").to_numpy())
    ends = ends[np.argsort(-size[ends], kind="stable")]
    certain = out["hierarchy_certain"]
    values = {
        "terminal_centres": len(ends),
        "subordinate": int((state == "subordinate").sum()),
    }
    pl = (
        "Hierarchia przepływów dominujących (Nystuen i Dacey): {terminal_centres:0} "
        "{terminal_centres:plural:ośrodek dominujący|ośrodki dominujące|ośrodków dominujących} "
        "({names}) i {subordinate:0} "
        "{subordinate:plural:gmina podporządkowana|gminy podporządkowane|gmin podporządkowanych}"
    )
    en = (
        "Hierarchy of dominant flows (Nystuen & Dacey): {terminal_centres:0} terminal "
        "{terminal_centres:plural:centre|centres} ({names}) and {subordinate:0} subordinate "
        "{subordinate:plural:municipality|municipalities}"
    )
    if certain.notna().any() and not bool(certain.dropna().all()):
        values["hierarchy_uncertain"] = int((~certain.dropna().astype(bool)).sum())
        pl += (
            "; w {hierarchy_uncertain:0} {hierarchy_uncertain:plural:gminie|gminach|gminach} "
            "niepublikowane przepływy mogłyby to zmienić"
        )
        en += (
            "; in {hierarchy_uncertain:0} "
            "{hierarchy_uncertain:plural:municipality|municipalities} unpublished flows could "
            "change that"
        )
    places = {"names": _listed([name[i] for i in ends.tolist()])}
    return [Finding(Text(pl + ".", en + "."), values, places)]


def _regions(
    regions: gpd.GeoDataFrame,
    out: gpd.GeoDataFrame,
    name: Sequence[Text],
    flows: Flows,
    modularity: float,
) -> list[Finding]:
    if regions.empty:
        return []
    label = dict(zip(out["teryt"], name, strict=True))
    share = float(regions["flow_within"].sum() / flows.internal.sum())
    return [
        Finding(
            Text(
                "{regions:0} {regions:plural:region funkcjonalny|regiony funkcjonalne|regionów "
                "funkcjonalnych} (modularność {modularity:2}) wokół ośrodków: {names}; wewnątrz "
                "regionów pozostaje {within_regions:%0} zapisanych przepływów obszaru.",
                "{regions:0} functional {regions:plural:region|regions} (modularity "
                "{modularity:2}) around: {names}; {within_regions:%0} of the area's recorded "
                "flows stay within them.",
            ),
            {"regions": len(regions), "modularity": modularity, "within_regions": share},
            {"names": _listed([label[c] for c in regions["region_code"]], most=8)},
        )
    ]


def _contained(out: gpd.GeoDataFrame, flows: Flows, meaning: str) -> list[Finding]:
    if meaning == "migration":
        return [
            Finding(
                Text(
                    "Samowystarczalność gmin jest nieznana: tabela migracji nie mówi, kto zostaje "
                    "w gminie.",
                    "Self-containment is unknown: a migration table does not tell who stays in the "
                    "municipality.",
                )
            )
        ]
    both_known = out["self_containment"].notna()
    if not both_known.any():
        return [
            Finding(
                Text(
                    "Samowystarczalność gmin jest nieznana: tabela nie podaje, ile osób zostaje w "
                    "gminie.",
                    "Self-containment is unknown: the table does not tell how many people stay in "
                    "the municipality.",
                )
            )
        ]
    own = pd.Series(flows.own, index=out.index)[both_known].sum()
    whole = own + out.loc[both_known, "outflow"].sum()
    return [
        Finding(
            Text(
                "Samowystarczalność {contained_count:0} "
                "{contained_count:plural:gminy|gmin|gmin} z danymi: {contained:%0} pracujących "
                "mieszkańców pracuje we własnej gminie.",
                "Self-containment of the {contained_count:0} "
                "{contained_count:plural:municipality|municipalities} with data: {contained:%0} of "
                "working residents work in their own municipality.",
            ),
            {"contained_count": int(both_known.sum()), "contained": float(own / whole)},
        )
    ]
