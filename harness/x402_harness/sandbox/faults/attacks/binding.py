"""Attacks by what a signature binds: domain, window, scheme, method and flow."""

from __future__ import annotations

from typing import Any

from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.assets import LOOK_ALIKE
from x402_harness.sandbox.faults.attacks.thief import attack, ninefold, once_more
from x402_harness.sandbox.faults.conditions import STRANGER
from x402_harness.sandbox.faults.terms import Message, domain, entries, entry

YEAR = 365 * 24 * 3600
_PERMIT = {
    "primaryType": "Permit",
    "message": {"spender": STRANGER, "value": str(2**256 - 1), "deadline": str(2**256 - 1)},
}


def _scheme(name: str, **extra: Any) -> Any:
    def change(told: Message, visit: Visit) -> Message:
        return {**told, "scheme": name, "extra": {**(told.get("extra") or {}), **extra}}

    return entries(change)


FAULTS = (
    attack("domain-name", "gives the name of another token as the EIP-712 domain",
           "a signature that is void here and good for another contract", "SPEND006", "CHAL036",
           message=domain(name="EURC")),
    attack("domain-version", "gives another version of the EIP-712 domain",
           "a signature that is void here and good for another contract", "SPEND006", "CHAL036",
           message=domain(version="1")),
    attack("domain-left-out", "leaves the EIP-712 domain out, so that the buyer fills in what it finds",
           "a signature for whatever contract the buyer was told of before", "CHAL042", message=entry(extra={})),
    attack("domain-chain", "names another chain in extra than in the terms", "the price on the other chain",
           "SPEND006", units=once_more, message=domain(chainId=1)),
    attack("domain-contract", "names another contract in extra than the asset",
           "what the other contract does with the signature", "SPEND006", message=domain(verifyingContract=LOOK_ALIKE)),
    attack("domain-number", "gives the domain's version as a number",
           "a signature over what a number becomes", "SPEND006", message=domain(version=2)),
    attack("domain-object", "gives the domain's name as an object",
           "a signature over what an object becomes", "SPEND006", message=domain(name={"value": "USD Coin"})),
    attack("window-year", "wants payments that stay valid for a year",
           "the price, at a time when nobody remembers what it was for", "SPEND010", "CHAL026", units=once_more,
           message=entry(maxTimeoutSeconds=YEAR)),
    attack("window-endless", "wants payments that stay valid until the end of 256 bits",
           "the price, at any time", "SPEND010", units=once_more, message=entry(maxTimeoutSeconds=2**255)),
    attack("window-negative", "wants payments that ended before they began",
           "a window that unsigned words read as endless", "SPEND010", "CHAL026",
           message=entry(maxTimeoutSeconds=-1)),
    attack("window-text", "writes a year's window as text", "a window that was not looked at", "SPEND013", "CHAL003",
           message=entry(maxTimeoutSeconds=str(YEAR))),
    attack("window-float", "writes a year's window as a float", "a window that was not looked at", "SPEND013",
           "CHAL003", message=entry(maxTimeoutSeconds=float(YEAR))),
    attack("window-own", "gives a year's validBefore in extra and in the entry",
           "the price, at a time when nobody remembers what it was for", units=once_more,
           message=entries(lambda told, visit: {
               **told, "validBefore": "9999999999", "extra": {**(told.get("extra") or {}), "validBefore": "9999999999"},
           })),
    attack("scheme-upto", "offers the scheme upto, in which the seller says afterwards what is taken",
           "everything up to the ceiling, by Permit2", "SPEND001", units=ninefold, message=_scheme("upto")),
    attack("scheme-escrow", "offers the scheme escrow, in which a contract holds the money",
           "the price, held until the seller gives it back", "SPEND001", units=once_more, message=_scheme("escrow")),
    attack("scheme-deferred", "offers the scheme deferred", "a promise that is settled with others, later",
           "SPEND001", message=_scheme("deferred")),
    attack("scheme-capture", "offers the scheme auth-capture", "the price, held first and captured later",
           "SPEND001", units=once_more, message=_scheme("auth-capture")),
    attack("scheme-capitals", "writes the scheme as Exact", "a scheme that was compared in another form", "SPEND001",
           "CHAL040", message=_scheme("Exact")),
    attack("scheme-script", "writes the scheme with a letter of another script",
           "a scheme of the seller's making", "SPEND001", message=_scheme("\u0435xact")),
    attack("method-permit2", "wants the transfer by Permit2", "an allowance to a contract that serves every token",
           "SPEND002", "CHAL037", message=_scheme("exact", assetTransferMethod="permit2")),
    attack("method-delegation", "wants the transfer by a delegation", "a right that may be used again and again",
           "SPEND002", "CHAL037", message=_scheme("exact", assetTransferMethod="erc7710")),
    attack("method-unknown", "wants the transfer by a method of its own", "whatever the method is", "SPEND002",
           "CHAL041", message=_scheme("exact", assetTransferMethod="approve")),
    attack("method-list", "gives a list of transfer methods, the plain one first", "what the last one allows",
           "SPEND002", message=_scheme("exact", assetTransferMethod=["eip3009", "permit2"])),
    attack("flow-upfront", "wants the money before the answer exists", "the price, for no answer", "SPEND003",
           "CHAL037", units=once_more, message=_scheme("exact", paymentFlow="upfront")),
    attack("flow-escrow", "wants the money before and after the answer", "the price, twice", "SPEND003", "CHAL037",
           units=once_more, message=_scheme("exact", paymentFlow="escrow")),
    attack("permit-in-extra", "puts a permit for everything into extra, ready to be signed",
           "everything that the account holds, at any time",
           message=domain(typedData=_PERMIT, permit=_PERMIT, spender=STRANGER)),
)  # fmt: skip
