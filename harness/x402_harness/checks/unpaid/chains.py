"""CHAL021, CHAL027, CHAL029, CHAL030 and CHAL040: the scheme, and the network in the version's own way."""

from __future__ import annotations

import re

from x402_catalog.findings import Level
from x402_catalog.networks import AMBIGUOUS_V1_NAMES, all_networks, intended_network, is_caip2, network
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import Entry, Faults

_BASIS = "x402 specification v1 §5.1 (network names), v2 §5.1, §11 (CAIP-2)"

KNOWN = rule(
    "CHAL021",
    Level.WARNING,
    "network is unknown",
    why="Neither its kind of address nor its assets can be judged, and clients that do not know it cannot pay.",
    basis=_BASIS,
    mend="Offer a network that buyers know beside it.",
)
SCHEME = rule(
    "CHAL027",
    Level.INFO,
    "scheme is not exact",
    why="Other schemes bind the buyer differently; this program reads but does not buy them.",
    basis="x402 v1 §6, v2 §6 (schemes)",
    mend="Nothing, if the scheme is meant.",
)
GENERATION = rule(
    "CHAL029",
    Level.ERROR,
    "network is named in the other version's way",
    why="Clients of the stated version do not know the name, and cannot pay.",
    basis=_BASIS,
    mend="Version 1 uses names such as base, version 2 CAIP-2 ids such as eip155:8453.",
)
MALFORMED = rule(
    "CHAL030",
    Level.ERROR,
    "network is written in a wrong form",
    why="No client knows it, although it may be plain which network is meant.",
    basis="CAIP-2; x402 v1, v2 (network)",
    mend="Write the network's v1 name or its CAIP-2 id.",
)
SCHEME_FORM = rule(
    "CHAL040",
    Level.ERROR,
    "scheme is written in a wrong form",
    why="Schemes are compared letter by letter: no client knows this one.",
    basis="x402 v1 §6, v2 §6 (schemes)",
    mend="Write the scheme's own name: exact.",
)

SCHEMES = frozenset({"exact", "upto", "batch-settlement", "auth-capture", "escrow", "deferred"})
_REFERENCE = {"eip155": re.compile(r"[1-9][0-9]{0,31}"), "solana": re.compile(r"[1-9A-HJ-NP-Za-km-z]{32}")}

_ALIKE = frozenset({"eip", "evm", "eth", "erc", "erc155", "eip1155", "chain", "ethereum"})
_IN_USE = frozenset({"cloudflare:402"})  # longer than CAIP-2 allows, and understood all the same


def schemes(entry: Entry) -> Faults:
    """The scheme is ``exact``, or another one that is at least spelt right."""
    stated = entry.scheme
    if not stated or not stated.strip() or stated == "exact":
        return
    plain = stated.strip().lower()
    if stated not in SCHEMES and plain in SCHEMES:
        yield entry.fault(SCHEME_FORM, "scheme", f"{plain} is meant", observed=stated, expected=plain)
    else:
        yield entry.fault(SCHEME, "scheme", f"the scheme is {stated!r}", observed=stated)


def networks(entry: Entry) -> Faults:
    """The network is written as the version writes it, and known."""
    name = entry.network_name
    if name and name.strip():
        yield from _second(entry, name) if entry.message.version == 2 else _first(entry, name)


def _second(entry: Entry, name: str) -> Faults:
    known = network(name)
    if known is not None and name != known.caip2:
        told = f"version 2 writes {known.caip2}"
        yield entry.fault(GENERATION, "network", told, observed=name, expected=known.caip2)
    elif name in AMBIGUOUS_V1_NAMES:
        told = "a name of version 1, which means different chains in different official sources"
        yield entry.fault(GENERATION, "network", told, observed=name, expected=list(AMBIGUOUS_V1_NAMES[name]))
    elif known is None and (meant := _in_other_case(name)):
        yield entry.fault(MALFORMED, "network", f"{meant} is meant", observed=name, expected=meant)
    elif known is None and (not _is_wellformed(name) or _of_a_misspelt_namespace(name)):
        meant = _meant(name, 2) or _of_a_misspelt_namespace(name)
        told = f"{meant} is meant" if meant else "no CAIP-2 id"
        yield entry.fault(MALFORMED, "network", told, observed=name, expected=meant or "a CAIP-2 id")
    elif known is None:
        told = f"the network {name} is not in the table"
        yield entry.fault(KNOWN, "network", told, observed=name, level=Level.INFO)


def _first(entry: Entry, name: str) -> Faults:
    known = network(name)
    if known is not None and name == known.v1_name:
        return
    if name in AMBIGUOUS_V1_NAMES:
        told = f"{name!r} means different chains in different official sources"
        yield entry.fault(KNOWN, "network", told, observed=name, expected=list(AMBIGUOUS_V1_NAMES[name]))
    elif is_caip2(name) and _is_wellformed(name):
        wanted = known.v1_name if known else None
        told = f"version 1 writes {wanted}" if wanted else "version 1 uses names"
        yield entry.fault(GENERATION, "network", told, observed=name, expected=wanted)
    elif meant := _meant(name, 1):
        yield entry.fault(MALFORMED, "network", f"{meant} is meant", observed=name, expected=meant)
    else:
        yield entry.fault(KNOWN, "network", f"the network {name!r} is unknown", observed=name)


def _is_wellformed(name: str) -> bool:
    if name in _IN_USE:
        return True
    if not is_caip2(name):
        return False
    namespace, reference = name.split(":", 1)
    pattern = _REFERENCE.get(namespace)
    return pattern is None or pattern.fullmatch(reference) is not None


def _of_a_misspelt_namespace(name: str) -> str | None:
    """The known EVM chain that is meant by ``eip:8453`` or ``base:8453``."""
    namespace, _, reference = name.partition(":")
    found = network(f"eip155:{reference}")
    alike = namespace in _ALIKE or (found is not None and namespace == found.v1_name)
    return found.caip2 if found is not None and alike else None


def _in_other_case(name: str) -> str | None:
    plain = name.strip().lower()
    return next((one.caip2 for one in all_networks() if one.caip2.lower() == plain), None)


def _meant(name: str, version: int) -> str | None:
    found = network(intended_network(name) or name)
    if found is None:
        return None
    return found.caip2 if version == 2 else found.v1_name or found.caip2


ENTRY_RULES = (schemes, networks)
