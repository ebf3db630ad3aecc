"""All rules over one 402, in the order in which a reader wants them told."""

from __future__ import annotations

from collections.abc import Callable

from x402_harness.checks.unpaid import (
    accounts,
    amounts,
    carried,
    chains,
    declared,
    described,
    envelope,
    extras,
    hints,
    members,
    offers,
    resources,
    windows,
)
from x402_harness.checks.unpaid.view import Entry, Fault, Faults, Message, View

VIEW_RULES: tuple[Callable[[View], Faults], ...] = (
    envelope.media_type, resources.resources, offers.agreement, *carried.VIEW_RULES, *described.VIEW_RULES,
)  # fmt: skip
MESSAGE_RULES: tuple[Callable[[Message], Faults], ...] = (
    *envelope.MESSAGE_RULES, *members.MESSAGE_RULES, *resources.MESSAGE_RULES, *offers.MESSAGE_RULES,
    *declared.MESSAGE_RULES, *hints.MESSAGE_RULES, *carried.MESSAGE_RULES, *described.MESSAGE_RULES,
)  # fmt: skip
ENTRY_RULES: tuple[Callable[[Entry], Faults], ...] = (
    *members.ENTRY_RULES, *amounts.ENTRY_RULES, *chains.ENTRY_RULES, *accounts.ENTRY_RULES, *windows.ENTRY_RULES,
    *extras.ENTRY_RULES,
)  # fmt: skip


def faults(view: View) -> list[Fault]:
    """What every rule finds in one answer, the gravest first; no listing is needed."""
    found = list(view.faults)
    for message in view.judged:
        found += (fault for judge in MESSAGE_RULES for fault in judge(message))
        found += (fault for entry in message.entries for judge in ENTRY_RULES for fault in judge(entry))
    found += (fault for judge in VIEW_RULES for fault in judge(view))
    return sorted(found, key=lambda fault: fault.grade.rank)
