"""Settle payments on each backend, next to the official SDK's facilitator over our JSON-RPC; then a cold start.

    TESTBUY_ANVIL=…/anvil python bench/settle.py [payments]

All of it is CPU time of this process, its servers and nodes included; figures are settled payments per CPU-second, and
ratios to the SDK's in the same run. Goal of the cold start: chain, token and first settlement within a CPU-second.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from x402_harness.protocol.challenge import Option, read_option
from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.sandbox.chains import Backend, Chains, Sender, Token
from x402_harness.sandbox.chains.collection import default_backend
from x402_harness.sandbox.facilitator import Facilitator, read_payment
from x402_harness.wallet import ThrowawayWallet

ASSET = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
PAYEE = "0x2670B922ef37C7Df47158725C0CC407b5382293F"
TERMS = {
    "scheme": "exact", "network": "eip155:8453", "amount": "20000", "asset": ASSET, "payTo": PAYEE,
    "maxTimeoutSeconds": 300, "extra": {"name": "USD Coin", "version": "2"},
}  # fmt: skip
OPTION: Option = read_option(2, TERMS)
COLD = """
import time
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet
from bench.settle import ASSET, OPTION, payments, read_payment
world = World(time.time, backend={backend!r})
token = world.chains.token("base", ASSET)
assert world.facilitator.settle(read_payment(payments(token, 1)[0]), OPTION).success
print(time.process_time())
"""


def cpu() -> float:
    """Seconds of CPU of this process and of the children that have ended."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def payments(token: Token, count: int) -> list[dict[str, Any]]:
    """So many payments, signed and funded."""
    payer = ThrowawayWallet(os.urandom(32))
    token.mint(payer.address, count * OPTION.amount)
    made = [
        authorize(
            payer=payer.address, payee=PAYEE, value=OPTION.amount, now=int(time.time()), timeout=300,
            nonce=os.urandom(32),
        )
        for _ in range(count)
    ]  # fmt: skip
    return [
        {
            "x402Version": 2,
            "accepted": TERMS,
            "payload": {"signature": "0x" + payer.sign(digest(token.domain, one)).hex(), "authorization": one.wire()},
        }
        for one in made
    ]


def measured(name: str, count: int, work: Callable[[], None]) -> float:
    """Payments per CPU-second of ``work``, printed."""
    began = cpu()
    work()
    rate = count / (cpu() - began)
    print(f"{name:36s} {rate:8.0f} per CPU-second", flush=True)
    return rate


def ours(backend: Backend, count: int) -> float:
    """Our facilitator, verifying and settling in process."""
    chains = Chains(time.time, backend, anvil=os.environ.get("TESTBUY_ANVIL"))
    facilitator = Facilitator(chains, time.time, Sender(os.urandom(32)))
    token = chains.token("base", ASSET)
    assert token is not None
    made = [read_payment(message) for message in payments(token, count)]

    def work() -> None:
        for payment in made:
            assert facilitator.verify(payment, OPTION).is_valid
            assert facilitator.settle(payment, OPTION).success
        chains.close()  # what a node of its own has used is known when it has ended

    return measured(f"ours, {backend}", count, work)


def theirs(count: int) -> float:
    """The SDK's facilitator with its own web3 signer, over our JSON-RPC on a socket."""
    from x402 import x402Facilitator
    from x402.mechanisms.evm.exact import register_exact_evm_facilitator
    from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
    from x402.schemas import PaymentPayload, PaymentRequirements

    chains = Chains(time.time)
    url, stop = served(chains)
    signer = FacilitatorWeb3Signer("0x" + os.urandom(32).hex(), url)
    facilitator = register_exact_evm_facilitator(x402Facilitator(), signer, "eip155:8453")
    token = chains.token("base", ASSET)
    assert token is not None
    terms = PaymentRequirements.model_validate(TERMS)
    made = [PaymentPayload.model_validate(message) for message in payments(token, count)]

    async def settle() -> None:
        for payment in made:
            assert (await facilitator.verify(payment, terms)).is_valid
            assert (await facilitator.settle(payment, terms)).success

    rate = measured(f"the SDK's, over our RPC ({chains.backend})", count, lambda: asyncio.run(settle()))
    stop()
    return rate


def served(chains: Chains) -> tuple[str, Callable[[], None]]:
    """Where Base is spoken to, and what stops it."""
    import uvicorn

    from x402_harness.sandbox.rpc.app import rpc_app

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(rpc_app(chains), log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=5)

    return f"http://127.0.0.1:{listener.getsockname()[1]}/8453", stop


def cold(backend: Backend) -> None:
    """A process that does nothing but settle once."""
    done = subprocess.run(
        [sys.executable, "-c", COLD.format(backend=str(backend))], check=True, capture_output=True, text=True
    )
    print(f"cold start to first settlement, {backend}: {float(done.stdout):.2f} CPU-seconds")


def main(count: int) -> None:
    """Print the figures."""
    backends = [Backend.MEMORY]
    if default_backend() is Backend.REVM:
        backends.append(Backend.REVM)
    for backend in backends:
        cold(backend)
    if shutil.which(os.environ.get("TESTBUY_ANVIL", "anvil")):
        backends.append(Backend.ANVIL)
    sdk = theirs(max(20, count // 10))
    for backend in backends:
        rate = ours(backend, count if backend is not Backend.ANVIL else max(20, count // 10))
        print(f"{'':36s} {rate / sdk:8.1f} × the SDK's", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
