"""``metrogis compare``: publications side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from metrogis.cli.atlas import languages_of
from metrogis.cli.common import AsJson, Debug, Languages, Out, app, output, plain, say
from metrogis.cli.guard import guarded
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import _, pgettext
from metrogis.texts import default_language


@app.command(
    name="compare",
    help=say(_("Compare published atlases: what got better or worse, what cannot be compared.")),
)
@guarded
def compare(
    states: Annotated[
        list[str],
        typer.Argument(
            metavar="OLD NEW",
            help=say(_("published folders or GeoPackages in the order of time, two or more")),
        ),
    ],
    out: Out = Path("change"),
    codes: Annotated[
        Path | None,
        typer.Option(
            "--codes",
            metavar="FILE",
            help=say(_("CSV file of changed TERYT codes: old, new, date")),
        ),
    ] = None,
    lang: Languages = "pl,en",
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare published atlases."""
    from metrogis.comparison import VERDICTS
    from metrogis.comparison import compare as compared
    from metrogis.comparison.comparison import WORDS

    chosen = languages_of(lang)
    found = compared(*states, codes=codes)
    index = found.publish(out, languages=chosen)
    counts = found.table["verdict"].value_counts()
    language = default_language()
    if as_json:
        rows = found.summary(language).to_dict("records")
        print(
            to_json(
                {
                    "index": str(index),
                    "states": [state.name for state in found.states],
                    "verdicts": {v: int(counts.get(v, 0)) for v in VERDICTS},
                    "summary": [{k: plain(v) for k, v in row.items()} for row in rows],
                },
                indent=1,
            )
        )
        return
    table = Table(title=escape(" → ".join(s.name for s in found.states)), title_justify="left")
    table.add_column(say(pgettext("comparison", "measure")), overflow="fold")
    for verdict in VERDICTS:
        table.add_column(WORDS[verdict].get(language), justify="right")
    for row in found.summary(language).to_dict("records"):
        cells = [str(row[verdict]) for verdict in VERDICTS]
        table.add_row(escape(f"{row['title']}: {row['label']}"), *cells)
    output.print(table)
    output.print(say(_("Comparison: {}")).format(escape(str(index))))
