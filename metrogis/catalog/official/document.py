"""The table of official sources as a document in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrogis.catalog.official.sources import Table

_INTRODUCTION = """# Official sources

Where `metrogis layers new` lets layers come from. The addresses stand in one place,
`sources.toml` and `feeds.toml` of `metrogis/catalog/official`; they were read in public documents
and code in 2026 and **none of them was asked by this project** (`tested = false`). A layer without
a service waits for a file: until it is there its checks are skipped, or say what they do not know.

A file of the same form replaces any of them (`--sources FILE`, or `METROGIS_SOURCES`), for a mirror
in an office or for services of your own:

```toml
allow_local = true                       # the mirror is a machine of the office

[addresses]                              # beginning of an address = what stands in its place
"https://sdi.gdos.gov.pl/" = "http://mirror.office.example/gdos/"

[layers.structure]                       # a layer of one's own, or in place of an official one
countries = ["PL"]
[layers.structure.catalog]
driver = "vector"
path = "structure.gpkg"
licence = "own data"
attribution = "the office"
date = "2026"
fetch = { service = "download", url = "http://mirror.office.example/structure.gpkg" }
```
"""
_HEADS = ("layer", "what", "service", "address", "layer there", "columns", "CRS", "licence", "from")


def document(table: Table) -> str:
    """Return ``docs/sources.md``.

    Parameters
    ----------
    table : Table
        As the package has it.
    """
    rows = [row for name, layer in table.layers.items() for row in _rows(name, layer)]
    feeds = [
        (f.name, f.operator, ", ".join(f.areas), f"`{f.url}`", f.licence, f.redistribute)
        for f in table.feeds
    ]
    heads = ("feed", "operator", "runs in (TERYT)", "address", "licence", "may be passed on")
    return (
        f"{_INTRODUCTION}\n## Layers\n\n{_table(_HEADS, rows)}\n"
        f"## Timetables\n\n`*`: everywhere in Poland.\n\n{_table(heads, feeds)}"
    )


def _rows(name: str, layer: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return a row for each origin of a layer, or one for a layer that waits for a file."""
    catalog = layer["catalog"]
    asked = catalog.get("fetch", [])
    origins = asked if isinstance(asked, list) else [asked]
    about, licence = layer["about"]["en"], catalog["licence"]
    columns = ", ".join(f"{k} = {v}" for k, v in catalog.get("rename", {}).items())
    if not origins and "select" in catalog:
        tags = "; ".join(f"{k} = {' / '.join(v)}" for k, v in catalog["select"].items())
        return [(f"`{name}`", about, "file of streets", "", tags, columns, layer["crs"], licence,
                 catalog["attribution"])]  # fmt: skip
    found: list[tuple[str, ...]] = []
    for origin in origins or [{}]:
        there = origin.get("type") or origin.get("entry") or origin.get("product") or ""
        url = origin.get("url", "")
        found.append(
            (f"`{name}`", about, origin.get("service", "a file of yours"),
             f"`{url}`" if url else "", there, columns, layer["crs"], licence,
             catalog["attribution"])
        )  # fmt: skip
        about = ""
    return found


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )
