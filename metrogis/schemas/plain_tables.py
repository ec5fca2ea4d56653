"""Columns of plain tables that a check reads and validates itself: for documentation."""

from __future__ import annotations

from metrogis.i18n import _
from metrogis.schemas.kinds import Field

_TERYT = Field("teryt", _("TERYT code of the municipality"))
_RESISTANCE = Field(
    "number",
    _("resistance (above 0; inf: a barrier)"),
    "1",
    low=0,
)
_SYMBOL = Field("text", _("zone symbol (SW ... SK)"))
JOBS = {
    "teryt": _TERYT,
    "jobs": Field("number", _("jobs"), "jobs", nullable=True, low=0),
}
CLASSES = {
    "code": Field("integer", _("code of the class"), unique=True),
    "habitat": Field("number", _("habitat value"), "1", low=0, high=1),
    "resistance": _RESISTANCE,
}
ZONES = {"symbol": _SYMBOL, "resistance": _RESISTANCE}
ROADS = {
    "highway": Field("text", _("class of road (OSM)")),
    "resistance": _RESISTANCE,
}
SEVERITY = {
    "symbol": _SYMBOL,
    "rank": Field(
        "text",
        _("rank of the corridor (empty or *: any)"),
        nullable=True,
    ),
    "severity": Field(
        "text",
        _("effect on the corridor"),
        allowed=("barrier", "filter", "permeable"),
    ),
}
COMPATIBILITY = {
    "class": Field("text", _("class of the structure")),
    "symbol": Field("text", _("zone symbol (*: any other)")),
    "compatibility": Field(
        "text", _("compatibility"), allowed=("compatible", "neutral", "conflict")
    ),
    "part": Field(
        "text",
        _("part of the model"),
        required=False,
        nullable=True,
        allowed=("settlement", "nature", "transport", "infrastructure"),
    ),
}
