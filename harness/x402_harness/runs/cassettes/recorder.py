"""The recorder: what of a run is kept, and what is played instead of being bought again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.means import Bought
from x402_harness.checks.refusals import Attempt
from x402_harness.planning.cases import Case, plain_id
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.runs.cassettes.recording import SCHEMA_VERSION, Recording, recording_of
from x402_harness.runs.cassettes.refusals import attempts_to_list
from x402_harness.runs.cassettes.store import Store
from x402_harness.runs.redaction import exchange_to_dict

NOTHING_MORE = "it was recorded before, and is not bought again"


class Recorder:
    """Keeps purchases in a ``store``, as the ``mode`` says; without one, nothing."""

    def __init__(self, store: Store | None, mode: Keeping, run: str, clock: Callable[[], float]) -> None:
        self._store = None if mode is Keeping.NONE else store
        self._mode = mode
        self._run = run
        self._clock = clock
        self._known: dict[str, list[Recording]] | None = None

    def exchanges(self, bought: Bought, evidence: Evidence) -> list[dict[str, Any]]:
        """The legs of a purchase as events tell them; the purchase is kept by the way. Raises ``OSError``."""
        keep = self._store.keep_body if self._store else None
        told = [exchange_to_dict(exchange, keep) for exchange in bought.transcript.exchanges]
        if self._store is not None:
            now = self._clock()
            self._store.keep(recording_of(bought, told, evidence, self._run, now, self._store.keep_body))
        return told

    def refusals(self, case: Case, attempts: tuple[Attempt, ...], evidence: Evidence) -> None:
        """Keep the payments that were tried beside a purchase. Raises ``OSError``."""
        if self._store is None:
            return
        told = attempts_to_list(attempts, self._store.keep_body)
        self._store.keep_refusals({
            "schema_version": SCHEMA_VERSION, "case": plain_id(case.id), "run": self._run,
            "at": round(self._clock(), 3), "evidence": str(evidence), "attempts": told,
        })  # fmt: skip

    def recorded(self, case: Case, evidence: Evidence) -> Recording | None:
        """The purchase as it went before, if it is not to be made again."""
        for recording in self._of(case.listing):
            same = (recording.case, recording.evidence) == (plain_id(case.id), evidence)
            if same and recording.request() == case.candidate.request:
                return recording
        return None

    def offered(self, listing: Listing, cases: Iterable[Case], evidence: Evidence) -> tuple[Case, ...]:
        """Of the ``cases`` of a listing those that are played or may be bought: where nothing more is bought of it,
        the recorded ones alone."""
        known = self._of(listing) if self._mode is Keeping.ONCE else []
        if not any(recording.evidence is evidence for recording in known):
            return tuple(cases)
        return tuple(case for case in cases if self.recorded(case, evidence) is not None)

    def _of(self, listing: Listing) -> list[Recording]:
        if self._store is None or self._mode not in {Keeping.ONCE, Keeping.NEW}:
            return []
        if self._known is None:
            self._known = {}
            for recording in self._store.recordings():
                self._known.setdefault(recording.slug, []).append(recording)
        return self._known.get(listing.slug, [])
