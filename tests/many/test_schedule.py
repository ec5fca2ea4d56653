"""Whatever workers do, every task has one record, and a publication follows its checks."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from metrogis.many.schedule import PUBLISH, TRIES, Job, run_jobs
from metrogis.many.worker import DONE, FAILED


class Pretended:
    """Workers that end, or lose a task, in a drawn order."""

    def __init__(self, names, draws) -> None:
        self.names, self.draws = names, iter(draws)
        self.tasks = {}
        self.sent = []

    def workers(self):
        return self.names

    def send(self, worker, task) -> None:
        assert worker not in self.tasks
        self.tasks[worker] = task
        self.sent.append((worker, *task["key"]))

    def wait(self):
        names = sorted(self.tasks)
        which, lost = next(self.draws, (0, False))
        worker = names[which % len(names)]
        self.tasks.pop(worker)
        return [(worker, None if lost else {"state": DONE})]

    def close(self, *, at_once=False) -> None:
        """Nothing to end."""


@given(
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    workers=st.integers(1, 3),
    draws=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=40),
)
def test_every_task_has_one_record_and_publications_come_last(sizes, workers, draws) -> None:
    jobs = [Job(f"m{i}", [f"c{k}" for k in range(n)], weight=i) for i, n in enumerate(sizes)]
    team = Pretended([f"w{i}" for i in range(workers)], draws)
    records = []
    run_jobs(
        jobs,
        team,
        lambda metro, name: {"key": (metro, name)},
        lambda metro, name, record: records.append((metro, name, record["state"])),
    )
    wanted = {(f"m{i}", f"c{k}") for i, n in enumerate(sizes) for k in range(n)}
    wanted |= {(f"m{i}", PUBLISH) for i in range(len(sizes))}
    assert Counter((m, n) for m, n, _state in records) == Counter(wanted)
    for i in range(len(sizes)):
        assert [n for m, n, _state in records if m == f"m{i}"][-1] == PUBLISH
    given_out = Counter((m, n) for _worker, m, n in team.sent)
    assert max(given_out.values()) <= TRIES
    for metro, name, state in records:
        assert (state == FAILED) <= (given_out[metro, name] == TRIES)


def test_a_task_that_ends_every_worker_fails_and_the_rest_goes_on() -> None:
    records = {}

    class Deadly(Pretended):
        def wait(self):
            ((worker, task),) = self.tasks.items()
            self.tasks.clear()
            return [(worker, None if task["key"][1] == "heavy" else {"state": DONE})]

    run_jobs(
        [Job("a", ["light", "heavy", "last"])],
        Deadly(["w"], ()),
        lambda metro, name: {"key": (metro, name)},
        lambda metro, name, record: records.update({name: record}),
    )
    assert [records[n]["state"] for n in ("light", "heavy", "last", PUBLISH)] == [
        DONE, FAILED, DONE, DONE,
    ]  # fmt: skip
    assert "ended 3 times" in records["heavy"]["error"]["en"]


def test_a_worker_that_ends_without_a_task_costs_nothing() -> None:
    records = []

    class Restless(Pretended):
        def wait(self):
            return [("w2", None), *super().wait()]

    run_jobs(
        [Job("a", ["c1"])], Restless(["w1", "w2"], ()), lambda m, n: {"key": (m, n)},
        lambda metro, name, record: records.append((name, record["state"])),
    )  # fmt: skip
    assert records == [("c1", DONE), (PUBLISH, DONE)]


def test_tasks_of_a_metropolis_stay_together_the_largest_begins_and_the_idle_help() -> None:
    jobs = [Job("small", ["c1"], 1.0), Job("large", ["c1", "c2", "c3", "c4"], 9.0)]
    team = Pretended(["w1", "w2"], [(i, False) for i in (1, 1, 1, 0, 1, 0, 1, 0)])
    run_jobs(jobs, team, lambda m, n: {"key": (m, n)}, lambda m, n, r: None)
    assert team.sent[:2] == [("w1", "large", "c1"), ("w2", "small", "c1")]
    # done with its own, publication included, the second worker takes part of the first one's
    assert team.sent[2] == ("w2", "small", PUBLISH)
    assert team.sent[3][:2] == ("w2", "large")
