"""An audit in figures: the groups that prices were judged among, the copies, and what could not be judged."""

from __future__ import annotations

from typing import Any

from x402_catalog.audit import AuditResult, Copies, Counts, Group

MAX_ROWS = 500  # groups and clusters that a document holds, the largest first


def audit_part(audited: AuditResult) -> dict[str, Any]:
    """The ``audit`` of the JSON document."""
    counts = audited.counts()
    groups = [group for group in audited.groups() if group.spread is not None]
    copies = sorted(audited.copies, key=lambda one: -len(one.members))
    part = {
        "listings": counts.listings,
        "priced": counts.priced,
        "judged": counts.judged,
        "not_judged": counts.not_judged,
        "peer_groups": [_group(group) for group in groups[:MAX_ROWS]],
        "clusters_of_copies": [_cluster(one, audited) for one in copies[:MAX_ROWS]],
        "left_out": {
            "peer_groups": max(0, len(groups) - MAX_ROWS), "clusters_of_copies": max(0, len(copies) - MAX_ROWS),
        },
    }  # fmt: skip
    return {"audit": part}


def audit_sentence(counts: Counts) -> str:
    """What could be judged, in one line."""
    others = ", ".join(f"{count} not ({reason})" for reason, count in counts.not_judged.items())
    return f"prices of {counts.judged} of {counts.listings} listings judged among peers" + (
        f"; {others}" if others else ""
    )


def _group(group: Group) -> dict[str, Any]:
    spread = group.spread
    assert spread is not None
    return {
        "group": group.name,
        "listings": group.listings,
        "prices": spread.count,
        "sellers": spread.sellers,
        "median": _dollars(spread.median),
        "spread": round(10**spread.scale, 2),
        "low": _dollars(spread.low),
        "high": _dollars(spread.high),
        "search": group.search,
    }


def _cluster(copies: Copies, audited: AuditResult) -> dict[str, Any]:
    slugs = [audited.rows[number].slug for number in copies.members]
    return {
        "rule": copies.rule.code,
        "listings": len(slugs),
        "first": slugs[0],
        "others": ", ".join(slugs[1:11]),
        "cheapest": None if copies.cheapest is None else audited.rows[copies.cheapest].slug,
    }


def _dollars(log: float) -> str:
    return f"{10**log:.6g}"
