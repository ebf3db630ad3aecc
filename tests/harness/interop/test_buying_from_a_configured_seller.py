"""A development server on the official middleware, configured with the sandbox, as testbuy buy meets it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("x402")
SELLER = """
import sys
import uvicorn
from fastapi import FastAPI
from x402 import x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact import register_exact_evm_server

app = FastAPI()
facilitator = HTTPFacilitatorClient(FacilitatorConfig(url=f"http://127.0.0.1:{sys.argv[2]}/facilitator"))
server = register_exact_evm_server(x402ResourceServer(facilitator), "eip155:8453")
accepts = {"scheme": "exact", "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "price": "$0.01",
           "network": "eip155:8453", "maxTimeoutSeconds": 60}
routes = {"GET /weather": {"accepts": accepts, "description": "Weather", "mimeType": "application/json"}}
app.middleware("http")(payment_middleware(routes, server))
app.get("/weather")(lambda: {"temp": 21.5})
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The seller's port, and the one on which it will look for its facilitator."""
    own, facilitator = free_port(), free_port()
    seller = subprocess.Popen([sys.executable, "-c", SELLER, str(own), str(facilitator)])
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", own)) == 0:
                    break
            time.sleep(0.1)
        yield own, facilitator
    finally:
        seller.kill()
        seller.wait()


def test_it_is_paid_on_the_sandbox_s_chain_and_verifies_everything(ports: tuple[int, int], tmp_path: Path) -> None:
    own, facilitator = ports
    command = [
        sys.executable,
        "-m",
        "x402_harness",
        "buy",
        f"http://127.0.0.1:{own}/weather",
        "--port",
        str(facilitator),
    ]
    done = subprocess.run(
        [*command, "--format", "json"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    told = json.loads(done.stdout)
    assert told["summary"]["purchases"]["settled"] == 1, done.stderr
    rules = {finding["rule"] for finding in told["findings"]}
    assert not {rule for rule in rules if rule.startswith(("PAY", "RESP", "NET", "SPEND", "REQ"))}
    lines = next(tmp_path.glob("reports/*/events.ndjson")).read_text().splitlines()
    ended = next(event for event in map(json.loads, lines) if event["event"] == "case.end")
    assert (ended["state"], ended["moved"]) == ("settled", "10000")
