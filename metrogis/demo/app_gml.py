"""Planning acts as APP GML 2.0 and 3.0: element names, order and counts as in the XSD."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import shapely

from metrogis.demo.frame import Shape
from metrogis.demo.plans import Plan

HEIGHT = "maksWysokoscZabudowy"
"""Element of the value that the plan with faults does not state of one zone."""

_BASE = "https://www.gov.pl/static/zagospodarowanieprzestrzenne"
_OBJECT = "https://www.gov.pl/zagospodarowanieprzestrzenne/app"
_STAMP, _VERSION, _DAY = "2024-06-20T10:00:00Z", "20240620T100000", "2024-06-20"

# name of the code list entry, title, basic profiles, additional profiles
ZONE_TYPES: dict[str, tuple[str, str, str, str]] = {
    "SW": (
        "strefaWielofunkcyjnaZZabudowaMieszkaniowaWielorodzinna",
        "strefa wielofunkcyjna z zabudową mieszkaniową wielorodzinną",
        "MW U K ZP ZD I",
        "MN ZN",
    ),
    "SJ": (
        "strefaWielofunkcyjnaZZabudowaMieszkaniowaJednorodzinna",
        "strefa wielofunkcyjna z zabudową mieszkaniową jednorodzinną",
        "MN U K ZP ZD I",
        "L ZN",
    ),
    "SZ": (
        "strefaWielofunkcyjnaZZabudowaZagrodowa",
        "strefa wielofunkcyjna z zabudową zagrodową",
        "RZM RZP RA K ZP ZD I",
        "RZW U L W",
    ),
    "SU": ("strefaUslugowa", "strefa usługowa", "U K ZP ZD I", "ZN W"),
    "SH": (
        "strefaHandluWielkopowierzchniowego",
        "strefa handlu wielkopowierzchniowego",
        "H K ZP ZD I",
        "U",
    ),
    "SP": ("strefaGospodarcza", "strefa gospodarcza", "P K ZP ZD I", "U"),
    "SR": ("strefaProdukcjiRolniczej", "strefa produkcji rolniczej", "RZP RZW RA K ZD I", "ZN L W"),
    "SI": ("strefaInfrastrukturalna", "strefa infrastrukturalna", "I K ZD", "ZP"),
    "SN": ("strefaZieleniIRekreacji", "strefa zieleni i rekreacji", "ZP ZB W K ZD I", "US L"),
    "SC": ("strefaCmentarzy", "strefa cmentarzy", "C K ZP ZD I", ""),
    "SG": ("strefaGornictwa", "strefa górnictwa", "G K ZD I", "L"),
    "SO": ("strefaOtwarta", "strefa otwarta", "RN L ZN W K ZD I", "ZP"),
    "SK": (
        "strefaKomunikacyjna",
        "strefa komunikacyjna",
        "KDA KDS KDR KDG KK KKL KW KL KO ZD I",
        "",
    ),
}
_PROFILES = {
    "MW": "teren zabudowy mieszkaniowej wielorodzinnej",
    "MN": "teren zabudowy mieszkaniowej jednorodzinnej",
    "U": "teren usług",
    "K": "teren komunikacji",
    "ZP": "teren zieleni urządzonej",
    "ZD": "teren ogrodów działkowych",
    "I": "teren infrastruktury technicznej",
    "ZN": "teren zieleni naturalnej",
    "L": "teren lasu",
    "W": "teren wód",
    "RZM": "teren zabudowy zagrodowej",
    "RZP": "teren produkcji w gospodarstwach rolnych",
    "RZW": "teren wielkotowarowej produkcji rolnej",
    "RA": "teren akwakultury i obsługi rybactwa",
    "RN": "teren rolnictwa z zakazem zabudowy",
    "H": "teren handlu wielkopowierzchniowego",
    "P": "teren produkcji",
    "ZB": "teren plaży",
    "C": "teren cmentarza",
    "G": "teren górnictwa i wydobycia",
    "KDA": "teren autostrady",
    "KDS": "teren drogi ekspresowej",
    "KDR": "teren drogi głównej ruchu przyspieszonego",
    "KDG": "teren drogi głównej",
    "KK": "teren komunikacji kolejowej i szynowej",
    "KKL": "teren komunikacji kolei linowej",
    "KW": "teren komunikacji wodnej",
    "KL": "teren komunikacji lotniczej",
    "KO": "teren obsługi komunikacji",
    "US": "teren usług sportu i rekreacji",
}
# intensity, share of built-up area (%), height (m), least biologically active share (%)
_LIMITS: dict[str, tuple[float, float, float, float]] = {
    "SW": (1.8, 45.0, 18.0, 30.0),
    "SJ": (0.6, 30.0, 10.0, 40.0),
    "SZ": (0.6, 30.0, 11.0, 40.0),
    "SU": (1.2, 50.0, 15.0, 30.0),
    "SH": (1.0, 60.0, 14.0, 30.0),
    "SP": (1.5, 60.0, 18.0, 20.0),
    "SR": (0.4, 30.0, 12.0, 40.0),
    "SI": (0.5, 50.0, 15.0, 20.0),
    "SN": (0.1, 5.0, 9.0, 70.0),
    "SC": (0.1, 10.0, 12.0, 40.0),
}
_STATUS = (
    'xlink:href="http://inspire.ec.europa.eu/codelist/ProcessStepGeneralValue/legalForce" '
    'xlink:title="prawnie wiążący lub realizowany"'
)
_NATURE = (
    'xlink:href="https://inspire.ec.europa.eu/codelist/RegulationNatureValue/generallyBinding" '
    'xlink:title="ogólnie wiążące"'
)


def write_app(plan: Plan, number: int, infill: Sequence[Shape] = ()) -> str:
    """Return the GML of one plan: its act, all zones and infill areas in one collection.

    Parameters
    ----------
    plan : Plan
        ``version`` ("2.0" or "3.0") decides namespaces and element names, ``epsg`` the order of
        axes.
    number : int
        Row of the municipality; it goes into the identifier of the data set.
    infill : sequence of Polygon
        Infill areas in the plan's own coordinates.

    Returns
    -------
    str
        As the national plan portal delivers it, without a byte order mark.
    """
    version = plan.version
    p = "app" if version == "2.0" else "app-pog"
    code = f"{plan.teryt[:6]}-POG"
    space = f"PL.ZIPPZP.{10900 + number}/{code}"
    srs = _srs(plan, number)
    out = [
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
        f'xmlns:{p}="{_BASE}/schemas/app/{version}" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'timeStamp="{_STAMP}" numberReturned="{len(plan.zones) + len(infill) + 1}" '
        'numberMatched="unknown" '
        f'xsi:schemaLocation="{_BASE}/schemas/app/{version} {_BASE}/schemas/app/{version}/'
        f"planowaniePrzestrzenne_{version.replace('.', '_')}.xsd http://www.opengis.net/gml/3.2 "
        "http://schemas.opengis.net/gml/3.2.1/gml.xsd http://www.opengis.net/wfs/2.0 "
        'http://schemas.opengis.net/wfs/2.0/wfs.xsd">\n'
    ]
    out.append(
        _head(p, "AktPlanowaniaPrzestrzennego", space, "1POG")
        + f"<{p}:poczatekWersjiObiektu>{_STAMP}</{p}:poczatekWersjiObiektu>"
        f"<{p}:tytul>Plan ogólny gminy {escape(plan.name)}</{p}:tytul>"
        f'<{p}:typPlanu xlink:href="{_BASE}/codelist/TypAktuPlanowaniaPrzestrzennegoKod/'
        'planOgolnyGminy" xlink:title="plan ogólny gminy"/>'
        f"<{p}:poziomHierarchii "
        'xlink:href="http://inspire.ec.europa.eu/codelist/LevelOfSpatialPlanValue/local" '
        'xlink:title="lokalny"/>'
        f"<{p}:obowiazujeOd>{_DAY}</{p}:obowiazujeOd><{p}:status {_STATUS}/>"
        f"<{p}:modyfikacja>false</{p}:modyfikacja>"
        f"<{p}:zasiegPrzestrzenny>{_multi(plan.outline, srs)}</{p}:zasiegPrzestrzenny>"
        f"</{p}:AktPlanowaniaPrzestrzennego></wfs:member>\n"
    )
    count: dict[str, int] = {}
    for k, (symbol, zone) in enumerate(zip(plan.symbols, plan.zones, strict=True)):
        count[symbol] = count.get(symbol, 0) + 1
        text = _zone(p, space, f"{count[symbol]}{symbol}", symbol, zone, srs)
        if k == plan.without_height:
            text = re.sub(rf"<{p}:{HEIGHT} .*?</{p}:{HEIGHT}>", "", text)
        out.append(text)
    for k, area in enumerate(infill, start=1):
        out.append(
            _rule(p, "ObszarUzupelnieniaZabudowy", space, f"{k}OUZ", "OUZ", area, srs)
            + f"</{p}:ObszarUzupelnieniaZabudowy></wfs:member>\n"
        )
    out.append("</wfs:FeatureCollection>\n")
    return "".join(out)


def _zone(p: str, space: str, label: str, symbol: str, zone: Shape, srs: dict[str, Any]) -> str:
    code, title, basic, more = ZONE_TYPES[symbol]
    kpt = f"{_BASE}/ontology/KPT#KPT-MPZP-"
    profiles = "".join(
        f'<{p}:{name} xlink:href="{kpt}{c}" xlink:title="{_PROFILES[c]}"/>'
        for name, codes in (("profilPodstawowy", basic), ("profilDodatkowy", more))
        for c in codes.split()
    )
    values = ""
    if symbol in _LIMITS:
        intensity, share, height, green = _LIMITS[symbol]
        values = (
            f"<{p}:maksNadziemnaIntensywnoscZabudowy>{intensity}"
            f"</{p}:maksNadziemnaIntensywnoscZabudowy>"
            f"<{p}:maksUdzialPowierzchniZabudowy>{share}</{p}:maksUdzialPowierzchniZabudowy>"
            f'<{p}:maksWysokoscZabudowy uom="m">{height}</{p}:maksWysokoscZabudowy>'
            f"<{p}:minUdzialPowierzchniBiologicznieCzynnej>{green}"
            f"</{p}:minUdzialPowierzchniBiologicznieCzynnej>"
        )
    return (
        _rule(p, "StrefaPlanistyczna", space, label, symbol, zone, srs)
        + f'<{p}:nazwa xlink:href="{_BASE}/codelist/RodzajStrefyPlanistycznejKod/{code}" '
        f'xlink:title="{title}"/>{profiles}{values}</{p}:StrefaPlanistyczna></wfs:member>\n'
    )


def _rule(
    p: str, kind: str, space: str, label: str, symbol: str, shape: Shape, srs: dict[str, Any]
) -> str:
    """Return what zones and infill areas have in common."""
    return (
        _head(p, kind, space, f"1POG-{label}")
        + f"<{p}:oznaczenie>{label}</{p}:oznaczenie><{p}:symbol>{symbol}</{p}:symbol>"
        f"<{p}:poczatekWersjiObiektu>{_STAMP}</{p}:poczatekWersjiObiektu>"
        f"<{p}:obowiazujeOd>{_DAY}</{p}:obowiazujeOd><{p}:status {_STATUS}/>"
        f"<{p}:charakterUstalenia {_NATURE}/>"
        f"<{p}:geometria>{_polygon(shape, srs, True)}</{p}:geometria>"
        f'<{p}:plan xlink:href="{_OBJECT}/AktPlanowaniaPrzestrzennego/{space}/1POG"/>'
    )


def _head(p: str, kind: str, space: str, local: str) -> str:
    return (
        f'<wfs:member><{p}:{kind} gml:id="{space.replace("/", "_")}_{local}_{_VERSION}">'
        f'<gml:identifier codeSpace="{_OBJECT}">{_OBJECT}/{kind}/{space}/{local}/{_VERSION}'
        f"</gml:identifier><{p}:idIIP><{p}:Identyfikator>"
        f"<{p}:przestrzenNazw>{space}</{p}:przestrzenNazw><{p}:lokalnyId>{local}</{p}:lokalnyId>"
        f"<{p}:wersjaId>{_VERSION}</{p}:wersjaId></{p}:Identyfikator></{p}:idIIP>"
    )


def _srs(plan: Plan, number: int) -> dict[str, Any]:
    """Return srsName and whether northing stands first: each form of name has its own order."""
    if plan.version == "3.0":
        return {"name": f"http://www.opengis.net/gml/srs/epsg.xml#{plan.epsg}", "swap": False}
    if number % 4 == 3:
        return {"name": f"urn:ogc:def:crs:EPSG::{plan.epsg}", "swap": True}
    return {"name": f"http://www.opengis.net/def/crs/EPSG/0/{plan.epsg}", "swap": True}


def _ring(ring: Shape, swap: bool) -> str:
    xy = shapely.get_coordinates(ring)
    if swap:
        xy = xy[:, ::-1]
    text = " ".join(f"{v:.2f}" for v in np.asarray(xy).ravel().tolist())
    return f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"


def _polygon(shape: Shape, srs: dict[str, Any], named: bool) -> str:
    name = f' srsDimension="2" srsName="{srs["name"]}"' if named else ""
    inner = "".join(
        f"<gml:interior>{_ring(r, srs['swap'])}</gml:interior>" for r in shape.interiors
    )
    outer = f"<gml:exterior>{_ring(shape.exterior, srs['swap'])}</gml:exterior>"
    return f"<gml:Polygon{name}>{outer}{inner}</gml:Polygon>"


def _multi(shape: Shape, srs: dict[str, Any]) -> str:
    parts = "".join(
        f"<gml:surfaceMember>{_polygon(part, srs, False)}</gml:surfaceMember>"
        for part in shapely.get_parts(shape)
    )
    return f'<gml:MultiSurface srsDimension="2" srsName="{srs["name"]}">{parts}</gml:MultiSurface>'
