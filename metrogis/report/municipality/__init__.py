"""A page for each municipality: all answers, its map, its places, what is unknown and why."""

from metrogis.report.municipality.addresses import page_of
from metrogis.report.municipality.pages import write_pages

__all__ = ["page_of", "write_pages"]
