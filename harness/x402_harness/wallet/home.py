"""Home: where what belongs to the user is kept, by the rules of each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform, user: Path | None = None) -> Path:
    """``TESTBUY_HOME``, or the system's folder for a user's data: XDG's base directories, Windows' and macOS's own.

    The folder need not exist. A relative ``XDG_DATA_HOME`` is ignored, as its specification asks.
    """
    given = environ.get("TESTBUY_HOME")
    if given:
        return Path(given).expanduser()
    own = user or Path.home()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or own / "AppData" / "Local") / "testbuy"
    if platform == "darwin":
        return own / "Library" / "Application Support" / "testbuy"
    data = environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else own / ".local" / "share") / "testbuy"


def private_folder(path: Path) -> Path:
    """``path``, made with its parents if it is not there; only its owner may look into a folder that is made."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return path


def ledger_path(folder: Path) -> Path:
    """The ledger of test money and real money in a home folder."""
    return folder / "ledger.db"
