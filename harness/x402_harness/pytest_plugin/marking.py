"""The marker ``testbuy``: which listing a test is about, and how it is bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from x402_catalog.rules.selection import Selection

HELP = (
    "testbuy(listing=SLUG|FILE, max_buys=N, strength=1|2|3, checks=(RULE, ...)): "
    "a listing that is read, judged and test-bought"
)


@dataclass(frozen=True, slots=True)
class Marked:
    """The marker's options; ``None`` where the options of the session stand."""

    listing: str | None = None
    max_buys: int | None = None
    strength: int | None = None
    checks: tuple[str, ...] | None = None

    @property
    def rules(self) -> Selection | None:
        """The rules that count; ``None`` where the session's do."""
        if self.checks is None:
            return None
        from x402_harness.pytest_plugin.settings import rules

        return rules(",".join(self.checks), "@pytest.mark.testbuy(checks=…)")


_NAMES = tuple(Marked.__dataclass_fields__)


def marked(node: Any) -> Marked:
    """The options of a test's marker; the nearest one counts. Raises ``pytest.UsageError``."""
    found = node.get_closest_marker("testbuy")
    if found is None:
        return Marked()
    if found.args:
        raise pytest.UsageError(f"@pytest.mark.testbuy takes options by name: {', '.join(_NAMES)}")
    for name in found.kwargs:
        if name not in _NAMES:
            from difflib import get_close_matches

            close = get_close_matches(name, _NAMES, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(_NAMES)}"
            raise pytest.UsageError(f"@pytest.mark.testbuy has no option {name!r}: {hint}")
    made = Marked(**{**found.kwargs, **_listed(found.kwargs)})
    _check(made)
    return made


def _listed(given: dict[str, Any]) -> dict[str, Any]:
    """One rule may stand alone."""
    checks = given.get("checks")
    if checks is None:
        return {}
    return {"checks": (checks,) if isinstance(checks, str) else tuple(checks)}


def _check(made: Marked) -> None:
    _require(made.listing is None or isinstance(made.listing, str), "listing", made.listing, "a slug or a file's path")
    _require(_is_number(made.max_buys, 1, 100_000), "max_buys", made.max_buys, "a number of purchases from 1")
    _require(_is_number(made.strength, 1, 3), "strength", made.strength, "1, 2 or 3")
    named = made.checks is None or all(isinstance(name, str) for name in made.checks)
    _require(named, "checks", made.checks, "codes or families of rules")
    assert made.rules is None or made.checks is not None  # names of rules are looked up, which refuses unknown ones


def _is_number(value: Any, least: int, most: int) -> bool:
    return value is None or (type(value) is int and least <= value <= most)


def _require(fine: bool, name: str, value: Any, wanted: str) -> None:
    if not fine:
        raise pytest.UsageError(f"@pytest.mark.testbuy({name}={value!r}): not {wanted}")
