"""Level of traffic stress (LTS) of streets for cycling, from OpenStreetMap tags.

Level 1 suits children, 2 most adults, 3 confident cyclists, 4 hardly anyone (Mekuria, Furth &
Nixon 2012). Two published rule sets, kept as tables (``metrogis/streets/rules``): ``bike_ottawa``
(km/h rules of Bike Ottawa) and ``r5`` (Conveyal R5). A verdict names its rule and the defaults it
rests on; a way is forbidden, rated 1-4, or unknown.

What it does not say: tags are not a survey. In most places more than half of the streets have no
tagged speed or number of lanes: look at the share of length that rests on defaults first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.osm import lifecycle
from metrogis.osm.tagtable import distinct_tags
from metrogis.osm.values import clean as plain_tags
from metrogis.provenance import Source, attach
from metrogis.streets import permissions
from metrogis.streets.directions import DIRECTIONS, Side, riding, steering
from metrogis.streets.speeds import IMPLICIT_KEYS, Direction
from metrogis.streets.stress_audit import Verdict, audit_of_defaults, audit_of_speeds
from metrogis.streets.stress_rules import Facts, RuleSet, lts_tag, rule_set

Rules = str | Path | RuleSet

ONEWAY = "oneway"
"""Rule id of a direction closed by ``oneway``, ``bicycle:backward=no`` and the like."""
CLOSED = "closed"
"""Rule id of a way that the table of access closes, and no rule of the set forbids."""

_KEYS = frozenset(
    {
        *("highway", "bicycle", "junction", "lts", "median", "dual_carriageway"),
        *("oneway", "oneway:bicycle", "shoulder:access:bicycle"),
        *("motor_vehicle", "motorcar", "vehicle", *IMPLICIT_KEYS),
        *(
            f"{key}{way}"
            for key in ("bicycle", "vehicle", "lanes", "maxspeed")
            for way in ("", ":forward", ":backward")
        ),
        *(f"maxspeed{way}:conditional" for way in ("", ":forward", ":backward")),
    }
)
"""Keys asked for by more than the conditions of rules."""

_PREFIXES = ("cycleway", "parking")

Access = permissions.Rules
"""Choices of access: which doubtful ways are used."""


class Stress(NamedTuple):
    """Level (0: not permitted, None: unknown, else 1-4) and the id of the rule that decided."""

    level: int | None
    rule: str


def level_of_traffic_stress(
    tags: Mapping[str, Any],
    rules: Rules = "bike_ottawa",
    *,
    direction: Direction | None = None,
    access: Access = Access(),
    driving_side: Side = "right",
) -> Stress:
    """Return the level of traffic stress of one way, and the rule that decided.

    Parameters
    ----------
    tags : mapping
        OSM tags of the way. Missing values (None, NaN) are no tags.
    rules : {"bike_ottawa", "r5"}, Path or RuleSet
        The rule set; a path names a CSV table of one's own (see `stress_rules`).
    direction : {"forward", "backward"}, optional
        Along the way or against it. Whether one may ride there, the table of direction and access
        says that the network is built by (:func:`metrogis.streets.permissions.decide`), and the
        rule set rates what is open. Without a direction, ``bike_ottawa`` gives the way one level by
        all of its tags, permission included, as published; ``r5``, whose bike lanes have a
        direction, the worse of the directions in which cycling is permitted.
    access : Rules
        Which doubtful ways are used, as in the network; asked only with a direction.
    driving_side : {"right", "left"}
        On which side traffic drives.

    Returns
    -------
    Stress
        ``(level, rule)``: 0 not permitted, 1-4, None unknown.

    Raises
    ------
    ParameterError
        For an unknown rule set or direction.

    Notes
    -----
    Bike Ottawa: permission, separated path, bike lane, mixed traffic; the first that applies.
    Speeds are compared as tagged, mph converted and not rounded (25 mph is 40.2 km/h, above 40).
    R5: in the order of its source; a node without signals adds its own rule to a network, see
    `stress`. Where R5 says nothing of permission, that of Bike Ottawa holds.

    Sources: Bike Ottawa, stressmodel; Conveyal, R5 LevelOfTrafficStressLabeler.

    Examples
    --------
    >>> level_of_traffic_stress({"highway": "residential", "maxspeed": "30"})
    Stress(level=2, rule='m5')
    >>> one_way = {"highway": "tertiary", "oneway": "yes", "cycleway": "opposite_lane"}
    >>> level_of_traffic_stress(one_way, direction="forward").rule
    'm10'
    >>> level_of_traffic_stress({"highway": "service"}, rules="r5")
    Stress(level=None, rule='n2')
    """
    if direction not in (None, *DIRECTIONS):
        raise _bad_direction(direction)
    _check_side(driving_side)
    chosen = rule_set(rules)
    if not isinstance(tags, Mapping):
        raise ParameterError(
            _("tags must be a mapping"),
            layer="streets",
            remedy=_('such as {"highway": "residential"}'),
        )
    clean = plain_tags(tags)
    if direction is not None:
        verdict = _along(clean, chosen, direction, driving_side, access)
        return Stress(verdict.level, verdict.rule)
    if not chosen.by_direction:
        verdict = _rate(Facts(clean, None, chosen.defaults, _any_lane(clean)), chosen)
        return Stress(verdict.level, verdict.rule)
    found = [_along(clean, chosen, d, driving_side, None) for d in DIRECTIONS]
    # a direction that is closed says nothing of the street, unless both are; among the closed ones
    # a ban counts more than a one-way rule
    open_ = [v for v in found if v.level != 0] or [v for v in found if v.rule != ONEWAY] or found
    worst = max(open_, key=lambda v: v.level or 0)
    return Stress(worst.level, worst.rule)


def _any_lane(tags: Mapping[str, str]) -> bool:
    return any(riding(tags, direction).lane for direction in DIRECTIONS)


def _along(
    tags: Mapping[str, str],
    rules: RuleSet,
    direction: Direction,
    driving_side: Side,
    access: Access | None,
) -> Verdict:
    """Rate one direction of a way; without ``access`` as the rule set itself permits."""
    verdict = permissions.decide(tags, "bike", access or Access())
    # where cycling is forbidden the way still has a direction of traffic, which decides the lane
    # that is asked for
    open_ = verdict[:2] if not verdict.dropped else steering(tags)[:2]
    seen = riding(tags, direction, open_=open_, driving_side=driving_side)
    found = _rate(Facts(seen.tags, direction, rules.defaults, seen.lane), rules)
    along = open_[0] if direction == "forward" else open_[1]
    if access is None:
        return found if along or found.level == 0 else found.closed(ONEWAY)
    if verdict.dropped or not along:
        if found.level == 0:
            return found
        return found.closed(CLOSED if verdict.dropped else ONEWAY)
    if found.level != 0:
        return found
    # the table of access has spoken: rules that forbid are passed over
    facts = Facts(seen.tags, direction, rules.defaults, seen.lane)
    level, rule = rules.verdict(facts, permission=False)
    return Verdict(level, rule, tuple(facts.rests_on.values()), level)


def _rate(facts: Facts, rules: RuleSet) -> Verdict:
    level, rule = rules.verdict(facts)
    rests_on = tuple(facts.rests_on.values())
    traffic = rules.verdict(facts, permission=False)[0] if level == 0 else level
    return Verdict(level, rule, rests_on, traffic)


def stress(
    ways: pd.DataFrame,
    *,
    rules: Rules = "bike_ottawa",
    node_rule: bool | None = None,
    signals: Collection[Any] = (),
    access: Access = Access(),
    driving_side: Side = "right",
    layer: str = "streets",
) -> pd.DataFrame:
    """Return the level of traffic stress of every way, in both directions.

    Parameters
    ----------
    ways : DataFrame
        One row per way or edge. Tags stand in a column ``tags`` (mappings), in ``other_tags``
        (hstore or JSON text), or in a column per key (``highway``, ``maxspeed``, ...); a column
        per key goes before the others. With columns ``u`` and ``v`` (end nodes) rows are edges
        of a network, cut where they meet.
    rules : {"bike_ottawa", "r5"}, Path or RuleSet
        The rule set.
    node_rule : bool, optional
        At a node without signals every edge that meets there takes the node's highest level,
        except edges with their own ``lts`` tag. None: only with ``r5``, whose rule it is, and
        where ``u`` and ``v`` are given.
    signals : collection
        Nodes with traffic signals: the node rule does not hold there.
    access : Rules
        Which doubtful ways are used: those of the network that the ways belong to.
    driving_side : {"right", "left"}
        On which side traffic drives.
    layer : str
        Named by the audit and by errors.

    Returns
    -------
    DataFrame
        Index of ``ways``; for ``forward`` (along the way) and ``backward``:
        ``*_state`` ``forbidden``, ``rated`` or ``unknown``; ``*_level`` 1-4, missing unless
        rated; ``*_rule`` id of the rule (``+node`` where the node rule raised the level);
        ``*_defaults`` the tags whose defaults the verdict rests on (``""``, ``lanes``,
        ``maxspeed``, ``lanes+maxspeed``). Its audit (`metrogis.provenance.audit_of`) counts every
        default used.

    Raises
    ------
    SchemaError
        When no column holds tags.
    ParameterError
        When ``node_rule=True`` and there are no end nodes.

    Examples
    --------
    >>> ways = pd.DataFrame({"highway": ["residential", "primary"], "oneway": [None, "yes"]})
    >>> stress(ways)[["forward_level", "backward_state", "forward_defaults"]].values.tolist()
    [[2, 'rated', 'lanes+maxspeed'], [4, 'forbidden', 'maxspeed']]
    """
    _check_side(driving_side)
    chosen = rule_set(rules)
    has_nodes = {"u", "v"} <= set(ways.columns)
    if node_rule and not has_nodes:
        raise ParameterError(
            _("node_rule needs the columns u and v"),
            layer=layer,
            remedy=_("give the edges of a network"),
        )
    keys = _KEYS | chosen.keys()
    # streets share a few thousand sets of tags: each set is rated once, `which` says whose it is
    kinds, which, audit = distinct_tags(ways, lambda key: key in keys or _matters(key), layer=layer)
    verdicts = {
        d: [_along(tags, chosen, d, driving_side, access) for tags in kinds] for d in DIRECTIONS
    }
    levels = {d: _levels([v.level for v in verdicts[d]])[which] for d in DIRECTIONS}
    rules_of = {d: _objects([v.rule for v in verdicts[d]])[which] for d in DIRECTIONS}
    wanted = chosen.by_direction if node_rule is None else node_rule
    if wanted and has_nodes:
        # a forbidden way still counts for its nodes, by the traffic on it
        traffic = [_levels([v.traffic for v in verdicts[d]])[which] for d in DIRECTIONS]
        explicit = np.array([_explicit(tags, chosen) for tags in kinds], bool)[which]
        u, v = ways["u"].to_numpy(), ways["v"].to_numpy()
        raised = node_maximum(u, v, *traffic, explicit=explicit, signals=signals)
        _raise(levels, rules_of, dict(zip(DIRECTIONS, raised, strict=True)))
    elif wanted:
        what = _("ways without nodes: the level of nodes is not counted")
        audit = audit.add(layer, "noted", len(ways), what)
    return attach(
        _as_table(levels, rules_of, verdicts, which, ways.index),
        Source(layer=layer),
        audit + audit_of_defaults(verdicts, which, layer) + audit_of_speeds(kinds, which, layer),
    )


def _as_table(
    levels: dict[Direction, Array],
    rules: dict[Direction, Array],
    verdicts: dict[Direction, list[Any]],
    which: Array,
    index: pd.Index,
) -> pd.DataFrame:
    """Return state, level, rule and defaults of each way, by direction."""
    out: dict[str, Any] = {}
    for d in DIRECTIONS:
        level = levels[d]
        state = np.where(np.isnan(level), "unknown", np.where(level == 0, "forbidden", "rated"))
        out[f"{d}_state"] = state.astype(object)
        out[f"{d}_level"] = pd.array(np.where(level == 0, np.nan, level), dtype="Int8")
        out[f"{d}_rule"] = rules[d]
        used = ["+".join(sorted(x.tag for x in v.rests_on)) for v in verdicts[d]]
        out[f"{d}_defaults"] = _objects(used)[which]
    return pd.DataFrame(out, index=index)


def _raise(
    levels: dict[Direction, Array], rules: dict[Direction, Array], raised: dict[Direction, Array]
) -> None:
    """Put the levels of nodes in place of lower ones; the rule's id says so."""
    for direction, own in raised.items():
        before = levels[direction]
        # a forbidden way stays forbidden; NaN is unequal to itself, so "unknown as before" is
        # no change
        up = (before != 0) & (own != before) & ~(np.isnan(own) & np.isnan(before))
        levels[direction] = np.where(up, own, before)
        rules[direction] = np.where(up, rules[direction] + "+node", rules[direction])


