"""Parameters of ``functional_links``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Limits

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.i18n import _

_OWN = ours("2-functional-links")


def _codes(value: Any) -> Any:
    """Accept one code, codes with commas between, or a list; put back a lost leading 0."""
    if isinstance(value, str):
        value = [part for part in value.replace(";", ",").split(",") if part.strip()]
    elif isinstance(value, int):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(
            str(v).strip().zfill(7) if isinstance(v, int | str) and not isinstance(v, bool) else v
            for v in value
        )
    return value


class FunctionalLinksParameters(Parameters):
    """Parameters of :func:`functional_links`."""

    meaning: Annotated[
        Literal["table", "commuting", "migration", "flow"],
        Spec(
            _("what the table describes"),
            "-",
            _OWN.saying(
                _(
                    "'table': its column 'meaning', else unknown ('flow'); migration is "
                    "only a proxy for commuting"
                ),
            ),
        ),
    ] = "table"
    core: Annotated[
        tuple[Annotated[str, Limits(pattern=r"^\d{7}$")], ...],
        BeforeValidator(_codes),
        Spec(
            _("core cities (TERYT)"),
            "-",
            _OWN.saying(
                _("empty: derived by core_ratio; name them where a strategy or statute does"),
            ),
        ),
    ] = ()
    core_ratio: Annotated[
        float,
        Spec(
            _("least population of a core city against the largest municipality"),
            "1",
            _OWN.saying(
                _(
                    "used only where core is empty; without population the largest inflow "
                    "alone is the core"
                ),
            ),
            range=0.1,
        ),
        Limits(gt=0, le=1),
    ] = 1 / 3
    share_base: Annotated[
        Literal["all", "area"],
        Spec(
            _("shares of all flow, or of flow within the area only"),
            "-",
            _OWN.saying(
                _("'area' has far narrower bounds where small counts are not published"),
            ),
        ),
    ] = "all"
    suppressed_below: Annotated[
        int,
        Spec(
            _("threshold of published counts"),
            "people",
            citations.GUS_MIGRATION.saying(
                _("rows under 3 are absent; 0: the table is complete"),
            ),
        ),
        Limits(ge=0, le=1000),
    ] = 3
    blank_counts: Annotated[
        Literal["unknown", "suppressed"],
        Spec(
            _("what a row without a count means"),
            "-",
            _OWN.saying(
                _(
                    "any number of people, unless the table marks counts under the "
                    "threshold of publication in this way"
                ),
            ),
        ),
    ] = "unknown"
    links: Annotated[
        int,
        Spec(
            _("number of strongest links"),
            "1",
            _OWN.saying(_("a map stays readable")),
        ),
        Limits(ge=1, le=100_000),
    ] = 60
    link_min_flow: Annotated[
        float,
        Spec(
            _("least flow drawn, both directions"),
            "people",
            _OWN,
            range=0.2,
        ),
        Limits(ge=0),
    ] = 10
    hierarchy_size: Annotated[
        Literal["inflow_internal", "inflow", "population"],
        Spec(
            _("measure of a centre's size"),
            "-",
            citations.NYSTUEN_DACEY.saying(_("total inflow within the system under study")),
        ),
    ] = "inflow_internal"
    hierarchy_indirect: Annotated[
        bool,
        Spec(
            _("count indirect associations"),
            "-",
            citations.NYSTUEN_DACEY.saying(
                _("power series of the flow matrix; off: largest direct flow"),
            ),
        ),
    ] = False
    dominant_min_flow: Annotated[
        float,
        Spec(
            _("least dominant flow"),
            "people",
            citations.NYSTUEN_DACEY.saying(_("they set none")),
        ),
        Limits(ge=0),
    ] = 0
    dominant_min_share: Annotated[
        float,
        Spec(
            _("least share of the dominant flow in the outflow within the area"),
            "1",
            citations.NYSTUEN_DACEY.saying(_("they set none")),
        ),
        Limits(ge=0, le=1),
    ] = 0
    region_resolution: Annotated[
        float,
        Spec(
            _("resolution of modularity"),
            "1",
            citations.MODULARITY,
            range=0.1,
        ),
        Limits(gt=0, le=10),
    ] = 1.0
    region_runs: Annotated[
        int,
        Spec(
            _("runs of the search for regions"),
            "1",
            _OWN.saying(_("the best of the runs is kept")),
        ),
        Limits(ge=1, le=1000),
    ] = 30
    region_seed: Annotated[
        int,
        Spec(
            _("random seed of regions"),
            "-",
            _OWN.saying(
                _("any; kept so that a result can be repeated"),
            ),
        ),
        Limits(ge=0),
    ] = 0
