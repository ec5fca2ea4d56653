"""Writes small APP GML files for tests: acts and zones from boxes, in any srsName form."""

from __future__ import annotations

from typing import Any

import shapely

from metrogis.planning.zone_rules import MANDATORY
from metrogis.planning.zones import ZONE_TYPES
from metrogis.sources.app_fields import NUMBERS

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"
 xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:app="https://www.gov.pl/static/zagospodarowanieprzestrzenne/schemas/app/{version}"
 numberReturned="7">
"""
SRS = {
    "uri": ("http://www.opengis.net/def/crs/EPSG/0/{}", True),
    "urn": ("urn:ogc:def:crs:EPSG::{}", True),
    "xml": ("http://www.opengis.net/gml/srs/epsg.xml#{}", False),
    "short": ("EPSG:{}", False),
}


def ring(coordinates: Any, north_first: bool = True) -> str:
    values = [(y, x) if north_first else (x, y) for x, y in coordinates]
    text = " ".join(f"{a:.10g} {b:.10g}" for a, b in values)
    return f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"


def polygon(shape: Any, *, epsg: int = 2180, form: str = "uri") -> str:
    srs, north = SRS[form]
    holes = "".join(
        f"<gml:interior>{ring(h.coords, north)}</gml:interior>" for h in shape.interiors
    )
    return (
        f'<gml:Polygon srsDimension="2" srsName="{srs.format(epsg)}"><gml:exterior>'
        f"{ring(shape.exterior.coords, north)}</gml:exterior>{holes}</gml:Polygon>"
    )


def surface(shape: Any, **options: Any) -> str:
    parts = [polygon(p, **options) for p in getattr(shape, "geoms", [shape])]
    if len(parts) == 1:
        return parts[0]
    members = "".join(f"<gml:surfaceMember>{p}</gml:surfaceMember>" for p in parts)
    return f"<gml:MultiSurface>{members}</gml:MultiSurface>"


def code(name: str, value: str) -> str:
    return f'<app:{name} xlink:href="http://example.org/codelist/List/{value}"/>'


def ident(teryt: str, local_id: str, version: str) -> str:
    return (
        f"<app:idIIP><app:Identyfikator><app:przestrzenNazw>PL.ZIPPZP.1/{teryt}-POG"
        f"</app:przestrzenNazw><app:lokalnyId>{local_id}</app:lokalnyId>"
        f"<app:wersjaId>{version}</app:wersjaId></app:Identyfikator></app:idIIP>"
    )


def times(begin: str, end: str | None) -> str:
    ended = "" if end is None else f"<app:koniecWersjiObiektu>{end}</app:koniecWersjiObiektu>"
    return f"<app:poczatekWersjiObiektu>{begin}</app:poczatekWersjiObiektu>{ended}"


def act(
    shape: Any = None,
    *,
    teryt: str = "226101",
    local_id: str = "1POG",
    version: str = "20250101T000000",
    begin: str = "2025-01-01T00:00:00Z",
    end: str | None = None,
    valid_from: str = "2025-01-01",
    status: str = "legalForce",
    geometry: str | None = None,
    **options: Any,
) -> str:
    geometry = surface(shape, **options) if geometry is None else geometry
    return f"""<wfs:member><app:AktPlanowaniaPrzestrzennego gml:id="A_{teryt}_{local_id}">
{ident(teryt, local_id, version)}{times(begin, end)}<app:tytul>Plan {teryt}</app:tytul>
{code("typPlanu", "planOgolnyGminy")}{code("poziomHierarchii", "local")}
<app:obowiazujeOd>{valid_from}</app:obowiazujeOd>{code("status", status)}
<app:zasiegPrzestrzenny>{geometry}</app:zasiegPrzestrzenny>
</app:AktPlanowaniaPrzestrzennego></wfs:member>
"""


def mandatory(symbol: str, without: str = "") -> str:
    """Return the values that a zone of a type must set, but one."""
    given = {"max_intensity": "0.9", "max_built_share": "30", "max_height": "12",
             "min_bio_share": "50"}  # fmt: skip
    out = ""
    for element, column in NUMBERS.items():
        if column in MANDATORY.get(symbol, ()) and column != without:
            unit = ' uom="m"' if column == "max_height" else ""
            out += f"<app:{element}{unit}>{given[column]}</app:{element}>"
    return out


def zone(
    shape: Any = None,
    label: str = "1SO",
    symbol: str | None = None,
    *,
    teryt: str = "226101",
    act_id: str = "1POG",
    local_id: str | None = None,
    version: str = "20250101T000000",
    begin: str = "2025-01-01T00:00:00Z",
    end: str | None = None,
    valid_from: str = "2025-01-01",
    valid_to: str | None = None,
    status: str = "legalForce",
    values: str | None = None,
    profile: str | None = None,
    geometry: str | None = None,
    kind: str = "StrefaPlanistyczna",
    drop: str = "",
    **options: Any,
) -> str:
    symbol = label.lstrip("0123456789") if symbol is None else symbol
    known = ZONE_TYPES.get(symbol)
    basic = " ".join(known.profile if known else "L") if profile is None else profile
    if values is None:
        values = mandatory(symbol) if kind == "StrefaPlanistyczna" else ""
    geometry = surface(shape, **options) if geometry is None else geometry
    until = "" if valid_to is None else f"<app:obowiazujeDo>{valid_to}</app:obowiazujeDo>"
    href = f"http://example.org/app/AktPlanowaniaPrzestrzennego/PL.ZIPPZP.1/{teryt}-POG/{act_id}"
    parts = {
        "idIIP": ident(teryt, local_id or f"{act_id}-{label}", version),
        "oznaczenie": f"<app:oznaczenie>{label}</app:oznaczenie>",
        "symbol": f"<app:symbol>{symbol}</app:symbol>",
        "times": times(begin, end),
        "obowiazujeOd": f"<app:obowiazujeOd>{valid_from}</app:obowiazujeOd>{until}",
        "status": code("status", status),
        "charakterUstalenia": code("charakterUstalenia", "generallyBinding"),
        "geometria": f"<app:geometria>{geometry}</app:geometria>",
        "plan": f'<app:plan xlink:href="{href}"/>',
        "nazwa": code("nazwa", "strefaOtwarta"),
        "profilPodstawowy": "".join(
            code("profilPodstawowy", f"KPT#KPT-MPZP-{c}") for c in basic.split()
        ),
    }
    if kind != "StrefaPlanistyczna":
        parts.pop("nazwa")
        parts.pop("profilPodstawowy")
    parts.pop(drop, None)
    body = "".join(parts.values())
    return f"""<wfs:member><app:{kind} gml:id="Z_{teryt}_{label}">
{body}{values}</app:{kind}></wfs:member>
"""


def document(*features: str, version: str = "2.0") -> str:
    return HEAD.format(version=version) + "".join(features) + "</wfs:FeatureCollection>"


X, Y = 470_000.0, 720_000.0
"""A corner in Gdańsk, EPSG:2180, easting and northing."""


def square(x: float, y: float, width: float, height: float) -> Any:
    """Return a box in metres from the corner."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)
