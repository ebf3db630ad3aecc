"""The rulebook: every rule of both packages, for explanations and documents."""

from __future__ import annotations

from importlib import import_module

from x402_catalog.rules.registry import REGISTRY, Rule

# Importing a module registers the rules that it declares.
_HOMES = (
    "x402_catalog.rules.reading",
    "x402_catalog.validation",
    "x402_catalog.audit.rules",
    "x402_harness.checks",
    "x402_harness.checks.refusals",
    "x402_harness.planning.refusals",
    "x402_harness.probing.rules",
    "x402_harness.policy",
    "x402_harness.policy.planrules",
)


def every_rule() -> tuple[Rule, ...]:
    """All rules, family by family."""
    for module in _HOMES:
        import_module(module)
    return tuple(REGISTRY)
