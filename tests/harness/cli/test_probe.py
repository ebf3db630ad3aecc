"""``testbuy probe`` as a user runs it, against real sockets on loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.harness.support.endpoints import endpoints
from tests.harness.support.terms import header, option_v2, required_v2

from x402_harness.reporting.document import document_schema

KINDS = {
    "good": None, "good-v1": None, "slow": "CHAL094", "hanging": "CHAL081", "resetting": "CHAL080", "bomb": "CHAL082",
    "endless": "CHAL082", "big-header": "CHAL016", "huge-header": "CHAL082", "redirect": "CHAL091", "busy": "CHAL095",
    "busy-once": None, "paywall": "CHAL092", "post-only": "CHAL001", "validating": None, "price": "CHAL084",
    "payee": "CHAL085", "flapping": "CHAL088", "junk": "CHAL082", "tls": "CHAL080",
}  # fmt: skip


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    return told


def catalogue(hosts: list[str], count: int, path: Path) -> dict[str, str]:
    """A catalogue of so many endpoints of all kinds, spread over the hosts; their kinds by URL."""
    kinds, names = {}, list(KINDS)
    with path.open("w") as file:
        for number in range(count):
            kind, host = names[number % len(names)], hosts[number % len(hosts)]
            url = f"{'https' if kind == 'tls' else 'http'}://{host}/{kind}/{number}"
            kinds[url] = kind
            file.write(json.dumps(listing(url, number, post=kind == "validating")) + "\n")
    return kinds


def listing(url: str, number: int, *, post: bool) -> dict[str, Any]:
    fields = {"bodyType": "json", "bodyFields": {"n": {"type": "integer", "required": True}}} if post else {}
    option = option_v2()
    offer = {
        "scheme": "exact", "network": option["network"], "pay_to": option["payTo"], "asset": option["asset"],
        "max_amount_required_atomic": option["amount"], "max_timeout_seconds": 300,
        "hints": {"input": {"type": "http", "method": "POST" if post else "GET", **fields}},
    }  # fmt: skip
    shown = {"example_request_body": {"n": number}} if post else {}
    return {"slug": f"endpoint-{number}", "title": "x", "url": url, "accepts": [offer], **shown}


MEASURED = """
import sys
from x402_harness.cli import main
try:
    main()
finally:
    # The kernel hands a process the peak of the one that started it; that of its own memory stands here.
    print("peak", int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024, file=sys.stderr)
