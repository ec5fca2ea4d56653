"""Sentences of ``planned_links``."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.active_mobility.planned_links import presentation as texts
from metrogis.checks.active_mobility.planned_links.towards import Towards
from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.infrastructure import plain
from metrogis.checks.shared.known_routes import lost_rows, more_than_half


def findings(
    run: Run,
    table: gpd.GeoDataFrame,
    hubs: gpd.GeoDataFrame,
    towards: Towards,
    chosen: list[int],
) -> list[Finding]:
    """Return the sentences that the data allow; what is not known comes first where it is most.

    Parameters
    ----------
    run : Run
    table : GeoDataFrame
        Links in the order of building.
    hubs : GeoDataFrame
        One row per interchange: ``joined_before``, ``joined_after``, ``joined_all`` (missing:
        unknown).
    towards : Towards
    chosen : list of int
        Links chosen, in order.
    """
    params, counted = run.parameters, towards.homes.counted
    found = [_gain(run, table, towards, chosen)]
    if chosen:
        first = table.iloc[0]
        kind = "people_added" if counted else "street_km_added"
        found.append(
            Finding(
                texts.FIRST if counted else texts.FIRST_KM,
                {"first_km": float(first["length_km"]), "first_gain": float(first[kind])},
                {"name": str(first["name"])},
            )
        )
    joined = {c: hubs[f"joined_{c}"] for c in ("before", "after", "all")}
    if len(hubs) and joined["all"].notna().any():
        values = {f"joined_{c}": int(flags.sum()) for c, flags in joined.items()}
        values["joined_unknown"] = int(joined["before"].isna().sum())
        values["joined_unknown"] += lost_rows(run, "interchanges", "rail_stations")
        text = texts.JOINED
        if values["joined_unknown"]:
            text = texts.together(text, texts.JOINED_UNKNOWN)
        found.append(Finding(text, values))
    loose = int((table["state"] == "unknown").sum())
    if loose:
        found.append(Finding(texts.LOOSE, {"loose": loose}, {"join": plain(params.link_join)}))
    return found


def _gain(run: Run, table: gpd.GeoDataFrame, towards: Towards, chosen: list[int]) -> Finding:
    homes = towards.homes
    every = list(range(len(table)))
    before, after = towards.total(towards.before), towards.total(towards.reached(chosen))
    whole = towards.total(towards.reached(every))
    values = {
        "links": len(table),
        "links_km": float(table["length_km"].sum()),
        "reached_before": before,
        "reached_after": after,
        "gain": after - before,
        "gain_all": whole - before,
        "chosen": len(chosen),
        "chosen_km": float(table["km_sum"].max()) if chosen else 0.0,
        "undecided": float(np.nansum(homes.people[towards.undecided])) if homes.counted else np.nan,
        "uncounted": int(towards.uncounted.sum()),
    }
    if homes.counted:
        text = texts.together(texts.TODAY, texts.GAIN if chosen else texts.NO_GAIN)
    else:
        text = texts.together(texts.TODAY_KM, texts.GAIN_KM if chosen else texts.NO_GAIN)
        text = texts.together(text, texts.NO_PEOPLE)
    if values["undecided"] >= 0.5:
        first = more_than_half(values["undecided"], before + values["undecided"])
        parts = (texts.UNDECIDED_FIRST, text) if first else (text, texts.UNDECIDED)
        text = texts.together(*parts)
    if values["uncounted"]:
        first = more_than_half(values["uncounted"], len(homes.xy))
        parts = (texts.UNCOUNTED_FIRST, text) if first else (text, texts.UNCOUNTED)
        text = texts.together(*parts)
    return Finding(text, values, {"budget": plain(run.parameters.budget)})
