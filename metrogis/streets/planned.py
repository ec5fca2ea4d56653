"""Streets of a scenario: those of the base, with paths added when a network is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from metrogis.evidence.losses import Loss
from metrogis.provenance import Audit
from metrogis.streets.added import NewPath, with_paths
from metrogis.streets.layer import Streets
from metrogis.streets.network import StreetNetwork
from metrogis.streets.permissions import Mode


@dataclass(frozen=True)
class PlannedStreets(Streets):
    """Street data after a scenario; made by :mod:`metrogis.scenario`.

    Attributes
    ----------
    base : Streets
        The streets before; extent and losses are theirs.
    paths : tuple of (NewPath, modes)
        In the order of their ids.
    audit : Audit
        What was added; a row of every network.
    """

    base: Streets | None = None
    paths: tuple[tuple[NewPath, tuple[str, ...]], ...] = ()
    audit: Audit = field(default_factory=Audit)

    @property
    def _reach(self) -> tuple[Any, tuple[Loss, ...]]:
        assert self.base is not None
        return self.base.extent, self.base.losses

    def _network(self, mode: Mode) -> StreetNetwork:
        assert self.base is not None
        network: StreetNetwork = getattr(self.base, mode)
        own = [path for path, modes in self.paths if mode in modes]
        made, _left = with_paths(network, own)
        return replace(made, source=self.source, audit=network.audit + self.audit)
