"""Rules of traffic stress as tables, and the few lines that read them.

A rule set is a CSV (``rules/lts_*.csv``) read from top to bottom. Columns: ``rule`` (its id),
``effect``, ``level``, ``when``, and what it says in Polish and English, with its source.

``effect`` is ``set`` (the first that applies decides), ``tag`` (the level is the value of the tag
``lts``), ``unknown`` (decides, without a level), or ``start`` and ``raise``: where a ``start`` rule
applies the ``raise`` rules below it may only lift its level, and the last that did gives the id.

``when`` joins conditions by ``&``: ``highway=path|footway``, ``bicycle!=yes`` (true also without
the tag), ``cycleway*=track`` (any key that starts so), ``no highway``, ``always``; numbers
``lanes``, ``speed`` (km/h), ``bike_lane_width`` and ``lane_and_parking_width`` (m) against a
constant (never true where the number is not known; ``no speed`` is); and what `Facts` works out:
``bike_lane``, ``parking``, ``median``, ``no_cars``, ``lane``, ``lts_tag``, each also with ``not``.
"""

from __future__ import annotations

import csv
import io
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from metrogis import boundary
from metrogis.errors import ParameterError, SourceError
from metrogis.i18n import LANGUAGES, Text, _
from metrogis.streets.speeds import Direction, speed_limit

BIKE_LANES = frozenset({"crossing", "lane", "left", "opposite", "opposite_lane", "right", "yes"})
PARKED = frozenset({"parallel", "perpendicular", "diagonal", "yes", "marked"})
WITHOUT_CARS = frozenset(
    {"bridleway", "corridor", "cycleway", "footway", "path", "pedestrian", "platform", "steps"}
)
NOT_FOR_CARS = frozenset({"no", "agricultural", "forestry", "emergency"})


class Rule(NamedTuple):
    """One row of a rule table."""

    rule: str
    effect: str
    level: int | None
    when: str
    text: Text
    source: str
    holds: Callable[[Facts], bool]


class Default(NamedTuple):
    """A value taken because a tag is missing, cannot be read, or names no number."""

    tag: str
    reason: str
    shown: str = ""


class Facts:
    """What rules ask about one way; remembers the defaults that the answers rested on.

    ``defaults`` maps (tag, highway or ``*``, reason) to a value; an empty table means that a
    number not tagged stays unknown, which the rules can ask for (``no speed``).
    """

    def __init__(
        self,
        tags: Mapping[str, str],
        direction: Direction | None = None,
        defaults: Mapping[tuple[str, str, str], float] | None = None,
        lane: bool = False,
    ) -> None:
        self.tags = tags
        self.direction = direction
        self.table = defaults or {}
        self.lane = lane
        self.rests_on: dict[str, Default] = {}
        self._numbers: dict[str, tuple[float, Default | None]] = {}

    def number(self, name: str) -> float:
        """Return a number (NaN: not known) and note the default it rests on."""
        if name not in self._numbers:
            self._numbers[name] = _NUMBERS[name](self)
        value, default = self._numbers[name]
        if default is not None:
            self.rests_on[default.tag] = default
        return value

    def default(self, tag: str, reason: str, shown: str = "") -> tuple[float, Default]:
        """Return the default of a tag, and what it rests on.

        Parameters
        ----------
        tag, reason : str
            Why it is not known: absent, or a value that cannot be read. Defaults of the way's class
            of road come before those for all roads.
        shown : str
            The value that could not be read, for the audit.

        Returns
        -------
        float
            NaN where the table has none.
        Default
        """
        highway = self.tags.get("highway", "*")
        value = self.table.get((tag, highway, reason))
        if value is None:
            value = self.table.get((tag, "*", reason), math.nan)
        return value, Default(tag, reason, shown)

    def any_key(self, prefix: str, values: frozenset[str]) -> bool:
        """Tell whether any tag whose key starts with ``prefix`` has one of the values."""
        return any(value in values and key.startswith(prefix) for key, value in self.tags.items())


def _speed(facts: Facts) -> tuple[float, Default | None]:
    found = speed_limit(facts.tags, facts.direction)
    if found.how in ("tag", "implicit"):
        return found.kmh, None
    shown = facts.tags.get(found.key, "")
    if found.how != "conditional":
        return facts.default("maxspeed", found.how, shown)
    # what holds outside the stated times is not known: never less than the default
    otherwise, _ = facts.default("maxspeed", "missing")
    kmh = found.kmh if math.isnan(otherwise) else max(found.kmh, otherwise)
    return kmh, Default("maxspeed", "conditional", shown)


_WHOLE = re.compile(r"\s*(\d{1,3})", re.ASCII)


def _lanes(facts: Facts) -> tuple[float, Default | None]:
    text = facts.tags.get("lanes")
    if text is not None:
        parts = [_WHOLE.match(part) for part in text.split(";")]
        if all(parts):
            return float(sum(int(part[1]) for part in parts if part)), None
        return facts.default("lanes", "unreadable", text)
    sides = [_WHOLE.match(facts.tags.get(f"lanes:{d}", "")) for d in ("forward", "backward")]
    if all(sides):
        return float(sum(int(side[1]) for side in sides if side)), None
    return facts.default("lanes", "missing")


