"""Words of the published pages, in Polish and English."""

from __future__ import annotations

from metrogis.i18n import Text, _, both, pgettext
from metrogis.maps.texts import LEGEND as MAP_LEGEND
from metrogis.maps.texts import OPENED, ZOOM_HOME

SECTION_OF = _("Methods, {number}")
LEGEND = _("Legend")
LEGEND_LAYERS = MAP_LEGEND

WORDS: dict[str, Text] = {
    "skip": _("Skip to content"),
    "atlas": _("Atlas of space and mobility"),
    "all_checks": _("All maps"),
    "language": _("Language"),
    "navigation": _("You are here"),
    "direction": _("Direction"),
    "no_findings": _("This check gave no findings."),
    "map": _("Map"),
    "map_help": _(
        "Click a feature to see its data. The same numbers are in the table below the map."
    ),
    "map_touch": _("On a touch screen move and zoom the map with two fingers."),
    "map_off": _("The interactive map is not available"),
    "map_off_script": _("The interactive map needs JavaScript. Below is its picture."),
    "map_home": ZOOM_HOME,
    "map_opened": OPENED,
    "legend": MAP_LEGEND,
    "legend_note": _(
        "Numbers on the right: how many features a class has. Classes include their "
        "lower bound, not the upper one."
    ),
    "picture": _("Picture of the map (PNG)"),
    "chart_svg": _("Chart (SVG)"),
    "picture_of": _("Picture of the map"),
    "report": _("Report for the council"),
    "pdf_report": _("Report of the metropolis, to print (PDF)"),
    "pdf_municipality": _("This municipality, to print (PDF)"),
    "table": _("Table"),
    "tables": _("Data in tables"),
    "sort_help": _("A column heading is a button: it sorts the table."),
    "sorted_up": _("sorted ascending"),
    "sorted_down": _("sorted descending"),
    "filter": _("Search the table"),
    "downloads": _("Download"),
    "gpkg": _("GeoPackage of all maps with QGIS styles, packed (QGIS opens it as it is)"),
    "gpkg_own": _("GeoPackage of this map, packed (QGIS opens it as it is)"),
    "qgz": _("QGIS project (put it beside the GeoPackage): groups by check, drawn as here"),
    "xlsx": _("Workbook (XLSX): the tables, and what the columns mean"),
    "csv": both("CSV"),
    "csv_note": _(
        "CSV: commas and decimal points, UTF-8; numbers are rounded. The GeoPackage holds the "
        "geometry, numbers in full, and tables too long for CSV."
    ),
    "long_note": _("Long tables are packed as CSV (ZIP) and are not in the workbook:"),
    "method": _("How it was computed"),
    "methods_page": _("Methods"),
    "methods_lede": _(
        "How every number of this atlas is computed: definitions, formulas, parameters "
        "with their defaults and sources, what “unknown” means, and examples. The "
        "pages of the maps cite sections by these numbers."
    ),
    "methods_more": _("Definitions, formulas and an example"),
    "contents": _("Contents"),
    "method_ahead": _("How it is computed"),
    "parameters": _("Parameters"),
    "parameter": _("parameter"),
    "value": _("value"),
    "unit": _("unit"),
    "origin": _("source of the value"),
    "columns": _("What the columns mean"),
    "column": _("column in the files"),
    "meaning": _("meaning"),
    "sources": _("Data sources"),
    "layer": _("layer"),
    "file": _("file or service"),
    "licence": _("licence"),
    "attribution": _("attribution"),
    "passing_on": _("what may be passed on"),
    "kept_back": _("Not published"),
    "kept_back_note": _(
        "The licences of some layers do not allow these to be passed on: they are neither on the "
        "map nor among the files. They were used in the computation."
    ),
    "kept_back_link": _("Some data are not on the map: what, and why"),
    "date": pgettext("as of", "date"),
    "state": _("state"),
    "rows": _("rows"),
    "holdings": _("What the layers hold"),
    "holdings_note": _(
        "How many municipalities have something of a layer, and what of it lies in none or names "
        "none: a register of the whole country has rows elsewhere, a layer of the metropolis "
        "should have few."
    ),
    "fetched_from": _("fetched from"),
    "in_municipalities": _("municipalities"),
    "elsewhere": _("rows elsewhere"),
    "guessed_codes": _("TERYT codes that differ in the last digit"),
    "repeated": _("repeated rows"),
    "old": _("older than a year"),
    "crs": _("CRS"),
    "audit": _("What was done to the data"),
    "audit_none": _("Nothing was dropped, repaired or guessed."),
    "action": _("action"),
    "count": _("count"),
    "what": _("what"),
    "examples": _("examples"),
    "not_run": pgettext("layers are missing", "Could not be computed"),
    "not_run_note": _("Missing data does not mean there is no problem: the answer is unknown."),
    "missing_layer": _("missing layer"),
    "layers": _("Data layers"),
    "no_checks": _("No check of this direction has a result."),
    "open": _("Open map and data"),
    "unstated": _("not stated"),
    "created": _("Published"),
    "made_with": _("Software"),
    "basemap": _("Map background"),
    "basemap_note": _("loaded from {host}, which learns the reader's IP address."),
    "no_third_party": _("This page loads nothing from other servers and sets no cookies."),
    "data_page": _("What is known of the data"),
    "data_lede": _(
        "The answers of this atlas are as certain as its data. Here is which layers "
        "are missing, where they are incomplete, and what was lost in reading them."
    ),
    "data_link": _("Where the data are complete, and where not"),
    "layers_known": _("What is known of each layer"),
    "knowledge": _("what is known"),
    "known_land": _("known part of the area"),
    "lost": pgettext("data", "lost"),
    "used_by": _("checks"),
    "losses": _("What was lost in reading"),
    "losses_note": _(
        "These were in the data and could not be used. Near them the answer is unknown, not no."
    ),
    "losses_none": _("Nothing was lost."),
    "kind": _("kind"),
    "doubts": _("Doubts"),
    "doubt": _("doubt"),
    "noted": _("noted"),
    "feed": _("feed"),
    "health_note": _("Doubts take certainty away near what they speak of; the rest are notes."),
    "by_municipality": _("Known part of the land of municipalities"),
    "by_municipality_note": _("Layers that are known whole in every municipality are left out."),
    "all_known": _("Every layer in use is known in the whole area."),
    "municipality": _("municipality"),
    "health": _("Health of the timetables"),
    "failed": _("Could not be computed"),
    "failed_note": _(
        "This answer is missing because a fault was met in computing it. The other "
        "maps of the atlas are done."
    ),
    "failed_mark": pgettext("state", "failed"),
    "reason": _("reason"),
    "place": _("place"),
    "remedy": _("what to do"),
    "answer": _("Answer"),
    "mostly_unknown": _("more than half unknown"),
    "bound_note": _(
        "≥: at least as much, for not all is known; ≤: at most as much; *: speaks of "
        "what is known only."
    ),
    "known_column": _("how much is known says column"),
    "all_columns": _("all columns"),
    "charts": _("In charts"),
    "chart_table": _("The chart as a table"),
    "more_findings": _("What else was found"),
    "reading_note": _(
        "The greatest need comes first; bars show the leading numbers. A name leads to the page "
        "of the municipality. All columns are below."
    ),
    "first_of_report": _("The first {shown} of {n} are shown; the published page has all of them."),
    "first_of": _("The first {shown} of {n} are shown; all are in the tables below."),
    "tables_note": _("All columns and rows, for those who compute further."),
    "search": _("Search"),
    "search_hint": _("municipality, station, place"),
    "search_none": _("Nothing found."),
    "search_found": _("Found: "),
    "embed": _("Embed this map"),
    "embed_note": _("Copy this into a page of yours; the map stays here and shows what is new."),
    "panel": _("Chosen on the map"),
    "municipality_page": _("municipality page"),
    "municipalities": _("Municipalities"),
    "municipalities_lede": _("Each has a page with all answers."),
    "answers": _("Answers at a glance"),
    "here": _("here"),
    "median": _("median of the area"),
    "like_median": _("median of like ones"),
    "rank": pgettext("position", "rank"),
    "rank_note": _(
        "Rank 1 is the best; where neither way is better, the greatest. Equal numbers share a "
        "rank. Medians and ranks are of municipalities of which at least half is known. Where "
        "not all is known: ≥ at least, ≤ at most, * of what is known."
    ),
    "measure": _("measure"),
    "metro": _("metropolis"),
    "metros": _("All metropolises"),
    "metros_lede": _("A name, or its number on the map, leads to the atlas of the metropolis."),
    "on_map": _("on the map"),
    "people": _("residents"),
    "municipalities_count": _("municipalities"),
    "manifest": _("What was computed, and what not, in full (JSON)"),
    "compare_metros": _("How they compare"),
    "compare_note": _(
        "Each number is that of the municipality in the middle: half of the municipalities of the "
        "metropolis have less, half more; only those of which at least half is known count. Where "
        "more than half of a metropolis is unknown it has no number and no rank. Rank 1 is the "
        "best; where neither way is better, the greatest. Equal numbers share a rank."
    ),
    "median_note": _("municipality in the middle"),
    "map_shades": _("the darker, the more; hatched where it is unknown"),
    "range": _("least and most in a municipality"),
    "unknown_share": _("unknown part"),
    "why_unknown": _("What is unknown, and why"),
    "open_check": _("Map and all municipalities"),
    "no_outline": _("Its outline is not in the data, so there is no map."),
    "unknown_note": _(
        "Grey hatching, dashed lines and hollow circles mean “unknown”: missing data "
        "is not missing service."
    ),
}

