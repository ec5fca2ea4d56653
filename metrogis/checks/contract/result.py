"""What a check answers with."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from metrogis.bound import bound
from metrogis.checks.contract import knowledge, outlines
from metrogis.checks.contract.declaration import Check
from metrogis.checks.contract.presentation import Finding, View, unknown_first
from metrogis.checks.contract.run import Run
from metrogis.checks.contract.taken import KeptBack
from metrogis.errors import ParameterError
from metrogis.evidence import Evidence
from metrogis.i18n import _, default_language
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit, Source


@dataclass(frozen=True)
class Outcome:
    """What the function of a check found, before it becomes a :class:`Result`.

    Attributes
    ----------
    municipalities : GeoDataFrame
        Every municipality of the input, in its order.
    features : mapping of GeoDataFrame
    findings : sequence of Finding
    rasters : mapping of Grid
    """

    municipalities: gpd.GeoDataFrame
    features: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    rasters: Mapping[str, Grid] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Answer of a check.

    Attributes
    ----------
    check : Check
    municipalities : GeoDataFrame
        One row per municipality of the input, in its order; working CRS. NaN is "unknown".
    features : dict of GeoDataFrame
        Named tables of places: cells, spots, links, stations.
    findings : tuple of Finding
        Sentences with numbers, Polish and English.
    parameters : Parameters
    provenance : tuple of Source
        One per input layer.
    audit : Audit
        What was dropped, repaired, guessed or modelled.
    rasters : dict of Grid
        Named planes of cells (a current map), in the working CRS.
    evidence : dict of Evidence
        By input layer: where it is known, what of it was lost.
    kept_back : tuple of KeptBack
        What licences keep from being published; empty for a result as a check answers it.
    """

    check: Check
    municipalities: gpd.GeoDataFrame
    features: dict[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    parameters: Any
    provenance: tuple[Source, ...]
    audit: Audit
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    rasters: dict[str, Grid] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict, repr=False, compare=False)
    kept_back: tuple[KeptBack, ...] = ()

    @property
    def tables(self) -> dict[str, gpd.GeoDataFrame]:
        """All tables: ``municipalities`` first, then the features."""
        return {"municipalities": self.municipalities, **self.features}

    @cached_property
    def figures(self) -> dict[str, float]:
        """The headline numbers: the values of all findings by name."""
        return {name: value for f in self.findings for name, value in f.values.items()}

    @property
    def main_view(self) -> View | None:
        """The view that tells how much is known: the first with a ground, else the first."""
        there = [v for v in self.check.views if v.table in self.tables]
        grounded = (
            v
            for v in there
            if v.ground and v.ground.shares(self.tables, self.check.columns) is not None
        )
        return next(grounded, there[0] if there else None)

    @cached_property
    def known_share(self) -> float:
        """Share (0-1) of the main view that is known: of the land of its ground, else of its rows.

        Maps open on the known part, and findings begin with what is not known, where it is less
        than half (:attr:`mostly_unknown`).
        """
        view = self.main_view
        if view is None:
            return 1.0
        shares = view.ground.shares(self.tables, self.check.columns) if view.ground else None
        if view.ground is not None and shares is not None:
            return knowledge.weighted_share(self.tables[view.ground.table], shares)
        table = self.tables[view.table]
        return knowledge.weighted_share(table, view.known_rows(table))

    @property
    def mostly_unknown(self) -> bool:
        """Whether more than half of what the check maps is not known."""
        return self.known_share < knowledge.HALF

    def sentences(self, language: str = "en") -> list[str]:
        """Return the findings as sentences in ``pl`` or ``en``."""
        return [f.render().get(language) for f in self.findings]

    def sensitivity(self, **ranges: Iterable[Any]) -> pd.DataFrame:
        """Return the headline figures over a range of parameters (all combinations).

        Parameters
        ----------
        **ranges : iterables
            Parameter name -> values, e.g. ``bus_walk_limit=[300, 400, 500]``.

        Returns
        -------
        DataFrame
            One row per combination: the parameters, then every figure. The row that stands for
            the present parameters has ``current`` = True.

        Raises
        ------
        ParameterError
            For an unknown parameter, or none.
        """
        if not ranges:
            raise ParameterError(
                _("give a parameter and its values"),
                layer=self.check.id,
            )
        present = self.parameters.model_dump()
        names = list(ranges)
        combinations = list(itertools.product(*(list(ranges[n]) for n in names)))
        for values in combinations:  # all are checked before any is run
            self.check.parameters.read(
                {**present, **dict(zip(names, values, strict=True))}, check=self.check.id
            )
        rows = []
        for values in combinations:
            chosen = dict(zip(names, values, strict=True))
            same = all(present[n] == v for n, v in chosen.items())
            result = self if same else self.check.function(**self.inputs, **{**present, **chosen})
            rows.append({**chosen, "current": same, **result.figures})
        return pd.DataFrame(rows)

    def robustness(
        self,
        n: int = 200,
        seed: int = 0,
        *,
        ranges: Mapping[str, Any] | None = None,
        table: pd.DataFrame | None = None,
        measure: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        workers: int = 1,
    ) -> Any:
        """Return how firm the verdicts are when thresholds are drawn from their ranges.

        The verdict of a municipality is the column ``verdict``, else the class of the leading
        headline measure on the map (without such a map: the third of the present answer that it is
        in). Layers are those of the result: nothing is read again.

        Parameters
        ----------
        n : int
            Number of draws.
        seed : int
            The same seed draws the same.
        ranges : mapping of str to float or (float, float), optional
            Parameter -> share of its value up and down, or lowest and highest value; drawn evenly,
            each on its own. Default: the ranges that the check's parameters declare.
        table : DataFrame, optional
            Draws of your own in place of these: a row a draw, a column a parameter.
        measure : str, optional
            Another column of ``municipalities``.
        progress : callable, optional
            Called with the number of draws done, and of all.
        workers : int
            Processes at a time (Linux).

        Returns
        -------
        Robustness
            ``.table`` by municipality: ``teryt``, ``verdict_share``, ``rank_share`` (same third of
            the ranking), ``low``, ``high`` (over all draws, what is unknown as no and as yes), ...

        Raises
        ------
        ParameterError
            For an unknown parameter or measure, or ranges that the check refuses.

        Examples
        --------
        >>> firm = metro.check("white_spots").robustness(50)  # doctest: +SKIP
        >>> firm.table[["name", "verdict", "verdict_share", "low", "high"]]  # doctest: +SKIP
        """
        return bound("robustness")(
            self,
            n,
            seed,
            ranges=ranges,
            table=table,
            measure=measure,
            progress=progress,
            workers=workers,
        )

    # Drawing and writing are bound by the front of the package: checks stay free of both.

    def explore(
        self,
        *,
        language: str | None = None,
        view: str | None = None,
        column: str | None = None,
        m: Any = None,
    ) -> Any:
        """Return the result as a ``folium.Map`` with safe texts and an honest legend.

        Parameters
        ----------
        language : {"en", "pl"}, optional
        view : str, optional
            Only the views of this table, column or title, or this raster.
        column : str, optional
            A column of a table, also one that no view of the check shows.
        m : folium.Map, optional
            A map to draw on, as ``GeoDataFrame.explore`` takes it; its layers stay, and
            ``folium.LayerControl`` lists those of the result beside them.

        Examples
        --------
        >>> spots = metro.check("white_spots")  # doctest: +SKIP
        >>> m = metro.municipalities.explore(color="grey")  # doctest: +SKIP
        >>> spots.explore(column="white_share", m=m)  # doctest: +SKIP
        """
        chosen = language or default_language()
        return bound("explore")(self, language=chosen, view=view, column=column, m=m)

    def plot(
        self,
        path: str | Path | None = None,
        *,
        view: str | None = None,
        column: str | None = None,
        ax: Any = None,
        language: str | None = None,
    ) -> Any:
        """Draw one view, or a column, and return the ``matplotlib`` axes.

        ``path`` (PNG, SVG or PDF) also writes the figure; ``ax`` are axes to draw on.

        Examples
        --------
        >>> ax = metro.check("white_spots").plot("spots.svg")  # doctest: +SKIP
        >>> ax.set_title("Before the new line")  # doctest: +SKIP
        """
        chosen = language or default_language()
        return bound("plot")(self, path, view=view, column=column, ax=ax, language=chosen)

    def to_excel(self, path: str | Path) -> Path:
        """Write all tables to one XLSX file: a sheet a table, and what the columns mean."""
        return Path(bound("write_excel")([self], Path(path)))

    def to_gpkg(self, path: str | Path) -> Path:
        """Write all tables to one GeoPackage with QGIS styles; return its path."""
        return Path(bound("write_gpkg")([self], Path(path)))

    def to_parquet(self, directory: str | Path) -> list[Path]:
        """Write each table to ``directory/<check>_<table>.parquet``; return the paths."""
        return list(bound("write_parquet")([self], Path(directory)))

    def to_geotiff(self, directory: str | Path) -> list[Path]:
        """Write each raster to ``directory/<check>_<raster>.tif``; return the paths."""
        return list(bound("write_geotiff")([self], Path(directory)))

    def _repr_html_(self) -> str:
        language = default_language()
        lines = "".join(f"<li>{html.escape(s)}</li>" for s in self.sentences(language))
        title = html.escape(self.check.title.get(language))
        parts = ", ".join(f"{name} ({len(table)})" for name, table in self.tables.items())
        return (
            f"<div><b>{self.check.direction} {title}</b><ul>{lines}</ul>"
            f"<small>{html.escape(parts)}; audit: {len(self.audit)}</small></div>"
        )

    def __repr__(self) -> str:
        shape = ", ".join(f"{name}: {len(table)} rows" for name, table in self.tables.items())
        return f"<Result of {self.check.id}: {shape}; {len(self.findings)} findings>"


