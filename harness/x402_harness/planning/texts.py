"""Texts: plain ones for the patterns and formats that requests are filled with, made at once from dice."""

from __future__ import annotations

from collections.abc import Callable

from x402_catalog.hints.suggestions import Kind
from x402_harness.generation.narrowing import FORMATS, READABLE
from x402_harness.generation.requests import HEADER_VALUE
from x402_harness.planning.dice import Dice
from x402_harness.planning.levels import ALPHANUMERIC, OTHER_SCRIPTS, PRINTABLE

Text = Callable[[Dice, int, int], str]  # with so many characters at least and at most, where that can be chosen

_WORDS = (
    "river", "stone", "garden", "winter", "market", "silver", "window", "bridge", "forest", "music", "letter",
    "harbour", "candle", "meadow", "signal", "copper", "orange", "planet", "lantern", "travel", "summer", "paper",
)  # fmt: skip
_SCRIPTS = ("éàîöüçñâ", "αβγδεζηθ", "абвгдежз", "あいうえおかきく", "中文日月水火山石")
_HEX = "0123456789abcdef"


def text_maker(pattern: str | None, named: str | None) -> Text | None:
    """What makes texts of a pattern and a format; ``None`` where neither is one of those that are known here."""
    if named is not None:
        return _NAMED.get(named) if pattern in (None, *_ORDINARY) else None
    return _sentence if pattern is None else _PATTERNS.get(pattern)


def _word(dice: Dice) -> str:
    return _WORDS[dice.below(len(_WORDS))]


def _sentence(dice: Dice, low: int, high: int) -> str:
    """Words of ``low`` to ``high`` characters."""
    told = " ".join(_word(dice) for _ in range(2 + dice.below(3)))
    return _fitted(told, " ", dice, low, high)


def _run(dice: Dice, low: int, high: int) -> str:
    """Letters and digits without blanks."""
    return _fitted(_word(dice) + str(dice.below(100)), "", dice, low, high)


def _fitted(told: str, between: str, dice: Dice, low: int, high: int) -> str:
    while len(told) < low:
        told += between + _word(dice)
    cut = told[:high]
    return cut[:-1] + "s" if cut.endswith(" ") else cut


def _foreign(dice: Dice, low: int, high: int) -> str:
    letters = _SCRIPTS[dice.below(len(_SCRIPTS))]
    length = max(low, min(high, 3 + dice.below(6)))
    return "".join(letters[dice.below(len(letters))] for _ in range(length))


def _hex(dice: Dice, length: int) -> str:
    return "".join(_HEX[dice.below(16)] for _ in range(length))


def _date(dice: Dice) -> str:
    return f"20{10 + dice.below(20)}-{1 + dice.below(12):02}-{1 + dice.below(28):02}"


def _time(dice: Dice) -> str:
    return f"{dice.below(24):02}:{dice.below(60):02}:{dice.below(60):02}Z"


def _uuid(dice: Dice) -> str:
    return f"{_hex(dice, 8)}-{_hex(dice, 4)}-4{_hex(dice, 3)}-a{_hex(dice, 3)}-{_hex(dice, 12)}"


def _url(dice: Dice) -> str:
    return f"https://{_word(dice)}.example/{_word(dice)}"


def _listed(dice: Dice) -> str:
    return ",".join(_word(dice) for _ in range(1 + dice.below(4)))


def _base64(dice: Dice) -> str:
    return "".join(_word(dice)[:4] for _ in range(1 + dice.below(8)))


_NAMED: dict[str, Text] = {
    "date": lambda dice, *_: _date(dice),
    "time": lambda dice, *_: _time(dice),
    "date-time": lambda dice, *_: f"{_date(dice)}T{_time(dice)}",
    "uri": lambda dice, *_: _url(dice),
    "uuid": lambda dice, *_: _uuid(dice),
    "email": lambda dice, *_: f"{_word(dice)}@{_word(dice)}.example",
    "hostname": lambda dice, *_: f"{_word(dice)}.example",
    "ipv4": lambda dice, *_: f"192.0.2.{1 + dice.below(254)}",
}
_ORDINARY = tuple(FORMATS[kind]["pattern"] for kind in (Kind.DATE, Kind.DATE_TIME, Kind.URL))
_PATTERNS: dict[str, Text] = {
    READABLE: _sentence,
    PRINTABLE: _sentence,
    HEADER_VALUE["pattern"]: _sentence,
    ALPHANUMERIC: _run,
    OTHER_SCRIPTS: _foreign,
    FORMATS[Kind.URL]["pattern"]: lambda dice, *_: _url(dice),
    FORMATS[Kind.ADDRESS]["pattern"]: lambda dice, *_: f"0x{_hex(dice, 40)}",
    FORMATS[Kind.HASH]["pattern"]: lambda dice, *_: f"0x{_hex(dice, 64)}",
    FORMATS[Kind.LIST]["pattern"]: lambda dice, *_: _listed(dice),
    FORMATS[Kind.BASE64]["pattern"]: lambda dice, *_: _base64(dice),
}
