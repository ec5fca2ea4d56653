"""Words of the published pages, in Polish and English."""

from __future__ import annotations

from metrogis.maps.texts import LEGEND as MAP_LEGEND
from metrogis.maps.texts import OPENED, ZOOM_HOME
from metrogis.texts import Text, both

SECTION_OF = Text("Metody, {number}", "Methods, {number}")
LEGEND = Text("Legenda", "Legend")
LEGEND_LAYERS = MAP_LEGEND

WORDS: dict[str, Text] = {
    "skip": Text("Przejdź do treści", "Skip to content"),
    "atlas": Text("Atlas przestrzeni i mobilności", "Atlas of space and mobility"),
    "all_checks": Text("Wszystkie mapy", "All maps"),
    "language": Text("Język", "Language"),
    "navigation": Text("Gdzie jesteś", "You are here"),
    "direction": Text("Kierunek działań", "Direction"),
    "findings": Text("Najważniejsze ustalenia", "Key findings"),
    "no_findings": Text("To sprawdzenie nie dało ustaleń.", "This check gave no findings."),
    "map": Text("Mapa", "Map"),
    "map_help": Text(
        "Kliknij obiekt, aby zobaczyć jego dane. Te same liczby są w tabeli pod mapą.",
        "Click a feature to see its data. The same numbers are in the table below the map.",
    ),
    "map_touch": Text(
        "Na ekranie dotykowym przesuwaj i przybliżaj mapę dwoma palcami.",
        "On a touch screen move and zoom the map with two fingers.",
    ),
    "map_off": Text("Mapa interaktywna jest niedostępna", "The interactive map is not available"),
    "map_off_script": Text(
        "Mapa interaktywna wymaga JavaScriptu. Poniżej jej obraz.",
        "The interactive map needs JavaScript. Below is its picture.",
    ),
    "map_home": ZOOM_HOME,
    "map_opened": OPENED,
    "legend": MAP_LEGEND,
    "legend_note": Text(
        "Liczby po prawej: ile obiektów ma klasa. Klasy obejmują dolną granicę, bez górnej.",
        "Numbers on the right: how many features a class has. Classes include their lower bound, "
        "not the upper one.",
    ),
    "picture": Text("Obraz mapy (PNG)", "Picture of the map (PNG)"),
    "table": Text("Tabela", "Table"),
    "tables": Text("Dane w tabelach", "Data in tables"),
    "sort_help": Text(
        "Nagłówek kolumny jest przyciskiem: sortuje tabelę.",
        "A column heading is a button: it sorts the table.",
    ),
    "sorted_up": Text("posortowano rosnąco", "sorted ascending"),
    "sorted_down": Text("posortowano malejąco", "sorted descending"),
    "filter": Text("Szukaj w tabeli", "Search the table"),
    "downloads": Text("Pobierz", "Download"),
    "gpkg": Text(
        "GeoPackage: wszystkie warstwy ze stylami QGIS",
        "GeoPackage: all layers with QGIS styles",
    ),
    "csv": both("CSV"),
    "csv_note": Text(
        "CSV: średniki i przecinki dziesiętne, otwiera się w Excelu. GeoPackage zawiera geometrię "
        "i tabele zbyt długie na CSV.",
        "CSV: commas and decimal points, UTF-8. The GeoPackage holds the geometry, and tables too "
        "long for CSV.",
    ),
    "method": Text("Jak to policzono", "How it was computed"),
    "methods_page": Text("Metody", "Methods"),
    "methods_lede": Text(
        "Jak liczone są wszystkie liczby atlasu: definicje, wzory, parametry z wartościami "
        "domyślnymi i źródłami, znaczenie słowa „nieznane” i przykłady. Numery rozdziałów są te "
        "same, które podają parametry na stronach map.",
        "How every number of this atlas is computed: definitions, formulas, parameters with their "
        "defaults and sources, what “unknown” means, and examples. The pages of the maps cite "
        "sections by these numbers.",
    ),
    "methods_more": Text("Definicje, wzory i przykład", "Definitions, formulas and an example"),
    "contents": Text("Spis treści", "Contents"),
    "method_ahead": Text("Jak się to liczy", "How it is computed"),
    "parameters": Text("Parametry", "Parameters"),
    "parameter": Text("parametr", "parameter"),
    "value": Text("wartość", "value"),
    "unit": Text("jednostka", "unit"),
    "origin": Text("źródło wartości", "source of the value"),
    "columns": Text("Co znaczą kolumny", "What the columns mean"),
    "column": Text("kolumna w plikach", "column in the files"),
    "meaning": Text("znaczenie", "meaning"),
    "sources": Text("Źródła danych", "Data sources"),
    "layer": Text("warstwa", "layer"),
    "file": Text("plik lub usługa", "file or service"),
    "licence": Text("licencja", "licence"),
    "attribution": Text("autor danych", "attribution"),
    "date": Text("stan na", "date"),
    "state": Text("stan", "state"),
    "rows": Text("wierszy", "rows"),
    "crs": Text("układ współrzędnych", "CRS"),
    "audit": Text("Co zrobiono z danymi", "What was done to the data"),
    "audit_none": Text(
        "Niczego nie pominięto, nie naprawiono ani nie przyjęto.",
        "Nothing was dropped, repaired or guessed.",
    ),
    "action": Text("co zrobiono", "action"),
    "count": Text("ile", "count"),
    "what": Text("czego dotyczy", "what"),
    "examples": Text("przykłady", "examples"),
    "not_run": Text("Nie można policzyć", "Could not be computed"),
    "not_run_note": Text(
        "Brak danych nie znaczy, że problemu nie ma: odpowiedź jest nieznana.",
        "Missing data does not mean there is no problem: the answer is unknown.",
    ),
    "missing_layer": Text("brakująca warstwa", "missing layer"),
    "layers": Text("Warstwy danych", "Data layers"),
    "no_checks": Text(
        "Żadne sprawdzenie tego kierunku nie dało wyniku.",
        "No check of this direction has a result.",
    ),
    "open": Text("Otwórz mapę i dane", "Open map and data"),
    "unstated": Text("nie podano", "not stated"),
    "created": Text("Opublikowano", "Published"),
    "made_with": Text("Program", "Software"),
    "basemap": Text("Podkład mapy", "Map background"),
    "basemap_note": Text(
        "pobierany z serwera {host}, który poznaje adres IP czytelnika.",
        "loaded from {host}, which learns the reader's IP address.",
    ),
    "no_third_party": Text(
        "Strona niczego nie pobiera z obcych serwerów i nie zapisuje ciasteczek.",
        "This page loads nothing from other servers and sets no cookies.",
    ),
    "data_page": Text("Co wiadomo o danych", "What is known of the data"),
    "data_lede": Text(
        "Odpowiedzi atlasu są tak pewne jak dane. Tu widać, których warstw brakuje, gdzie są "
        "niepełne i co zginęło przy ich wczytywaniu.",
        "The answers of this atlas are as certain as its data. Here is which layers are missing, "
        "where they are incomplete, and what was lost in reading them.",
    ),
    "data_link": Text(
        "Gdzie dane są pełne, a gdzie ich brakuje", "Where the data are complete, and where not"
    ),
    "layers_known": Text("Co wiadomo o każdej warstwie", "What is known of each layer"),
    "knowledge": Text("co wiadomo", "what is known"),
    "known_land": Text("znana część obszaru", "known part of the area"),
    "lost": Text("utracone", "lost"),
    "used_by": Text("sprawdzenia", "checks"),
    "losses": Text("Co zginęło przy wczytywaniu", "What was lost in reading"),
    "losses_note": Text(
        "Te obiekty były w danych, ale nie dało się ich użyć. W ich pobliżu odpowiedź jest "
        "nieznana, a nie przecząca.",
        "These were in the data and could not be used. Near them the answer is unknown, not no.",
    ),
    "losses_none": Text("Niczego nie utracono.", "Nothing was lost."),
    "kind": Text("rodzaj", "kind"),
    "doubts": Text("Wątpliwości", "Doubts"),
    "doubt": Text("wątpliwość", "doubt"),
    "noted": Text("odnotowano", "noted"),
    "feed": Text("rozkład", "feed"),
    "health_note": Text(
        "Wątpliwości odbierają pewność w pobliżu tego, czego dotyczą; reszta to uwagi.",
        "Doubts take certainty away near what they speak of; the rest are notes.",
    ),
    "by_municipality": Text("Znana część obszaru gmin", "Known part of the land of municipalities"),
    "by_municipality_note": Text(
        "Warstwy, które w każdej gminie są znane w całości, pominięto.",
        "Layers that are known whole in every municipality are left out.",
    ),
    "all_known": Text(
        "Każda użyta warstwa jest znana w całym obszarze.",
        "Every layer in use is known in the whole area.",
    ),
    "municipality": Text("gmina", "municipality"),
    "health": Text("Stan rozkładów jazdy", "Health of the timetables"),
    "failed": Text("Nie udało się policzyć", "Could not be computed"),
    "failed_note": Text(
        "Tej odpowiedzi nie ma, bo przy jej liczeniu wystąpił błąd. Pozostałe mapy atlasu są "
        "policzone.",
        "This answer is missing because a fault was met in computing it. The other maps of the "
        "atlas are done.",
    ),
    "failed_mark": Text("błąd", "failed"),
    "reason": Text("powód", "reason"),
    "place": Text("miejsce", "place"),
    "remedy": Text("co zrobić", "what to do"),
    "answer": Text("Odpowiedź", "Answer"),
    "mostly_unknown": Text("ponad połowa nieznana", "more than half unknown"),
    "bound_note": Text(
        "≥: co najmniej tyle, bo nie wszystko wiadomo; ≤: najwyżej tyle; *: dotyczy tylko tego, "
        "co wiadomo.",
        "≥: at least as much, for not all is known; ≤: at most as much; *: speaks of what is "
        "known only.",
    ),
    "known_column": Text("ile z tego wiadomo, mówi kolumna", "how much is known says column"),
    "unknown_note": Text(
        "Szare kreskowanie, linia przerywana i puste kółko oznaczają „nieznane”: brak danych to "
        "nie brak usługi.",
        "Grey hatching, dashed lines and hollow circles mean “unknown”: missing data is not "
        "missing service.",
    ),
}

