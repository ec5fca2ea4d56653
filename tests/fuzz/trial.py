"""One trial: a layer's files mutated, read through the catalog; what came of it."""

from __future__ import annotations

import os
import random
import shutil
import time
import traceback
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import metrogis as mg
from metrogis.errors import MetrogisError
from metrogis.provenance import audit_of
from metrogis.sources import files
from tests.fuzz import mutations, world

SLOW = 30.0
"""Seconds after which a trial is a finding: an input of a few kB must not hold a machine up."""
_OURS = os.sep + "metrogis" + os.sep
_CLUMSY = (
    AssertionError,
    NameError,
    AttributeError,
    TypeError,
    IndexError,
    KeyError,
    ZeroDivisionError,
)
"""What a reader may not raise in its own lines: it met what it did not expect."""


class Outcome(NamedTuple):
    """What came of a trial: ``read``, ``refused``, or a finding; ``how`` groups findings."""

    number: int
    layer: str
    done: str
    state: str
    how: str = ""
    seconds: float = 0.0


def run(number: int, seed: int, base: Path, folder: Path) -> Outcome:
    """Run one trial in a folder of its own.

    Parameters
    ----------
    number, seed : int
        Name the trial: the same two give the same files.
    base : Path
        The metropolis as it was written.
    folder : Path
        Filled anew.
    """
    rng = random.Random(f"{seed}:{number}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    layer = rng.choice((*world.DECLARED, "catalog"))
    if rng.random() < 0.5:
        text = world.catalog_text(box=True)
        (folder / "catalog.toml").write_text(text, encoding="utf-8")
    done = _mutate(folder, layer, rng)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state, how = _read(folder, layer)
    seconds = time.perf_counter() - start
    if seconds > SLOW and state in ("read", "refused"):
        state, how = "slow", f"{layer} {done}"
    return Outcome(number, layer, done, state, how, round(seconds, 2))


def _mutate(folder: Path, layer: str, rng: random.Random) -> str:
    if layer == "catalog":
        return mutations.mutate_file(folder / "catalog.toml", rng)
    own = _files(folder, layer)
    done = []
    for path in rng.sample(own, k=1 if rng.random() < 0.85 else min(2, len(own))):
        if len(own) > 1 and rng.random() < 0.05:
            path.unlink()
            done.append("removed")
        elif rng.random() < 0.02:  # another layer's file under this one's name
            every = sorted(p for p in folder.rglob("*") if p.is_file())
            shutil.copyfile(rng.choice([p for p in every if p != path]), path)
            done.append("exchanged")
        else:
            done.append(mutations.mutate_file(path, rng))
    return "+".join(done)


def _files(folder: Path, layer: str) -> list[Path]:
    """Return the files that a layer is read from, those beside among them."""
    import tomllib

    declared = tomllib.loads(world.catalog_text(box=False))["layers"][layer]
    paths = [folder / p for p in (declared["path"], *declared.get("more", ()))]
    found = files.opened(paths)
    return [
        file
        for path in found
        for file in (sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path])
    ]


def _read(folder: Path, layer: str) -> tuple[str, str]:
    try:
        metro = mg.open_metro(folder, data=folder)
        names = list(world.DECLARED)[:1] if layer == "catalog" else [layer]
        for name in names:
            _use(metro, name)
    except MetrogisError as error:
        return _judged(error, layer)
    except Exception as error:
        return "raised", _where(error)
    return "read", ""


def _use(metro: Any, name: str) -> None:
    """Read a layer and ask of it what is read later only."""
    if name not in metro:
        return
    found = metro[name]
    if name.startswith("streets"):
        found.walk, found.bike, found.extent, found.losses
    elif name == "plans":
        found.losses
    elif name == "timetable":
        found.day_types
    audit_of(found).to_frame("pl")
    if isinstance(found, pd.DataFrame):
        for column in found.select_dtypes("number"):
            values = found[column].to_numpy(dtype="float64", na_value=np.nan)
            if np.isinf(values).any():
                raise RuntimeError(f"infinite numbers in {name}")


def _judged(error: MetrogisError, layer: str) -> tuple[str, str]:
    """A refusal must name layer, place and remedy in both languages, and no library's words."""
    cause = error.__cause__
    text = error.text
    if not isinstance(error, mg.CatalogError) and not error.layer:
        return "no layer", _where(error)
    if error.remedy is None:
        return "no remedy", _where(error)
    if not text.pl.strip() or text.pl == text.en:
        return "one language", _where(error)
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.pl + text.en):
        return "control characters", _where(error)
    while cause is not None:
        told = str(cause)
        if not isinstance(cause, MetrogisError):
            if len(told) > 12 and told in text.pl:
                return "library's words", _where(cause)
            if isinstance(cause, _CLUMSY) and _is_ours(cause):
                return "clumsy", _where(cause)
        cause = cause.__cause__
    return "refused", type(error).__name__


def _is_ours(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return (
        bool(frames) and _OURS in frames[-1].filename and "site-packages" not in frames[-1].filename
    )


def _where(error: BaseException) -> str:
    """Return type and last line of ours: what groups findings of one kind."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _OURS in f.filename]
    at = (
        f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else "?"
    )
    return f"{type(error).__name__} at {at}: {str(error)[:160]}"
