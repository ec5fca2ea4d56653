"""What holds all results at once, a package and a project; a fault costs its own check only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from metrogis.checks.contract import Result
from metrogis.errors import CheckError, MetrogisError, PublishError
from metrogis.report import known as evidence
from metrogis.report import packages, pages, project


def write_package(
    atlas: pages.AtlasLike, known: evidence.Results, path: Path, languages: Sequence[str]
) -> dict[str, MetrogisError]:
    """Write the package and the projects of all results; of those that cannot be, return why.

    Parameters
    ----------
    atlas : AtlasLike
    known : mapping
        What each check knows of its layers.
    path : Path
        Of the package; projects are written beside it.
    languages : sequence of {"pl", "en"}
        The first is that of the styles in the package.
    """
    results = list(atlas.results.values())
    if not results:
        return {}

    def write(some: list[Result]) -> None:
        packages.write_package(some, path, languages[0], known)

    faults: dict[str, MetrogisError] = {}
    whole = results
    try:
        write(results)
    except Exception as error:
        if of_the_disk(error):
            raise
        for result in results:
            faults |= faults_of(result.check.id, partial(write, [result]))
        path.unlink(missing_ok=True)
        whole = [r for r in results if r.check.id not in faults]
        if not whole and isinstance(error, PublishError):
            raise  # none can be written: that is the folder's fault, or the disk's
        if whole:
            write(whole)
    if whole:
        titles = {language: atlas.title.get(language) for language in languages}
        project.write(whole, path.parent, path.name, titles)
    return faults


def faults_of(check_id: str, draw: Callable[[], object]) -> dict[str, MetrogisError]:
    """Draw; return what a check stopped on: whatever it is, the other checks go on."""
    try:
        draw()
    except Exception as error:
        if of_the_disk(error):
            raise
        return {check_id: CheckError.of(check_id, error, drawing=True)}
    return {}


def of_the_disk(error: BaseException) -> bool:
    """Tell whether an error concerns the folder, and so the whole atlas, not one result."""
    return isinstance(error, OSError) or isinstance(error.__cause__, OSError)
