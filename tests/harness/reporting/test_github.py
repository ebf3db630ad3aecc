"""Annotations: within the platform's limits, nothing lost without a word, nothing said that was not meant."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.findings import finding, findings

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.findings import Ending, Told
from x402_harness.reporting.github import GithubReport
from x402_harness.reporting.repository import Repository

COMMAND = re.compile(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)")


def written(*all_findings: Finding) -> list[str]:
    out = io.StringIO()
    report = GithubReport(out, Repository("/repo", "/repo/sub"))
    for one in all_findings:
        report.add(Told(one))
    report.end(Ending(2, 1))
    return out.getvalue().split("\n")[:-1]


def test_an_annotation_has_title_place_and_message():
    lines = written(
        finding(file="a,b:c%.json", line=3, column=7, message="100%\nwrong", observed="1", expected="2", help="Mend.")
    )
    assert lines == [
        "::error title=PRICE001 JSON-LD price differs from the offer,file=sub/a%2Cb%3Ac%25.json,line=3,col=7"
        "::100%25\\nwrong%0Aobserved: 1%0Aexpected: 2%0Ahelp: Mend.",
        "2 listings: 1 error, 0 warnings, 0 infos",
    ]


def test_a_finding_of_no_file_has_no_place():
    assert written(finding(url="https://api.example"))[0] == (
        "::error title=PRICE001 JSON-LD price differs from the offer::wrong"
    )


def test_levels_have_their_kinds():
    lines = written(finding(level=Level.INFO), finding(level=Level.ERROR), finding(level=Level.WARNING))
    assert [line.split()[0] for line in lines[:3]] == ["::error", "::warning", "::notice"]


def test_of_one_rule_ten_are_written_and_the_rest_is_counted():
    lines = written(*(finding(line=number, file="a") for number in range(1, 48)))
    assert len(lines) == 11
    assert lines[9].endswith("%0Aand 37 more of PRICE001")
    assert sum("more of" in line for line in lines) == 1


def test_every_rule_gets_its_share():
    lines = written(*[finding("PRICE001")] * 40, *[finding("PRICE002")] * 2, finding("PRICE003"))
    rules = [re.search(r"PRICE\d+", line)[0] for line in lines[:-1]]
    assert (rules.count("PRICE001"), rules.count("PRICE002"), rules.count("PRICE003")) == (7, 2, 1)
    assert "and 33 more of PRICE001" in "".join(lines)


def test_rules_without_a_share_are_named():
    lines = written(*(finding(f"CAT{number:03}") for number in range(1, 15)))
    assert len(lines) == 11
    assert all(f"and 1 of CAT{number:03}" in lines[9] for number in range(11, 15))


@given(st.lists(findings, max_size=40))
def test_no_text_gets_out_of_its_annotation(all_findings):
    *commands, sentence = written(*all_findings)
    assert not sentence.startswith("::")
    kinds = []
    for line in commands:
        assert "##[" not in line
        assert line.isprintable()
        kind, properties, message = COMMAND.fullmatch(line).groups()
        kinds.append(kind)
        names = [part.split("=", 1)[0] for part in properties.split(",")]
        assert names in (["title"], ["title", "file"], ["title", "file", "line"], ["title", "file", "line", "col"])
        for escape in re.findall("%(..)?", properties + message):
            assert escape in {"25", "0A", "3A", "2C"}
    assert max((kinds.count(kind) for kind in kinds), default=0) <= 10
