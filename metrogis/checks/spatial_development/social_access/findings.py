"""Sentences of ``social_access``, and what of them is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.exposure import State
from metrogis.checks.shared.social import Access
from metrogis.checks.shared.social_units import Units
from metrogis.checks.spatial_development.social_access import presentation as texts
from metrogis.i18n import Text, join

_LAYERS = ("streets", "schools", "green_areas")
_HALF = 0.5


def findings(run: Run, table: gpd.GeoDataFrame, units: Units, access: Access) -> list[Finding]:
    """Return the sentences: who has farther, shares, the worst municipality, what is missing."""
    people = np.nan_to_num(units.people)

    def total(which: np.ndarray) -> float:
        return float(people[which].sum())

    def no(state: State) -> float:
        return total(state.known & ~state.yes)

    known, yes = total(access.all.known), total(access.all.known & access.all.yes)
    unknown = total(~access.all.known)
    missing = [name for name in _LAYERS if not run.has(name)]
    out = []
    mostly = unknown > _HALF * (known + unknown) or known + unknown == 0
    if known == 0:
        out.append(Finding(texts.ALL_UNKNOWN, {"unknown_residents": unknown}, unknown=True))
    elif unknown >= 1:
        out.append(Finding(texts.UNKNOWN_PEOPLE, {"unknown_residents": unknown}, unknown=mostly))
    if known > 0:
        values = {
            "all_no": known - yes,
            "school_no": no(access.school),
            "green_no": no(access.green),
        }
        far = Finding(texts.far(values) if known - yes >= 1 else texts.NEAR, values)
        share = Finding(texts.SHARE, {"all_yes_share": yes / known})
        # what is not known goes first only where it is most
        out = [*out, far, share] if mostly else [far, share, *out]
        out += _worst(table)
    out += _capacity(table)
    if missing:
        titles = {i.name: i.text for i in run.check.inputs}
        names: Text = join(", ", [titles[name] for name in missing])
        out.append(Finding(texts.MISSING, {}, {"layers": names}, unknown=known == 0))
    return out


def _worst(table: gpd.GeoDataFrame) -> list[Finding]:
    shares = table["all_yes_share"].dropna()
    if len(shares) < 2 or shares.min() >= shares.max():
        return []
    row = table.loc[shares.idxmin()]
    return [
        Finding(
            texts.WORST,
            {"worst_share": float(row["all_yes_share"])},
            {"municipality": str(row["name"])},
        )
    ]


def _capacity(table: gpd.GeoDataFrame) -> list[Finding]:
    share, held = table["capacity_all_yes_share"], table["capacity"]
    some = share.notna() & (held > 0)
    if not some.any():
        return []
    value = float((share[some] * held[some]).sum() / held[some].sum())
    return [Finding(texts.CAPACITY, {"capacity_all_yes_share": value})]
