"""Draws of parameters: between which values, by which distribution, from which seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrogis.checks.contract import Check, Parameters
from metrogis.errors import ParameterError
from metrogis.i18n import _

MOST_TRIES = 100
"""Draws that a check's rules refuse are drawn again, at most so often."""

Range = float | tuple[float, float]
"""A share of the value in use, up and down; or the lowest and the highest value."""


@dataclass(frozen=True)
class Span:
    """Between which values a parameter is drawn, both included."""

    low: float
    high: float
    whole: bool

    def draw(self, rng: np.random.Generator) -> float | int:
        """Return one value, each as likely as any other."""
        if self.whole:
            return int(rng.integers(int(self.low), int(self.high) + 1))
        # equal ends: the value itself, to the bit
        return self.low if self.low == self.high else float(rng.uniform(self.low, self.high))


def spans(check: Check, parameters: Parameters, given: Mapping[str, Any] | None) -> dict[str, Span]:
    """Return the parameters that are drawn, each with its span.

    Parameters
    ----------
    check : Check
    parameters : Parameters
        Those in use.
    given : mapping of str to float or (float, float), optional
        In place of the ranges that parameters declare: no others are then drawn.

    Returns
    -------
    dict of str to Span
        Inside the bounds of the parameter; of a whole number at least one up and one down, where
        the range is a share. A share of 0 is no range.

    Raises
    ------
    ParameterError
        For an unknown parameter, one that is no number, or a range without values.

    Examples
    --------
    >>> from metrogis.checks.registry import get
    >>> check = get("white_spots")
    >>> found = spans(check, check.parameters(), {"min_departures": 0.01, "detour": (1.2, 1.4)})
    >>> found["min_departures"]
    Span(low=7, high=9, whole=True)
    >>> found["detour"]
    Span(low=1.2, high=1.4, whole=False)
    """
    specs = parameters.specs()
    asked = given if given is not None else {n: s.range for n, s in specs.items() if s.range}
    unknown = sorted(set(asked) - set(specs))
    if unknown:
        raise ParameterError(
            _("unknown parameters: {names}").fill(names=", ".join(unknown)), layer=check.id
        )
    found = {}
    for name in specs:  # in the order of the model: draws do not hang on the order of the mapping
        if name not in asked:
            continue
        value = getattr(parameters, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _unfit(check, name, _("only numbers have a range"))
        span = _span(check, name, value, asked[name])
        if given is not None or span.low < span.high:
            found[name] = span
    return found


def _span(check: Check, name: str, value: float, asked: Any) -> Span:
    whole = isinstance(value, int) and check.parameters.model_fields[name].annotation is int
    try:
        if isinstance(asked, int | float):
            room = abs(value) * float(asked)
            if whole:
                room = max(room, 1.0)
            low, high = value - room, value + room
        else:
            low, high = (float(end) for end in asked)
    except (TypeError, ValueError):
        raise _unfit(
            check, name, _("a range is a share, or a lowest and a highest value")
        ) from None
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise _unfit(check, name, _("a range is a share, or a lowest and a highest value"))
    least, most = _bounds(check, name, whole)
    low, high = max(low, least), min(high, most)
    if whole:
        low, high = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if low > high:
        raise _unfit(check, name, _("no value of the range is allowed"))
    return Span(low, high, whole)


def _bounds(check: Check, name: str, whole: bool) -> tuple[float, float]:
    """Return the lowest and highest value that a parameter may have."""
    low, high = -math.inf, math.inf
    for item in check.parameters.model_fields[name].metadata:
        if getattr(item, "ge", None) is not None:
            low = max(low, float(item.ge))
        if getattr(item, "le", None) is not None:
            high = min(high, float(item.le))
        # of an open end the next number is the first that is allowed
        if getattr(item, "gt", None) is not None:
            end = float(item.gt)
            low = max(low, end + 1 if whole else float(np.nextafter(end, math.inf)))
        if getattr(item, "lt", None) is not None:
            end = float(item.lt)
            high = min(high, end - 1 if whole else float(np.nextafter(end, -math.inf)))
    return low, high


def draw(
    check: Check, present: Mapping[str, Any], among: Mapping[str, Span], n: int, seed: int
) -> tuple[pd.DataFrame, int]:
    """Draw parameters, each on its own and evenly over its span.

    Parameters
    ----------
    check : Check
    present : mapping
        All parameters in use.
    among : mapping of str to Span
    n, seed : int

    Returns
    -------
    table : DataFrame (n rows)
        A column a parameter.
    refused : int
        Draws that the check's own rules refused, and that were drawn again.

    Raises
    ------
    ParameterError
        Where the rules refuse nearly all.
    """
    rng = np.random.default_rng(seed)
    rows, refused = [], 0
    for _number in range(n):
        for _try in range(MOST_TRIES):
            row = {name: span.draw(rng) for name, span in among.items()}
            if allowed(check, present, row):
                break
            refused += 1
        else:
            raise ParameterError(
                _("the check refuses what is drawn from these ranges"),
                layer=check.id,
                remedy=_("give narrower ranges"),
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=list(among), dtype=object), refused


def allowed(check: Check, present: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Tell whether a check takes its parameters with some of them changed."""
    try:
        check.parameters.read({**present, **row}, check=check.id)
    except ParameterError:
        return False
    return True


def _unfit(check: Check, name: str, what: Any) -> ParameterError:
    return ParameterError(what, layer=check.id, place=name)
