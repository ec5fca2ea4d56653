"""No circle of imports: wherever an import stands, in a function or under TYPE_CHECKING."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import networkx as nx

import metrogis

ROOT = Path(metrogis.__file__).parent


def module_of(path: Path) -> str:
    parts = ("metrogis", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
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


def circles(graph: nx.DiGraph) -> list[list[str]]:
    return [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]


def test_there_is_no_circle() -> None:
    assert circles(imports()) == []


def test_one_arrow_back_makes_a_circle() -> None:
    graph = imports().copy()
    graph.add_edge("metrogis.transit.timetable", "metrogis.transit.feed")
    assert any("metrogis.transit.feed" in circle for circle in circles(graph))


def test_the_graph_sees_what_it_is_for() -> None:
    graph = imports()
    assert graph.has_edge("metrogis.atlas", "metrogis.checks.registry")
    assert not graph.has_edge("metrogis.checks.contract.check", "metrogis.maps")
