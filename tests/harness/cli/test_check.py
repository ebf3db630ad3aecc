"""``testbuy check``: a seller's own endpoint on this machine, and one verdict."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass

import jsonschema_rs
import pytest
from click.testing import CliRunner
from tests.harness.support.endpoints import endpoints
from tests.harness.support.shops import REFERENCE, shop

from x402_harness.cli.app import app
from x402_harness.reporting.document import document_schema
from x402_harness.sandbox.server import Serving

PLACE = "api.venice.ai/api/v1/images/generations"


@pytest.fixture(scope="module")
def reference(listings):
    return listings / f"{REFERENCE}.json"


@pytest.fixture(scope="module")
def sandbox(reference):
    with shop(reference) as url:
        yield url


@dataclass
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def check(tmp_path):
    """Run the command in this process; what it imports takes longer than what it does."""

    def run(url, *arguments):
        given = ["check", url, "-q", "--rows", 1, "--invalid", 8, "--reports", tmp_path, *arguments]
        done = CliRunner().invoke(app, list(map(str, given)))
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


def test_an_honest_seller_conforms(check, sandbox, reference):
    done = check(f"{sandbox}/{PLACE}", "--listing", reference, "--sandbox", sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ conformant with x402 version" in done.stdout
    assert "payments that must be refused" in done.stdout


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("price-differs", "CHAL004"), ("answer-breaks-required", "RESP003"), ("signature-unchecked", "PAY")],
)
def test_a_fault_is_named_with_its_remedy_and_the_verdict_stands_last(check, sandbox, reference, fault, rule):
    done = check(f"{sandbox}/faults/{fault}/{PLACE}", "--listing", reference, "--sandbox", sandbox)
    assert done.returncode in (1, 4), done.stdout + done.stderr
    assert f"✗ {rule}" in done.stdout
    assert "help " in done.stdout
    assert done.stdout.strip().splitlines()[-1].startswith("✗ not conformant")


def test_the_smallest_request_that_fails_is_told_as_it_was_sent(check, sandbox, reference):
    url = f"{sandbox}/faults/answer-breaks-required/{PLACE}"
    done = check(url, "--listing", reference, "--sandbox", sandbox, "--shrink", 30)
    (line,) = [line for line in done.stdout.splitlines() if line.strip().startswith("smallest")]
    assert f"POST {url} " in line
    assert '{"prompt": ""} breaks RESP003' in line


def test_without_a_listing_the_own_terms_tell_what_is_sold(check, sandbox):
    done = check(f"{sandbox}/{PLACE}", "--sandbox", sandbox, "--format", "json")
    told = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert told["command"] == "check"
    assert told["verdict"]["conformant"] is (done.returncode == 0)
    assert told["summary"]["purchases"]["settled"] == 1
    assert told["invalid_requests"]["sent"] > 0
    assert told["endpoint"]["verdict"] == "payable"


def test_it_waits_for_a_server_that_starts_late(check, sandbox, reference):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    late = Serving(_refusing, port)
    timer = threading.Timer(3.0, late.start)
    timer.start()
    began = time.monotonic()
    done = check(f"http://127.0.0.1:{port}/", "--wait", 20, "--sandbox", sandbox)
    timer.join()
    late.stop()
    assert done.returncode == 1
    assert time.monotonic() - began > 3
    assert "✗ not conformant" in done.stdout


async def _refusing(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def test_a_server_that_never_answers_is_said_to_be_unreachable(check, sandbox):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = check(f"http://127.0.0.1:{port}/x", "--wait", 0.3, "--sandbox", sandbox)
    assert done.returncode == 5
    assert "no answer from" in done.stderr
    assert "Is the server running?" in done.stderr


def test_an_endpoint_that_asks_for_nothing_does_not_conform(check, sandbox):
    with endpoints() as (host,):
        done = check(f"http://{host}/free", "--sandbox", sandbox)
    assert done.returncode == 1
    assert "✗ not conformant" in done.stdout


@pytest.mark.parametrize("url", ["https://api.venice.ai/x", "ftp://127.0.0.1/x", "localhost:8000"])
def test_no_other_machine_is_checked(check, url):
    done = check(url)
    assert done.returncode == 2
    assert "is not on this machine" in done.stderr


def test_facilitator_and_rpc_are_opened_where_no_sandbox_runs(testbuy, tmp_path):
    done = testbuy("check", "http://127.0.0.1:9/x", "--wait", 0, "--port", 0, "--reports", tmp_path)
    assert done.returncode == 5
    assert "facilitator http://127.0.0.1:" in done.stderr
