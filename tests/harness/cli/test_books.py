"""The commands over the user's own books and keys."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner
from eth_account import Account
from tests.harness.support.terms import BASE, BASE_USDC, NOW, authorization

from x402_catalog.money import Asset, Money
from x402_harness.cli.app import app
from x402_harness.ledger import Entry, Ledger
from x402_harness.policy import MICROS, Caps
from x402_harness.reporting.document import document_schema

USDC = Asset(BASE, BASE_USDC, "USDC", 6)
STATES = {
    "settled": (Entry.SIGNED, Entry.SENT, Entry.SETTLED),
    "unknown": (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN),
    "refused": (Entry.REFUSED,),
}
REASON = "=cmd|' /C calc'!A0"  # as a stranger may write it
KEY = bytes(range(1, 33))
PASSWORD = "correct horse battery"
# Runs its arguments on a terminal of their own, with its input and output.
ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
ANVIL_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@pytest.fixture
def testbuy() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in this process: what is under test here is not how it starts."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        done = CliRunner().invoke(app, [str(one) for one in arguments], env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A home folder with a ledger that has an entry in each of three states."""
    with Ledger(tmp_path / "ledger.db", lambda: NOW) as ledger:
        for number, (case, road) in enumerate(STATES.items(), start=1):
            nonce = number.to_bytes(32, "big")
            entry = ledger.reserve(
                run="run\x1b[2J", case=case, price=Money(MICROS, USDC), caps=Caps(MICROS, 9 * MICROS),
                authorization=authorization(nonce=nonce, value=MICROS), digest=nonce,
            )  # fmt: skip
            ledger.move(entry, *road, reason=REASON)
    return tmp_path


def told(done: subprocess.CompletedProcess[str]) -> dict:
    found = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(found)
    return found


def test_the_books_are_shown_with_what_they_hold(testbuy, books):
    done = testbuy("ledger", "show", TESTBUY_HOME=str(books))
    assert done.returncode == 0, done.stderr
    assert [line.split()[3] for line in done.stdout.splitlines()[:3]] == ["settled", "unknown", "refused"]
    assert "held: 2.000000 USDC on eip155:8453" in done.stdout
    assert "1 open: testbuy ledger reconcile" in done.stderr
    assert "\x1b" not in done.stdout


def test_the_books_are_one_document_for_programs(testbuy, books):
    found = told(testbuy("ledger", "show", "--open", "--format", "json", TESTBUY_HOME=str(books)))
    (entry,) = found["entries"]
    assert (entry["case"], entry["state"], entry["amount"], entry["valid_before"]) == (
        "unknown", "unknown", str(MICROS), NOW + 300,
    )  # fmt: skip
    assert found["summary"]["purchases"]["unknown"] == 1
    assert found["summary"]["spent"][0]["amount"] == "1.000000"


def test_without_a_chain_what_is_open_stays_open_and_is_said_with_its_own_code(testbuy, books):
    done = testbuy("ledger", "reconcile", TESTBUY_HOME=str(books))
    assert done.returncode == 6
    assert "it stands until a person releases it" in done.stdout
    found = told(testbuy("ledger", "reconcile", "--format", "json", TESTBUY_HOME=str(books)))
    assert [(entry["was"], entry["state"]) for entry in found["entries"]] == [("unknown", "unknown")]


def test_a_person_releases_an_entry_with_a_reason(testbuy, books):
    for arguments, code in (
        (("release", "2"), 2),
        (("release", "9", "--reason", "x"), 2),
        (("release", "1", "--reason", "x"), 2),
        (("release", "2", "--reason", "looked it up"), 0),
        (("reconcile",), 0),
    ):
        done = testbuy("ledger", *arguments, TESTBUY_HOME=str(books))
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), (arguments, done.stderr)
    with Ledger(books / "ledger.db", time.time) as ledger:
        assert ledger.row(2).state is Entry.EXPIRED
        assert ledger.history(2)[-1][2] == "released by a person: looked it up"


def test_every_transition_is_exported(testbuy, books, tmp_path):
    out = tmp_path / "out.csv"
    assert testbuy("ledger", "export", "-o", out, TESTBUY_HOME=str(books)).returncode == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["case"], row["state"]) for row in rows if row["case"] != "refused"] == [
        (case, state) for case in ("settled", "unknown") for state in ("reserved", "signed", "sent", case)
    ]
    assert all(row["nonce"] and row["digest"] and row["amount"] == str(MICROS) for row in rows)
    assert rows[-1]["reason"] == "'" + REASON, "a formula of a stranger is no formula"
    lines = testbuy("ledger", "export", "--format", "jsonl", TESTBUY_HOME=str(books)).stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == [row["state"] for row in rows]
    assert json.loads(lines[-1])["reason"] == REASON


