"""Options of the plugin: ``--testbuy-*`` on the command line, most with a ``testbuy_*`` twin in the ini file."""

from __future__ import annotations

from pathlib import Path

import pytest

from x402_harness.pytest_plugin import typed

LEVELS = ("error", "warning", "info")
MODES = ("mock", "replay", "testnet", "live")
KEEPING = ("none", "once", "new", "all")
REAL = ("testnet", "live")
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
    (
        "mode",
        "mock: sandbox money; replay: recorded purchases alone; testnet: test money, under caps; live: real money, by "
        "--testbuy-plan and --testbuy-approve. Unless given, what was recorded is replayed, and the rest is mock.",
        None,
        MODES,
    ),
    ("recordings", "Folder of recorded purchases, which are judged again without paying.", None, ()),
    (
        "record",
        "What is kept in the folder of recordings: all (default), new ones while recorded ones are played, once, so "
        "that nothing more is bought of a listing with recordings, or none.",
        None,
        KEEPING,
    ),
    ("per-call-max", "Cap for one purchase, in dollars.", None, ()),
    ("budget", "Cap for all purchases of the session, in dollars.", None, ()),
    ("per-day-max", "Cap for any 24 hours, over everything in the ledger, in dollars.", None, ()),
    ("network", "Pay test money on these networks only, divided by commas.", None, ()),
    ("account", "Pay with this account of the keystore.", None, ()),
    ("keystore", "Pay with the key in this file.", None, ()),
    ("password-file", "Take the password of the key from this file, which nobody else may read.", None, ()),
)
# These stand on the command line alone. The first two turn on more than sandbox money with the mode that is typed.
ALONE = (
    ("plan", "FILE", "Buy what this plan of testbuy plan says, and nothing else."),
    ("approve", "DIGEST", "The digest of that plan."),
)
FLAGS = (
    ("unsafe-env-key", "Pay with the key in TESTBUY_PRIVATE_KEY, which every program that you start can read."),
    ("allow-private", "Let listings lead to private and local addresses: test money only."),
    ("allow-side-effects", "Also buy what suggests that a call transfers, orders or sends something."),
)


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
    for name, metavar, text in ALONE:
        group.addoption(f"--testbuy-{name}", metavar=metavar, default=None, help=f"{text} Not read from any file.")
    for name, text in FLAGS:
        group.addoption(f"--testbuy-{name}", action="store_true", default=False, help=f"{text} Not read from a file.")
    text = "Ask this node about payments, NETWORK=URL (may be repeated); also TESTBUY_RPC_BASE, and so on."
    group.addoption("--testbuy-rpc", action="append", metavar="NETWORK=URL", default=[], help=text)


def roots(config: pytest.Config) -> list[Path]:
    """The files and folders of listings; without any, the files that a plan was made from."""
    given = [Path(config.invocation_params.dir, path) for path in config.getoption("--testbuy-listings")]
    base = config.inipath.parent if config.inipath else config.rootpath
    named = [base / path for path in config.getini("testbuy_listings")]
    return [path.resolve() for path in (given or named or _planned(config))]


def _planned(config: pytest.Config) -> list[Path]:
    if config.getoption("--testbuy-plan") is None:
        return []
    from x402_harness.pytest_plugin.market import market_of

    return market_of(config).planned_files


def check(config: pytest.Config) -> None:
    """Raise ``pytest.UsageError`` for options that do not go together, without importing what they are for."""
    typed.require(config)
    _choice(config, "strength", ("1", "2", "3"))
    _choice(config, "fail-on", LEVELS)
    _choice(config, "mode", ("", *MODES))
    _choice(config, "record", ("", *KEEPING))
    for name, least, most in (("rows", 1, 100_000), ("port", 0, 65_535), ("invalid", 0, 1000), ("wait", 0, 3600)):
        number(config, name, least, most)
    number(config, "seed", None, None)
    _check_seller(config)
    _check_recordings(config)
    if text(config, "mode") == "testnet" and config.getoption("--testbuy-plan") is None:
        _check_caps(config)


def _check_seller(config: pytest.Config) -> None:
    if text(config, "url") and text(config, "app"):
        raise pytest.UsageError("--testbuy-url and --testbuy-app are two sellers: give one")
    if (text(config, "url") or text(config, "app")) and text(config, "mode") not in ("", "mock"):
        raise pytest.UsageError(
            f"--testbuy-mode {text(config, 'mode')}: a seller of your own, --testbuy-url or --testbuy-app, is bought "
            "from in mode mock"
        )


def _check_recordings(config: pytest.Config) -> None:
    mode, keeping = text(config, "mode"), text(config, "record")
    if not text(config, "recordings") and (keeping or mode == "replay"):
        what = "--testbuy-record" if keeping else "--testbuy-mode replay"
        raise pytest.UsageError(f"{what} needs --testbuy-recordings FOLDER")
    if keeping in ("once", "new") and config.getoption("--testbuy-plan") is not None:
        raise pytest.UsageError(f"--testbuy-record {keeping}: a plan is bought as it stands; record all or none")


def _check_caps(config: pytest.Config) -> None:
    missing = [name for name in ("per-call-max", "budget", "per-day-max") if not text(config, name)]
    if missing:
        named = ", ".join(f"--testbuy-{name}" for name in missing)
        raise pytest.UsageError(f"--testbuy-mode testnet needs caps: {named}")


def text(config: pytest.Config, name: str) -> str:
    """The option as it was given, or the ini twin; empty for none."""
    value = config.getoption(f"--testbuy-{name}")
    found = value if value is not None else config.getini(f"testbuy_{name.replace('-', '_')}")
    return "" if found is None else str(found)


def given(config: pytest.Config) -> list[str]:
    """The options of a session that spends no more than sandbox money, as words of a command line: a worker of
    pytest-xdist, too, knows what was parsed."""
    words = [f"--testbuy-listings={path}" for path in config.getoption("--testbuy-listings")]
    said = ((name, config.getoption(f"--testbuy-{name}")) for name, *_ in TABLE)
    return words + [f"--testbuy-{name}={value}" for name, value in said if value is not None]


def number(config: pytest.Config, name: str, least: int | None, most: int | None) -> int:
    """The option as a whole number within bounds."""
    given = text(config, name)
    fine = given.lstrip("-").isdecimal() and given.isascii() and len(given) < 19 and given.count("-") <= 1
    value = int(given) if fine else 0
    if not fine or (least is not None and value < least) or (most is not None and value > most):
        bounds = "" if least is None else f" from {least} to {most}"
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is no number{bounds}")
    return value


def _choice(config: pytest.Config, name: str, choices: tuple[str, ...]) -> None:
    if (given := text(config, name)) not in choices:
        raise pytest.UsageError(f"--testbuy-{name}: {given!r} is none of {', '.join(filter(None, choices))}")
