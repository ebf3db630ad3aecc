"""Findings as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), for code scanning and editors.

GitHub refuses a file with more than 25,000 results and shows 5,000 of them; so no more are written, the worst first,
and what was left out is said in a notification of the run.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any, TextIO
from urllib.parse import quote

from x402_catalog.__about__ import __version__
from x402_catalog.findings import Finding, Level, Location
from x402_catalog.rules.registry import FAMILIES
from x402_harness.reporting.escape import printable
from x402_harness.reporting.excerpts import token_end
from x402_harness.reporting.findings import Ending, FindingsReport, Told, rule_of, value_text
from x402_harness.reporting.repository import Repository

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000
MAX_SHOWN = 5_000  # by GitHub
ROOT = "SRCROOT"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_SEVERITIES = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "recommendation"}

Json = dict[str, Any]


class SarifReport(FindingsReport):
    """Keeps at most ``most`` results of each level and writes the log at the end.

    ``fallback`` is the file at which findings of no file are placed, such as the catalogue of a run.
    """

    def __init__(
        self, out: TextIO, command: str, repository: Repository, *, fallback: str | None = None, most: int = MAX_RESULTS
    ) -> None:
        self._out = out
        self._command = command
        self._repository = repository
        self._fallback = fallback
        self._most = most
        self._kept: dict[Level, list[Json]] = {level: [] for level in Level}
        self._counts: Counter[Level] = Counter()
        self._seen: Counter[str] = Counter()

    def add(self, told: Told) -> None:
        """Keep the finding as a result, if there is room among those of its level."""
        finding = told.finding
        self._counts[finding.level] += 1
        if len(self._kept[finding.level]) < self._most:
            self._kept[finding.level].append(self._result(told))

    def end(self, ending: Ending) -> None:
        """Write the log."""
        results = [result for level in Level for result in self._kept[level]][: self._most]
        rules = sorted({result["ruleId"] for result in results})
        for result in results:
            result["ruleIndex"] = rules.index(result["ruleId"])
        json.dump(self._log(results, rules, ending), self._out, indent=1)
        self._out.write("\n")

    def _log(self, results: list[Json], rules: list[str], ending: Ending) -> Json:
        run = {
            "tool": {"driver": _driver(rules)},
            "automationDetails": {"id": f"testbuy/{self._command}/"},
            "invocations": [self._invocation(len(results), ending)],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
            "results": results,
            "properties": {
                "listings": ending.listings, "suppressed": ending.suppressed,
                **({"gates": list(ending.gates)} if ending.gates else {}),
            },
        }  # fmt: skip
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _invocation(self, written: int, ending: Ending) -> Json:
        notices = [*self._left_out(written), *ending.notices]
        told = [{"level": "warning", "message": _message(notice)} for notice in notices]
        return {
            "executionSuccessful": True,
            "exitCode": ending.exit_code,
            **({"toolExecutionNotifications": told} if told else {}),
        }

    def _left_out(self, written: int) -> list[str]:
        total = sum(self._counts.values())
        notices = []
        if total > written:
            left, room = [], written
            for level in Level:
                out = max(0, self._counts[level] - room)
                room -= self._counts[level] - out
                left += [f"{out} of level {level}"] if out else []
            notices.append(f"{total - written} of {total} findings were left out, the mildest: {', '.join(left)}")
        if written > MAX_SHOWN:
            notices.append(f"GitHub shows {MAX_SHOWN} of {written} results; they are sorted by level")
        return notices

    def _result(self, told: Told) -> Json:
        finding = told.finding
        location = self._location(told)
        place = {"url": finding.location.url, "leg": finding.location.leg, "pointer": finding.location.pointer}
        known = {name: printable(value, 2000) for name, value in place.items() if value is not None}
        return {
            "ruleId": printable(finding.rule) or "unknown",
            "level": _LEVELS[finding.level],
            "message": _message(_sentence(finding)),
            **({"locations": [location]} if location else {}),
            "partialFingerprints": self._fingerprints(told),
            **({"properties": known} if known else {}),
        }

    def _fingerprints(self, told: Told) -> dict[str, str]:
        # Equal findings are numbered, as GitHub does in the one fingerprint that it looks at.
        value = told.identity.fingerprint
        self._seen[value] += 1
        numbered = f"{value}:{self._seen[value]}"
        return {"primaryLocationLineHash": numbered, "testbuyFinding/v1": numbered}

    def _location(self, told: Told) -> Json:
        place = told.finding.location
        location: Json = {}
        file = place.file if place.file is not None else self._fallback
        if file is not None:
            physical: Json = {"artifactLocation": self._artifact(file)}
            if place.file is not None and place.line is not None and place.line > 0:
                physical["region"] = _region(place, told)
            location["physicalLocation"] = physical
        if place.listing is not None:
            slug, pointer = printable(place.listing, 2000), printable(told.identity.pointer, 2000)
            location["logicalLocations"] = [{"name": slug, "fullyQualifiedName": slug + pointer}]
        return location

    def _artifact(self, file: str) -> Json:
        path = self._repository.relative(file)
        if path is not None:
            return {"uri": _uri(path), "uriBaseId": ROOT}
        return {"uri": "stdin" if file == "-" else "file://" + _uri(_absolute(file, self._repository.here))}


def _absolute(file: str, here: str) -> str:
    path = os.path.normpath(os.path.join(here, file)).replace(os.sep, "/")
    return path if path.startswith("/") else f"/{path}"


def _uri(path: str) -> str:
    return quote(path, safe="/", errors="replace")


def _region(place: Location, told: Told) -> Json:
    region: Json = {"startLine": place.line}
    if place.column is not None and place.column > 0:
        region["startColumn"] = place.column
        end = token_end(place, told.record)
        if end is not None:
            region["endColumn"] = end
    return region


def _sentence(finding: Finding) -> str:
    parts = [finding.message]
    if finding.observed is not None:
        parts.append(f"observed {printable(value_text(finding.observed))}")
    if finding.expected is not None:
        parts.append(f"expected {printable(value_text(finding.expected))}")
    return "; ".join(parts)


def _message(text: str) -> Json:
    # A viewer makes a link of [words](target), SARIF 2.1.0 §3.11.6: text of others must not become one.
    return {"text": printable(text, 2000).replace("](", "] (") or "no message"}


def _driver(rules: list[str]) -> Json:
    return {
        "name": "testbuy",
        "fullName": f"x402-testbuy {__version__}",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in rules],
    }


def _rule(code: str) -> Json:
    rule = rule_of(code)
    if rule is None:
        return {"id": code}
    family = FAMILIES[code.rstrip("0123456789")]
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.mend} Basis: {rule.basis}. More: testbuy explain {code}",
            "markdown": f"**Mend.** {rule.mend}\n\n**Basis.** {rule.basis}\n\nMore: `testbuy explain {code}`",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {"tags": ["x402", family], "problem.severity": _SEVERITIES[rule.level], "precision": "high"},
    }
