"""The files of one check beside its page: tables, a workbook, a package of its own."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from metrogis.checks.contract import Result
from metrogis.i18n import _, number
from metrogis.report import gpkg, pages, tables, workbook
from metrogis.report.known import Results
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
    most = pages.MAX_CSV_ROWS
    written = tables.write_csv([result], directory, languages=languages, max_rows=most)
    written.append(workbook.write([result], directory / workbook_name(name), max_rows=most))
    package = directory / package_name(name)
    written.append(replace_file(package, lambda path: _zipped(result, path, languages[0], known)))
    return written


def workbook_name(check: str) -> str:
    """Return the name of a check's workbook: ``white_spots.xlsx``."""
    return f"{check}.xlsx"


def package_name(check: str) -> str:
    """Return the name of a check's package: ``white_spots.gpkg.zip``, which QGIS opens as it is."""
    return f"{check}.gpkg.zip"


def _zipped(result: Result, path: Path, language: str, known: Results) -> None:
    """Write the package of one result packed: a fifth of its size, and GDAL reads it so."""
    name = result.check.id
    with tempfile.TemporaryDirectory(prefix=".zip-", dir=path.parent) as folder:
        own = {name: known[name]} if name in known else None
        plain = gpkg.write([result], Path(folder) / f"{name}.gpkg", language=language, known=own)
        # the day of writing, as in the package itself: the same atlas gives the same file
        today = date.today()
        member = zipfile.ZipInfo(plain.name, (today.year, today.month, today.day, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o644 << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, plain.read_bytes())


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
