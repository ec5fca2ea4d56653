"""What would bring a station closer, and to how many: paths, entrances, feeders, low-stress links.

Candidates are found by a guess (how many live around, how long it is), and the best of each kind is
applied and the search run again: what the table says is what the second search found. A measure
that does not bring all whom the first search promised is listed as not verified.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Timetable
from metrogis.checks.transport_accessibility.rail_access.feeder_measures import more_often
from metrogis.checks.transport_accessibility.rail_access.measure import Measure
from metrogis.checks.transport_accessibility.rail_access.reach import OnStreets
from metrogis.checks.transport_accessibility.rail_access.stations import Stations
from metrogis.checks.transport_accessibility.rail_access.street_measures import (
    low_stress,
    on_foot,
)
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.i18n import _


def measures(
    run: Run, timetable: Timetable | None, stations: Stations, answer: Answer, streets: OnStreets
) -> gpd.GeoDataFrame:
    """Return the best measure of each kind at each station.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    streets : OnStreets
        Without a network no path, entrance or link is proposed.

    Returns
    -------
    GeoDataFrame
        Those with most people gained first; see :func:`table_of`.
    """
    found: list[Measure] = []
    useful = np.flatnonzero(stations.is_("yes"))
    if streets.walk is not None:
        found += on_foot(run, stations, answer, streets, useful)
    if streets.low is not None:
        found += low_stress(run, stations, answer, streets, useful)
    found += more_often(run, timetable, stations, answer)
    found = [m for m in found if answer.total(m.promised) > 0]
    failed = [m for m in found if not m.verified]
    run.note(
        "population",
        "noted",
        len(failed),
        _("measures that bring fewer people, once applied, than was found: not verified"),
        [str(stations.table["name"].iloc[m.station]) for m in failed],
    )
    return table_of(run, stations, answer, found)


def table_of(
    run: Run, stations: Stations, answer: Answer, found: list[Measure]
) -> gpd.GeoDataFrame:
    """Return measures as a table.

    Parameters
    ----------
    run : Run
    stations : Stations
    answer : Answer
    found : list of Measure
        With people who gain.

    Returns
    -------
    GeoDataFrame
        ``gained``: residents, ``gained_new``: of them those who reach no station today,
        ``per_unit``: gained by 100 m built, or by departure of a line that runs more often.
    """
    none = answer.way == "none"
    rows = []
    for m in found:
        people = answer.total(m.gained)
        # per 100 m built, or per departure added
        per = people / m.size * (1.0 if m.kind == "headway" else 100.0)
        rows.append(
            {
                "station": stations.table["name"].iloc[m.station],
                "teryt": stations.table["teryt"].iloc[m.station],
                "kind": m.kind,
                "size": m.size,
                "line": m.line,
                "every_min": m.every,
                "gained": people,
                "gained_new": answer.total(m.gained[none[m.gained]]),
                "per_unit": per,
                "verified": m.verified,
                "geometry": m.place,
            }
        )
    columns = (
        "station", "teryt", "kind", "size", "line", "every_min", "gained",
        "gained_new", "per_unit", "verified",
    )  # fmt: skip
    if not rows:
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=run.crs)
    out = gpd.GeoDataFrame(rows, geometry="geometry", crs=run.crs)
    out["verified"] = out["verified"].astype("boolean")
    order = np.lexsort((out["station"].astype(str), out["kind"], -out["gained"]))
    return out.iloc[order].reset_index(drop=True)
