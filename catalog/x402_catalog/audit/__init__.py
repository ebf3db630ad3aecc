"""The audit of a whole catalogue: each listing judged among all others of it, by price and by likeness."""

from x402_catalog.audit.auditing import AuditResult, Counts, audit
from x402_catalog.audit.copies import Copies
from x402_catalog.audit.peers import Group

__all__ = ["AuditResult", "Copies", "Counts", "Group", "audit"]
