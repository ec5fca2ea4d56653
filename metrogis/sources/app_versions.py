"""Which version of each object of a plan counts: the newest that has not ended, or that of a day.

An object read twice (files that overlap, as tiles of a download do) counts once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit

_PLACE = ("file", "line", "gml_id")
_SAME_LAND = 0.5
"""Share of the smaller outline two versions of one object share, where their labels differ: below
it they are two objects that carry one id by mistake (this project's choice)."""


def day_of(as_of: str | dt.date | None, layer: str) -> pd.Timestamp | None:
    """Return the day asked for, without time.

    Raises
    ------
    SourceError
        For text that is no date.
    """
    if as_of is None:
        return None
    try:
        day = pd.Timestamp(as_of)
    except ValueError:
        day = pd.NaT
    if pd.isna(day):
        raise SourceError(
            _("as_of = {as_of} is not a date").fill(as_of=repr(as_of)),
            layer=layer,
            remedy=_("give a date such as 2025-08-15"),
        )
    return day.tz_localize(None).normalize()


def in_force(
    tables: dict[str, pd.DataFrame],
    own: dict[str, Any],
    problems: pd.DataFrame,
    audit: Audit,
    day: pd.Timestamp | None,
    layer: str,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any], pd.DataFrame, Audit]:
    """Keep the versions that hold (on ``day``); rows of ``problems`` follow.

    Parameters
    ----------
    tables : dict of DataFrame
        One per type of feature, index 0..n-1.
    own : dict of arrays of geometry
        Row by row.
    problems : DataFrame
        ``table`` and ``row`` of each.
    audit : Audit
    day : Timestamp or None
    layer : str
        Named in the audit.
    """
    counts = dict.fromkeys(("ended", "outside", "replaced", "repeated", "draft"), 0)
    shown: list[str] = []
    for name, frame in tables.items():
        if frame.empty:
            continue
        if day is None:
            live = inside = frame["version_to"].isna().to_numpy()
        else:
            moment = day.tz_localize("UTC") + pd.Timedelta(days=1)  # all of that day counts
            begun = ~(frame["version_from"] >= moment)
            live = (begun & ~(frame["version_to"] < moment)).to_numpy()
            inside = live & ~((frame["valid_from"] > day) | (frame["valid_to"] <= day)).to_numpy()
        newest = _newest(frame, live, own[name])
        repeated = inside & newest & _repeated(frame, inside & newest, own[name])
        keep = inside & newest & ~repeated
        counts["ended"] += int((~live).sum())
        counts["outside"] += int((live & ~inside).sum())
        counts["replaced"] += int((inside & ~newest).sum())
        counts["repeated"] += int(repeated.sum())
        if day is not None:
            counts["draft"] += int((keep & (frame["status"] != "legalForce").to_numpy()).sum())
        shown += frame.loc[~keep, "local_id"].dropna().head(6).tolist()
        if keep.all():
            continue
        position = np.cumsum(keep) - 1
        mine = (problems["table"] == name).to_numpy()
        rows = problems["row"].to_numpy()
        lost = mine.copy()
        lost[mine] = ~keep[rows[mine]]
        moved = rows.copy()
        moved[mine] = position[rows[mine]]
        problems = problems.assign(row=moved)[~lost].reset_index(drop=True)
        tables[name] = frame[keep].reset_index(drop=True)
        own[name] = own[name][keep]
    return tables, own, problems, _told(audit, counts, day, layer, shown)


def _told(
    audit: Audit, counts: dict[str, int], day: pd.Timestamp | None, layer: str, shown: list[str]
) -> Audit:
    when = "" if day is None else f" ({day:%Y-%m-%d})"
    texts = {
        "ended": _("versions ended or later{when}").fill(when=when),
        "outside": _("not in force on the day{when}").fill(when=when),
        "replaced": _("versions replaced by a newer one"),
        "repeated": _("objects that several files hold"),
    }
    for kind, text in texts.items():
        audit = audit.add(layer, "dropped", counts[kind], text, shown)
    return audit.add(
        layer,
        "noted",
        counts["draft"],
        _("status other than legal force (a draft): its dates were taken as they stand"),
    )


def _groups(frame: pd.DataFrame, rows: Bools) -> list[npt.NDArray[np.int64]]:
    """Rows that carry one id, more than one of them."""
    known = np.flatnonzero(rows & frame["local_id"].notna().to_numpy())
    keys = list(zip(frame["namespace"].astype(str), frame["local_id"], strict=True))
    found: dict[tuple[str, str], list[int]] = {}
    for row in known.tolist():
        found.setdefault(keys[row], []).append(row)
    return [np.array(g) for g in found.values() if len(g) > 1]


def _age(frame: pd.DataFrame, row: int) -> tuple[Any, ...]:
    """Order of versions: by when they begin, then by their id (numbers as numbers)."""
    begin, ident = frame["version_from"].iat[row], frame["version_id"].iat[row]
    start = -1 if pd.isna(begin) else pd.Timestamp(begin).value
    text = ident if isinstance(ident, str) else ""
    return (start, len(text) if text.isdigit() else -1, text)


def _newest(frame: pd.DataFrame, live: Bools, own: Any) -> Bools:
    """Tell which rows are not an older version of an object that has a newer one.

    Rows that share an id but neither label nor land are two objects with one id: a fault, which is
    reported, and no reason to lose either.
    """
    newest = np.ones(len(frame), bool)
    labels = frame["label"].tolist() if "label" in frame else [None] * len(frame)
    for rows in _groups(frame, live):
        ages = {int(row): _age(frame, int(row)) for row in rows}
        for row in ages:
            later = [other for other in ages if ages[other] > ages[row]]
            newest[row] = not any(
                labels[other] == labels[row] or _share_land(own[row], own[other]) for other in later
            )
    return newest


def _share_land(one: Any, two: Any) -> bool:
    shapes = np.array([one, two], dtype=object)
    if (shapely.is_missing(shapes) | shapely.is_empty(shapes)).any():
        return False
    shapes = shapely.make_valid(shapes)
    smaller = float(shapely.area(shapes).min())
    return bool(shapely.area(shapely.intersection(*shapes)) > _SAME_LAND * smaller)


def _repeated(frame: pd.DataFrame, rows: Bools, own: Any) -> Bools:
    """Tell which rows repeat an object that stands in another file already, land and all."""
    out = np.zeros(len(frame), bool)
    content = [c for c in frame.columns if c not in _PLACE]
    for group in _groups(frame, rows):
        first: dict[str, int] = {}
        for row in group.tolist():
            key = repr([None if pd.isna(v) else v for v in frame.iloc[row][content]])
            before = first.setdefault(key, row)
            if before == row or frame["file"].iat[before] == frame["file"].iat[row]:
                continue
            pair = np.array([own[before], own[row]], dtype=object)
            gone = shapely.is_missing(pair)
            out[row] = bool(gone.all() or (not gone.any() and shapely.equals(*pair)))
    return out
