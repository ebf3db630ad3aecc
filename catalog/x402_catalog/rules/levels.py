"""Levels: how much each rule matters to a reader, where that is not what the rule itself says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from x402_catalog.findings import Finding, Level
from x402_catalog.rules.selection import UnknownRule, selection


class BadLevel(ValueError):
    """A setting that is no ``CODE=LEVEL``; the message says what would be one."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels by code or the beginning of codes; of two that fit the longer counts."""

    by_name: tuple[tuple[str, Level], ...] = ()

    def of(self, finding: Finding) -> Finding:
        """The finding with the level that its reader gave the rule."""
        fitting = [(len(name), level) for name, level in self.by_name if finding.rule.startswith(name)]
        return replace(finding, level=max(fitting, key=lambda found: found[0])[1]) if fitting else finding


def levels(settings: Iterable[str], known: Iterable[str]) -> Levels:
    """The levels that ``CODE=LEVEL`` settings make. Raises :class:`BadLevel`, also for what is no rule of ``known``."""
    codes = tuple(known)
    return Levels(tuple(_level(setting, codes) for setting in settings))


def _level(setting: str, codes: tuple[str, ...]) -> tuple[str, Level]:
    name, sign, level = setting.partition("=")
    if not sign or level.lower() not in list(Level):
        raise BadLevel(f"{setting!r} is no level: write it like PRICE022=error, with {', '.join(Level)}")
    try:
        (chosen,) = selection([name], (), codes).select
    except UnknownRule as error:
        raise BadLevel(str(error)) from error
    except ValueError as error:
        raise BadLevel(f"{setting!r} names no rule, or several") from error
    return chosen, Level(level.lower())
