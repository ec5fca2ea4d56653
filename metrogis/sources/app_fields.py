"""Elements of APP GML features and the columns of the tables they fill."""

from __future__ import annotations

NUMBERS = {
    "maksNadziemnaIntensywnoscZabudowy": "max_intensity",
    "maksUdzialPowierzchniZabudowy": "max_built_share",
    "maksWysokoscZabudowy": "max_height",
    "minUdzialPowierzchniBiologicznieCzynnej": "min_bio_share",
}
"""Elements of a zone that hold a number -> column."""

STANDARDS = {
    "odlegloscDoSzkolyPodstawowej": "primary_school_m",
    "odlegloscDoObszarowZieleniPublicznej": "green_areas_m",
    "powierzchniaLacznaObszarowZieleniPublicznej": "green_areas_ha",
    "odlegloscDoObszaruZieleniPublicznej": "green_area_m",
    "powierzchniaObszaruZieleniPublicznej": "green_area_ha",
    "odlegloscDoPrzedszkola": "kindergarten_m",
    "odlegloscDoZlobka": "nursery_m",
    "odlegloscDoAmbulatoriumPOZ": "clinic_m",
    "odlegloscDoBiblioteki": "library_m",
    "odlegloscDoDomuKultury": "culture_m",
    "odlegloscDoDomuPomocySpolecznej": "social_care_m",
    "odlegloscDoUrzadzonegoTerenuSportu": "sports_m",
    "odlegloscDoPrzystanku": "stop_m",
    "odlegloscDoPlacowkiPocztowej": "post_m",
    "odlegloscDoApteki": "pharmacy_m",
    "odlegloscDoPosterunkuPolicji": "police_m",
    "odlegloscDoPosterunkuJednostkiOchronyPrzeciwpozarowej": "fire_m",
}
"""Elements of a standards area that hold a length or an area -> column, unit at its end."""

FACTORS = {
    "m": {None: 1.0, "m": 1.0, "km": 1000.0},
    "ha": {None: 1.0, "ha": 1.0, "m2": 1e-4, "km2": 100.0},
}

TEXTS = {
    "oznaczenie": "label",
    "symbol": "symbol",
    "tytul": "title",
    "nazwaAlternatywna": "name_alternative",
    "obowiazujeOd": "valid_from",
    "obowiazujeDo": "valid_to",
    "poczatekWersjiObiektu": "version_from",
    "koniecWersjiObiektu": "version_to",
}
CODES = {
    "status": "status",
    "charakterUstalenia": "binding",
    "typPlanu": "kind",
    "poziomHierarchii": "level",
}
_COMMON = (
    "namespace",
    "local_id",
    "version_id",
    "teryt6",
    "valid_from",
    "valid_to",
    "version_from",
    "version_to",
    "status",
    "app_version",
    "crs",
    "file",
    "line",
    "gml_id",
    "lost",
    "lost_box",
)
_PART = ("label", "symbol", "binding", "plan_namespace", "plan_id", "name")
COLUMNS: dict[str, tuple[str, ...]] = {
    "acts": ("title", "kind", "level", *_COMMON),
    "zones": (
        *_PART,
        "name_code",
        "name_alternative",
        "profile_basic",
        "profile_additional",
        *(c for column in NUMBERS.values() for c in (column, f"{column}_text")),
        "height_unit",
        *_COMMON,
    ),
    "ouz": (*_PART, *_COMMON),
    "downtown": (*_PART, *_COMMON),
    "standards": (*_PART, "farmstead_excluded", *STANDARDS.values(), *_COMMON),
}
DATES = ("valid_from", "valid_to")
TIMES = ("version_from", "version_to")
