"""What each layer must contain: columns, types, units, geometry.

:func:`conform` brings a layer into its schema's shape: it casts, repairs invalid geometry, reports
every repair in an audit, and collects all that is wrong into one error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import codes, limits
from metrogis.dates import read as dates_read
from metrogis.errors import SchemaError
from metrogis.evidence.losses import Loss, loss, record
from metrogis.osm import rows as osm_rows
from metrogis.provenance import Audit
from metrogis.texts import Text

Kind = Literal["text", "teryt", "area", "number", "integer", "flag", "date"]
"""``teryt`` is a municipality (7 digits); ``area`` also a county (4), voivodeship (2), or ``*``."""

_GEOMETRIES = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
    "place": ("Point", "Polygon", "MultiPolygon"),
}


@dataclass(frozen=True)
class Field:
    """One column: its meaning, unit and limits. ``unique`` columns are keys, never empty.

    ``bad`` says what becomes of values that cannot be read or break the limits, as long as others
    are good: ``error``; ``empty``: they are empty from now on, which says it all; ``unknown``: the
    same, and their rows are losses, for sums lack them; ``lost``: the rows are dropped, and losses.
    """

    kind: Kind
    text: Text
    unit: str = ""
    required: bool = True
    nullable: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    bad: Literal["error", "empty", "unknown", "lost"] = "error"


@dataclass(frozen=True)
class Schema:
    """What a layer must contain. ``geometry`` is empty for a plain table.

    A row without geometry is dropped and recorded as a loss; of a layer that ``keeps_rows`` it
    stays with an empty geometry: the thing is known to exist, its place is not. Rows of one shape
    that agree in the columns of ``counts_once`` are one thing written twice.
    """

    name: str
    text: Text
    geometry: Literal["", "polygon", "line", "point", "place"]
    fields: Mapping[str, Field] = field(default_factory=dict)
    keeps_rows: bool = False
    counts_once: tuple[str, ...] = ()


_TERYT = Field("teryt", Text("kod TERYT gminy", "TERYT code of the municipality"))
_AREA = Text(
    "kod TERYT gminy, powiatu (4 cyfry), województwa (2) albo *",
    "TERYT code of a municipality, county (4 digits), voivodeship (2), or *",
)
_COVERED = ("complete", "partial", "none")
_NAME = Field("text", Text("nazwa", "name"), nullable=True)
MOST_PEOPLE = 5e7
"""More residents, or flow, than any municipality or pair has: Chongqing, the largest, has 32
million (census of China, 2020). Beyond it a number is a fill (2147483647, 3.4e38)."""
MOST_STANDS = 30_000
"""The largest bicycle garage, Utrecht Centraal, has 12,656 places (city of Utrecht, 2019)."""
MOST_DOCKS = 1_000
"""Docks of one bike-share station; the largest have some 150 (project choice)."""
MOST_KM2 = 200_000
"""The largest municipality of the world, Altamira in Brazil, has 159,533 km2 (IBGE)."""
_PEOPLE = Field(
    "number", Text("liczba mieszkańców", "residents"), "people", low=0, high=MOST_PEOPLE,
    nullable=True,
)  # fmt: skip


def _optional(f: Field) -> Field:
    return replace(f, required=False, nullable=True, unique=False)


def _measure(text: Text, unit: str, most: float) -> Field:
    """An optional number of 0 or more; one that cannot be is unknown."""
    return Field("number", text, unit, False, True, low=0, high=most, bad="empty")


SCHEMAS: dict[str, Schema] = {
    s.name: s
    for s in (
        Schema(
            "Municipalities",
            Text("granice gmin", "municipal boundaries"),
            "polygon",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True),
                "name": Field("text", Text("nazwa gminy", "name of the municipality")),
            },
            keeps_rows=True,
        ),
        Schema(
            "PopulationCells",
            Text("ludność w komórkach", "population by cell"),
            "polygon",
            {
                # a cell whose number cannot be is a cell of unknown population
                "population": replace(_PEOPLE, bad="empty"),
                "modelled": _optional(Field("flag", Text("dane modelowane", "modelled"))),
            },
            counts_once=("population",),
        ),
        Schema(
            "MunicipalPopulation",
            Text("ludność gmin", "population by municipality"),
            "",
            {
                "teryt": Field("teryt", _TERYT.text, unique=True, bad="lost"),
                "name": _optional(_NAME),
                "population": replace(_PEOPLE, bad="unknown"),
                "area_km2": _measure(Text("powierzchnia", "area"), "km2", MOST_KM2),
            },
        ),
        Schema(
            "Stops",
            Text("przystanki", "stops"),
            "point",
            {
                "name": _NAME,
                "mode": _optional(Field("text", Text("środek transportu", "mode"))),
                "lines": _optional(Field("text", Text("linie", "lines"))),
            },
        ),
        Schema(
            "Stations",
            Text("stacje kolejowe", "railway stations"),
            "point",
            {"name": _NAME, "ref": _optional(Field("text", Text("numer", "reference")))},
        ),
        Schema(
            "Interchanges",
            Text("węzły przesiadkowe", "interchanges"),
            "point",
            {
                "name": Field("text", Text("nazwa węzła", "name of the interchange")),
                "rank": _optional(Field("text", Text("ranga", "rank"))),
                "bike_stands": _measure(
                    Text("stojaki rowerowe", "bicycle stands"), "stands", MOST_STANDS
                ),
            },
        ),
        Schema(
            "CycleRoutes",
            Text("infrastruktura rowerowa", "cycle infrastructure"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(
                    Field("text", Text("rodzaj drogi (OSM)", "OSM highway value"))
                ),
                "other_tags": _optional(Field("text", Text("inne tagi OSM", "other OSM tags"))),
                "state": _optional(
                    Field("text", Text("stan", "state"), allowed=("built", "planned", "unknown"))
                ),
            },
        ),
        Schema(
            "Streets",
            Text("linie ulic", "street lines"),
            "line",
            {
                "name": _optional(_NAME),
                "highway": _optional(Field("text", Text("rodzaj", "class"))),
            },
        ),
        Schema("RailLines", Text("linie kolejowe", "railway lines"), "line", {}),
        Schema(
            "Corridors",
            Text("korytarze ekologiczne", "ecological corridors"),
            "polygon",
            {"name": _NAME, "rank": _optional(Field("text", Text("ranga", "rank")))},
        ),
        Schema(
            "ProtectedAreas",
            Text("obszary chronione", "protected areas"),
            "polygon",
            {"name": _NAME, "form": _optional(Field("text", Text("forma ochrony", "form")))},
        ),
        Schema(
            "PlanningZones",
            Text("strefy planistyczne", "planning zones"),
            "polygon",
            {
                # a zone without one is there, and what it says is unknown
                "symbol": Field("text", Text("symbol strefy", "zone symbol"), nullable=True),
                "label": _optional(Field("text", Text("oznaczenie", "label"))),
                "teryt": _optional(_TERYT),
            },
        ),
        Schema(
            "Investments",
            Text("planowane inwestycje", "planned investments"),
            "",
            {"name": _NAME, "kind": _optional(Field("text", Text("rodzaj", "kind")))},
        ),
        Schema(
            "ODFlows",
            Text("przepływy między gminami", "flows between municipalities"),
            "",
            {
                "origin": Field(
                    "teryt",
                    Text("gmina początku", "municipality of origin"),
                    nullable=True,
                    bad="unknown",
                ),
                "destination": Field(
                    "teryt",
                    Text("gmina celu", "municipality of destination"),
                    nullable=True,
                    bad="unknown",
                ),
                "flow": Field(
                    "number",
                    Text("wielkość", "size"),
                    "people",
                    low=0,
                    high=MOST_PEOPLE,
                    nullable=True,
                    bad="unknown",
                ),
            },
        ),
        Schema(
            "Coverage",
            Text("pokrycie rozkładami", "timetable coverage"),
            "",
            {
                "feed": Field("text", Text("rozkład lub przewoźnik", "feed or operator")),
                "teryt": Field("area", _AREA),
                "mode": Field("text", Text("środek transportu", "mode")),
                "state": Field("text", Text("stan", "state"), allowed=_COVERED),
            },
        ),
        Schema(
            "BikeShare",
            Text("stacje roweru miejskiego", "bike-share stations"),
            "point",
            {
                "name": _optional(_NAME),
                "capacity": _measure(Text("stojaki", "docks"), "docks", MOST_DOCKS),
            },
        ),
        Schema(
            "BikeParking",
            Text("stojaki rowerowe (punkty lub obrysy)", "bicycle parking (points or outlines)"),
            "place",
            {
                "name": _optional(_NAME),
                # as in OSM: a number, or words that leave it unknown ("yes", "ca. 20")
                "capacity": _optional(Field("text", Text("miejsca na rowery", "places"))),
                "access": _optional(Field("text", Text("dostęp (OSM)", "access (OSM)"))),
            },
        ),
        Schema(
            "SchoolHolidays",
            Text("ferie i wakacje", "school holidays"),
            "",
            {
                "first": Field("date", Text("pierwszy dzień", "first day")),
                "last": Field("date", Text("ostatni dzień", "last day")),
            },
        ),
        Schema(
            "Entrances",
            Text("wejścia do węzłów", "entrances of interchanges"),
            "point",
            {
                "interchange": Field(
                    "text", Text("węzeł (nazwa lub id)", "interchange (name or id)")
                )
            },
        ),
        Schema(
            "Localities",
            Text("miejscowości", "localities"),
            "point",
            {
                "name": Field("text", Text("nazwa", "name")),
                "seat": _optional(Field("text", Text("siedziba", "seat"))),
            },
            counts_once=("name",),
        ),
        Schema(
            "Members",
            Text("członkowie metropolii", "members of the metropolis"),
            "",
            {
                "teryt": Field(
                    "text", Text("kod TERYT (2, 4 lub 7 cyfr)", "TERYT (4 or 7 digits)")
                ),
                "name": Field("text", Text("nazwa", "name")),
                "member": Field(
                    "text", Text("członkostwo", "membership"), allowed=("yes", "no", "unknown")
                ),
            },
        ),
        Schema("Areas", Text("obszary", "areas"), "polygon", {"name": _optional(_NAME)}),
        Schema(
            "CycleCoverage",
            Text("zasięg danych rowerowych (obszary lub gminy)", "coverage of cycle data"),
            "",
            {
                "teryt": _optional(Field("area", _AREA)),
                "state": _optional(Field("text", Text("stan", "state"), allowed=_COVERED)),
            },
        ),
        Schema("Table", Text("tabela", "table"), "", {}),
    )
}


def get(name: str) -> Schema:
    """Return the schema called ``name``.

    Raises
    ------
    SchemaError
        When there is none; the message lists the names.
    """
    if name not in SCHEMAS:
        raise SchemaError(
            Text(f"nieznany schemat '{name}'", f"unknown schema '{name}'"),
            remedy=Text(f"użyj: {', '.join(SCHEMAS)}", f"use one of: {', '.join(SCHEMAS)}"),
        )
    return SCHEMAS[name]


def conform(frame: pd.DataFrame, schema: str, *, layer: str) -> tuple[Any, Audit]:
    """Bring a layer into the shape of its schema.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Not changed. Extra columns are kept.
    schema : str
        Name in :data:`SCHEMAS`.
    layer : str
        Name used in messages.

    Returns
    -------
    frame, audit
        A frame with cast columns and valid geometry of one kind, index 0..n-1 kept as given, and
        the audit of repairs: empty geometries dropped, invalid ones repaired, codes padded.

    Raises
    ------
    SchemaError
        One error that lists every missing column and every value not allowed, with rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"teryt": [2261011], "population": ["486022"]})
    >>> conform(table, "MunicipalPopulation", layer="population")[0]["teryt"].item()
    '2261011'
    """
    rules = get(schema)
    out = frame.copy()
    audit = Audit()
    problems: list[Text] = []

    if out.empty:
        raise SchemaError(
            Text("warstwa jest pusta", "the layer is empty"),
            layer=layer,
            remedy=Text(
                'sprawdź źródło i filtry; jeśli danych nie ma, wpisz missing = "powód"',
                "check the source and its filters; where there is no data, declare "
                'missing = "reason"',
            ),
        )
    lost: list[Loss] = []
    if rules.geometry:
        placed, audit = _conform_geometry(out, rules, layer, audit)
        if len(placed) < len(out):  # never of a schema whose rows stay (Schema.keeps_rows)
            lost = _lost_rows(out.loc[~out.index.isin(placed.index)])
        out, found_rows, unsure = osm_rows.in_use(placed, schema, layer=layer)
        audit += found_rows
        lost += unsure
        if out.empty:
            raise _nothing_stands(layer)
    for name, rule in rules.fields.items():
        if name not in out.columns:
            if rule.required:
                problems.append(_missing_column(name, rule, out))
            continue
        if rule.bad != "error":
            out, audit, unread = _set_apart(out, name, rules, layer, audit)
            lost += unread
        out[name], audit, found = _cast(out[name], rule, layer, audit)
        problems += found
        if rule.required and rule.kind == "number" and not found and out[name].isna().all():
            problems.append(
                Text(
                    f"kolumna '{name}' ({rule.text.pl}): nie ma ani jednej znanej wartości",
                    f"column '{name}' ({rule.text.en}): not one value is known",
                )
            )
    if not problems:
        problems += limits.broken(out, rules)
    if problems:
        raise SchemaError(
            Text("; ".join(p.pl for p in problems), "; ".join(p.en for p in problems)),
            layer=layer,
            place=f"schema {schema}",
            remedy=_remedy(out, rules, layer),
        )
    if rules.counts_once:
        out, repeated = _once(out, rules.counts_once, layer)
        audit += repeated
    out.attrs = dict(frame.attrs)
    return record(out, lost), audit


def _remedy(frame: pd.DataFrame, rules: Schema, layer: str) -> Text:
    """Return what to write into the catalog: codes of words where those are what is wrong."""
    lines = [
        codes.map_line(name, words, rule.allowed)
        for name, rule in rules.fields.items()
        if rule.allowed
        and name in frame.columns
        and (words := codes.foreign(frame[name], rule.allowed))
    ]
    if lines:
        shown = "; ".join(lines)
        return Text(
            f"wpisz w katalogu, w [layers.{layer}] (sprawdź znaczenia): {shown}",
            f"write into the catalog, under [layers.{layer}] (check the meanings): {shown}",
        )
    return Text(
        "popraw źródło albo nazwij kolumny w [layers.*.rename] katalogu",
        "fix the source, or name the columns in [layers.*.rename] of the catalog",
    )


def _once(frame: Any, columns: tuple[str, ...], layer: str) -> tuple[Any, Audit]:
    """Drop rows that repeat another one: the same shape, the same values of ``columns``.

    Rows of one shape with other values may be two things at one place, or a mistake: they stay, and
    polygons among them (two counts of one cell) are told.
    """
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    place = pd.DataFrame(shapely.bounds(shapes))
    if not place.duplicated().any():
        return frame, Audit()
    key = place.assign(**{f"_{c}": frame[c].to_numpy() for c in columns if c in frame.columns})
    again = np.flatnonzero(key.duplicated(keep=False).to_numpy())
    exact = key.iloc[again].assign(_shape=shapely.to_wkb(shapely.normalize(shapes[again])))
    drop = again[exact.duplicated().to_numpy()]
    text = Text(
        "wiersze powtórzone (ten sam kształt i te same wartości): liczone raz",
        "rows repeated (the same shape, the same values): counted once",
    )
    audit = Audit().add(layer, "dropped", len(drop), text, frame.index[drop])
    kept = np.ones(len(frame), bool)
    kept[drop] = False
    frame = frame[kept]
    areas = np.asarray(frame.geometry.to_numpy(), dtype=object)
    if shapely.get_dimensions(areas).max(initial=0) == 2:
        alike = pd.DataFrame(shapely.bounds(areas)).duplicated(keep=False).to_numpy()
        same = np.flatnonzero(alike)
        wkb = pd.Series(shapely.to_wkb(shapely.normalize(areas[same])), dtype=object)
        other = same[wkb.duplicated().to_numpy()]
        what = Text(
            "komórki o kształcie innej, lecz z inną wartością: liczone są obie",
            "cells of the shape of another one, with another value: both count",
        )
        audit = audit.add(layer, "noted", len(other), what, frame.index[other])
    return frame, audit


def _nothing_stands(layer: str) -> SchemaError:
    return SchemaError(
        Text(
            "żaden obiekt warstwy nie istnieje lub nie jest używany (tagi OSM)",
            "nothing of the layer stands or is in use (OSM tags)",
        ),
        layer=layer,
        remedy=Text(
            "sprawdź tagi i kolumny visible, action; nazwij inaczej kolumny, które nie są z OSM",
            "check the tags and the columns visible, action; rename columns that are not OSM's",
        ),
    )


_TORN = Text(
    "geometria z wierzchołkiem, którego położenia nie ma (NaN, nieskończoność)",
    "geometry with a vertex that has no position (NaN, infinity)",
)


def _torn(values: np.ndarray) -> np.ndarray:
    """Tell which geometries have a vertex that is no place, beside others or alone."""
    xy, owner = shapely.get_coordinates(values, return_index=True)
    found = np.zeros(len(values), bool)
    found[owner[~np.isfinite(xy).all(axis=1)]] = True
    return found


def _lost_rows(rows: gpd.GeoDataFrame) -> list[Loss]:
    """Return the losses of rows without a usable geometry.

    One of another kind says where the row was; one without any may have been in the municipality
    that it names, else anywhere.
    """
    values = rows.geometry.to_numpy()
    bare = shapely.is_missing(values) | shapely.is_empty(values)
    other = Text("geometria innego rodzaju", "geometry of another kind")
    torn = _torn(values)
    bounds = shapely.bounds(values)
    bare |= ~np.isfinite(bounds).all(axis=1) & ~torn
    found = [loss("row", other, rows.index[~bare & ~torn], where=values[~bare & ~torn],
                  crs=rows.crs)]  # fmt: skip
    if torn.any():
        rest = [shapely.get_coordinates(value) for value in values[torn]]
        rest = [xy[np.isfinite(xy).all(axis=1)] for xy in rest]
        some = np.array([len(xy) > 0 for xy in rest])
        boxes = [shapely.box(*xy.min(axis=0), *xy.max(axis=0)) for xy in rest if len(xy)]
        at = np.flatnonzero(torn)
        found.append(loss("row", _TORN, rows.index[at[some]], where=np.array(boxes, object),
                          crs=rows.crs))  # fmt: skip
        bare[at[~some]] = True
    rows = rows.loc[bare]
    what = Text("wiersz bez geometrii", "row without geometry")
    if not len(rows):
        return found
    return found + _by_code(rows, what, [c for c in ("teryt",) if c in rows.columns])


def _codes_of(rules: Schema) -> list[str]:
    return [name for name, rule in rules.fields.items() if rule.kind == "teryt"]


def _by_code(rows: pd.DataFrame, what: Text, columns: list[str]) -> list[Loss]:
    """Return the losses of rows: with the codes that the columns name, and of those without."""
    codes = pd.Series("", index=rows.index, dtype="object")
    for name in columns:
        own = rows[name].astype("string").str.strip().fillna("").astype(object)
        codes = own.where(codes == "", codes)
    named = (codes != "").to_numpy()
    listed = tuple(dict.fromkeys(codes[named]))
    called = next((c for c in ("interchange", "name") if c in rows.columns), None)
    found = [
        replace(loss("row", what, rows.index[named]), codes=listed),
        loss("row", what, rows.index[~named]),
    ]
    if called is None:
        return found
    text = rows[called].astype("string").str.strip().fillna("")
    parts = (tuple(text[mask].astype(object)) for mask in (named, ~named))
    return [
        replace(one, names=names) if all(names) else one
        for one, names in zip(found, parts, strict=True)
    ]


def _set_apart(
    frame: pd.DataFrame, name: str, rules: Schema, layer: str, audit: Audit
) -> tuple[pd.DataFrame, Audit, list[Loss]]:
    """Empty the values of a column that cannot be used, or drop their rows (:class:`Field`)."""
    column, rule = frame[name], rules.fields[name]
    bad = _unfit(column, rule)
    empty = _blank(column)
    gone = bad | empty if rule.bad == "lost" else bad
    if not gone.any() or gone.all():  # where no value is good the column is the wrong one
        return frame, audit, []
    shown = [f"{i}: {str(v)[:40]}" for i, v in column[gone].head(6).items()]
    if rule.bad == "empty":
        what = Text(
            f"{name}: wartości, których nie może być ({rule.text.pl}): nieznane",
            f"{name}: values that cannot be ({rule.text.en}): not known",
        )
        frame = frame.copy()
        frame[name] = column.astype(object).where(~gone, None)
        return frame, audit.add(layer, "unknown", int(gone.sum()), what, shown), []
    what = Text(
        f"wiersze z {name}, którego nie da się odczytać ({rule.text.pl})",
        f"rows whose {name} cannot be read ({rule.text.en})",
    )
    found = _by_code(frame[gone], what, [c for c in _codes_of(rules) if c != name])
    if rule.bad == "lost":
        audit = audit.add(layer, "dropped", int(gone.sum()), what, shown)
        return frame.loc[~gone], audit, found
    frame = frame.copy()
    frame[name] = column.astype(object).where(~gone, None)
    return frame, audit.add(layer, "unknown", int(gone.sum()), what, shown), found


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype("string").str.strip() == "").fillna(True).astype(bool)


def _unfit(column: pd.Series, rule: Field) -> pd.Series:
    """Tell which values are there and cannot be what the column holds."""
    there = ~_blank(column)
    if rule.kind == "teryt":
        cleaned = _each(column.where(there, None), _digits).astype("string")
        return there & ~cleaned.str.fullmatch(r"[0-9]{6,7}").fillna(False).astype(bool)
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    out = there & ~np.isfinite(numbers)
    if rule.low is not None:
        out |= numbers < rule.low
    if rule.high is not None:
        out |= numbers > rule.high
    return out


def _missing_column(name: str, rule: Field, frame: pd.DataFrame) -> Text:
    have = ", ".join(str(c) for c in frame.columns[:12])
    return Text(
        f"brak kolumny '{name}' ({rule.text.pl}); są: {have}",
        f"column '{name}' ({rule.text.en}) is missing; there are: {have}",
    )


def _conform_geometry(
    frame: pd.DataFrame, rules: Schema, layer: str, audit: Audit
) -> tuple[gpd.GeoDataFrame, Audit]:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SchemaError(
            Text("warstwa nie ma geometrii", "the layer has no geometry"),
            layer=layer,
            remedy=Text("podaj GeoDataFrame", "give a GeoDataFrame"),
        )
    given = values = np.asarray(frame.geometry.to_numpy(), dtype=object)
    empty = shapely.is_missing(values) | shapely.is_empty(values)
    if shapely.has_z(values).any():
        values = np.asarray(shapely.force_2d(values), dtype=object)
    torn = _torn(values)
    if torn.any():  # what lies between its neighbours is not known: never bridged
        audit = audit.add(layer, "dropped", int(torn.sum()), _TORN, frame.index[torn])
        values, empty = values.copy(), empty | torn
        values[torn] = None
    values, empty, audit = _repaired(values, empty, rules, layer, audit)
    if empty.all():
        raise SchemaError(
            Text("wszystkie geometrie są puste", "every geometry is empty"), layer=layer
        )
    if empty.any():
        values, audit = _without_geometry(frame, values, empty, rules, layer, audit)
        if not rules.keeps_rows:
            frame, values, given = frame.loc[~empty], values[~empty], given[~empty]
    if any(a is not b for a, b in zip(values, given, strict=True)):
        frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
    return _of_wanted_kind(frame, rules, layer, audit)


def _of_wanted_kind(
    frame: gpd.GeoDataFrame, rules: Schema, layer: str, audit: Audit
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Keep the rows whose geometry is of the kind the schema wants, and tell of the others.

    Exports of OpenStreetMap hold points, lines and areas in one layer; a layer of another kind
    altogether is an error.
    """
    wanted = _GEOMETRIES[rules.geometry]
    codes = [shapely.GeometryType[kind.upper()].value for kind in wanted]
    values = frame.geometry.to_numpy().copy()
    wrong = ~np.isin(shapely.get_type_id(values), codes)
    if not wrong.any():
        return frame, audit
    single = shapely.get_num_geometries(values) == 1
    collections = shapely.get_type_id(values) == shapely.GeometryType.GEOMETRYCOLLECTION
    for i in np.flatnonzero(wrong & (single | collections)):
        parts = shapely.get_parts(values[i])
        parts = parts[np.isin(shapely.get_type_id(parts), codes)]
        if len(parts):
            values[i] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    wrong = ~np.isin(shapely.get_type_id(values), codes)
    found = ", ".join(sorted({g.geom_type for g in values[wrong]}))
    if wrong.all():
        rows = ", ".join(str(i) for i in frame.index[wrong][:5])
        raise SchemaError(
            Text(
                f"geometria {found} (wiersze {rows}), a powinna być {' / '.join(wanted)}",
                f"geometry is {found} (rows {rows}) but must be {' / '.join(wanted)}",
            ),
            layer=layer,
            remedy=Text(
                "wybierz inną warstwę lub przekształć ją", "choose another layer, or convert it"
            ),
        )
    audit = audit.add(
        layer,
        "dropped",
        int(wrong.sum()),
        Text(
            f"geometria {found}, a potrzebna {' / '.join(wanted)}",
            f"geometry is {found}, wanted is {' / '.join(wanted)}",
        ),
        frame.index[wrong],
    )
    frame = frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))
    return frame.loc[~wrong], audit


