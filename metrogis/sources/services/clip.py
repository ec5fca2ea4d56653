"""An extract of OpenStreetMap clipped to a box, its ways whole.

A way that enters the box keeps all its nodes, also those outside: cut ways would end where no
street ends, and areas would close where no border is. Relations that hold such a way or a node
inside come with it as they are; members that lie elsewhere are not in the file.
"""

from __future__ import annotations

from pathlib import Path

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
        with osmium.SimpleWriter(str(target), overwrite=True) as writer:
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
