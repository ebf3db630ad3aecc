"""Applying: exactly what was approved is spent, once; everything else is refused with its reason."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.harness.support.testnet import KEY, PASSWORD, Testnet, sold

from x402_harness.ledger import Entry
from x402_harness.planning.planfile import digest_of
from x402_harness.reporting.document import document_schema
from x402_harness.wallet import Keystore, UserWallet

PRICE = 20_000
DAY = 24 * 60 * 60
# Runs its arguments on a terminal of their own, with its input and output.
ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
Change = Callable[[dict[str, Any]], object]


def change(net: Testnet, how: Change, *, reseal: bool) -> None:
    """Edit the plan, and have its digest fit again or not."""
    path = net.folder / "buy.plan"
    found = json.loads(path.read_text())
    how(found)
    path.write_text(json.dumps(found | {"digest": digest_of(found)} if reseal else found))


def refused(net: Testnet, *more: object) -> str:
    """Apply, which must be refused as a whole; the code of the only kind of finding."""
    done = net.apply("--format", "json", *more)
    assert done.returncode == 4, done.stdout + done.stderr
    told = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert (net.rows(), net.earned) == ([], 0)
    (code,) = {finding["rule"] for finding in told["findings"]}
    return str(code)


def test_exactly_that_is_spent_and_the_chain_shows_it(net: Testnet) -> None:
    net.plan("--rows", "3")
    done = net.apply("--rpc", net.rpc)
    assert done.returncode == 0, done.stdout + done.stderr
    assert net.earned == 3 * PRICE
    assert [row.state for row in net.rows()] == [Entry.SETTLED] * 3
    assert [event["chain"]["verdict"] for event in net.events("case.end")] == ["settled"] * 3
    (started,) = net.events("run.start")
    assert (started["mode"], started["money"], started["evidence"]) == ("testnet", "test money", "paid")
    assert "with test money" in done.stdout
    assert "0.060000 USDC on eip155:84532 (test money)" in done.stdout
    (page,) = net.folder.glob("reports/*/report.html")
    assert "Paid with test money." in page.read_text()


def test_without_a_node_it_is_claimed_and_not_verified(net: Testnet) -> None:
    net.plan()
    told = json.loads(net.apply("--format", "json").stdout)
    assert "PAY022" in {finding["rule"] for finding in told["findings"]}
    assert told["summary"]["purchases"]["settled"] == 1


def test_it_is_applied_once(net: Testnet) -> None:
    net.plan("--rows", "2")
    assert net.apply().returncode == 0
    again = net.apply()
    assert again.returncode == 4
    assert "SPEND062" in again.stdout
    assert "2 settled" in again.stdout
    assert net.earned == 2 * PRICE


def test_a_new_plan_of_the_same_buys_again(net: Testnet) -> None:
    for count, name in enumerate(("first", "second"), start=1):
        net.plan("--seed", count, to=name)
        assert net.apply(plan=name).returncode == 0
        assert net.earned == count * PRICE


EDITS: dict[str, Change] = {
    "the price": lambda plan: plan["calls"][0].update(amount="19999"),
    "the payee": lambda plan: plan["calls"][0].update(pay_to="0x" + "22" * 20),
    "the budget": lambda plan: plan["caps"].update(per_run=10**9),
    "the end": lambda plan: plan.update(expires=plan["expires"] + 1),
    "the mode": lambda plan: plan.update(mode="live"),
    "side effects": lambda plan: plan.update(allow_side_effects=True),
    "a call less": lambda plan: plan["calls"].pop(),
    "what was left out": lambda plan: plan["left_out"].append(
        {"listing": "x", "case": None, "rule": None, "reason": "because"}
    ),
    "the digest": lambda plan: plan.update(digest="0" * 64),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_that_was_altered_is_refused(net: Testnet, edit: str) -> None:
    net.plan("--rows", "2")
    change(net, EDITS[edit], reseal=False)
    assert refused(net) == "SPEND060"


FORGED: dict[str, tuple[Change, str]] = {
    "expired": (lambda plan: plan.update(created=plan["created"] - DAY, expires=plan["expires"] - DAY), "SPEND061"),
    "lasts long": (lambda plan: plan.update(expires=plan["expires"] + 1), "SPEND060"),
    "from the future": (
        lambda plan: plan.update(created=plan["created"] + DAY, expires=plan["expires"] + DAY), "SPEND060",
    ),
    "more than its listing": (lambda plan: plan["calls"][0].update(amount="20001"), "SPEND063"),
    "to another payee": (lambda plan: plan["calls"][0].update(pay_to="0x" + "22" * 20), "SPEND063"),
    "in another asset": (lambda plan: plan["calls"][0].update(asset="0x" + "22" * 20), "SPEND063"),
    "of another request": (lambda plan: plan["calls"][0].update(request="0" * 64), "SPEND063"),
    "of another case": (lambda plan: plan["calls"][0].update(case="000000000000"), "SPEND063"),
    "by another payer": (lambda plan: plan.update(payer="0x" + "22" * 20), "SPEND064"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGED)
def test_a_plan_whose_digest_was_made_to_fit_still_buys_nothing_else(net: Testnet, forgery: str) -> None:
    net.plan()
    edit, code = FORGED[forgery]
    change(net, edit, reseal=True)
    assert refused(net) == code


@pytest.mark.parametrize("content", ["", "[]", "{}", "no plan", '{"schema_version": 2}', "[" * 100_000])
def test_what_is_no_plan_is_a_usage_error(net: Testnet, content: str) -> None:
    (net.folder / "buy.plan").write_text(content)
    done = net.apply("--approve", "0" * 64, "--no-input")
    assert (done.returncode, "is no plan" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda plan: plan["calls"].append(plan["calls"][0]), "calls: one of them stands there twice"),
        (lambda plan: plan.update(surprise=1), "surprise"),
        (lambda plan: plan["calls"][0].update(amount="1e6"), "calls/0/amount"),
        (lambda plan: plan.update(mode="mock"), "mode"),
    ],
    ids=["a call twice", "another member", "another notation", "another mode"],
)  # fmt: skip
def test_what_is_wrong_with_a_plan_is_said(net: Testnet, edit: Change, said: str) -> None:
    net.plan()
    change(net, edit, reseal=True)
    done = net.apply()
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_listing_that_changed_refuses_the_plan_and_one_that_is_laid_out_anew_does_not(net: Testnet) -> None:
    net.sell(sold("one"), sold("two"))
    net.plan()
    net.list(sold("one"), sold("two", max_timeout_seconds=299))
    assert refused(net) == "SPEND063"
    net.list(sold("one"))
    assert refused(net) == "SPEND063"
    net.list(sold("two"), sold("one"))
    path = net.folder / "shops.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3))
    assert net.apply().returncode == 0


def test_a_listing_that_is_gone_refuses_the_plan(net: Testnet) -> None:
    net.plan()
    (net.folder / "shops.json").unlink()
    assert refused(net) == "SPEND063"


@pytest.mark.parametrize(
    "now",
    [{"max_amount_required_atomic": "20001"}, {"max_amount_required_atomic": "19999"}, {"pay_to": "0x" + "12" * 20}],
    ids=["dearer", "cheaper", "another payee"],
)
def test_a_call_whose_terms_moved_is_refused_and_the_others_are_bought(net: Testnet, now: dict[str, str]) -> None:
    net.sell(sold("stays"), sold("moves"))
    net.plan()
    net.serve(sold("stays"), sold("moves", **now))
    done = net.apply("--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 4
    assert [f["location"]["listing"] for f in told["findings"] if f["rule"] == "SPEND008"] == ["moves"]
    assert {row["slug"]: row["purchases"][0]["state"] for row in told["listings"]} == {
        "stays": "settled", "moves": "abandoned",
    }  # fmt: skip
    assert net.earned == PRICE


def test_a_plan_is_only_applied_in_its_mode_by_its_payer_with_its_digest(net: Testnet) -> None:
    net.plan()
    assert refused(net, "--mode", "live") == "SPEND064"
    assert refused(net, "--approve", "0" * 64, "--no-input") == "SPEND065"
    other = Keystore(net.home / "wallets", work=2**10).add("other", bytes(range(1, 33)), PASSWORD)
    assert refused(net, "--account", "other") == "SPEND064"
    other.path.chmod(0o644)
    done = net.apply("--account", "other")
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)


def test_without_a_terminal_and_without_a_digest_nothing_is_spent(net: Testnet) -> None:
    net.plan()
    done = net.testbuy("apply", net.folder / "buy.plan", *net.key)
    assert (done.returncode, "SPEND065" in done.stdout, net.rows()) == (4, True, [])


@pytest.mark.parametrize("options", [("--no-input",), ("--approve", "0" * 64)])
def test_approval_without_a_person_is_given_whole(net: Testnet, options: tuple[str, ...]) -> None:
    net.plan()
    done = net.testbuy("apply", net.folder / "buy.plan", *net.key, *options)
    assert (done.returncode, "belong together" in done.stderr) == (2, True)
    without = [one for one in net.key if "password" not in one]
    done = net.testbuy("apply", net.folder / "buy.plan", *without, "--approve", net.digest(), "--no-input")
    assert (done.returncode, "--password-file" in done.stderr) == (2, True)


@pytest.mark.parametrize(("typed", "code"), [("$0.040", 0), ("0.03", 4), ("", 4)])
@pytest.mark.skipif(os.name != "posix", reason="no terminals to type at")
def test_a_person_types_the_total(net: Testnet, root: Path, typed: str, code: int) -> None:
    net.plan("--rows", "2")
    command = (sys.executable, "-m", "x402_harness", "apply", net.folder / "buy.plan", *net.key, "-q")
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *command, "--reports", net.folder / "reports"],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "TESTBUY_HOME": str(net.home), "NO_COLOR": "1"},
    )  # fmt: skip
    with process:
        shown = answered(process, "Type 0.04 to spend it in test money:", typed)
    assert process.returncode == code, shown
    assert net.earned == (2 * PRICE if code == 0 else 0)
    assert ("SPEND065" in shown) == (code == 4)


def answered(process: subprocess.Popen[bytes], prompt: str, text: str) -> str:
    """Type a line at the prompt, and return everything that was shown."""
    assert process.stdin is not None
    assert process.stdout is not None
    shown, left = "", True
    while piece := os.read(process.stdout.fileno(), 1000):
        shown += piece.decode(errors="replace")
        if left and prompt in shown:
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            left = False
    return shown


def test_what_is_left_unknown_is_not_bought_again_until_a_node_has_told(net: Testnet) -> None:
    net.plan("--rows", "2")
    net.serve(sold(), faults="receipt-missing")
    assert net.apply().returncode == 6
    again = net.apply()
    assert (again.returncode, "SPEND062" in again.stdout) == (6, True)
    assert [row.state for row in net.rows()] == [Entry.UNKNOWN] * 2
    done = net.testbuy("ledger", "reconcile", "--rpc", net.rpc)
    assert done.returncode == 0, done.stdout
    assert [row.state for row in net.rows()] == [Entry.SETTLED] * 2
    assert net.earned == 2 * PRICE


def test_with_a_node_what_was_charged_without_a_receipt_is_known_at_once(net: Testnet) -> None:
    net.plan()
    net.serve(sold(), faults="charge-then-500")
    done = net.apply("--rpc", net.rpc, "--format", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["summary"]["purchases"]["settled"]) == (1, 1)
    assert "PAY014" in {finding["rule"] for finding in told["findings"]}
    assert net.rows()[0].state is Entry.SETTLED


def test_the_days_cap_holds_over_plans(net: Testnet) -> None:
    caps = ("--per-call-max", "0.02", "--budget", "0.02", "--per-day-max", "0.03")
    net.plan(*caps, "--seed", "1", to="one")
    net.plan(*caps, "--seed", "2", to="two")
    assert net.apply(plan="one").returncode == 0
    second = net.apply(plan="two")
    assert (second.returncode, "SPEND021" in second.stdout) == (4, True)
    assert net.earned == PRICE


@pytest.mark.parametrize("faults", ["", "receipt-missing", "payment-refused"])
def test_no_key_password_or_signature_is_in_any_byte_that_is_written(net: Testnet, faults: str) -> None:
    net.plan("--rows", "2")
    net.serve(sold(), faults=faults)
    done = net.apply("--rpc", net.rpc, "--settle-wait", "0")
    # The same digest gives the same signature: what was sent can be made again here.
    sent = [UserWallet(KEY).sign(bytes.fromhex(str(row.digest)[2:])) for row in net.rows()]
    assert len(sent) == 2
    (net.home / "password").unlink()
    kept = b"".join(path.read_bytes() for path in net.folder.rglob("*") if path.is_file())
    everything = kept + (done.stdout + done.stderr).encode()
    canaries = [PASSWORD.encode(), *(spelling for secret in (KEY, *sent) for spelling in spellings(secret))]
    assert [canary for canary in canaries if canary in everything] == []
    assert net.rows()[0].digest.encode() in kept, "the books are among what was searched"


def spellings(secret: bytes) -> list[bytes]:
    """How bytes may be written, the beginning of them too."""
    whole = [secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"=")]
    return [*whole, secret[:32].hex().encode()]
