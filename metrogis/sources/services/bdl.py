"""Statistics by TERYT from the Local Data Bank (BDL) of Statistics Poland.

A variable exists at some levels of units only; counts of pages are not always right; a value that
is not known comes as 0 with an attribute. So pages are followed until they end, units are counted
by their ids, and a 0 that carries the sign of a missing value is left blank.

Source: https://api.stat.gov.pl/Home/BdlApi
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses
from metrogis.sources.services.client import Client, Request
from metrogis.sources.services.pages import Progress, Proof

ANONYMOUS = ((5, 1.0), (100, 900.0))
"""Requests in seconds that a client without a key may make (https://api.stat.gov.pl/Home/BdlApi)."""
REGISTERED = ((10, 1.0), (500, 900.0))
_LONGEST_WAIT = 900.0
"""Longest ``Retry-After`` that is heeded: the window of the quota."""
_PAGE = 100
"""Units on a page; the service gives no more."""
_MOST_PAGES = 500
_PLAIN = 1
"""Attribute of a value without remarks."""
_NOTHING = frozenset({".", "#", "x", "X", "n", "*"})
"""Signs of Statistics Poland: no data, secret, makes no sense, not yet there."""
_NONE = "-"
"""The phenomenon did not occur: a true 0."""


@dataclass(frozen=True)
class Query:
    """What is asked of the service.

    Attributes
    ----------
    request : Request
        Address of the service (``.../api/v1``), headers, rules.
    variables : mapping of str to int
        Column to be written -> id of a variable.
    level : int
        Of units: 2 voivodeships, 5 counties, 6 municipalities.
    year : int
    teryt : tuple of str
        Codes of 2, 4 or 7 digits: units in them only; empty: the whole country.
    """

    request: Request
    variables: Mapping[str, int]
    level: int
    year: int
    teryt: tuple[str, ...] = ()


@dataclass
class _Column:
    """Values of one variable."""

    values: dict[str, float | None] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    announced: int = 0
    strange: set[str] = field(default_factory=set)
    """Ids of units that hold no TERYT code."""


def teryt_of(unit: str, level: int) -> str | None:
    """Return the TERYT code of a unit of the service; None for an id that holds none.

    An id is macroregion (2), voivodeship (2), region and subregion (3), county (2), municipality
    (2) and its kind (1).

    >>> teryt_of("042214361011", 6), teryt_of("042214361000", 5), teryt_of("042200000000", 2)
    ('2261011', '2261', '22')
    """
    if not re.fullmatch(r"[0-9]{12}", unit):
        return None
    if level == 2:
        return unit[2:4]
    return unit[2:4] + (unit[7:9] if level == 5 else unit[7:12])


def fetch(
    client: Client, query: Query, path: Path, *, layer: str, told: Progress | None = None
) -> Proof:
    """Write a table ``teryt, name`` and a column for each variable; a value not known is blank.

    Parameters
    ----------
    client : Client
    query : Query
    path : Path
        CSV, UTF-8, sorted by code.
    layer : str
        Name used in messages.
    told : callable, optional
        Hears of progress.

    Raises
    ------
    SourceError
        When the service cannot be asked, has no such variable, or none at this level and year.
    """
    service = _Service(client, query, layer)
    parents = service.parents()
    columns: dict[str, _Column] = {}
    for name, variable in query.variables.items():
        column = _Column()
        for parent in parents:
            service.read(variable, parent, column, told)
        if all(value is None for value in column.values.values()):
            raise service.without_values(variable)
        columns[name] = column
    names = {k: v for column in columns.values() for k, v in column.names.items()}
    codes = sorted(names)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["teryt", "name", *columns])
        for code in codes:
            values = (_written(column.values.get(code)) for column in columns.values())
            writer.writerow([code, names[code], *values])
    return Proof(
        rows=len(codes), doubts=tuple(_doubts(columns)), notes=tuple(_notes(columns, codes))
    )


