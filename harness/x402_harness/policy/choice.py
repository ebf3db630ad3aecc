"""Choice: which option of a challenge is paid, of those that the policy approves."""

from __future__ import annotations

from x402_catalog.findings import Finding
from x402_harness.policy.decision import Approval, Expected
from x402_harness.policy.policy import Policy
from x402_harness.policy.rules import CROWD, NO_OPTION
from x402_harness.protocol.challenge import MAX_OPTIONS, Challenge


def choose(policy: Policy, challenge: Challenge, expected: Expected) -> Approval | Finding:
    """The first option that is approved, those that were planned first; else why the first of them is refused."""
    if challenge.unread:
        return _crowded(challenge)
    refusals: list[Finding] = []
    for option in sorted(challenge.options, key=lambda option: not expected.is_met_by(option)):
        decision = policy.decide(option, expected)
        if isinstance(decision, Approval):
            return decision
        refusals.append(decision.finding)
    return refusals[0] if refusals else _unreadable(challenge)


def _crowded(challenge: Challenge) -> Finding:
    count = MAX_OPTIONS + challenge.unread
    return CROWD.finding(f"the challenge offers {count} options", observed=count, expected=f"<= {MAX_OPTIONS}")


def _unreadable(challenge: Challenge) -> Finding:
    why = "".join(f": {one.error.message} at {one.error.pointer}" for one in challenge.unreadable[:1])
    return NO_OPTION.finding(f"the challenge holds no option that can be read{why}")
