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
from metrogis.i18n import Text, _, both, join, pgettext
from metrogis.population.flows import Flows

# the noun of a flow: heading; subject in findings (Polish: plural nominative, plural genitive)
_WORDS: dict[str, dict[str, Text]] = {
    "migration": {
        "between": _("Migration between the area's municipalities (a proxy for links)"),
        "core": _("Moves"),
        "in": _("migration inflow"),
        "out": _("migration outflow"),
        "balance": _("balance of migration"),
    },
    "commuting": {
        "between": _("Commuting between the area's municipalities"),
        "core": _("Commuting"),
        "in": _("commuting in"),
        "out": _("commuting out"),
        "balance": _("balance of commuting"),
    },
    "flow": {
        "between": _(
            "Flows between the area's municipalities (the table does not say of what kind)"
        ),
        "core": _("Flows"),
        "in": _("inflow"),
        "out": _("outflow"),
        "balance": _("balance of flows"),
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
        result.append(_("{name} ({kind})").fill(name=name, kind=kind) if kind else both(str(name)))
    return result


def _listed(texts: Sequence[Text], most: int = 5) -> Text:
    """Join names with commas; what does not fit becomes dots."""
    dots = [both("...")] if len(texts) > most else []
    return join(", ", [*texts[:most], *dots])


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
    found += _strongest(features["links"], out, name)
    found += _border(out, flows, words)
    found += _balance(out, name, words)
    found += _centres(out, name)
    found += _regions(features["regions"], out, name, flows, modularity)
    found += _contained(out, flows, meaning)
    return found


def _total(flows: Flows, words: Mapping[str, Text], bounded: bool) -> Finding:
    values = {"flow_internal": float(flows.internal.sum())}
    said = _("{between}: {flow_internal:0} {flow_internal:plural:person|people}").bind(
        between=words["between"]
    )
    top = float(flows.internal_max.sum())
    if bounded:
        values["flow_internal_max"] = top if np.isfinite(top) else np.nan
    if bounded and np.isfinite(top):
        said += _(" in the table, at most {flow_internal_max:0} with the small flows not published")
    elif bounded:
        said += _(" in the table, that is at least so many")
    absent = int((~flows.present).sum())
    if absent:
        values["municipalities_unknown"] = absent
        said += _(
            ". No data: {municipalities_unknown:0} "
            "{municipalities_unknown:plural:municipality|municipalities}"
        )
    if flows.rows_lost:
        values["rows_lost"] = flows.rows_lost
        said += _(". Rows that cannot be used: {rows_lost:0}")
    weak = ~flows.present | (flows.lost > 0)
    if weak.mean() > 0.5:
        values |= {"municipalities_weak": int(weak.sum()), "municipalities": len(weak)}
        first = _(
            "Only part is known of the flows of {municipalities_weak:0} of {municipalities:0} "
            "municipalities. "
        )
        said = first + said
    return Finding(said + both("."), values, unknown=bool(weak.mean() > 0.5))


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
    said = _(
        "{flows} from the core {core_cities:plural:city|cities} ({cities}) to the area's other "
        "municipalities: {from_core:0}; in the other direction: {to_core:0}."
    )
    if bounded:
        said = _(
            "{flows} from the core {core_cities:plural:city|cities} ({cities}) to the area's "
            "other municipalities: at least {from_core:0}; in the other direction: at least "
            "{to_core:0}."
        )
    said = said.bind(flows=words["core"])
    values = {"core_cities": len(core.cities), "from_core": leaving, "to_core": coming}
    places = {"cities": _listed([t for t, c in zip(name, cities, strict=True) if c])}
    if not core.certain:
        values["core_possible"] = len(core.rivals)
        rivals = sorted(core.rivals.tolist(), key=lambda i: flows.codes[i])
        places["rivals"] = _listed([name[i] for i in rivals])
        why = _("No population given: {rivals}")
        if not core.unnamed:
            why = _("The inflow may be larger: {rivals}")
        said = why + _("; the core cities are of what is known, not certain. ") + said
    if core.by_inflow:
        said = _("Population is not in the data: the largest inflow is taken for the core. ") + said
    return [Finding(said, values, places)]


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
    base = pgettext("genitive", "outflow within the area")
    if not within:
        base = pgettext("genitive", "outflow")
    return [
        Finding(
            _(
                "Of the recorded {base} of the other municipalities {share_to_core:%1} "
                "goes to the core; the highest share: {top} ({share_to_core_top:%1})."
            ).bind(base=base),
            {
                "share_to_core": float(flows.internal[np.ix_(rest, cities)].sum()) / whole,
                "share_to_core_top": float(share[top]),
            },
            {"top": name[top]},
        )
    ]


def _strongest(
    links: gpd.GeoDataFrame, out: gpd.GeoDataFrame, name: Sequence[Text]
) -> list[Finding]:
    if links.empty:
        return []
    label = dict(zip(out["teryt"], name, strict=True))
    first = links.iloc[0]
    return [
        Finding(
            _(
                "Strongest link: {one} – {other}, {strongest:0} "
                "{strongest:plural:person|people} in both directions together, "
                "{strongest_share:%1} of the recorded flows within the area."
            ),
            {"strongest": float(first["flow_both"]), "strongest_share": float(first["share"])},
            {"one": label[first["origin"]], "other": label[first["destination"]]},
        )
    ]


def _border(out: gpd.GeoDataFrame, flows: Flows, words: Mapping[str, Text]) -> list[Finding]:
    if not flows.outside_known:
        return [
            Finding(
                _(
                    "The table does not give flows across the area's border in both "
                    "directions: their share and balance are unknown."
                )
            )
        ]
    leaving, coming = float(np.nansum(flows.outward)), float(np.nansum(flows.inward))
    inner = float(flows.internal.sum())
    incoming, outgoing, balance = words["in"], words["out"], words["balance"]
    return [
        Finding(
            _(
                "Across the area's border (recorded flows): {outgoing} {border_out:0}, "
                "{border_out_share:%1} of all from the area's municipalities; "
                "{incoming} {border_in:0}; {balance} {border_balance:0}."
            ).bind(outgoing=outgoing, incoming=incoming, balance=balance),
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
    return [
        Finding(
            _(
                "{balance} per 1000 residents (recorded flows): highest – {gains} "
                "({balance_top:1}), lowest – {loses} ({balance_bottom:1})."
            ).bind(balance=words["balance"].capitalized()),
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
    said = _(
        "Hierarchy of dominant flows (Nystuen & Dacey): {terminal_centres:0} terminal "
        "{terminal_centres:plural:centre|centres} – {names}; subordinate municipalities: "
        "{subordinate:0}"
    )
    for key, count, more in (
        (
            "hierarchy_uncertain",
            int((~certain).sum()),
            _("; a place that unpublished flows could change: {hierarchy_uncertain:0}"),
        ),
        (
            "hierarchy_unknown",
            int((state == "unknown").sum()),
            _("; place unknown: {hierarchy_unknown:0}"),
        ),
    ):
        if count:
            values[key] = count
            said += more
    places = {"names": _listed([name[i] for i in ends.tolist()])}
    return [Finding(said + both("."), values, places)]


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
            _(
                "{regions:0} functional {regions:plural:region|regions} (modularity "
                "{modularity:2}) around: {names}; {within_regions:%0} of the area's "
                "recorded flows stay within them."
            ),
            {"regions": len(regions), "modularity": modularity, "within_regions": share},
            {"names": _listed([label[c] for c in regions["region_code"]], most=8)},
        )
    ]


def _contained(out: gpd.GeoDataFrame, flows: Flows, meaning: str) -> list[Finding]:
    if meaning == "migration":
        return [
            Finding(
                _(
                    "Self-containment is unknown: a migration table does not tell who "
                    "stays in the municipality."
                )
            )
        ]
    both_known = out["self_containment"].notna()
    if not both_known.any():
        return [
            Finding(
                _(
                    "Self-containment is unknown: the table does not tell how many "
                    "people stay in the municipality."
                )
            )
        ]
    own = pd.Series(flows.own, index=out.index)[both_known].sum()
    whole = own + out.loc[both_known, "outflow"].sum()
    return [
        Finding(
            _(
                "Self-containment of the {contained_count:0} "
                "{contained_count:plural:municipality|municipalities} with data: "
                "{contained:%0} of working residents work in their own municipality."
            ),
            {"contained_count": int(both_known.sum()), "contained": float(own / whole)},
        )
    ]
