"""Sentences of ``missing_links``."""

from __future__ import annotations

import geopandas as gpd

from metrogis.checks.active_mobility.missing_links import presentation as texts
from metrogis.checks.contract import Finding, Run
from metrogis.checks.shared.infrastructure import plain
from metrogis.checks.shared.known_borders import Known
from metrogis.checks.shared.known_routes import lost_rows, more_than_half
from metrogis.checks.shared.places import Places
from metrogis.i18n import _, both, pgettext


def findings(
    run: Run, links: gpd.GeoDataFrame, places: Places | None, known: Known
) -> list[Finding]:
    """Return the sentences that the data allow; what is not known comes first where it is most.

    Parameters
    ----------
    run : Run
    links : GeoDataFrame
        From :func:`.tables.links`, in order of rank.
    places : Places or None
        None without interchanges: gaps then have no order of what they open.
    known : Known
        Where routes and streets are known.
    """
    right = links[links["state"] == "missing_link"]
    found = [_links(run, links, known)]
    if places is None:
        return [*found, Finding(texts.NO_WEIGHTS)]
    lost = lost_rows(run, "interchanges", "rail_stations")
    opening = right[right["opens"] > 0]
    names = {name for text in opening["interchanges"] for name in str(text).split("; ")}
    found.append(
        Finding(
            texts.joined(texts.OPENS, texts.LOST_PLACES) if lost else texts.OPENS,
            {
                "opening": len(opening),
                "opened": len(names),
                "opening_km": float(opening["length_m"].sum()) / 1000,
                "places_lost": lost,
            },
        )
    )
    if len(right):
        first = right.iloc[0]
        road = f" ({first['road']})" if isinstance(first["road"], str) else ""
        hubs = first["interchanges"]
        found.append(
            Finding(
                texts.FIRST,
                {"first_m": float(first["length_m"])},
                {
                    "road": road,
                    "town": first["municipality"] or _("outside the area"),
                    "hubs": hubs if isinstance(hubs, str) else pgettext("of them", "none"),
                },
            )
        )
        if right["people_gain"].notna().any():
            found.append(
                Finding(
                    texts.PEOPLE,
                    {
                        "first_people": float(first["people_gain"]),
                        "people_median": float(right["people_gain"].median()),
                    },
                )
            )
    return found


def _links(run: Run, links: gpd.GeoDataFrame, known: Known) -> Finding:
    right = links[links["state"] == "missing_link"]
    whole = known.routes.mapped & known.covered
    unknown = int((~whole).sum())
    values = {
        "links": len(right),
        "links_km": float(right["length_m"].sum()) / 1000,
        "cost_mln": float(right["cost_mln"].sum()),
        "errors": len(links) - len(right),
        "links_uncertain": int(right["certain"].isna().sum()),
        "towns_without_data": unknown,
        "towns": len(whole),
    }
    text = texts.LINKS
    if values["errors"]:
        text = texts.joined(text, texts.ERRORS)
    text = texts.joined(text, both("."))
    if values["links_uncertain"]:
        text = texts.joined(text, texts.UNCERTAIN)
    if more_than_half(unknown, len(whole)):
        text = texts.joined(texts.UNKNOWN_FIRST, text)
    elif unknown:
        text = texts.joined(text, texts.UNKNOWN_LAST)
    return Finding(text, values, {"rate": plain(run.parameters.cost_per_km)})
