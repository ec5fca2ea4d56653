"""What a timetable is read with: country, holidays, dates, limits, trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date


@dataclass(frozen=True)
class Options:
    """What a feed was read with (see :func:`read_feed`)."""

    country: str = "PL"
    school: tuple[tuple[Date, Date], ...] | None = None
    reference_date: Date | None = None
    dates: Mapping[str, Date] = field(default_factory=dict)
    max_runs: int = 5_000_000
    trust: str | Mapping[str, str] | None = None

    def trusted(self, feed: str) -> str | None:
        """Return why doubts about a feed are set aside; None where they stand."""
        given = self.trust
        return (given if isinstance(given, str) or given is None else given.get(feed)) or None
