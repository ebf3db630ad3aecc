"""CHAL003 and CHAL044: every member that the version requires is there, and all have their types."""

from __future__ import annotations

from collections.abc import Callable

from x402_catalog.findings import Level
from x402_catalog.models import Json, mapping
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import PRICE, Entry, Fault, Faults, Message

ENTRY = rule(
    "CHAL003",
    Level.ERROR,
    "an entry of accepts cannot be read",
    why="A buyer that needs that option cannot pay; strict clients refuse the whole 402.",
    basis="x402 v1 §5.1, v2 §5.1 (PaymentRequirements)",
    mend="Give the entry every required member in its type.",
)
MEMBER = rule(
    "CHAL044",
    Level.ERROR,
    "member of the terms has a wrong type",
    why="Strict clients refuse the whole 402.",
    basis="x402 v1 §5.1, v2 §5.1",
    mend="Give the member its type, or leave it out.",
)
SILENT = rule(
    "CHAL162",
    Level.INFO,
    "version 1 terms give no reason",
    why="The specification asks for error; clients show it to people, and manage without.",
    basis="x402 v1 §5.1.2 (error, required)",
    mend="Say why payment is asked for, such as X-PAYMENT header is required.",
)

_Kind = tuple[str, Callable[[Json], bool]]
_TEXT: _Kind = ("a string", lambda value: isinstance(value, str))
_INTEGER: _Kind = ("an integer", lambda value: type(value) is int)
_OBJECT: _Kind = ("an object", lambda value: isinstance(value, dict))
_DIGITS: _Kind = ("a string of decimal digits", lambda value: isinstance(value, str))

_COMMON = {"scheme": _TEXT, "network": _TEXT, "asset": _TEXT, "payTo": _TEXT, "maxTimeoutSeconds": _INTEGER}
_REQUIRED = {
    1: {**_COMMON, PRICE[1]: _DIGITS, "resource": _TEXT, "description": _TEXT},
    2: {**_COMMON, PRICE[2]: _DIGITS},
}
_OPTIONAL: dict[int, dict[str, _Kind]] = {1: {"mimeType": _TEXT, "outputSchema": _OBJECT}, 2: {}}
_AROUND: dict[int, dict[str, _Kind]] = {1: {"error": _TEXT, "payer": _TEXT}, 2: {"error": _TEXT, "extensions": _OBJECT}}
_TAGS: _Kind = ("a list of strings", lambda value: isinstance(value, list) and all(isinstance(t, str) for t in value))
_FILLED = frozenset({"scheme", "network", "asset", "payTo"})
# What the member is called elsewhere: in the other version, in catalogues, by people.
_OTHERWISE = {
    "amount": ("maxAmountRequired", "max_amount_required", "price", "maxAmount", "value"),
    "maxAmountRequired": ("amount", "max_amount_required", "price", "maxAmount", "value"),
    "payTo": ("pay_to", "payto", "recipient", "address", "payee", "to"),
    "maxTimeoutSeconds": ("max_timeout_seconds", "maxTimeout", "timeout", "maxTimeoutMs"),
    "asset": ("token", "currency", "assetAddress"),
    "network": ("chain", "chainId"),
}


def entries(message: Message) -> Faults:
    """Every entry of ``accepts`` is an object."""
    for index, entry in enumerate(message.accepts):
        if not isinstance(entry, dict):
            yield message.fault(
                ENTRY, f"/accepts/{index}", "the entry is no object", observed=entry, expected="an object"
            )


def members(entry: Entry) -> Faults:
    """Required members are there, not empty and of their type; so are optional ones that are there."""
    version, missing = entry.message.version, []
    for name, (words, fits) in _REQUIRED[version].items():
        value = entry.raw.get(name)
        if value is None:
            missing.append(name)
        elif not fits(value):
            yield entry.fault(ENTRY, name, f"{name} is not {words}", observed=value, expected=words)
        elif name in _FILLED and not value.strip():
            yield entry.fault(ENTRY, name, f"{name} is empty", observed=value, expected=words)
    for name, (words, fits) in _OPTIONAL[version].items():
        value = entry.raw.get(name)
        if value is not None and not fits(value):
            yield entry.fault(ENTRY, name, f"{name} is not {words}", observed=value, expected=words)
    if missing:
        yield _missing(entry, missing)
    yield from _extra(entry)


def _missing(entry: Entry, names: list[str]) -> Fault:
    wanted = {name: _REQUIRED[entry.message.version][name][0] for name in names}
    told = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} missing"
    for name in names:
        told += _otherwise(entry, name)
    return entry.fault(ENTRY, "", told, observed=sorted(entry.raw)[:20], expected=wanted)


def _otherwise(entry: Entry, name: str) -> str:
    found = next((other for other in _OTHERWISE.get(name, ()) if entry.raw.get(other) is not None), None)
    if found is None:
        return ""
    other = next((version for version, price in PRICE.items() if price == found), None)
    return f"; {found} is what version {other} calls it" if other else f"; {found} is not its name"


def _extra(entry: Entry) -> Faults:
    # JSON inside a string is a defect of its own.
    value = entry.raw.get("extra")
    if value is not None and not isinstance(value, (dict, str)):
        yield entry.fault(ENTRY, "extra", "extra is not an object", observed=value, expected="an object")


def around(message: Message) -> Faults:
    """What stands beside ``accepts`` has its type."""
    kinds = _AROUND[message.version]
    for name, (words, fits) in kinds.items():
        value = message.data.get(name)
        if value is not None and not fits(value):
            yield message.fault(MEMBER, f"/{name}", f"{name} is not {words}", observed=value, expected=words)
    if message.version == 2:
        yield from _resource_texts(message)
    elif message.stated == 1 and message.data.get("error") is None:
        yield message.fault(SILENT, "", "error is missing", observed=sorted(message.data)[:20], expected="a string")


def _resource_texts(message: Message) -> Faults:
    resource = mapping(message.data.get("resource"))
    texts = dict.fromkeys(("description", "mimeType", "serviceName", "iconUrl"), _TEXT)
    for name, (words, fits) in {**texts, "tags": _TAGS}.items():
        value = resource.get(name)
        if value is not None and not fits(value):
            yield message.fault(MEMBER, f"/resource/{name}", f"{name} is not {words}", observed=value, expected=words)


MESSAGE_RULES = (entries, around)
ENTRY_RULES = (members,)
