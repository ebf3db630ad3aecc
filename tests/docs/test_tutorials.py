"""The tutorials are gone through as they stand, and what is printed is what they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.docs.support.ports import free_ports
from tests.harness.support import testnet as network
from tests.harness.support.testnet import CAPS, Testnet, sold

pytest.importorskip("x402", reason="the official SDK is the example seller's")

BIN = Path(sys.executable).parent
NORMALISERS = (
    (r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN-ID"),
    (r"0x[0-9a-f]{64}", "0x…"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b[0-9a-f]{12}\b", "CASE"),
    (r"\d+\.\d+s\b", "N s"),
    (r"(?m)^(until +)\S+ \S+", r"\1TIME"),
    (r"\b(p50|p95|most) \d+(\.\d+)? m?s", r"\1 N ms"),
    (r"\b\d+(\.\d+)? ms\b", "N ms"),
    (r"CPython \S+|Python \d+\.\d+\.\d+|pytest-\d+\.\d+\.\d+|pluggy-\d+\.\d+\.\d+", "…"),
    (r"(?m)^([=-])\1+ (.*?) \1+$", r"\1\1\1 \2 \1\1\1"),  # as wide as what stands between them leaves
    (r"(?m)^(plugins|rootdir|cachedir|platform|configfile|hypothesis profile|testpaths).*\n", ""),
)


@pytest.fixture
def shows(root):
    """Compare what was printed with the snapshot of a page; ``TESTBUY_UPDATE_SNAPSHOTS=1`` writes it instead."""

    def compare(name: str, text: str, *more: tuple[str, str]) -> None:
        for pattern, replacement in (*more, *NORMALISERS):
            text = re.sub(pattern, replacement, text)
        path = root / "tests" / "docs" / "snapshots" / f"{name}.txt"
        if os.environ.get("TESTBUY_UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def run(*words: object, cwd: Path, **around: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment, without colours and as wide as a page."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"COLUMNS": "120", "NO_COLOR": "1", "PY_COLORS": "0", **around}
    program, *rest = map(str, words)
    return subprocess.run(
        [BIN / program, *rest], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def seller(root, tmp_path):
    """A copy of the example seller."""
    shutil.copytree(root / "examples" / "seller", tmp_path / "seller")
    return tmp_path / "seller"


@contextmanager
def served(folder: Path, port: int, facilitator: int) -> Iterator[None]:
    around = os.environ | {"FACILITATOR_URL": f"http://127.0.0.1:{facilitator}/facilitator"}
    process = subprocess.Popen(
        [BIN / "uvicorn", "seller:app", "--port", str(port)], cwd=folder, env=around, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def checked(folder: Path) -> tuple[subprocess.CompletedProcess[str], tuple[str, str]]:
    port, facilitator = free_ports(2)
    with served(folder, port, facilitator):
        done = run(
            "testbuy", "check", f"http://localhost:{port}/v1/haiku", "--listing", "listing.json", "--port", facilitator,
            "-q", cwd=folder,
        )  # fmt: skip
    return done, (f"(?<=:){port}", "8000")


def test_a_seller_checks_its_endpoint_before_and_after_a_bug(seller, shows):
    done, moved = checked(seller)
    assert done.returncode == 0, done.stdout + done.stderr
    shows("seller-check", done.stdout, moved)
    source = seller / "seller.py"
    source.write_text(source.read_text().replace('"$0.02"', '"$0.03"'))
    done, moved = checked(seller)
    assert done.returncode in (1, 4), done.stdout + done.stderr
    shows("seller-check-price", done.stdout, moved)


def test_a_seller_tests_in_ten_lines(seller, shows):
    done = run("pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio", cwd=seller)
    assert done.returncode == 0, done.stdout
    shows("seller-pytest", done.stdout)


def test_an_operator_finds_what_is_wrong_and_mends_it(root, tmp_path, shows):
    shutil.copytree(root / "listings", tmp_path / "listings")
    done = run("testbuy", "validate", "listings", cwd=tmp_path)
    assert done.returncode == 1
    shows("catalogue-validate", done.stdout)
    done = run("testbuy", "fix", "listings/api-filingdesk-example-v1-company-report.json", cwd=tmp_path)
    shows("catalogue-fix", done.stdout)
    done = run("testbuy", "import", "listings", "--db", "catalogue.db", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("testbuy", "stats", cwd=tmp_path)
    shows("catalogue-stats", done.stdout)
    done = run("testbuy", "audit", "catalogue.db", cwd=tmp_path)
    shows("catalogue-audit", done.stdout)


def test_an_agent_builder_chooses_simulates_and_generates(root, tmp_path, shows):
    shutil.copytree(root / "listings", tmp_path / "listings")
    for name, words in {
        "agent-search": ("search", "translate"),
        "agent-buy": ("buy", "api-linguaport-example-translate", "-q", "--rows", "2"),
        "agent-generate": ("generate", "api-linguaport-example-translate", "--format", "curl", "--rows", "1"),
    }.items():
        done = run("testbuy", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        shows(name, done.stdout)


@pytest.fixture
def net(tmp_path) -> Iterator[Testnet]:
    with network.place() as here, network.testnet(tmp_path, here) as found:
        yield found


def test_an_agent_builder_plans_buys_with_test_money_and_replays(net, shows, monkeypatch):
    net.sell(sold("weather-example-now"))
    monkeypatch.chdir(net.folder)
    monkeypatch.setenv("COLUMNS", "120")
    moved = (net.url.removeprefix("http://"), "testnet.example")
    common = ("--rows", "1", "--allow-private", "--account", "main")
    done = net.testbuy("plan", "shops.json", "--mode", "testnet", *CAPS, *common, "-o", "buy.plan")
    assert done.returncode == 0, done.stderr
    shows("agent-plan", done.stdout, moved)
    key = ("--testbuy-account", "main", "--testbuy-password-file", "home/password")
    caps = ("--testbuy-per-call-max", "0.05", "--testbuy-budget", "1", "--testbuy-per-day-max", "5")
    pytest_ = ("pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio", "-v")
    where = ("--testbuy-listings", "shops.json", "--testbuy-recordings", "recordings", "--testbuy-rows", "1")
    done = run(
        *pytest_, *where, "--testbuy-mode", "testnet", "--testbuy-allow-private", *caps, *key, cwd=net.folder,
        TESTBUY_HOME=str(net.home),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    shows("agent-testnet", done.stdout, moved)
    net.serve()
    done = run(*pytest_, *where, "--testbuy-mode", "replay", cwd=net.folder)
    assert done.returncode == 0, done.stdout
    shows("agent-replay", done.stdout, moved)
