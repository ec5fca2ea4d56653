"""Official sources of the layers of any Polish metropolis, and units of the country's division.

``sources.toml`` says of each layer where it comes from; ``poland.toml`` holds the voivodeships;
``feeds.toml`` the operators whose timetables are published. A new catalog is made of them
(:mod:`metrogis.catalog.new`), ``docs/sources.md`` shows them.
"""

from metrogis.catalog.official.sources import Feed, Table, read_table

__all__ = ["Feed", "Table", "read_table"]