def test_books_that_are_not_there_are_not_made(testbuy, tmp_path):
    done = testbuy("ledger", "show", TESTBUY_HOME=str(tmp_path / "nowhere"))
    assert done.returncode == 3
    assert "nothing was bought yet" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_books_that_cannot_be_read_are_our_own_fault(testbuy, tmp_path):
    (tmp_path / "ledger.db").write_text("no ledger, but long enough to be looked at " * 40)
    done = testbuy("ledger", "show", "--ledger", tmp_path / "ledger.db")
    assert done.returncode == 5
    assert "cannot be used" in done.stderr


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path


def every_byte(*folders: Path) -> bytes:
    return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


def test_an_account_is_made_listed_and_opened_and_its_password_is_nowhere(testbuy, tmp_path, secret):
    around = {"TESTBUY_HOME": str(tmp_path / "home")}
    assert testbuy("wallet", "list", **around).returncode == 3
    made = testbuy("wallet", "new", "main", "--password-file", secret, **around)
    listed = testbuy("wallet", "list", "--format", "json", **around)
    opened = testbuy("wallet", "address", "--account", "main", "--password-file", secret, **around)
    assert (made.returncode, listed.returncode, opened.returncode) == (0, 0, 0), made.stderr
    (account,) = told(listed)["accounts"]
    assert (account["name"], account["address"] + "\n") == ("main", made.stdout)
    assert opened.stdout == made.stdout
    written = every_byte(tmp_path / "home") + (made.stdout + made.stderr + opened.stdout + opened.stderr).encode()
    assert PASSWORD.encode() not in written
    again = testbuy("wallet", "new", "main", "--password-file", secret, **around)
    assert (again.returncode, "already" in again.stderr) == (2, True)


def test_a_key_of_the_environment_is_only_read_where_it_is_said_to_be_unsafe(testbuy, tmp_path, secret):
    around = {"TESTBUY_HOME": str(tmp_path / "home"), "TESTBUY_PRIVATE_KEY": "0x" + KEY.hex()}
    refused = testbuy("wallet", "address", **around)
    assert (refused.returncode, "--unsafe-env-key" in refused.stderr) == (2, True)
    opened = testbuy("wallet", "address", "--unsafe-env-key", **around)
    address = Account.from_key(KEY).address
    assert (opened.stdout, "every program can read it" in opened.stderr) == (address + "\n", True)
    kept = testbuy("wallet", "import", "mine", "--unsafe-env-key", "--password-file", secret, **around)
    assert kept.stdout == address + "\n"
    said = "".join(done.stdout + done.stderr for done in (refused, opened, kept)).encode()
    for canary in (KEY, KEY.hex().encode(), KEY.hex().upper().encode(), PASSWORD.encode()):
        assert canary not in said + every_byte(tmp_path / "home")


def test_a_key_that_everybody_has_is_said_to_be_one(testbuy, tmp_path):
    done = testbuy("wallet", "address", "--unsafe-env-key", TESTBUY_HOME=str(tmp_path), TESTBUY_PRIVATE_KEY=ANVIL_KEY)
    assert "it pays on test networks only" in done.stderr


def test_a_keystore_of_another_program_is_taken_over_with_its_password(testbuy, tmp_path, secret):
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=1024)))
    around = {"TESTBUY_HOME": str(tmp_path / "home")}
    arguments = ("wallet", "import", "mine", "--keystore", theirs, "--password-file", secret)
    theirs.chmod(0o644)
    refused = testbuy(*arguments, **around)
    assert (refused.returncode, "chmod 600" in refused.stderr) == (2, True)
    theirs.chmod(0o600)
    assert testbuy(*arguments, **around).stdout == Account.from_key(KEY).address + "\n"


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (f"0x{KEY.hex()}\n{PASSWORD}\n{PASSWORD}\n", 0, "kept in"),
        (f"{KEY.hex()[:-1]}\n", 2, "a private key is 64 hex digits"),
    ],
    ids=["a key", "a digit less"],
)
@pytest.mark.skipif(os.name != "posix", reason="no terminals to type at")
def test_what_is_typed_is_not_shown(root, tmp_path, typed, code, said):
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, sys.executable, "-m", "x402_harness", "wallet", "import", "typed"],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "TESTBUY_HOME": str(tmp_path)},
    )  # fmt: skip
    with process:
        shown = answered(process, typed.splitlines())
    assert process.returncode == code, shown
    assert said in shown
    assert KEY.hex()[:20] not in shown
    assert PASSWORD not in shown


def answered(process: subprocess.Popen[bytes], lines: list[str]) -> str:
    """Type a line whenever there is a prompt, and return everything that was shown."""
    assert process.stdin is not None
    assert process.stdout is not None
    shown, fresh = "", ""
    while piece := os.read(process.stdout.fileno(), 1000):
        shown, fresh = shown + piece.decode(), fresh + piece.decode()
        if lines and fresh.rstrip().endswith(":"):
            process.stdin.write(lines.pop(0).encode() + b"\n")
            process.stdin.flush()
            fresh = ""
    return shown
