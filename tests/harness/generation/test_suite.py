"""The official JSON Schema Test Suite: every schema is drawn from, and every value judged.

``TESTBUY_SCHEMA_SUITE`` names the folder with ``draft4`` … ``draft2020-12`` in it; `jsonschema`'s source distribution
carries one under ``json/tests`` (``pip download --no-binary :all: --no-deps jsonschema``).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_harness.generation import UnsatisfiableSchema, UnsupportedSchema, draw, strategy_for

SUITE = os.environ.get("TESTBUY_SCHEMA_SUITE", "")
DRAFTS = ["4", "6", "7", "2019-09", "2020-12"]
ROWS = 20
SHARE = 0.99  # of the schemas without remote references
# Python's ``re`` reads these differently from ECMA-262, so `jsonschema` is no judge of them.
FOREIGN = {"ecmascript-regex.json", "non-bmp-regex.json"}
# `jsonschema` carries an older copy of this metaschema, in which `enum` may not be empty.
TWO_COPIES = "http://json-schema.org/draft-04/schema#"


def groups(draft: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of a draft with their tests, and where each comes from."""
    root = Path(SUITE) / f"draft{draft}"
    for path in sorted(root.rglob("*.json")):
        for group in json.loads(path.read_text("utf-8")):
            yield f"{path.relative_to(root)}: {group['description']}", group


def is_foreign(where: str, schema: Any) -> bool:
    """Whether `jsonschema` can not judge a schema."""
    copied = isinstance(schema, dict) and schema.get("$ref") == TWO_COPIES
    return copied or any(name in where for name in FOREIGN)


def outcome(group: dict[str, Any], draft: str, judge: Any, foreign: bool) -> str:
    """What became of one schema: ``valid``, ``empty`` (rightly), ``remote``, or what went wrong."""
    try:
        values = draw(strategy_for(group["schema"], draft=draft), ROWS, seed=1)
    except UnsatisfiableSchema as claim:
        valid = [test["data"] for test in group["tests"] if test["valid"]]
        checks = jsonschema_rs.is_valid
        number = getattr(jsonschema_rs, f"Draft{draft.replace('-', '')}")
        held = [value for value in valid if checks(group["schema"], value, draft=number, validate_formats=True)]
        return f"{claim}, but {held[0]!r} satisfies it" if held else "empty"
    except UnsupportedSchema as refusal:
        remote = "remote references" in str(refusal) or "localhost" in str(refusal)
        return "remote" if remote else f"refused: {refusal}"
    verdict = judge(group["schema"], draft, foreign)
    return next((wrong for value in values if (wrong := verdict(value))), "valid")


@pytest.mark.long
@pytest.mark.skipif(not SUITE, reason="TESTBUY_SCHEMA_SUITE is not set")
@pytest.mark.parametrize("draft", DRAFTS)
def test_nearly_every_schema_of_the_suite_is_drawn_from(draft: str, judge: Any) -> None:
    outcomes = {
        where: outcome(group, draft, judge, is_foreign(where, group["schema"])) for where, group in groups(draft)
    }
    counts = Counter(result if result in {"valid", "empty", "remote"} else "missed" for result in outcomes.values())
    missed = {where: result for where, result in outcomes.items() if result not in {"valid", "empty", "remote"}}
    known = counts.total() - counts["remote"]
    print(f"draft {draft}: {known - counts['missed']} of {known} ({dict(counts)})")
    assert [where for where, result in missed.items() if "refuses" in result] == []
    assert known - counts["missed"] >= SHARE * known, missed
