"""Which files a catalog wants fetched, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from metrogis import boundary
from metrogis.catalog import difference, extent, feeds, lock
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.origins import (
    AtomOrigin,
    BdlOrigin,
    Bdot10kOrigin,
    DownloadOrigin,
    FeedOrigin,
    GbfsFileOrigin,
    GbfsOrigin,
    GhslOrigin,
    GtfsOrigin,
    PostgisOrigin,
    require_inside,
)
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import _
from metrogis.sources import files

if TYPE_CHECKING:
    from metrogis.catalog.metro import Layers

State = Literal["kept", "fetched", "changed", "same", "waiting", "planned", "failed", "skipped"]


@dataclass(frozen=True)
class Task:
    """One file to be fetched.

    Attributes
    ----------
    layer : str
    origin : Origin
        What the catalog says of it.
    file : str
        Relative to the data folder.
    target : Path
    key : str
        Hash of what is asked for.
    skip : str
        Why it is not fetched though it is known of; empty: it is.
    """

    layer: str
    origin: Any
    file: str
    target: Path
    key: str
    skip: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes
    ----------
    task : Task
    state : str
        ``kept`` (there already), ``fetched``, ``changed`` (another than before), ``same`` (asked
        again, nothing changed), ``waiting`` (changed, not accepted), ``planned`` (dry run),
        ``failed``, ``skipped`` (the catalog says why).
    entry : Entry or None
        What the lock says of it.
    change : Change or None
        What differs from the file before.
    error : MetrogisError or None
    """

    task: Task
    state: State
    entry: lock.Entry | None = None
    change: difference.Change | None = None
    error: MetrogisError | None = None


_UNASKED = frozenset({"note", "tested", "to", "interval", "licence", "attribution"})
"""Keys of origins that change nothing of what comes."""

Told = Callable[[Task, int, int | None], None]
Accept = Callable[[Task, difference.Change], bool]


def tasks(metro: Layers, only: Iterable[str] = ()) -> list[Task]:
    """Return the files that a catalog says where to fetch, in its order.

    Parameters
    ----------
    metro : Metro
    only : names of layers; empty: all.

    Raises
    ------
    SourceError
        For a layer of ``only`` that has no ``fetch``, or two origins of one file.
    """
    wanted = set(only)
    found: list[Task] = []
    for name, layer in metro.catalog.layers.items():
        if isinstance(layer, MissingLayer) or layer.fetch is None:
            continue
        if wanted and name not in wanted:
            continue
        if layer.base != "data" or layer.data is not None:
            raise SourceError(
                _("only files of the data folder are fetched"),
                layer=name,
                remedy=_("take base and data away from this layer"),
            )
        origins = layer.fetch if isinstance(layer.fetch, list) else [layer.fetch]
        for origin in origins:
            for part, file, skip in _parts(metro, name, layer, origin):
                require_inside(file)
                asked = {**part.model_dump(exclude=_UNASKED), "file": file}
                if isinstance(part, PostgisOrigin):
                    asked["sql"] = sql_of(metro.directory, part, name)
                if is_boxed(part):
                    asked["bbox"] = extent.asked(metro, name)
                key = files.settings_key(1, asked)
                found.append(Task(name, part, file, metro.data / file, key, skip))
    unknown = wanted - {task.layer for task in found}
    if unknown:
        shown = ", ".join(sorted(unknown))
        raise SourceError(
            _("the catalog does not say where to fetch: {shown}").fill(shown=shown),
            remedy=_("add fetch to these layers"),
        )
    twice = {t.file for t in found if [u.file for u in found].count(t.file) > 1}
    if twice:
        shown = ", ".join(sorted(twice))
        raise SourceError(
            _("two origins of one file: {shown}").fill(shown=shown),
            remedy=_("name the files differently (to)"),
        )
    return found


def _parts(metro: Layers, name: str, layer: Any, origin: Any) -> Iterator[tuple[Any, str, str]]:
    """Yield what of an origin is fetched by itself: origin, file, why it is skipped."""
    if isinstance(origin, GtfsOrigin):
        for row in feeds.listed(metro.directory, origin, layer=name):
            file = feeds.file_of(origin, layer.path, row.name)
            skip = row.skip or ""
            if row.redirect:
                skip = f"-> {', '.join(row.redirect)}"
            yield feeds.as_origin(row, origin), file, skip
    elif isinstance(origin, GbfsOrigin):
        for part in _GBFS:
            shared = origin.model_dump(exclude={"service"})
            file = gbfs_file(origin.to or layer.path, part)
            yield GbfsFileOrigin(**shared, name=part), file, ""
    else:
        yield origin, origin.to or layer.path, ""


_GBFS: tuple[Literal["station_information", "station_status"], ...] = (
    "station_information",
    "station_status",
)


def gbfs_file(path: str, part: str) -> str:
    """Return where a file of a bike-share system lies, as its reader looks for it.

    >>> gbfs_file("mevo", "station_status")
    'mevo/station_status.json'
    >>> gbfs_file("m/station_information_1.json", "station_status")
    'm/station_status_1.json'
    """
    at = PurePosixPath(path.replace("\\", "/"))
    if at.suffix.lower() != ".json":
        return str(at / f"{part}.json")
    if "station_information" in at.name:
        return str(at.with_name(at.name.replace("station_information", part)))
    return str(at) if part == "station_information" else str(at.with_name(f"{part}.json"))


def sql_of(directory: Path, origin: PostgisOrigin, layer: str) -> str | None:
    """Return the query that an origin names, from its file beside the catalog.

    Raises
    ------
    SourceError
        When it is not there, or no text.
    """
    if origin.sql_file is None:
        return None
    path = files.resolve(directory, origin.sql_file, layer=layer)
    with boundary.reading(_("the query cannot be read"), layer=layer, place=origin.sql_file):
        return path.read_text(encoding="utf-8-sig")


def is_boxed(origin: Any) -> bool:
    """Tell whether what is asked for depends on the extent of the metropolis."""
    if isinstance(origin, DownloadOrigin):
        return origin.clip is not None
    if isinstance(origin, GhslOrigin):
        return True
    if isinstance(origin, BdlOrigin | FeedOrigin | AtomOrigin | Bdot10kOrigin | GbfsFileOrigin):
        return False
    return not origin.whole and not getattr(origin, "cql_filter", None)
