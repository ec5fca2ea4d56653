"""Do the tests notice when a rule is changed? One token at a time: ``make mutants``.

python -m tests.benchmarks.mutants                     all targets
python -m tests.benchmarks.mutants intervals ptal      some of them
python -m tests.benchmarks.mutants --list              the mutants, without running a test

The tests of a target are collected once, kernels as plain Python (``NUMBA_DISABLE_JIT``) where
nothing else is asked. Each mutant is a fork in which the code of one function is replaced and those
tests run until one fails: seconds, not minutes, and no file is touched. A mutant that no test
notices survives. Those of ``mutants.toml`` are explained there (they change nothing that anyone
could see); any other, or more than 5 % in all, makes the exit code 1.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import inspect
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LIMIT = 0.05
"""Share of mutants that may survive, explained."""

_COMPARE: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_BINARY: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_PAIRS = (
    ("min", "max"), ("minimum", "maximum"), ("any", "all"), ("floor", "ceil"),
    ("argmin", "argmax"), ("left", "right"), ("union", "intersection"),
    ("forward", "backward"), ("nanmin", "nanmax"), ("union_all", "intersection_all"),
)  # fmt: skip
_WORDS = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}


@dataclass(frozen=True)
class Mutant:
    """One change in one function: ``name`` tells it apart wherever the line stands."""

    module: str
    function: str
    change: str
    line: int
    tree: ast.FunctionDef

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function}: {self.change}"

    def apply(self) -> None:
        """Replace the code (or the defaults) of the function, whoever has imported it."""
        module = ast.Module([self.tree], [])
        # the sources have `from __future__ import annotations`
        code = compile(ast.fix_missing_locations(module), "<mutant>", "exec", flags=0x1000000)
        function = function_of(self.module, self.function)
        body = next(c for c in code.co_consts if inspect.iscode(c))
        assert body.co_freevars == function.__code__.co_freevars == ()
        function.__code__ = body
        defaults = [_literal(d) for d in self.tree.args.defaults]
        if defaults and all(d is not None for d in defaults):
            function.__defaults__ = tuple(d[0] for d in defaults if d)
        for argument, node in zip(
            self.tree.args.kwonlyargs, self.tree.args.kw_defaults, strict=True
        ):
            value = _literal(node) if node is not None else None
            if value and isinstance(value[0], bool | int | float):
                function.__kwdefaults__[argument.arg] = value[0]


def _literal(node: ast.expr) -> tuple[Any] | None:
    try:
        return (ast.literal_eval(node),)
    except ValueError:
        return None


def function_of(module: str, name: str) -> Any:
    """Return the plain function behind a name: of a class, a property, a cache."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
        found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    return inspect.unwrap(found)


def mutants(module: str, names: tuple[str, ...]) -> Iterator[Mutant]:
    """Yield the mutants of the functions of a module, in the order of the source."""
    tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text())
    for name in names:
        function: Any = tree
        for part in name.split("."):
            function = next(n for n in function.body if getattr(n, "name", "") == part)
        function.decorator_list = []
        seen: dict[str, int] = {}
        for path, node in _places(function):
            for new in _changes(node):
                mutated = _replaced(function, path, new)
                change = f"{_shown(node)} -> {_shown(new)}"
                seen[change] = seen.get(change, 0) + 1
                if seen[change] > 1:  # the same expression a second time in the function
                    change += f" [{seen[change]}]"
                yield Mutant(module, name, change, getattr(node, "lineno", 0), mutated)


def _shown(node: Any) -> str:
    return " ".join(ast.unparse(node).split())[:160]


