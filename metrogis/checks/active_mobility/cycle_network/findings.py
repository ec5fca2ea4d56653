"""Sentences of ``cycle_network``."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.active_mobility.cycle_network import parts
from metrogis.checks.active_mobility.cycle_network import presentation as texts
from metrogis.checks.active_mobility.cycle_network.tables import Lengths
from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.infrastructure import plain
from metrogis.checks.shared.known_routes import lost_rows, more_than_half
from metrogis.i18n import _
from metrogis.streets.cycleways import Split


def findings(
    run: Run,
    table: gpd.GeoDataFrame,
    split: Split,
    lengths: Lengths,
    form: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
    compared: parts.Compared | None,
    rated: parts.Streets | None,
) -> list[Finding]:
    """Return the sentences that the data allow; what is not known comes first where it is most.

    Parameters
    ----------
    run : Run
    table : GeoDataFrame
        By municipality, from :func:`.tables.municipal`.
    split : Split
        Lines built, planned and of unknown state.
    lengths : Lengths
    form : GeoDataFrame
        Connected parts of the built lines.
    ends : GeoDataFrame
        Ends of the built lines, by kind.
    compared : Compared or None
        None without street data or lines to compare.
    rated : Streets or None
        None without street data: the last sentence says so.

    Returns
    -------
    list of Finding
    """
    found = [_length(run, table, lengths)]
    if len(split.built):
        found += [_form(run, form, len(table) > int(lengths.routes.mapped.sum())), _ends(ends)]
    if compared is not None:
        found += _differences(compared)
    if rated is None:
        return [*found, Finding(texts.NO_STREETS)]
    total = float(rated.known.sum())
    found.append(
        Finding(
            texts.STRESS,
            {
                "low_stress_share": float(rated.low.sum()) / total if total else np.nan,
                "low_stress_largest_share": rated.largest_share,
                "defaults_share": float(rated.defaults.sum()) / total if total else np.nan,
            },
            {"limit": str(run.parameters.stress_limit)},
        )
    )
    return found


def _length(run: Run, table: gpd.GeoDataFrame, lengths: Lengths) -> Finding:
    known = int(lengths.routes.mapped.sum())
    unknown, lost = len(table) - known, lost_rows(run, "cycle_routes")
    values = {
        "network_km": lengths.total,
        "directed_km": lengths.total_directed,
        "towns_with_data": known,
        "towns_without_data": unknown,
        "routes_lost": lost,
    }
    if more_than_half(unknown, len(table)):
        text = texts.LENGTH_UNKNOWN if known else texts.LENGTH_NOWHERE
    else:
        text = texts.LENGTH_PARTLY if unknown else texts.LENGTH
    return Finding(texts.joined(text, texts.LOST) if lost else text, values)


def _form(run: Run, form: gpd.GeoDataFrame, partly: bool) -> Finding:
    params = run.parameters
    return Finding(
        texts.FORM_KNOWN if partly else texts.FORM,
        {
            "networks": int(form["networks"].iloc[0]),
            "networks_medium": int(form["networks"].iloc[1]),
            "networks_wide": int(form["networks"].iloc[2]),
            "largest_share": float(form["largest_share"].iloc[0]),
            "largest_share_medium": float(form["largest_share"].iloc[1]),
            "largest_share_wide": float(form["largest_share"].iloc[2]),
        },
        {"medium": plain(params.tolerance_medium), "wide": plain(params.tolerance_wide)},
    )


def _ends(ends: gpd.GeoDataFrame) -> Finding:
    count = ends["kind"].value_counts()
    values = {
        "dangling_ends": int(count.get("dangling", 0)),
        "undershoots": int(count.get("undershoot", 0)),
        "overshoots": int(count.get("overshoot", 0)),
        "ends_unknown": int(count.get("unknown", 0)),
    }
    text = texts.ENDS
    if values["undershoots"] + values["overshoots"]:
        text = texts.joined(text, texts.ENDS_ERRORS)
    if values["ends_unknown"]:
        text = texts.joined(text, texts.ENDS_UNKNOWN)
    return Finding(texts.joined(text, texts.STOP), values)


def _differences(compared: parts.Compared) -> list[Finding]:
    found: list[Finding] = []
    values: dict[str, float] = {}
    for source in ("osm", "layer"):
        places = compared.places[compared.places["missing_in"] == source]
        values[f"missing_in_{source}"] = len(places)
        values[f"missing_in_{source}_km"] = float(places["length_m"].sum()) / 1000
    pair = compared.layer_compared > 1, compared.osm_compared > 1
    text = {
        (True, True): texts.COMPARED,
        (True, False): texts.COMPARED_LAYER,
        (False, True): texts.COMPARED_OSM,
        (False, False): texts.NOT_COMPARED,
    }[pair]
    found.append(Finding(text, values))
    first = compared.places[compared.places["missing_in"] == "osm"].head(1)
    if len(first):
        place = first["municipality"].iloc[0] or first["name"].iloc[0]
        found.append(
            Finding(
                texts.WORST,
                {"longest_missing_in_osm_m": float(first["length_m"].iloc[0])},
                {"place": str(place) if place else _("outside municipalities")},
            )
        )
    return found
