"""A country cut into parts: how wide the buffer must be, and the command behind it."""

from __future__ import annotations

from pathlib import Path

from metrogis.catalog import parts
from metrogis.catalog.metro import Layers
from metrogis.catalog.parts import Part
from metrogis.checks import registry

__all__ = ["Part", "largest_reach", "split"]


def largest_reach() -> float:
    """Return the largest reach, m, that a column of any check declares; global ones apart."""
    return max(
        float(column.reach)
        for check in registry.CHECKS
        for table in check.columns.values()
        for column in table.values()
        if column.reach is not None and column.reach != "global"
    )


def split(
    country: Layers,
    by: str,
    output: str | Path,
    *,
    buffer: float | None = None,
    force: bool = False,
) -> tuple[Part, ...]:
    """Cut the catalog of a country into catalogs of its units, all written or none.

    Every column of a result whose reach is a length (:class:`~metrogis.checks.contract.Column`) has
    in a part, for the part's own municipalities, the value that it has in the undivided catalog;
    ranks, regions, orders and other global columns speak of the part alone.

    Parameters
    ----------
    country : Metro
        An open catalog.
    by : str
        ``voivodeship``, ``county``, or a column of the boundaries.
    output : path
        Folder in which each part gets a folder with its ``catalog.toml``.
    buffer : float, optional
        Metres. Default: the largest reach of any column.
    force : bool
        Replace folders of parts that are there.

    Returns
    -------
    tuple of Part

    Raises
    ------
    CatalogError, ParameterError, SchemaError
        As :func:`metrogis.catalog.parts.split`.

    Examples
    --------
    >>> from metrogis import open_metro
    >>> split(open_metro("demo"), "county", "layers")  # doctest: +SKIP
    """
    wide = largest_reach() if buffer is None else buffer
    return parts.split(country, by, Path(output), buffer=wide, force=force)
