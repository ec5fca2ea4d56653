"""Tables of a feed as frames, for who wants to look at them."""

from __future__ import annotations

import pandas as pd

from metrogis.transit.departures import category
from metrogis.transit.shapes import read_shapes
from metrogis.transit.timetable import Timetable


def call_table(feed: Timetable) -> pd.DataFrame:
    """Return calls of trips at stops; see :attr:`metrogis.transit.Feed.stop_times`.

    Returns
    -------
    DataFrame (calls,)
        Ids as categories; times in seconds after midnight of the service day; ``modelled`` where a
        time was interpolated.
    """
    c = feed.calls
    return pd.DataFrame(
        {
            "trip_id": category(c.trip, feed.trips["trip_id"]),
            "stop_id": category(c.stop, feed.stops["stop_id"]),
            "arrival_time": c.arrival,
            "departure_time": c.departure,
            "stop_sequence": c.sequence,
            "pickup_type": c.pickup,
            "drop_off_type": c.drop_off,
            "modelled": c.modelled,
        }
    )


def headway_table(feed: Timetable) -> pd.DataFrame:
    """Return headways; see :attr:`metrogis.transit.Feed.frequencies`.

    Returns
    -------
    DataFrame
        One row per trip and period: ``trip_id``, ``start_time``, ``end_time`` (seconds, half-open),
        ``headway_secs``, ``exact_times`` (bool).
    """
    ids = feed.trips["trip_id"].to_numpy()
    h = feed.headways
    return pd.DataFrame(
        {
            "trip_id": ids[h["trip"].to_numpy()],
            "start_time": h["start"].to_numpy(),
            "end_time": h["end"].to_numpy(),
            "headway_secs": h["headway"].to_numpy(),
            "exact_times": h["exact"].to_numpy(),
        }
    )


def shape_table(feed: Timetable) -> pd.DataFrame:
    """Return the shapes of all feeds; see :attr:`metrogis.transit.Feed.shapes`.

    Read from the archives at each call. Of several feeds ids are ``feed:id``, as those of trips
    are.
    """
    parts = []
    for name, archive in feed.archives.items():
        part = read_shapes(archive)
        if len(feed.archives) > 1:
            part["shape_id"] = name + ":" + part["shape_id"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
