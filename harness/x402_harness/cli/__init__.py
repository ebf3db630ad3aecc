"""The command line. ``--version`` is answered before anything else is imported."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of ``testbuy``."""
    if sys.argv[1:] == ["--version"]:
        from x402_catalog.__about__ import __version__

        sys.stdout.write(f"testbuy {__version__}\n")
        return
    from x402_harness.cli.app import app

    app(complete_var="_TESTBUY_COMPLETE")  # whatever the program was called by
