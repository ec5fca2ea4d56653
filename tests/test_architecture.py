"""No circle of imports: wherever an import stands, in a function or under TYPE_CHECKING."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx

import metrogis

ROOT = Path(metrogis.__file__).parent

LEFT = {"metrogis.transit.feed", "metrogis.streets.network"}
"""One module of each circle that is left: reading timetables, and networks with their kernels."""


def module_of(path: Path) -> str:
    parts = ("metrogis", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports() -> nx.DiGraph:
    """Modules and what they import. The front of the package names everything: it is left out."""
    paths = {module_of(p): p for p in ROOT.rglob("*.py")}
    graph = nx.DiGraph()
    for module, path in paths.items():
        if module == "metrogis":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            aims: list[str] = []
            if isinstance(node, ast.Import):
                aims = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}: a relative import"
                base = node.module or ""
                names = (f"{base}.{alias.name}" for alias in node.names)
                aims = [name if name in paths else base for name in names]
            graph.add_edges_from((module, aim) for aim in aims if aim in paths and aim != module)
    return graph


def test_no_circle_but_those_that_are_left() -> None:
    circles = [c for c in nx.strongly_connected_components(imports()) if len(c) > 1]
    new = [sorted(c) for c in circles if not c & LEFT]
    assert new == []
    # one that is gone is no longer left
    assert all(any(name in c for c in circles) for name in LEFT)


def test_the_graph_sees_what_it_is_for() -> None:
    graph = imports()
    assert graph.has_edge("metrogis.atlas", "metrogis.checks.registry")
    assert not graph.has_edge("metrogis.checks.contract.check", "metrogis.maps")
