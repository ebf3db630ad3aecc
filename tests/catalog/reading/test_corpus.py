"""Every file of the corpus says in its name what reading it must give: dropping one in adds a case.

``valid/N-name`` has N records and no finding; ``invalid/CODE-name`` has CODE as its first finding.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from x402_catalog.findings import Finding
from x402_catalog.reading import Limits, read
from x402_catalog.rules.registry import REGISTRY

CORPUS = Path(__file__).with_name("corpus")
LIMITS = Limits(max_record_bytes=4500, max_depth=200)  # small, so that the corpus can be


def cases(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).iterdir())


@pytest.mark.parametrize("path", cases("valid"), ids=lambda path: path.name)
def test_valid_sources_give_their_records_and_no_finding(path: Path) -> None:
    items = list(read([path], limits=LIMITS))
    assert [item for item in items if isinstance(item, Finding)] == []
    assert [item.faults for item in items if not isinstance(item, Finding)] == [()] * int(path.name.split("-")[0])


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.name)
def test_invalid_sources_give_their_finding_at_a_place_in_the_file(path: Path) -> None:
    found: list[Finding] = []
    for item in read([path], limits=LIMITS):
        found.extend([item] if isinstance(item, Finding) else item.faults)
    code = path.name.split("-")[0]
    assert found[0].rule == code
    assert found[0].level == REGISTRY[code].level
    assert found[0].location.file == str(path)
    assert found[0].help
    if path.stat().st_size and path.read_bytes().strip():
        assert (found[0].location.line or 0) >= 1
        assert (found[0].location.column or 0) >= 1


def test_every_rule_about_text_has_an_example() -> None:
    codes = {path.name.split("-")[0] for path in cases("invalid")}
    assert codes == {f"CAT{number:03}" for number in range(2, 11)}
