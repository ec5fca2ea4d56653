"""Texts, columns and map views of ``plan_validity``."""

from __future__ import annotations

from collections.abc import Mapping

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.i18n import UNKNOWN, Text, _, both, join, pgettext

TITLE = _("Validity of general plans")
QUESTION = _(
    "Do the planning zones cover their act without gaps and overlaps, and do labels "
    "and values keep to the rules?"
)
METHOD = _(
    "APP GML files are read as they stand. Gaps (area of the act without zones), "
    "overlaps of zones and parts of zones outside the act are measured in the act's "
    "own coordinate system, before any reprojection; areas up to 0.001 m² (rounding) "
    "are left out. Also checked: rings, symbol, label against symbol, repeated "
    "identifiers and labels, one decimal at most, order and counts of elements by the "
    "XSD of the file's version (APP 3.0 by the rules of 2.0, unverified); the values "
    "that the planning act demands of each type of zone; one continuous area a zone; "
    "numbers of labels without a gap within a type; basic profiles that all stand. A "
    "share of biologically active land under the minimum of the type is lawful only "
    "where local plans are in force, and not under the highest minimum of these; where "
    "local plans are not known it is a warning. A municipality without a plan in the "
    "data is unknown; "
    "beside a zone that could not be read, so are gaps. The check does not judge "
    "whether the provisions are lawful."
)

READ = _(
    "{acts:0} {acts:plural:act|acts} and {zones:0} {zones:plural:zone|zones} were "
    "read; {municipalities_with_plan:0} {municipalities_with_plan:plural:municipality "
    "has|municipalities have} a plan in the data, at least in part."
)
_NOT_JUDGED = _("No plan is in the data as a whole: whether they are valid is unknown")
_VALID = _("Municipalities whose plan in the data has no error: {valid:0}")
_INVALID = _("; with errors: {invalid:0}")
_ERRORS = _("; errors found: {errors:0}")
_WARNINGS = _("; warnings: {warnings:0}")
_NO_FAULTS = _("There are no gaps between zones, no overlaps, no parts of zones outside their act")
_TILING_UNKNOWN = _("Whether zones cover their acts without gaps is unknown")
_GAPS = _("gaps between zones: {gaps:0} ({gaps_m2:1} m²)")
_OVERLAPS = _("overlaps: {overlaps:0} ({overlaps_m2:1} m²)")
_OUTSIDE = _("parts of zones outside their act: {outside:0} ({outside_m2:1} m²)")
_STOP = both(".")
LOST = _(
    "The land of {lost_zones:0} {lost_zones:plural:zone|zones} could not be read: near "
    "{lost_zones:plural:it|them} gaps are unknown."
)


def states(values: Mapping[str, float]) -> Text:
    """Return the sentence on valid plans; clauses that tell of zero are left out."""
    judged = values["valid"] + values["invalid"] > 0
    return sentence(
        _VALID if judged else _NOT_JUDGED,
        _INVALID if values["invalid"] else None,
        _ERRORS if values["errors"] > 0 else None,
        _WARNINGS if values["warnings"] > 0 else None,
        _STOP,
    )


def tiling(values: Mapping[str, float]) -> Text:
    """Return the sentence on gaps and overlaps; clauses that tell of zero are left out."""
    names = (("gaps", _GAPS), ("overlaps", _OVERLAPS), ("outside", _OUTSIDE))
    said = [text for name, text in names if values[name] > 0]
    if not said:
        known = all(values[name] == 0 for name, _ in names)
        return sentence(_NO_FAULTS if known else _TILING_UNKNOWN, _STOP)
    return sentence(join("; ", said).capitalized(), _STOP)


