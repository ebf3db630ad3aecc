"""testbuy sandbox and testbuy buy: a world on this machine as a stranger meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
VENICE = ROOT / "listings" / "api-venice-ai-api-v1-images-generations.json"


def testbuy(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "x402_harness", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


testbuy.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test by its name


@contextmanager
def sandbox(*arguments: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running sandbox, and what it told."""
    command = [sys.executable, "-m", "x402_harness", "sandbox", *arguments, "--port", "0", "--format", "json"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads run here yet
    )  # fmt: skip
    try:
        assert process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            text += line
        yield process, json.loads(text)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def base_of(told: dict[str, Any]) -> str:
    return str(told["facilitator"]).removesuffix("/facilitator")


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One sandbox for all tests that only look."""
    with sandbox(str(ROOT / "listings"), folder=tmp_path_factory.mktemp("sandbox")) as (_, told):
        yield told


def test_a_fault_that_no_seller_can_have_is_told(tmp_path):
    picture = ROOT / "listings" / "render-plotpress-example-v1-chart.json"
    faults = ("--fault", "answer-empty", "--fault", "unpaid-500")
    with sandbox(str(picture), *faults, folder=tmp_path) as (process, _):
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert [line for line in said.splitlines() if "no seller" in line] == [
        "testbuy: no seller can have the fault 'answer-empty': what they sell leaves no room for it"
    ]


def test_it_says_where_everything_is(running: dict[str, Any]) -> None:
    assert (running["schema_version"], running["tool"], running["command"]) == (1, "testbuy", "sandbox")
    told = get(base_of(running) + "/")
    assert told["name"] == "testbuy sandbox"
    assert told["sellers"] == running["sellers"]
    assert {"137", "8453", "43114"} <= set(running["rpc"])
    assert get(running["facilitator"] + "/supported")["kinds"]
    listed = get(running["facilitator"] + "/discovery/resources?limit=100")
    assert {item["resource"] for item in listed["items"]} == {seller["url"] for seller in running["sellers"]}


def test_its_test_key_is_funded_and_of_its_own(running: dict[str, Any]) -> None:
    key = running["test_key"]
    assert re.fullmatch("0x[0-9a-f]{64}", key["private_key"])
    balance = "0x70a08231" + key["address"][2:].lower().rjust(64, "0")
    call = {"to": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "data": balance}
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}
    request = urllib.request.Request(running["rpc"]["8453"], json.dumps(body).encode(), {"content-type": "text/json"})
    assert int(get(request)["result"], 16) == 1000 * 10**6  # type: ignore[arg-type]  # a request is as good as a URL


def test_a_path_of_nobody_and_a_method_of_nobody_are_told_apart(running: dict[str, Any]) -> None:
    base = base_of(running)
    for path, status in {
        "/nowhere.example/x": 404,
        "/faults/nonsense/api.venice.ai/x": 404,
        "/api.venice.ai/api/v1/images/generations": 405,
    }.items():
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(base + path)
        assert caught.value.code == status
        caught.value.close()


def test_a_purchase_from_it_is_settled_and_judged_as_paid(running: dict[str, Any], tmp_path: Path) -> None:
    base = base_of(running)
    url = base + "/api.venice.ai/api/v1/images/generations"
    done = testbuy(
        "buy", url, "--listing", str(VENICE), "--sandbox", base, "--rows", "2", "--format", "json", folder=tmp_path
    )
    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert document["summary"]["purchases"] == {"planned": 2, "settled": 2, "refused": 0, "unknown": 0, "unsold": 0}
    events = [json.loads(line) for line in next(tmp_path.glob("reports/*/events.ndjson")).read_text().splitlines()]
    assert next(one for one in events if one["event"] == "run.start")["evidence"] == "paid"
    attempts = [one for one in events if one["event"] == "attempt"]
    assert len(attempts) > 10
    assert not any(one["settled"] for one in attempts)
    assert "0x" + "0" * 8 not in done.stderr


def test_a_seller_with_a_fault_is_found_out(running: dict[str, Any], tmp_path: Path) -> None:
    base = base_of(running)
    url = base + "/faults/replay-served/api.venice.ai/api/v1/images/generations"
    done = testbuy("buy", url, "--sandbox", base, "--rows", "1", "-q", folder=tmp_path)
    assert done.returncode == 1
    assert "PAY049" in done.stdout
    assert "paid: the seller's own endpoint was bought from, with sandbox money" in done.stdout


def test_an_active_probe_finds_what_is_not_verified_and_spends_nothing(running: dict[str, Any], tmp_path: Path) -> None:
    url = base_of(running) + "/faults/signature-unchecked/api.venice.ai/api/v1/images/generations"
    assert "PAY040" in testbuy("probe", "--active", url, "-q", folder=tmp_path).stdout
    assert "PAY040" not in testbuy("probe", url, "-q", folder=tmp_path).stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_ends_when_it_is_told_to(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with sandbox(str(VENICE), folder=tmp_path) as (process, told):
        port = int(base_of(told).rsplit(":", 1)[1])
        process.send_signal(number)
        assert process.wait(20) == code
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 1)


USAGE = {
    "no source": (["sandbox"], "Nothing to serve"),
    "an unknown fault": (["sandbox", str(VENICE), "--fault", "nonsense"], "--list-faults"),
    "no such file": (["sandbox", "nowhere.json"], "nowhere.json"),
    "a foreign URL": (["buy", "https://api.venice.ai/api/v1/images/generations"], "not on this machine"),
    "a foreign URL with a listing": (["buy", "http://10.0.0.1/x", "--listing", str(VENICE)], "not on this machine"),
    "two URLs": (["buy", "http://localhost:1/a", "http://localhost:1/b"], "one URL at a time"),
    "a listing without a URL": (["buy", "some-slug", "--listing", str(VENICE)], "for a URL"),
    "live": (["buy", "some-slug", "--mode", "live"], "testbuy plan"),
}


@pytest.mark.parametrize("what", USAGE)
def test_what_cannot_be_meant_is_a_usage_error(what: str, tmp_path: Path) -> None:
    arguments, named = USAGE[what]
    done = testbuy(*arguments, folder=tmp_path)
    assert (done.returncode, named in done.stderr, done.stdout) == (2, True, "")


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = testbuy("sandbox", str(VENICE), "--port", port, folder=tmp_path)
    assert done.returncode == 2
    assert f"port {port} cannot be had" in done.stderr


def test_where_no_sandbox_is_none_is_used(tmp_path: Path) -> None:
    done = testbuy(
        "buy", "http://127.0.0.1:9/x", "--listing", str(VENICE), "--sandbox", "http://127.0.0.1:9", folder=tmp_path
    )
    assert done.returncode == 5
    assert "cannot be reached" in done.stderr


def test_every_fault_is_listed_with_its_rules(tmp_path: Path) -> None:
    told = json.loads(testbuy("sandbox", "--list-faults", "--format", "json", folder=tmp_path).stdout)
    assert len(told["faults"]) >= 60
    assert all(one["name"] and one["summary"] for one in told["faults"])
    # An attack may lie beside good terms, which are paid as planned: then nothing needs to be found.
    assert all(one["caught_by"] for one in told["faults"] if one["side"] != "attack")


def test_a_slug_is_bought_from_its_mock_seller(tmp_path: Path) -> None:
    done = testbuy("buy", VENICE.stem, "--catalogue", str(ROOT / "listings"), "--rows", "1", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 planned · 1 settled" in done.stdout
    assert "simulated" in done.stdout
    assert os.listdir(tmp_path) == ["reports"]
