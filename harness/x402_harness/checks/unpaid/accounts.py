"""CHAL022 to CHAL025, CHAL031 and CHAL049: who is paid, and in what."""

from __future__ import annotations

from x402_catalog.addresses import ZERO, Family, checksum, family, has_valid_checksum, same_address
from x402_catalog.findings import Level
from x402_catalog.models import text
from x402_catalog.networks import Method, Token, networks_of_asset, tokens
from x402_catalog.rules.offers import is_symbol
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import Entry, Faults

_BASIS = "x402 v1 §5.1, v2 §5.1"

ASSET_KNOWN = rule(
    "CHAL022",
    Level.WARNING,
    "asset is not in the table of its network",
    why="Its decimals and EIP-712 domain are unknown, so the price cannot be told and careful buyers do not sign.",
    basis=f"{_BASIS} (asset); default assets of the official SDKs",
    mend="Name the token's contract on that very network.",
)
CHECKSUM = rule(
    "CHAL023",
    Level.ERROR,
    "address breaks its EIP-55 checksum",
    why="A mixed-case address carries a checksum; a wrong one means a mistyped account, and money sent there is lost.",
    basis="EIP-55",
    mend="Copy the address again from its source, or write it all in lower case if it is surely right.",
)
FAMILY = rule(
    "CHAL024",
    Level.ERROR,
    "address is not of its network's kind",
    why="The transfer cannot be made: the network has no such account.",
    basis=f"{_BASIS} (payTo, asset)",
    mend="Give an address of the network that the entry names: no name, no placeholder, no other chain's account.",
)
PAYEE = rule(
    "CHAL025",
    Level.ERROR,
    "payee cannot receive the payment",
    why="Money for the zero address, a burn address or a contract of the payment itself is lost, or the call fails.",
    basis="ERC-20 transfers; EIP-3009; Permit2",
    mend="Name the seller's own account as payTo.",
)
SYMBOL = rule(
    "CHAL031",
    Level.ERROR,
    "asset is a symbol instead of an address",
    why="A symbol names no contract; anyone can make a token of that name.",
    basis=f"{_BASIS} (asset)",
    mend="Give the address of the token's contract on the network.",
)
LOOKALIKE = rule(
    "CHAL049",
    Level.ERROR,
    "asset pretends to be a known token",
    why="It has the name or the look of a stablecoin, but another contract: a buyer pays with something else.",
    basis="default assets of the official SDKs; EIP-712 (name)",
    mend="Name the token's own contract.",
)

_ONES = "1" * 32
_NOBODY = {
    ZERO: "the zero address",
    "0x000000000000000000000000000000000000dead": "a burn address",
    "0xdead000000000000000042069420694206942069": "a burn address",
    "0x000000000022d473030f116ddee9f6b43ac78ba3": "the Permit2 contract",
    "0x402085c248eea27d92e8b30b2c58ed07f9e20001": "the Permit2 proxy of exact",
    "0x4020a4f3b7b90cca423b9fabcc0ce57c6c240002": "the Permit2 proxy of upto",
    _ONES: "Solana's system program",
    "1nc1nerator11111111111111111111111111111111": "Solana's incinerator",
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA": "Solana's token program",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb": "Solana's token program",
}
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ENDS = 4  # digits at either end that people compare


def known_assets(entry: Entry) -> Faults:
    """The asset is one that the table has on that network, or at least no look-alike of one."""
    asset, where = entry.asset, entry.network
    if where is None or not asset or entry.token is not None or family(asset) is not where.family:
        return
    known = tokens(where.caip2)
    shown = [f"{row.asset.symbol} {row.asset.address}" for row in known]
    if elsewhere := networks_of_asset(asset):
        told = f"an asset of {elsewhere[0]}, not of {where.caip2}"
        yield entry.fault(ASSET_KNOWN, "asset", told, observed=asset, expected=shown, level=Level.ERROR)
    elif model := next((row for row in known if _resembles(entry, asset, row)), None):
        told = f"it looks like {model.asset}, but is another contract"
        yield entry.fault(LOOKALIKE, "asset", told, observed=asset, expected=model.asset.address)
    else:
        named = where.family is not Family.EVM or {"name", "version"} <= set(entry.extra)
        told = f"no asset that is known on {where.caip2}"
        level = Level.INFO if named or entry.scheme != "exact" or entry.method != "eip3009" or not known else None
        yield entry.fault(ASSET_KNOWN, "asset", told, observed=asset, expected=shown, level=level)


def _resembles(entry: Entry, asset: str, known: Token) -> bool:
    stated = {(text(entry.extra.get(name)) or "").strip().lower() for name in ("name", "symbol")} - {""}
    names = {(known.name or known.asset.symbol).lower(), known.asset.symbol.lower()}
    ours, theirs = asset.lower(), known.asset.address.lower()
    start = 2 if known.method is not Method.SPL else 0
    head = slice(start, start + _ENDS)
    return bool(stated & names) or (ours[head] == theirs[head] and ours[-_ENDS:] == theirs[-_ENDS:])


def forms(entry: Entry) -> Faults:
    """Payee and asset are addresses of the network's kind, and not mistyped."""
    for member, address in (("payTo", entry.pay_to), ("asset", entry.asset)):
        if not address or not address.strip() or entry.family is None:
            continue
        if member == "asset" and is_symbol(address):
            meant = [row.asset.address for row in _of_symbol(entry, address)]
            yield entry.fault(SYMBOL, member, f"{address!r} is a symbol", observed=address, expected=meant or None)
        elif family(address) is not entry.family or not _is_account(address):
            yield entry.fault(
                FAMILY, member, f"no address of {entry.network_name}", observed=address, expected=_WANTED[entry.family]
            )
        elif entry.family is Family.EVM and not has_valid_checksum(address):
            told = "mixed case, but not the case that EIP-55 gives"
            yield entry.fault(CHECKSUM, member, told, observed=address, expected=checksum(address))


_WANTED = {Family.EVM: "0x and 40 hex digits", Family.SOLANA: "base58 of 32 bytes"}


def _of_symbol(entry: Entry, symbol: str) -> list[Token]:
    known = tokens(entry.network.caip2) if entry.network else ()
    return [row for row in known if row.asset.symbol.lower() == symbol.lower()]


def _is_account(address: str) -> bool:
    if family(address) is not Family.SOLANA:
        return True
    value = 0
    for character in address:
        value = value * 58 + _BASE58.index(character)
    zeros = len(address) - len(address.lstrip("1"))
    return zeros + (value.bit_length() + 7) // 8 == 32


def payees(entry: Entry) -> Faults:
    """The payee is neither nobody nor a contract of the payment itself."""
    payee = entry.pay_to
    if payee is None or family(payee) is None:
        return
    key = payee.lower() if family(payee) is Family.EVM else payee
    reason = _NOBODY.get(key)
    if entry.asset is not None and same_address(payee, entry.asset):
        reason = "the token's own contract"
    elif reason is None and networks_of_asset(payee):
        reason = "a token's contract"
    elif reason is None and family(payee) is Family.EVM and int(payee, 16) < 0x400:
        reason = "a precompiled contract"
    if reason is not None:
        yield entry.fault(PAYEE, "payTo", f"the payee is {reason}", observed=payee)


ENTRY_RULES = (known_assets, forms, payees)
