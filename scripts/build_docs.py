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

from metrogis.checks import registry
from metrogis.checks.citations import Citation, section_number
from metrogis.layer_tables import document

DOCS = Path(__file__).resolve().parent.parent / "docs"
_BLOCK = re.compile(r"(<!-- parameters: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def methods(text: str) -> str:
    """Return the methods with the table of parameters of each check as the code has it."""
    return _BLOCK.sub(lambda m: f"{m[1]}{parameters(m[2])}{m[3]}", text)


def parameters(check_id: str) -> str:
    """Return the parameters of a check as a table in Markdown."""
    model = registry.get(check_id).parameters
    defaults = model().model_dump()
    rows = [
        (f"`{name}`", spec.label.en, _value(defaults[name]), spec.unit, _source(spec.citation))
        for name, spec in model.specs().items()
    ]
    return _table(("parameter", "meaning", "default", "unit", "source"), rows)


def _value(value: Any) -> str:
    if isinstance(value, dict | list | tuple | set):
        return ", ".join(map(_value, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _source(cited: Citation) -> str:
    words = f"[{cited.text.en}]({cited.url})" if cited.url else cited.text.en
    if not cited.section:
        return words
    return f"{words} ([{section_number(cited.section)}](#{cited.section}))"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def built() -> dict[Path, str]:
    """Return each generated file with the text it should have."""
    path = DOCS / "methods.md"
    return {
        path: methods(path.read_text(encoding="utf-8")),
        DOCS / "layers.md": document(),
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
