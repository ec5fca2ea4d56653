"""What the tables of ``settlement_structure`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "cells": Taken(parts=("population", "population_municipal")),
    "rail_distance": Taken(parts=("rail_stations", "municipalities")),
}
