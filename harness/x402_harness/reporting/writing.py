"""Writing: files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast


@contextmanager
def whole(path: str) -> Iterator[TextIO]:
    """A file that is written whole or not at all, in UTF-8 whatever is written. Raises ``OSError``."""
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