_METRES = re.compile(r"\s*(\d{1,2}(?:[.,]\d{1,3})?)\s*m?\s*", re.ASCII)


def _width(facts: Facts, *keys: str) -> float:
    widths = [m for k in keys if (m := _METRES.fullmatch(facts.tags.get(k, "")))]
    return min((float(m[1].replace(",", ".")) for m in widths), default=math.nan)


_SIDES = ("", ":both", ":left", ":right")


def _lane_width(facts: Facts) -> tuple[float, None]:
    keys = [f"cycleway{side}{kind}:width" for side in _SIDES for kind in ("", ":lane")]
    return _width(facts, *keys), None


def _lane_and_parking(facts: Facts) -> tuple[float, None]:
    keys = [f"parking{kind}{side}:width" for side in _SIDES for kind in ("", ":lane")]
    return _lane_width(facts)[0] + _width(facts, *keys), None


_NUMBERS: dict[str, Callable[[Facts], tuple[float, Default | None]]] = {
    "speed": _speed,
    "lanes": _lanes,
    "bike_lane_width": _lane_width,
    "lane_and_parking_width": _lane_and_parking,
}


def lts_tag(tags: Mapping[str, str]) -> int | None:
    """Return the level that a tag ``lts`` states, 1 to 4.

    None where there is no tag, or one that is no such number.

    >>> lts_tag({"lts": "2.0"}), lts_tag({"lts": "5"}), lts_tag({})
    (2, None, None)
    """
    try:
        value = float(tags["lts"])
    except (KeyError, ValueError):
        return None
    return int(value) if 1 <= value <= 4 else None


def no_cars(tags: Mapping[str, str]) -> bool:
    """Return whether a way is closed to cars, by its tags of access, else by its kind.

    The most specific tag decides: ``motorcar``, ``motor_vehicle``, ``vehicle``.

    >>> no_cars({"highway": "residential", "motor_vehicle": "no"}), no_cars({"highway": "cycleway"})
    (True, True)
    """
    # the first tag that is there decides, also when it opens the way
    for key in ("motorcar", "motor_vehicle", "vehicle"):
        if key in tags:
            return tags[key] in NOT_FOR_CARS
    return tags.get("highway") in WITHOUT_CARS


