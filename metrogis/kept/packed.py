"""A result as it travels between processes and lies on disk: without its check and its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from metrogis.checks import registry
from metrogis.checks.contract import Result
from metrogis.metro import Metro


@dataclass(frozen=True)
class Packed:
    """A result without its check and its layers: they hold functions and open files."""

    check: str
    inputs: tuple[str, ...]
    fields: dict[str, Any]

    @classmethod
    def of(cls, result: Result) -> Packed:
        """Return what can be sent, or kept, of a result."""
        kept = {
            f.name: getattr(result, f.name)
            for f in fields(result)
            if f.name not in ("check", "inputs")
        }
        return cls(result.check.id, tuple(result.inputs), kept)

    def unpack(self, metro: Metro) -> Result:
        """Put check and layers back; a layer is loaded when it is asked for."""
        check = metro.labelled(registry.get(self.check))
        return Result(check=check, inputs=Layers(metro, self.inputs), **self.fields)


class Layers(Mapping[str, Any]):
    """Layers of a metropolis by name, loaded when asked for."""

    def __init__(self, metro: Metro, names: tuple[str, ...]) -> None:
        self._metro, self._names = metro, names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._metro.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
