"""What came of one purchase, as a test looks at it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from x402_catalog.findings import Finding, Level
from x402_catalog.money import Money
from x402_harness.planning.cases import Case
from x402_harness.policy import Mode
from x402_harness.reporting.view import CaseView
from x402_harness.runs.purse import MONEY


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a report keeps it: secrets withheld, a body beyond 16 KiB cut (``cut``)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool

    def json(self) -> Any:
        """The body as JSON. Raises ``ValueError`` for one that is not, or that is cut."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Purchased:
    """A purchase: its ``case``, how it ended, and every finding of the checks over it.

    ``attempts`` counts payments that must be refused and were tried besides; ``money`` is whose money it was,
    ``evidence`` whose evidence it is: ``simulated``, or ``paid`` at a seller's own endpoint.
    """

    case: Case
    view: CaseView
    findings: tuple[Finding, ...] = field(default=())
    attempts: int = 0
    money: str = MONEY[Mode.MOCK]
    evidence: str = "simulated"

    @property
    def recorded(self) -> bool:
        """Whether it was bought before, and is judged again: nothing was paid now."""
        return bool(self.view.ended.get("recorded"))

    @property
    def state(self) -> str:
        """``settled``, ``unknown``, ``not settled``, ``free`` or ``abandoned``; ``fault`` for one of ours."""
        return self.view.state

    @property
    def settled(self) -> bool:
        """Whether it was paid for."""
        return self.state == "settled"

    @property
    def spent(self) -> Money | None:
        """What it cost, now or when it was recorded; ``None`` unless it was paid for."""
        return self.case.price if self.settled else None

    @property
    def transaction(self) -> str | None:
        """The hash of the transaction that the receipt names."""
        found = self.view.ended.get("transaction")
        return str(found) if found else None

    @property
    def reason(self) -> str:
        """Why it ended as it did."""
        return self.view.fault or str(self.view.ended.get("reason", ""))

    @property
    def answer(self) -> Answer | None:
        """The answer to the paid request; ``None`` if there was none."""
        paid = [one["response"] for one in self.view.exchanges if one["leg"] == "paid" and one["response"]]
        return _answer(paid[-1]) if paid else None

    def failing(self, fail_on: Level = Level.ERROR) -> list[Finding]:
        """The findings at or above a level."""
        return [one for one in self.findings if one.level.rank <= fail_on.rank]

    def __repr__(self) -> str:
        return f"Purchased({self.case.id!r} of {self.case.listing.slug!r}, {self.state})"

    def assert_conforms(self, fail_on: Level | str = Level.ERROR) -> None:
        """Raise :class:`DoesNotConform` unless it was settled, without findings at or above ``fail_on``."""
        __tracebackhide__ = True
        failing = self.failing(Level(fail_on))
        if failing or not self.settled:
            raise DoesNotConform(failing, list(self.told()))

    def told(self) -> Iterator[str]:
        """What it cost and how to make it again, as lines."""
        if self.settled:
            named = f" settled in {self.transaction}" if self.transaction else " settled"
            yield f"    paid      {self.case.price}{named} ({'recorded' if self.recorded else self.money})"
        else:
            yield f"    bought    no: {self.state}{f', {self.reason}' if self.reason else ''}"
        request = self.case.candidate.request
        body = request.body.decode("utf-8", "replace")
        yield f"    request   {request.method} {request.url}{f' {body}' if body else ''}"


class DoesNotConform(AssertionError):
    """What a listing says is not so: the ``findings`` that show it, and ``more`` lines about what was done."""

    def __init__(self, findings: list[Finding], more: list[str]) -> None:
        from x402_harness.reporting.escape import printable
        from x402_harness.reporting.terminal import finding_lines

        self.findings = findings
        self.more = [printable(line, 2000) for line in more]
        lines = [line.plain for finding in findings for line in finding_lines(finding)]
        super().__init__("\n".join([*lines, *self.more]))


def _answer(told: dict[str, Any]) -> Answer:
    body = told["body"]
    raw = base64.b64decode(body["base64"]) if "base64" in body else body["text"].encode()
    headers = tuple((str(name), str(value)) for name, value in told["headers"])
    return Answer(told["status"], headers, raw, bool(body["cut"]))