"""


def test_three_hundred_endpoints_of_every_kind_each_get_their_own_finding(root: Path, tmp_path: Path) -> None:
    with endpoints(31) as hosts:
        kinds = catalogue(hosts, 300, tmp_path / "all.jsonl")
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "probe", "--from", tmp_path / "all.jsonl", "--allow-private",
             "--timeout", "1.5", "--slow", "0.4", "--parallel", "31", "--format", "json"],
            cwd=root, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        took = time.monotonic() - started
    told = document(done)
    assert done.returncode == 1, done.stderr
    assert (told["summary"]["endpoints"], told["summary"]["listings"]) == (300, 300)
    found: dict[str, set[str]] = {url: set() for url in kinds}
    for finding in told["findings"]:
        found[finding["location"]["url"]].add(finding["rule"])
    wrong = {url: rules for url, rules in found.items() if not _is_right(KINDS[kinds[url]], rules)}
    assert wrong == {}
    lines = done.stderr.splitlines()
    assert "probing 300/300" in lines[-2]
    assert 5 <= sum(line.startswith("probing ") for line in lines) <= 12
    assert int(lines[-1].split()[1]) < 300, "megabytes at the peak"
    assert took < 60


def _is_right(expected: str | None, rules: set[str]) -> bool:
    # The terms name another resource, which is true of these endpoints and not what they are for.
    errors = {rule for rule in rules if rule >= "CHAL080" or rule in {"CHAL001", "CHAL002", "CHAL016"}}
    return errors == ({expected} if expected else set())


@pytest.fixture(scope="module")
def host() -> Any:
    with endpoints() as (one,):
        yield one


def test_the_text_is_grouped_by_endpoint(testbuy: Any, host: str) -> None:
    done = testbuy("probe", f"http://{host}/validating/1", f"http://{host}/good/1")
    assert done.returncode in {0, 1}
    good, bad = done.stdout.index("GET http"), done.stdout.index("POST http")
    assert good < bad < done.stdout.index("CHAL097 warning")
    assert "x402 v2 · 0.020000 USDC on eip155:8453" in done.stdout
    assert "2 endpoints (2 payable)" in done.stdout
    assert "probing 2/2" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("{host}/good/1", "--select", "CHAL08,CHAL09"), 0),
        (("{host}/cached/1", "--select", "CHAL090"), 0),
        (("{host}/cached/1", "--select", "CHAL090", "--fail-on", "warning"), 1),
        (("{host}/free/1",), 1),
        (("{host}/free/1", "--fail-on", "never"), 0),
        (("{host}/free/1", "--ignore", "CHAL"), 0),
        (("http://127.0.0.1:1/",), 5),
        (("{host}/good/1", "http://127.0.0.1:1/"), 5),
        ((), 2),
        (("shop.example/gen",), 2),
        (("ftp://shop.example/",), 2),
        (("{host}/good/1", "--header", "X-PAYMENT: abc"), 2),
        (("{host}/good/1", "--header", "payment-signature:abc"), 2),
        (("{host}/good/1", "--header", "nothing"), 2),
        (("{host}/good/1", "--data", "{"), 2),
        (("{host}/good/1", "--data", "@/nowhere"), 2),
        (("{host}/good/1", "--select", "CHAL999"), 2),
        (("{host}/good/1", "--response", "x.json"), 2),
        (("--response", "/nowhere"), 2),
        (("--from", "/nowhere"), 2),
        (("--from", "listings", "--active"), 2),
        (("--from", "listings", "--header", "authorization: me"), 2),
        (("--from", "listings", "--price", "cheap"), 2),
        (("--from", "listings", "--host", "no-such-host"), 3),
        (("{host}/good/1", "--price", "<=0.05"), 2),
        (("--response", "x.json", "--category", "x"), 2),
        (("--listing", "no-such-slug"), 3),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, testbuy: Any, host: str) -> None:
    done = testbuy("probe", *(each.replace("{host}", f"http://{host}") for each in arguments))
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_source_is_said_to_hold_nothing(testbuy: Any, tmp_path: Path) -> None:
    done = testbuy("probe", "--from", tmp_path)
    assert done.returncode == 3
    assert "0 endpoints" in done.stdout


def test_a_catalogue_cannot_lead_inside(testbuy: Any, host: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    port = host.rsplit(":", 1)[1]
    urls = [f"http://{name}:{port}/good/1" for name in ("127.0.0.1", "0x7f.1", "localhost", "[::ffff:127.0.0.1]")]
    path.write_text("\n".join(json.dumps(listing(url, at, post=False)) for at, url in enumerate(urls)))
    told = document(testbuy("probe", "--from", path, "--format", "json"))
    assert told["summary"]["verdicts"] == {"not asked": 4}
    assert {finding["rule"] for finding in told["findings"]} == {"CHAL083"}
    typed = document(testbuy("probe", f"http://{host}/good/1", "--from", path, "--format", "json"))
    assert typed["summary"]["verdicts"] == {"not asked": 3, "payable": 2}, "one of the four is the host that was typed"


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        (("--host", "127.0.0.1"), {0, 1}),
        (("--method", "POST"), {1, 2}),
        (("--method", "post", "--host", "127.*"), {1}),
        (("--network", "base", "--price", "<=0.02", "--limit", "2"), {0, 1}),
        (("--sample", "1", "--seed", "7", "--host", "localhost"), {2}),
    ],
)
def test_a_catalogue_is_filtered_before_it_is_probed(
    filters: tuple[str, ...], asked: set[int], testbuy: Any, tmp_path: Path
) -> None:
    urls = ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b", "http://localhost:1/c"]
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(json.dumps(listing(url, at, post=at > 0)) for at, url in enumerate(urls)))
    told = document(testbuy("probe", "--from", path, "--format", "json", *filters))
    assert {endpoint["url"] for endpoint in told["endpoints"]} == {urls[at] for at in asked}


@pytest.mark.parametrize(("origin", "exposed"), [("https://app.example", False), (None, True)])
def test_cross_origin_access_is_judged_where_the_user_names_an_origin(
    origin: str | None, exposed: bool, testbuy: Any, host: str
) -> None:
    given = ("--header", f"Origin: {origin}") if origin else ()
    told = document(testbuy("probe", f"http://{host}/good/1", "--format", "json", *given))
    open_questions = {row["what"] for row in told["endpoints"][0]["not_judged"]}
    assert ("cross-origin access" in open_questions) is exposed
    assert ("CHAL089" not in {finding["rule"] for finding in told["findings"]}) is exposed


def test_a_listing_is_compared_with_its_endpoint(testbuy: Any, host: str, tmp_path: Path) -> None:
    url = f"http://{host}/good/1"
    path = tmp_path / "one.json"
    made = listing(url, 1, post=False)
    made["accepts"][0]["max_amount_required_atomic"] = "19000"
    path.write_text(json.dumps(made))
    told = document(testbuy("probe", url, "--listing", path, "--format", "json"))
    (price,) = (finding for finding in told["findings"] if finding["rule"] == "CHAL004")
    assert (price["location"]["url"], price["location"]["listing"]) == (url, "endpoint-1")
    by_slug = document(testbuy("probe", url, "--listing", "endpoint-1", "--catalogue", path, "--format", "json"))
    assert by_slug["findings"] == told["findings"]
    other = testbuy("probe", "--listing", path, "--format", "json")
    assert document(other)["endpoints"][0]["verdict"] == "not asked", "a listing's word is not a user's"


def test_recorded_answers_are_judged_without_a_network(testbuy: Any, tmp_path: Path) -> None:
    url = "https://shop.example/gen"
    one, two = (
        {"request": {"url": url}, "response": {"status": 402, "headers": {"PAYMENT-REQUIRED": value}}}
        for value in (header(required_v2(option_v2())), header(required_v2(option_v2(amount="1"))))
    )
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps([one, two]))
    told = document(testbuy("probe", "--response", path, "--format", "json"))
    assert [finding["rule"] for finding in told["findings"]] == ["CHAL084"]
    assert told["endpoints"][0]["verdict"] == "payable"
    path.write_text("[")
    assert testbuy("probe", "--response", path).returncode == 2


def test_what_servers_say_cannot_reach_the_terminal(testbuy: Any, tmp_path: Path) -> None:
    recorded = {
        "request": {"url": "https://shop.example/\u001b]0;x\u0007"},
        "response": {"status": 302, "headers": {"location": "\u001b[2J\u202eevil"}, "body": "\u001b[31m"},
    }
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(recorded))
    shown = testbuy("probe", "--response", path).stdout
    assert "CHAL091" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", shown)


def test_ctrl_c_shows_what_was_probed_until_then(root: Path, host: str) -> None:
    command = [sys.executable, "-m", "x402_harness", "probe", f"http://{host}/good/7", f"http://{host}/hanging/7"]
    process = subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        # A test run in the background of a shell ignores Ctrl-C, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads run here yet
    )
    assert process.stderr is not None
    assert "probing 1/2" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "good/7" in out
    assert "interrupted" in out
    assert "Traceback" not in err
