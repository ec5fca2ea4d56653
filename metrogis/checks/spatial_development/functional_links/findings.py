"""Findings of the functional links: the sentences a planner quotes.

Wording follows what the table holds. Migration is never called commuting; sums are "at least"
where small counts are not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrogis.checks.contract import Finding
from metrogis.checks.spatial_development.functional_links.presentation import KINDS
from metrogis.checks.spatial_development.functional_links.tables import Core
from metrogis.population.flows import Flows
from metrogis.texts import Text, both

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
    """Return names of municipalities for a sentence.

    Parameters
    ----------
    out : GeoDataFrame
        ``teryt``, ``name``. Where a town and the rural municipality around it bear one name, their
        kind (the last digit of the code) is added.

    Returns
    -------
    list of Text
    """
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
    core: Core,
    outflow: NDArray[np.float64],
    within: bool,
    meaning: str,
    modularity: float,
) -> list[Finding]:
    """Return the sentences a planner quotes, with their numbers.

    ``outflow`` is what shares to the core are shares of, ``within`` the area only or in all.
    """
    words = _WORDS[meaning]
    name = labels(out)
    bounded = not flows.exact
    found = [_total(flows, words, bounded)]
    found += _core(core, flows, name, words, bounded)
    found += _to_core(out, core, flows, name, outflow, within)
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
    top = float(flows.internal_max.sum())
    if bounded:
        values["flow_internal_max"] = top if np.isfinite(top) else np.nan
    if bounded and np.isfinite(top):
        pl += " w tabeli, a z niepublikowanymi małymi przepływami najwyżej {flow_internal_max:0}"
        en += " in the table, at most {flow_internal_max:0} with the small flows not published"
    elif bounded:
        pl += " w tabeli, czyli co najmniej tyle"
        en += " in the table, that is at least so many"
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
    if flows.rows_lost:
        values["rows_lost"] = flows.rows_lost
        pl += ". Wiersze, których nie da się użyć: {rows_lost:0}"
        en += ". Rows that cannot be used: {rows_lost:0}"
    weak = ~flows.present | (flows.lost > 0)
    if weak.mean() > 0.5:
        values |= {"municipalities_weak": int(weak.sum()), "municipalities": len(weak)}
        pl = (
            "O przepływach {municipalities_weak:0} z {municipalities:0} gmin wiadomo tylko część. "
        ) + pl
        en = (
            "Only part is known of the flows of {municipalities_weak:0} of {municipalities:0} "
            "municipalities. "
        ) + en
    return Finding(Text(pl + ".", en + "."), values, unknown=bool(weak.mean() > 0.5))


def _core(
    core: Core, flows: Flows, name: Sequence[Text], words: Mapping[str, Text], bounded: bool
) -> list[Finding]:
    cities = np.zeros(len(name), bool)
    cities[core.cities] = True
    rest = ~cities & flows.present
    if not cities.any() or not rest.any():
        return []
    leaving = float(flows.internal[np.ix_(cities, rest)].sum())
    coming = float(flows.internal[np.ix_(rest, cities)].sum())
    least_pl, least_en = ("co najmniej ", "at least ") if bounded else ("", "")
    head = words["core"]
    pl = (
        f"{head.pl} z {{core_cities:plural:miasta|miast|miast}} rdzenia ({{cities}}) do "
        f"pozostałych gmin obszaru: {least_pl}{{from_core:0}}; w przeciwnym kierunku: "
        f"{least_pl}{{to_core:0}}."
    )
    en = (
        f"{head.en} from the core {{core_cities:plural:city|cities}} ({{cities}}) to the "
        f"area's other municipalities: {least_en}{{from_core:0}}; in the other direction: "
        f"{least_en}{{to_core:0}}."
    )
    values = {"core_cities": len(core.cities), "from_core": leaving, "to_core": coming}
    places = {"cities": _listed([t for t, c in zip(name, cities, strict=True) if c])}
    if not core.certain:
        values["core_possible"] = len(core.rivals)
        rivals = sorted(core.rivals.tolist(), key=lambda i: flows.codes[i])
        places["rivals"] = _listed([name[i] for i in rivals])
        why_pl, why_en = "Nie podano ludności: {rivals}", "No population given: {rivals}"
        if not core.unnamed:
            why_pl = "Nie wiadomo, czy napływ nie jest większy: {rivals}"
            why_en = "The inflow may be larger: {rivals}"
        pl = f"{why_pl}; miasta rdzenia wybrano z tego, co wiadomo, i nie są pewne. {pl}"
        en = f"{why_en}; the core cities are of what is known, not certain. {en}"
    if core.by_inflow:
        pl = f"Ludności nie ma w danych: za rdzeń przyjęto gminę o największym napływie. {pl}"
        en = f"Population is not in the data: the largest inflow is taken for the core. {en}"
    return [Finding(Text(pl, en), values, places)]


def _highest(out: gpd.GeoDataFrame, values: NDArray[np.float64]) -> int:
    """Return the row of the highest value; of equal ones that of the smallest code."""
    best = np.flatnonzero(values == np.nanmax(values))
    return int(min(best, key=lambda row: str(out["teryt"].iloc[row])))


def _to_core(
    out: gpd.GeoDataFrame,
    core: Core,
    flows: Flows,
    name: Sequence[Text],
    outflow: NDArray[np.float64],
    within: bool,
) -> list[Finding]:
    cities = np.zeros(len(out), bool)
    cities[core.cities] = True
    rest = ~cities & flows.present
    share = out["share_to_core"].to_numpy(dtype=np.float64)
    share = np.where(rest, share, np.nan)
    whole = float(outflow[rest].sum())
    if np.isnan(share).all() or not whole > 0:
        return []
    top = _highest(out, share)
    base = Text("odpływu wewnątrz obszaru", "outflow within the area")
    if not within:
        base = Text("odpływu", "outflow")
    return [
        Finding(
            Text(
                f"Z zapisanego {base.pl} pozostałych gmin {{share_to_core:%1}} przypada na "
                "rdzeń; najwyższy udział: {top} ({share_to_core_top:%1}).",
                f"Of the recorded {base.en} of the other municipalities {{share_to_core:%1}} goes "
                "to the core; the highest share: {top} ({share_to_core_top:%1}).",
            ),
            {
                "share_to_core": float(flows.internal[np.ix_(rest, cities)].sum()) / whole,
                "share_to_core_top": float(share[top]),
            },
            {"top": name[top]},
        )
    ]


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
    high, low = _highest(out, rate), _highest(out, -rate)
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
    certain = out["hierarchy_certain"].dropna().astype(bool)
    values = {
        "terminal_centres": len(ends),
        "subordinate": int((state == "subordinate").sum()),
    }
    pl = (
        "Hierarchia przepływów dominujących (Nystuen i Dacey): {terminal_centres:0} "
        "{terminal_centres:plural:ośrodek dominujący|ośrodki dominujące|ośrodków dominujących} – "
        "{names}; gminy podporządkowane: {subordinate:0}"
    )
    en = (
        "Hierarchy of dominant flows (Nystuen & Dacey): {terminal_centres:0} terminal "
        "{terminal_centres:plural:centre|centres} – {names}; subordinate municipalities: "
        "{subordinate:0}"
    )
    for key, count, more_pl, more_en in (
        (
            "hierarchy_uncertain",
            int((~certain).sum()),
            "miejsce, które niepublikowane przepływy mogłyby zmienić",
            "a place that unpublished flows could change",
        ),
        ("hierarchy_unknown", int((state == "unknown").sum()), "miejsce nieznane", "place unknown"),
    ):
        if count:
            values[key] = count
            pl += f"; {more_pl}: {{{key}:0}}"
            en += f"; {more_en}: {{{key}:0}}"
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
