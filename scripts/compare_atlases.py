"""Tell whether two published atlases hold the same numbers: atlas.json, CSV and GeoTIFF files.

python scripts/compare_atlases.py BEFORE AFTER

Figures, findings, parameters, known shares, evidence and every table must be equal; version and
date of creation may differ, and pages and pictures are not compared. Exits with 1 and lists what
differs. Meant for changes of code that are to change no result.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FREE = frozenset({"version", "created", "generator", "files"})
"""Keys of atlas.json that may differ; files are compared by name below."""

COMPARED = ("*.csv", "*.csv.zip", "*.json", "*.tif")


def differences(before: Path, after: Path, tolerance: float = 0.0) -> Iterator[str]:
    """Yield one line for each value, table or file that differs.

    Parameters
    ----------
    before, after : Path
        Folders of published atlases.
    tolerance : float
        Figures that differ by no more than this, or this part of themselves, are equal: outlines
        that were written and read again are the same to the last digit but one.
    """
    contents = [json.loads((x / "atlas.json").read_text(encoding="utf-8")) for x in (before, after)]
    yield from _values(
        *({k: v for k, v in content.items() if k not in FREE} for content in contents),
        "atlas.json",
        tolerance,
    )
    folders = (before / "downloads", after / "downloads")
    names = [
        {path.name for pattern in COMPARED for path in folder.glob(pattern)} for folder in folders
    ]
    for name in sorted(names[0] ^ names[1]):
        yield f"downloads/{name}: only in {before if name in names[0] else after}"
    for name in sorted(names[0] & names[1]):
        if _content(folders[0] / name) != _content(folders[1] / name):
            yield f"downloads/{name}: {_first_line(folders[0] / name, folders[1] / name)}"


def _values(one: Any, two: Any, place: str, tolerance: float) -> Iterator[str]:
    """Yield the places where two JSON values differ."""
    if isinstance(one, dict) and isinstance(two, dict):
        for key in [*one, *(k for k in two if k not in one)]:
            yield from _values(one.get(key), two.get(key), f"{place}: {key}", tolerance)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for i, (a, b) in enumerate(zip(one, two, strict=True)):
            yield from _values(a, b, f"{place}[{i}]", tolerance)
    elif isinstance(one, float) and isinstance(two, float):
        if not math.isclose(one, two, rel_tol=tolerance, abs_tol=tolerance):
            yield f"{place}: {one} -> {two}"
    elif one != two:
        yield f"{place}: {str(one)[:80]} -> {str(two)[:80]}"


def _content(path: Path) -> str:
    return hashlib.sha256(_bytes(path)).hexdigest()


def _bytes(path: Path) -> bytes:
    """Return what a file holds; of a packed table the table."""
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def _first_line(one: Path, two: Path) -> str:
    if one.suffix == ".tif":
        return "other cells"
    rows = [_bytes(path).decode("utf-8", "replace").splitlines() for path in (one, two)]
    if len(rows[0]) != len(rows[1]):
        return f"{len(rows[0])} lines -> {len(rows[1])}"
    line = next(i for i, (a, b) in enumerate(zip(*rows, strict=True)) if a != b)
    return f"line {line + 1}: {rows[0][line][:100]} -> {rows[1][line][:100]}"


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    found = list(differences(options.before, options.after))
    print("\n".join(found) if found else "the same numbers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
