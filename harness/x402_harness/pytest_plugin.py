"""The pytest plugin: one item for each listing under ``--testbuy-listings``.

It is loaded into every pytest of an environment, so it imports nothing but pytest until a listing is collected.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from x402_catalog.findings import Finding
    from x402_catalog.records import Record
    from x402_harness.reporting.view import RunView

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_OPTIONS = (
    ("listings", "File or folder of listings; each listing becomes a test item (may be repeated).", None),
    ("rows", "Most purchases per listing (default 2).", "2"),
    ("seed", "Seed of the plan (default 402).", "402"),
    ("fail-on", "Mildest level of finding that fails an item: error, warning or info (default error).", "error"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--testbuy-*`` options and their ``testbuy_*`` ini twins."""
    group = parser.getgroup("testbuy", "testbuy: x402 listings")
    for name, text, default in _OPTIONS:
        twin = f"testbuy_{name.replace('-', '_')}"
        if name == "listings":
            group.addoption("--testbuy-listings", action="append", metavar="PATH", default=[], help=text)
            parser.addini(twin, text, type="args", default=[])
        else:
            choices = ("error", "warning", "info") if name == "fail-on" else None
            group.addoption(f"--testbuy-{name}", metavar=name.upper(), default=None, choices=choices, help=text)
            parser.addini(twin, text, default=default)


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest walk the listings too."""
    config.addinivalue_line("markers", "testbuy: a listing that is read, judged and bought from a mock seller")
    roots = _roots(config)
    for root in roots:
        if not root.exists():
            raise pytest.UsageError(f"--testbuy-listings: {root} does not exist")
    given = [Path(config.invocation_params.dir, arg.split("::", 1)[0]).resolve() for arg in config.args]
    for root in roots:
        if not any(root == path or path in root.parents or root in path.parents for path in given):
            config.args.append(str(root))
    if roots:
        _number(config, "rows"), _number(config, "seed")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of listings, if it stands under one of the roots."""
    resolved = file_path.resolve()
    for root in _roots(parent.config):
        if resolved == root or (root in resolved.parents and resolved.name.lower().endswith(_SUFFIXES)):
            return ListingFile.from_parent(parent, path=file_path)
    return None


def pytest_report_header(config: pytest.Config) -> str | None:
    """What is tested, and on what evidence."""
    roots = _roots(config)
    if not roots:
        return None
    shown = ", ".join(_shown(root, config) for root in roots)
    return f"testbuy: mode mock (simulated sellers) · seed {_number(config, 'seed')} · listings {shown}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was bought, over all items."""
    totals: dict[str, int] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name.startswith("testbuy_") and isinstance(value, int) and getattr(report, "when", "") == "call":
                    totals[name] = totals.get(name, 0) + value
    if totals:
        told = " · ".join(f"{value} {name.removeprefix('testbuy_')}" for name, value in totals.items())
        terminalreporter.write_sep("-", "testbuy")
        terminalreporter.write_line(f"{told} (simulated: sandbox money, sellers made from the listings)")


class ListingFile(pytest.File):
    """A file of listings."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item a listing, and one for each record that cannot be read."""
        from x402_catalog.findings import Finding
        from x402_catalog.models import listing_of
        from x402_catalog.reading import read

        names: dict[str, int] = {}
        for item in read([self.path]):
            if isinstance(item, Finding):
                where = f":{item.location.line}" if item.location.line else ""
                yield UnreadableItem.from_parent(self, name=_unique(f"unreadable{where}", names), finding=item)
            else:
                yield ListingItem.from_parent(self, name=_unique(listing_of(item).slug, names), record=item)


class UnreadableItem(pytest.Item):
    """A record that cannot be read: it fails with the finding that says why."""

    def __init__(self, *, finding: Finding, **rest: Any) -> None:
        super().__init__(**rest)
        self._finding = finding
        self.add_marker("testbuy")

    def runtest(self) -> None:
        """Fail."""
        raise ListingFailed([self._finding])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding, as the command line prints it."""
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the record stands."""
        return self.path, (self._finding.location.line or 1) - 1, self.name


class ListingItem(pytest.Item):
    """A listing: read, judged, bought from a mock seller, and checked."""

    def __init__(self, *, record: Record, **rest: Any) -> None:
        super().__init__(**rest)
        self._record = record
        self.add_marker("testbuy")

    def runtest(self) -> None:
        """Run the whole road for this listing; fail with what is at or above ``--testbuy-fail-on``."""
        from x402_catalog.findings import Level

        view = self._run()
        bought = (view.ended or {})["purchases"]
        self.user_properties += [("testbuy_planned", bought["planned"]), ("testbuy_settled", bought["settled"])]
        self.user_properties += [("testbuy_findings", len(view.all_findings))]
        limit = Level(_option(self.config, "fail-on")).rank
        failing = [finding for finding in view.all_findings if finding.level.rank <= limit]
        unfinished = [
            f"purchase {case.started['case']}: {case.fault or case.state}" for case in view.cases if case.fault
        ]
        if failing or unfinished:
            raise ListingFailed(failing, unfinished)
        if not view.cases:
            reasons = "; ".join(reason for listing in view.listings.values() for reason in listing.skipped)
            pytest.skip(f"judged, not bought: {reasons}")

    def _run(self) -> RunView:
        from tempfile import TemporaryDirectory

        from x402_harness.reporting.session import run_in
        from x402_harness.runs.runner import RunConfig

        config = RunConfig(
            sources=(str(self.path),),
            command="pytest",
            seed=_number(self.config, "seed"),
            rows=_number(self.config, "rows"),
        )
        with TemporaryDirectory(prefix="testbuy-") as folder:
            return run_in(config, Path(folder), items=[self._record])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings, as the command line prints them."""
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the listing stands."""
        return self.path, self._record.line - 1, self.name


class ListingFailed(Exception):
    """A listing has findings that fail it, or a purchase of it could not be finished."""

    def __init__(self, findings: list[Finding], unfinished: Iterable[str] = ()) -> None:
        super().__init__(", ".join(finding.rule for finding in findings))
        self.findings = findings
        self.unfinished = list(unfinished)


def _told(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    if not isinstance(excinfo.value, ListingFailed):
        return None
    from x402_harness.reporting.terminal import finding_lines

    lines = [line.plain for finding in excinfo.value.findings for line in finding_lines(finding)]
    hint = "    allow     --testbuy-fail-on sets the mildest level that fails"
    return "\n".join([*lines, *excinfo.value.unfinished, hint])


def _roots(config: pytest.Config) -> list[Path]:
    given = [Path(config.invocation_params.dir, path) for path in config.getoption("--testbuy-listings")]
    base = config.inipath.parent if config.inipath else config.rootpath
    named = [base / path for path in config.getini("testbuy_listings")]
    return [path.resolve() for path in (given or named)]


def _option(config: pytest.Config, name: str) -> str:
    value = config.getoption(f"--testbuy-{name}")
    return str(value if value is not None else config.getini(f"testbuy_{name.replace('-', '_')}"))


def _number(config: pytest.Config, name: str) -> int:
    text = _option(config, name)
    if not text.lstrip("-").isdigit() or (name == "rows" and int(text) < 1):
        raise pytest.UsageError(f"--testbuy-{name}: {text!r} is no {'positive ' if name == 'rows' else ''}number")
    return int(text)


def _unique(name: str, seen: dict[str, int]) -> str:
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}#{seen[name]}"


def _shown(path: Path, config: pytest.Config) -> str:
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.name
