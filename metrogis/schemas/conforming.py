"""A layer brought into its schema's shape: cast, repaired, with all that is wrong in one error."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.errors import SchemaError
from metrogis.evidence.losses import Loss, loss, record
from metrogis.i18n import Text, _, join
from metrogis.osm import rows as osm_rows
from metrogis.provenance import Audit
from metrogis.schemas import codes, limits
from metrogis.schemas.casting import by_code, cast, set_apart
from metrogis.schemas.declared import get
from metrogis.schemas.kinds import Field, Schema
from metrogis.schemas.shapes import TORN, conform_geometry, torn_ones


def conform(frame: pd.DataFrame, schema: str, *, layer: str) -> tuple[Any, Audit]:
    """Bring a layer into the shape of its schema.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Not changed. Extra columns are kept.
    schema : str
        Name in :data:`metrogis.schemas.SCHEMAS`.
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
            _("the layer is empty"),
            layer=layer,
            remedy=_(
                "check the source and its filters; where there is no data, declare "
                'missing = "reason"'
            ),
        )
    lost: list[Loss] = []
    if rules.geometry:
        placed, audit = conform_geometry(out, rules, layer, audit)
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
            out, audit, unread = set_apart(out, name, rules, layer, audit)
            lost += unread
        out[name], audit, found = cast(out[name], rule, layer, audit)
        problems += found
        if rule.required and rule.kind == "number" and not found and out[name].isna().all():
            problems.append(
                _("column '{name}' ({text}): not one value is known").fill(
                    name=name, text=rule.text
                )
            )
    if not problems:
        problems += limits.broken(out, rules)
    if not problems and rules.in_order:
        problems += _out_of_order(out, *rules.in_order)
    if problems:
        raise SchemaError(
            join("; ", problems),
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
        return _(
            "write into the catalog, under [layers.{layer}] (check the meanings): {shown}"
        ).fill(layer=layer, shown=shown)
    return _("fix the source, or name the columns in [layers.*.rename] of the catalog")


def _out_of_order(frame: pd.DataFrame, start: str, end: str) -> list[Text]:
    """Return the rows that end before they start, in one text."""
    wrong = frame.index[frame[end] < frame[start]]
    if not len(wrong):
        return []
    shown = ", ".join(
        f"{row}: {frame[start][row]:%Y-%m-%d}..{frame[end][row]:%Y-%m-%d}" for row in wrong[:5]
    )
    return [
        _("'{end}' before '{start}' in {count} rows (row: period: {shown})").fill(
            end=end, start=start, count=len(wrong), shown=shown
        )
    ]


def _once(frame: Any, columns: tuple[str, ...], layer: str) -> tuple[Any, Audit]:
    """Drop rows that repeat another one: the same shape, the same values of ``columns``.

    Rows of one shape with other values may be two things at one place, or a mistake: they stay, and
    polygons among them (two counts of one cell) are told.
    """
    place = pd.DataFrame(frame.geometry.array.bounds)
    if not place.duplicated().any():
        return frame, Audit()
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    key = place.assign(**{f"_{c}": frame[c].to_numpy() for c in columns if c in frame.columns})
    again = np.flatnonzero(key.duplicated(keep=False).to_numpy())
    exact = key.iloc[again].assign(_shape=shapely.to_wkb(shapely.normalize(shapes[again])))
    drop = again[exact.duplicated().to_numpy()]
    text = _("rows repeated (the same shape, the same values): counted once")
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
        what = _("cells of the shape of another one, with another value: both count")
        audit = audit.add(layer, "noted", len(other), what, frame.index[other])
    return frame, audit


def _nothing_stands(layer: str) -> SchemaError:
    return SchemaError(
        _("nothing of the layer stands or is in use (OSM tags)"),
        layer=layer,
        remedy=_(
            "check the tags and the columns visible, action; rename columns that are not OSM's"
        ),
    )


def _lost_rows(rows: gpd.GeoDataFrame) -> list[Loss]:
    """Return the losses of rows without a usable geometry.

    One of another kind says where the row was; one without any may have been in the municipality
    that it names, else anywhere.
    """
    values = rows.geometry.to_numpy()
    bare = shapely.is_missing(values) | shapely.is_empty(values)
    other = _("geometry of another kind")
    torn = torn_ones(values)
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
        found.append(loss("row", TORN, rows.index[at[some]], where=np.array(boxes, object),
                          crs=rows.crs))  # fmt: skip
        bare[at[~some]] = True
    rows = rows.loc[bare]
    what = _("row without geometry")
    if not len(rows):
        return found
    return found + by_code(rows, what, [c for c in ("teryt",) if c in rows.columns])


def _missing_column(name: str, rule: Field, frame: pd.DataFrame) -> Text:
    have = ", ".join(str(c) for c in frame.columns[:12])
    return _("column '{name}' ({text}) is missing; there are: {have}").fill(
        name=name, text=rule.text, have=have
    )
