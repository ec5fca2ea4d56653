"""Lists of timetables: which feeds a metropolis has, where each comes from, what it says of itself.

A list stands in the catalog, or in a TOML file beside it::

    [[feeds]]
    name = "ztm_gdansk"
    url = "https://ckan.multimediagdansk.pl/.../gtfsgoogle.zip"
    licence = "CC-BY-4.0"
    attribution = "ZTM w Gdańsku"
    redistribute = "yes"

    [[feeds]]
    name = "pks"
    skip = "the operator publishes no timetable"
"""

from __future__ import annotations

import datetime as dt
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from metrogis.catalog.origins import FeedOrigin, FeedRow, GtfsOrigin
from metrogis.errors import CatalogError, SourceError
from metrogis.i18n import Text, _
from metrogis.provenance import Redistribute, redistribution_of
from metrogis.sources import files
from metrogis.validation import joined, problem_at

if TYPE_CHECKING:
    from metrogis.transit.archive import Archive

_MUST = ("stops", "routes", "trips", "stop_times")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 3 * 366
"""Days of a calendar that are looked at: some say that they are valid for a century."""


class _List(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    feeds: list[FeedRow]


def listed(directory: Path, origin: GtfsOrigin, *, layer: str) -> list[FeedRow]:
    """Return the feeds of a list.

    Parameters
    ----------
    directory : Path
        Folder of the catalog, where a list in a file of its own lies.
    origin : GtfsOrigin
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        For a list that is not there.
    CatalogError
        For one that cannot be read, names a feed twice, or redirects to none that it lists.
    """
    rows = origin.feeds if isinstance(origin.feeds, list) else _of_file(directory, origin, layer)
    names = [row.name.lower() for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _wrong(_("feeds listed twice: {names}").fill(names=", ".join(twice)), layer, origin)
    by_name = {row.name: row for row in rows}
    for row in rows:
        for aim in row.redirect:
            if aim not in by_name or by_name[aim].redirect:
                raise _wrong(
                    _("feed {name} is redirected to {aim}, which is no feed of the list").fill(
                        name=row.name, aim=aim
                    ),
                    layer,
                    origin,
                )
    return rows


def _of_file(directory: Path, origin: GtfsOrigin, layer: str) -> list[FeedRow]:
    assert isinstance(origin.feeds, str)
    path = files.resolve(directory, origin.feeds, layer=layer)
    try:
        return _List(**tomllib.loads(path.read_text(encoding="utf-8-sig"))).feeds
    except ValidationError as error:
        problems = [problem_at(item) for item in error.errors()]
        raise _wrong(joined(problems), layer, origin) from error
    except (OSError, ValueError, TypeError) as error:
        raise _wrong(_("the list of feeds cannot be read (TOML)"), layer, origin) from error


def folder_of(path: str) -> str:
    """Return the folder that the feeds of a layer lie in.

    >>> folder_of("gtfs"), folder_of("gtfs/city.zip"), folder_of("city.zip")
    ('gtfs', 'gtfs', '.')
    """
    at = PurePosixPath(path.replace("\\", "/"))
    return str(at.parent) if at.suffix.lower() == ".zip" else str(at)


def file_of(origin: GtfsOrigin, path: str, name: str) -> str:
    """Return the file of a feed, relative to the data folder."""
    return str(PurePosixPath(folder_of(origin.to or path)) / f"{name}.zip")


def as_origin(row: FeedRow, of: GtfsOrigin) -> FeedOrigin:
    """Return where one feed of a list is fetched from."""
    return FeedOrigin(
        url=row.url or "",
        fallback=tuple(row.fallback),
        interval=row.interval,
        licence=row.licence,
        attribution=row.attribution,
        headers_env=row.headers_env or of.headers_env,
        allow_local=of.allow_local,
        legacy_tls=of.legacy_tls,
        max_mb=of.max_mb,
        tested=row.tested,
        note=row.note,
    )


def lists_of(layer: Any) -> Iterator[GtfsOrigin]:
    """Yield the lists of feeds that a layer is fetched from."""
    fetch = getattr(layer, "fetch", None)
    for origin in fetch if isinstance(fetch, list) else [fetch]:
        if isinstance(origin, GtfsOrigin):
            yield origin


@dataclass(frozen=True)
class Present:
    """Which feeds of a layer are in the data folder.

    Attributes
    ----------
    files : tuple of str
        Relative to the folder that the layer's path starts from; empty: nothing to choose.
    absent : tuple of str
        Names of the feeds of a list that are not there.
    unlisted : tuple of str
        Names of feeds that are there and in no list.
    """

    files: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()


def present(directory: Path, base: Path, layer: Any, *, name: str) -> Present:
    """Return the feeds of a timetable layer that are there: a folder stands for the zips in it.

    One feed that could not be fetched costs itself alone: those of a list need not be there. A feed
    that others came in the place of is not read: its trips would count twice.

    Parameters
    ----------
    directory : Path
        Of the catalog.
    base : Path
        Where the layer's path starts.
    layer : GtfsLayer
    name : str
        Of the layer, for messages.
    """
    wanted = {
        file_of(o, layer.path, row.name): row
        for o in lists_of(layer)
        for row in listed(directory, o, layer=name)
    }
    return _present(base, wanted, _own_files(base, layer, wanted))


def _present(base: Path, wanted: Mapping[str, Any], own: Iterable[str]) -> Present:
    """Return which of the files of lists and of a layer's own are there."""
    gone = {file for file, row in wanted.items() if row.redirect}
    there = {file for file in wanted if (base / file).is_file()}
    lacking = tuple(row.name for file, row in wanted.items() if file not in gone | there)
    found = dict.fromkeys([*own, *(file for file in wanted if file in there)])
    if wanted and not any((base / file).exists() for file in found):
        return Present(absent=tuple(row.name for row in wanted.values() if not row.redirect))
    unlisted = [file for file in found if file not in wanted]
    readable = (set(unlisted) | there) - gone
    return Present(
        tuple(file for file in found if file in readable),
        lacking,
        tuple(PurePosixPath(file).stem for file in unlisted) if wanted else (),
    )


def _own_files(base: Path, layer: Any, wanted: Mapping[str, Any]) -> list[str]:
    """Return the files that the catalog names by ``path`` and ``more``, folders opened.

    A file that a list of feeds is to bring (``wanted``) counts only where it is.
    """
    found: list[str] = []
    for path in (layer.path, *layer.more):
        folder = base / path
        if folder.is_dir() and not (folder / "stops.txt").is_file():
            inside = sorted(p for p in folder.glob("*.zip") if p.is_file())
            if len(inside) > 1 or (inside and wanted):
                found += [str(PurePosixPath(path) / p.name) for p in inside]
                continue
        if path not in wanted or folder.exists():
            found.append(path)
    return found


def passed_on(directory: Path, layer: Any, *, name: str) -> list[Redistribute]:
    """Return what may be passed on of each feed of a layer's lists that says so or has a licence.

    A timetable of several feeds keeps to the strictest of them.
    """
    rows = [row for origin in lists_of(layer) for row in listed(directory, origin, layer=name)]
    return [
        row.redistribute or redistribution_of(row.licence or "")
        for row in rows
        if not row.skip and not row.redirect and (row.redistribute or row.licence)
    ]


def _wrong(what: Text, layer: str, origin: GtfsOrigin) -> CatalogError:
    return CatalogError(what, layer=layer, place=origin.shown or "feeds")


# --------------------------------------------------------------------------- what a feed says


@dataclass(frozen=True)
class About:
    """When a timetable is valid.

    Attributes
    ----------
    first, last : date or None
        First and last date, by ``feed_info``, else by its calendars.
    stated : bool
        Whether ``feed_info`` states them.
    busiest : date or None
        The first date with the most trips, as the tables list them (headways are not counted out).
    trips : int
        Trips on that date.
    """

    first: dt.date | None
    last: dt.date | None
    stated: bool
    busiest: dt.date | None
    trips: int

    @property
    def text(self) -> Text:
        """In a sentence, for the lock."""
        if self.first is None or self.last is None:
            return _("timetable without a date")
        how = _("by feed_info") if self.stated else _("by its calendars")
        if self.busiest is None:
            return _("timetable valid {first} to {last} ({how})").fill(
                first=str(self.first), last=str(self.last), how=how
            )
        return _(
            "timetable valid {first} to {last} ({how}); busiest on {busiest}: {trips:0} "
            "{trips:plural:trip|trips}"
        ).fill(
            first=str(self.first), last=str(self.last), how=how, busiest=str(self.busiest),
            trips=self.trips,
        )  # fmt: skip


def about(path: Path, *, layer: str) -> About:
    """Look into a timetable that was fetched: whether it is one, and when it is valid.

    Parameters
    ----------
    path : Path
        A zip, whatever its name.
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        When it is no timetable: tables that every GTFS has are not in it.
    """
    from metrogis.transit.archive import Limits, open_archive

    archive = open_archive(path, layer=layer, limits=Limits())
    lacking = [name for name in _MUST if name not in archive.entries]
    if not {"calendar", "calendar_dates"} & archive.entries.keys():
        lacking.append("calendar")
    if lacking:
        raise SourceError(
            _("the file is no timetable: it lacks {names}").fill(
                names=", ".join(f"{name}.txt" for name in lacking)
            ),
            layer=layer,
            remedy=_("open the address in a browser: the file may have moved"),
        )
    trips = _table(archive, "trips", ["service_id"])
    per_service = trips["service_id"].value_counts() if "service_id" in trips else pd.Series()
    days = _service_days(archive)
    running = days[days["service_id"].isin(per_service.index)]
    first, last = _stated(archive)
    stated = first is not None and last is not None
    if not stated and len(running):
        first, last = running["date"].min().date(), running["date"].max().date()
    busiest, most = None, 0
    if len(running):
        counts = running["service_id"].map(per_service).groupby(running["date"].to_numpy()).sum()
        busiest, most = pd.Timestamp(counts.idxmax()).date(), int(counts.max())
    return About(first, last, stated, busiest, most)


def _table(archive: Archive, name: str, columns: list[str]) -> pd.DataFrame:
    raw = archive.read(name)
    if raw is None or not raw.strip():
        return pd.DataFrame(columns=columns, dtype=str)
    try:
        frame = pd.read_csv(
            io.BytesIO(raw), dtype=str, encoding="utf-8-sig", encoding_errors="replace",
            skipinitialspace=True, usecols=lambda c: str(c).strip() in columns, on_bad_lines="skip",
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError):
        return pd.DataFrame(columns=columns, dtype=str)
    return frame.rename(columns=lambda c: str(c).strip()).reindex(columns=columns)


def _stated(archive: Archive) -> tuple[dt.date | None, dt.date | None]:
    info = _table(archive, "feed_info", ["feed_start_date", "feed_end_date"])
    if info.empty:
        return None, None
    ends = [pd.to_datetime(info[c].iloc[0], format="%Y%m%d", errors="coerce") for c in info.columns]
    first, last = (None if pd.isna(end) else end.date() for end in ends)
    return first, last


def _service_days(archive: Archive) -> pd.DataFrame:
    """Return the dates on which each service runs: by week, then single dates added and removed."""
    week = _table(archive, "calendar", ["service_id", "start_date", "end_date", *_DAYS])
    pairs = [pd.DataFrame({"service_id": pd.Series(dtype=object),
                           "date": pd.Series(dtype="datetime64[ns]")})]  # fmt: skip
    starts = pd.to_datetime(week["start_date"], format="%Y%m%d", errors="coerce")
    ends = pd.to_datetime(week["end_date"], format="%Y%m%d", errors="coerce")
    runs = (week[list(_DAYS)] == "1").to_numpy()
    for service, start, end, days in zip(week["service_id"], starts, ends, runs, strict=True):
        if pd.isna(start) or pd.isna(end) or end < start:
            continue
        dates = pd.date_range(start, min(end, start + pd.Timedelta(days=_LONGEST)))
        dates = dates[days[dates.day_of_week.to_numpy()]]
        pairs.append(pd.DataFrame({"service_id": service, "date": dates.to_numpy()}))
    single = _table(archive, "calendar_dates", ["service_id", "date", "exception_type"])
    single["date"] = pd.to_datetime(single["date"], format="%Y%m%d", errors="coerce")
    single = single.dropna(subset=["date"])
    kind = single["exception_type"].str.strip().to_numpy()
    added, removed = single[kind == "1"], single[kind == "2"]
    days = pd.concat([*pairs, added[["service_id", "date"]]], ignore_index=True).drop_duplicates()
    gone = pd.MultiIndex.from_frame(removed[["service_id", "date"]])
    here = pd.MultiIndex.from_frame(days[["service_id", "date"]])
    return days[~np.asarray(here.isin(gone))]