def _repaired(
    values: np.ndarray, empty: np.ndarray, rules: Schema, layer: str, audit: Audit
) -> tuple[np.ndarray, np.ndarray, Audit]:
    """Repair invalid geometries; what nothing is left of is empty."""
    doubtful = ~empty
    doubtful[doubtful] = ~_convex_quads(values[doubtful])
    invalid = np.zeros(len(values), bool)
    invalid[doubtful] = ~shapely.is_valid(values[doubtful])
    if not invalid.any():
        return values, empty, audit
    reasons = shapely.is_valid_reason(values[invalid])
    repaired = values.copy()
    repaired[invalid] = shapely.make_valid(
        values[invalid], method="structure", keep_collapsed=False
    )
    before, after = shapely.area(values[invalid]).sum(), shapely.area(repaired[invalid]).sum()
    audit = audit.add(
        layer,
        "repaired",
        int(invalid.sum()),
        Text(
            f"niepoprawna geometria (pole {before:.6g} -> {after:.6g})",
            f"invalid geometry (area {before:.6g} -> {after:.6g})",
        ),
        reasons,
    )
    return repaired, empty | (invalid & shapely.is_empty(repaired)), audit


def _without_geometry(
    frame: gpd.GeoDataFrame,
    values: np.ndarray,
    empty: np.ndarray,
    rules: Schema,
    layer: str,
    audit: Audit,
) -> tuple[np.ndarray, Audit]:
    """Tell what becomes of rows without geometry; those that stay get an empty one."""
    count = int(empty.sum())
    if not rules.keeps_rows:
        what = Text("pusta geometria", "empty geometry")
        return values, audit.add(layer, "dropped", count, what, frame.index[empty])
    values = values.copy()
    values[empty] = shapely.Polygon()
    what = Text(
        "gminy bez granic: ich obszar jest nieznany, a z nim wszystko, co na nim policzono",
        "municipalities without an outline: their land is unknown, and all that is measured on it",
    )
    shown = frame["name"] if "name" in frame.columns else pd.Series(frame.index, frame.index)
    return values, audit.add(layer, "unknown", count, what, shown[empty].astype(str))


