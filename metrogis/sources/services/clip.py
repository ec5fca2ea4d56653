"""An extract of OpenStreetMap clipped to a box, its ways whole.

A way that enters the box keeps all its nodes, also those outside: cut ways would end where no
street ends, and areas would close where no border is. Relations that hold such a way or a node
inside come with it as they are; members that lie elsewhere are not in the file.

The header of the clip states the box, as far as that of the extract does: all streets in it are
there, and land beside the last of them is known to have none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import _

_WHAT = _("the OSM extract cannot be clipped")


def clip(source: Path, target: Path, box: tuple[float, float, float, float], *, layer: str) -> int:
    """Write what of an extract meets a box.

    Parameters
    ----------
    source : Path
        PBF, in any order of nodes, ways, relations that extracts have.
    target : Path
        PBF; must not exist yet.
    box : west, south, east, north
        Degrees, EPSG:4326.
    layer : str
        Name used in messages.

    Returns
    -------
    int
        Ways written.

    Raises
    ------
    SourceError
        When the file is damaged, or none of its ways meets the box.
    """
    import osmium

    west, south, east, north = box
    with boundary.reading(_WHAT, layer=layer, place=source.name):
        keep, inside = osmium.IdTracker(), osmium.IdTracker()
        for node in osmium.FileProcessor(str(source), osmium.osm.NODE):
            place = node.location
            if place.valid() and west <= place.lon <= east and south <= place.lat <= north:
                inside.add_node(node.id)
                keep.add_node(node.id)
        ways = 0
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
            if inside.contains_any_references(way):
                keep.add_way(way.id)
                keep.add_references(way)
                inside.add_way(way.id)
                ways += 1
        # relations are written as they are: a border or a road across the country would bring all
        # its ways along
        for relation in osmium.FileProcessor(str(source), osmium.osm.RELATION):
            if inside.contains_any_references(relation):
                keep.add_relation(relation.id)
        header = _header(source, box)
        with osmium.SimpleWriter(str(target), header=header, overwrite=True) as writer:
            for entity in osmium.FileProcessor(str(source)).with_filter(keep.id_filter()):
                writer.add(entity)
    if not ways:
        raise SourceError(
            _("no way of the extract meets the area"),
            layer=layer,
            place=source.name,
            remedy=_("choose the extract of the right region"),
        )
    return ways


def _header(source: Path, box: tuple[float, float, float, float]) -> Any:
    """Return the header of a clip: the box that is its own and the extract's; none without that."""
    import osmium

    header = osmium.io.Header()
    with osmium.io.Reader(str(source), osmium.osm.NOTHING) as reader:
        stated = reader.header().box()
    if not stated.valid():
        return header
    low, high = stated.bottom_left, stated.top_right
    west, south = max(box[0], low.lon), max(box[1], low.lat)
    east, north = min(box[2], high.lon), min(box[3], high.lat)
    if west < east and south < north:
        corners = osmium.osm.Location(west, south), osmium.osm.Location(east, north)
        header.add_box(osmium.osm.Box(*corners))
    return header
