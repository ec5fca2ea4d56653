"""Parameters of ``corridor_connectivity``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.shared.known_land import EdgeShare
from metrogis.texts import Text

_OWN = ours("4-ecological-connectivity")


def _spec(pl: str, en: str, unit: str, source: str) -> Spec:
    return Spec(Text(pl, en), unit, source)


class CorridorConnectivityParameters(Parameters):
    """Parameters of ``corridor_connectivity``."""

    distance: Annotated[
        float,
        _spec(
            "koszt d0",
            "cost d0",
            "resistance x m",
            _OWN.saying(
                "5 km przez najlepsze siedlisko, 500 m pól uprawnych",
                "5 km through the best habitat, 500 m of arable land",
            ),
        ),
        Field(gt=0),
    ] = 5000
    probability: Annotated[
        float,
        _spec(
            "prawdopodobieństwo p0 pokonania kosztu d0",
            "probability p0 at cost d0",
            "1",
            citations.CONNECTIVITY.saying(
                "p0 = 0,5 przy medianie odległości dyspersji",
                "p0 = 0.5 at the median dispersal distance",
            ),
        ),
        Field(gt=0, lt=1),
    ] = 0.5
    max_cost: Annotated[
        float,
        _spec(
            "największy koszt łącza",
            "greatest cost of a link",
            "resistance x m",
            _OWN.saying("sześć razy d0, gdzie p = 0,016", "six times d0, where p = 0.016"),
        ),
        Field(gt=0),
    ] = 30_000
    min_patch: Annotated[
        float,
        _spec(
            "najmniejszy płat",
            "least patch",
            "ha",
            _OWN.saying(
                "mniejsze nie są przystankami dla zwierząt leśnych",
                "smaller ones are no stepping stones for forest animals",
            ),
        ),
        Field(ge=0),
    ] = 1
    cell_size: Annotated[
        float,
        _spec(
            "bok bloku analizy, najwyżej",
            "side of a block of analysis, at most",
            "m",
            _OWN.saying(
                "całkowita liczba komórek pokrycia terenu, co najmniej jedna",
                "a whole number of land-cover cells, at least one",
            ),
        ),
        Field(gt=0),
    ] = 60
    habitat_share: Annotated[
        float,
        _spec(
            "blok należy do płatu od udziału siedliska",
            "a block belongs to a patch from a share of habitat of",
            "1",
            _OWN.saying("ponad połowa", "more than half"),
        ),
        Field(gt=0, le=1),
    ] = 0.5
    barrier_keeps: Annotated[
        float,
        _spec(
            "udział siedliska, który zostaje w strefie-barierze",
            "share of habitat a barrier zone keeps",
            "1",
            _OWN.saying(
                "żaden; parki w strefie zabudowy to nie dzika przyroda",
                "none; parks of a built-up zone are no wild land",
            ),
        ),
        Field(ge=0, lt=1),
    ] = 0
    min_conflict: Annotated[
        float,
        _spec(
            "konflikt od pola siedliska",
            "a conflict from habitat of",
            "m2",
            _OWN.saying("mniej to niedopasowana krawędź", "less is an edge that does not match"),
        ),
        Field(ge=0),
    ] = 1000
    longer_share: Annotated[
        float,
        _spec(
            "łącze wydłużone od wzrostu kosztu",
            "a link is lengthened from a rise in cost of",
            "1",
            _OWN,
        ),
        Field(ge=0),
    ] = 0.01
    unknown_share: Annotated[
        float,
        _spec(
            "płat o nieznanym planie od udziału bez planu",
            "the plan of a patch is unknown from a share without a plan of",
            "1",
            _OWN.saying(
                "szczeliny między planami to nie nieznany teren",
                "slits between plans are no unknown land",
            ),
        ),
        Field(ge=0, le=1),
    ] = 0.02
    edge_share: EdgeShare = 0.02
    margin: Annotated[
        float,
        _spec(
            "pas wokół gmin",
            "margin around the municipalities",
            "m",
            _OWN.saying("przyroda nie kończy się na granicy", "nature does not end at the border"),
        ),
        Field(ge=0),
    ] = 5000
    top: Annotated[
        int,
        _spec(
            "dPC liczone dla największych",
            "dPC of the largest",
            "patches, links",
            _OWN.saying(
                "koszt obliczeń; pozostałe są puste, a nie 0",
                "cost of computing; the others are empty, not 0",
            ),
        ),
        Field(ge=1),
    ] = 500
    fixes: Annotated[
        int,
        _spec(
            "poprawki liczone od nowa",
            "fixes computed anew",
            "zones",
            _OWN.saying(
                "koszt obliczeń; pozostałe mają tylko oszacowanie",
                "cost of computing; the others keep their estimate",
            ),
        ),
        Field(ge=0),
    ] = 100
    current_patches: Annotated[
        int,
        _spec(
            "płaty na mapie prądu",
            "patches of the current map",
            "patches",
            _OWN.saying("największe; 0 = bez mapy", "the largest; 0 = no map"),
        ),
        Field(ge=0),
    ] = 8
    current_cell: Annotated[
        float,
        _spec(
            "komórka mapy prądu, najwyżej",
            "cell of the current map, at most",
            "m",
            _OWN.saying(
                "całkowita liczba bloków, co najmniej jeden",
                "a whole number of blocks, at least one",
            ),
        ),
        Field(gt=0),
    ] = 300
