"""Places: the line and column of each key of a TOML document, which Python's own reader does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

Key = tuple[str, ...]

# What may hold brackets, marks of comments and line ends without meaning them comes first.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n|[^"\'#\[\]{}\n]+|.',
    re.DOTALL,
)
_DEEPEST = 8  # parts of a path that are looked for: tool.testbuy.report.show.format has five
_PART = r'(?:"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+)'
_NAME = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_HEADER = re.compile(r"\[\[?[ \t]*")


@lru_cache(maxsize=4)
def places(text: str) -> dict[Key, tuple[int, int]]:
    """Where each key and each table of a valid document stands first: line and column, from 1."""
    found: dict[Key, tuple[int, int]] = {}
    table: Key = ()
    line, counted = 1, 0
    for start in _statements(text):
        line, counted = line + text.count("\n", counted, start), start
        header = _HEADER.match(text, start)
        name = _NAME.match(text, header.end() if header else start)
        if name is None:
            continue
        path = _parts(name[0])
        if header:
            table = path
        else:
            path = (*table, *path)
        at = (line, start - text.rfind("\n", 0, start))
        for depth in range(1, min(len(path), _DEEPEST) + 1):
            found.setdefault(path[:depth], at)
    return found


def nearest(found: dict[Key, tuple[int, int]], path: Key) -> tuple[int, int] | None:
    """The place of ``path``, or of the innermost table around it that has one."""
    return next((found[path[:depth]] for depth in range(len(path), 0, -1) if path[:depth] in found), None)


def _statements(text: str) -> Iterator[int]:
    """The offset of each line that begins a statement."""
    depth, fresh = 0, True
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said == "\n":
            fresh = fresh or depth == 0
        elif said[0] != "#" and said.strip():
            if fresh:
                yield token.start() + len(said) - len(said.lstrip())
                fresh = False
            depth += (said in "[{") - (said in "]}")


def _parts(name: str) -> Key:
    import tomllib

    value, path = tomllib.loads(f"{name} = 0"), []
    while isinstance(value, dict):
        (key,) = value
        path.append(key)
        value = value[key]
    return tuple(path)
