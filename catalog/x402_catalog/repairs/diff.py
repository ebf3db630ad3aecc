"""Diff: edits as a unified diff. No edit adds or removes a line, which makes it exact and as cheap as the edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from x402_catalog.repairs.surgery import Edit, operated

CONTEXT = 3


def unified(name: str, data: bytes, made: Sequence[Edit]) -> bytes:
    """The unified diff of the file ``name`` that holds ``data``, for ``patch -p0`` and ``git apply -p0``; empty without
    edits. Raises :class:`~x402_catalog.repairs.surgery.Moved` as :func:`operated` does."""
    if not made:
        return b""
    old, new = _lines(data), _lines(operated(data, made))
    parts = [f"--- {name}\n+++ {name}\n".encode()]
    for begin, end in _hunks([index for index, line in enumerate(old) if line != new[index]], len(old)):
        parts.append(b"@@ -%b +%b @@\n" % (_range(begin, end), _range(begin, end)))
        parts += _body(old[begin:end], new[begin:end])
    return b"".join(parts)


def _lines(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def _hunks(changed: list[int], count: int) -> Iterator[tuple[int, int]]:
    """The first line of each hunk and the one behind it; changes whose context meets share a hunk."""
    begin = end = 0
    for index in changed:
        if index - CONTEXT > end and end:
            yield begin, end
        if index - CONTEXT > end or not end:
            begin = max(index - CONTEXT, 0)
        end = min(index + CONTEXT + 1, count)
    if end:
        yield begin, end


def _range(begin: int, end: int) -> bytes:
    return b"%d" % (begin + 1) if end - begin == 1 else b"%d,%d" % (begin + 1, end - begin)


def _body(old: list[bytes], new: list[bytes]) -> Iterator[bytes]:
    pending: list[bytes] = []
    for before, after in zip(old, new, strict=True):
        if before == after:
            yield from pending
            pending = []
            yield _line(b" ", before)
        else:
            yield _line(b"-", before)
            pending.append(_line(b"+", after))
    yield from pending


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"
