"""Polish planning acts in APP GML 1.0, 2.0, 3.0: acts, zones, building areas, versions and dates.

Files are read feature by feature, by local name, so versions may mix. Geometry is kept as it
stands in the file, faults included, and in the act's own CRS beside the common one: areas of
planning law hold in the act's CRS.

Absent and nil values are unknown (NaN, NaT, None), never 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.errors import CRSError, SourceError
from metrogis.evidence.losses import Loss
from metrogis.i18n import _
from metrogis.provenance import Audit, Source, file_hash
from metrogis.sources import app_schema as schema
from metrogis.sources import app_versions as versions
from metrogis.sources import app_xml as xml
from metrogis.sources.app_features import Records, read_document
from metrogis.sources.app_lost import losses_of_zones

TABLES = ("acts", "zones", "ouz", "downtown", "standards")


@dataclass(frozen=True, eq=False)
class Plan:
    """Planning acts and what belongs to them.

    Attributes
    ----------
    acts, zones, ouz, downtown, standards : GeoDataFrame
        One row per feature, all in one CRS. Common columns: ``namespace``, ``local_id``,
        ``version_id``, ``teryt6`` (first six digits of TERYT, from the namespace), ``valid_from``,
        ``valid_to`` (the first day no longer in force), ``version_from``, ``version_to`` (UTC),
        ``status``, ``app_version``, ``crs`` (the feature's own), ``file``, ``line``, ``gml_id``,
        ``lost`` (why its land is not known, see :data:`metrogis.sources.app_lost.REASONS`; None
        where it is known) and ``lost_box`` (WKT in its CRS: the box of what could be read).
        Acts: ``title``, ``kind``, ``level``. The others: ``label`` (*oznaczenie*), ``symbol``,
        ``binding``, ``plan_namespace``, ``plan_id`` (the act it belongs to). Zones: ``name``,
        ``name_code``, ``profile_basic``, ``profile_additional`` (codes joined by ``;``),
        ``max_intensity`` (1), ``max_built_share`` (%), ``max_height`` (m), ``min_bio_share`` (%),
        each with the file's text in ``<name>_text``. Standards: ``farmstead_excluded`` and the
        columns of :data:`metrogis.sources.app_fields.STANDARDS`.
    problems : DataFrame
        What the format forbids: ``table``, ``row`` (position in it), ``code``, ``detail``, ``x``,
        ``y`` (own CRS). See :func:`metrogis.sources.app_schema.structural_faults`.
    own : mapping
        Table -> geometries as in the file (easting first), row by row, in the row's ``crs``.
    audit : Audit
    source : Source
    """

    acts: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    ouz: gpd.GeoDataFrame
    downtown: gpd.GeoDataFrame
    standards: gpd.GeoDataFrame
    problems: pd.DataFrame
    own: Mapping[str, Any] = field(repr=False)
    audit: Audit
    source: Source

    @property
    def crs(self) -> pyproj.CRS:
        """The CRS of the tables."""
        return self.acts.crs

    def in_own_crs(self, table: str) -> dict[str, gpd.GeoDataFrame]:
        """Return the rows of a table by their own CRS, with geometry as it stands in the file.

        Areas of planning law hold in the CRS of the act; reprojection would change them.

        Parameters
        ----------
        table : str

        Returns
        -------
        dict of str to GeoDataFrame
            By CRS; rows keep their index. Rows without a CRS are in none.
        """
        frame: gpd.GeoDataFrame = getattr(self, table)
        plain = pd.DataFrame(frame.drop(columns="geometry"))
        found = {}
        for name in frame["crs"].dropna().unique():
            rows = (frame["crs"] == name).to_numpy()
            found[str(name)] = gpd.GeoDataFrame(
                plain[rows], geometry=np.asarray(self.own[table], dtype=object)[rows], crs=name
            )
        return found

    def to_crs(self, crs: Any) -> Plan:
        """Return the plan with its tables in another CRS.

        Computed from the coordinates of the files, so that going there and back loses nothing.

        Parameters
        ----------
        crs : CRS
            Anything that pyproj reads.
        """
        target = crs_rules.parse(crs)
        if target == self.crs:
            return self
        tables = {t: _common(getattr(self, t), self.own[t], target) for t in TABLES}
        return replace(self, **tables)

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """Zones whose land could not be read, and where they may lie."""
        return losses_of_zones(self)

    def with_source(self, source: Source) -> Plan:
        """Return the plan with another source (the catalog's licence, attribution, date)."""
        return replace(self, source=source)

    def __len__(self) -> int:
        return sum(len(getattr(self, t)) for t in TABLES)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(getattr(self, t))} {t}" for t in TABLES if len(getattr(self, t)))
        return f"<Plan: {counts or 'empty'}; {crs_rules.name_of(self.crs)}>"


@boundary.reader(
    _("the plans cannot be read"),
    remedy=_("download the files again, and check that they are APP GML"),
)
def read_app(
    path: str | Path | Sequence[str | Path],
    *,
    crs: Any = None,
    as_of: str | dt.date | None = None,
    assume_crs: Any = None,
    arc_tolerance: float = 0.01,
    layer: str = "plans",
    limits: xml.Limits | None = None,
) -> Plan:
    """Read APP GML files as one plan.

    Parameters
    ----------
    path : path, or sequence of paths
        GML, GZip, zip of GML, or a folder of these; acts and zones may lie in separate files.
    crs : any, optional
        CRS of the tables. Default: the CRS all features share, else EPSG:2180.
    as_of : date or ISO text, optional
        Keep what is in force on that day: version begun and not ended, ``valid_from`` <= day <
        ``valid_to`` (unknown dates do not exclude). Default: the newest version of each object
        that has not ended.
    assume_crs : any, optional
        CRS of geometries without ``srsName`` (easting first); without it they are an error.
    arc_tolerance : float
        Metres by which a chord may leave its arc (this project's choice).
    layer : str
        Name used in messages.
    limits : Limits, optional
        How large files may be.

    Returns
    -------
    Plan

    Raises
    ------
    SourceError
        Broken XML, a DOCTYPE, wrong namespace, no planning features: with file, line and feature.
    SourceError, CRSError
        Coordinates outside the CRS's area; geometry that cannot be read or has no srsName, where
        that is so of every feature. Where some can be read, those that cannot are rows without
        geometry, and :attr:`Plan.losses`.

    Examples
    --------
    >>> import tempfile
    >>> gml = '''<c:FeatureCollection xmlns:c="http://www.opengis.net/wfs/2.0"
    ...  xmlns:g="http://www.opengis.net/gml/3.2"
    ...  xmlns:a="https://www.gov.pl/static/zagospodarowanieprzestrzenne/schemas/app/2.0">
    ...  <c:member><a:StrefaPlanistyczna g:id="z1"><a:symbol>SO</a:symbol><a:geometria>
    ...  <g:Polygon srsName="http://www.opengis.net/def/crs/EPSG/0/2180"><g:exterior><g:LinearRing>
    ...  <g:posList>720000 470000 720000 470100 720200 470100 720000 470000</g:posList>
    ...  </g:LinearRing></g:exterior></g:Polygon></a:geometria></a:StrefaPlanistyczna></c:member>
    ... </c:FeatureCollection>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "zones.gml")
    ...     _ = file.write_text(gml)
    ...     plan = read_app(file)
    >>> plan.zones["symbol"].item(), plan.zones.area.item(), plan.zones["min_bio_share"].item()
    ('SO', 10000.0, nan)
    """
    limits = limits or xml.Limits()
    day = versions.day_of(as_of, layer)
    assumed = None if assume_crs is None else crs_rules.parse(assume_crs, layer=layer)
    files = _files(path, layer)
    records = Records(assumed=assumed, arc_tolerance=arc_tolerance, layer=layer)
    for file in files:
        with xml.open_documents(file, limits) as documents:
            for name, stream in documents:
                what = _("the document cannot be read")
                with boundary.reading(what, layer=layer, place=name):
                    read_document(stream, name, records)
    if not records.count:
        raise records.nothing(files)
    records.require_some()
    tables, own, problems = records.tables()
    audit = records.audit
    tables, own, problems, audit = versions.in_force(tables, own, problems, audit, day, layer)
    lost = tables["zones"]["lost"].notna()
    audit = audit.add(
        layer,
        "unknown",
        int(lost.sum()),
        _("zones whose land could not be read: near them nothing is certain"),
        tables["zones"].loc[lost, "local_id"].dropna(),
    )
    _check_places(tables, own, layer)
    target = _target(tables, crs, layer)
    found = sorted({c for t in tables.values() for c in t["crs"].dropna()})
    if len(found) > 1:
        audit = audit.add(
            layer,
            "noted",
            len(found),
            _(
                "files come in several CRSs: tables reprojected to {name_of}, areas of "
                "acts are computed in the act's CRS"
            ).fill(name_of=crs_rules.name_of(target)),
            found,
        )
    hashes = [file_hash(f) for f in files]
    source = Source(
        layer=layer,
        origin=", ".join(f.name for f in files),
        sha256=hashes[0] if len(hashes) == 1 else "",
    )
    frames = {t: _common(tables[t], own[t], target) for t in TABLES}
    return Plan(**frames, problems=problems, own=own, audit=audit, source=source)


# --------------------------------------------------------------------------- files


def _files(path: str | Path | Sequence[str | Path], layer: str) -> list[Path]:
    given: Iterable[str | Path] = [path] if isinstance(path, str | Path) else path
    files: list[Path] = []
    for one in map(Path, given):
        if one.is_dir():
            files += sorted(
                f
                for f in one.rglob("*")
                if f.is_file() and f.name.lower().endswith((".gml", ".gml.gz", ".zip"))
            )
        elif one.exists():
            files.append(one)
        else:
            raise SourceError(_("there is no such file"), layer=layer, place=one.name)
    if not files:
        raise SourceError(
            _("there is no GML file"),
            layer=layer,
            remedy=_("give a .gml file or a folder of them"),
        )
    return files


# --------------------------------------------------------------------------- coordinates


def _check_places(tables: dict[str, pd.DataFrame], own: dict[str, Any], layer: str) -> None:
    """Raise where coordinates leave their CRS's area of use, naming the first such feature."""
    for name, frame in tables.items():
        for crs in frame["crs"].dropna().unique():
            rows = np.flatnonzero((frame["crs"] == crs).to_numpy())
            geometries = own[name][rows]
            whole = gpd.GeoDataFrame(geometry=geometries, crs=crs)
            try:
                crs_rules.check_area_of_use(whole, layer=layer)
            except CRSError as error:
                for row, geometry in zip(rows, geometries, strict=True):
                    one = gpd.GeoDataFrame(geometry=[geometry], crs=crs)
                    try:
                        crs_rules.check_area_of_use(one, layer=layer)
                    except CRSError as exact:
                        place = "{file}, line {line}, {gml_id}".format(**frame.iloc[row])
                        raise CRSError(
                            exact.message,
                            layer=layer,
                            place=place,
                            remedy=_(
                                "fix srsName or the order of axes in the file: "
                                ".../def/crs/EPSG/0/2180 means northing, easting"
                            ),
                        ) from error
                raise


def _target(tables: dict[str, pd.DataFrame], crs: Any, layer: str) -> pyproj.CRS:
    if crs is not None:
        return crs_rules.parse(crs, layer=layer)
    found = {c for t in tables.values() for c in t["crs"].dropna()}
    return crs_rules.parse(found.pop() if len(found) == 1 else crs_rules.WORKING_CRS)


def _common(frame: pd.DataFrame, own: Any, target: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the table with its own geometries brought to one CRS."""
    geometry = np.array(own, dtype=object, copy=True)
    for name in frame["crs"].dropna().unique():
        source = crs_rules.parse(name)
        if source.equals(target, ignore_axis_order=True):
            continue
        rows = (frame["crs"] == name).to_numpy()
        change = pyproj.Transformer.from_crs(source, target, always_xy=True)
        moved = _mover(change)
        geometry[rows] = shapely.transform(geometry[rows], moved)
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return gpd.GeoDataFrame(plain, geometry=geometry, crs=target)


def _mover(change: pyproj.Transformer) -> Callable[[Any], Any]:
    def move(xy: Any) -> Any:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    return move


__all__ = ["Plan", "read_app", "schema"]
