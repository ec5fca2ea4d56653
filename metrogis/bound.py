"""What results and atlases can do that lives in rooms above them: drawing, writing, publishing.

Checks know nothing of maps and files. The front of the package (``metrogis/__init__.py``) says once
which function draws and which writes; the methods of :class:`~metrogis.checks.contract.Result` and
:class:`~metrogis.atlas.Atlas` ask here for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_functions: dict[str, Callable[..., Any]] = {}


def bind(name: str, function: Callable[..., Any]) -> None:
    """Say which function does what ``name`` stands for; the last one said counts."""
    _functions[name] = function


def bound(name: str) -> Callable[..., Any]:
    """Return the function bound to a name.

    Raises
    ------
    LookupError
        If none is.

    Examples
    --------
    >>> bind("shout", str.upper)
    >>> bound("shout")("corridor")
    'CORRIDOR'
    """
    if name not in _functions:
        raise LookupError(f"nothing is bound to '{name}': import metrogis")
    return _functions[name]
