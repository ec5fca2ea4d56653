"""What the tables of ``social_access`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "cells": Taken(parts=("population", "parcels")),
    "areas": Taken(parts=("population", "parcels")),
}
