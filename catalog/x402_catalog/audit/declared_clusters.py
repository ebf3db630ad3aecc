"""Declared duplicate clusters beside the copies that were found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

from x402_catalog.audit import rules
from x402_catalog.audit.copies import Copies
from x402_catalog.audit.rows import Row
from x402_catalog.audit.verdicts import Found, Held, NotJudged, Verdict
from x402_catalog.duplicates import Clusters

CLUSTER = "/duplicate_cluster_id"
_SHOWN = 4


class DeclaredClusters:
    """What ``duplicate_cluster_id`` says, against what is alike by this catalogue."""

    def __init__(self, rows: Sequence[Row], copies: Iterable[Copies]) -> None:
        self._rows = rows
        self._alike = Clusters()
        for one in copies:
            if one.rule is not rules.FAMILY:  # which is one endpoint, whatever it is declared to be
                for number in one.members[1:]:
                    self._alike.join(one.members[0], number)
        # What only one is declared to be in, or is alike to no other, has nothing to be held against: most rows.
        counts = Counter(row.cluster for row in rows if row.cluster is not None)
        self._declared: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if row.cluster is not None and counts[row.cluster] > 1:
                self._declared[row.cluster].append(number)
        self._ids: dict[int, dict[str, int]] = {}  # the first of each id in a cluster of ours
        for members in self._alike.all():
            ids = self._ids[members[0]] = {}
            for number in members:
                if (stated := rows[number].cluster) is not None:
                    ids.setdefault(stated, number)
        self._ours = {stated: Counter(map(self._alike.leader, numbers)) for stated, numbers in self._declared.items()}

    def verdicts(self, number: int) -> Iterator[Verdict]:
        """What is to be said of the id that a row declares."""
        stated = self._rows[number].cluster
        if stated is None:
            return
        leader = self._alike.leader(number)
        ours = self._ours.get(stated)
        if ours is None:
            yield NotJudged(rules.ALIEN, CLUSTER, "no other listing of this catalogue is declared to be in it")
        elif ours[leader] > 1:
            yield Held(rules.ALIEN, CLUSTER, "another listing of it is a copy or nearly one")
        else:
            yield from self._alone(number, stated, ours)
        ids = self._ids.get(leader, {})
        if len(ids) > 1 and number == next(iter(ids.values())):
            yield self._otherwise(stated, ids)

    def _alone(self, number: int, stated: str, ours: Counter[int]) -> Iterator[Verdict]:
        declared = self._declared[stated]
        if number == declared[0] and len(ours) == len(declared):
            message = f"{len(declared)} listings are declared to be in it, and no two are alike by their texts"
            others = [self._rows[one].slug for one in declared[1 : _SHOWN + 1]]
            yield Found(rules.ALIEN, CLUSTER, message, stated, None, _compare([self._rows[number].slug, *others]))
        yield NotJudged(rules.ALIEN, CLUSTER, "not alike by their texts; how the catalogue compares is unpublished")

    def _otherwise(self, stated: str, ids: dict[str, int]) -> Found:
        others = [one for one in ids if one != stated]
        message = f"in {stated!r}, and its copies in {', '.join(map(repr, others[:_SHOWN]))}"
        slugs = [self._rows[one].slug for one in list(ids.values())[:_SHOWN]]
        return Found(rules.OTHER_CLUSTER, CLUSTER, message, stated, others[:_SHOWN], _compare(slugs))


def _compare(slugs: Iterable[str]) -> str:
    return " ".join(["testbuy compare", *map(quote, slugs)])
