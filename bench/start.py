"""Starting: CPU of commands beside bare Python, and of the pytest plugin beside bare pytest, in one run.

    python bench/start.py [times]

Goals: ``testbuy --version`` below 100 ms, ``testbuy search`` below 250 ms, the plugin below 20 ms over pytest.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
TESTBUY = [sys.executable, "-m", "x402_harness"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only"]


def main(times: int) -> None:
    """Measure all of them by turns, so that what else the machine does falls on each alike."""
    with tempfile.TemporaryDirectory() as folder:
        commands: dict[str, Sequence[str]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "testbuy --version": [*TESTBUY, "--version"],
            "testbuy --help": [*TESTBUY, "--help"],
            "testbuy explain PAY001": [*TESTBUY, "explain", "PAY001"],
            "testbuy search image": [*TESTBUY, "search", "image", "--catalogue", str(ROOT / "listings")],
            "testbuy show": [
                *TESTBUY,
                "show",
                "render-plotpress-example-v1-chart",
                "--catalogue",
                str(ROOT / "listings"),
            ],
            "pytest without the plugin": [*PYTEST, "-p", "no:x402_harness"],
            "pytest with it, not used": PYTEST,
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(times):
            for name, command in commands.items():
                taken[name].append(seconds(command, folder))
    bare = median(taken["python -c pass"])
    print(f"{'':<28}{'CPU ms':>8}{'× bare':>8}")
    for name, each in taken.items():
        print(f"{name:<28}{1000 * median(each):>8.0f}{median(each) / bare:>8.1f}")
    without, used = (median(taken[name]) for name in list(commands)[-2:])
    print(f"the plugin costs {1000 * (used - without):.1f} ms over pytest (goal 20)")


def seconds(command: Sequence[str], folder: str) -> float:
    """User and system time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
