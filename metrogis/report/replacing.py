"""How a new atlas takes the place of an old one: at every moment the folder holds one of the two.

The new atlas is built beside the folder, under a hidden name. The user's own files (those no atlas
wrote) are linked or copied into it first, so that they never leave their place; then the two
folders change names in one step of the file system. Where the system has no such step the old one
is renamed first, and a run that was killed in between is undone by the next one. A folder that
cannot be renamed (a mount point, a volume) is filled file by file from a list that the next run
finishes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import filecmp
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metrogis.errors import PublishError
from metrogis.i18n import _
from metrogis.sources import files

MARKER = "atlas.json"
MARKERS = (MARKER, "compare.json")
"""Of an atlas, and of a comparison of several: each lists what was written into its folder."""
GENERATOR = "metrogis"
NOT_MINE = {
    MARKER: _("the folder is neither empty nor a former atlas"),
    MARKERS[1]: _("the folder is neither empty nor a former comparison"),
}
JOURNAL = ".atlas-moves.json"
_INSIDE = ".atlas-new"
_EXCHANGE = 2
_AT_FDCWD = -100


def written_files(folder: Path) -> set[str] | None:
    """Return the files that a former atlas wrote into a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    set of str or None
        Paths relative to the folder, the marker itself among them. None where there is no marker,
        or one that cannot be read: then every file may be the user's, and none is replaced.
    """
    marker = _marker(folder)
    if marker is None:
        return None
    try:
        return {*map(str, marker["files"]), marker["marker"]}
    except (KeyError, TypeError):
        return None


def former_checks(folder: Path) -> set[str]:
    """Return the checks of the atlas in a folder; none where there is no atlas."""
    marker = _marker(folder) or {}
    found = marker.get("checks")
    return set(found) if isinstance(found, dict) else set()


def _marker(folder: Path) -> dict[str, Any] | None:
    for name in MARKERS:
        try:
            marker = json.loads((folder / name).read_text(encoding="utf-8"))
            if marker["generator"] == GENERATOR:
                return {**marker, "marker": name}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def require_replaceable(target: Path, marker: str = MARKER) -> None:
    """Raise when the folder holds something that is not a former site of the same kind.

    Parameters
    ----------
    target : Path
    marker : str
        File by which the kind is known: an atlas never takes the place of a comparison, nor a
        comparison that of an atlas, which may be one of those it compares.

    Raises
    ------
    PublishError
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise PublishError(
            _("this is not a folder"),
            place=str(target),
            remedy=_("give another folder"),
        )
    found = _marker(target)
    alike = found is not None and found["marker"] == marker and written_files(target) is not None
    if not _visible(target) or alike:
        return
    raise PublishError(
        NOT_MINE[marker],
        place=str(target),
        remedy=_("give a new folder, or empty this one"),
    )


def _visible(folder: Path) -> list[Path]:
    """What a folder holds, without what a volume brings along."""
    return [p for p in folder.iterdir() if p.name not in ("lost+found", JOURNAL, _INSIDE)]


# --------------------------------------------------------------------------- leftovers


def recover(target: Path) -> None:
    """Finish or undo what a killed run left beside a folder.

    Parameters
    ----------
    target : Path
        Folder of the site; leftovers are its hidden neighbours ``.NAME.old-*`` and ``.NAME.new-*``.

    Notes
    -----
    Nothing of the user's is deleted: files that no atlas wrote are brought back into the folder
    before a leftover goes. Leftovers of a process that still runs are not touched.
    """
    _finish_moves(target)
    for old in sorted(target.parent.glob(f".{target.name}.old-*")):
        # the run that made it may be between its two renames
        if _alive(old):
            continue
        if not target.exists():  # killed between the two renames
            old.rename(target)
        else:
            _bring_over(old, target)
            shutil.rmtree(old, ignore_errors=True)
    for new in sorted(target.parent.glob(f".{target.name}.new-*")):
        if not _alive(new):
            # after an exchange this is the former atlas: the user's files stand in both
            if target.exists():
                _bring_over(new, target)
            shutil.rmtree(new, ignore_errors=True)


def _alive(path: Path) -> bool:
    """Tell whether the process that made a temporary folder still runs."""
    number = path.name.rsplit("-", 2)[-2]
    if not number.isdigit():
        return False
    # a leftover of an earlier process that had the same number
    if int(number) == os.getpid():
        return False
    try:
        # signal 0 is not sent: it only asks whether the process is there
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    # it is there, and not ours
    except OSError:
        return True
    return True


def _bring_over(old: Path, target: Path) -> None:
    """Put files of the old folder that no atlas wrote where they were, if they are not there."""
    ours = written_files(old)
    if ours is None:  # not a whole atlas: only links to what stands in the target
        return
    for path in _others(old, ours):
        kept = target / path.relative_to(old)
        if not os.path.lexists(kept):
            kept.parent.mkdir(parents=True, exist_ok=True)
            path.rename(kept)


def _others(folder: Path, ours: set[str]) -> list[Path]:
    """Files and links of a folder that are not the atlas's, in order."""
    found = []
    for root, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        for name in (*names, *links):
            path = Path(root) / name
            if path.relative_to(folder).as_posix() not in ours and name not in (JOURNAL,):
                found.append(path)
    return sorted(found)