_FLAGS: dict[str, Callable[[Facts], bool]] = {
    "always": lambda f: True,
    "bike_lane": lambda f: (
        f.tags.get("shoulder:access:bicycle") == "yes" or f.any_key("cycleway", BIKE_LANES)
    ),
    "parking": lambda f: f.tags.get("parking") == "yes" or f.any_key("parking:lane", PARKED),
    "median": lambda f: f.tags.get("median") == "yes" or f.tags.get("dual_carriageway") == "yes",
    "no_cars": lambda f: no_cars(f.tags),
    "lane": lambda f: f.lane,
    "lts_tag": lambda f: lts_tag(f.tags) is not None,
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_NUMERIC = re.compile(r"([a-z_]+)\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)")
_TAGGED = re.compile(r"([\w:]+)(\*?)\s*(!?=)\s*([\w:|-]+)")


def _condition(text: str) -> Callable[[Facts], bool]:
    # a comparison with NaN is False: a number that is not known meets no bound
    numeric = _NUMERIC.fullmatch(text)
    if numeric and numeric[1] in _NUMBERS:
        name, compare, bound = numeric[1], _COMPARE[numeric[2]], float(numeric[3])
        return lambda f: compare(f.number(name), bound)
    tagged = _TAGGED.fullmatch(text)
    if tagged:
        key, values, negate = tagged[1], frozenset(tagged[4].split("|")), tagged[3] == "!="
        # a star stands for any ending of the key: cycleway* is cycleway:left as well
        if tagged[2]:
            return lambda f: f.any_key(key, values) != negate
        return lambda f: (f.tags.get(key) in values) != negate
    if text.startswith("not ") and text[4:] in _FLAGS:
        flag = _FLAGS[text[4:]]
        return lambda f: not flag(f)
    if text.startswith("no "):
        key = text[3:].strip()
        if key in _NUMBERS:
            return lambda f: math.isnan(f.number(key))
        return lambda f: key not in f.tags
    if text in _FLAGS:
        return _FLAGS[text]
    raise KeyError(text)


def _all_of(conditions: list[Callable[[Facts], bool]]) -> Callable[[Facts], bool]:
    # in the order written: what stands behind a condition that fails is not asked, so the numbers
    # a verdict rests on are those that were looked at
    return lambda f: all(condition(f) for condition in conditions)


class RuleSet(NamedTuple):
    """A rule table, with the defaults for numbers that are not tagged."""

    name: str
    rules: tuple[Rule, ...]
    defaults: Mapping[tuple[str, str, str], float]
    by_direction: bool
    """Whether one way has one level (the worse of its directions), not one of its own."""

    def keys(self) -> frozenset[str]:
        """Return the tag keys (and beginnings of keys) that the conditions name."""
        parts = [part.strip() for rule in self.rules for part in rule.when.split("&")]
        tagged = [match[1] for part in parts if (match := _TAGGED.fullmatch(part))]
        return frozenset(tagged + [part[3:] for part in parts if part.startswith("no ")])

    def texts(self) -> dict[str, Text]:
        """Return what each rule says, by id."""
        # several rows may share an id: the first of them says it
        return {rule.rule: rule.text for rule in reversed(self.rules)}

    def verdict(self, facts: Facts, *, permission: bool = True) -> tuple[int | None, str]:
        """Return level (0: not permitted, None: unknown) and rule id of one way.

        Without ``permission`` the rules that forbid are passed over: the stress of the traffic
        there, which a node shares with the streets that meet in it.
        """
        level, decided = 0, ""
        for rule in self.rules:
            # after a start the rules that raise are read to the end; without one they say nothing
            if rule.effect == "raise":
                if decided and rule.level is not None and level < rule.level and rule.holds(facts):
                    level, decided = rule.level, rule.rule
                continue
            if decided:
                break
            if (rule.level == 0 and not permission) or not rule.holds(facts):
                continue
            if rule.effect == "start":
                level, decided = rule.level or 0, rule.rule
            elif rule.effect == "tag":
                return lts_tag(facts.tags), rule.rule
            else:
                return (None if rule.effect == "unknown" else rule.level), rule.rule
        return (level, decided) if decided else (None, "")


def parse_rules(text: str, *, name: str = "rules") -> tuple[Rule, ...]:
    """Read a rule table from CSV text.

    Raises
    ------
    SourceError
        Naming the row that cannot be read.

    Examples
    --------
    >>> rules = parse_rules("rule,effect,level,when\\nx1,set,4,lanes>=3 & highway=primary")
    >>> rules[0].holds(Facts({"highway": "primary", "lanes": "4"}))
    True
    """
    rules = []
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            conditions = [_condition(part.strip()) for part in row["when"].split("&")]
            if row["effect"] not in ("set", "tag", "unknown", "start", "raise"):
                raise KeyError(row["effect"])
            level = int(row["level"]) if row["level"] else None
            if row["effect"] in ("set", "start", "raise") and level not in (0, 1, 2, 3, 4):
                raise KeyError(row["level"])
            said = Text.of({x: row.get(f"text_{x}") or row["when"] for x in LANGUAGES})
            rules.append(
                Rule(
                    row["rule"],
                    row["effect"],
                    level,
                    row["when"],
                    said,
                    row.get("source") or "",
                    _all_of(conditions),
                )
            )
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise SourceError(
                _("the rule in line {line} cannot be read: {why}").fill(
                    line=line, why=boundary.why(error)
                ),
                layer=name,
                remedy=_("columns rule, effect, level, when as in metrogis/streets/rules"),
            ) from error
    return tuple(rules)


def _shipped(name: str) -> str:
    return files("metrogis.streets").joinpath(f"rules/{name}.csv").read_text(encoding="utf-8")


@cache
def published_defaults() -> dict[tuple[str, str, str], float]:
    """Return the published defaults for lanes and speed.

    Returns
    -------
    dict
        (tag, highway or ``*``, reason) to a number of lanes or km/h.
    """
    return {
        (row["tag"], row["highway"], row["reason"]): float(row["value"])
        for row in csv.DictReader(io.StringIO(_shipped("lts_defaults")))
    }


@cache
def _named(name: str) -> RuleSet:
    rules = parse_rules(_shipped(f"lts_{name}"), name=f"lts_{name}")
    if name == "r5":
        return RuleSet(name, rules, {}, True)
    return RuleSet(name, rules, published_defaults(), False)


RULE_SETS = ("bike_ottawa", "r5")


def rule_set(rules: str | Path | RuleSet) -> RuleSet:
    """Return a rule set by name (``bike_ottawa``, ``r5``), or from a CSV file of one's own.

    Raises
    ------
    ParameterError
        For a name that is not known.

    Examples
    --------
    >>> rule_set("bike_ottawa").texts()["m12"].en
    'above 50 km/h'
    """
    if isinstance(rules, RuleSet):
        return rules
    if isinstance(rules, Path):
        try:
            text = rules.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(
                _("the rule table cannot be read"),
                place=rules.name,
                remedy=_("save the CSV file in UTF-8"),
            ) from error
        return RuleSet(rules.stem, parse_rules(text, name=rules.name), published_defaults(), False)
    if rules not in RULE_SETS:
        raise ParameterError(
            _("unknown rule set {rules}").fill(rules=repr(rules)),
            remedy=_("give one of: {rule_sets}, or the Path of a CSV table").fill(
                rule_sets=", ".join(RULE_SETS)
            ),
        )
    return _named(rules)
