"""What of a result may be published: the licences of its layers as rules.

A catalog says of each layer what may be passed on (``redistribute``): its rows, only what is
computed from it, or neither its rows nor shapes made of them. What a table repeats of which layer
is declared by its check (:class:`~metrogis.checks.contract.Taken`). Here one becomes the other,
once, before anything is drawn or written: what a result no longer holds is in no map, picture,
table or file. What is kept back is named with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from metrogis.checks.contract import KeptBack, Result
from metrogis.i18n import Text, _
from metrogis.provenance import Audit, Source

TABLE_DERIVED = _(
    "“{table}” ({n:0} {n:plural:row|rows}): they are rows of the layer {layer}, of which only "
    "computed results may be passed on (licence: {licence})"
)
TABLE_NO = _(
    "“{table}” ({n:0} {n:plural:row|rows}): they are made of the layer {layer}, which may not be "
    "passed on (licence: {licence})"
)
COLUMN_NO = _(
    "the column {column} of “{table}”: it repeats names of the layer {layer}, which may not be "
    "passed on (licence: {licence})"
)
OUTLINES_NO = _(
    "the outlines of municipalities: the layer {layer} may not be passed on (licence: {licence})"
)


def publishable(result: Result) -> Result:
    """Return a result without what its layers' licences keep back.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Result
        Tables and rasters that repeat rows of a layer marked ``derived``, or shapes of one marked
        ``no``, are gone; names of the latter are missing values; examples in audit and losses are
        left out, their counts stay. ``kept_back`` names all of it. A result whose layers are all
        free comes back as it is.
    """
    rules = {source.layer: source.redistribute for source in result.provenance}
    if all(rule == "yes" for rule in rules.values()):
        return result
    sources = {source.layer: source for source in result.provenance}
    features, kept = {}, []
    municipalities, why = _municipalities(result, rules, sources)
    kept += why
    for name, table in result.features.items():
        taken = result.check.taken_by(name)
        layers = taken.kept_back_by(rules)
        if layers:
            kept += _of(sources, layers, name, len(table))
        else:
            features[name], why = _blanked(table, name, taken.blank(rules), sources)
            kept += why
    rasters = {}
    for name, grid in result.rasters.items():
        layers = result.check.taken_by(name).kept_back_by(rules)
        if layers:
            kept += _of(sources, layers, name, int(grid.valid.sum()))
        else:
            rasters[name] = grid
    return replace(
        result,
        municipalities=municipalities,
        features=features,
        rasters=rasters,
        audit=_quiet(result.audit, rules),
        evidence={
            name: replace(
                evidence, losses=tuple(replace(x, ids=(), names=()) for x in evidence.losses)
            )
            if rules.get(name) == "no"
            else evidence
            for name, evidence in result.evidence.items()
        },
        kept_back=tuple(kept),
    )


def _of(
    sources: Mapping[str, Source], layers: Iterable[str], table: str, count: int, column: str = ""
) -> list[KeptBack]:
    return [
        KeptBack(
            table,
            layer,
            sources[layer].licence,
            "no" if sources[layer].redistribute == "no" else "derived",
            count,
            column,
        )
        for layer in layers
    ]


def _municipalities(
    result: Result, rules: Mapping[str, str], sources: Mapping[str, Source]
) -> tuple[gpd.GeoDataFrame, list[KeptBack]]:
    """Return the municipal table; its rows are results and stay, outlines and names may not."""
    name = "municipalities"
    taken = result.check.taken_by(name)
    table, kept = _blanked(result.municipalities, name, taken.blank(rules), sources)
    layers = taken.kept_back_by(rules)
    if layers:
        kept += _of(sources, layers, name, len(table))
        table = table.set_geometry(
            gpd.GeoSeries([None] * len(table), index=table.index, crs=table.crs)
        )
    return table, kept


def _blanked(
    table: gpd.GeoDataFrame,
    name: str,
    blank: Mapping[str, Sequence[str]],
    sources: Mapping[str, Source],
) -> tuple[gpd.GeoDataFrame, list[KeptBack]]:
    """Return a table without the values of some columns, and what that keeps back."""
    there = {column: layers for column, layers in blank.items() if column in table.columns}
    if not there:
        return table, []
    empty = {column: pd.Series(None, index=table.index, dtype=object) for column in there}
    kept = [
        item
        for column, layers in there.items()
        for item in _of(sources, layers, name, int(table[column].notna().sum()), column)
    ]
    return table.assign(**empty), kept


def _quiet(audit: Audit, rules: Mapping[str, str]) -> Audit:
    """Return the audit without examples of layers that may not be passed on.

    A row may name a feed or a table of a layer instead of the layer: then any such layer counts.
    """
    any_closed = "no" in rules.values()
    return Audit(
        tuple(
            replace(row, examples="")
            if rules.get(row.layer, "no" if any_closed else "yes") == "no"
            else row
            for row in audit
        )
    )


def sentence(item: KeptBack, title: Text) -> Text:
    """Return what is kept back, and why, as a reader is told it.

    Parameters
    ----------
    item : KeptBack
    title : Text
        Of the table.
    """
    if item.column:
        template = COLUMN_NO
    elif item.table == "municipalities":
        template = OUTLINES_NO
    else:
        template = TABLE_NO if item.rule == "no" else TABLE_DERIVED
    return template.fill(
        table=title, n=item.count, layer=item.layer, licence=item.licence, column=item.column
    )