def _convex_quads(values: np.ndarray) -> np.ndarray:
    """Tell polygons of four corners that turn one way all round: they are valid.

    Grids have many of them, and every check is given them anew.
    """
    found = shapely.get_type_id(values) == shapely.GeometryType.POLYGON
    found[found] = shapely.get_num_coordinates(values[found]) == 5
    found[found] = shapely.get_num_interior_rings(values[found]) == 0
    corner = shapely.get_coordinates(values[found]).reshape(-1, 5, 2)
    side = np.diff(corner, axis=1)
    after = np.roll(side, -1, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):  # corners at infinity are none
        turn = side[..., 0] * after[..., 1] - side[..., 1] * after[..., 0]
    size = np.hypot(side[..., 0], side[..., 1])
    least = 1e-6 * size * np.roll(size, -1, axis=1)  # far beyond what rounding could turn
    found[found] = (turn > least).all(axis=1) | (turn < -least).all(axis=1)
    return np.asarray(found, dtype=bool)


def _cast(
    column: pd.Series, rule: Field, layer: str, audit: Audit
) -> tuple[pd.Series, Audit, list[Text]]:
    name = str(column.name)
    if rule.kind in ("number", "integer"):
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        bad = ~np.isfinite(numbers) & column.notna()
        if bad.any():
            bad &= column.astype(str).str.strip() != ""
        if bad.any():
            return column, audit, [_bad(name, column, bad, "liczbą", "a number")]
        if rule.kind == "integer":
            return numbers.astype("Int64"), audit, []
        return numbers, audit, []
    if rule.kind == "flag":
        return _flags(name, column, audit)
    if rule.kind == "date":
        dates = pd.to_datetime(column.map(dates_read, na_action="ignore"), errors="coerce")
        bad = dates.isna() & ~_blank(column)
        return dates, audit, ([_bad(name, column, bad, "datą", "a date")] if bad.any() else [])
    if rule.kind in ("teryt", "area"):
        return _teryt(column, rule, layer, audit)
    return _each(column, lambda v: unicodedata.normalize("NFC", str(v)).strip()), audit, []


_FLAGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "tak"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", "nie"), False),
}


def _flags(name: str, column: pd.Series, audit: Audit) -> tuple[pd.Series, Audit, list[Text]]:
    """Flags as tables write them: 1, true, yes, tak; blank is unknown."""
    if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
        return column.astype("boolean"), audit, []
    words = column.astype("object").map(lambda v: None if v is None or v != v else str(v).strip())
    known = words.map(lambda v: _FLAGS.get(v.lower()) if v else None)
    bad = known.isna() & words.notna() & (words != "")
    flags = pd.Series(pd.array(list(known), dtype="boolean"), index=column.index)
    return flags, audit, [_bad(name, column, bad, "tak ani nie", "yes or no")] if bad.any() else []


def _each(column: pd.Series, text_of: Callable[[Any], str]) -> pd.Series:
    """Text of each value, ``None`` of a missing one; a text that repeats is asked for once."""
    missing = column.isna().to_numpy()
    known: dict[str, str] = {}
    out: list[str | None] = []
    for value, gone in zip(column.to_numpy(dtype=object), missing.tolist(), strict=True):
        if gone:
            out.append(None)
        elif isinstance(value, str):
            found = known.get(value)
            if found is None:
                found = known[value] = text_of(value)
            out.append(found)
        else:
            out.append(text_of(value))
    return pd.Series(out, index=column.index, dtype="object")


