"""The audit: one pass over a catalogue, after which every listing of it can be judged among the others."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from x402_catalog.audit.copies import Copies, copy_findings, find_copies
from x402_catalog.audit.declared_clusters import DeclaredClusters
from x402_catalog.audit.peers import Group, Peers
from x402_catalog.audit.prices import price_verdicts
from x402_catalog.audit.rows import Row, Vocabulary, key_of, row_of
from x402_catalog.audit.verdicts import Found, Verdict, tell
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence, Judge


@dataclass(frozen=True, slots=True)
class Counts:
    """How many listings were looked at, ask a price in real money, and could be judged by it; why others could not."""

    listings: int
    priced: int
    judged: int
    not_judged: dict[str, int]


class AuditResult:
    """A catalogue that was gone through; each listing of it is judged when it is asked for."""

    def __init__(self, rows: Sequence[Row], vocabulary: Vocabulary) -> None:
        self.rows = rows
        self.copies: list[Copies] = find_copies(rows)
        for row in rows:  # a fifth of the memory, and of no more use
            row.sketch, row.content = None, 0
        self.peers = Peers(rows, vocabulary.words)
        # Numbers in the order of their keys, a tenth of the memory of a dictionary.
        self._by_key = array("I", sorted(range(len(rows)), key=self._key))
        self._copied: dict[int, list[Found]] = defaultdict(list)
        for number, found in copy_findings(rows, self.copies):
            self._copied[number].append(found)
        self._clusters = DeclaredClusters(rows, self.copies)

    def judge(self, listing: Listing) -> Judge:
        """What the catalogue says of one of its listings, with the places where it stands: findings, and judgements for
        its truth sheet by the evidence of the catalogue. A listing that the audit did not see gets none."""
        judge = Judge(listing, Evidence.CATALOGUE)
        number = self._number(key_of(listing))
        if number is not None:
            tell(self.verdicts(number), judge)
        judge.close()
        return judge

    def _key(self, number: int) -> int:
        return self.rows[number].key

    def _number(self, key: int) -> int | None:
        """The number of the row of that key, the last if there are several; ``None`` if there is none."""
        after = bisect_right(self._by_key, key, key=self._key)
        number = self._by_key[after - 1] if after else None
        return number if number is not None and self._key(number) == key else None

    def verdicts(self, number: int) -> Iterator[Verdict]:
        """Everything that the catalogue says of the row of that number."""
        yield from price_verdicts(self.rows[number], self.peers)
        yield from self._copied.get(number, ())
        yield from self._clusters.verdicts(number)

    def findings(self) -> Iterator[Finding]:
        """Everything that was found, each at the place where its listing begins: without a second look at the text,
        nothing nearer is known."""
        for number, row in enumerate(self.rows):
            yield from (found.finding(row.place) for found in self.verdicts(number) if isinstance(found, Found))

    def counts(self) -> Counts:
        """What could be judged of the prices and what not, with the reasons."""
        reasons: Counter[str] = Counter()
        priced = judged = 0
        for row in self.rows:
            if not row.prices:
                reasons["no price in real money of a known asset"] += 1
                continue
            priced += 1
            if row.prices[0].log is None:
                reasons["nothing is asked"] += 1
            elif self.peers.can_judge(row):
                judged += 1
            else:
                reasons["too few peers"] += 1
        return Counts(len(self.rows), priced, judged, dict(reasons))

    def groups(self) -> list[Group]:
        """The groups that prices were judged among."""
        return self.peers.groups()


def audit(listings: Iterable[Listing]) -> AuditResult:
    """Go through ``listings`` once. Memory holds a row of one or two kilobytes of each."""
    vocabulary = Vocabulary()
    return AuditResult([row_of(listing, vocabulary) for listing in listings], vocabulary)