CUT = Text(
    "Pokazano pierwsze {shown:0} z {n:0} wierszy; wszystkie są w pliku CSV.",
    "The first {shown:0} of {n:0} rows are shown; all are in the CSV file.",
)
ROWS = Text("{n:0} {n:plural:wiersz|wiersze|wierszy}", "{n:0} {n:plural:row|rows}")
ALT = Text("Mapa: {title}. {finding}", "Map: {title}. {finding}")
COUNTS = Text("{done:0} {done:plural:mapa|mapy|map}.", "{done:0} {done:plural:map|maps}.")
COUNTS_SKIPPED = Text(
    "{done:0} {done:plural:mapa|mapy|map}; {skipped:0} {skipped:plural:pytanie|pytania|pytań} bez "
    "odpowiedzi z braku danych.",
    "{done:0} {done:plural:map|maps}; {skipped:0} {skipped:plural:question|questions} without an "
    "answer for lack of data.",
)
SOURCE_LINE = Text("Źródła: {sources}. Stan: {date}.", "Sources: {sources}. As of: {date}.")
TABLES: dict[str, Text] = {
    "municipalities": Text("Gminy", "Municipalities"),
    "cells": Text("Komórki siatki", "Grid cells"),
    "spots": Text("Miejsca", "Places"),
    "stops": Text("Przystanki", "Stops"),
    "stations": Text("Stacje", "Stations"),
    "links": Text("Połączenia", "Links"),
    "fixes": Text("Zmiany", "Fixes"),
    "interchanges": Text("Węzły", "Interchanges"),
}

