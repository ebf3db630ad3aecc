"""RESP025 and RESP026: the times in an answer, beside the time of the exchange itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.spots import Spot
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.protocol.exchange import Leg

UNIT = rule(
    "RESP025",
    Level.WARNING,
    "timestamp is not in the unit that is described, or lies in the future",
    why="Read as described it means a time thousands of years away, or one that has not come.",
    basis="hints.output (description, example)",
    mend="Send seconds where seconds are described (Unix time), milliseconds where those are.",
)
STALE = rule(
    "RESP026",
    Level.WARNING,
    "time of the answer is not the time at which it was given",
    why="It is said to be the time of this very request: the answer is an old one, or the clock is wrong.",
    basis="hints.output (description)",
    mend="Set it when the request is answered.",
)
_UNIX = re.compile(r"\b(?:unix|epoch)\b", re.I)
_MILLIS = re.compile(r"\bmilli(?:second)?s?\b|\bms\b", re.I)
_FINER = re.compile(r"\b(?:micro|nano)(?:second)?s?\b|\b[μu]s\b|\bns\b", re.I)
_NOW = re.compile(
    r"\b(?:time(?:stamp)?|date|when|moment)\b.{0,40}\b(?:request|response|answer|generation|image|completion|report"
    r"|query|call)s?\b(?! was (?:taken|published|uploaded|first))", re.I
)  # fmt: skip
_NOT_NOW = re.compile(
    r"\b(?:expir\w*|valid|until|next|last|block|start\w*|end\w*|publish\w*|updat\w*|first|schedul\w*|deadline|cached?"
    r"|previous|due|until|upload\w*|taken|mint\w*|forecast|used for)\b", re.I
)  # fmt: skip
_PAST = frozenset(
    {"created", "created_at", "generated_at", "timestamp", "fetched_at", "retrieved_at", "queried_at", "served_at",
     "as_of", "updated_at", "last_updated"}
)  # fmt: skip
_MADE = frozenset({"created", "created_at", "generated_at", "fetched_at", "retrieved_at", "queried_at", "served_at"})
_SERVED = frozenset({"generated_at", "fetched_at", "retrieved_at", "queried_at", "served_at"})
_DAY = 86_400
_TURN = 1e11  # seconds beyond it are the year 5138; milliseconds below it are of 1973
_SLACK = 300  # seconds that clocks may differ


def units(subject: Subject) -> None:
    """A timestamp is in the unit that is described, and not in the future where it speaks of what happened."""
    now = _now(subject)
    for spot in subject.spots:
        scale = scale_of(spot)
        if scale is not None:
            _in_unit(subject, spot, scale)
        if now and (moment := ahead(spot, now)) is not None:
            _broken(subject, spot, f"{_day(moment)}, which has not come")


def ahead(spot: Spot, now: float) -> float | None:
    """The time in seconds that a value gives for what has happened, if it lies more than a day ahead of ``now``.

    In a list, times of any name may be those of a forecast; only what was made was made before.
    """
    is_made = spot.words in _MADE or (spot.words in _PAST and spot.depth == 1)
    if not is_made or _NOT_NOW.search(spot.text):
        return None
    moment = _moment(spot, scale_of(spot))
    return moment if moment is not None and now + _DAY < moment < _TURN else None


def _in_unit(subject: Subject, spot: Spot, scale: int) -> None:
    number = spot.value
    if not _is_number(number) or number <= 0:
        return
    if (number >= _TURN) is (scale == 1):
        told, meant = ("milliseconds", "seconds") if scale == 1 else ("seconds", "milliseconds")
        _broken(subject, spot, f"{number} looks like {told} where {meant} are described")
    elif spot.claim:
        subject.scene.held(UNIT, spot.claim)


def _broken(subject: Subject, spot: Spot, what: str) -> None:
    subject.scene.broken(UNIT, Leg.PAID, f"{spot.at or '/'}: {what}", observed=spot.value, pointer=spot.claim)


def scale_of(spot: Spot) -> int | None:
    """Ticks a second of a timestamp, as its description says, or the value that is shown for it."""
    if not _is_number(spot.value) or _FINER.search(spot.text):
        return None
    is_time = spot.words in _PAST or spot.words.endswith(("_at", "timestamp", "_time"))
    if _UNIX.search(spot.text) or (is_time and re.search(r"\btimestamp\b", spot.text, re.I)):
        if _MILLIS.search(spot.text):
            return 1000
        shown = _shown(spot)
        return shown if shown else 1 if _UNIX.search(spot.text) else None
    return _shown(spot) if is_time else None


def _shown(spot: Spot) -> int | None:
    values = [value for value in spot.examples if _is_number(value)]
    scales = {1 if 1e9 <= value < 4e9 else 1000 if 1e12 <= value < 4e12 else 0 for value in values}
    return next(iter(scales)) or None if len(scales) == 1 else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _moment(spot: Spot, scale: int | None) -> float | None:
    """A timestamp in seconds since 1970, if it can be read as one."""
    if _is_number(spot.value):
        number = float(min(spot.value, 10**18))
        return (number / 1000 if number >= _TURN else number) if scale else None
    if not isinstance(spot.value, str) or not 19 <= len(spot.value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(spot.value.replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def freshness(subject: Subject) -> None:
    """What is said to be the time of this request or answer lies within the exchange."""
    now = _now(subject)
    if not now:
        return
    for spot in subject.spots:
        if not is_of_now(spot):
            continue
        moment = _moment(spot, scale_of(spot))
        if moment is None or spot.claim is None:
            continue
        if moment >= now - _SLACK:
            subject.scene.held(STALE, spot.claim)
        else:
            subject.scene.broken(
                STALE, Leg.PAID, f"{spot.at}: {_day(moment)}, where the answer came at {_day(now)}",
                observed=spot.value, expected=_day(now), pointer=spot.claim,
            )  # fmt: skip


def is_of_now(spot: Spot) -> bool:
    """Whether a value is said to be the time of this very request or answer."""
    if spot.depth > 2 or spot.is_item or _NOT_NOW.search(spot.text):
        return False
    said = _NOW.search(spot.text) is not None and (spot.words in _PAST or spot.depth == 1)
    return said or (spot.words in _SERVED and spot.depth == 1 and bool(spot.views))


def _now(subject: Subject) -> float:
    """When the paid request was sent, in seconds since 1970; nothing where the exchange has no clock."""
    started = subject.exchange.started
    return started if started > _DAY else 0.0


def _day(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{moment:.0f} seconds after 1970"


CHECKS: tuple[ContentCheck, ...] = (units, freshness)
