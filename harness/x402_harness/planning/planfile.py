"""Plan files: what was priced and shown to a person, with digests, so that exactly that can be spent later.

The ``digest`` is the SHA-256 of every other member as canonical JSON (RFC 8785 for what a plan holds: ASCII keys,
integers, strings, booleans): whoever approves it approves all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from x402_catalog.models import Listing
from x402_harness.planning.cases import Case
from x402_harness.policy import Caps, Expected, Mode
from x402_harness.protocol.parsing import loads

LIFETIME = 86_400  # seconds that a plan may be applied
LARGEST = 64 * 1024 * 1024  # bytes of a plan that is read
_DIGITS = r"^[0-9]{1,78}$"
_ADDRESS = r"^0x[0-9a-fA-F]{40}$"
_SHA256 = r"^[0-9a-f]{64}$"


class BadPlan(ValueError):
    """A file is no plan; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CapsPart(_Part):
    """Caps in millionths of a dollar."""

    per_call: int = Field(ge=0)
    per_run: int = Field(ge=0)
    per_day: int = Field(ge=0)

    def caps(self) -> Caps:
        """As the policy takes them."""
        return Caps(self.per_call, self.per_run, self.per_day)


class RowPart(_Part):
    """The listing's row: where it was read, and the SHA-256 of its JSON in canonical form."""

    file: str
    line: int
    pointer: str
    sha256: str = Field(pattern=_SHA256)


class CallPart(_Part):
    """One purchase: the request, and the option that its endpoint asked for, which is paid to the unit."""

    case: str
    listing: str
    row: RowPart
    method: str
    url: str
    request: str = Field(pattern=_SHA256, description="SHA-256 of method, URL, headers and body")
    version: int = Field(description="of x402 that the endpoint speaks")
    scheme: str
    network: str
    asset: str = Field(pattern=_ADDRESS)
    symbol: str
    amount: str = Field(pattern=_DIGITS, description="atomic units")
    price: str = Field(description="whole units of the asset")
    pay_to: str = Field(pattern=_ADDRESS)
    timeout: int = Field(ge=1)

    def expected(self) -> Expected:
        """The terms that are approved."""
        return Expected(self.network, self.asset, self.pay_to, int(self.amount), exact=True)


class LeftOutPart(_Part):
    """A listing, or one call of it, that is not bought, and why; ``rule`` is the guard that refused it."""

    listing: str
    case: str | None
    rule: str | None
    reason: str


class TotalPart(_Part):
    """What is spent of one asset."""

    network: str
    asset: str
    symbol: str
    atomic: str = Field(pattern=_DIGITS)
    amount: str


class PlanFile(_Part):
    """A plan. ``total`` is in dollars, ``created`` and ``expires`` are seconds since 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="testbuy plan")

    schema_version: Literal[1]
    tool: Literal["testbuy"]
    version: str
    mode: Literal["testnet", "live"]
    created: int
    expires: int
    payer: str = Field(pattern=_ADDRESS)
    networks: list[str]
    caps: CapsPart
    seed: int
    rows: int | None
    allow_side_effects: bool
    allow_private: bool
    calls: list[CallPart] = Field(min_length=1)
    left_out: list[LeftOutPart]
    totals: list[TotalPart]
    total: str = Field(pattern=r"^[0-9]+\.[0-9]{2,6}$")
    digest: str = Field(pattern=_SHA256)

    @property
    def run(self) -> str:
        """The name by which its purchases stand in the ledger, whoever applies it and however often."""
        return f"plan-{self.digest[:32]}"

    @property
    def spent_in(self) -> Mode:
        """Its mode."""
        return Mode(self.mode)

    def is_intact(self) -> bool:
        """Whether the digest is that of the rest."""
        return self.digest == digest_of(self.model_dump(mode="json"))

    def text(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=True) + "\n"


def sealed(**members: Any) -> PlanFile:
    """The plan with these members and their digest."""
    made = PlanFile(schema_version=1, tool="testbuy", digest="0" * 64, **members)
    return made.model_copy(update={"digest": digest_of(made.model_dump(mode="json"))})


def read_plan(content: bytes) -> PlanFile:
    """The plan in a file, its digest not looked at yet. Raises :class:`BadPlan`."""
    if len(content) > LARGEST:
        raise BadPlan("it is larger than any plan")
    try:
        found = PlanFile.model_validate(loads(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise BadPlan(f"{where or 'the whole'}: {first['msg']}") from None
    except ValueError:
        raise BadPlan("it is no JSON") from None
    if len({call.case for call in found.calls}) < len(found.calls):
        raise BadPlan("calls: one of them stands there twice")
    return found


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file (2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlanFile.model_json_schema()}


def digest_of(members: dict[str, Any]) -> str:
    """SHA-256 over everything but the digest itself."""
    return _hashed({name: value for name, value in members.items() if name != "digest"})


def row_digest(listing: Listing) -> str:
    """SHA-256 of a listing's row, however it is laid out."""
    return _hashed(listing.record.value)


def request_digest(case: Case) -> str:
    """SHA-256 of everything that is sent for a case before it is paid for."""
    request = case.candidate.request
    return _hashed([request.method, request.url, [list(row) for row in request.headers], request.body.hex()])


def _hashed(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def dollars(micros: int) -> str:
    """Millionths of a dollar as dollars, with at least two decimals: ``12.50``."""
    whole, fraction = divmod(micros, 1_000_000)
    digits = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{digits}"


def totals_of(calls: Sequence[CallPart], decimals: dict[tuple[str, str], int]) -> list[TotalPart]:
    """What the calls cost together, asset by asset. ``decimals`` are those of each network and asset."""
    from x402_catalog.money import to_decimal

    sums: dict[tuple[str, str, str], int] = {}
    for call in calls:
        key = (call.network, call.asset, call.symbol)
        sums[key] = sums.get(key, 0) + int(call.amount)
    return [
        TotalPart(network=network, asset=asset, symbol=symbol, atomic=str(atomic),
                  amount=to_decimal(atomic, decimals[network, asset]))
        for (network, asset, symbol), atomic in sorted(sums.items())
    ]  # fmt: skip
