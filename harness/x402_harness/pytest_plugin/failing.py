"""A failure as pytest's own reporters take it: the findings as its text, the first of them as its one line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from x402_harness.shopping.purchased import DoesNotConform


def shown(
    excinfo: pytest.ExceptionInfo[BaseException], error: DoesNotConform, path: Path, line: int, text: Iterable[str]
) -> Any:
    """The failure with ``text`` for its traceback, in place of our own code's where the listing, that begins at
    ``line`` of ``path``, is wrong.

    Made from pytest's own kind of report, since that alone keeps its one line on the way from a worker of xdist;
    of a plain string, a summary on a CI system prints the whole.
    """
    made = excinfo.getrepr(style="native")
    if made.reprcrash is not None:
        made.reprcrash.path, made.reprcrash.message = str(path), in_a_line(error)
        made.reprcrash.lineno = (error.findings[0].location.line if error.findings else None) or line
    (entry,) = made.reprtraceback.reprentries
    entry.lines = [f"{each}\n" for each in text]
    return made


def in_a_line(error: DoesNotConform) -> str:
    """What failed, in a line."""
    first = str(error).strip().partition("\n")[0]
    others = len(error.findings) - 1
    return f"{first} (and {others} more)" if others > 0 else first
