"""The thirteen types of planning zones, what each does to a corridor, and rule tables.

Source: regulation of 8 December 2023, Dz.U. 2023 poz. 2758, annex 1 as amended by 2024 poz. 1775
(functional profiles, minimum share of biologically active land; SG, SO and SK have none, which is
not 0) and annex 2 (hues; taken from published styles: annex 2 itself was not read).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from metrogis.errors import SchemaError
from metrogis.i18n import Text, _, pgettext

Severity = Literal["barrier", "filter", "permeable"]
SEVERITIES: dict[str, Text] = {
    "barrier": _("barrier"),
    "filter": _("filter"),
    "permeable": _("permeable"),
}


@dataclass(frozen=True)
class ZoneType:
    """One of the thirteen zone types.

    Attributes
    ----------
    symbol, name
        ``SW`` ... ``SK``; name in both languages.
    profile, additional : tuple of str
        Codes of the basic and the additional functional profile (``KPT-MPZP-...``).
    min_bio_share : float or None
        Least share of biologically active land, %; None where the annex lists none.
    severity : str
        What the zone does to an ecological corridor, by default.
    development : bool
        Built up by the plan: what meets a corridor across a border.
    colour : str
        Hue of the official symbology.
    """

    symbol: str
    name: Text
    profile: tuple[str, ...]
    additional: tuple[str, ...]
    min_bio_share: float | None
    severity: Severity
    development: bool
    colour: str


def _type(
    symbol: str,
    text: Text,
    profile: str,
    additional: str,
    share: float | None,
    severity: Severity,
    colour: str,
) -> ZoneType:
    return ZoneType(
        symbol,
        text,
        tuple(profile.split()),
        tuple(additional.split()),
        share,
        severity,
        severity == "barrier",
        colour,
    )


ZONE_TYPES: dict[str, ZoneType] = {
    z.symbol: z
    for z in (
        _type(
            "SW",
            _("mixed use with multi-family housing"),
            "MW U K ZP ZD I",
            "MN H ZN L W",
            30,
            "barrier",
            "#9A7C64",
        ),
        _type(
            "SJ",
            _("mixed use with single-family housing"),
            "MN U K ZP ZD I",
            "ML ZN L W",
            30,
            "barrier",
            "#D9B473",
        ),
        _type(
            "SZ",
            _("mixed use with farmsteads"),
            "RZM RZP RA K ZP ZD I",
            "RZW RN PEB U ZN L W",
            30,
            "barrier",
            "#FFE6AB",
        ),
        _type(
            "SU",
            _("services"),
            "U K ZP ZD I",
            "PS PEF ZN L W",
            30,
            "barrier",
            "#FF6C69",
        ),
        _type(
            "SH",
            _("large-scale retail"),
            "H K ZP ZD I",
            "U PS PEF ZN L W",
            30,
            "barrier",
            "#FF84B7",
        ),
        _type(
            "SP",
            _("economic activity"),
            "P K ZP ZD I",
            "U ZN L W",
            20,
            "barrier",
            "#AF88DE",
        ),
        _type(
            "SR",
            _("agricultural production"),
            "RZP RZW RA K ZD I",
            "RN PEB PEF PEW PEO ZP ZN L W",
            30,
            "filter",
            "#FEEF64",
        ),
        _type(
            "SI",
            pgettext("zone", "infrastructure"),
            "I K ZD",
            "U P ZP ZN L W",
            20,
            "barrier",
            "#CCCCCC",
        ),
        _type(
            "SN",
            _("green and recreation"),
            "ZP ZB W K ZD I",
            "US UK UHD UG UT UN UE UZ ZN L",
            50,
            "permeable",
            "#BBF58B",
        ),
        _type(
            "SC",
            _("cemeteries"),
            "C K ZP ZD I",
            "UR UHD ZN L W",
            30,
            "permeable",
            "#94D4C4",
        ),
        _type(
            "SG",
            _("mining"),
            "G K ZD I",
            "P UH UL UG UA UN ZP ZN L W",
            None,
            "barrier",
            "#FCD4FF",
        ),
        _type(
            "SO",
            _("open land"),
            "RN L ZN W K ZD I",
            "PEW PEF PEG PEO PEB ZP",
            None,
            "permeable",
            "#E3FFC7",
        ),
        _type(
            "SK",
            _("transport"),
            "KDA KDS KDR KDG KK KKL KW KL KO ZD I",
            "KDZ UHD UG UT ZP L ZN W",
            None,
            "barrier",
            "#F2F2F2",
        ),
    )
}
"""The thirteen zone types by symbol, in the regulation's order."""

