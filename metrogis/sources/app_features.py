"""Features of APP GML as rows: fields by local name, what the format forbids, a located error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis.errors import CRSError, SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.sources import app_schema as schema
from metrogis.sources.app_fields import (
    CODES,
    COLUMNS,
    DATES,
    FACTORS,
    NUMBERS,
    STANDARDS,
    TEXTS,
    TIMES,
)
from metrogis.sources.app_geometry import (
    GeometryFault,
    GeometryReader,
    local,
    strict_numbers,
)
from metrogis.sources.app_lost import readable_box
from metrogis.sources.app_xml import iterate

_GML = "http://www.opengis.net/gml"
_HREF = "{http://www.w3.org/1999/xlink}href"
_TITLE = "{http://www.w3.org/1999/xlink}title"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_VERSION = re.compile(r"/schemas/app/(\d+(?:\.\d+)?)/?$")
_TERYT = re.compile(r"/(\d{6})(?:-|_|$)")
_TAGS = [*schema.TYPES, "member", "featureMember", "boundedBy"]
_OPEN = 1.0
"""Metres by which a ring may miss its beginning: one open wider may lack vertices, so its zone is
not used (this project's choice; rings written without their last point count as such)."""


def _text(element: Any) -> str | None:
    """Text of an element; None where it is nil or blank."""
    text = element.text
    if text is None or (_NIL in element.attrib and element.get(_NIL) in ("true", "1")):
        return None
    return text.strip() or None


def _code(element: Any) -> str | None:
    """Last part of a code list's address: ``.../ProcessStepGeneralValue/legalForce``."""
    href = element.get(_HREF)
    return _tail(href) if href and _tail(href) else element.get(_TITLE) or _text(element)


@lru_cache(maxsize=4096)  # code lists are short, zones many
def _tail(href: str) -> str:
    return re.split(r"[/#]", href.strip().rstrip("/"))[-1]


def _profile(element: Any) -> str:
    return (_code(element) or "").rpartition("KPT-MPZP-")[2]


_structure = lru_cache(maxsize=4096)(schema.structural_faults)  # most features look alike


class Records:
    """Rows of the five tables as files are read."""

    def __init__(self, *, assumed: pyproj.CRS | None, arc_tolerance: float, layer: str) -> None:
        self.layer = layer
        self.geometry = GeometryReader(assumed=assumed, arc_tolerance=arc_tolerance, layer=layer)
        self.rows: dict[str, list[dict[str, Any]]] = {t: [] for t in schema.TYPES.values()}
        self.shapes: dict[str, list[Any]] = {t: [] for t in schema.TYPES.values()}
        self.problems: list[tuple[str, int, str, str, float, float]] = []
        self.others: dict[str, int] = {}
        self.unknown_versions: dict[str, int] = {}
        self.curves = self.heights = self.guessed = 0
        self._unreadable: SourceError | CRSError | None = None
        self._names: dict[str, str] = {}

    @property
    def count(self) -> int:
        """Features read so far."""
        return sum(map(len, self.rows.values()))

    def nothing(self, files: Sequence[Path]) -> SourceError:
        """Return the error for files without a planning feature."""
        there = ", ".join(f"{n} × {t}" for t, n in sorted(self.others.items())[:6])
        return SourceError(
            _("there is no APP feature at all; there are: {there}").fill(there=there)
            if there
            else _("there is no APP feature at all"),
            layer=self.layer,
            place=", ".join(f.name for f in files[:3]),
            remedy=_("give a file with AktPlanowaniaPrzestrzennego or StrefaPlanistyczna"),
        )

    # ------------------------------------------------------------------ one feature

    def add(self, element: Any, file: str) -> None:
        """Read one feature.

        A feature whose geometry cannot be read stays a row: ``lost`` says why, ``lost_box`` where
        its readable coordinates lie.

        Raises
        ------
        SourceError
            Namespace that is not APP's: with file, line and id.
        """
        space, _, kind = element.tag.rpartition("}")
        place = f"{file}, line {element.sourceline}, {_gml_id(element) or kind}"
        version = self._version(space[1:], kind, place)
        table = schema.TYPES[kind]
        row: dict[str, Any] = {
            "app_version": version,
            "file": file,
            "line": element.sourceline,
            "gml_id": _gml_id(element),
        }
        index = len(self.rows[table])
        names: list[str] = []
        empty: set[str] = set()
        lists: dict[str, list[str]] = {"profilPodstawowy": [], "profilDodatkowy": []}
        holder: Any = None
        srs: str | None = None
        for child in element:
            tag = child.tag
            name = self._names.get(tag)
            if name is None:
                name = self._names[tag] = local(tag)
            if tag.startswith("{" + _GML):
                if name == "boundedBy":
                    srs = next((e.get("srsName") for e in child if e.get("srsName")), None)
                continue
            names.append(name)
            attributes = child.attrib
            if _is_empty(child):
                empty.add(name)
                if _TITLE not in attributes:
                    continue
            if name in NUMBERS:
                self._number(table, index, row, name, child)
            elif name in STANDARDS:
                self._standard(table, index, row, name, child)
            elif name in lists:
                lists[name].append(_profile(child))
            elif name == "idIIP":
                self._identifier(child, row, empty)
            elif name == "plan":
                self._plan(child, row)
            elif name in ("geometria", "zasiegPrzestrzenny"):
                holder = child
            else:
                _plain(child, name, row)
        row["profile_basic"] = ";".join(lists["profilPodstawowy"]) or None
        row["profile_additional"] = ";".join(lists["profilDodatkowy"]) or None
        for code, detail in _structure(version, kind, tuple(names), frozenset(empty)):
            self._problem(table, index, code, detail)
        self.shapes[table].append(self._shape(table, index, row, holder, srs, place))
        self.rows[table].append(row)

    def _version(self, space: str, kind: str, place: str) -> str:
        match = _VERSION.search(space)
        if match is None:
            raise SourceError(
                _("feature <{kind}> in namespace {space}, which is not APP's").fill(
                    kind=kind, space=repr(space[:120])
                ),
                layer=self.layer,
                place=place,
                remedy=_("the namespace of APP ends with /schemas/app/1.0, 2.0 or 3.0"),
            )
        version = match.group(1)
        if version not in schema.VERSIONS:
            self.unknown_versions[version] = self.unknown_versions.get(version, 0) + 1
        return version

    def _identifier(self, element: Any, row: dict[str, Any], empty: set[str]) -> None:
        found = {local(e.tag): _text(e) for inner in element for e in inner}
        row["namespace"] = found.get("przestrzenNazw")
        row["local_id"] = found.get("lokalnyId")
        row["version_id"] = found.get("wersjaId")
        if not row["namespace"] or not row["local_id"]:
            empty.add("idIIP")
        match = _TERYT.search(row["namespace"] or "")
        row["teryt6"] = match.group(1) if match else None

    @staticmethod
    def _plan(element: Any, row: dict[str, Any]) -> None:
        """Read the act a feature belongs to: ``.../<namespace>/<teryt6>-POG/<local id>``."""
        href = (element.get(_HREF) or "").strip().rstrip("/")
        parts = [p for p in href.partition("AktPlanowaniaPrzestrzennego/")[2].split("/") if p]
        if len(parts) >= 3:
            row["plan_namespace"], row["plan_id"] = f"{parts[0]}/{parts[1]}", parts[2]

    def _number(self, table: str, index: int, row: dict[str, Any], name: str, child: Any) -> None:
        column = NUMBERS[name]
        text = _text(child)
        if f"{column}_text" in row:
            return
        row[f"{column}_text"] = text
        if text is None:
            return
        try:
            value = float(text)
            if not np.isfinite(value):
                raise ValueError
        except ValueError:
            self._problem(table, index, "bad_value", f"{name}: {text[:30]}")
            return
        if name == "maksWysokoscZabudowy":
            unit = child.get("uom")
            row["height_unit"] = unit
            if unit not in (
                None,
                "m",
                "#m",
                "urn:ogc:def:uom:EPSG::9001",
                "urn:ogc:def:uom:UCUM::m",
            ):
                self._problem(table, index, "bad_unit", f"{name}: {text[:30]} {unit[:20]}")
                return  # metres are not guessed from another unit
            if unit is None:
                self._problem(table, index, "bad_unit", f"{name}: {text[:30]} (uom?)")
        row[column] = value

    def _standard(self, table: str, index: int, row: dict[str, Any], name: str, child: Any) -> None:
        column, text, unit = STANDARDS[name], _text(child), child.get("uom")
        if text is None:
            return
        factor = FACTORS[column.rpartition("_")[2]].get(unit)
        if factor is None:
            self._problem(table, index, "bad_unit", f"{name}: {text[:30]} {str(unit)[:20]}")
            return
        try:
            row[column] = float(text) * factor
        except ValueError:
            self._problem(table, index, "bad_value", f"{name}: {text[:30]}")

    def _shape(
        self, table: str, index: int, row: dict[str, Any], holder: Any, srs: str | None, place: str
    ) -> Any:
        if holder is None:
            row["lost"] = "no_geometry"
            return None
        try:
            surface = self.geometry.read(holder, srs=srs)
        except GeometryFault as fault:
            error: SourceError | CRSError = SourceError(
                _("unreadable geometry: {text}").fill(text=fault.text),
                layer=self.layer,
                place=place,
                remedy=_("fix the feature in the file"),
            )
            return self._lost(table, index, row, holder, srs, error, fault.text.en)
        except CRSError as found:
            error = CRSError(found.message, layer=self.layer, place=place, remedy=found.remedy)
            return self._lost(table, index, row, holder, srs, error, found.message.en)
        for code, detail, x, y in surface.problems:
            self._problem(table, index, code, detail, x, y)
        self.curves += surface.curves
        self.heights += bool(surface.heights)
        self.guessed += bool(surface.guessed_dimension)
        row["crs"] = None if surface.crs is None else self.geometry.name(surface.crs)
        if surface.geometry is None or surface.open_by > _OPEN:
            row["lost"] = "no_geometry" if surface.geometry is None else "open_ring"
            row["lost_box"], _unused = readable_box(self.geometry, holder, srs)
        return surface.geometry

    def _lost(
        self,
        table: str,
        index: int,
        row: dict[str, Any],
        holder: Any,
        srs: str | None,
        error: SourceError | CRSError,
        detail: str,
    ) -> None:
        """Note a geometry that cannot be read, and where what can be read of it lies."""
        self._unreadable = self._unreadable or error
        row["lost"] = "unreadable_geometry"
        box, crs = readable_box(self.geometry, holder, srs)
        row["lost_box"], row["crs"] = box, None if crs is None else self.geometry.name(crs)
        x, y = (float("nan"),) * 2
        if box is not None:
            x, y = shapely.get_coordinates(shapely.centroid(shapely.from_wkt(box)))[0].tolist()
        self._problem(table, index, "unreadable_geometry", detail[:120], x, y)

    def require_some(self) -> None:
        """Raise what stopped the first geometry where not one could be read."""
        some = any(s is not None for shapes in self.shapes.values() for s in shapes)
        if self._unreadable is not None and not some:
            raise self._unreadable

    def _problem(
        self,
        table: str,
        row: int,
        code: str,
        detail: str,
        x: float = float("nan"),
        y: float = float("nan"),
    ) -> None:
        self.problems.append((table, row, code, detail, x, y))

    # ------------------------------------------------------------------ tables

    def tables(self) -> tuple[dict[str, pd.DataFrame], dict[str, Any], pd.DataFrame]:
        """Return what was read.

        Returns
        -------
        tables : dict of DataFrame
            By table; dates and numbers have their types, absent values are None, NaT and NaN.
        own : dict of array of geometry
            By table, as in the file.
        problems : DataFrame
            What the format forbids: ``table``, ``row``, ``code``, ``detail``, ``x``, ``y``.
        """
        tables, own = {}, {}
        for table, columns in COLUMNS.items():
            frame = pd.DataFrame(self.rows[table], columns=list(columns), dtype=object)
            frame = frame.where(frame.notna(), None)  # one sign for what is absent
            for column in (*DATES, *TIMES):
                frame[column] = self._moments(table, frame[column], zoned=column in TIMES)
            if table == "zones":
                for column in NUMBERS.values():
                    frame[column] = frame[column].astype("float64")
            if table == "standards":
                for column in STANDARDS.values():
                    frame[column] = frame[column].astype("float64")
                frame["farmstead_excluded"] = frame["farmstead_excluded"].astype("boolean")
            frame["line"] = frame["line"].astype("int64")
            tables[table] = frame
            shapes = np.empty(len(frame), dtype=object)
            shapes[:] = self.shapes[table]
            own[table] = shapes
        problems = pd.DataFrame(
            self.problems, columns=["table", "row", "code", "detail", "x", "y"]
        ).astype({"row": "int64", "x": "float64", "y": "float64"})
        return tables, own, problems

    def _moments(self, table: str, texts: pd.Series, *, zoned: bool) -> pd.Series:
        """Parse dates (naive) or moments (UTC); what is none becomes unknown and a problem."""
        known = texts[texts.notna()].astype(str)
        cut = known if zoned else known.str.slice(0, 10)
        moments = pd.to_datetime(cut, format="ISO8601", utc=True, errors="coerce")
        for index in moments.index[moments.isna()]:
            self._problem(table, int(index), "bad_value", f"{texts.name}: {texts[index][:30]}")
        full = moments.reindex(texts.index)
        full = pd.to_datetime(full, utc=True).astype("datetime64[us, UTC]")
        return full if zoned else full.dt.tz_localize(None)

    @property
    def audit(self) -> Audit:
        """Return what was drawn otherwise than written, guessed or not read.

        Curves as chords, heights dropped, dimensions and versions guessed, features of other types.
        """
        layer = self.layer
        audit = Audit().add(
            layer,
            "modelled",
            self.curves,
            _("arcs drawn as chords"),
            f"<= {self.geometry.arc_tolerance} m",
        )
        audit = audit.add(layer, "dropped", self.heights, _("heights in geometry"))
        audit = audit.add(
            layer,
            "guessed",
            self.guessed,
            _("srsDimension not given: taken as 3"),
        )
        audit = audit.add(
            layer,
            "guessed",
            sum(self.unknown_versions.values()),
            _("unknown version of APP: read as the newest one known"),
            sorted(self.unknown_versions),
        )
        return audit.add(
            layer,
            "noted",
            sum(self.others.values()),
            _("features of other types: not read"),
            [f"{n} × {t}" for t, n in sorted(self.others.items())],
        )


def _gml_id(element: Any) -> str | None:
    return next((str(v) for k, v in element.attrib.items() if local(k) == "id" or k == "id"), None)


def read_document(stream: Any, name: str, records: Records) -> None:
    """Read the features of one XML document.

    Parameters
    ----------
    stream : file
        Binary.
    name : str
        Of the document, for messages and the column ``file``.
    records : Records
        Gets the rows.

    Raises
    ------
    SourceError
        When it is no XML, or breaks off.
    """
    with strict_numbers():
        _read(iterate(stream, name, _TAGS), name, records)


def _read(elements: Iterator[Any], name: str, records: Records) -> None:
    next(elements, None)  # the root: judged by the reader of XML
    records.geometry.inherited = None
    for element in elements:
        kind = local(element.tag)
        if kind in schema.TYPES:
            records.add(element, name)
        elif kind == "boundedBy":
            if local(element.getparent().tag).endswith("Collection"):
                srs = next((e.get("srsName") for e in element if e.get("srsName")), None)
                records.geometry.inherited = srs
        else:
            for child in element:
                other = local(child.tag)
                if other and other not in schema.TYPES and not other.endswith("Collection"):
                    records.others[other] = records.others.get(other, 0) + 1


def _is_empty(child: Any) -> bool:
    return not len(child) and _HREF not in child.attrib and _text(child) is None


def _plain(child: Any, name: str, row: dict[str, Any]) -> None:
    """Read an attribute that is a text, a code, a name or a flag; of others nothing is kept."""
    if name == "wylaczenieZabudowyZagrodowej":
        said = {"true": True, "1": True, "false": False, "0": False}
        row["farmstead_excluded"] = said.get(_text(child) or "")
    elif name in TEXTS:
        row.setdefault(TEXTS[name], _text(child))
    elif name in CODES:
        row.setdefault(CODES[name], _code(child))
    elif name == "nazwa":
        row["name"] = child.get(_TITLE) or _text(child) or _code(child)
        row["name_code"] = _code(child)
