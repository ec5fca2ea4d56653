"""A synthetic metropolis with planted, known truths.

Real data has no ground truth, and complete real layers cannot be shipped. :func:`build` invents a
metropolis on a coast and writes it in the formats that real data comes in, with a catalog, and with
``truth.json``: what was planted, where, and what each check must therefore find.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from metrogis.demo.describe import catalog
from metrogis.demo.files import bbox_of, write_all
from metrogis.demo.frame import SizeName, size_of
from metrogis.demo.world import World, make_world
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _

__all__ = ["VERSION", "World", "build", "make_world", "size_of"]

VERSION = 22
"""Raised when the same seed gives another metropolis than before."""

LEAST, MOST = 2000, 60_000
"""Residents per municipality, on average: with fewer or more no such metropolis can be drawn."""


def build(
    directory: str | Path,
    municipalities: int | None = None,
    people: int | None = None,
    seed: int = 1,
    *,
    size: SizeName = "S",
) -> Path:
    """Write an invented metropolis.

    Parameters
    ----------
    directory : str or Path
        Where to; made when it is not there. An older demo in it is replaced; any other folder with
        something in it is left alone and refused.
    municipalities : int, optional
        How many; at least 6. Default: that of ``size``.
    people : int, optional
        Residents; 2,000 to 60,000 per municipality. Default: that of ``size``.
    seed : int, optional
        Another seed, another metropolis. The same seed gives the same files, byte for byte.
    size : {"S", "M", "L", "XL"}
        12 municipalities and 250,000 people, 25 and 650,000, 60 and 1,600,000, 300 and 8,000,000.

    Returns
    -------
    Path
        The folder, with ``catalog.toml``, ``truth.json`` and a scenario, ``plan.toml``.

    Raises
    ------
    ParameterError
        When a number is out of range, the folder holds something that is not a demo, or no
        metropolis can be drawn from these numbers and this seed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as where:
    ...     folder = build(Path(where) / "demo", municipalities=6, people=40_000)
    ...     sorted(p.name for p in folder.iterdir())[:3]
    ['bike_parking.geojson', 'buildings.gpkg', 'built_up_2014.tif']
    """
    target = Path(directory)
    _check(target, size, municipalities, people, seed)
    wanted = size_of(size, municipalities=municipalities, people=people)
    try:
        world = make_world(wanted, seed)
    except (ArithmeticError, LookupError, ValueError) as error:  # land too small for its plants
        raise ParameterError(
            _("no metropolis can be drawn from these numbers and this seed"),
            layer="demo",
            place=f"municipalities={wanted.municipalities}, people={wanted.people}, seed={seed}",
            remedy=_("give another seed"),
        ) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}"
    work.mkdir()
    try:
        layers, _unused = write_all(world, work)
        text = catalog(size, seed, bbox_of(world), layers)
        (work / "catalog.toml").write_text(text, encoding="utf-8")
        old = None
        if target.exists():
            old = target.parent / f".{target.name}.old.{uuid.uuid4().hex[:8]}"
            target.rename(old)
        work.rename(target)
        if old is not None:
            shutil.rmtree(old)
    finally:
        if work.exists():
            shutil.rmtree(work)
    return target


def _check(
    target: Path, size: str, municipalities: int | None, people: int | None, seed: int
) -> None:
    def refuse(text: Text, place: str, remedy: Text | None = None) -> ParameterError:
        return ParameterError(text, layer="demo", place=place, remedy=remedy)

    if size not in ("S", "M", "L", "XL"):
        raise refuse(_("size is S, M, L or XL"), f"size={size!r}")
    if municipalities is not None and not 6 <= municipalities <= 200:
        raise refuse(
            _("municipalities must be 6 to 200"),
            f"municipalities={municipalities}",
        )
    if people is not None and not 30_000 <= people <= 5_000_000:
        raise refuse(
            _("people must be 30,000 to 5,000,000"),
            f"people={people}",
        )
    wanted = size_of(size, municipalities=municipalities, people=people)
    each = wanted.people / wanted.municipalities
    if not LEAST <= each <= MOST:
        raise refuse(
            _("there may be {least} to {most} people per municipality").fill(
                least=LEAST, most=MOST
            ),
            f"municipalities={wanted.municipalities}, people={wanted.people}",
            _("change the number of either"),
        )
    if seed < 0:
        raise refuse(_("seed cannot be negative"), f"seed={seed}")
    empty = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not empty and not (
        target.is_dir()
        and (target / "truth.json").is_file()
        and (target / "catalog.toml").is_file()
    ):
        raise refuse(
            _("the folder is not empty and is not a demo"),
            str(target),
            _("name a new or empty folder"),
        )
