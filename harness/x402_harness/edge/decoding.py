"""Content codings, undone within a limit: a few bytes can stand for gigabytes, and codings can be stacked."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": zlib.MAX_WBITS}


class Decoder:
    """Undoes a ``Content-Encoding`` as far as ``limit`` bytes; ``full`` says that there was more.

    An encoding that was not asked for is left as it is. Raises ``zlib.error`` for bytes that are not so encoded.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        parts = [part.strip().lower() for part in reversed(encoding.split(","))]
        names = [part for part in parts if part not in {"", "identity"}]
        self._stages = [_Inflater(name) for name in names] if set(names) <= _WINDOWS.keys() else []
        self._left = limit
        self.full = False

    def feed(self, chunk: bytes) -> bytes:
        """What the next bytes stand for."""
        for stage in self._stages:
            chunk, more = stage.feed(chunk, self._left + 1)
            self.full = self.full or more
        self.full = self.full or len(chunk) > self._left
        decoded = chunk[: self._left]
        self._left -= len(decoded)
        return decoded


class _Inflater:
    def __init__(self, name: str) -> None:
        self._inner = zlib.decompressobj(_WINDOWS[name])
        self._may_be_bare = name == "deflate"  # some servers leave out the zlib header

    def feed(self, data: bytes, room: int) -> tuple[bytes, bool]:
        try:
            decoded = self._inner.decompress(data, room)
        except zlib.error:
            if not self._may_be_bare:
                raise
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            decoded = self._inner.decompress(data, room)
        self._may_be_bare = self._may_be_bare and not data
        return decoded, bool(self._inner.unconsumed_tail)
