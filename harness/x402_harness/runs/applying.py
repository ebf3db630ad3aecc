"""Applying a plan: what may be spent under it, whatever face does it, and everything that stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from x402_catalog.addresses import same_address
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_harness.buying.means import Witness
from x402_harness.edge.client import Limits
from x402_harness.ledger import OPEN, AlreadySigned, Ledger, Row
from x402_harness.planning.cases import Case
from x402_harness.planning.planfile import LARGEST, BadPlan, PlanFile, read_plan
from x402_harness.policy import Caps, Mode, dollars_micro
from x402_harness.policy.planrules import APPLIED, OTHER_MODE, UNAPPROVED
from x402_harness.runs.outcome import Exit
from x402_harness.runs.plans import approved_cases, caps_of, enter, entries, objections
from x402_harness.runs.purse import Purse
from x402_harness.runs.venue import RealVenue
from x402_harness.wallet import UserWallet, ledger_path


class PlanRefused(Exception):
    """Nothing is spent under a plan: the ``findings`` say why, ``code`` how a program ends that was to apply it."""

    def __init__(self, *findings: Finding, code: Exit = Exit.REFUSED) -> None:
        super().__init__("; ".join(f"{one.rule}: {one.message}" for one in findings))
        self.findings = list(findings)
        self.code = code


class KeyIsPublic(Exception):
    """Everybody has the key; it does not pay in runs of the plan's mode."""


def plan_in(path: Path) -> PlanFile:
    """The plan in a file. Raises :class:`BadPlan` with what is wrong with it or with the file."""
    try:
        with path.open("rb") as file:
            return read_plan(file.read(LARGEST + 1))
    except OSError as error:
        raise BadPlan(f"{path} cannot be read: {error.strerror}") from error
    except BadPlan as error:
        raise BadPlan(f"{path} is no plan: {error}") from error


@dataclass(frozen=True, slots=True)
class Application:
    """One ``plan`` that is applied, at the ``venue`` that it names: its ``cases``, made again from the listings.

    ``books`` is the folder of the user's ledger, ``clock`` gives seconds since 1970.
    """

    plan: PlanFile
    venue: RealVenue
    cases: tuple[Case, ...]
    books: Path
    clock: Callable[[], float]

    @classmethod
    def of(
        cls, plan: PlanFile, listings: Callable[[list[str]], Iterable[Listing]], books: Path,
        clock: Callable[[], float], *, mode: Mode | None, limits: Limits, witness: Witness | None,
    ) -> Application:  # fmt: skip
        """A plan whose purchases may be begun; ``listings`` reads files, ``mode`` is the one that was asked for.

        Raises :class:`PlanRefused`, and ``ValueError`` for a plan that no mode has.
        """
        _require(objections(plan, clock(), mode))
        venue = RealVenue(
            plan.spent_in, limits, networks=frozenset(plan.networks), private=plan.allow_private,
            acts=plan.allow_side_effects, witness=witness,
        )  # fmt: skip
        files = sorted({call.row.file for call in plan.calls})
        made = approved_cases(plan, listings([file for file in files if Path(file).is_file()]), venue)
        _require(one for one in made if isinstance(one, Finding))
        return cls(plan, venue, tuple(one for one in made if not isinstance(one, Finding)), books, clock)

    def left(self) -> tuple[Case, ...]:
        """What was not begun yet. Raises :class:`PlanRefused` where that is nothing, and
        :class:`~x402_harness.ledger.Unusable`."""
        known = self._known()
        found = tuple(case for case in self.cases if case.id not in known)
        if not found:
            raise _applied(self.plan, known)
        return found

    def require_approval(self, digest: str) -> None:
        """Raises :class:`PlanRefused` for the digest of another plan."""
        if digest.strip().lower() != self.plan.digest:
            told = "the digest that was approved is another plan's"
            raise PlanRefused(UNAPPROVED.finding(told, observed=digest[:80], expected=self.plan.digest))

    @property
    def caps(self) -> Caps:
        """The plan's caps, that for the run no higher than its total."""
        return caps_of(self.plan, total_of(self.cases))

    def purse(self, wallet: UserWallet) -> Purse:
        """What pays. Raises :class:`PlanRefused` for another account's key, and :class:`KeyIsPublic`."""
        plan = self.plan
        if not same_address(wallet.address, plan.payer):
            told = "the key is another account's"
            raise PlanRefused(OTHER_MODE.finding(told, observed=wallet.address, expected=plan.payer))
        if not wallet.may_pay(plan.spent_in):
            raise KeyIsPublic(f"everybody has this key: it does not pay in {plan.mode} runs.")
        return Purse(plan.spent_in, wallet, ledger_path(self.books), plan.run, frozenset(plan.networks))

    def enter(self, cases: Iterable[Case]) -> None:
        """Enter into the books what is going to be bought; the folder must be there. Raises :class:`PlanRefused` where
        another process has just done so, and :class:`~x402_harness.ledger.Unusable`."""
        with Ledger(ledger_path(self.books), self.clock) as ledger:
            try:
                enter(self.plan, cases, ledger)
            except AlreadySigned as error:
                raise PlanRefused(APPLIED.finding(str(error), observed=self.plan.digest)) from error

    def may_still_move(self) -> bool:
        """Whether money of the plan may yet move."""
        return any(row.state in OPEN for row in self._known().values())

    def _known(self) -> dict[str, Row]:
        path = ledger_path(self.books)
        if not path.exists():
            return {}
        with Ledger(path, self.clock) as ledger:
            return entries(self.plan, ledger)


def total_of(cases: Iterable[Case]) -> int:
    """What cases cost, in millionths of a dollar."""
    return sum(dollars_micro(case.price) for case in cases)


def _applied(plan: PlanFile, known: dict[str, Row]) -> PlanRefused:
    states = sorted(str(row.state) for row in known.values())
    told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    finding = APPLIED.finding(f"its {len(known)} purchases stand in the ledger: {told}", observed=plan.digest)
    still = any(row.state in OPEN for row in known.values())
    return PlanRefused(finding, code=Exit.UNKNOWN if still else Exit.REFUSED)


def _require(objections: Iterable[Finding]) -> None:
    found = list(objections)
    if found:
        raise PlanRefused(*found)
