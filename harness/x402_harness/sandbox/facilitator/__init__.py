"""The facilitator: verifies and settles ``exact`` EIP-3009 payments on the sandbox's chains, in process or by HTTP."""

from x402_harness.sandbox.facilitator.payment import Payment, read_payment
from x402_harness.sandbox.facilitator.service import Facilitator

__all__ = ["Facilitator", "Payment", "read_payment"]