COUNTS_FAILED = Text(
    "{failed:0} {failed:plural:pytanie|pytania|pytań} bez odpowiedzi z powodu błędu.",
    "{failed:0} {failed:plural:question|questions} without an answer because of a fault.",
)
LOST = Text(
    "{n:0} {n:plural:utracony obiekt|utracone obiekty|utraconych obiektów}",
    "{n:0} lost {n:plural:item|items}",
)
KNOWLEDGE: dict[str, Text] = {
    "absent": Text("brak warstwy", "no such layer"),
    "partial": Text("niepełna", "incomplete"),
    "complete": Text("pełna", "complete"),
}
KINDS: dict[str, Text] = {
    "agency": Text("przewoźnik", "agency"),
    "cell": Text("komórka rastra", "cell of a raster"),
    "date": Text("data", "date"),
    "route": Text("linia", "route"),
    "row": Text("wiersz", "row"),
    "stop": Text("przystanek", "stop"),
    "stop_time": Text("odjazd", "stop time"),
    "trip": Text("kurs", "trip"),
    "way": Text("droga", "way"),
    "relation": Text("relacja", "relation"),
    "zone": Text("strefa", "zone"),
    "plan": Text("plan", "plan"),
}
BOUNDS = {"low": " ≥", "high": " ≤", "": ""}
STATES: dict[str, Text] = {
    "loaded": Text("użyta", "used"),
    "ready": Text("dostępna", "at hand"),
    "absent": Text("zadeklarowana, bez pliku", "declared, no file"),
    "unreadable": Text("nie dała się odczytać", "cannot be read"),
    "missing": Text("brak", "missing"),
}
LANGUAGE_NAMES = {"pl": "Polski", "en": "English"}
