"""Pages of the explorer over a large catalogue, as CPU time of the server's side, next to the query behind them.

    python bench/explorer.py [20000]

Goal at 100,000 listings: the home page 100 ms. The listings are those of bench/store.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from store import varied

ROUNDS = 15
PAGES = {
    "home": "/",
    "home, as JSON": "/index.json",
    "one facet chosen": "/?category=media",
    "words and facets": "/?q=ba&network=base&price=%3C%3D0.05&sort=price",
    "far into the pages": "/?offset=10000",
    "statistics": "/stats",
    "one listing": "/listing?id=77",
    "one host": "/host?name=api-7.map.example",
    "comparison": "/compare?id=1&id=2&id=3&id=4",
}


def main(count: int) -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        source, file = Path(folder) / "catalogue.jsonl", Path(folder) / "catalogue.db"
        with source.open("wb") as out:
            out.writelines(varied(count))
        command = [sys.executable, "-m", "x402_harness", "import", str(source), "--db", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        pages(file, Path(folder) / "reports")


def pages(file: Path, reports: Path) -> None:
    """Print medians and 95 % in milliseconds."""
    from starlette.testclient import TestClient

    from x402_harness.explorer import Guard, Shelf, explorer

    app = Guard(explorer(Shelf(file, file.name, reports)), "token")
    client = TestClient(app, base_url="http://127.0.0.1:8402", headers={"authorization": "Bearer token"})
    empty = measured(lambda: client.get("/static/explorer.css"))
    print(f"{'nothing (a style sheet)':<24}p50 {empty[ROUNDS // 2]:.1f} ms, which is the client and the server")
    for name, path in PAGES.items():
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        times = measured(lambda path=path: client.get(path))
        size = len(answer.content) / 1024
        print(f"{name:<24}p50 {times[ROUNDS // 2]:.1f} ms, p95 {times[int(ROUNDS * 0.95)]:.1f} ms, {size:.0f} KB")


def measured(work: Callable[[], object]) -> list[float]:
    """Milliseconds of CPU, in order."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1000)
    return sorted(times)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
