"""CHAL026, CHAL036 to CHAL038 and CHAL041 to CHAL043: the time a payment is valid, and what ``extra`` says of it."""

from __future__ import annotations

from x402_catalog.addresses import Family, family
from x402_catalog.findings import Level
from x402_catalog.rules.offers import MAX_TIMEOUT
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import Entry, Faults

_EVM = "specs/schemes/exact/scheme_exact_evm.md"

TIMEOUT = rule(
    "CHAL026",
    Level.WARNING,
    "timeout is out of range",
    why="It bounds how long a signed payment stays valid: a short one is refused, a long one is a risk for the buyer.",
    basis="x402 v1 §5.1, v2 §5.1 (maxTimeoutSeconds); facilitators refuse less than 6 seconds",
    mend="Give seconds, not milliseconds: usually 60 to 300.",
)
DOMAIN = rule(
    "CHAL036",
    Level.ERROR,
    "EIP-712 name or version differs from the token's",
    why="A signature over that domain is void: every payment fails, or a look-alike contract is meant.",
    basis=f"EIP-712; {_EVM} (extra.name, extra.version)",
    mend="Give the token contract's own name and version.",
)
TRANSFER = rule(
    "CHAL037",
    Level.INFO,
    "transfer method or payment flow is not the plain one",
    why="This program reads but does not buy it: it binds the buyer to more than one bounded transfer.",
    basis=f"specs/schemes/exact/scheme_exact.md (paymentFlow), {_EVM} (assetTransferMethod)",
    mend="Nothing, if it is meant; an eip3009 offer beside it reaches more buyers.",
)
EXTRA_FORM = rule(
    "CHAL038",
    Level.ERROR,
    "extra is a string",
    why="Clients look for members of an object and find none, so they sign with a guessed domain or not at all.",
    basis="x402 v1 §5.1, v2 §5.1 (extra)",
    mend="Give the object itself.",
)
UNKNOWN_METHOD = rule(
    "CHAL041",
    Level.ERROR,
    "transfer method or payment flow is unknown",
    why="No client knows what to sign.",
    basis=f"specs/schemes/exact/scheme_exact.md (paymentFlow), {_EVM} (assetTransferMethod)",
    mend="Use eip3009, permit2 or erc7710; authorization, upfront or escrow.",
)
NO_DOMAIN = rule(
    "CHAL042",
    Level.ERROR,
    "extra lacks the token's EIP-712 name or version",
    why="Clients sign over what extra says; without it they do not sign, and facilitators refuse the payment.",
    basis=f"{_EVM} (extra.name, extra.version)",
    mend="Give the token contract's own name and version in extra.",
)
FEE_PAYER = rule(
    "CHAL043",
    Level.ERROR,
    "extra lacks what the scheme needs",
    why="On Solana the client builds a transaction whose fee the named account pays; upto names the facilitator.",
    basis="specs/schemes/exact/scheme_exact_svm.md (extra.feePayer), specs/schemes/upto (extra.facilitatorAddress)",
    mend="Name the account in extra, as the facilitator's /supported does.",
)

LEAST = 6  # seconds that facilitators want a payment still to be valid
_KNOWN = {
    "assetTransferMethod": ("eip3009", "permit2", "erc7710"),
    "paymentFlow": ("authorization", "upfront", "escrow"),
}


def timeouts(entry: Entry) -> Faults:
    """The timeout is positive, long enough to be used and not absurd."""
    seconds = entry.timeout
    if seconds is None or LEAST <= seconds <= MAX_TIMEOUT:
        return
    level, told = None, f"facilitators refuse what is valid for less than {LEAST} seconds"
    if seconds <= 0:
        level, told = Level.ERROR, "no payment can be made in that time"
    elif seconds > MAX_TIMEOUT:
        level = None if entry.scheme == "exact" else Level.INFO
        told = f"a signed payment would stay valid for {seconds} seconds" + _guess(seconds)
    yield entry.fault(
        TIMEOUT, "maxTimeoutSeconds", told, observed=seconds, expected=f"{LEAST} to {MAX_TIMEOUT} seconds", level=level
    )


def _guess(seconds: int) -> str:
    if seconds % 1000 == 0 and LEAST <= seconds // 1000 <= MAX_TIMEOUT:
        return ": milliseconds?"
    return f": {seconds // 86400} days" if seconds >= 2 * 86400 else ""


def extra_form(entry: Entry) -> Faults:
    """``extra`` is an object, not JSON inside a string."""
    value = entry.raw.get("extra")
    if isinstance(value, str):
        yield entry.fault(EXTRA_FORM, "extra", "a string, not an object", observed=value, expected="an object")


def methods(entry: Entry) -> Faults:
    """Transfer method and payment flow are known."""
    for name, known in _KNOWN.items():
        stated = entry.extra.get(name)
        if stated is None or stated == known[0]:
            continue
        if stated in known:
            yield entry.fault(TRANSFER, f"extra/{name}", f"{name} is {stated}", observed=stated, expected=known[0])
        elif entry.scheme == "exact":
            yield entry.fault(
                UNKNOWN_METHOD, f"extra/{name}", f"{name} is {stated!r}", observed=stated, expected=list(known)
            )


def domains(entry: Entry) -> Faults:
    """The EIP-712 domain is stated and is the token's."""
    if entry.scheme != "exact" or entry.family is not Family.EVM or not _is_readable(entry.raw.get("extra")):
        return
    row = entry.token
    wanted = {"name": row.name if row else None, "version": row.version if row else None}
    missing = [name for name in wanted if entry.extra.get(name) in (None, "")]
    if missing and entry.method == "eip3009":
        told = f"{' and '.join(missing)} missing"
        # Clients of version 1 fill in the domains of tokens that they know; what is no contract is told as that.
        known = row is not None or family(entry.asset) is not Family.EVM
        level = Level.WARNING if entry.message.version == 1 and known else None
        yield entry.fault(NO_DOMAIN, "extra" if "extra" in entry.raw else "", told,
                          observed=sorted(entry.extra), expected=wanted, level=level)  # fmt: skip
    for name, value in wanted.items():
        stated = entry.extra.get(name)
        if name in missing or stated is None:
            continue
        if not isinstance(stated, str) or (value is not None and stated != value):
            told = f"the domain of {row.asset} has the {name} {value!r}" if row else f"{name} is not a string"
            yield entry.fault(DOMAIN, f"extra/{name}", told, observed=stated, expected=value or "a string")


def _is_readable(extra: object) -> bool:
    return extra is None or isinstance(extra, dict)


def needed(entry: Entry) -> Faults:
    """What the scheme needs beside the terms is there."""
    if entry.scheme == "exact" and entry.family is Family.SOLANA:
        yield from _named(entry, "feePayer")
    elif entry.scheme == "upto" and entry.family is Family.EVM:
        yield from _named(entry, "facilitatorAddress")


def _named(entry: Entry, name: str) -> Faults:
    stated = entry.extra.get(name)
    if stated is None:
        at = "extra" if "extra" in entry.raw else ""
        yield entry.fault(FEE_PAYER, at, f"{name} is missing", observed=sorted(entry.extra), expected=name)
    elif family(stated) is not entry.family:
        yield entry.fault(FEE_PAYER, f"extra/{name}", f"{name} is no address of {entry.network_name}",
                          observed=stated)  # fmt: skip


ENTRY_RULES = (timeouts, extra_form, methods, domains, needed)
