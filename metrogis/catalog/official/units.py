"""Units of Poland's division by their TERYT codes: voivodeships, counties, municipalities.

A metropolis is a list of such codes: 2 digits stand for a voivodeship, 4 for a county, 7 for a
municipality. Whether a voivodeship or a county exists is known here; which municipalities there are
is known from the boundaries alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both
from metrogis.teryt import WHOLE_KINDS
from metrogis.validation import joined

_FIRST_CITY = 61
"""Counties from this number on are cities with county rights."""


@dataclass(frozen=True)
class Voivodeship:
    """A voivodeship: its code, name, extract of OpenStreetMap, counties (4 digits), and box."""

    code: str
    name: str
    extract: str
    counties: tuple[str, ...]
    box: tuple[float, float, float, float]


@cache
def voivodeships() -> dict[str, Voivodeship]:
    """Return the 16 voivodeships by code.

    >>> len(voivodeships()), sum(len(v.counties) for v in voivodeships().values())
    (16, 380)
    """
    text = (resources.files(__package__) / "poland.toml").read_text(encoding="utf-8")
    found = {}
    for code, row in tomllib.loads(text)["voivodeships"].items():
        missing = row.get("without", ())
        numbers = [n for n in range(1, row["counties"] + 1) if n not in missing]
        counties = tuple(f"{code}{n:02d}" for n in (*numbers, *row["cities"]))
        west, south, east, north = row["box"]
        found[code] = Voivodeship(
            code, row["name"], row["extract"], counties, (west, south, east, north)
        )
    return found


def checked(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of units, each once; a code inside another one is no unit of its own.

    Parameters
    ----------
    codes : iterable of str
        2, 4 or 7 digits.

    Raises
    ------
    ParameterError
        One error for all that are no units: other lengths, voivodeships and counties that do not
        exist, kinds of municipality that stand for a part.

    Examples
    --------
    >>> checked(["2262", "2211021", "2262"])
    ('2262', '2211021')
    >>> checked(["2262", "2262011"])
    ('2262',)
    """
    asked = list(dict.fromkeys(str(code).strip() for code in codes))
    problems = [text for code in asked if (text := _problem(code)) is not None]
    if problems:
        raise ParameterError(
            joined(problems),
            layer="teryt",
            remedy=_("give codes of the TERYT register: 2 digits a voivodeship, 4 a county, "
                     "7 a municipality"),
        )  # fmt: skip
    if not asked:
        raise ParameterError(
            _("no unit is named"),
            layer="teryt",
            remedy=_("give the codes of the counties or municipalities: --teryt 2211,2262"),
        )
    return tuple(c for c in asked if not any(c != o and c.startswith(o) for o in asked))


def _problem(code: str) -> Text | None:
    """Return what is wrong with a code, if anything."""
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 7)):
        hint: Text = both("")
        if code.isascii() and code.isdigit() and len(code) == 6:
            hint = _(" (the seventh digit, the kind, is missing)")
        return _("{code}: a code has 2, 4 or 7 digits{hint}").fill(code=code[:40], hint=hint)
    known = voivodeships()
    if code[:2] not in known:
        return _("{code}: there is no voivodeship {part}").fill(code=code, part=code[:2])
    if len(code) > 2 and code[:4] not in known[code[:2]].counties:
        return _("{code}: there is no county {part}").fill(code=code, part=code[:4])
    if len(code) == 7 and code[-1] not in WHOLE_KINDS:
        return _("{code}: the last digit is 1, 2 or 3 (a part or district is no unit)").fill(
            code=code
        )
    return None


def voivodeships_of(codes: Iterable[str]) -> tuple[Voivodeship, ...]:
    """Return the voivodeships that units lie in, by code.

    >>> [v.extract for v in voivodeships_of(["2211", "2262011"])]
    ['pomorskie']
    """
    return tuple(voivodeships()[code] for code in sorted({code[:2] for code in codes}))


def counties_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the counties that units lie in, or that lie in them.

    >>> counties_of(["2262011", "2211"])
    ('2211', '2262')
    """
    found: set[str] = set()
    for code in codes:
        found |= set(voivodeships()[code].counties) if len(code) == 2 else {code[:4]}
    return tuple(sorted(found))


def cities_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the cities with county rights among units: municipalities, 7 digits.

    >>> cities_of(["3064", "3021"])
    ('3064011',)
    """
    return tuple(c + "011" for c in counties_of(codes) if int(c[2:]) >= _FIRST_CITY)


def box_of(codes: Iterable[str]) -> tuple[float, float, float, float]:
    """Return a box that holds the voivodeships of units: west, south, east, north in degrees."""
    boxes = [v.box for v in voivodeships_of(codes)]
    return (
        min(b[0] for b in boxes), min(b[1] for b in boxes),
        max(b[2] for b in boxes), max(b[3] for b in boxes),
    )  # fmt: skip


def holds(units: Iterable[str], code: str) -> bool:
    """Tell whether a municipality lies in one of the units.

    >>> holds(["2211", "2262011"], "2211021"), holds(["2211"], "2262011")
    (True, False)
    """
    return any(code.startswith(unit) for unit in units)