def _matters(key: str) -> bool:
    return key.startswith(_PREFIXES) or permissions.matters(key) or lifecycle.concerns(key)


def _explicit(tags: Mapping[str, str], rules: RuleSet) -> bool:
    return any(rule.effect == "tag" for rule in rules.rules) and lts_tag(tags) is not None


def node_maximum(
    u: Array,
    v: Array,
    forward: Array,
    backward: Array,
    *,
    explicit: Array | None = None,
    signals: Collection[Any] = (),
) -> tuple[Array, Array]:
    """Return the levels of edges after each took the highest level of its end nodes.

    Parameters
    ----------
    u, v : array, shape (n,)
        End nodes.
    forward, backward : array of float, shape (n,)
        Levels by direction; NaN unknown. A node's level is the highest known one of all edges
        that meet there, in either direction; where none is known nothing changes.
    explicit : array of bool, shape (n,), optional
        Edges that keep their level (they still count for their nodes).
    signals : collection
        Nodes where the rule does not hold.

    Examples
    --------
    >>> levels = np.array([1.0, 4.0, 1.0])
    >>> u, v = np.array([1, 2, 3]), np.array([2, 3, 4])
    >>> node_maximum(u, v, levels, levels, signals=[3])[0].tolist()
    [4.0, 4.0, 1.0]
    """
    ends, _ = pd.factorize(np.concatenate([u, v]))
    a, b = ends[: len(u)], ends[len(u) :]
    top = np.full(ends.max(initial=-1) + 1, np.nan)
    for end in (a, b):
        for level in (forward, backward):
            np.fmax.at(top, end, level)
    if len(signals):
        lit = pd.Index(np.concatenate([u, v])).isin(list(signals))
        top[ends[lit]] = np.nan
    meets = np.fmax(top[a], top[b])
    keep = np.zeros(len(u), bool) if explicit is None else explicit
    return (
        np.where(keep, forward, np.fmax(forward, meets)),
        np.where(keep, backward, np.fmax(backward, meets)),
    )


