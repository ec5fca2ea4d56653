"""The files of one check beside its page: tables, a workbook, a package of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from metrogis.checks.contract import Result
from metrogis.i18n import _, number
from metrogis.report import gpkg, pages, tables, workbook
from metrogis.report.known import Results
from metrogis.report.packing import pack
from metrogis.report.tables import replace_file

KILOBYTES = _("{n} kB")
MEGABYTES = _("{n} MB")


def write_files(
    result: Result, directory: Path, languages: Sequence[str], known: Results
) -> list[Path]:
    """Write the tables of a result, its workbook and its package; return their paths.

    Parameters
    ----------
    result : Result
        What may be published of it (:mod:`metrogis.report.licences`).
    directory : Path
    languages : sequence of {"pl", "en"}
    known : mapping
        What each check knows of its layers.
    """
    name = result.check.id
    written = tables.write_csv(
        [result],
        directory,
        languages=languages,
        max_rows=pages.MAX_CSV_ROWS,
        packed_from=pages.LONG_ROWS,
        short=True,
    )
    book = directory / workbook_name(name)
    written.append(workbook.write([result], book, max_rows=pages.LONG_ROWS))
    own = {name: known[name]} if name in known else None
    written.append(write_package([result], directory / package_name(name), languages[0], own))
    return written


def workbook_name(check: str) -> str:
    """Return the name of a check's workbook: ``white_spots.xlsx``."""
    return f"{check}.xlsx"


def package_name(check: str) -> str:
    """Return the name of a check's package: ``white_spots.gpkg.zip``, which QGIS opens as it is."""
    return f"{check}.gpkg.zip"


def write_package(
    results: Iterable[Result], path: Path, language: str, known: Results | None
) -> Path:
    """Write results as a packed GeoPackage, a fifth of its size: GDAL and QGIS read it so.

    Parameters
    ----------
    results : iterable of Result
    path : Path
        Ends in ``.gpkg.zip``; the file in it is called the same without ``.zip``.
    language : str
        Of the styles in QGIS.
    known : mapping or None
        What each check knows of its layers.

    Raises
    ------
    PublishError
        When it cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix=".zip-", dir=path.parent) as folder:
        plain = gpkg.write(
            results, Path(folder) / path.name.removesuffix(".zip"), language=language, known=known
        )
        return replace_file(path, lambda made: pack(made, plain.name, plain.read_bytes()))


def sizes(folder: Path, check: str, language: str) -> dict[str, str]:
    """Return the size of each file that a check's page links, as its reader writes it.

    Returns
    -------
    dict of str to str
        File name -> ``1.2 MB``; files that are not there (yet) are left out.
    """
    found = [*(folder / "downloads").glob(f"{check}*"), *(folder / "pictures").glob(f"{check}.*")]
    return {path.name: size_text(path.stat().st_size, language) for path in sorted(found)}


def size_text(count: int, language: str) -> str:
    """Write a number of bytes for a reader.

    >>> size_text(1_234_567, "en"), size_text(999, "en"), size_text(51_200, "en")
    ('1.2 MB', '1 kB', '51 kB')
    """
    if count >= 1_000_000:
        return MEGABYTES.fill(n=number(count / 1e6, language, 1)).get(language)
    return KILOBYTES.fill(n=number(max(count / 1e3, 1), language, 0)).get(language)
