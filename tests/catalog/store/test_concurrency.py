"""Several processes at one file, and processes that are killed: real ones, over a real file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from x402_catalog.reading import read
from x402_catalog.store import Catalogue, Query, StoreError
from x402_catalog.store.importing import transaction

LISTINGS = Path(__file__).parents[3] / "listings"

IMPORT = """
import sys, time
from x402_catalog.reading import read
from x402_catalog.store import Catalogue
path, source, at, pause, replace = sys.argv[1:]
def slowly(items):
    for item in items:
        print(".", flush=True)
        time.sleep(float(pause))
        yield item
with Catalogue.create(path) as catalogue:
    catalogue.add(slowly(read([source])), [source], float(at), replace=replace == "replace")
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


def start(
    file: Path, source: Path, *, at: int = 1, pause: float = 0.0, replace: bool = False
) -> subprocess.Popen[bytes]:
    arguments = [str(file), str(source), str(at), str(pause), "replace" if replace else "add"]
    return subprocess.Popen([sys.executable, "-c", IMPORT, *arguments], stdout=subprocess.PIPE)


def begun(process: subprocess.Popen[bytes], records: int = 1) -> None:
    assert process.stdout is not None
    for _ in range(records):
        assert process.stdout.readline() == b".\n"


def ended(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=60)
    return process.returncode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue file with the project's own listings."""
    path = tmp_path / "catalogue.db"
    with Catalogue.create(path) as catalogue:
        catalogue.add(read([LISTINGS]), ["listings"], 0.0)
    return path


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A source of a thousand other listings."""
    path = tmp_path / "others.jsonl"
    path.write_text("\n".join(json.dumps({"slug": f"other-{n}", "title": f"Other {n}"}) for n in range(1000)))
    return path


@pytest.mark.parametrize("replace", [False, True], ids=["adding", "replacing"])
def test_an_import_that_is_killed_leaves_the_old_state(file: Path, others: Path, replace: bool) -> None:
    process = start(file, others, pause=0.001, replace=replace)
    begun(process, 300)
    os.kill(process.pid, signal.SIGKILL)
    assert ended(process) == -signal.SIGKILL
    with Catalogue.open(file) as catalogue:
        assert len(catalogue) == len(list(catalogue)) == 17
        assert [one.id for one in catalogue.snapshots()] == [1]
        assert catalogue.search(Query("other")).total == 0
        assert catalogue.search(Query("image", facets=True)).total == 2
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        db.rollback()
    assert ended(start(file, others, replace=replace)) == 0
    with Catalogue.open(file) as catalogue:
        assert len(catalogue) == catalogue.search(Query("other")).total == 1000


def test_the_first_import_that_is_killed_leaves_an_empty_catalogue(tmp_path: Path, others: Path) -> None:
    process = start(tmp_path / "new.db", others, pause=0.001)
    begun(process, 100)
    process.kill()
    ended(process)
    with Catalogue.open(tmp_path / "new.db") as catalogue:
        assert catalogue.snapshots() == []
        assert catalogue.search(Query("", facets=True)).total == len(catalogue) == 0


def test_who_reads_during_an_import_sees_the_old_state_and_then_the_new_one(file: Path, others: Path) -> None:
    process = start(file, others, pause=0.001)
    begun(process)
    with Catalogue.open(file) as catalogue:
        while process.poll() is None and process.stdout is not None and process.stdout.readline():
            assert (len(catalogue), catalogue.search(Query()).total) in {(17, 17), (1000, 1000)}
        assert ended(process) == 0
        assert len(catalogue) == catalogue.search(Query()).total == 1000
        assert len(list(catalogue.at(1))) == 17


def test_two_imports_at_once_wait_for_each_other_and_both_are_kept(file: Path, others: Path) -> None:
    first, second = start(file, others, at=1, pause=0.0005), start(file, LISTINGS, at=2)
    assert (ended(first), ended(second)) == (0, 0)
    with Catalogue.open(file) as catalogue:
        known = {one.at: (one.id, one.listings) for one in catalogue.snapshots()}
        assert sorted(key for key, _ in known.values()) == [1, 2, 3]
        assert (known[1.0][1], known[2.0][1]) == (1000, 17)
        for key, count in known.values():
            assert len(list(catalogue.at(key))) == count


def test_two_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    made = [start(path, LISTINGS, at=number) for number in range(3)]
    assert [ended(process) for process in made] == [0, 0, 0]
    with Catalogue.open(path) as catalogue:
        assert [one.listings for one in catalogue.snapshots()] == [17, 17, 17]


def test_who_waits_too_long_for_another_import_is_told(file: Path) -> None:
    with Catalogue.create(file) as one, Catalogue.create(file) as other:
        other.connection.execute("PRAGMA busy_timeout = 10")
        waiting = transaction(other.connection, patience=0.1)
        with transaction(one.connection), pytest.raises(StoreError, match="another import is under way"), waiting:
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read as Linux tells it")
@pytest.mark.long
def test_five_gigabytes_are_imported_in_bounded_memory(tmp_path: Path) -> None:
    source = tmp_path / "large.jsonl"
    line = (LISTINGS / "api-venice-ai-api-v1-images-generations.json").read_bytes()
    value = json.loads(line)
    started = time.monotonic()
    with source.open("wb") as out:
        number = 0
        while out.tell() < 5 * 1024**3:
            value["slug"] = f"copy-{number}"
            value["summary"] = f"number {number} " + "x" * 60_000
            out.write(json.dumps(value).encode() + b"\n")
            number += 1
    code = IMPORT + "\nprint('peak', open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    arguments = [str(tmp_path / "c.db"), str(source), "0", "0", "add"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert int(done.stdout.split("peak ")[1]) < 300 * 1024, time.monotonic() - started  # kilobytes
    with Catalogue.open(tmp_path / "c.db") as catalogue:
        assert len(catalogue) == number
