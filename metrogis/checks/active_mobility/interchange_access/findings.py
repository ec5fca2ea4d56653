"""Sentences of ``interchange_access`` on places, networks and the people around."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.active_mobility.interchange_access import presentation as texts
from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.infrastructure import plain
from metrogis.checks.shared.known_routes import more_than_half
from metrogis.streets.cycleways import Split, component_lengths, components
from metrogis.streets.overlaps import counted_once


def place_findings(
    run: Run, hubs: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame, lost: int
) -> list[Finding]:
    """Return how many places are joined to the cycle network, and what keeps others from it.

    Parameters
    ----------
    run : Run
    hubs : GeoDataFrame
        One row per place: ``state`` (yes, no, unknown), ``reason``, ``entrances``, ``distance_m``.
    gaps : GeoDataFrame
        Lines that would join places: ``kind``, ``length_m``.
    lost : int
        Rows of the input that are no place, for they could not be read: unknown all the same.

    Returns
    -------
    list of Finding
        The last one names places that may be joined after all: without entrances and a little too
        far.
    """
    params = run.parameters
    state, reason = hubs["state"].to_numpy(), hubs["reason"].to_numpy()
    joined, no = int((state == "yes").sum()), state == "no"
    known, every = joined + int(no.sum()), len(hubs) + lost
    unknown = every - known
    if not known:
        text = texts.NOT_TOLD if every else texts.NO_PLACES
    elif more_than_half(unknown, every):
        text = texts.JOINED_UNKNOWN
    else:
        text = texts.JOINED_PARTLY if unknown else texts.JOINED
    found = [
        Finding(
            texts.together(text, texts.LOST) if lost else text,
            {
                "joined": joined,
                "known": known,
                "joined_share": joined / known if known else np.nan,
                "unknown": unknown,
                "places": every,
                "places_lost": lost,
            },
            {"distance": plain(params.join_distance), "length": plain(params.min_network)},
        )
    ]
    if not no.any():
        return found
    step = gaps[gaps["kind"] != "to_infrastructure"]
    short = step[step["length_m"] <= params.small_gap]
    parts = [texts.NOT_JOINED]
    far, brief = int((reason == "too_far").sum()), int((reason == "too_short").sum())
    parts += [texts.TOO_FAR] * (far > 0) + [texts.TOO_SHORT] * (brief > 0) + [texts.STOP]
    parts += [texts.SMALL_GAPS] * (len(short) > 0)
    found.append(
        Finding(
            texts.together(*parts),
            {
                "not_joined": int(no.sum()),
                "too_far": far,
                "too_short": brief,
                "small_gaps": len(short),
                "small_gaps_km": float(short["length_m"].sum()) / 1000,
            },
            {"distance": plain(params.join_distance), "small": plain(params.small_gap)},
        )
    )
    # no entrances known: measured from its point, a little too far may be near enough from a gate
    doubtful = no & (hubs["entrances"] == 0).to_numpy()
    doubtful &= (hubs["distance_m"] <= 3 * params.join_distance).to_numpy() & (reason == "too_far")
    if doubtful.any():
        limit = plain(3 * params.join_distance)
        found.append(Finding(texts.DOUBTFUL, {"doubtful": int(doubtful.sum())}, {"limit": limit}))
    return found


def network_findings(
    run: Run,
    hubs: gpd.GeoDataFrame,
    planned: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    split: Split,
) -> list[Finding]:
    """Return the form of the network, people near places, what is planned, and km per resident.

    Parameters
    ----------
    run : Run
    hubs : GeoDataFrame
        One row per place: ``state``, ``joined_if_planned``.
    planned : GeoDataFrame
        ``length_km``.
    municipalities : GeoDataFrame
        One row per municipality: ``cycle_data``, ``cycle_km_per_10k`` (missing where data are not
        complete).
    split : Split
        Lines built, planned and of unknown state.
    """
    params = run.parameters
    found: list[Finding] = []
    if len(split.built) or municipalities["cycle_data"].notna().any():
        lengths = component_lengths(
            gpd.GeoSeries(counted_once(split.built.geometry.to_numpy()), crs=run.crs),
            components(split.built, tolerance=params.tolerance, meets=split.meets),
        )
        total, largest = float(lengths.sum()), float(lengths.max(initial=0.0))
        found.append(
            Finding(
                texts.NETWORK if total else texts.NO_NETWORK,
                {
                    "network_km": total / 1000,
                    "networks": len(lengths),
                    "largest_km": largest / 1000,
                    "largest_share": largest / total if total else np.nan,
                },
            )
        )
    found += _people(run, municipalities)
    state = hubs["state"].to_numpy()
    if len(planned):
        gain = hubs["joined_if_planned"].fillna(False).to_numpy(dtype=bool) & (state != "yes")
        values = {"planned_km": float(planned["length_km"].sum()), "planned_joins": int(gain.sum())}
        found.append(Finding(texts.PLANNED if gain.any() else texts.PLANNED_NONE, values))
    per_head = municipalities["cycle_km_per_10k"].dropna()
    if len(per_head):
        best = per_head.idxmax()
        without = int(municipalities["cycle_data"].isna().sum())
        found.append(
            Finding(
                texts.together(texts.PER_HEAD, texts.WITHOUT if without else texts.STOP),
                {
                    "km_per_10k_median": float(per_head.median()),
                    "km_per_10k_best": float(per_head.max()),
                    "municipalities_without_data": without,
                },
                {"best": str(municipalities.loc[best, "name"])},
            )
        )
    return found


def _people(run: Run, municipalities: gpd.GeoDataFrame) -> list[Finding]:
    """People near places, of those whose place is known; of the others nothing is said."""
    params = run.parameters
    told = municipalities["people_near_bike_known"].notna()
    placed = float(municipalities.loc[told, "people_placed"].sum())
    if not placed:
        return []
    values = {"people_near_bike": float(municipalities.loc[told, "people_near_bike_known"].sum())}
    text = texts.PEOPLE
    joined = municipalities["people_near_joined_known"]
    if joined.notna().any():
        values["people_near_joined"] = float(joined[told].sum())
        values["people_near_untold"] = float(municipalities.loc[told, "people_near_untold"].sum())
        certain = not (municipalities.loc[told, "people_near_untold"] > 0.5).any()
        text = texts.PEOPLE_JOINED if certain else texts.PEOPLE_UNTOLD
    values |= {name.replace("people", "share"): v / placed for name, v in values.items()}
    rest = (municipalities["population"] - municipalities["people_placed"].fillna(0.0)).clip(
        lower=0.0
    )
    values["people_unplaced"] = float(rest.sum())
    if values["people_unplaced"] >= 0.5:
        first = more_than_half(values["people_unplaced"], placed + values["people_unplaced"])
        text = (
            texts.together(texts.UNPLACED_FIRST, text)
            if first
            else texts.together(text, texts.UNPLACED)
        )
    places = {"limit": plain(params.bike_limit / 1000), "detour": plain(params.detour)}
    return [Finding(text, values, places)]
