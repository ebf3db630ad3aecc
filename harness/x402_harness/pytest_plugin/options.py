"""Options of the plugin: ``--testbuy-*`` on the command line, most with a ``testbuy_*`` twin in the ini file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from x402_catalog.findings import Level
    from x402_catalog.rules.selection import Selection
    from x402_harness.policy import Caps

LEVELS = ("error", "warning", "info")
MODES = ("mock", "testnet", "live")
TABLE: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    ("url", "The seller's own server on this machine, in place of the listings' hosts.", None, ()),
    ("app", "The seller's own ASGI or WSGI application, module:name; no socket is opened to it.", None, ()),
    ("sandbox", "A running testbuy sandbox that the seller is configured with.", None, ()),
    ("port", "Where facilitator and RPC are opened for the seller (default 4402; 0 for any).", "4402", ()),
    ("wait", "Seconds to wait for the seller's server to answer (default 30).", "30", ()),
    ("rows", "Most purchases per listing (default 2).", "2", ()),
    ("strength", "How many levels at a time the rows are to show: 1, 2 or 3 (default 2).", "2", ("1", "2", "3")),
    ("invalid", "Most invalid requests per listing, sent without payment (default 40).", "40", ()),
    ("seed", "Seed of the plan (default 402).", "402", ()),
    ("checks", "Only these rules count: codes or families, divided by commas (default all).", "", ()),
    ("fail-on", "Mildest level of finding that fails: error, warning or info (default error).", "error", LEVELS),
    ("mode", "Whose money: mock (default) or testnet; live by --testbuy-plan and --testbuy-approve.", "mock", MODES),
    ("per-call-max", "Cap for one purchase, in dollars.", None, ()),
    ("budget", "Cap for all purchases of the session, in dollars.", None, ()),
)
# No file may turn real money on: these stand on the command line alone.
TYPED = (
    ("plan", "FILE", "The plan whose purchases are to be made with real money."),
    ("approve", "DIGEST", "The digest of that plan."),
)
LIVE = (
    "--testbuy-mode live needs --testbuy-plan FILE and --testbuy-approve DIGEST, and is not bought from pytest: "
    "spend what the plan holds with testbuy apply FILE --approve DIGEST"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a session, typed."""

    url: str | None
    app: str | None
    sandbox: str | None
    port: int
    wait: float
    rows: int
    strength: int
    invalid: int
    seed: int
    fail_on: Level
    rules: Selection
    caps: Caps

    @property
    def at_own_seller(self) -> bool:
        """Whether purchases are made at the seller's own server or application."""
        return self.url is not None or self.app is not None


def add(parser: pytest.Parser) -> None:
    """Declare them all."""
    group = parser.getgroup("testbuy", "testbuy: x402 listings")
    text = "File or folder of listings; each listing becomes test items (may be repeated)."
    group.addoption("--testbuy-listings", action="append", metavar="PATH", default=[], help=text)
    parser.addini("testbuy_listings", text, type="args", default=[])
    for name, text, default, choices in TABLE:
        group.addoption(
            f"--testbuy-{name}", metavar=name.upper(), default=None, choices=choices or None, help=text
        )  # fmt: skip
        parser.addini(f"testbuy_{name.replace('-', '_')}", text, default=default)
    for name, metavar, text in TYPED:
        group.addoption(f"--testbuy-{name}", metavar=metavar, default=None, help=f"{text} Not read from any file.")


def roots(config: pytest.Config) -> list[Path]:
    """The files and folders of listings."""
    given = [Path(config.invocation_params.dir, path) for path in config.getoption("--testbuy-listings")]
    base = config.inipath.parent if config.inipath else config.rootpath
    named = [base / path for path in config.getini("testbuy_listings")]
    return [path.resolve() for path in (given or named)]


def check(config: pytest.Config) -> None:
    """Raise ``pytest.UsageError`` for options that do not go together, without importing what they are for."""
    mode = text(config, "mode")
    if config.getoption("--testbuy-mode") is None and mode not in ("mock", "testnet"):
        raise pytest.UsageError(f"testbuy_mode: {mode!r} cannot be set in a file: only mock and testnet can")
    if mode == "live" or config.getoption("--testbuy-plan") or config.getoption("--testbuy-approve"):
        raise pytest.UsageError(LIVE)
    if mode == "testnet":
        raise pytest.UsageError(_no_testnet(config))
    if text(config, "url") and text(config, "app"):
        raise pytest.UsageError("--testbuy-url and --testbuy-app are two sellers: give one")
    for name, least, most in (("rows", 1, 100_000), ("port", 0, 65_535), ("invalid", 0, 1000), ("wait", 0, 3600)):
        number(config, name, least, most)
    number(config, "seed", None, None)
    _choice(config, "strength", ("1", "2", "3"))
    _choice(config, "fail-on", LEVELS)