def _no_outline(names: Sequence[str]) -> Finding:
    """Return the sentence on municipalities whose land is in no sum."""
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return Finding(
        _(
            "No outline in the data: {no_outline:0} "
            "{no_outline:plural:municipality|municipalities} ({which}); "
            "{no_outline:plural:its|their} land is unknown and in no sum."
        ),
        {"no_outline": float(len(names))},
        {"which": shown},
    )


def finish(run: Run, outcome: Outcome) -> Result:
    """Make the result of a run; every municipality of the input must be a row of it, in order.

    Of one without an outline all that is measured on land becomes unknown, and a finding says
    that it is in no sum.
    """
    check, given = run.check, run.municipalities
    municipalities, findings = outcome.municipalities, tuple(outcome.findings)
    if municipalities["teryt"].tolist() != given["teryt"].tolist():
        raise AssertionError(f"{check.id}: result lost or reordered municipalities")
    gone = outlines.without_outline(given)
    columns = check.columns["municipalities"]
    if gone.any() and any(column.land for column in columns.values()):
        municipalities = outlines.unknown_land(municipalities, columns, gone)
        findings = (_no_outline(given["name"][gone].astype(str).tolist()), *findings)
    made = Result(
        check=check,
        municipalities=municipalities,
        features=dict(outcome.features),
        rasters=dict(outcome.rasters),
        findings=findings,
        parameters=run.parameters,
        provenance=run.sources,
        audit=run.audit,
        inputs=run.given,
        evidence=dict(run.evidence),
    )
    if made.findings and made.mostly_unknown:
        title = made.main_view.title if made.main_view else check.title
        said = unknown_first(made.findings, 1.0 - made.known_share, title)
        made = replace(made, findings=said)
    return made