def _written(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _doubts(columns: Mapping[str, _Column]) -> list[Text]:
    found = []
    for name, column in columns.items():
        came = len(column.values) + len(column.strange)
        if came < column.announced:
            found.append(
                _("{name}: the service announces {hits} units, {rows} came").fill(
                    name=name, hits=column.announced, rows=came
                )
            )
    return found


def _notes(columns: Mapping[str, _Column], codes: list[str]) -> list[Text]:
    found = []
    for name, column in columns.items():
        blank = [code for code in codes if column.values.get(code) is None]
        if blank:
            found.append(
                _("{name}: not known of {count} units ({examples})").fill(
                    name=name, count=len(blank), examples=", ".join(blank[:5])
                )
            )
    return found


class _Service:
    """Asks one service within its quota."""

    def __init__(self, client: Client, query: Query, layer: str) -> None:
        self.client, self.query, self.layer = client, query, layer
        self.base = query.request.address.split("?")[0].rstrip("/")
        keyed = any(name.lower() == "x-clientid" for name in query.request.headers)
        self.quota = client.quota(self.base, REGISTERED if keyed else ANONYMOUS)
        self._signs: dict[int, str] | None = None

    def get(self, path: str, asked: Mapping[str, str], *, may_lack: bool = False) -> dict[str, Any]:
        """Return one answer; ``may_lack``: empty where the service knows no such thing."""
        request = replace(
            self.query.request, address=f"{self.base}/{path}", query={"format": "json", **asked}
        )

        def once() -> bytes:
            self.quota.take()
            accept = (200, 404) if may_lack else (200,)
            with self.client.ask(request, accept=accept, max_bytes=64 << 20) as answer:
                body = answer.read()
                return b"{}" if answer.status == 404 else body

        body = self.client.retried(request, once, longest=_LONGEST_WAIT)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self.wrong(_("this is no answer of the Local Data Bank (JSON)")) from error
        if not isinstance(found, dict):
            raise self.wrong(_("this is no answer of the Local Data Bank (JSON)"))
        return found

    def parents(self) -> list[str | None]:
        """Return ids of the voivodeships that hold the codes asked for; [None]: the country."""
        wanted = {code[:2] for code in self.query.teryt}
        if not wanted:
            return [None]
        rows = self.get("units", {"level": "2", "page-size": str(_PAGE)}).get("results")
        found = {teryt_of(str(r.get("id")), 2): str(r.get("id")) for r in _dicts(rows)}
        lacking = sorted(wanted - found.keys())
        if lacking:
            raise self.wrong(
                _("the service knows no voivodeship {codes}").fill(codes=", ".join(lacking))
            )
        return [found[code] for code in sorted(wanted)]

    def read(
        self, variable: int, parent: str | None, column: _Column, told: Progress | None
    ) -> None:
        """Add the values of a variable, page by page until no page brings a new unit."""
        asked = {
            "unit-level": str(self.query.level),
            "year": str(self.query.year),
            "page-size": str(_PAGE),
        }
        if parent is not None:
            asked["unit-parent-id"] = parent
        page, seen, total = 0, set[str](), 0
        for _turn in range(_MOST_PAGES):
            content = self.get(
                f"data/by-variable/{variable}", {**asked, "page": str(page)}, may_lack=True
            )
            rows = _dicts(content.get("results"))
            ids = {str(row.get("id")) for row in rows}
            if not ids - seen:
                break
            seen |= ids
            for row in rows:
                self.add(row, column)
            said = content.get("totalRecords")
            total = said if isinstance(said, int) else total
            if told is not None:
                told(len(seen), total or None)
            following = _next_page(content, page)
            # a count tells of a further page where no link does, and is never a reason to stop
            if following is None and len(seen) >= total:
                break
            page = page + 1 if following is None else following
        # units of other codes were not asked for: they are no part of what is announced
        column.announced += max(0, total - len(seen)) + sum(1 for u in seen if self.wanted(u))

    def wanted(self, unit: str) -> bool:
        """Tell whether a unit lies in the codes asked for, or has no code at all."""
        code = teryt_of(unit, self.query.level)
        if code is None or not self.query.teryt:
            return True
        return any(code.startswith(t) or t.startswith(code) for t in self.query.teryt)

    def add(self, row: Mapping[str, Any], column: _Column) -> None:
        """Add the value of one unit."""
        unit = str(row.get("id"))
        if not self.wanted(unit):
            return
        code = teryt_of(unit, self.query.level)
        if code is None:
            column.strange.add(unit)
            return
        column.names[code] = " ".join(str(row.get("name") or "").split())
        column.values[code] = None
        for value in _dicts(row.get("values")):
            if str(value.get("year")) == str(self.query.year):
                column.values[code] = self.value(value)

    def value(self, value: Mapping[str, Any]) -> float | None:
        """Return a value; None where its attribute is the sign of a missing one."""
        number = value.get("val")
        if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
            return None
        kind = value.get("attrId", _PLAIN)
        if kind in (None, _PLAIN):
            return float(number)
        sign = self.signs().get(int(kind)) if str(kind).isdigit() else None
        if sign == _NONE:
            return float(number)
        # a remark on a number that is there (preliminary, revised) leaves it; a 0 with a remark
        # stands for "nothing can be said" unless its sign says that nothing occurred
        return None if number == 0 or sign is None or sign in _NOTHING else float(number)

    def signs(self) -> dict[int, str]:
        """Return the sign of each attribute."""
        if self._signs is None:
            rows = _dicts(self.get("attributes", {"page-size": str(_PAGE)}, may_lack=True)
                          .get("results"))  # fmt: skip
            self._signs = {
                int(row["id"]): str(row.get("symbol") or "").strip()
                for row in rows
                if str(row.get("id")).isdigit()
            }
        return self._signs

    def without_values(self, variable: int) -> SourceError:
        """Return why a variable has no values here: another level, another year, no such id."""
        about = self.get(f"variables/{variable}", {}, may_lack=True)
        level, years = about.get("level"), about.get("years")
        if not about:
            return self.wrong(_("there is no variable {variable}").fill(variable=variable))
        if isinstance(level, int) and level != self.query.level:
            return self.wrong(
                _("variable {variable} is given at level {level}, not at {asked}").fill(
                    variable=variable, level=level, asked=self.query.level
                )
            )
        if isinstance(years, list) and self.query.year not in years and years:
            return self.wrong(
                _("variable {variable} has no year {year}; the last is {last}").fill(
                    variable=variable, year=self.query.year, last=max(map(str, years))
                )
            )
        return self.wrong(
            _("variable {variable} has no values of level {level} in {year}").fill(
                variable=variable, level=self.query.level, year=self.query.year
            )
        )

    def wrong(self, what: Text) -> SourceError:
        """Return an error that names the service."""
        return SourceError(
            what,
            layer=self.layer,
            place=addresses.shown(self.base),
            remedy=_("fix variables, level, year or teryt in the catalog"),
        )


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _next_page(content: Mapping[str, Any], page: int) -> int | None:
    """Return the number of the next page by the link; the link itself may name another server."""
    links = content.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    if not isinstance(link, str) or not link:
        return None
    given = parse_qs(urlsplit(link).query).get("page", [""])[0]
    return int(given) if given.isdigit() and int(given) > page else page + 1
