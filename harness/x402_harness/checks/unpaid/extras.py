"""CHAL150 to CHAL152: what ``extra`` says beside the EIP-712 domain, against the entry that it belongs to."""

from __future__ import annotations

from x402_catalog.addresses import Family, family, same_address
from x402_catalog.findings import Level
from x402_catalog.models import text
from x402_catalog.networks import Method
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import Entry, Fault, Faults

MEMO = rule(
    "CHAL150",
    Level.ERROR,
    "memo cannot stand in the transaction",
    why="The buyer must put this very text into the transaction; a longer one, or none that is text, is refused.",
    basis="specs/schemes/exact/scheme_exact_svm.md (extra.memo: UTF-8, at most 256 bytes)",
    mend="Give a text of at most 256 bytes, or leave memo out.",
)
CARRIES = rule(
    "CHAL151",
    Level.ERROR,
    "transfer method cannot make this payment",
    why="Either the token has no such function or the scheme no such payload: every signed payment is refused.",
    basis="specs/schemes/exact/scheme_exact_evm.md, specs/schemes/upto/scheme_upto_evm.md (assetTransferMethod)",
    mend="Name permit2 for upto and for tokens without EIP-3009.",
)
CONTRADICTS = rule(
    "CHAL152",
    Level.WARNING,
    "extra contradicts its entry",
    why="A client that goes by it signs for another chain, contract or number of decimals than the entry names.",
    basis="x402 v1 §5.1, v2 §5.1 (network, asset); EIP-712 (chainId, verifyingContract)",
    mend="Correct it, or leave it out: network and asset say it already.",
)

MEMO_BYTES = 256


def memos(entry: Entry) -> Faults:
    """A memo for a Solana transaction is text of at most 256 bytes."""
    memo = entry.extra.get("memo")
    if memo is None or entry.scheme != "exact" or entry.family is not Family.SOLANA:
        return
    size = len(memo.encode("utf-8", "replace")) if isinstance(memo, str) else None
    if size is None or size > MEMO_BYTES:
        told = "memo is not a string" if size is None else f"memo has {size} bytes"
        yield entry.fault(MEMO, "extra/memo", told, observed=memo, expected=f"at most {MEMO_BYTES} bytes of text")


def carriers(entry: Entry) -> Faults:
    """The transfer method fits scheme and token."""
    stated = entry.extra.get("assetTransferMethod")
    at = "extra/assetTransferMethod" if stated is not None else "extra" if "extra" in entry.raw else ""
    if entry.scheme == "upto" and entry.family is Family.EVM and stated == "eip3009":
        told = "upto is paid by permit2 alone"
    elif entry.scheme == "exact" and entry.method == "eip3009" and entry.token and entry.token.method is Method.PERMIT2:
        told = f"{entry.token.asset} has no EIP-3009: it is paid by permit2"
    else:
        return
    yield entry.fault(CARRIES, at, told, observed=stated, expected="permit2")


def contradictions(entry: Entry) -> Faults:
    """Chain, contract and decimals that ``extra`` repeats are the entry's own."""
    chain = entry.network.chain_id if entry.network else None
    decimals = entry.token.asset.decimals if entry.token else None
    for name, own in (("chainId", chain), ("decimals", decimals)):
        stated = entry.extra.get(name)
        if own is not None and stated is not None and _number(stated) != own:
            yield _contradiction(entry, name, stated, own)
    contract = text(entry.extra.get("verifyingContract"))
    if contract and entry.asset and family(entry.asset) is Family.EVM and not same_address(contract, entry.asset):
        yield _contradiction(entry, "verifyingContract", contract, entry.asset)


def _number(stated: object) -> int | None:
    if type(stated) is int:
        return stated
    found = text(stated) or ""
    return int(found) if found.isascii() and found.isdigit() and len(found) <= 32 else None


def _contradiction(entry: Entry, name: str, stated: object, own: object) -> Fault:
    return entry.fault(CONTRADICTS, f"extra/{name}", f"{name} is another than the entry's", observed=stated,
                       expected=own)  # fmt: skip


ENTRY_RULES = (memos, carriers, contradictions)