# --------------------------------------------------------------------------- replacing


@contextmanager
def building(target: Path, marker: str = MARKER) -> Iterator[Path]:
    """Give a folder to build the new atlas in; it takes the target's place when all is well.

    Parameters
    ----------
    target : Path
        Resolved. New, empty, or a former atlas.

    Raises
    ------
    PublishError
        When the folder holds something else, or a file of the user's stands where the new atlas
        has one of its own. The folder is then as it was.
    OSError
        When it cannot be written.
    """
    recover(target)
    require_replaceable(target, marker)
    target.parent.mkdir(parents=True, exist_ok=True)
    inside = _fixed(target)
    if inside:
        made = target / _INSIDE
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
    else:
        prefix = f".{target.name}.new-{os.getpid()}-"
        made = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        yield made
        made.chmod(0o777 & ~files.umask())
        if inside:
            _move_in(made, target)
        else:
            _take_over(target, made)
            _swap(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fixed(target: Path) -> bool:
    """Tell whether a folder cannot be renamed: a mount point, or a parent that is not ours."""
    return target.exists() and (
        os.path.ismount(target) or not os.access(target.parent, os.W_OK | os.X_OK)
    )


def _take_over(target: Path, made: Path) -> None:
    """Link the user's files into the new folder; copy them where links cannot be made."""
    if not target.exists():
        return
    _require_no_conflict(target, made)
    for path in _others(target, written_files(target) or set()):
        copy = made / path.relative_to(target)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            copy.symlink_to(path.readlink())
            continue
        try:
            os.link(path, copy)
        except OSError:
            shutil.copy2(path, copy)
    for folder in sorted(p for p in target.rglob("*") if p.is_dir() and not p.is_symlink()):
        if not any(folder.iterdir()):  # a folder the user made and has not filled yet
            (made / folder.relative_to(target)).mkdir(parents=True, exist_ok=True)


def _require_no_conflict(target: Path, made: Path) -> None:
    new = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    own = [p.relative_to(target) for p in _others(target, written_files(target) or set())]
    taken = [
        name.as_posix()
        for name in own
        if name.as_posix() in new and not filecmp.cmp(target / name, made / name, shallow=False)
    ]
    # a folder of the user's where the atlas needs a file is a conflict as well
    folders = {name.parent.as_posix() for name in own}
    taken += sorted(folders & new)
    if taken:
        shown = ", ".join(taken[:5]) + (", ..." if len(taken) > 5 else "")
        raise PublishError(
            _("files that no atlas wrote stand where the new one has its own: {shown}").fill(
                shown=shown
            ),
            place=str(target),
            remedy=_("move or rename these files"),
        )


def _swap(made: Path, target: Path) -> None:
    """Put the new folder in the place of the old one."""
    if not target.exists():
        made.rename(target)
        return
    if _exchanged(made, target):
        _bring_over(made, target)  # files the user put there meanwhile
        return
    old = target.with_name(f".{target.name}.old-{os.getpid()}-0")
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    _bring_over(old, target)
    shutil.rmtree(old, ignore_errors=True)  # only now: until here nothing was deleted


def _exchanged(made: Path, target: Path) -> bool:
    """Let two folders change names in one step; False where the system has no such step."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(made), os.fsencode(target)
    if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    # the file system, or the kernel, has no such step; all else is a fault to be told
    if code in (errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EXDEV, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(target))


# --------------------------------------------------------------------------- mount points


def _move_in(made: Path, target: Path) -> None:
    """Fill a folder that cannot be renamed, from a list that a later run can finish."""
    _require_no_conflict(target, made)
    old = written_files(target) or set()
    new = sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file())
    # pages last, the marker after all: until then the old marker names the old files
    new.sort(key=lambda name: (name in MARKERS, name.endswith(".html"), name))
    plan = {"generator": GENERATOR, "from": made.name, "move": new, "drop": sorted(old - set(new))}
    journal = target / JOURNAL
    waiting = journal.with_suffix(".tmp")
    # written aside and renamed: a run that is killed here leaves no half list
    waiting.write_text(json.dumps(plan), encoding="utf-8")
    os.replace(waiting, journal)
    _finish_moves(target)


def _finish_moves(target: Path) -> None:
    """Carry out the list of moves in a folder, as far as a killed run has not."""
    journal = target / JOURNAL
    inside = target / _INSIDE
    if not journal.is_file():
        if inside.is_dir() and _marker(target) is not None:
            shutil.rmtree(inside, ignore_errors=True)  # killed while building: nothing had moved
        return
    try:
        plan = json.loads(journal.read_text(encoding="utf-8"))
        moves, drops = list(map(str, plan["move"])), list(map(str, plan["drop"]))
        source = target / _INSIDE
    except (OSError, ValueError, KeyError, TypeError):
        journal.unlink(missing_ok=True)
        return
    for name in moves:
        if _safe(name) and (source / name).is_file():
            aim = target / name
            aim.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source / name, aim)
    for name in drops:
        if _safe(name):
            (target / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                (target / name).parent.rmdir()
    shutil.rmtree(source, ignore_errors=True)
    journal.unlink(missing_ok=True)


def _safe(name: str) -> bool:
    """Tell whether a name of a list stays inside the folder."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)
