"""The process that judges is started late, killed for real, replaced, and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from x402_catalog.schemaworker import Worker

TRAP = {"pattern": r"^(?=(a|aa)+\1$)x"}
LONG = "a" * 5000 + "!"
LEGAL = {"pattern": "^(?=.*[0-9])[a-z0-9]+$"}


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(seconds=0.5)
    yield made
    made.close()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_started_before_the_first_question(worker: Worker) -> None:
    assert worker.pid is None
    assert worker.ask("decide", LEGAL, "a1") is None
    assert worker.pid is not None


def test_one_process_answers_many_questions(worker: Worker) -> None:
    worker.ask("decide", LEGAL, "a1")
    first = worker.pid
    problem = worker.ask("decide", LEGAL, "a")
    assert problem is not None
    assert (problem.keyword, problem.is_undecided) == ("pattern", False)
    assert worker.pid == first


def test_it_is_killed_when_its_time_is_up_and_replaced(worker: Worker) -> None:
    worker.ask("decide", LEGAL, "a1")
    first = worker.pid
    assert first is not None
    problem = worker.ask("decide", TRAP, LONG)
    assert problem is not None
    assert (problem.is_undecided, problem.message) == (True, "took longer than 0.5 s")
    assert not is_running(first)
    assert worker.pid is None
    assert worker.ask("decide", LEGAL, "a1") is None
    assert worker.pid not in {None, first}


def test_it_is_replaced_when_somebody_else_ended_it(worker: Worker) -> None:
    worker.ask("decide", LEGAL, "a1")
    assert worker.pid is not None
    subprocess.run([sys.executable, "-c", f"import os; os.kill({worker.pid}, 9)"], check=True)
    problem = worker.ask("decide", LEGAL, "a1")
    assert problem is not None
    assert problem.is_undecided
    assert worker.ask("decide", LEGAL, "a1") is None


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is not kept elsewhere")
def test_it_ends_when_it_takes_too_much_memory() -> None:
    worker = Worker(seconds=20, memory=256 << 20)
    try:
        problem = worker.ask("decide", {"items": {"type": "string"}}, ["x" * 1000 + str(n) for n in range(300_000)])
        assert problem is not None
        assert problem.is_undecided
        assert "memory" in problem.message or "Memory" in problem.message
        assert worker.ask("decide", LEGAL, "a1") is None
    finally:
        worker.close()


def test_a_value_too_deep_to_be_handed_over_is_undecided(worker: Worker) -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    problem = worker.ask("decide", True, deep)
    assert problem is not None
    assert problem.is_undecided


def test_a_schema_that_is_none_is_told_as_one(worker: Worker) -> None:
    problem = worker.ask("decide", {"type": "strng"}, 1)
    assert problem is not None
    assert problem.pointer == "/type"


def test_threads_get_their_own_answers(worker: Worker) -> None:
    with ThreadPoolExecutor(4) as threads:
        values = [f"{'a' * n}{n % 2 or ''}" for n in range(1, 60)]
        found = list(threads.map(lambda value: worker.ask("decide", LEGAL, value), values))
    assert [problem is None for problem in found] == [value[-1].isdigit() for value in values]


def test_the_owner_uses_no_more_memory_however_many_are_killed() -> None:
    resource = pytest.importorskip("resource")
    worker = Worker(seconds=0.05)
    worker.ask("decide", TRAP, LONG)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        problem = worker.ask("decide", TRAP, LONG)
        assert problem is not None
        assert problem.is_undecided
    worker.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * (
        2**20 if sys.platform == "darwin" else 2**10
    )


PROGRAM = """
import os, sys
from x402_catalog.jsonschemas import Checker
from x402_catalog.schemaworker import worker
assert Checker({"type": "string"}).problem(1) is not None and worker().pid is None
Checker({"pattern": "^(?=a)a$"}).problem("a")
print(worker().pid, flush=True)
"""
ENDINGS = {"returns": "", "raises": "raise SystemExit(3)", "is killed": "os.kill(os.getpid(), 9)"}


@pytest.mark.skipif(sys.platform == "win32", reason="asks the system by a signal")
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_process_is_left_when_its_owner(ending: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + ENDINGS[ending]], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    pid, begun = int(done.stdout), time.monotonic()
    while is_running(pid) and time.monotonic() - begun < 10:
        time.sleep(0.02)
    assert not is_running(pid)


@pytest.mark.parametrize("arguments", [["--version"], ["explain", "RESP003"]])
def test_commands_that_judge_nothing_do_not_even_load_it(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom x402_harness.cli import main\n"
        f"sys.argv[1:] = {arguments}\n"
        "try: main()\nexcept SystemExit: pass\n"
        "from x402_catalog.schemaworker import worker\nassert worker().pid is None\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
