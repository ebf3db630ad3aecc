"""``testbuy import`` and what stands on the file that it makes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.harness.support.servers import Reply, Server

from x402_catalog.store import Catalogue
from x402_harness.reporting.document import document_schema

SLUG = "api-venice-ai-api-v1-images-generations"
Run = Callable[..., subprocess.CompletedProcess[str]]


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    return told


@pytest.fixture
def db(testbuy: Run, tmp_path: Path) -> Path:
    """A catalogue file of the project's own listings."""
    assert testbuy("import", "listings", "--db", tmp_path / "c.db").returncode == 0
    return tmp_path / "c.db"


def test_an_import_says_what_is_new_and_what_was_known(testbuy: Run, tmp_path: Path) -> None:
    arguments = ("import", "listings", "--db", tmp_path / "c.db")
    first, again = testbuy(*arguments), testbuy(*arguments)
    assert "17 listings in" in first.stdout
    assert "snapshot 1 · 17 new to it, 0 known · 0 findings" in first.stdout
    assert "snapshot 2 · 0 new to it, 17 known" in again.stdout
    told = document(testbuy(*arguments, "--replace", "--format", "json"))
    assert told["summary"] == {"listings": 17, "errors": 0, "warnings": 0, "new": 17, "infos": 0}
    assert told["bytes"] == (tmp_path / "c.db").stat().st_size


