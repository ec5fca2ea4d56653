"""``--scenario``: a metropolis before and after a plan, published side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from metrogis.cli.common import output, plain, say
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import _
from metrogis.texts import default_language

ScenarioFile = Annotated[
    Path | None,
    typer.Option(
        "--scenario",
        metavar="PLAN.toml",
        help=say(_("a plan (TOML or GeoPackage): publish before/, after/ and change/")),
    ),
]

FOLDERS = ("before", "after", "change")


def read(path: Path) -> Any:
    """Return the scenario of a file: TOML, or a GeoPackage.

    Raises
    ------
    ScenarioError
    """
    from metrogis.scenario import Scenario

    return Scenario.from_gpkg(path) if path.suffix.lower() == ".gpkg" else Scenario.from_toml(path)


def both(metro: Any, path: Path, out: Path | None, *, run: dict[str, Any],
         publish: dict[str, Any]) -> tuple[Any, Any, Any, dict[str, str]]:  # fmt: skip
    """Run checks before and after a plan, and publish three folders.

    Parameters
    ----------
    metro : Metro
    path : Path
        The plan: refused before anything is computed where it does not fit the layers.
    out : Path or None
        Folder of the three; None: nothing is published.
    run, publish : dict
        Options of :func:`metrogis.atlas.run` and :meth:`metrogis.atlas.Atlas.publish`.

    Returns
    -------
    before, after : Atlas
    change : Comparison or None
        None where one of the two has no answer.
    indices : dict of str to str
        Folder -> its first page.

    Raises
    ------
    ScenarioError
    """
    from metrogis import atlas as atlases
    from metrogis.comparison import compare

    planned = metro.with_scenario(read(path))
    before = atlases.run(metro, **run)
    after = atlases.run(planned, **{**run, "store": None}, before=before)
    indices: dict[str, str] = {}
    if out is not None:
        for name, one in zip(FOLDERS, (before, after), strict=False):
            if one.results or not one.failed:
                indices[name] = str(one.publish(out / name, **publish))
    change = compare(before, after) if before.results and after.results else None
    if out is not None and change is not None:
        chosen = {k: publish[k] for k in ("languages", "site_url") if k in publish}
        indices["change"] = str(change.publish(out / "change", **chosen))
    return before, after, change, indices


def show(change: Any, indices: dict[str, str], seconds: float) -> None:
    """Print who gains and who loses, the lines with their kilometres, and where the pages are."""
    from metrogis.report.change import plan

    found = plan.shown(change.effects if change is not None else None, default_language())
    if found is not None:
        words = found["words"]
        table = Table(title=escape(words["winners"]), title_justify="left")
        table.add_column("", overflow="fold")
        names = ("gain", "loss", "better", "worse", "people_better", "people_worse")
        for name in names:
            table.add_column(escape(words[name]), justify="right")
        for title, label, numbers in found["winners"]:
            table.add_row(escape(f"{title}: {label}"), *numbers)
        output.print(table)
        if found["lines"]:
            table = Table(title=escape(words["lines"]), title_justify="left")
            for name in ("line", "day", "runs", "km", "cost"):
                table.add_column(escape(words[name]), overflow="fold")
            for row in found["lines"]:
                table.add_row(*(escape(cell) for cell in row))
            output.print(table)
    for name, index in indices.items():
        output.print(f"{name}: {escape(index)}")
    output.print(f"({seconds:.1f} s)")


def as_json(atlases: dict[str, Any], change: Any, indices: dict[str, str], seconds: float) -> str:
    """Return both states as JSON, with the summary of the comparison and the plan's effects."""
    from metrogis.report.change.files import effects_as_json

    summary = change.summary(default_language()).to_dict("records") if change is not None else []
    content = {
        "indices": indices,
        "seconds": round(seconds, 2),
        **atlases,
        "summary": [{k: plain(v) for k, v in row.items()} for row in summary],
        **(effects_as_json(change) if change is not None else {}),
    }
    return to_json(json.loads(json.dumps(content, default=str)), indent=1)
