"""``testbuy doctor``: what is wrong with a machine is told with its remedy, in real processes with real damage."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest

from x402_harness.doctor.examining import Check, Status, examined
from x402_harness.doctor.libraries import TRIALS, libraries, signing
from x402_harness.doctor.machine import clock, space
from x402_harness.doctor.versions import dependencies, versions
from x402_harness.ledger import Ledger
from x402_harness.reporting.document import document_schema
from x402_harness.runs.sandboxes import open_sandbox
from x402_harness.wallet import Keystore

Doctor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The user's data folder, with an account and a ledger."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    Keystore(folder / "wallets", work=2).add("main", b"\x02" * 32, "password")
    Ledger(folder / "ledger.db", time.time).close()
    return folder


@pytest.fixture
def doctor(testbuy: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, home: Path) -> Doctor:
    """Run it in a folder of its own."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return testbuy("doctor", *arguments, cwd=tmp_path, TESTBUY_HOME=str(home), **environment)

    return run


def broken(folder: Path, name: str, how: str) -> str:
    """A folder for ``PYTHONPATH`` in which a module breaks when it is imported."""
    place = folder / f"without-{name}"
    place.mkdir()
    (place / f"{name}.py").write_text(how)
    return str(place)


def lines(done: subprocess.CompletedProcess[str], sign: str) -> list[str]:
    return [line for line in done.stdout.splitlines() if line.startswith(sign)]


def test_a_machine_in_order_has_nothing_wrong(doctor: Doctor, home: Path) -> None:
    done = doctor()
    assert (done.returncode, lines(done, "✗")) == (0, []), done.stdout
    told = done.stdout
    for words in ("chain in Python     a payment was tried", "by coincurve", "a server on 127.0.0.1 was started",
                  f"{home} and what is in it is out of others' reach", "has 0 entries, none open",
                  "no testbuy.toml here or above"):  # fmt: skip
        assert words in told


def test_the_document_has_every_check(doctor: Doctor) -> None:
    done = doctor("--format", "json")
    told = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert (told["command"], told["summary"]["errors"]) == ("doctor", 0)
    names = {check["name"]: check["status"] for check in told["checks"]}
    assert names["Python"] == names["disk"] == names["loopback"] == "fine"
    assert names["catalogue"] == "not judged"


def test_a_library_that_does_not_work_is_told_and_the_rest_is_looked_at(doctor: Doctor, tmp_path: Path) -> None:
    path = broken(tmp_path, "orjson", "raise ImportError('built for another Python', name='orjson')")
    done = doctor(PYTHONPATH=path)
    assert done.returncode == 1
    assert any("orjson" in line and "built for another Python" in line for line in lines(done, "✗"))
    assert "pip install --force-reinstall orjson" in done.stdout
    assert any("clock" in line for line in lines(done, "✓"))


def test_a_chain_without_a_wheel_is_no_error(doctor: Doctor, tmp_path: Path) -> None:
    done = doctor(PYTHONPATH=broken(tmp_path, "pyrevm", "raise ImportError('no wheel')"))
    assert any("pyrevm is not to be had here (no wheel)" in line for line in lines(done, "!"))
    assert done.returncode == 0


@pytest.mark.anvil
def test_an_anvil_that_is_here_is_tried(doctor: Doctor) -> None:
    assert "✓ chain by anvil      a payment was tried" in doctor("--anvil", os.environ["TESTBUY_ANVIL"]).stdout


def test_an_anvil_that_does_not_start_is_wrong(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "anvil").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "anvil").chmod(0o755)
    done = doctor("--anvil", tmp_path / "anvil")
    assert (done.returncode, any("chain by anvil" in line for line in lines(done, "✗"))) == (1, True)


def test_a_fault_of_its_own_ends_with_five(doctor: Doctor, tmp_path: Path) -> None:
    done = doctor(PYTHONPATH=broken(tmp_path, "packaging", "raise RuntimeError('what is this')"))
    assert done.returncode == 5
    assert any("RuntimeError: what is this" in line for line in lines(done, "✗"))
    assert "loopback" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="modes are those of Unix")
def test_what_others_can_reach_is_told_with_the_command_that_mends_it(doctor: Doctor, home: Path) -> None:
    account = home / "wallets" / "main.json"
    account.chmod(0o644)
    done = doctor()
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if "→" in line and "chmod" in line] == [
        f"{'':<22}→ chmod 600 '{account}'"
    ]
    home.chmod(0o755)
    (home / "ledger.db").chmod(0o640)
    told = doctor().stdout
    for path, mode in ((home, "700"), (account, "600"), (home / "ledger.db", "600")):
        assert f"chmod {mode} '{path}'" in told


@pytest.mark.skipif(os.name != "posix", reason="modes are those of Unix")
def test_a_new_ledger_is_its_owners_alone(home: Path) -> None:
    with Ledger(home / "ledger.db", time.time) as ledger:
        ledger.decline("run", "case", "reason")
        assert {path.stat().st_mode & 0o777 for path in home.glob("ledger.db*")} == {0o600}


def test_a_ledger_that_is_none_is_told(doctor: Doctor, home: Path) -> None:
    (home / "ledger.db").write_bytes(b"SQLite format 3\x00" + b"\x01" * 4096)
    done = doctor()
    assert (done.returncode, any("ledger" in line for line in lines(done, "✗"))) == (1, True)


def test_a_port_that_is_taken_is_told_with_who_wants_it(doctor: Doctor, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "testbuy.toml").write_text(f"[serve]\nport = {port}\n")
        done = doctor()
    assert any(f"port {port} cannot be had" in line and "testbuy serve" in line for line in lines(done, "!"))
    assert done.returncode == 0


