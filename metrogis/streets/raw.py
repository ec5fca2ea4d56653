"""Streets of an OpenStreetMap file as read, before any choice of mode is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from metrogis.arrays import Array
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.streets.lost import Lost, broken_ways, strange_ways


class RawStreets(NamedTuple):
    """Ways of a file before any choice: ids, tags, vertices in longitude and latitude.

    Tags are in plain spelling (:func:`metrogis.osm.values.clean`). Vertex places are NaN where
    the file lacks the node. ``barriers`` holds the tags of barrier nodes, ``signals`` the ids of
    nodes with traffic signals. ``box`` is the area that the header of the file states (west,
    south, east, north), ``lost`` what could not be read at all, ``deleted`` how many streets an
    editor has deleted.
    """

    way_id: Array
    tags: list[dict[str, str]]
    start: Array
    node: Array
    lon: Array
    lat: Array
    barriers: dict[int, dict[str, str]]
    signals: Array
    date: str
    relations: int
    box: tuple[float, float, float, float] | None = None
    lost: tuple[Lost, ...] = ()
    deleted: int = 0

    @property
    def unread(self) -> list[Lost]:
        """What was lost in reading: whole streets, ways that lack nodes or a meaning."""
        ways = (self.way_id, self.tags, self.start, self.lon, self.lat)
        return [*self.lost, *broken_ways(*ways), *strange_ways(*ways)]


NOT_READ = _("not a readable OSM file")
AGAIN = _("download it again: .osm.pbf, .osm, or .json of Overpass")


def unreadable(reason: Text, path: Path, layer: str) -> SourceError:
    """Return the error of a street file that is broken as a whole.

    Parameters
    ----------
    reason : Text
        What is wrong with it.
    path : Path
        Only its name is told.
    layer : str
    """
    return SourceError(
        _("{not_read}: {reason}").fill(not_read=NOT_READ, reason=reason),
        layer=layer,
        place=path.name,
        remedy=AGAIN,
    )


def may_be_street(tags: Mapping[str, Any]) -> bool:
    """Return whether a way may carry people: streets, ferries and platforms, by their tags.

    Railways, bus routes and stops are not; who may use the street is decided later, by mode.

    >>> may_be_street({"highway": "path"}), may_be_street({"railway": "rail"})
    (True, False)
    """
    return (
        "highway" in tags
        or tags.get("route") == "ferry"
        or "platform" in (tags.get("railway"), tags.get("public_transport"))
    )
