"""``python -m x402_harness`` is ``testbuy``."""

from x402_harness.cli import main

main()