def test_a_node_is_asked_for_its_chain_and_the_time(doctor: Doctor) -> None:
    with open_sandbox(0) as sandbox:
        named = doctor("--rpc", f"base-sepolia={sandbox.rpc('base-sepolia')}")
        plain = doctor(TESTBUY_RPC_BASE_SEPOLIA=sandbox.rpc("base-sepolia"))
        other = doctor("--rpc", f"base-sepolia={sandbox.rpc('base')}")
        unnamed = doctor("--rpc", sandbox.rpc("base"))
    for done in (named, plain):
        assert "answers for chain 84532 (base-sepolia)" in done.stdout
        assert "within 60 s of the chain's newest block" in done.stdout
    assert (other.returncode, "it is of chain 8453 (base), not of 84532" in other.stdout) == (1, True)
    assert (unnamed.returncode, "answers for chain 8453 (base)" in unnamed.stdout) == (0, True)


def test_a_clock_that_is_behind_the_chains_is_wrong(doctor: Doctor) -> None:
    with open_sandbox(0, clock=lambda: time.time() + 3600) as ahead:
        done = doctor("--rpc", f"base-sepolia={ahead.rpc('base-sepolia')}")
    assert done.returncode == 1
    assert any("behind the chain's newest block" in line for line in lines(done, "✗"))


def test_a_node_that_cannot_be_asked_is_wrong_and_its_url_is_not_shown(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    done = doctor("--rpc", f"base-sepolia=http://127.0.0.1:{port}/secret-key-in-a-url")
    assert (done.returncode, "the node cannot be reached" in done.stdout) == (1, True)
    assert "secret" not in done.stdout + done.stderr
    done = doctor("--rpc", "base=http://127.0.0.1:1")
    assert (done.returncode, "must be spoken to over https" in done.stdout) == (1, True)
    done = doctor("--rpc", "nowhere=http://127.0.0.1:1")
    assert (done.returncode, "is no EVM network of the table" in done.stdout) == (1, True)


def test_a_configuration_and_a_catalogue_that_are_wrong_are_told(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "testbuy.toml").write_text('sede = 1\ncatalogue = "none.db"\n')
    done = doctor()
    assert done.returncode == 1
    assert any("testbuy.toml:1:1: sede: there is no such key" in line for line in lines(done, "✗"))
    assert any("there is no none.db" in line for line in lines(done, "✗"))
    (tmp_path / "testbuy.toml").write_text('catalogue = "bad.db"\n')
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\x00 and more")
    assert any("catalogue" in line for line in lines(doctor(), "✗"))


def test_a_variable_that_agrees_to_something_is_told(doctor: Doctor) -> None:
    done = doctor(TESTBUY_APPLY_APPROVE="0x00")
    assert (done.returncode, "TESTBUY_APPLY_APPROVE: is taken from no variable" in done.stdout) == (1, True)


def test_a_file_starts_no_program_and_contacts_no_node(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "anvil").write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
    (tmp_path / "anvil").chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as node:
        node.settimeout(0)
        url = f"http://127.0.0.1:{node.getsockname()[1]}"
        (tmp_path / "testbuy.toml").write_text(f'[doctor]\nanvil = "./anvil"\nrpc = ["base-sepolia={url}"]\n')
        done = doctor()
        with pytest.raises(BlockingIOError):
            node.accept()
    assert len([line for line in lines(done, "✗") if "is taken from no file" in line]) == 2
    assert not (tmp_path / "started").exists()


def test_requirements_that_are_not_met_are_told_one_by_one() -> None:
    told = {check.name: check for check in dependencies(["click>=99", "no-such-package-anywhere>=1", "rich>=1"])}
    assert told["click"].remedy == "pip install --upgrade 'click>=99'"
    assert told["no-such-package-anywhere"].message == "is not installed"
    assert told["dependencies"].message.startswith("rich ")
    assert [one.name for one in dependencies(["nothing>=1; python_version < '3'"])] == ["dependencies"]


def test_an_old_python_and_a_program_that_was_not_installed_are_told() -> None:
    python, own = versions("no-such-package-anywhere", (3, 10, 1))
    assert (python.status, own.status) == (Status.ERROR, Status.WARNING)


def test_a_clock_is_held_against_itself() -> None:
    def seen(wall: list[float], steady: list[float]) -> Check:
        (check,) = clock(iter(wall).__next__, iter(steady).__next__, lambda seconds: None)
        return check

    now = 1_800_000_000.0
    assert seen([now, now + 0.02], [5.0, 5.02]).status is Status.FINE
    assert seen([0.0, 0.02], [5.0, 5.02]).status is Status.ERROR
    assert seen([now, now + 90], [5.0, 5.02]).status is Status.WARNING
    assert seen([now, now], [5.0, 5.0]).status is Status.ERROR


def test_little_room_is_a_warning_and_none_an_error(tmp_path: Path) -> None:
    judged = [space(tmp_path, free).status for free in (10**9, 5 * 10**7, 10**6)]
    assert judged == [Status.FINE, Status.WARNING, Status.ERROR]


def test_slow_signing_is_a_warning() -> None:
    (check,) = signing(lambda: "NativeECCBackend")
    assert (check.status, "ten times" in check.message) == (Status.WARNING, True)


def test_every_compiled_library_is_tried() -> None:
    assert all(use() for use in TRIALS.values())
    assert next(iter(libraries())).status is Status.FINE


def test_a_room_that_breaks_does_not_close_the_others() -> None:
    def breaks() -> list[Check]:
        raise RuntimeError("no")

    assert [check.status for check in examined([("a", breaks), ("b", lambda: [Check("b", Status.FINE, "")])])] == [
        Status.FAULT, Status.FINE,
    ]  # fmt: skip
