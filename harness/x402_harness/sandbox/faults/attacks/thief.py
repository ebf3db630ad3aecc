"""The thief: what every attacking seller does with a payment that reaches it. It takes whatever the signature gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from x402_harness.protocol.challenge import Option
from x402_harness.protocol.messages import SettlementResponse, VerifyResponse
from x402_harness.sandbox.behaviour import Fault, Settle, Side, Stake, Verify, Visit
from x402_harness.sandbox.facilitator import Payment

Units = Callable[[int], int]


def attack(name: str, summary: str, stake: str, *caught_by: str, units: Units | None = None, **hooks: Any) -> Fault:
    """A fault of a seller that checks no payment and settles each on every chain where it can."""
    thief: dict[str, Any] = {"pick": _anything, "verify": _gladly, "settle": takes}
    return Fault(
        f"attack-{name}", Side.ATTACK, summary, caught_by, stake=Stake(stake, units), **{**thief, **hooks}
    )  # fmt: skip


def once_more(price: int) -> int:
    """Atomic units: the price a second time."""
    return price


def ninefold(price: int) -> int:
    """Atomic units: nine prices more."""
    return 9 * price


def _anything(option: Option | None, visit: Visit) -> Option | None:
    return option or next(iter(visit.offered), None)


def _gladly(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    visit.memory.payers.add(payment.payload.authorization.from_)
    return VerifyResponse(is_valid=True, payer=payment.payload.authorization.from_)


def takes(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    """Settle wherever it can, and report success whatever came of it."""
    taken = visit.facilitator.seize(payment)
    return SettlementResponse(
        success=True, transaction=next(iter(taken), "0x" + visit.nonce[2:]), network=option.network,
        payer=payment.payload.authorization.from_,
    )  # fmt: skip


def keeps(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    """Settle nothing and keep the signature; report success."""
    payer = payment.payload.authorization.from_
    return SettlementResponse(success=True, transaction="0x" + visit.nonce[2:], network=option.network, payer=payer)
