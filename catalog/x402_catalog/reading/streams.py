"""Streams: opened sources as chunks of bytes, unpacked where they are gzip or Zstandard."""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO, cast

from x402_catalog.findings import Finding, Location
from x402_catalog.rules import reading as rules

CHUNK = 256 * 1024  # bytes
STDIN = "-"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class SourceError(Exception):
    """A source that cannot be read, or not to its end; ``finding`` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def chunks(path: str, file: str) -> Iterator[bytes]:
    """The bytes of ``path`` (``"-"`` is standard input) in chunks, unpacked when they begin as gzip or Zstandard do;
    ``file`` is how findings call it. Raises :class:`SourceError`, possibly after some chunks."""
    with _told(file), _opened(path) as packed:
        stream = _unpacked(packed, file)
        while chunk := stream.read1(CHUNK) if isinstance(stream, io.BufferedReader) else stream.read(CHUNK):
            yield chunk


def is_packed(start: bytes) -> bool:
    """Whether a file that begins with ``start`` (at least four bytes of it, if it has them) is unpacked when read."""
    return start.startswith((_GZIP, _ZSTD))


def unreadable(file: str, error: OSError | ValueError) -> Finding:
    """The CAT001 finding for an error of the operating system."""
    code = getattr(error, "errno", None)
    reason = os.strerror(code) if code else str(error)
    return rules.UNREADABLE.finding(
        f"cannot be read: {reason}", observed=errno.errorcode.get(code or 0), location=Location(file=file)
    )


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Turn what goes wrong with a stream into :class:`SourceError`."""
    try:
        yield
    except EOFError:
        message = "the compressed data end early; what they held up to there was read"
        raise SourceError(rules.TRUNCATED.finding(message, location=Location(file=file))) from None
    except (OSError, ValueError) as error:
        raise SourceError(unreadable(file, error)) from None
    except Exception as error:
        # By name, because the package that Zstandard's error comes from is imported only where it is needed.
        if not isinstance(error, zlib.error) and type(error).__name__ != "ZstdError":
            raise
        message = f"the compressed data are damaged: {error}"
        raise SourceError(rules.UNREADABLE.finding(message, location=Location(file=file))) from None


@contextmanager
def _opened(path: str) -> Iterator[io.BufferedReader]:
    if path == STDIN:
        if sys.stdin is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        yield cast(io.BufferedReader, sys.stdin.buffer)
        return
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):  # a pipe may be a shell's <(command)
        raise ValueError("neither a file nor a folder")
    with open(path, "rb", buffering=CHUNK) as stream:
        yield cast(io.BufferedReader, stream)


def _unpacked(packed: io.BufferedReader, file: str) -> BinaryIO:
    start = packed.peek(4)[:4]
    if start.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=packed))
    if start == _ZSTD:
        return _zstd(packed, file)
    return packed


def _zstd(packed: BinaryIO, file: str) -> BinaryIO:
    try:
        if sys.version_info >= (3, 14):
            module: Any = import_module("compression.zstd")
            return cast(BinaryIO, module.ZstdFile(packed))
        module = import_module("zstandard")
    except ImportError:
        finding = rules.UNREADABLE.finding(
            "reading Zstandard needs the package zstandard, which is not installed",
            location=Location(file=file),
            help="Install it (pip install zstandard), or unpack the source.",
        )
        raise SourceError(finding) from None
    return cast(BinaryIO, module.ZstdDecompressor().stream_reader(packed, read_across_frames=True))
