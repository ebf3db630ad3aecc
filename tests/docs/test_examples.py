"""The examples in the documents run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"^## (.+?)$|^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)


def examples():
    """Each example with the heading that it stands under."""
    heading, number = "", 0
    for title, code in EXAMPLES:
        if title:
            heading, number = title, 0
        else:
            number += 1
            yield pytest.param(code, id=f"{heading} {number}".strip())


@pytest.mark.parametrize("code", list(examples()))
def test_an_example_of_the_python_page_runs(code, root):
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code], cwd=root, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
