"""``driver = "gtfs"``: timetables, with the table of school holidays that a catalog names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis.catalog import feeds
from metrogis.catalog.models import GtfsLayer
from metrogis.catalog.paths import base_of
from metrogis.errors import MetrogisError
from metrogis.i18n import _
from metrogis.provenance import Audit, Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: GtfsLayer, paths: list[Path], source: Source) -> Any:
    """Read one feed or several, with day types by the table of school holidays.

    A table that cannot be read costs nothing but the day type that depends on it.
    """
    from metrogis.transit import DateRule, read_feed
    from metrogis.transit.health import with_health

    holidays, without = _school_holidays(metro, layer)
    feed = read_feed(
        paths if len(paths) > 1 else paths[0],
        country=metro.info.country,
        school_holidays=holidays,
        reference_date=layer.date or metro.info.date,
        dates={str(day): date for day, date in layer.dates.items()} or None,
        trust=layer.trust,
    )
    if layer.date_rule:
        thresholds: dict[str, Any] = {str(k): v for k, v in layer.date_rule.items()}
        feed = feed.with_date_rule(DateRule(**thresholds))
    feed = replace(feed, audit=feed.audit + without + _absent(metro, name, layer)).keeping(feed)
    return with_health(feed.with_source(source))


def _absent(metro: Opened, name: str, layer: GtfsLayer) -> Audit:
    """Return what is to be said of feeds that a list names and that are not there."""
    found = feeds.present(metro.directory, base_of(metro, layer), layer, name=name)
    return (
        Audit()
        .add(
            name,
            "unknown",
            len(found.absent),
            _("feeds of the list that are not there: nothing is known of what they run"),
            found.absent,
        )
        .add(
            name,
            "noted",
            len(found.unlisted),
            _("feeds in the folder that no list names, read all the same"),
            found.unlisted,
        )
    )


def _school_holidays(metro: Opened, layer: GtfsLayer) -> tuple[Any, Audit]:
    """Return the table a timetable names; where it cannot be read, none, and an audit that says so.

    The timetable is read all the same: all that depends on the table is one day type.
    """
    name = layer.school_holidays
    if name is None:
        return None, Audit()
    try:
        table = metro.get(name)
    except MetrogisError as error:
        return None, Audit().add(
            name,
            "unknown",
            1,
            _(
                "table that cannot be read: weekdays of school holidays are unknown, "
                "and school days include them. {text}"
            ).fill(text=error.text),
        )
    if table is None:
        return None, Audit()
    return table.rename(columns={"first": "start", "last": "end"}), Audit()
