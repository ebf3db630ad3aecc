"""The command line. ``--version`` is answered before anything else is imported."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of ``testbuy``."""
    if sys.argv[1:] == ["--version"]:
        from x402_catalog.__about__ import __version__

        sys.stdout.write(f"testbuy {__version__}\n")
        return
    # Hypothesis keeps a folder where it is used; a user's working folder is no place for it.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(_cache(), "testbuy", "hypothesis"))
    from x402_harness.cli.app import app

    app(complete_var="_TESTBUY_COMPLETE")  # whatever the program was called by


def _cache() -> str:
    """The user's folder for what can be made again (XDG base directories)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return given if os.path.isabs(given) else os.path.join(os.path.expanduser("~"), ".cache")
