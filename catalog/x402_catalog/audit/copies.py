"""Copies: clusters of listings that are one endpoint, one family, one content, or nearly one text."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from x402_catalog.audit import rules
from x402_catalog.audit.rows import Row
from x402_catalog.audit.verdicts import Found
from x402_catalog.duplicates import Clusters, near_pairs
from x402_catalog.rules.registry import Rule

_SHOWN = 5  # slugs that a finding names
_SAME_THING = frozenset({"DUP001", "DUP002", "DUP004", "DUP005"})


@dataclass(frozen=True, slots=True)
class Copies:
    """Rows (by number) that ``rule`` says are copies; ``cheapest`` is one of them, ``None`` if none has a price."""

    rule: Rule
    members: tuple[int, ...]
    cheapest: int | None
    dearest: int | None


def find_copies(rows: Sequence[Row]) -> list[Copies]:
    """Every cluster. What is found by a stricter rule counts once for the rules that come after it: the same endpoint,
    a family of one template, the same content, nearly the same text."""
    found: list[Copies] = []
    left: Sequence[int] = range(len(rows))
    for rule, key in ((rules.SAME_ENDPOINT, _endpoint), (rules.FAMILY, _template), (rules.EXACT, _content)):
        clusters = _equal(rows, left, key)
        found += [_copies(rule, rows, cluster) for cluster in clusters]
        left = _leaders(left, clusters)
    clusters = _near(rows, left)
    return found + [_copies(rules.NEAR, rows, cluster) for cluster in clusters]


def copy_findings(rows: Sequence[Row], copies: Iterable[Copies]) -> Iterator[tuple[int, Found]]:
    """One finding for each cluster, at its first listing."""
    for one in copies:
        yield one.members[0], _told(rows, one)
        if one.rule.code in _SAME_THING and (found := _prices_differ(rows, one)) is not None:
            yield found


def _endpoint(row: Row) -> int:
    return row.endpoint


def _template(row: Row) -> int:
    return row.template


def _content(row: Row) -> int:
    return row.content


def _equal(rows: Sequence[Row], numbers: Iterable[int], key: Callable[[Row], int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        if value := key(rows[number]):
            found[value].append(number)
    return [members for members in found.values() if len(members) > 1]


def _leaders(numbers: Iterable[int], clusters: Iterable[list[int]]) -> list[int]:
    """The numbers without those of a cluster that are not its first."""
    others = {number for cluster in clusters for number in cluster[1:]}
    return [number for number in numbers if number not in others]


def _near(rows: Sequence[Row], numbers: Iterable[int]) -> list[list[int]]:
    clusters = Clusters()
    for one, other, _ in near_pairs([(n, sketch) for n in numbers if (sketch := rows[n].sketch) is not None]):
        if rows[one].method == rows[other].method:
            clusters.join(one, other)
    return clusters.all()


def _copies(rule: Rule, rows: Sequence[Row], members: list[int]) -> Copies:
    payees = {rows[number].payee for number in members}
    hosts = {rows[number].host for number in members}
    if rule in (rules.EXACT, rules.NEAR) and len(hosts) > 1 and len(payees) == 1 and 0 not in payees:
        rule = rules.MIRROR
    priced = [number for number in members if rows[number].price is not None]

    def asked(number: int) -> tuple[float, int]:
        price = rows[number].price
        return (float("-inf") if price is None or price.log is None else price.log, number)

    return Copies(rule, tuple(members), min(priced, key=asked, default=None), max(priced, key=asked, default=None))


def _told(rows: Sequence[Row], copies: Copies) -> Found:
    slugs = [rows[number].slug for number in copies.members]
    shown = ", ".join(slugs[1 : _SHOWN + 1]) + (
        f" and {len(slugs) - _SHOWN - 1} more" if len(slugs) > _SHOWN + 1 else ""
    )
    where = _where(rows, copies)
    message = f"{len(slugs)} listings {where}: this one, {shown}{_cheapest(rows, copies)}"
    at = "/summary" if copies.rule in (rules.EXACT, rules.NEAR, rules.MIRROR) else "/url"
    return Found(copies.rule, at, message, slugs[0], slugs[1 : _SHOWN + 1], _search(rows, copies))


def _where(rows: Sequence[Row], copies: Copies) -> str:
    hosts = {rows[number].host for number in copies.members}
    if copies.rule is rules.MIRROR:
        return f"on {len(hosts)} hosts with one payee"
    return f"on {len(hosts)} hosts" if len(hosts) > 1 else f"on {next(iter(hosts)) or 'no host'}"


def _cheapest(rows: Sequence[Row], copies: Copies) -> str:
    if copies.cheapest is None or copies.dearest is None:
        return ""
    low, high = rows[copies.cheapest], rows[copies.dearest]
    if low.price is None or high.price is None or low.price.log == high.price.log:
        return "; all ask the same"
    return f"; the cheapest is {low.slug} at {_dollars(low)}, the dearest {high.slug} at {_dollars(high)}"


def _prices_differ(rows: Sequence[Row], copies: Copies) -> tuple[int, Found] | None:
    if copies.cheapest is None or copies.dearest is None:
        return None
    low, high = rows[copies.cheapest], rows[copies.dearest]
    if low.price is None or high.price is None or low.price.log == high.price.log:
        return None
    at = f"/accepts/{high.price.offer}/max_amount_required_atomic"
    message = f"{_dollars(high)} for what {low.slug} sells at {_dollars(low)} ({copies.rule.title})"
    found = Found(
        rules.COPIES_DIFFER, at, message, str(high.price.atomic), str(low.price.atomic), _search(rows, copies)
    )
    return copies.dearest, found


def _dollars(row: Row) -> str:
    price = row.price
    return "no price" if price is None else f"${10**price.log:.6g}" if price.log is not None else "$0"


def _search(rows: Sequence[Row], copies: Copies) -> str:
    hosts = [host for host, _ in Counter(rows[number].host for number in copies.members).most_common(_SHOWN)]
    first = rows[copies.members[0]]
    parts = [f"--host {shlex.quote(host)}" for host in hosts if host]
    return " ".join(["testbuy search", *parts, f"--method {shlex.quote(first.method)}"])
