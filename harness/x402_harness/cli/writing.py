"""Writing: where a command's result goes, a file being written whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from x402_harness.cli.loading import fail
from x402_harness.reporting.writing import whole
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
        with whole(path) as stream:
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


def _same(path: str, source: str) -> bool:
    try:
        return os.path.samefile(path, source)
    except OSError:
        return False
