"""Bike-share stations from files of the General Bikeshare Feed Specification (GBFS), 1.0 to 3.0.

Read are ``station_information`` (where stations are) and ``station_status`` (what stands there),
saved as JSON. Nothing is fetched. Free-floating bikes have no station and are not read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import boundary, provenance
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.provenance import Audit, Source

_INFORMATION, _STATUS = "station_information", "station_status"
_MOST_BYTES = 200_000_000
_AGAIN = _("download station_information and station_status again (GBFS 1.0 to 3.0)")


@boundary.reader(
    _("the bike-share stations cannot be read"),
    remedy=_AGAIN,
)
def read_gbfs(
    path: str | Path,
    *,
    language: str = "pl",
    keep_uninstalled: bool = False,
    layer: str = "bike_share",
) -> gpd.GeoDataFrame:
    """Read the stations of a bike-share system.

    Parameters
    ----------
    path : path
        A folder that holds the files (``gbfs.json`` is not needed), or the file of
        ``station_information``; ``station_status`` is then the file beside it whose name differs
        by that word only. Without a status what stands at a station is unknown.
    language : str
        Of names given in several languages (GBFS 3); else the first of them is taken.
    keep_uninstalled : bool
        Keep stations that the status calls not installed.
    layer : str
        Name in errors and audit.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, one row per station: ``id``, ``name``, ``capacity`` (docks; NaN unknown),
        ``bikes`` and ``docks`` (free at the time of the status), ``virtual``, ``installed``,
        ``renting`` (NA unknown), ``reported`` (UTC). ``attrs`` hold the audit
        (:func:`metrogis.provenance.audit_of`) of what was dropped or is unknown.

    Raises
    ------
    SourceError
        When a file is missing, no JSON, or no station information.

    Notes
    -----
    Source: GBFS specification of MobilityData, versions 1.0 to 3.0.

    Examples
    --------
    >>> stations = read_gbfs("data/gbfs")  # doctest: +SKIP
    >>> stations[["name", "capacity"]].head()  # doctest: +SKIP
    """
    information, status = _files(Path(path), layer)
    rows = _stations(information, _INFORMATION, layer)
    audit = Audit()
    table = pd.DataFrame(
        {
            "id": [_word(row.get("station_id")) for row in rows],
            "name": pd.Series([_name(row.get("name"), language) for row in rows], dtype=object),
            "capacity": [_number(row.get("capacity")) for row in rows],
            "virtual": pd.array([_flag(row.get("is_virtual_station")) for row in rows], "boolean"),
            "lon": [_number(row.get("lon"), least=-180, most=180) for row in rows],
            "lat": [_number(row.get("lat"), least=-90, most=90) for row in rows],
        }
    )
    nowhere = table["lon"].isna() | table["lat"].isna()
    lost = (nowhere | ((table["lon"] == 0) & (table["lat"] == 0))).to_numpy()
    audit = audit.add(
        layer,
        "dropped",
        int(lost.sum()),
        _("stations without a place"),
        table["id"][lost],
    )
    again = (table["id"].duplicated() & table["id"].notna()).to_numpy() & ~lost
    audit = audit.add(
        layer,
        "dropped",
        int(again.sum()),
        _("stations given a second time"),
        table["id"][again],
    )
    table = table[~lost & ~again].reset_index(drop=True)
    table, audit = _with_status(table, status, audit, layer)
    gone = (table["installed"] == False).fillna(False).to_numpy(bool)  # noqa: E712 - three states
    if not keep_uninstalled:
        audit = audit.add(
            layer,
            "dropped",
            int(gone.sum()),
            _("stations not installed"),
            table["name"][gone],
        )
        table = table[~gone].reset_index(drop=True)
    audit = audit.add(
        layer,
        "unknown",
        int(table["capacity"].isna().sum()),
        _("stations of unknown capacity"),
        table["name"][table["capacity"].isna()],
    )
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs="EPSG:4326")
    frame = gpd.GeoDataFrame(table, geometry=points)
    return provenance.attach(frame, Source(layer, information.name), audit)


# --------------------------------------------------------------------------- files


def _files(path: Path, layer: str) -> tuple[Path, Path | None]:
    if path.is_dir():
        found = sorted(
            p for p in path.rglob("*.json") if _INFORMATION in p.name.lower() and p.is_file()
        )
        if len(found) != 1:
            names = ", ".join(p.name for p in found[:5])
            raise SourceError(
                _(
                    "the folder must hold one file of station_information, but holds several: "
                    "{names}"
                ).fill(names=names)
                if found
                else _("the folder must hold one file of station_information, but holds none"),
                layer=layer,
                place=path.name,
                remedy=_("save station_information.json and station_status.json, or name the file"),
            )
        path = found[0]
    if not path.is_file():
        raise SourceError(
            _("there is no such file"),
            layer=layer,
            place=path.name,
            remedy=_("check the path"),
        )
    status = path.with_name(path.name.replace(_INFORMATION, _STATUS))
    return path, status if status != path and status.is_file() else None


def _stations(path: Path, feed: str, layer: str) -> list[dict[str, Any]]:
    def wrong(why: Text) -> SourceError:
        return SourceError(
            why,
            layer=layer,
            place=path.name,
            remedy=_("download {feed} again (GBFS 1.0 to 3.0)").fill(feed=feed),
        )

    if path.stat().st_size > _MOST_BYTES:
        raise wrong(_("too large a file for stations"))
    with boundary.reading(_("not JSON"), layer=layer, place=path.name, remedy=_AGAIN):
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    data = content.get("data") if isinstance(content, dict) else None
    found = data.get("stations") if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise wrong(_("there is no list data.stations"))
    return found


# --------------------------------------------------------------------------- values


def _with_status(
    table: pd.DataFrame, status: Path | None, audit: Audit, layer: str
) -> tuple[pd.DataFrame, Audit]:
    rows = [] if status is None else _stations(status, _STATUS, layer)
    by_id = {_word(row.get("station_id")): row for row in reversed(rows)}
    mine = [by_id.get(name, {}) if name is not None else {} for name in table["id"]]
    bikes = [row.get("num_bikes_available", row.get("num_vehicles_available")) for row in mine]
    table["bikes"] = np.array([_number(v) for v in bikes], float)
    table["docks"] = np.array([_number(row.get("num_docks_available")) for row in mine], float)
    for name in ("installed", "renting"):
        table[name] = pd.array([_flag(row.get(f"is_{name}")) for row in mine], "boolean")
    table["reported"] = pd.to_datetime(
        pd.Series([_time(row.get("last_reported")) for row in mine], dtype=object),
        utc=True,
        errors="coerce",
    )
    if status is None:
        audit = audit.add(
            layer,
            "unknown",
            1,
            _("no station_status: what stands at the stations is unknown"),
        )
        return table, audit
    without = [name for name, row in zip(table["id"], mine, strict=True) if not row]
    extra = sorted(str(k) for k in set(by_id) - set(table["id"]))
    audit = audit.add(layer, "unknown", len(without), _("stations without status"), without)
    audit = audit.add(
        layer,
        "dropped",
        len(extra),
        _("status of stations that do not exist"),
        extra,
    )
    return table, audit


def _word(value: Any) -> str | None:
    return None if value is None or isinstance(value, dict | list) else str(value)


def _name(value: Any, language: str) -> str | None:
    """Return a name; of texts in several languages (GBFS 3) that of the language, else the first.

    >>> _name([{"text": "Port", "language": "en"}, {"text": "Przystań", "language": "pl"}], "pl")
    'Przystań'
    """
    if not isinstance(value, list):
        return _word(value)
    texts = [t for t in value if isinstance(t, dict) and isinstance(t.get("text"), str)]
    fit = [t for t in texts if str(t.get("language", "")).split("-")[0].lower() == language]
    return str((fit or texts)[0]["text"]) if texts else None


def _number(value: Any, least: float = 0.0, most: float = np.inf) -> float:
    """Return a number within limits; NaN for anything else."""
    if isinstance(value, bool) or value is None:
        return float("nan")
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("nan")
    return number if least <= number <= most and np.isfinite(number) else float("nan")


def _flag(value: Any) -> bool | None:
    """Return yes, no or unknown: GBFS 1 writes 1 and 0."""
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    return None


def _time(value: Any) -> Any:
    """Return a time: seconds since 1970 (before GBFS 3) or as text of RFC 3339."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return pd.Timestamp(value, unit="s", tz="UTC") if 0 < value < 1e11 else None
    return value if isinstance(value, str) else None
