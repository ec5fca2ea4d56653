"""Texts of the check ``connections``: question, method, columns, views, findings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import (
    Category,
    Column,
    Finding,
    Ground,
    Input,
    View,
    municipality_columns,
)
from metrogis.checks.shared.service_words import COVERAGE, DAYS, ON_DAY
from metrogis.checks.transport_accessibility.connections.parameters import ConnectionsParameters
from metrogis.checks.transport_accessibility.connections.places import LAW
from metrogis.texts import UNKNOWN, Text, both

TITLE = Text("Połączenia między siedzibami", "Connections between seats")
QUESTION = Text(
    "Czy między miastem wojewódzkim, siedzibami powiatów i siedzibami gmin jest dość par połączeń "
    "w dni robocze i wolne, jak chce projekt ustawy?",
    "Are there enough pairs of connections between the voivodeship city, county seats and "
    "municipal seats, on working days and days off, as the draft law wants?",
)
METHOD = Text(
    "Dla każdej relacji szukane są w rozkładzie wszystkie podróże tam i z powrotem, których żadna "
    "inna nie bije (nie odjeżdża później i nie przyjeżdża wcześniej), z ograniczoną liczbą "
    "przesiadek i czasem podróży. Para to jedna podróż tam i jedna z powrotem tej samej doby "
    "rozkładowej; par jest tyle, ile podróży w rzadszym kierunku (obok podano podróże z powrotem "
    "po pobycie na miejscu). Przystanki miejscowości to te w zasięgu dojścia od jej punktu. "
    "Połączenia znalezione są pewne; za małą ich liczbę stwierdza się tylko tam, gdzie znane jest "
    "wszystko, co mogłoby obsługiwać oba końce: rozkłady są kompletne, nic z nich w pobliżu (ani "
    "przystanek po drodze) nie przepadło, a dojścia da się policzyć; gdzie indziej stan jest "
    "nieznany i podano, dlaczego. Gdzie siedziba powiatu nie "
    "jest oznaczona, sprawdzane jest połączenie z miastem wojewódzkim. Tak samo sprawdzane są "
    "najsilniejsze przepływy między gminami. Nie są badane ceny, miejsca "
    "w pojazdach ani punktualność.",
    "For each relation all journeys out and back are searched that no other one beats (leaves "
    "later and arrives earlier), with bounded transfers and travel time. A pair is one journey out "
    "and one back on the same service day; there are as many pairs as journeys in the rarer "
    "direction (round trips after a stay are told beside). The stops of a place are those within a "
    "walk of its point. Connections found are certain; too few are stated only where all that "
    "could serve both ends is known: timetables are complete, nothing of them was lost near (nor a "
    "stop on the way), and walks can be computed; elsewhere the state is unknown, and why is told. "
    "Where no county seat is "
    "marked the voivodeship city is checked instead. The strongest flows between municipalities "
    "are checked alike. Fares, seats and punctuality are not studied.",
)

_KEPT = ("municipalities", "localities", "timetable", "coverage", "streets", "stop_posts",
         "rail_stations")  # fmt: skip
INPUTS: tuple[Input, ...] = (
    *(Input(n, required=n in ("municipalities", "localities", "timetable")) for n in _KEPT),
    Input("od_flows", required=False),
)

STATES = {
    "enough": Text("dość połączeń", "enough"),
    "not_enough": Text("za mało połączeń", "not enough"),
    "unknown": Text("nieznane", "unknown"),
    "walk": Text("w zasięgu dojścia", "within a walk"),
    "city": Text("miasto wojewódzkie", "voivodeship city"),
    "none": Text("bez relacji", "no relation"),
}
REASONS = {
    "none": both("–"),
    "day": Text("rozkład nie obejmuje któregoś rodzaju dnia", "a day type is not in the timetable"),
    "coverage": Text("nie ma wszystkich rozkładów", "not all timetables are at hand"),
    "everywhere": Text(
        "przy kilku przesiadkach potrzebne są wszystkie rozkłady w obszarze",
        "with several transfers all timetables of the area are needed",
    ),
    "lost": Text(
        "przystanek lub kurs przepadł przy wczytywaniu", "a stop or trip was lost in reading"
    ),
    "streets": Text("dojścia nie da się policzyć", "the walk to a stop cannot be computed"),
    "outside": Text("miejscowość poza gminami obszaru", "the place is outside the municipalities"),
    "seat": Text("siedziby nie ma w danych", "the seat is not in the data"),
    "higher": Text(
        "miejsca, z którym ma być połączona, nie ma w danych",
        "the place it should be connected with is not in the data",
    ),
}
"""Why a state is unknown."""

KINDS = {
    "county_voivodeship": Text(
        "siedziba powiatu – miasto wojewódzkie", "county seat - voivodeship city"
    ),
    "municipality_county": Text(
        "siedziba gminy – siedziba powiatu", "municipal seat - county seat"
    ),
    "municipality_city": Text(
        "siedziba gminy – miasto wojewódzkie (siedziba powiatu nieoznaczona)",
        "municipal seat - voivodeship city (county seat not marked)",
    ),
    "locality_municipality": Text("miejscowość – siedziba gminy", "locality - municipal seat"),
    "flow": Text("silne powiązanie gmin", "strong flow between municipalities"),
    "none": Text("brak", "none"),
    "unknown": UNKNOWN,
}
SEATS = {
    "voivodeship": Text("miasto wojewódzkie", "voivodeship city"),
    "county": Text("siedziba powiatu", "county seat"),
    "municipality": Text("siedziba gminy", "municipal seat"),
    "none": Text("inna miejscowość", "other locality"),
}


def _columns() -> dict[str, dict[str, Column]]:
    def state(pl: str, en: str) -> Column:
        return Column(Text(pl, en), "category", categories=STATES)

    towns = municipality_columns()
    pairs = {
        "pairs_working": Column(
            Text("pary w dni robocze", "pairs on working days"), unit="pairs/day",
            note=Text("najmniej z rodzajów dni roboczych", "the least of the working day types"),
            bound="low",
        ),
        "pairs_off": Column(
            Text("pary w dni wolne", "pairs on days off"), unit="pairs/day",
            note=Text("najmniej z soboty i niedzieli", "the least of Saturday and Sunday"),
            bound="low",
        ),
    }  # fmt: skip
    why = Column(
        Text("dlaczego nieznane", "why unknown"), "category", categories=REASONS, of_known=True
    )  # fmt: skip
    states = {
        "state": state("stan", "state"),
        "state_working": state("stan: dni robocze", "state: working days"),
        "state_off": state("stan: dni wolne", "state: days off"),
        "state_earlier": state("stan: wcześniejszy projekt", "state: earlier draft"),
    }
    fastest = Column(Text("najkrótsza podróż", "shortest journey"), unit="min", bound="high")
    kind = Column(Text("relacja", "relation"), "category", categories=KINDS)
    to = Column(Text("dokąd", "to"), "text")
    share = {
        "enough": Text("miejscowości z dość połączeniami", "localities with enough"),
        "not_enough": Text("miejscowości z za małą liczbą", "localities with not enough"),
        "unknown": Text("miejscowości o nieznanym stanie", "localities unknown"),
    }
    towns |= {
        "coverage": Column(
            Text("pokrycie rozkładami", "timetable coverage"), "category", categories=COVERAGE,
            land=False, of_knowledge=True,
        ),
        "timetable_known": Column(
            Text("rozkłady kompletne", "timetables complete"), "flag",
            note=Text("i nic z nich nie przepadło przy wczytywaniu",
                      "and nothing of them was lost in reading"),
        ),
        "seat": Column(Text("siedziba", "seat"), "text"),
        "name_to": to,
        "kind": kind,
        **pairs,
        **states,
        "why": why,
        "fastest_min": fastest,
        "localities": Column(Text("inne miejscowości", "other localities"), bound="low"),
        **{f"localities_{k}": Column(t, "share", digits=1, of_known=True)
           for k, t in share.items()},
    }  # fmt: skip
    start = Column(Text("skąd", "from"), "text")
    relations = {
        "name_from": start,
        "name_to": to,
        "kind": kind,
        "teryt_from": Column(Text("TERYT skąd", "TERYT from"), "text"),
        "teryt_to": Column(Text("TERYT dokąd", "TERYT to"), "text"),
        **pairs,
    }
    for day, name in DAYS.items():
        heads = {
            "pairs": Text("pary", "pairs"),
            "round_trips": Text("podróże z powrotem", "round trips"),
            "out": Text("podróże tam", "journeys out"),
            "back": Text("podróże z powrotem, wszystkie", "journeys back"),
        }
        for key, head in heads.items():
            relations[f"{key}_{day}"] = Column(
                Text(f"{head.pl}: {name.pl}", f"{head.en}: {name.en}"), bound="low"
            )
    relations |= states | {"why": why, "fastest_min": fastest}
    listed = {
        "name_from": start,
        "name_to": to,
        "day_type": Column(Text("rodzaj dnia", "day type"), "category", categories=DAYS),
        "pair": Column(Text("para", "pair"), of_known=True),
    }
    for way, word in (("out", Text("tam", "out")), ("back", Text("z powrotem", "back"))):
        listed |= {
            f"{way}_departure": Column(Text(f"odjazd {word.pl}", f"departure {word.en}"), "text"),
            f"{way}_arrival": Column(Text(f"przyjazd {word.pl}", f"arrival {word.en}"), "text"),
            f"{way}_min": Column(Text(f"czas {word.pl}", f"time {word.en}"), unit="min"),
            f"{way}_transfers": Column(Text(f"przesiadki {word.pl}", f"transfers {word.en}")),
            f"{way}_lines": Column(Text(f"linie {word.pl}", f"lines {word.en}"), "text"),
        }
    listed["returns"] = Column(
        Text("powrót po pobycie", "returns after a stay"), "flag",
        note=Text("podróż z powrotem po podróży tam i pobycie",
                  "the journey back follows the journey out and a stay"),
    )  # fmt: skip
    return {
        "municipalities": towns,
        "relations": relations,
        "places": {
            "name": Column(Text("miejscowość", "place"), "text"),
            "teryt": Column(both("TERYT"), "text"),
            "seat": Column(Text("siedziba", "seat"), "category", categories=SEATS),
            "stops": Column(Text("przystanki w zasięgu", "stops within reach"), bound="low"),
            "name_to": to,
            "state": states["state"],
        },
        "pairs": listed,
        "flow_pairs": {
            "rank": Column(Text("miejsce", "rank"), of_known=True),
            "name_from": start,
            "name_to": to,
            "teryt_from": relations["teryt_from"],
            "teryt_to": relations["teryt_to"],
            "flow": Column(
                Text("przepływ w obu kierunkach", "flow, both directions"),
                unit="people",
                bound="low",
            ),
            **pairs,
            "fastest_min": fastest,
            "state": states["state"],
            "why": why,
        },
    }


COLUMNS = _columns()

_CATEGORIES = (
    Category("enough", STATES["enough"], "#009E73"),
    Category("not_enough", STATES["not_enough"], "#D55E00"),
    Category("unknown", STATES["unknown"], "#BBBBBB", hatch=True),
    Category("walk", STATES["walk"], "#56B4E9"),
)
_KNOWN = Ground("timetable_known")
VIEWS = (
    View(
        "municipalities",
        Text("Połączenie siedziby gminy", "Connection of the municipal seat"),
        column="state",
        categories=(*_CATEGORIES, Category("city", STATES["city"], "#0072B2")),
        popup=("name", "seat", "name_to", "kind", "pairs_working", "pairs_off", "state", "why",
               "state_earlier", "fastest_min", "coverage", "localities", "localities_enough"),
    ),
    View(
        "relations",
        Text("Relacje", "Relations"),
        column="state",
        categories=_CATEGORIES,
        popup=("name_from", "name_to", "kind", "pairs_working", "pairs_off", "pairs_school_day",
               "pairs_saturday", "pairs_sunday", "round_trips_school_day", "fastest_min", "state",
               "why"),
        weight=2.0,
        ground=_KNOWN,
    ),
    View(
        "flow_pairs",
        Text("Najsilniejsze powiązania gmin", "Strongest flows"),
        column="state",
        categories=_CATEGORIES,
        popup=("rank", "name_from", "name_to", "flow", "pairs_working", "pairs_off",
               "fastest_min", "state", "why"),
        weight=3.0,
        shown=False,
        ground=_KNOWN,
    ),
    View(
        "places",
        Text("Miejscowości", "Places"),
        column="state",
        categories=(*_CATEGORIES, Category("none", STATES["none"], "#0072B2")),
        popup=("name", "seat", "name_to", "stops", "state"),
        radius=4.0,
        shown=False,
        ground=_KNOWN,
    ),
)  # fmt: skip


# --------------------------------------------------------------------------- findings


def findings(
    towns: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    p: ConnectionsParameters,
    days: list[str],
) -> list[Finding]:
    """Return the sentences a planner quotes.

    Parameters
    ----------
    towns : GeoDataFrame
        One row per municipality; those whose seat is not known are spoken of first.
    features : dict of GeoDataFrame
        ``relations``: those that the law names, and those of every locality to its seat.
    p : ConnectionsParameters
    days : list of str
        Day types.
    """
    table = features["relations"]
    kind = table["kind"].to_numpy(dtype=object)
    legal, other = table[np.isin(kind, list(LAW))], table[kind == "locality_municipality"]
    lost = int(((towns["state"] == "unknown") & (towns["kind"] == "unknown")).sum())
    out = [_seats(legal, p)]
    if lost:
        out.insert(0, _missing_seats(lost, len(towns)))
    if len(legal):
        out.append(_by_day(legal, p, days))
        bad = legal[legal["state"] == "not_enough"]
        if len(bad):
            out.append(_worst(bad))
    if len(other):
        out.append(_localities(other))
    return out


def _missing_seats(lost: int, count: int) -> Finding:
    """Return the sentence on municipalities whose relation cannot be told."""
    return Finding(
        Text(
            "Dla {seats_missing:0} {seats_missing:plural:gminy|gmin|gmin} nie ma w danych siedziby "
            "albo miejsca, z którym miałaby być połączona: stan nieznany.",
            "For {seats_missing:0} {seats_missing:plural:municipality|municipalities} the seat, or "
            "the place it should be connected with, is not in the data: unknown.",
        ),
        {"seats_missing": float(lost)},
        unknown=lost > 0.5 * count,
    )


def _seats(legal: gpd.GeoDataFrame, p: ConnectionsParameters) -> Finding:
    state = legal["state"].to_numpy(dtype=object)
    before = legal["state_earlier"].to_numpy(dtype=object)
    values = {
        "relations": float(len(legal)),
        "relations_enough": float(np.isin(state, ("enough", "walk")).sum()),
        "relations_not_enough": float((state == "not_enough").sum()),
        "relations_unknown": float((state == "unknown").sum()),
        "earlier_enough": float(np.isin(before, ("enough", "walk")).sum()),
        "earlier_not_enough": float((before == "not_enough").sum()),
        "needed_working": float(p.pairs_working),
        "needed_off": float(p.pairs_off),
        "needed_earlier": float(p.pairs_earlier),
    }
    earlier = Text(
        " Po {needed_earlier:0} każdego dnia (wcześniejszy projekt) ma {earlier_enough:0}, nie ma "
        "{earlier_not_enough:0}.",
        " With {needed_earlier:0} every day (earlier draft): {earlier_enough:0} have, "
        "{earlier_not_enough:0} have not.",
    )
    most = values["relations_unknown"] > 0.5 * len(legal)
    said = Text(
        "Z {relations:0} relacji między siedzibami {relations_enough:0} ma co najmniej "
        "{needed_working:0} {needed_working:plural:parę|pary|par} połączeń w dni robocze "
        "i {needed_off:0} w dni wolne, {relations_not_enough:0} nie ma, o "
        "{relations_unknown:0} nic pewnego nie wiadomo.",
        "Of {relations:0} relations between seats {relations_enough:0} have at least "
        "{needed_working:0} {needed_working:plural:pair|pairs} of connections on working days "
        "and {needed_off:0} on days off, {relations_not_enough:0} have not, nothing certain is "
        "known of {relations_unknown:0}.",
    )
    if most:
        said = Text(
            "O {relations_unknown:0} z {relations:0} relacji między siedzibami nic pewnego nie "
            "wiadomo; {relations_enough:0} ma co najmniej {needed_working:0} "
            "{needed_working:plural:parę|pary|par} połączeń w dni robocze i {needed_off:0} w dni "
            "wolne, {relations_not_enough:0} nie ma.",
            "Nothing certain is known of {relations_unknown:0} of {relations:0} relations between "
            "seats; {relations_enough:0} have at least {needed_working:0} "
            "{needed_working:plural:pair|pairs} of connections on working days and {needed_off:0} "
            "on days off, {relations_not_enough:0} have not.",
        )
    return Finding(
        Text(said.pl + earlier.pl, said.en + earlier.en), values, unknown=most
    )  # fmt: skip


def _by_day(legal: gpd.GeoDataFrame, p: ConnectionsParameters, days: list[str]) -> Finding:
    values: dict[str, float] = {}
    pl, en = [], []
    for day in days:
        values[f"median_pairs_{day}"] = float(np.median(legal[f"pairs_{day}"]))
        pl.append(f"{ON_DAY[day].pl} {{median_pairs_{day}:0}}")
        en.append(f"{ON_DAY[day].en} {{median_pairs_{day}:0}}")
    return Finding(
        Text(
            "Mediana liczby par w rozkładach, które są w danych: " + ", ".join(pl) + ".",
            "Median number of pairs in the timetables at hand: " + ", ".join(en) + ".",
        ),
        values,
    )


def _worst(bad: gpd.GeoDataFrame) -> Finding:
    worst = bad.sort_values(["pairs_working", "pairs_off"], kind="stable").iloc[0]
    return Finding(
        Text(
            "Najmniej: {start} – {end}, {worst_working:0} {worst_working:plural:para|pary|par} "
            "w dni robocze i {worst_off:0} w dni wolne.",
            "The fewest: {start} - {end}, {worst_working:0} {worst_working:plural:pair|pairs} on "
            "working days and {worst_off:0} on days off.",
        ),
        {
            "worst_working": float(worst["pairs_working"]),
            "worst_off": float(worst["pairs_off"]),
        },
        {"start": str(worst["name_from"]), "end": str(worst["name_to"])},
    )


def _localities(other: gpd.GeoDataFrame) -> Finding:
    state = other["state"].to_numpy(dtype=object)
    return Finding(
        Text(
            "Z {localities:0} innych miejscowości {localities_enough:0} ma tyle samo połączeń "
            "z siedzibą swojej gminy (albo dojście pieszo), {localities_not_enough:0} nie ma, "
            "o {localities_unknown:0} nic pewnego nie wiadomo.",
            "Of {localities:0} other localities {localities_enough:0} have as many connections "
            "with the seat of their municipality (or a walk), {localities_not_enough:0} have not, "
            "nothing certain is known of {localities_unknown:0}.",
        ),
        {
            "localities": float(len(other)),
            "localities_enough": float(np.isin(state, ("enough", "walk")).sum()),
            "localities_not_enough": float((state == "not_enough").sum()),
            "localities_unknown": float((state == "unknown").sum()),
        },
    )
