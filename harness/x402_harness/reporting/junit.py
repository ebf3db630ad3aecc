"""A run as JUnit XML, in the dialect that Jenkins publishes a schema of (junit-10.xsd) and GitLab and Azure read.

A suite is a host. A test case is a purchase, or what is found in a listing without buying; what fails the run is a
failure, what is a fault of the network or ours an error. The gates are a suite of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TextIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.escape import printable
from x402_harness.reporting.gates import gate_line
from x402_harness.reporting.terminal import finding_lines
from x402_harness.reporting.view import CaseView, ListingView, RunView

_MOST = 50  # failures of one test case: a person reads the first, and files must stay small
_MAX_TEXT = 4096  # characters of one text


def write_junit(view: RunView, out: TextIO) -> None:
    """Write the XML. All text is made printable first, so no character that XML forbids is left."""
    out.write(_tree(view).tostring().decode("utf-8"))


def _tree(view: RunView) -> JUnitXml:
    tree = JUnitXml("testbuy")
    suites: dict[str, list[TestCase]] = {}
    for listing in view.listings.values():
        suites.setdefault(listing.about["host"] or "no host", []).extend(_of_listing(listing))
    if view.findings:
        suites["sources"] = [_case("what could not be read", "sources", view.findings)]
    for name, cases in suites.items():
        tree.append(_suite(name, cases, view))
    tree.append(_suite("gates", [_gate(gate) for gate in view.gates], view))
    tree.update_statistics()
    tree._elem.attrib.pop("skipped", None)  # the schema counts what was skipped in suites only
    return tree


def _suite(name: str, cases: Iterable[TestCase], view: RunView) -> TestSuite:
    suite = TestSuite(printable(name))
    suite.timestamp = datetime.fromtimestamp(view.started.get("at", 0), UTC).isoformat(timespec="seconds")
    for known in ("run", "mode", "evidence", "seed", "version"):
        suite.add_property(known, printable(view.started.get(known, "")))
    suite.add_testcases(list(cases))  # one by one the suite would be counted anew each time
    return suite


def _of_listing(listing: ListingView) -> Iterator[TestCase]:
    slug = printable(listing.about["slug"])
    made = _case("listing", slug, listing.findings)
    yield made
    if listing.skipped:
        skipped = TestCase("purchases", slug, 0)
        skipped.result = [Skipped(printable("; ".join(listing.skipped), _MAX_TEXT), "not bought")]
        yield skipped
    for case in listing.cases:
        yield _purchase(case, slug, listing)


def _purchase(case: CaseView, slug: str, listing: ListingView) -> TestCase:
    started, ended = case.started, case.ended
    made = _case(f"row {started['row']} {started['source']} [{started['case']}]", slug, case.findings)
    made.time = round(ended.get("elapsed", 0), 6)
    if case.state not in {"settled", "unsold"} and not any(isinstance(one, (Error, Failure)) for one in made.result):
        reason = printable(ended.get("reason") or case.fault or "the run ended before the purchase", _MAX_TEXT)
        made.result = [*made.result, Error(reason, case.state)]
    told = [
        f"{started['request']['method']} {started['request']['url']}",
        f"price: {started['price']} {started['symbol']} on {started['network']} ({started['amount']} atomic units)",
        f"state: {case.state}",
        f"transaction: {ended.get('transaction')}",
        f"again: the same seed plans the same request; case {started['case']}",
    ]
    made.system_out = "\n".join(printable(line, 600) for line in told)
    return made


def _case(name: str, classname: str, findings: list[Finding]) -> TestCase:
    made = TestCase(printable(name), printable(classname), 0)
    failing = [finding for finding in findings if finding.level is not Level.INFO]
    results = [_result(finding) for finding in failing if finding.level is Level.ERROR]
    made.result = [*results[:_MOST]]
    mild = [line.plain for one in failing if one.level is Level.WARNING for line in finding_lines(one)]
    if mild:
        made.system_err = "\n".join(mild)[:_MAX_TEXT]
    return made


def _result(finding: Finding) -> Error | Failure:
    kind = Error if finding.rule.startswith("NET") else Failure
    made = kind(printable(finding.message, _MAX_TEXT), printable(finding.rule))
    made.text = "\n".join(line.plain for line in finding_lines(finding))[:_MAX_TEXT]
    return made


def _gate(gate: dict[str, object]) -> TestCase:
    made = TestCase(printable(gate["name"]), "gates", 0)
    if not gate["passed"]:
        made.result = [Failure(printable(gate_line(gate), _MAX_TEXT), "gate")]
    else:
        made.system_out = printable(gate_line(gate), _MAX_TEXT)
    return made
