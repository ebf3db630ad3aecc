"""Policy: what may be signed. Pure: data in, a decision with its reason out."""

from x402_harness.policy.choice import choose
from x402_harness.policy.decision import MICROS, Approval, Caps, Expected, Refusal, dollars_micro
from x402_harness.policy.modes import Mode, allowed_networks
from x402_harness.policy.policy import MAX_WINDOW, Policy
from x402_harness.policy.preflight import preflight_calls, preflight_objection

__all__ = [
    "MAX_WINDOW",
    "MICROS",
    "Approval",
    "Caps",
    "Expected",
    "Mode",
    "Policy",
    "Refusal",
    "allowed_networks",
    "choose",
    "dollars_micro",
    "preflight_calls",
    "preflight_objection",
]
