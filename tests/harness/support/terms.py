"""Terms, receipts and payments as they stand on the wire, for tests to vary one member at a time."""

from __future__ import annotations

import base64
import json
from typing import Any

from x402_harness.protocol.challenge import Option, read_challenge
from x402_harness.protocol.eip3009 import Domain, authorize
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.messages import Authorization

KEY = b"\x11" * 32
PAYER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
PAYEE = "0x2670B922ef37C7Df47158725C0CC407b5382293F"
STRANGER = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
BASE = "eip155:8453"
SEPOLIA = "eip155:84532"
BASE_USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
SEPOLIA_USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
SEPOLIA_DOMAIN = Domain("USDC", "2", 84532, SEPOLIA_USDC)
BASE_DOMAIN = Domain("USD Coin", "2", 8453, BASE_USDC)
PRICE = 20_000
NOW = 1_750_000_000
TRANSACTION = "0x" + "ab" * 32


def option_v1(**changes: Any) -> dict[str, Any]:
    """An entry of ``accepts``, version 1: 0.02 USDC on Base."""
    return {
        "scheme": "exact",
        "network": "base",
        "maxAmountRequired": str(PRICE),
        "resource": "https://shop.example/gen",
        "description": "",
        "mimeType": "application/json",
        "payTo": PAYEE.lower(),
        "maxTimeoutSeconds": 300,
        "asset": BASE_USDC,
        "outputSchema": None,
        "extra": {"name": "USD Coin", "version": "2"},
        **changes,
    }


def option_v2(**changes: Any) -> dict[str, Any]:
    """An entry of ``accepts``, version 2: 0.02 USDC on Base."""
    return {
        "scheme": "exact",
        "network": BASE,
        "amount": str(PRICE),
        "asset": BASE_USDC,
        "payTo": PAYEE.lower(),
        "maxTimeoutSeconds": 300,
        "extra": {"name": "USD Coin", "version": "2"},
        **changes,
    }


def required_v1(*options: Any, **members: Any) -> dict[str, Any]:
    """The message of a 402, version 1."""
    return {"x402Version": 1, "error": "X-PAYMENT header is required", "accepts": list(options), **members}


def required_v2(*options: Any, **members: Any) -> dict[str, Any]:
    """The message of a 402, version 2."""
    resource = {"url": "https://shop.example/gen", "description": "Image", "mimeType": "application/json"}
    return {"x402Version": 2, "resource": resource, "accepts": list(options), **members}


def header(message: Any) -> str:
    """A message as a header value, written without the code under test."""
    return base64.b64encode(json.dumps(message).encode()).decode()


def in_body(message: Any, status: int = 402) -> Response:
    """An answer with a message in its body."""
    return Response(status, (("content-type", "application/json"),), json.dumps(message).encode())


def in_header(message: Any, status: int = 402) -> Response:
    """An answer with a message in its ``PAYMENT-REQUIRED`` header."""
    return Response(status, (("PAYMENT-REQUIRED", header(message)),), b"{}")


def option(entry: dict[str, Any]) -> Option:
    """One entry of ``accepts`` as an option, of whichever version it is."""
    message = required_v1(entry) if "maxAmountRequired" in entry else required_v2(entry)
    challenge = read_challenge(in_body(message))
    assert not challenge.unreadable, challenge.unreadable
    return challenge.options[0]


def receipt(**changes: Any) -> dict[str, Any]:
    """A settlement response of success on Base."""
    return {"success": True, "transaction": TRANSACTION, "network": BASE, "payer": PAYER, **changes}


def authorization(**changes: Any) -> Authorization:
    """An authorization of the price by the payer for the payee."""
    values: dict[str, Any] = {
        "payer": PAYER,
        "payee": PAYEE,
        "value": PRICE,
        "now": NOW,
        "timeout": 300,
        "nonce": b"\x07" * 32,
        **changes,
    }
    return authorize(**values)
