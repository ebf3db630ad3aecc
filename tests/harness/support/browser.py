"""Pages in Chromium without a driver: the page is loaded whole and its document printed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_RUN = """
document.querySelectorAll("details").forEach(one => { one.open = true; });
axe.run(document).then(done => {
  const told = done.violations.map(one => ({rule: one.id, nodes: one.nodes.slice(0, 3).map(node => node.html)}));
  const out = document.createElement("output");
  out.id = "axe"; out.textContent = JSON.stringify(told); document.body.append(out);
});
"""


def loaded(page: Path, profile: Path, *flags: str, patience: int = 120) -> str:
    """The document that Chromium makes of a page. The test is skipped where there is no Chromium."""
    chromium = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    command = [chromium, *_FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=patience, check=True).stdout


def violations(text: str, axe: str, folder: Path, scheme: str) -> list[dict[str, Any]]:
    """What axe-core objects to in a page of which everything is unfolded, in the ``light`` or ``dark`` scheme.

    The page's own policy lets no script in, so it is taken out of the copy that is judged.
    """
    open_ = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    page = folder / "judged.html"
    page.write_text(open_.replace("</body>", f"<script>{axe}</script><script>{_RUN}</script></body>"), encoding="utf-8")
    setting = f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"
    document = loaded(page, folder / "profile", setting, "--virtual-time-budget=100000")
    found = re.search(r'<output id="axe">(.*?)</output>', document, re.S)
    assert found, "axe did not finish"
    return json.loads(unescape(found[1]))
