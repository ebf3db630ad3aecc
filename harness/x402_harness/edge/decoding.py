"""Content codings, undone within a limit: a few bytes can stand for gigabytes, and codings can be stacked."""

from __future__ import annotations

import zlib

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": zlib.MAX_WBITS}
_MAX_CODINGS = 5  # around each other; two are rare


class Decoder:
    """Undoes a ``Content-Encoding`` as far as ``limit`` bytes; ``full`` says that there was more, before or after.

    An encoding that was not asked for is left as it is. ``problem`` says what is wrong with bytes that are not so
    encoded, and nothing comes of what follows: an answer that cannot be read is still an answer, with its receipt.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        parts = [part.strip().lower() for part in reversed(encoding.split(","))]
        names = [part for part in parts if part not in {"", "identity"}]
        known = len(names) <= _MAX_CODINGS and set(names) <= _WINDOWS.keys()
        self._stages = [_Inflater(name) for name in names] if known else []
        self._left = self._room = limit
        self.full = False
        self.problem = "" if len(names) <= _MAX_CODINGS else f"{len(names)} codings around each other"

    def feed(self, chunk: bytes) -> bytes:
        """What the next bytes stand for."""
        # What comes of many bytes may be nothing at all: they are counted as they come, too.
        self._room -= len(chunk)
        self.full = self.full or self._room < 0
        if self.problem:
            return b""
        try:
            for stage in self._stages:
                chunk, more = stage.feed(chunk, self._left + 1)
                self.full = self.full or more
        except zlib.error as error:
            self.problem = str(error)
            return b""
        self.full = self.full or len(chunk) > self._left
        decoded = chunk[: self._left]
        self._left -= len(decoded)
        return decoded

    def close(self) -> None:
        """Nothing more comes: what began and did not end is a problem."""
        if not (self.problem or self.full) and any(stage.is_unfinished for stage in self._stages):
            self.problem = "the coding breaks off before its end"


class _Inflater:
    def __init__(self, name: str) -> None:
        self._inner = zlib.decompressobj(_WINDOWS[name])
        self._may_be_bare = name == "deflate"  # some servers leave out the zlib header
        self._began = False

    @property
    def is_unfinished(self) -> bool:
        return self._began and not self._inner.eof

    def feed(self, data: bytes, room: int) -> tuple[bytes, bool]:
        if self._inner.eof:
            return b"", False  # what follows the end is nothing, and is not kept
        self._began = self._began or bool(data)
        try:
            decoded = self._inner.decompress(data, room)
        except zlib.error:
            if not self._may_be_bare:
                raise
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            decoded = self._inner.decompress(data, room)
        self._may_be_bare = self._may_be_bare and not data
        return decoded, bool(self._inner.unconsumed_tail)