def default_share(levels: pd.DataFrame, length: Any) -> pd.DataFrame:
    """Return length by state and level, and the share that rests on defaults.

    Parameters
    ----------
    levels : DataFrame
        What `stress` returns.
    length : array-like of float, shape (n,)
        Lengths of the ways, m. Each direction of a way counts its length.

    Returns
    -------
    DataFrame
        A row per state and level, and ``all``: ``length`` (m, both directions), ``share`` of
        all, ``on_defaults`` (share of the row's length whose verdict rests on any default),
        ``on_lanes`` and ``on_maxspeed`` (on that of lanes, of speed). NaN where there is none.

    Examples
    --------
    >>> ways = pd.DataFrame({"highway": ["residential", "cycleway"]})
    >>> default_share(stress(ways), [300, 100]).loc["all", "on_defaults"]
    np.float64(0.75)
    """
    metres = np.asarray(length, float)
    if len(metres) != len(levels):
        raise ParameterError(
            _("there are {count} lengths and {count2} ways").fill(
                count=len(metres), count2=len(levels)
            )
        )
    parts = []
    for d in DIRECTIONS:
        used = levels[f"{d}_defaults"].astype(str)
        level = levels[f"{d}_level"].astype("Float64").to_numpy(float, na_value=np.nan)
        state = levels[f"{d}_state"].to_numpy(object)
        name = [f"level {int(x)}" if x == x else s for x, s in zip(level, state, strict=True)]
        parts.append(
            pd.DataFrame(
                {
                    "name": name,
                    "length": metres,
                    "on_defaults": metres * (used != "").to_numpy(bool),
                    "on_lanes": metres * used.str.contains("lanes").to_numpy(bool),
                    "on_maxspeed": metres * used.str.contains("maxspeed").to_numpy(bool),
                }
            )
        )
    rows = ["level 1", "level 2", "level 3", "level 4", "unknown", "forbidden"]
    table = pd.concat(parts).groupby("name").sum().reindex(rows, fill_value=0.0)
    table.loc["all"] = table.sum()
    table.index.name = "state"
    whole = table["length"].where(table["length"] > 0)
    for column in ("on_defaults", "on_lanes", "on_maxspeed"):
        table[column] = table[column] / whole
    table.insert(1, "share", table["length"] / whole["all"])
    return table


def _levels(values: list[int | None]) -> Array:
    return np.array([np.nan if v is None else v for v in values], float)


def _objects(values: list[str]) -> Array:
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _check_side(driving_side: str) -> None:
    if driving_side not in ("right", "left"):
        raise ParameterError(
            _("driving_side is {driving_side}").fill(driving_side=repr(driving_side)),
            remedy=_("give right or left"),
        )


def _bad_direction(direction: Any) -> ParameterError:
    return ParameterError(
        _("unknown direction {direction}").fill(direction=repr(direction)),
        remedy=_("give forward or backward"),
    )
