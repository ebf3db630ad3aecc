"""The options of a session, typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from x402_catalog.findings import Level
from x402_catalog.money import micro_dollars
from x402_catalog.rules.selection import Selection, UnknownRule, selection
from x402_harness.policy import Caps, Mode
from x402_harness.pytest_plugin.options import REAL, number, text
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.runs.config import MOCK_CAPS
from x402_harness.wallet import KeyChoice


@dataclass(frozen=True, slots=True)
class Recorded:
    """The folder of recordings, what is kept there, and whether nothing but recordings is bought."""

    folder: Path
    keeping: Keeping
    plays: bool
    only: bool


@dataclass(frozen=True, slots=True)
class Spending:
    """How test money or real money is spent; ``plan`` is the file of an approved plan and its digest, if any."""

    mode: Mode
    key: KeyChoice
    password_file: Path | None
    networks: tuple[str, ...] | None
    nodes: tuple[str, ...]
    private: bool
    acts: bool
    plan: tuple[Path, str] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them; ``spending`` is ``None`` for sandbox money, ``recorded`` where there is no folder."""

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
    recorded: Recorded | None
    spending: Spending | None

    @property
    def at_own_seller(self) -> bool:
        """Whether purchases are made at the seller's own server or application."""
        return self.url is not None or self.app is not None


def settings(config: pytest.Config) -> Settings:
    """The options of a session. Raises ``pytest.UsageError``."""
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
        recorded=_recorded(config),
        spending=_spending(config),
    )


def rules(names: str, what: str) -> Selection:
    """The rules that ``names`` choose. Raises ``pytest.UsageError`` for an unknown one."""
    from x402_harness.rulebook import every_rule

    if not names.strip():
        return Selection()
    try:
        return selection([names], (), (rule.code for rule in every_rule()))
    except UnknownRule as error:
        raise pytest.UsageError(f"{what}: {error}") from None


def _caps(config: pytest.Config) -> Caps:
    call, run, day = (_dollars(config, name) for name in ("per-call-max", "budget", "per-day-max"))
    return Caps(MOCK_CAPS.per_call if call is None else call, MOCK_CAPS.per_run if run is None else run, day)


def _dollars(config: pytest.Config, name: str) -> int | None:
    given = text(config, name).strip()
    if not given:
        return None
    micros = micro_dollars(given)
    if micros is None:
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is no amount of dollars: write it like 0.05")
    return micros


def _own(url: str) -> str:
    from x402_harness.runs.endpoints import is_on_this_machine

    if url and not (url.startswith(("http://", "https://")) and is_on_this_machine(url)):
        raise pytest.UsageError(f"--testbuy-url: {url!r} is not on this machine; mock purchases contact no other")
    return url


def _recorded(config: pytest.Config) -> Recorded | None:
    named, mode = text(config, "recordings"), text(config, "mode")
    if not named:
        return None
    folder = _path(config, named, "recordings")
    if mode == "replay" and not folder.is_dir():
        raise pytest.UsageError(f"--testbuy-recordings: {folder} is no folder, so there is nothing to replay")
    at_own_seller = bool(text(config, "url") or text(config, "app"))
    plays = mode == "replay" or (not mode and not at_own_seller)
    return Recorded(folder, Keeping(text(config, "record") or Keeping.ALL), plays, mode == "replay")


def _spending(config: pytest.Config) -> Spending | None:
    mode = text(config, "mode")
    if mode not in REAL:
        return None
    chosen = KeyChoice(
        text(config, "account") or None,
        _path(config, text(config, "keystore"), "keystore") if text(config, "keystore") else None,
        config.getoption("--testbuy-unsafe-env-key"),
    )
    password = text(config, "password-file")
    _require_key(chosen, password)
    plan, approved = config.getoption("--testbuy-plan"), config.getoption("--testbuy-approve")
    names = [name.strip() for name in text(config, "network").split(",") if name.strip()]
    return Spending(
        Mode(mode), chosen, _path(config, password, "password-file") if password else None, tuple(names) or None,
        tuple(config.getoption("--testbuy-rpc")), config.getoption("--testbuy-allow-private"),
        config.getoption("--testbuy-allow-side-effects"),
        None if plan is None else (Path(config.invocation_params.dir, plan), approved),
    )  # fmt: skip


def _require_key(chosen: KeyChoice, password: str) -> None:
    if not chosen.is_single:
        raise pytest.UsageError(
            "name one key that pays: --testbuy-account NAME, --testbuy-keystore FILE or --testbuy-unsafe-env-key"
        )
    if not chosen.in_environment and not password:
        raise pytest.UsageError("no password is asked for in a test session: give --testbuy-password-file FILE")


def _path(config: pytest.Config, named: str, name: str) -> Path:
    """A path of the command line from where that was typed, one of the ini file from where that stands."""
    at_ini = config.getoption(f"--testbuy-{name}") is None and config.inipath is not None
    return Path(config.inipath.parent if at_ini and config.inipath else config.invocation_params.dir, named)