PASSING_ON = {
    "yes": _("everything"),
    "derived": _("computed results only"),
    "no": _("nothing made of its rows"),
}
CUT = _("The first {shown:0} of {n:0} rows are shown; all are in the CSV file.")
CUT_LONG = _("The first {shown:0} of {n:0} rows are shown; all are in the GeoPackage.")
ROWS = _("{n:0} {n:plural:row|rows}")
ALT = _("Map: {title}. {finding}")
COUNTS = _("{done:0} {done:plural:map|maps}.")
COUNTS_SKIPPED = _(
    "{done:0} {done:plural:map|maps}; {skipped:0} {skipped:plural:question|questions} "
    "without an answer for lack of data."
)
SOURCE_LINE = _("Sources: {sources}. As of: {date}.")
TABLES: dict[str, Text] = {
    "municipalities": _("Municipalities"),
    "cells": _("Grid cells"),
    "spots": _("Places"),
    "stops": _("Stops"),
    "stations": _("Stations"),
    "links": _("Links"),
    "fixes": _("Fixes"),
    "interchanges": _("Interchanges"),
    "connections": _("Connections at stations"),
    "supply": _("Places of services per resident"),
}

BETTER_UP = _("more is better")
BETTER_DOWN = _("less is better")
COMPUTED = _("Computed {day}.")
COMPUTED_BEFORE = _(
    "Computed {day}: its data, its parameters and the program have not changed since."
)
COUNTS_FAILED = _(
    "{failed:0} {failed:plural:question|questions} without an answer because of a fault."
)
LOST = _("{n:0} lost {n:plural:item|items}")
KNOWLEDGE: dict[str, Text] = {
    "absent": _("no such layer"),
    "partial": _("incomplete"),
    "complete": pgettext("knowledge", "complete"),
}
KINDS: dict[str, Text] = {
    "agency": _("agency"),
    "cell": _("cell of a raster"),
    "date": _("date"),
    "route": _("route"),
    "row": _("row"),
    "stop": _("stop"),
    "stop_time": _("stop time"),
    "trip": _("trip"),
    "way": _("way"),
    "relation": _("relation"),
    "zone": _("zone"),
    "plan": both("plan"),
}
BOUNDS = {"low": " ≥", "high": " ≤", "": ""}
STATES: dict[str, Text] = {
    "loaded": _("used"),
    "ready": _("at hand"),
    "absent": _("declared, no file"),
    "unreadable": _("cannot be read"),
    "missing": _("missing"),
}
LANGUAGE_NAMES = {"pl": "Polski", "en": "English"}
