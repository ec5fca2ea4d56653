"""Mutate every kind of input and read it: ``python -m tests.fuzz --count 10000 --seed 7``.

Trials run in a process of their own with a limit of memory; one that crashes or hangs is a finding,
and the next goes on. ``--only N`` runs one trial and keeps its folder, to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

_HANGS = 120.0
"""Seconds without a word after which a trial is ended."""
_MEMORY = 12 << 30
"""Bytes of address space: an input of a few kB asks for no more."""
_FINE = ("read", "refused")


def main() -> int:
    """Run the trials; return the number of findings, at most 100."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--only", type=int, help="run this trial alone, and keep its folder")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return _work(options, Path(options.worker))
    if options.only is not None:
        options.first, options.count = options.only, 1
        folder = Path(tempfile.mkdtemp(prefix="metrogis-fuzz-"))
        print(f"files: {folder / 'trial'}")
        return _supervise(options, folder)
    with tempfile.TemporaryDirectory(prefix="metrogis-fuzz-") as scratch:
        return _supervise(options, Path(scratch))


def _work(options: argparse.Namespace, folder: Path) -> int:
    from tests.fuzz import trial, world

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    base = folder / "base"
    if not base.is_dir():
        world.write(base)
    for number in range(options.first, options.first + options.count):
        print(json.dumps({"start": number}), flush=True)
        found = trial.run(number, options.seed, base, folder / "trial")
        print(json.dumps(found._asdict()), flush=True)
    return 0


def _supervise(options: argparse.Namespace, folder: Path) -> int:
    states: Counter[str] = Counter()
    layers: Counter[str] = Counter()
    findings: dict[tuple[str, str], list[int]] = {}
    first, end = options.first, options.first + options.count
    began = time.monotonic()
    try:
        while first < end and time.monotonic() - began < options.seconds:
            for answer in _worker(options, folder, first, end - first):
                first = answer["number"] + 1
                states[answer["state"]] += 1
                layers[answer["layer"]] += 1
                if answer["state"] not in _FINE:
                    kind = answer["state"], answer["how"]
                    findings.setdefault(kind, []).append(answer["number"])
                if time.monotonic() - began > options.seconds:
                    break
    except KeyboardInterrupt:  # what was found so far is told
        print("interrupted")
    for (state, how), numbers in sorted(findings.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(map(str, numbers[:5]))
        print(f"{len(numbers)} x {state}: {how}  (seed {options.seed}, trials {shown})")
    total = sum(states.values())
    print(
        f"{total} trials of {len(layers)} inputs, seed {options.seed}: "
        + ", ".join(f"{count} {state}" for state, count in states.most_common())
    )
    return min(100, sum(len(numbers) for numbers in findings.values()))


def _worker(options: argparse.Namespace, folder: Path, first: int, count: int):  # type: ignore[no-untyped-def]
    """Yield the answers of a process until it is done, ends, or hangs: then its last trial."""
    command = [sys.executable, "-m", "tests.fuzz", "--worker", str(folder), "--seed",
               str(options.seed), "--first", str(first), "--count", str(count)]  # fmt: skip
    environment = {**os.environ, "METROGIS_CACHE": str(folder / "cache")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        started, rest, state = first - 1, b"", ""
        try:
            while True:
                ready = select.select([process.stdout], [], [], _HANGS)[0]
                if not ready:
                    state = "hangs"
                    break
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    answer = json.loads(line)
                    if "start" in answer:
                        started = answer["start"]
                    else:
                        yield answer
                        started = -1
        finally:
            process.kill()
        code = process.wait()
        if started >= 0 and (state or code):
            last = process.stderr.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            yield {
                "number": started,
                "layer": "?",
                "state": state or "crashed",
                "how": f"exit code {code}: {' '.join(last)[:200]}",
            }


if __name__ == "__main__":
    sys.exit(main())
