"""Writing: where a command's result goes, a file being written whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

import click

from x402_harness.cli.loading import fail
from x402_harness.runs.outcome import Exit


@contextmanager
def result(path: str | None, *, for_people: bool, sources: Iterable[str] = ()) -> Iterator[TextIO]:
    """Where the result is written: the file ``path``, or standard output for ``None`` and ``"-"``.

    Machines get UTF-8 whatever the terminal speaks. A file that cannot be written, or that is one of ``sources``, is a
    usage error.
    """
    if path is None or path == "-":
        with _standard_output(for_people) as stream:
            yield stream
        return
    if any(_same(path, source) for source in sources):
        raise click.UsageError(f"--output {path} would overwrite a source.")
    try:
        with _file(path) as stream:
            yield stream
    except OSError as error:
        fail(f"{path} cannot be written: {os.strerror(error.errno) if error.errno else error}", Exit.USAGE)


@contextmanager
def _standard_output(for_people: bool) -> Iterator[TextIO]:
    if for_people or not hasattr(sys.stdout, "buffer"):
        yield sys.stdout
        sys.stdout.flush()
        return
    sys.stdout.flush()
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        yield stream
    finally:
        stream.flush()
        stream.detach()


@contextmanager
def _file(path: str) -> Iterator[TextIO]:
    # A device or a pipe has no whole to be replaced; one such as /dev/stdout has no real path either.
    if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield cast(TextIO, stream)
        return
    target = Path(os.path.realpath(path))
    # Not named like a source, because it may stand in a folder that is being read.
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with open(partial, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield cast(TextIO, stream)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _same(path: str, source: str) -> bool:
    try:
        return os.path.samefile(path, source)
    except OSError:
        return False