def _no_testnet(config: pytest.Config) -> str:
    if not text(config, "per-call-max") or not text(config, "budget"):
        return "--testbuy-mode testnet needs caps: --testbuy-per-call-max and --testbuy-budget"
    return "--testbuy-mode testnet is not bought from pytest: use testbuy plan and testbuy apply"


def text(config: pytest.Config, name: str) -> str:
    """The option as it was given, or the ini twin; empty for none."""
    value = config.getoption(f"--testbuy-{name}")
    found = value if value is not None else config.getini(f"testbuy_{name.replace('-', '_')}")
    return "" if found is None else str(found)


def number(config: pytest.Config, name: str, least: int | None, most: int | None) -> int:
    """The option as a whole number within bounds."""
    given = text(config, name)
    fine = given.lstrip("-").isdecimal() and given.isascii() and len(given) < 19 and given.count("-") <= 1
    value = int(given) if fine else 0
    if not fine or (least is not None and value < least) or (most is not None and value > most):
        bounds = "" if least is None else f" from {least} to {most}"
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is no number{bounds}")
    return value


def settings(config: pytest.Config) -> Settings:
    """All of them, typed. Raises ``pytest.UsageError``."""
    from x402_catalog.findings import Level

    return Settings(
        url=_own(text(config, "url")) or None,
        app=text(config, "app") or None,
        sandbox=text(config, "sandbox") or None,
        port=number(config, "port", 0, 65_535),
        wait=float(number(config, "wait", 0, 3600)),
        rows=number(config, "rows", 1, 100_000),
        strength=number(config, "strength", 1, 3),
        invalid=number(config, "invalid", 0, 1000),
        seed=number(config, "seed", None, None),
        fail_on=Level(text(config, "fail-on")),
        rules=rules(text(config, "checks"), "--testbuy-checks"),
        caps=_caps(config),
    )


def rules(names: str, what: str) -> Selection:
    """The rules that ``names`` choose. Raises ``pytest.UsageError`` for an unknown one."""
    from x402_catalog.rules.selection import Selection, UnknownRule, selection
    from x402_harness.rulebook import every_rule

    if not names.strip():
        return Selection()
    try:
        return selection([names], (), (rule.code for rule in every_rule()))
    except UnknownRule as error:
        raise pytest.UsageError(f"{what}: {error}") from None


def _caps(config: pytest.Config) -> Caps:
    from x402_harness.policy import Caps
    from x402_harness.runs.runner import MOCK_CAPS

    per_call, per_run = (_dollars(config, name) for name in ("per-call-max", "budget"))
    return Caps(MOCK_CAPS.per_call if per_call is None else per_call, MOCK_CAPS.per_run if per_run is None else per_run)


def _dollars(config: pytest.Config, name: str) -> int | None:
    from x402_catalog.money import from_decimal

    given = text(config, name).strip().removeprefix("$")
    if not given:
        return None
    micros = from_decimal(given, 6)
    if micros is None:
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is no amount of dollars: write it like 0.05")
    return micros


def _own(url: str) -> str:
    from x402_harness.runs.endpoints import is_on_this_machine

    if url and not (url.startswith(("http://", "https://")) and is_on_this_machine(url)):
        raise pytest.UsageError(f"--testbuy-url: {url!r} is not on this machine; mock purchases contact no other")
    return url


def _choice(config: pytest.Config, name: str, choices: tuple[str, ...]) -> None:
    if (given := text(config, name)) not in choices:
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is none of {', '.join(choices)}")


def given_to_workers(config: pytest.Config) -> dict[str, Any] | None:
    """What the controller of pytest-xdist told this worker; ``None`` where this is no worker."""
    found = getattr(config, "workerinput", None)
    return cast("dict[str, Any]", found["testbuy"]) if found is not None and "testbuy" in found else None
