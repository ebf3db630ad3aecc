"""Strategies of the string formats of JSON Schema, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Text = SearchStrategy[str]

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_LETTERS = "àéîñöşžβγдж中文日本あ한국"
_HEX = "0123456789abcdef"


def known_formats() -> frozenset[str]:
    """The formats that are generated; any other is an annotation."""
    return frozenset(_FORMATS)


@cache
def format_strategy(name: str) -> Text:
    """Strings of one known format."""
    return _FORMATS[name]()


def _word(alphabet: str, low: int = 1, high: int = 8) -> Text:
    return st.text(st.sampled_from(alphabet), min_size=low, max_size=high)


def _dates() -> Text:
    return st.dates().map(lambda day: day.isoformat())


def _offsets() -> SearchStrategy[timezone]:
    return st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def _clock(moment: time | datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _times() -> Text:
    return st.builds(lambda moment, zone: _clock(moment.replace(tzinfo=zone)), st.times(), _zones())


def _zones() -> SearchStrategy[timezone]:
    return st.one_of(st.just(UTC), _offsets())


def _date_times() -> Text:
    return st.builds(lambda moment, zone: _clock(moment.replace(tzinfo=zone)), st.datetimes(), _zones())


def _durations() -> Text:
    count = st.integers(0, 99).map(str)

    def part(unit: str) -> Text:
        return count.map(lambda number: number + unit)

    def parts(units: str) -> Text:
        """A run of neighbouring units, as RFC 3339, appendix A, wants them."""
        spans = [units[low:high] for low in range(len(units)) for high in range(low + 1, len(units) + 1)]
        return st.sampled_from(spans).flatmap(lambda run: st.tuples(*map(part, run)).map("".join))

    clock = parts("HMS").map("T".__add__)
    day = parts("YMD")
    return st.one_of(count.map(lambda n: f"{n}W"), day, clock).map("P".__add__)


def _labels(alphabet: str) -> Text:
    edge, inner = st.sampled_from(alphabet), st.text(st.sampled_from(alphabet + "-"), max_size=6)
    longer = st.tuples(edge, inner.map(lambda middle: middle.replace("--", "-")), edge).map("".join)
    return st.one_of(edge, longer)


def _hosts(alphabet: str = _LOWER + "0123456789") -> Text:
    top = _word(_LOWER, 2, 6)
    return st.builds(
        lambda labels, last: ".".join([*labels, last]), st.lists(_labels(alphabet), min_size=0, max_size=2), top
    )


def _emails(alphabet: str = _LOWER + "0123456789") -> Text:
    return st.builds(
        lambda name, tag, host: f"{name}{tag}@{host}",
        _word(alphabet),
        st.sampled_from(["", "+tag", ".x", "_1"]),
        _hosts(),
    )


def _ipv4() -> Text:
    return st.ip_addresses(v=4).map(str)


def _ipv6() -> Text:
    return st.ip_addresses(v=6).map(str)


def _uris(alphabet: str = _LOWER) -> Text:
    scheme = st.sampled_from(["http", "https", "ftp", "urn:isbn", "x-app"])
    return st.builds(_uri, scheme, _hosts(), _paths(alphabet), _tails(alphabet))


def _uri(scheme: str, host: str, path: str, tail: str) -> str:
    return f"{scheme}:{host}" if scheme.startswith("urn") else f"{scheme}://{host}{path}{tail}"


def _paths(alphabet: str) -> Text:
    segment = st.one_of(_word(alphabet + "0123456789-._~"), st.sampled_from(["%20", "a:b", "@me"]))
    return st.lists(segment, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))


def _tails(alphabet: str) -> Text:
    word = _word(alphabet, 1, 5)
    return st.one_of(
        st.just(""), word.map("?q={}".format), word.map("#{}".format), st.builds("?a={}#{}".format, word, word)
    )


def _references(alphabet: str = _LOWER) -> Text:
    return st.one_of(_uris(alphabet), st.builds(str.__add__, _paths(alphabet), _tails(alphabet)), _word(alphabet))


def _templates() -> Text:
    name = _word(_LOWER + "_", 1, 6)
    hole = st.builds("{{{}{}}}".format, st.sampled_from(["", "+", "#", "/", "?", "&", "."]), name)
    return st.builds("https://{}/{}/{}".format, _hosts(), name, hole)


def _uuids() -> Text:
    return st.uuids().map(str)


def _pointers() -> Text:
    token = st.text(st.sampled_from(_LOWER + "0129_ é"), max_size=5)
    escaped = st.one_of(token, st.sampled_from(["~0", "~1", "a~1b", "m~0n"]))
    return st.lists(escaped, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))


def _relative_pointers() -> Text:
    tail = st.one_of(st.just("#"), _pointers())
    return st.builds("{}{}".format, st.integers(0, 20), tail)


def _regexes() -> Text:
    atom = st.sampled_from(["a", "[a-z]", "[^0-9]", r"\d", r"\w", r"\s", ".", "(ab|cd)", "(?:x)", r"\."])
    times = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}"])
    body = st.lists(st.builds(str.__add__, atom, times), max_size=4).map("".join)
    return st.builds("{}{}{}".format, st.sampled_from(["", "^"]), body, st.sampled_from(["", "$"]))


_FORMATS: dict[str, Callable[[], Text]] = {
    "date": _dates,
    "date-time": _date_times,
    "duration": _durations,
    "email": _emails,
    "hostname": _hosts,
    "idn-email": lambda: st.one_of(_emails(), _emails(_LETTERS)),
    "idn-hostname": lambda: st.one_of(_hosts(), _hosts(_LETTERS)),
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "iri": lambda: st.one_of(_uris(), _uris(_LETTERS)),
    "iri-reference": lambda: st.one_of(_references(), _references(_LETTERS)),
    "json-pointer": _pointers,
    "regex": _regexes,
    "relative-json-pointer": _relative_pointers,
    "time": _times,
    "uri": _uris,
    "uri-reference": _references,
    "uri-template": _templates,
    "uuid": _uuids,
}
