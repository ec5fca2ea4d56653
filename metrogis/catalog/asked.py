"""What ``metrogis layers new`` is asked for: texts of the command line as a wish, all checked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from metrogis import crs as crs_rules
from metrogis.catalog.new import Wish, resolved
from metrogis.catalog.official import units
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.sources import tables, vector

_NAMES = {"JPT_KOD_JE": "teryt", "JPT_NAZWA_": "name"}
"""Columns of the state register of boundaries as ours."""
_STATES = ("yes", "no", "unknown")
FILE = "municipalities.gpkg"


def boundaries_in(data: Path | None) -> Path | None:
    """Return the boundaries of a data folder, if there are any."""
    path = None if data is None else data / FILE
    return path if path is not None and path.is_file() else None


def wish(
    name: str,
    *,
    teryt: str | None,
    members: Path | None,
    title: str | None,
    country: str,
    bbox: str | None,
    crs: str | None,
    boundaries: Path | None,
    across: bool,
) -> Wish:
    """Return what a new metropolis is to be.

    Parameters
    ----------
    name : str
        Its id.
    teryt : str or None
        Codes, or names of municipalities where there are boundaries, with commas between.
    members : Path or None
        A table with ``teryt`` or ``name``, and ``member``; alone, its members are the units.
    title, country, bbox, crs : str or None
    boundaries : Path or None
        A file of municipalities with codes and names.
    across : bool

    Raises
    ------
    ParameterError
        For codes that are none, names that are not one municipality, a box or CRS that is none.
    """
    country = country.upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise ParameterError(
            _("a country has two letters"), layer="country", place=country[:20],
            remedy=_("for example --country DE"),
        )  # fmt: skip
    box = None if bbox is None else _box(bbox)
    if country != "PL":
        _refuse_units(teryt, members)
        return Wish(
            name, title or name.capitalize(), country, crs=_crs(crs, box), bbox=box, across=across
        )
    known = None if boundaries is None else _boundaries(boundaries)
    listed = None if members is None else _members(members, known)
    codes: tuple[str, ...] = ()
    if teryt is not None:
        codes = units.checked(resolved(teryt.replace(";", ",").split(","), known))
    elif listed is not None:
        codes = units.checked(listed.loc[listed["member"] == "yes", "teryt"])
    if known is not None:
        _require_there(codes, known)
    return Wish(
        name, title or name.capitalize(), country, codes, listed, crs or crs_rules.WORKING_CRS,
        box, across,
    )  # fmt: skip


def _refuse_units(teryt: str | None, members: Path | None) -> None:
    if teryt is not None or members is not None:
        raise ParameterError(
            _("TERYT codes are codes of Poland"),
            layer="teryt",
            remedy=_("abroad give --bbox in place of --teryt and --members"),
        )


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    # written so that NaN is refused too
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ParameterError(
            _("a box is four numbers in degrees: west,south,east,north"),
            layer="bbox",
            place=text[:60],
            remedy=_("for example --bbox 16.6,52.2,17.3,52.6"),
        )
    return west, south, east, north


def _crs(given: str | None, box: tuple[float, float, float, float] | None) -> str:
    """Return the CRS named, else UTM of the middle of the box."""
    if given is not None or box is None:
        return given or crs_rules.WORKING_CRS
    west, south, east, north = box
    zone = min(60, max(1, int(((west + east) / 2 + 180) // 6) + 1))
    return f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"


def _boundaries(path: Path) -> pd.DataFrame:
    frame = vector.read(path, layer="boundaries").rename(columns=_NAMES)
    tables.require_columns(frame, ["teryt", "name"], layer="boundaries", place=path.name)
    codes = frame["teryt"].astype("string").str.strip().str.replace("_", "")
    return pd.DataFrame({"teryt": codes, "name": frame["name"].astype("string")}).dropna()


def _members(path: Path, known: pd.DataFrame | None) -> pd.DataFrame:
    """Return a table of members: ``teryt, name, member`` and what else it has."""
    frame: Any = tables.read(path, layer="members")
    if "teryt" not in frame.columns and "name" not in frame.columns:
        tables.require_columns(frame, ["teryt"], layer="members", place=path.name)
    blank = pd.Series("", index=frame.index, dtype="string")
    codes = frame["teryt"].astype("string").fillna("").str.strip() if "teryt" in frame else blank
    names = frame["name"].astype("string").fillna("").str.strip() if "name" in frame else blank
    asked = codes.where(codes != "", names)
    frame = frame[asked != ""].copy()
    frame["teryt"] = list(resolved(asked[asked != ""], known))
    frame["name"] = names[frame.index].where(names[frame.index] != "", frame["teryt"])
    if "member" not in frame:
        frame["member"] = "yes"
    wrong = sorted(set(frame["member"].astype(str)) - set(_STATES))
    if wrong:
        raise ParameterError(
            _("membership is yes, no or unknown: {shown}").fill(shown=", ".join(wrong)[:60]),
            layer="members",
            place=path.name,
            remedy=_("fix the column member"),
        )
    units.checked(frame["teryt"])
    return frame


def _require_there(codes: tuple[str, ...], known: pd.DataFrame) -> None:
    """Raise for units of which the boundaries know no municipality."""
    have = [str(code) for code in known["teryt"]]
    lost = [
        code for code in codes
        if not any(h[:6] == code[:6] if len(code) == 7 else h.startswith(code) for h in have)
    ]  # fmt: skip
    if lost:
        raise ParameterError(
            _("the boundaries have no municipality with these codes: {shown}").fill(
                shown=", ".join(lost[:8])
            ),
            layer="teryt",
            remedy=_("fix the codes, or take boundaries that hold these units"),
        )