def test_a_broken_record_is_a_finding_that_fails_and_the_rest_is_imported(testbuy: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"slug": "good"}\n{broken\n')
    done = testbuy("import", tmp_path / "a.jsonl", "--db", tmp_path / "c.db", "--format", "json")
    assert done.returncode == 1
    (found,) = document(done)["findings"]
    assert (found["rule"], found["location"]["line"]) == ("CAT003", 2)
    never = testbuy("import", tmp_path / "a.jsonl", "--db", tmp_path / "c.db", "--fail-on", "never")
    assert never.returncode == 0
    with Catalogue.open(tmp_path / "c.db") as catalogue:
        assert [one.slug for one in catalogue] == ["good"]


def test_sources_without_a_listing_are_said_and_change_nothing(testbuy: Run, db: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = testbuy("import", tmp_path / "none", "--db", db, "--replace")
    assert (done.returncode, "no listing in the sources" in done.stderr) == (3, True)
    assert "snapshot" not in done.stdout
    with Catalogue.open(db) as catalogue:
        assert len(catalogue) == 17


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere",), 2, "does not exist"),
        (("{db}",), 2, "is a catalogue file already"),
        (("listings", "--db", "{db}/x"), 2, "unable to open"),
        (("listings", "--db", "README.md"), 2, "cannot be read as a catalogue file"),
        (("http://", "--db", "{db}"), 2, "no absolute http(s) URL"),
        (("http://u:p@a.example/", "--db", "{db}"), 2, "user name or a password"),
        (("http://127.0.0.1:9/", "--db", "{db}"), 5, "127.0.0.1"),
    ],
)
def test_what_cannot_be_imported_is_told(
    testbuy: Run, db: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = db.read_bytes()
    done = testbuy("import", *(one.format(db=db) for one in arguments))
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert db.read_bytes() == before


def page(start: int, stop: int, total: int, **headers: str) -> Reply:
    items = [{"resource": f"https://a.example/{n}", "accepts": [], "lastUpdated": 1} for n in range(start, stop)]
    body = {"x402Version": 2, "items": items, "pagination": {"limit": 2, "offset": start, "total": total}}
    return Reply(200, tuple(headers.items()), json.dumps(body).encode())


def fed(script: list[Reply], work: Callable[[str], Any]) -> tuple[Any, list[str]]:
    async def scenario() -> tuple[Any, list[str]]:
        async with Server(*script) as server:
            told = await asyncio.to_thread(work, f"http://127.0.0.1:{server.port}/discovery/resources")
            return told, [request.target for request in server.requests]

    return asyncio.run(scenario())


def test_a_feed_is_imported_page_by_page_and_asked_only_for_what_changed(testbuy: Run, tmp_path: Path) -> None:
    def work(url: str) -> list[dict[str, Any]]:
        arguments = ("import", url, "listings", "--db", tmp_path / "c.db", "--allow-private", "--pause", 0)
        return [document(testbuy(*arguments, "--format", "json")) for _ in range(2)]

    script = [page(0, 2, 3, etag="a"), page(2, 3, 3, etag="b"), Reply(304), page(2, 4, 4)]
    told, targets = fed(script, work)
    assert targets == ["/discovery/resources?limit=100", "/discovery/resources?limit=100&offset=2"] * 2
    assert [one["summary"]["listings"] for one in told] == [20, 21]
    assert [one["summary"]["new"] for one in told] == [20, 1]
    with Catalogue.open(tmp_path / "c.db") as catalogue:
        (listing,) = catalogue.listings("https://a.example/3")
        assert listing.source == "bazaar"
        assert listing.record.file.endswith("/discovery/resources?limit=100&offset=2")
        assert listing.record.pointer == "/items/1"
        assert str(listing.locate("/url").pointer) == "/items/1/resource"


def test_a_feed_that_breaks_off_leaves_the_old_state_and_goes_on_later(testbuy: Run, db: Path) -> None:
    def work(url: str) -> list[subprocess.CompletedProcess[str]]:
        return [testbuy("import", url, "--db", db, "--allow-private", "--pause", 0) for _ in range(2)]

    (broken, whole), targets = fed([page(0, 2, 3), Reply(500), page(2, 3, 3)], work)
    assert (broken.returncode, whole.returncode) == (5, 0)
    assert "answers 500. Nothing was imported; run the same again to go on from there." in broken.stderr
    assert len(targets) == 3
    assert "3 listings" in whole.stdout


def test_an_x402all_document_is_imported_from_its_url(testbuy: Run, tmp_path: Path, listings: Path) -> None:
    raw = (listings / f"{SLUG}.json").read_bytes()
    work = lambda url: testbuy("import", url, "--db", tmp_path / "c.db", "--allow-private")  # noqa: E731
    done, _ = fed([Reply(200, (), raw)], work)
    assert done.returncode == 0, done.stderr
    shown = testbuy("show", SLUG, "--catalogue", tmp_path / "c.db", "--raw")
    assert shown.stdout.encode() == raw


def test_ctrl_c_leaves_the_old_state(db: Path) -> None:
    command = [sys.executable, "-m", "x402_harness", "import", "-", "--db", str(db)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        for number in range(15_000):  # more would come: it is stopped while it waits, however slow this machine is
            process.stdin.write(f'{{"slug": "s{number}", "title": "many words here"}}\n')
        process.stdin.flush()
        assert process.stderr.readline() == "10000 listings\n"
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        assert process.wait(60) == 130, err
    with Catalogue.open(db) as catalogue:
        assert len(catalogue) == 17


def test_the_file_in_the_working_folder_is_found_by_itself(
    testbuy: Run, tmp_path: Path, listings: Path, root: Path
) -> None:
    path = f"{root / 'catalog'}:{root / 'harness'}"
    run = lambda *arguments: testbuy(*arguments, cwd=tmp_path, PYTHONPATH=path)  # noqa: E731
    assert run("import", listings).returncode == 0
    assert run("search", "image").returncode == 0
    assert "Venice" in run("show", SLUG).stdout
    assert run("claims", SLUG).returncode == 0
    assert document(run("validate", "--from-search", "venice", "--format", "json"))["summary"]["listings"] == 1


@pytest.mark.parametrize("source", ["listings", "db"])
def test_listings_are_selected_by_a_search_wherever_they_are(
    testbuy: Run, db: Path, tmp_path: Path, source: str
) -> None:
    where = db if source == "db" else source
    arguments = ("--from-search", "image", "--method", "post", "--format", "json")
    judged = document(testbuy("validate", where, *arguments))
    looked_up = document(testbuy("validate", "--catalogue", where, *arguments))
    assert judged["summary"]["listings"] == looked_up["summary"]["listings"] == 1
    bought = document(testbuy("run", where, *arguments, "--rows", 1, "--reports", tmp_path / "r"))
    assert [one["slug"] for one in bought["listings"]] == [SLUG]
    assert bought["summary"]["purchases"]["settled"] == 1


def test_a_whole_file_is_judged_as_its_sources_are(testbuy: Run, db: Path) -> None:
    from_file, from_folder = (document(testbuy("validate", one, "--format", "json")) for one in (db, "listings"))
    assert from_file["findings"] == from_folder["findings"]
    assert from_file["summary"] == from_folder["summary"]


def test_neither_a_source_nor_a_query_is_an_error_of_use(testbuy: Run) -> None:
    done = testbuy("validate")
    assert done.returncode == 2
    assert "give --from-search QUERY" in done.stderr


def test_a_damaged_file_is_told_and_ends_with_5(testbuy: Run, db: Path) -> None:
    with Catalogue.create(db) as catalogue:
        catalogue.connection.execute("DELETE FROM document")
    done = testbuy("show", SLUG, "--catalogue", db)
    assert (done.returncode, "is missing: the file is damaged" in done.stderr) == (5, True)
    assert "Traceback" not in done.stderr


def test_a_search_costs_less_than_a_quarter_of_a_second_of_cpu(db: Path, root: Path) -> None:
    import os

    command = [sys.executable, "-m", "x402_harness", "search", "image", "--catalogue", str(db)]
    best = 9.0
    for _ in range(3):
        before, _ = os.times(), time.monotonic()
        subprocess.run(command, check=True, capture_output=True, cwd=root)
        after = os.times()
        best = min(best, after.children_user + after.children_system - before.children_user - before.children_system)
    assert best < 0.5  # twice the goal, which is measured by bench/store.py