Path_ = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path_ = ()) -> Iterator[tuple[Path_, ast.AST]]:
    """Yield what may be changed with the way to it; not messages, annotations, docstrings."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Text", "both", "log", "errstate"):
        return
    yield path, node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "ctx", "op", "ops", "keywords_"):
            continue
        if isinstance(value, ast.AST):
            yield from _places(value, (*path, (name, None)))
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _places(item, (*path, (name, i)))


def _changes(node: Any) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in _COMPARE[type(op)]:
                yield _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _BINARY:
        yield _with(node, op=_BINARY[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int):
            yield ast.copy_location(ast.Constant(node.value + 1), node)
        elif isinstance(node.value, float):
            yield ast.copy_location(ast.Constant(node.value * 1.1 + (node.value == 0)), node)
        elif isinstance(node.value, str) and node.value in _WORDS:
            yield ast.copy_location(ast.Constant(_WORDS[node.value]), node)
    elif isinstance(node, ast.Name) and node.id in _WORDS and isinstance(node.ctx, ast.Load):
        if node.id in dir(__builtins__) or node.id in ("min", "max", "any", "all"):
            yield _with(node, id=_WORDS[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in _WORDS:
        yield _with(node, attr=_WORDS[node.attr])


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _replaced(node: Any, path: Path_, new: ast.AST) -> Any:
    """Return a copy of a tree in which the node at the end of a path is another."""
    if not path:
        return new
    (name, i), rest = path[0], path[1:]
    child = getattr(node, name)
    if i is None:
        return _with(node, **{name: _replaced(child, rest, new)})
    changed = _replaced(child[i], rest, new)
    return _with(node, **{name: [*child[:i], changed, *child[i + 1 :]]})


class Runner:
    """A plugin of pytest: in place of running the tests once, runs them for every mutant."""

    def __init__(self, todo: list[Mutant], jobs: int, compiled: bool) -> None:
        self.todo, self.jobs, self.compiled = todo, jobs, compiled
        self.survivors: list[Mutant] = []
        self.sound = False
        self.seconds = 0  # a loop that a mutant has made endless is noticed after so many

    def pytest_collection(self) -> None:
        """Property tests draw the same examples, and do not look for the smallest that fails."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", deadline=None, derandomize=True, database=None, phases=phases
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: Any) -> bool:
        started = time.perf_counter()
        # compiled kernels are loaded once, here; without them nothing may be remembered for mutants
        sound = _run(session) if self.compiled else self._passes(session, None)
        self.sound = bool(session.items) and sound
        self.seconds = 60 + 5 * round(time.perf_counter() - started)
        running: dict[int, Mutant] = {}
        for mutant in [*self.todo, None] if self.sound else []:
            while len(running) >= (self.jobs if mutant else 1):
                pid, status = os.wait()
                done = running.pop(pid)
                if status == 0:
                    self.survivors.append(done)
                    print(f"survives: {done.name} (line {done.line})", flush=True)
            if mutant:
                running[self._fork(session, mutant.apply)] = mutant
        return True

    def _passes(self, session: Any, change: Callable[[], None] | None) -> bool:
        return os.waitpid(self._fork(session, change), 0)[1] == 0

    def _fork(self, session: Any, change: Callable[[], None] | None) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        signal.alarm(self.seconds)
        code = 1
        try:
            if change:
                change()
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
            code = 0 if _run(session) else 1
        finally:
            os._exit(code)


def _run(session: Any) -> bool:
    """Run the collected tests until one fails."""
    from _pytest.runner import runtestprotocol

    items = session.items
    for item, following in zip(items, [*items[1:], None], strict=True):
        for report in runtestprotocol(item, nextitem=following, log=False):
            if report.failed:
                print(f"{item.nodeid}\n{report.longreprtext}"[-3000:], flush=True)
                return False
    return True


def run(name: str, target: dict[str, Any], explained: set[str], jobs: int) -> list[int]:
    """Run one target; return how many mutants there are, survive, and survive unexplained."""
    import pytest

    started = time.perf_counter()
    todo = all_mutants(target)
    runner = Runner(todo, jobs, bool(target.get("compiled")))
    options = ["-o", "addopts=", "--import-mode=importlib", "-p", "no:cacheprovider"]
    options += ["-p", "no:terminal", "--capture=no", "--doctest-modules"]
    options += ["-o", "doctest_optionflags=ELLIPSIS NORMALIZE_WHITESPACE"]
    chosen = ["-k", target["only"]] if "only" in target else []
    # the examples of a module are tests of it
    examples = [f"{module.replace('.', '/')}.py" for module in target["functions"]]
    pytest.main([*options, *chosen, *examples, *target["tests"]], plugins=[runner])
    if not runner.sound:
        print(f"{name}: the tests do not pass as they are")
        return [len(todo)] * 3
    new = [m for m in runner.survivors if m.name not in explained]
    print(
        f"{name}: {len(todo)} mutants, {len(runner.survivors)} survive, {len(new)} of them "
        f"unexplained, {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    return [len(todo), len(runner.survivors), len(new)]


def all_mutants(target: dict[str, Any]) -> list[Mutant]:
    """Return the mutants of a target, function by function."""
    places = target["functions"].items()
    return [m for module, names in places for m in mutants(module, tuple(names))]


def _in_own_process(name: str, target: dict[str, Any], jobs: int) -> list[int]:
    """Run a target where kernels are plain functions, unless it asks for compiled ones."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if target.get("compiled") else "1"}
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts"
        command = [sys.executable, "-m", "tests.benchmarks.mutants", name, "--jobs", str(jobs)]
        subprocess.run([*command, "--counts", counts], env=environment, check=True)
        return [int(n) for n in counts.read_text().split()]


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--list", action="store_true", help="run no test")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--counts", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    content = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))
    targets = {n: content["target"][n] for n in options.targets or content["target"]}
    explained = {row["mutant"] for row in content.get("survivor", [])}
    if options.list:
        for name, target in targets.items():
            names = [m.name for m in all_mutants(target)]
            print(*names, f"{name}: {len(names)} mutants", sep="\n")
        return 0
    if options.counts:
        ((name, target),) = targets.items()
        counts = run(name, target, explained, options.jobs)
        options.counts.write_text(" ".join(map(str, counts)))
        return 0
    parts = [_in_own_process(name, target, options.jobs) for name, target in targets.items()]
    made, survive, unexplained = (sum(numbers) for numbers in zip(*parts, strict=True))
    print(f"{made} mutants, {survive} survive ({survive / max(made, 1):.1%}), ", end="")
    print(f"{unexplained} of them unexplained")
    return 1 if unexplained or survive > LIMIT * made else 0


if __name__ == "__main__":
    sys.exit(main())
