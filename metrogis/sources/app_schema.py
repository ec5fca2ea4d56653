"""What a feature of APP GML must contain, by version: names, order, counts of its elements.

Source: ``planowaniePrzestrzenne.xsd`` (APP 1.0) and ``planowaniePrzestrzenne_2_0.xsd`` (APP 2.0).
APP 3.0 is read by the rules of 2.0 (unverified: its XSD was not at hand; files of the national
register follow them), where an element that 2.0 does not know is no fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MANY = 1_000_000


class Element(NamedTuple):
    """One element of a feature: name, least and most count."""

    name: str
    least: int = 1
    most: int = 1


def _optional(name: str, most: int = 1) -> Element:
    return Element(name, 0, most)


_VERSIONED = (Element("poczatekWersjiObiektu"), _optional("koniecWersjiObiektu"))
_IN_FORCE = (Element("obowiazujeOd"), _optional("obowiazujeDo"))
_REGULATED = (
    Element("status"),
    Element("charakterUstalenia"),
    Element("geometria"),
    Element("plan"),
)
_LABELLED = (Element("oznaczenie"), Element("symbol"))

_ACT_1 = (
    Element("idIIP"),
    *_VERSIONED,
    Element("tytul"),
    _optional("tytulAlternatywny", MANY),
    Element("typPlanu"),
    Element("poziomHierarchii"),
    _optional("obowiazujeOd"),
    _optional("obowiazujeDo"),
    Element("status"),
    _optional("zmiana"),
    _optional("mapaPodkladowa", MANY),
    Element("zasiegPrzestrzenny"),
    _optional("dokument", MANY),
    _optional("dokumentPrzystepujacy", MANY),
    _optional("dokumentUchwalajacy"),
    _optional("dokumentZmieniajacy", MANY),
    _optional("dokumentUchylajacy", MANY),
    _optional("dokumentUniewazniajacy", MANY),
    _optional("rysunek", MANY),
)
_after = [e.name for e in _ACT_1].index("zmiana") + 1
_ACT_2 = (
    *_ACT_1[:_after],
    _optional("modyfikacja"),
    *_ACT_1[_after:],
    _optional("wydzielenie", MANY),
    _optional("regulacja", MANY),
)
_ZONE = (
    Element("idIIP"),
    *_LABELLED,
    *_VERSIONED,
    *_IN_FORCE,
    *_REGULATED,
    Element("nazwa"),
    _optional("nazwaAlternatywna"),
    Element("profilPodstawowy", 1, MANY),
    _optional("profilDodatkowy", MANY),
    _optional("maksNadziemnaIntensywnoscZabudowy"),
    _optional("maksUdzialPowierzchniZabudowy"),
    _optional("maksWysokoscZabudowy"),
    _optional("minUdzialPowierzchniBiologicznieCzynnej"),
)
_REGULATION = (
    Element("idIIP"),
    _optional("nazwa"),
    *_LABELLED,
    *_VERSIONED,
    *_IN_FORCE,
    *_REGULATED,
)
_STANDARDS = (
    *_REGULATION,
    Element("wylaczenieZabudowyZagrodowej"),
    Element("odlegloscDoSzkolyPodstawowej"),
    Element("odlegloscDoObszarowZieleniPublicznej"),
    Element("powierzchniaLacznaObszarowZieleniPublicznej"),
    Element("odlegloscDoObszaruZieleniPublicznej"),
    Element("powierzchniaObszaruZieleniPublicznej"),
    *(
        _optional(f"odlegloscDo{what}")
        for what in (
            "Przedszkola",
            "Zlobka",
            "AmbulatoriumPOZ",
            "Biblioteki",
            "DomuKultury",
            "DomuPomocySpolecznej",
            "UrzadzonegoTerenuSportu",
            "Przystanku",
            "PlacowkiPocztowej",
            "Apteki",
            "PosterunkuPolicji",
            "PosterunkuJednostkiOchronyPrzeciwpozarowej",
        )
    ),
)

ACT = "AktPlanowaniaPrzestrzennego"
ZONE = "StrefaPlanistyczna"
OUZ = "ObszarUzupelnieniaZabudowy"
DOWNTOWN = "ObszarZabudowySrodmiejskiej"
STANDARDS = "ObszarStandardowDostepnosciInfrastrukturySpolecznej"

TYPES = {ACT: "acts", ZONE: "zones", OUZ: "ouz", DOWNTOWN: "downtown", STANDARDS: "standards"}
"""Feature type -> the table of a plan that holds it."""

_LATEST = {
    ACT: _ACT_2,
    ZONE: _ZONE,
    OUZ: _REGULATION,
    DOWNTOWN: _REGULATION,
    STANDARDS: _STANDARDS,
}
VERSIONS: dict[str, dict[str, tuple[Element, ...]]] = {
    "1.0": {**_LATEST, ACT: _ACT_1},
    "2.0": _LATEST,
    "3.0": _LATEST,
}
STRICT = frozenset({"1.0", "2.0"})
"""Versions whose XSD was read: an element it does not name is a fault."""


def structural_faults(
    version: str, kind: str, names: Sequence[str], empty: frozenset[str]
) -> list[tuple[str, str]]:
    """Compare the elements of one feature with its schema.

    Parameters
    ----------
    version, kind : str
        ``"2.0"`` and a feature type; an unknown version is held against the newest one known.
    names : sequence of str
        Local names of its elements in the file's order (those of GML itself left out).
    empty : frozenset of str
        Names of elements that are there but hold nothing (nil included): they count as missing.

    Returns
    -------
    list of (code, element)
        ``missing_element``, ``repeated_element``, ``unknown_element``, ``element_order``.

    Examples
    --------
    >>> structural_faults("2.0", ZONE, ["idIIP", "symbol", "oznaczenie"], frozenset())[:2]
    [('element_order', 'oznaczenie'), ('missing_element', 'poczatekWersjiObiektu')]
    """
    rules = VERSIONS.get(version, _LATEST)[kind]
    place = {e.name: i for i, e in enumerate(rules)}
    faults = []
    counts: dict[str, int] = {}
    last = -1
    for name in names:
        at = place.get(name)
        if at is None:
            if version in STRICT:
                faults.append(("unknown_element", name))
            continue
        counts[name] = counts.get(name, 0) + 1
        if at < last:
            faults.append(("element_order", name))
        last = max(last, at)
    for rule in rules:
        count = counts.get(rule.name, 0)
        if count < rule.least or (rule.least and rule.name in empty):
            faults.append(("missing_element", rule.name))
        elif count > rule.most:
            faults.append(("repeated_element", rule.name))
    return faults