_WHOLE = re.compile(r"(?<=\d)\.0+$")
"""A spreadsheet's ``.0`` at the end of a code."""


def _digits(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)
    return _WHOLE.sub("", text.strip().replace("_", ""))


def _teryt(
    column: pd.Series, rule: Field, layer: str, audit: Audit
) -> tuple[pd.Series, Audit, list[Text]]:
    """Codes of 7 digits as text; a leading 0 lost by a spreadsheet is put back, and counted.

    Of an ``area`` also codes of counties (4 digits), of voivodeships (2) and ``*``.
    """
    areas = rule.kind == "area"
    if rule.nullable:
        column = column.astype(object).where(~_blank(column), None)
    cleaned = _each(column, _digits)
    digits = cleaned.astype("string")
    lost, right = (r"[0-9]{6}", r"[0-9]{7}")
    if areas:
        lost, right = r"[0-9]|[0-9]{3}|[0-9]{6}", r"[0-9]{2}|[0-9]{4}|[0-9]{7}|\*"
    short = digits.str.fullmatch(lost).fillna(False).astype(bool)
    # a zero was lost only by voivodeships 02 to 08; the last digit is a kind, the first ones of a
    # county are 01 to 38 or 61 to 80: where one code breaks this, no zero was lost by the column
    six = digits[short & (digits.str.len() == 6)]
    if not six.str.fullmatch(r"[2468](?:0[1-9]|[12][0-9]|3[0-8]|6[1-9]|7[0-9]|80)[0-9]{2}"
                             r"[1234589]").all():  # fmt: skip
        short &= digits.str.len() != 6
    audit = audit.add(
        layer,
        "repaired",
        int(short.sum()),
        Text("TERYT bez zera na początku", "TERYT without its leading zero"),
        cleaned[short],
    )
    cleaned[short] = "0" + cleaned[short]
    bad = ~cleaned.astype("string").str.fullmatch(right).fillna(False).astype(bool)
    if rule.nullable:
        bad &= cleaned.notna()
    if bad.any():
        words = (
            "kodem TERYT z 7 cyfr, ostatnia to rodzaj gminy (2261011, nie 226101)",
            "TERYT codes of 7 digits, the last one for the kind (2261011, not 226101)",
        )
        if areas:
            words = (
                "kodem TERYT z 7 cyfr (gmina), 4 (powiat), 2 (województwo) ani znakiem *",
                "TERYT codes of 7 digits (municipality), 4 (county), 2 (voivodeship), or *",
            )
        return cleaned, audit, [_bad(str(column.name), column, bad, *words)]
    return cleaned, audit, []


def _bad(name: str, column: pd.Series, bad: pd.Series, pl: str, en: str) -> Text:
    rows = ", ".join(f"{i}: {str(v)[:40]!r}" for i, v in column[bad].head(5).items())
    count = int(bad.sum())
    return Text(
        f"kolumna '{name}': {count} wartości nie jest {pl} (wiersz: wartość: {rows})",
        f"column '{name}': {count} values are not {en} (row: value: {rows})",
    )
