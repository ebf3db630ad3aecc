"""Replay: purchases that were recorded, judged again by the rules of today, with nothing bought or asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence
from x402_harness.ledger import Ledger
from x402_harness.planning.cases import Case, Portion, Skip
from x402_harness.runs.cassettes.exchanges import Unplayable
from x402_harness.runs.cassettes.recording import Recording
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Stream
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import DEVELOPMENT, MockVenue
from x402_harness.sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Group:
    """The recordings of one listing; ``known`` are the listings of today, if those count."""

    listing: Listing
    recordings: list[Recording]
    known: dict[str, Listing] | None

    def played(self) -> Iterator[tuple[Recording, Case | Unplayable]]:
        """As :func:`played`."""
        if self.known is not None and self.recordings[0].slug not in self.known:
            return ((one, _stale(one, "the listing is gone")) for one in self.recordings)
        return played(self.listing, self.recordings)


def played(listing: Listing, recordings: Iterable[Recording]) -> Iterator[tuple[Recording, Case | Unplayable]]:
    """Each of the recordings, in the order of their rows, as a case of ``listing``, or why it is none any more."""
    for recording in sorted(recordings, key=lambda one: one.row):
        try:
            yield recording, recording.case_of(listing)
        except Unplayable as error:
            yield recording, _stale(recording, error)


def _stale(recording: Recording, why: object) -> Unplayable:
    return Unplayable(f"the recording of row {recording.row} ({recording.case}) is stale: {why}")


class Replayer(Runner):
    """One run over ``recordings``. Each is judged against the listing as it was, or, where ``now`` is given, against
    the one of that slug there: a recording that does not belong to it any more is stale, which is told, not judged.

    Raises :class:`~x402_harness.runs.cassettes.exchanges.Unplayable`.
    """

    recorded = True

    def __init__(
        self,
        config: RunConfig,
        surroundings: Surroundings,
        stream: Stream,
        recordings: Iterable[Recording],
        now: Iterable[Listing] | None = None,
    ) -> None:
        known = None if now is None else {listing.slug: listing for listing in now}
        grouped: dict[str, list[Recording]] = {}
        for recording in recordings:
            grouped.setdefault(recording.slug if known is not None else recording.digest, []).append(recording)
        self._groups = [_Group(_listing(group[0], known), group, known) for group in grouped.values()]
        self._playing: dict[str, Recording] = {}
        items = [group.listing for group in self._groups]
        super().__init__(config, surroundings, stream, items, _Recorded(surroundings, self._groups))

    def _planned(self) -> Iterator[Portion]:
        for number, listing in enumerate(self._read.listings):  # which are sorted
            yield self._portion(number, next(group for group in self._groups if group.listing is listing))

    def _portion(self, number: int, group: _Group) -> Portion:
        cases: list[Case] = []
        stale: list[str] = []
        for recording, made in group.played():
            if isinstance(made, Case):
                cases.append(made)
                self._playing[made.id] = recording
            else:
                stale.append(str(made))
        left_out = Skip(group.listing, tuple(stale)) if stale else None
        return Portion(
            number, group.listing, tuple(cases), None if cases else left_out, left_out if cases else None
        )  # fmt: skip

    async def _buy_all(self, ledger: Ledger) -> None:
        await self._each_case(self._replay)

    async def _replay(self, number: int, case: Case) -> None:
        self._begin(number, case)
        try:
            self._play(number, case, self._playing[case.id])
        except Exception as error:
            self._fault(case, error)


def _listing(recording: Recording, known: dict[str, Listing] | None) -> Listing:
    return recording.listing() if known is None else known.get(recording.slug) or recording.listing()


class _Recorded(MockVenue):
    """Where nothing is bought: what was recorded is simulated as a whole if any of it is."""

    def __init__(self, around: Surroundings, groups: list[_Group]) -> None:
        super().__init__(World(around.clock))
        kinds = {recording.evidence for group in groups for recording in group.recordings}
        paid = kinds == {Evidence.PAID}
        self.evidence = Evidence.PAID if paid else Evidence.SIMULATED
        self.excused = DEVELOPMENT if paid else frozenset()
