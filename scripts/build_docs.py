"""Write the parts of ``docs/`` that come from the code: parameters of the methods, layers.

python scripts/build_docs.py            # writes the files
python scripts/build_docs.py --check    # exits with 1 where a file is not up to date
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from metrogis import documents
from metrogis.catalog.document import document
from metrogis.catalog.official import read_table
from metrogis.catalog.official.document import document as official
from metrogis.checks import registry
from metrogis.checks.contract.citations import Citation, section_number
from metrogis.maps.texts import NO, YES
from metrogis.texts import Text
from metrogis.units import unit_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEADS = (
    Text("parametr", "parameter"),
    Text("znaczenie", "meaning"),
    Text("domyślnie", "default"),
    Text("jednostka", "unit"),
    Text("źródło", "source"),
)
_NONE = Text("brak", "none")
_EXAMPLE = re.compile(r"(<!-- example: ([\d.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_BLOCK = re.compile(r"(<!-- parameters: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def methods(text: str, language: str = "en") -> str:
    """Return the methods with the table of parameters of each check as the code has it."""
    numbers = {heading.number: heading.anchor for heading in documents.headings(text)}
    return _BLOCK.sub(lambda m: f"{m[1]}{parameters(m[2], language, numbers)}{m[3]}", text)


def with_examples(text: str, english: str) -> str:
    """Return the Polish methods with the examples of the English ones: the code is the same."""
    found: dict[str, str] = {}
    for part in re.split(r"^#{2,3} (?=\d)", english, flags=re.MULTILINE)[1:]:
        code = re.search(r"^```python\n.*?^```\n", part, re.DOTALL | re.MULTILINE)
        found[part.partition(" ")[0]] = code.group() if code else ""
    return _EXAMPLE.sub(lambda m: f"{m[1]}{found[m[2]]}{m[3]}", text)


def parameters(check_id: str, language: str, numbers: dict[str, str]) -> str:
    """Return the parameters of a check as a table in Markdown; ``numbers``: number -> anchor."""
    model = registry.get(check_id).parameters
    defaults = model().model_dump()
    rows = [
        (
            f"`{name}`",
            spec.label.get(language),
            _value(defaults[name], language),
            spec.unit if language == "en" else unit_text(spec.unit).pl,
            _source(spec.citation, language, numbers),
        )
        for name, spec in model.specs().items()
    ]
    return _table(tuple(head.get(language) for head in HEADS), rows)


def _value(value: Any, language: str) -> str:
    if isinstance(value, dict | list | tuple | set):
        return ", ".join(_value(item, language) for item in value) or _NONE.get(language)
    if isinstance(value, bool) or value is None:
        return {True: YES, False: NO, None: _NONE}[value].get(language)
    if not isinstance(value, float):
        return str(value)
    return f"{value:.6g}".replace(".", "," if language == "pl" else ".")


def _source(cited: Citation, language: str, numbers: dict[str, str]) -> str:
    text = cited.text.get(language)
    words = f"[{text}]({cited.url})" if cited.url else text
    if not cited.section:
        return words
    number = section_number(cited.section)
    return f"{words} ([{number}](#{numbers[number]}))"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def built() -> dict[Path, str]:
    """Return each generated file with the text it should have."""
    english = (DOCS / documents.FILE).read_text(encoding="utf-8")
    polish = (DOCS / documents.POLISH).read_text(encoding="utf-8")
    return {
        DOCS / documents.FILE: methods(english),
        DOCS / documents.POLISH: with_examples(methods(polish, "pl"), english),
        DOCS / "layers.md": document(),
        DOCS / "sources.md": official(read_table()),
    }


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    stale = 0
    for path, text in built().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{path.name}: {'not up to date' if options.check else 'written'}")
        if not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
