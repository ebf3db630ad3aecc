"""What the tests of generation share: the judges of a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

DRAFTS = {
    "4": (jsonschema.Draft4Validator, jsonschema_rs.Draft4Validator),
    "6": (jsonschema.Draft6Validator, jsonschema_rs.Draft6Validator),
    "7": (jsonschema.Draft7Validator, jsonschema_rs.Draft7Validator),
    "2019-09": (jsonschema.Draft201909Validator, jsonschema_rs.Draft201909Validator),
    "2020-12": (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator),
}
Judge = Callable[[Any], str | None]


@pytest.fixture(scope="session")
def judge() -> Callable[..., Judge]:
    """``judge(schema, draft)`` gives a function that says what is wrong with a value, or None.

    ``foreign`` leaves `jsonschema` out, where Python's ``re`` does not understand a pattern.
    """
    return _judge


def _judge(schema: Any, draft: str = "2020-12", foreign: bool = False) -> Judge:
    declared = isinstance(schema, dict) and "$schema" in schema
    slow, fast = DRAFTS[draft]
    slow = jsonschema.validators.validator_for(schema) if declared else slow
    fast = jsonschema_rs.validator_cls_for(schema) if declared else fast
    explains = slow(schema, format_checker=slow.FORMAT_CHECKER)
    decides = fast(schema, validate_formats=True, offline=True)

    def verdict(value: Any) -> str | None:
        if not decides.is_valid(value):
            return f"jsonschema-rs refuses {value!r}"
        if foreign:
            return None
        error = next(explains.iter_errors(value), None)
        return None if error is None else f"jsonschema refuses {value!r}: {error.message}"

    return verdict
