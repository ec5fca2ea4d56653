"""What the tables of ``travel_time`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "bands": Taken(parts=("population",)),
    "bands_late": Taken(parts=("population",)),
    "targets": Taken(rows=("services", "localities")),
    "relations": Taken(
        parts=("services", "localities"), names={"target": ("services", "localities")}
    ),
    "performance": Taken(rows=("population",)),
    "supply": Taken(),
    "cells": Taken(rows=("population",)),
}