BIO = _(
    "In {bio_below_minimum:0} {bio_below_minimum:plural:zone|zones} the share of "
    "biologically active land is under the regulation's minimum: to be explained, for "
    "the law allows it where local plans are in force."
)
RULES = {
    "missing_value": _(
        "Values that the law demands of the type of zone and that the plan does not state: "
        "{missing_value:0}."
    ),
    "several_parts": _(
        "Planning zones of several separate parts, though each must be one area: {several_parts:0}."
    ),
    "numbering_gap": _(
        "Types of zones and areas whose numbers have a gap or do not begin with 1: "
        "{numbering_gap:0}."
    ),
    "profile_missing": _(
        "Planning zones without the whole basic profile of their type: {profile_missing:0}."
    ),
    "bio_below_local": _(
        "In {bio_below_local:0} {bio_below_local:plural:zone|zones} the share of biologically "
        "active land is under the minimum of a local plan in force there."
    ),
    "bio_without_local": _(
        "In {bio_without_local:0} {bio_without_local:plural:zone|zones} the share of biologically "
        "active land is under the regulation's minimum, and no local plan is in force there."
    ),
    "bio_below_minimum": BIO,
}
"""Code of a fault -> the sentence that counts it."""

CODES = {
    "gap": _("gap between zones"),
    "overlap": _("overlap of zones"),
    "outside_act": _("zone outside its act"),
    "invalid_ring": _("invalid ring"),
    "open_ring": _("ring not closed"),
    "short_ring": _("ring of fewer than 3 points"),
    "no_geometry": _("no geometry"),
    "unreadable_geometry": _("unreadable geometry"),
    "unknown_symbol": _("unknown symbol"),
    "label_mismatch": _("label does not match its symbol"),
    "duplicate_local_id": _("repeated local id"),
    "duplicate_label": _("repeated label"),
    "decimals": _("more than one decimal"),
    "out_of_range": _("value out of range"),
    "bad_value": _("value is no number or date"),
    "bad_unit": _("wrong or missing unit"),
    "date_order": _("end before beginning"),
    "missing_element": _("mandatory element missing"),
    "repeated_element": _("element repeated"),
    "unknown_element": _("element not in the schema"),
    "element_order": _("elements out of order"),
    "missing_value": _("mandatory value missing"),
    "several_parts": _("zone of several parts"),
    "numbering_gap": _("gap in the numbers of labels"),
    "numbering_unknown": _("number missing, beside labels that are wrong or unknown"),
    "profile_missing": _("basic profile not complete"),
    "bio_below_local": _("biologically active share below that of a local plan"),
    "bio_without_local": _("biologically active share too low, no local plan"),
    "bio_below_minimum": _("biologically active share too low"),
    "profile_not_allowed": _("profile not of this zone type"),
    "mixed_crs": _("zone in another CRS than its act"),
    "no_act": _("zones without an act"),
    "no_zones": _("act without zones"),
    "gap_unknown": _("no zone, beside a zone that could not be read"),
}
LEVELS = {
    "error": _("error"),
    "warning": _("warning"),
    "note": _("note"),
}
STATUSES = {
    "legalForce": _("legal force"),
    "elaboration": _("being drafted"),
    "adoption": _("being adopted"),
    "obsolete": _("obsolete"),
}
TABLES = {
    "acts": _("act"),
    "zones": _("zone"),
    "ouz": _("infill area (OUZ)"),
    "downtown": _("downtown area"),
    "standards": _("standards area"),
}
VALID = (
    Category("yes", _("no error"), "#009E73"),
    Category("no", _("with errors"), "#D55E00"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
_AREAS = (
    Category("gap", CODES["gap"], "#D55E00"),
    Category("gap_unknown", CODES["gap_unknown"], "#BBBBBB", hatch=True),
    Category("overlap", CODES["overlap"], "#0072B2"),
    Category("outside_act", CODES["outside_act"], "#CC79A7"),
)
_LEVELS = (
    Category("error", LEVELS["error"], "#D55E00"),
    Category("warning", LEVELS["warning"], "#E69F00"),
    Category("note", LEVELS["note"], "#56B4E9"),
)
_OWN = _("in the act's own CRS")


def _text(text: Text) -> Column:
    return Column(text, kind="text")


_FAULT = {
    "code": Column(_("kind"), kind="category", categories=CODES),
    "level": Column(pgettext("severity", "level"), kind="category", categories=LEVELS),
    "municipality": _text(_("municipality")),
    "table": Column(_("feature"), kind="category", categories=TABLES),
    "label": _text(_("label or title")),
    "other": _text(_("other feature")),
    "detail": _text(_("detail")),
    "area_m2": Column(_("area"), unit="m2", digits=3, note=_OWN),
    "act": _text(_("act")),
    "teryt6": _text(_("TERYT (6 digits)")),
    "local_id": _text(_("local id")),
    "file": _text(_("file")),
    "line": Column(_("line of the file")),
    "x": Column(both("x"), unit="m", digits=2, note=_OWN),
    "y": Column(both("y"), unit="m", digits=2, note=_OWN),
    "crs": _text(_("CRS")),
    "row": Column(_("row of the table"), of_known=True),
}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "valid": Column(
            _("validity of the plan"),
            kind="category",
            categories={c.value: c.label for c in VALID},
        ),
        "acts": Column(_("acts")),
        "zones": Column(_("zones")),
        "errors": Column(_("errors")),
        "warnings": Column(_("warnings")),
        "gap_m2": Column(pgettext("plan", "gaps"), unit="m2", digits=1, note=_OWN, bound="low"),
        "gap_unknown_m2": Column(
            _("gaps unknown"),
            unit="m2",
            digits=1,
            note=_("no zone beside one that could not be read"),
            of_knowledge=True,
        ),
        "overlap_m2": Column(_("overlaps"), unit="m2", digits=1, note=_OWN),
        "outside_m2": Column(_("outside the act"), unit="m2", digits=1, note=_OWN),
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "faults": _FAULT,
    "fault_areas": _FAULT,
    "zones": {
        "municipality": _text(_("municipality")),
        "label": _text(_("label")),
        "symbol": Column(
            _("zone type"),
            kind="category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "name": _text(_("name")),
        "max_intensity": Column(_("max. floor area ratio"), digits=1),
        "max_built_share": Column(_("max. built-up share"), unit="%", digits=1),
        "max_height": Column(_("max. height"), unit="m", digits=1),
        "min_bio_share": Column(
            _("min. biologically active share"),
            unit="%",
            digits=1,
        ),
        "valid_from": _text(_("in force from")),
        "status": Column(both("status"), kind="category", categories=STATUSES),
        "area_ha": Column(_("area"), unit="ha", digits=2),
        "colour": Column(_("colour of the type in annex 2"), kind="text"),
        "missing": Column(_("mandatory values missing"), kind="text"),
        "faults": Column(_("faults of the zone")),
    },
}

_POPUP = ("code", "level", "municipality", "label", "other", "detail", "area_m2", "file", "line")
VIEWS = (
    View(
        "zones",
        _("Planning zones"),
        column="symbol",
        categories=ZONE_CATEGORIES,
        popup=("municipality", "label", "name", "max_height", "min_bio_share", "missing", "faults"),
        weight=0.5,
        fill_opacity=0.75,
        ground=GROUND,
    ),
    View(
        "fault_areas",
        _("Gaps, overlaps, zones outside their act"),
        column="code",
        categories=_AREAS,
        popup=_POPUP,
        weight=2.0,
        fill_opacity=0.9,
        ground=GROUND,
    ),
    View(
        "faults",
        _("Errors and warnings"),
        column="level",
        categories=_LEVELS,
        popup=_POPUP,
        radius=5.0,
        fill_opacity=0.9,
        ground=GROUND,
    ),
    View(
        "municipalities",
        _("Validity of the municipality's plan"),
        column="valid",
        categories=VALID,
        popup=("name", "plan", "valid", "errors", "warnings", "gap_m2", "overlap_m2"),
        shown=False,
    ),
)
