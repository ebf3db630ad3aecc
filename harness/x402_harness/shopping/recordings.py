"""Recordings for a shopper: purchases from sellers themselves that were recorded, listing by listing."""

from __future__ import annotations

from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence
from x402_harness.planning.cases import Case, plain_id
from x402_harness.runs.cassettes.origins import digest_of
from x402_harness.runs.cassettes.recording import Recording
from x402_harness.runs.cassettes.store import Store
from x402_harness.runs.replay import played


class Recordings:
    """What ``store`` has of purchases from sellers' own endpoints; one from a seller that was made from a listing says
    nothing about the real one, and is not played.

    Raises :class:`~x402_harness.runs.cassettes.exchanges.Unplayable` for one that cannot be read.
    """

    def __init__(self, store: Store) -> None:
        self._by_slug: dict[str, list[Recording]] = {}
        self._known: dict[tuple[str, str], tuple[tuple[Case, ...], tuple[str, ...]]] = {}
        self._by_case: dict[str, Recording] = {}
        for recording in store.recordings():
            if recording.evidence is Evidence.PAID:
                self._by_slug.setdefault(recording.slug, []).append(recording)

    def has(self, listing: Listing) -> bool:
        """Whether there are any of a listing, stale ones too."""
        return listing.slug in self._by_slug

    def cases(self, listing: Listing) -> tuple[Case, ...]:
        """Those that are still purchases of the listing as it is now, as its cases."""
        return self._of(listing)[0]

    def stale(self, listing: Listing) -> tuple[str, ...]:
        """Why each of the others is not."""
        return self._of(listing)[1]

    def of(self, case: Case) -> Recording | None:
        """The recording of a case."""
        ids = [one.id for one in self.cases(case.listing)]
        return self._by_case[plain_id(case.id)] if plain_id(case.id) in ids else None

    def _of(self, listing: Listing) -> tuple[tuple[Case, ...], tuple[str, ...]]:
        key = (listing.slug, digest_of(listing))
        if key not in self._known:
            cases, stale = [], []
            for recording, made in played(listing, self._by_slug.get(listing.slug, ())):
                if isinstance(made, Case):
                    cases.append(made)
                    self._by_case[made.id] = recording
                else:
                    stale.append(str(made))
            self._known[key] = tuple(cases), tuple(stale)
        return self._known[key]
