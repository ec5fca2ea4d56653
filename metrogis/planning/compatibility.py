"""Whether a zone suits a class of the metropolitan structure: a table of class x zone type.

The table is the metropolis' own; nothing is assumed for a pair it does not name.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from metrogis.errors import SchemaError
from metrogis.i18n import Text, _
from metrogis.planning.zones import ZONE_TYPES

COMPATIBILITY: dict[str, Text] = {
    "compatible": _("compatible"),
    "neutral": _("neutral"),
    "conflict": _("in conflict"),
}


PARTS: dict[str, Text] = {
    "settlement": _("settlement network with its hierarchy"),
    "nature": _("natural links"),
    "transport": _("transport corridors, walking and cycling included"),
    "infrastructure": _("infrastructure"),
}
"""Parts of the functional-spatial model of a strategy (act on municipal self-government, art.
10e(3)(4)); which of them a class belongs to is said by the table."""


class CompatibilityTable:
    """Compatibility of zone types with classes of the structure.

    Parameters
    ----------
    table : DataFrame
        ``class``, ``symbol`` (``*``: every type not named for the class), ``compatibility``
        (``compatible``, ``neutral``, ``conflict``), and ``part``, if any: a key of :data:`PARTS`,
        the same in all rows of a class that state one.
    layer : str
        Named by errors.

    Raises
    ------
    SchemaError
        For missing columns, a symbol or a value that is none, two rows for one pair.

    Examples
    --------
    >>> rules = CompatibilityTable(pd.DataFrame({
    ...     "class": ["green_ring", "green_ring"], "symbol": ["*", "SO"],
    ...     "compatibility": ["conflict", "compatible"]}))
    >>> rules.of("green_ring", "SO"), rules.of("green_ring", "SW"), rules.of("port", "SP")
    ('compatible', 'conflict', None)
    """

    def __init__(self, table: pd.DataFrame, *, layer: str = "model_compatibility") -> None:
        missing = [c for c in ("class", "symbol", "compatibility") if c not in table]
        if missing:
            raise SchemaError(
                _("columns missing: {missing}").fill(missing=", ".join(missing)),
                layer=layer,
            )
        self._rules: dict[tuple[str, str], str] = {}
        bad: list[str] = []
        columns = (table[c].tolist() for c in ("class", "symbol", "compatibility"))
        for at, (kind, symbol, value) in zip(table.index, zip(*columns, strict=True), strict=True):
            key = (str(kind), str(symbol))
            known = symbol in ZONE_TYPES or symbol == "*"
            if not known or value not in COMPATIBILITY or self._rules.get(key, value) != value:
                bad.append(f"{at}: {kind} {symbol} {value}")
            else:
                self._rules[key] = str(value)
        if bad:
            shown = "; ".join(bad[:5])
            raise SchemaError(
                _("bad rows: {shown}").fill(shown=shown),
                layer=layer,
                remedy=_("symbol: {zone_types} or *; compatibility: {compatibility}").fill(
                    zone_types=", ".join(ZONE_TYPES), compatibility=", ".join(COMPATIBILITY)
                ),
            )

        self._parts = _parts_of(table, layer)

    @property
    def parts(self) -> dict[str, str]:
        """Part of the model of each class for which the table states one."""
        return dict(self._parts)

    @property
    def classes(self) -> set[str]:
        """Classes the table knows."""
        return {kind for kind, _ in self._rules}

    def of(self, kind: object, symbol: object) -> str | None:
        """Return the compatibility of a class of the structure and a type of zone.

        Parameters
        ----------
        kind, symbol : object
            A row for the symbol goes before the row ``*`` of the class, which stands for every
            symbol of the regulation, but not for one that is none.

        Returns
        -------
        str or None
            None where the table does not say.
        """
        found = self._rules.get((str(kind), str(symbol)))
        if found is None and symbol in ZONE_TYPES:
            found = self._rules.get((str(kind), "*"))
        return found

    def map(self, kinds: Iterable[object], symbols: Iterable[object]) -> list[str | None]:
        """Return the compatibility of each pair."""
        pairs = list(zip(kinds, symbols, strict=True))
        found = {pair: self.of(*pair) for pair in set(pairs)}
        return [found[pair] for pair in pairs]


def _parts_of(table: pd.DataFrame, layer: str) -> dict[str, str]:
    if "part" not in table:
        return {}
    stated = table[table["part"].notna() & (table["part"].astype(str).str.strip() != "")]
    pairs = list(zip(stated["class"].astype(str), stated["part"].astype(str), strict=True))
    found = dict(pairs)
    bad = [f"{kind}: {part}" for kind, part in pairs if part not in PARTS or found[kind] != part]
    if bad:
        shown = "; ".join(dict.fromkeys(bad[:5]))
        raise SchemaError(
            _("bad part of the model: {shown}").fill(shown=shown),
            layer=layer,
            place="part",
            remedy=_("one for a class, of: {parts}").fill(parts=", ".join(PARTS)),
        )
    return found