DEVELOPMENT = tuple(s for s, z in ZONE_TYPES.items() if z.development)
OPEN = tuple(s for s, z in ZONE_TYPES.items() if not z.development)


def zone_table(language: str = "en") -> pd.DataFrame:
    """Return the zone types as a readable table.

    Columns ``symbol``, ``name``, ``profile``, ``additional`` (codes), ``min_bio_share`` (%, NaN
    where none is set), ``severity`` (towards corridors), ``colour``.

    >>> zone_table().loc[8, ["symbol", "name"]].tolist()
    ['SN', 'green and recreation']
    """
    return pd.DataFrame(
        [
            {
                "symbol": z.symbol,
                "name": z.name.get(language),
                "profile": " ".join(z.profile),
                "additional": " ".join(z.additional),
                "min_bio_share": float("nan") if z.min_bio_share is None else z.min_bio_share,
                "severity": SEVERITIES[z.severity].get(language),
                "colour": z.colour,
            }
            for z in ZONE_TYPES.values()
        ]
    )


class SeverityTable:
    """Severity of each zone type for each corridor rank.

    Parameters
    ----------
    table : DataFrame, optional
        Columns ``symbol``, ``rank`` (empty or ``*``: every rank), ``severity``; overrules the
        defaults (SW SJ SZ SU SH SP SI SG SK barrier, SR filter, SN SC SO permeable).
    layer : str
        Named by errors.

    Raises
    ------
    SchemaError
        For a symbol or severity that is none, or two rows for one pair.

    Examples
    --------
    >>> own = pd.DataFrame({"symbol": ["SR"], "rank": ["national"], "severity": ["barrier"]})
    >>> rules = SeverityTable(own)
    >>> rules.of("SR", "national"), rules.of("SR", "local"), rules.of("S?", None)
    ('barrier', 'filter', None)
    """

    def __init__(self, table: pd.DataFrame | None = None, *, layer: str = "severity") -> None:
        self._rules: dict[tuple[str, str], Severity] = {
            (s, "*"): z.severity for s, z in ZONE_TYPES.items()
        }
        if table is not None:
            self._rules |= _checked(table, layer)

    def of(self, symbol: str, rank: object) -> Severity | None:
        """Return the severity of a type of zone for a corridor.

        Parameters
        ----------
        symbol : str
        rank : object
            Of the corridor. A row for the rank goes before the one for every rank.

        Returns
        -------
        str or None
            None for an unknown symbol: what it does is not known.
        """
        if isinstance(rank, str) and (symbol, rank) in self._rules:
            return self._rules[symbol, rank]
        return self._rules.get((symbol, "*"))

    def map(self, symbols: Iterable[str], ranks: Iterable[object]) -> list[Severity | None]:
        """Return the severity of each pair."""
        pairs = list(zip(symbols, ranks, strict=True))
        found = {pair: self.of(*pair) for pair in set(pairs)}  # many pairs, few kinds of them
        return [found[pair] for pair in pairs]

    def to_frame(self) -> pd.DataFrame:
        """Return the table in force: ``symbol``, ``rank``, ``severity``."""
        rows = [(s, r, v) for (s, r), v in self._rules.items()]
        return pd.DataFrame(rows, columns=["symbol", "rank", "severity"])


def _checked(table: pd.DataFrame, layer: str) -> dict[tuple[str, str], Severity]:
    missing = [c for c in ("symbol", "severity") if c not in table]
    if missing:
        raise SchemaError(
            _("columns missing: {missing}").fill(missing=", ".join(missing)),
            layer=layer,
        )
    ranks = table["rank"] if "rank" in table else pd.Series("*", index=table.index)
    found: dict[tuple[str, str], Severity] = {}
    bad: list[str] = []
    for at, symbol, rank, severity in zip(
        table.index, table["symbol"], ranks, table["severity"], strict=True
    ):
        every = not isinstance(rank, str) or rank.strip() in ("", "*")
        key = (str(symbol), "*" if every else rank.strip())
        if key[0] not in ZONE_TYPES or severity not in SEVERITIES:
            bad.append(f"{at}: {symbol} {severity}")
        elif key in found and found[key] != severity:
            bad.append(f"{at}: {symbol} {key[1]} x 2")
        else:
            found[key] = severity
    if bad:
        shown = "; ".join(bad[:5])
        raise SchemaError(
            _("bad rows: {shown}").fill(shown=shown),
            layer=layer,
            remedy=_("symbol: {zone_types}; severity: {severities}").fill(
                zone_types=", ".join(ZONE_TYPES), severities=", ".join(SEVERITIES)
            ),
        )
    return found
