"""A sandbox in another process: its chains over JSON-RPC, its facilitator over HTTP."""

from __future__ import annotations

from typing import Any

from x402_catalog.money import Money
from x402_catalog.networks import network
from x402_harness.edge.client import Client
from x402_harness.edge.rpc import Rpc, RpcError
from x402_harness.protocol import abi
from x402_harness.protocol.exchange import Balances, Failure, Request
from x402_harness.protocol.onchain import USED, Call
from x402_harness.protocol.parsing import loads


class NoSandbox(Exception):
    """There is no sandbox at that URL; the message says what is there instead."""


class RemoteSandbox:
    """A running ``testbuy sandbox`` at ``url``, spoken to by ``client``.

    Raises :class:`~x402_harness.edge.rpc.RpcError` where its chain does not answer.
    """

    def __init__(self, url: str, client: Client) -> None:
        self._url = url.rstrip("/")
        self._client = client

    async def check(self) -> None:
        """Raise :class:`NoSandbox` unless a sandbox answers."""
        await self.sellers()

    async def sellers(self) -> dict[str, str]:
        """The URLs of its sellers by the slugs of their listings. Raises :class:`NoSandbox`."""
        told = await self._get("/")
        if not isinstance(told, dict) or told.get("name") != "testbuy sandbox":
            raise NoSandbox(f"{self._url} is no testbuy sandbox")
        rows = told.get("sellers")
        return {str(row["slug"]): str(row["url"]) for row in rows} if isinstance(rows, list) else {}

    async def balances(self, network: str, asset: str, payer: str, payee: str) -> Balances:
        """What both accounts hold."""
        calls = [_call(asset, abi.call("balanceOf(address)", account)) for account in (payer, payee)]
        held = await self._rpc(network).ask(calls)
        return Balances(*(int(str(word), 16) for word in held))

    async def nonce_used(self, network: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        data = abi.call("authorizationState(address,bytes32)", payer, bytes.fromhex(nonce[2:]))
        (word,) = await self._rpc(network).ask([_call(asset, data)])
        return int(str(word), 16) == 1

    async def settlement(self, network: str, asset: str, payer: str, nonce: str) -> str | None:
        """The hash of the transaction that used the payer's nonce; ``None`` if none did."""
        topics = ["0x" + part.hex() for part in (abi.topic(USED), abi.word(payer), bytes.fromhex(nonce[2:]))]
        wanted = {"address": asset, "fromBlock": "0x0", "toBlock": "latest", "topics": topics}
        (logs,) = await self._rpc(network).ask([Call("eth_getLogs", (wanted,))])
        first = next(iter(logs if isinstance(logs, list) else ()), None)
        return str(first["transactionHash"]) if isinstance(first, dict) else None

    async def fund(self, account: str, money: Money) -> None:
        """Give an account sandbox money."""
        call = Call("testbuy_fund", (account, money.asset.address, hex(money.atomic)))
        await self._rpc(money.asset.network).ask([call])

    async def was_asked(self, nonce: str) -> bool:
        """Whether a seller asked the sandbox's facilitator about a payment with that nonce."""
        told = await self._get(f"/facilitator/asked/{nonce}")
        return isinstance(told, dict) and told.get("asked") is True

    def _rpc(self, name: str) -> Rpc:
        where = network(name)
        if where is None or where.chain_id is None:
            raise RpcError(f"{name} is no EVM network")
        return Rpc(f"{self._url}/rpc/{where.chain_id}", self._client)

    async def _get(self, path: str) -> Any:
        answer = await self._client.send(Request("GET", self._url + path, (("accept", "application/json"),)))
        if isinstance(answer, Failure):
            raise NoSandbox(f"{self._url} cannot be reached: {answer.message}")
        try:
            return loads(answer.body)
        except ValueError:
            raise NoSandbox(f"{self._url} is no testbuy sandbox: its answer is no JSON") from None


def _call(asset: str, data: bytes) -> Call:
    return Call("eth_call", ({"to": asset, "data": "0x" + data.hex()}, "latest"))
