"""Where the timetables that could serve are complete on the day that a check looks at."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Timetable
from metrogis.evidence.timetable import TimetableEvidence, evidence
from metrogis.i18n import _


def known_timetable(
    run: Run,
    timetable: Timetable | None,
    coverage: Any,
    *,
    groups: tuple[str, ...],
    stops: gpd.GeoDataFrame | None,
    stop_posts: gpd.GeoDataFrame | None,
    rail_stations: gpd.GeoDataFrame | None,
) -> tuple[TimetableEvidence, bool]:
    """Return what is known of the timetables on the check's day type, and whether the day is known.

    Parameters
    ----------
    run : Run
        Its parameters have ``day_type`` and ``modes_required``. It keeps the evidence; its audit
        gets a day type that no date stands for.
    timetable : Feed, optional
        None: nothing is known.
    coverage : DataFrame, optional
        Schema ``Coverage``.
    groups : tuple of str
        Mode groups that the check counts.
    stops : GeoDataFrame, optional
        Stops of the timetable.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: evidence that their mode could serve.

    Returns
    -------
    TimetableEvidence, bool
    """
    params = run.parameters
    days = {} if timetable is None else timetable.day_types()
    day_known = params.day_type in days and days[params.day_type].date is not None
    if timetable is not None and not day_known:
        run.note(
            "timetable", "unknown", 1, _("day type unknown in the timetable"), [params.day_type]
        )
    found = evidence(
        run.municipalities,
        coverage,
        timetable,
        groups=groups,
        required=params.modes_required,
        stops=stops,
        stop_posts=stop_posts,
        rail_stations=rail_stations,
        silent=timetable.unknown_feeds(params.day_type)
        if timetable is not None and day_known
        else (),
        day_known=day_known,
    )
    run.add(found.audit)
    run.evidence["timetable"] = found.as_evidence()
    return found, day_known
