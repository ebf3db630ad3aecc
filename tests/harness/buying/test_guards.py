"""What may stand together, what is refused before anything is asked, and a case that nothing is signed for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.harness.support.buying import CAPS, books, buyer, case, cases, challenge, clock, nonces, paid
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.servers import Raw, Reply, Shop, Stall, Step
from tests.harness.support.terms import KEY, NOW, PAYER, PRICE, SEPOLIA, SEPOLIA_USDC, option_v2, receipt

from x402_catalog.money import Money
from x402_harness.buying.buyer import Bought, Buyer, Mismatch
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.ledger import Entry, Ledger, LedgerError, Unusable
from x402_harness.policy import MICROS, Caps, Mode, Policy
from x402_harness.protocol.headers import decode
from x402_harness.protocol.purchase import State
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet, UserWallet, Wallet

DAILY = Caps(per_call=100 * MICROS, per_run=1_000 * MICROS, per_day=1_000 * MICROS)
LIMITS = Limits(timeout=0.3, total=0.6)
OWN_KEY = bytes(range(1, 33))  # a key that a user might have
ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", clock()) as opened:
        yield opened


def made(ledger: Ledger, wallet: Wallet, mode: Mode) -> Buyer:
    return Buyer("run", wallet, Policy(DAILY, wallet.address, mode=mode), ledger, clock(), nonces())


@pytest.mark.parametrize(
    ("wallet", "mode"),
    [
        (ThrowawayWallet(KEY), Mode.TESTNET),
        (ThrowawayWallet(KEY), Mode.LIVE),
        (UserWallet(OWN_KEY), Mode.MOCK),
        (UserWallet(ANVIL_KEY), Mode.MOCK),
        (UserWallet(ANVIL_KEY), Mode.LIVE),
        (UserWallet(KEY), Mode.LIVE),
    ],
)
def test_a_key_pays_with_its_own_kind_of_money_only(ledger: Ledger, wallet: Wallet, mode: Mode) -> None:
    with pytest.raises(Mismatch, match=f"does not pay in {mode} runs"):
        made(ledger, wallet, mode)


@pytest.mark.parametrize(
    ("wallet", "mode"),
    [
        (ThrowawayWallet(KEY), Mode.MOCK), (UserWallet(OWN_KEY), Mode.TESTNET), (UserWallet(OWN_KEY), Mode.LIVE),
        (UserWallet(ANVIL_KEY), Mode.TESTNET),
    ],
)  # fmt: skip
def test_a_key_pays_in_its_own_mode(ledger: Ledger, wallet: Wallet, mode: Mode) -> None:
    assert made(ledger, wallet, mode).wallet is wallet


def test_the_policys_payer_signs(ledger: Ledger) -> None:
    with pytest.raises(Mismatch, match="payer"):
        Buyer("run", UserWallet(OWN_KEY), Policy(DAILY, PAYER, mode=Mode.LIVE), ledger, clock(), nonces())


def test_real_money_is_not_put_together_with_a_mock_world_or_a_client_that_reaches_this_machine(
    ledger: Ledger,
) -> None:
    one = listing()
    live = made(ledger, UserWallet(OWN_KEY), Mode.LIVE)
    clients: list[Callable[[], Client]] = [
        Client,
        lambda: Client(World(clock()).transport(one)),
        lambda: guarded_client(Guard(hosts=frozenset({"127.0.0.1"})), LIMITS),
        lambda: guarded_client(Guard(anywhere=True), LIMITS),
    ]

    async def run() -> None:
        for make in clients:
            async with make() as client:
                with pytest.raises(Mismatch, match="public addresses only"):
                    await live.buy(case(one), client)

    asyncio.run(run())
    assert ledger.rows() == []


@pytest.mark.parametrize(
    ("url", "code"), [("http://shop.example.com/gen", "SPEND023"), ("https://127.0.0.1/gen", "SPEND024")]
)
def test_a_live_purchase_is_refused_by_its_url_before_anything_is_asked(ledger: Ledger, url: str, code: str) -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    async def run() -> Bought:
        async with guarded_client(Guard(), LIMITS, nobody) as client:
            return await made(ledger, UserWallet(OWN_KEY), Mode.LIVE).buy(case(listing(url=url)), client)

    bought = asyncio.run(run())
    assert bought.refusal is not None
    assert (bought.refusal.rule, bought.purchase.state) == (code, State.ABANDONED)
    assert bought.transcript.exchanges == ()


def test_test_money_is_spent_with_a_users_key(ledger: Ledger) -> None:
    wallet = UserWallet(OWN_KEY)
    terms = {"network": SEPOLIA, "asset": SEPOLIA_USDC, "extra": {"name": "USDC", "version": "2"}}
    on_sepolia = offer(hints=hints(), network="base-sepolia", asset=SEPOLIA_USDC)

    async def run() -> tuple[Bought, Bought]:
        shop = Shop(challenge(option_v2(**terms)), paid(payer=wallet.address, network=SEPOLIA))
        async with shop, Client(limits=LIMITS) as client:
            buying = made(ledger, wallet, Mode.TESTNET)
            first = await buying.buy(case(listing(on_sepolia, url=shop.url)), client)
            shop.unpaid = challenge()
            return first, await buying.buy(case(listing(url=shop.url)), client)

    on_testnet, on_mainnet = asyncio.run(run())
    assert on_testnet.purchase.state is State.SETTLED
    assert on_mainnet.refusal is not None
    assert on_mainnet.refusal.rule == "SPEND020"


def test_what_the_day_has_left_is_told_apart_from_what_the_run_has(tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with Shop(challenge(), paid()) as shop, Client(limits=LIMITS) as client:
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                told = []
                for name, caps in (("a", Caps(PRICE, PRICE, 2 * PRICE)), ("b", Caps(PRICE, 9 * PRICE, 2 * PRICE))):
                    shared = nonces(1 if name == "a" else 100)
                    for one in cases(shop.url, 2):
                        bought = await buyer(ledger, caps=caps, run=name, nonce=shared).buy(one, client)
                        told.append(bought.refusal.rule if bought.refusal else str(bought.purchase.state))
                return told

    assert asyncio.run(run()) == ["settled", "SPEND012", "settled", "SPEND021"]


ENDLESS: dict[str, Step] = {
    "a second 402": challenge(), "500": Reply(500), "hung up": Raw(), "silence": Stall(), "no receipt": Reply(200),
    "pending": Reply(402, paid(success=False, transaction="", errorReason="settlement_pending").headers),
    "somebody else's receipt": paid(payer="0x209693Bc6afc0C5328bA36FaF03C514EF312287C"),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDLESS)
def test_nothing_is_signed_again_for_a_case_whose_end_is_unknown_by_this_run_or_another(
    tmp_path: Path, end: str
) -> None:
    async def run() -> tuple[list[Bought], int]:
        async with Shop(challenge(), ENDLESS[end]) as shop, Client(limits=LIMITS) as client:
            one, done = case(listing(url=shop.url)), []
            for name in ("today", "today", "tomorrow"):
                with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                    done.append(await buyer(ledger, run=name).buy(one, client))
                shop.paid = paid()
            return done, len(shop.payments)

    (first, *later), payments = asyncio.run(run())
    assert first.purchase.state is State.UNKNOWN
    assert [one.refusal.rule for one in later if one.refusal] == ["SPEND022", "SPEND022"]
    assert payments == 1
    assert [row.state for row in books(tmp_path / "ledger.db").rows] == [Entry.UNKNOWN]


def resent(tmp_path: Path, first: Step, *, second: Step, now: float = NOW, terms: Reply | None = None) -> tuple:
    """A purchase that ended as ``first`` makes it, sent again; the last member is what the shop was paid with."""

    async def run() -> tuple:
        async with Shop(challenge(), first) as shop, Client(limits=LIMITS) as client:
            one = case(listing(url=shop.url))
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                await buyer(ledger).buy(one, client)
                (row,) = ledger.rows()
                shop.paid, shop.unpaid = second, terms or shop.unpaid
                again = await buyer(ledger, now=clock(now)).resend(row.id, one, client)
            return again, shop.payments

    return asyncio.run(run())


def test_the_same_payment_is_sent_again_to_the_byte(tmp_path: Path) -> None:
    again, payments = resent(tmp_path, Raw(), second=paid())
    first, second = (payment.header("payment-signature") for payment in payments)
    assert first == second
    assert again.purchase.state is State.SETTLED
    assert again.entry is Entry.SETTLED
    assert books(tmp_path / "ledger.db").states == [["reserved", "signed", "sent", "unknown", "unknown", "settled"]]


def test_it_is_the_same_payment_though_other_members_of_the_terms_changed(tmp_path: Path) -> None:
    _, payments = resent(tmp_path, Raw(), second=paid(), terms=challenge(option_v2(maxTimeoutSeconds=60, note=1)))
    first, second = (decode(str(payment.header("payment-signature")))[0] for payment in payments)
    assert first["payload"] == second["payload"]
    assert second["accepted"]["note"] == 1


@pytest.mark.parametrize("second", [Raw(), Reply(500), challenge(), paid(success=False, transaction="")])
def test_a_payment_that_is_sent_again_in_vain_stays_unknown(tmp_path: Path, second: Step) -> None:
    again, payments = resent(tmp_path, Raw(), second=second)
    assert (again.purchase.state, again.entry, len(payments)) == (State.UNKNOWN, Entry.UNKNOWN, 2)
    assert [row.state for row in books(tmp_path / "ledger.db").rows] == [Entry.UNKNOWN]


def test_a_second_time_that_was_surely_not_sent_frees_nothing_of_the_first(tmp_path: Path) -> None:
    again, payments = resent(tmp_path, Raw(), second=paid(), terms=challenge(leaves=True))
    assert (again.purchase.state, len(payments)) == (State.NOT_SETTLED, 1)
    assert [row.state for row in books(tmp_path / "ledger.db").rows] == [Entry.UNKNOWN]


@pytest.mark.parametrize(
    "terms",
    [challenge(option_v2(amount="19999")), challenge(option_v2(payTo=receipt()["payer"])), Reply(200, (), b"{}")],
    ids=["another price", "another payee", "free now"],
)
def test_nothing_is_sent_again_for_other_terms(tmp_path: Path, terms: Reply) -> None:
    again, payments = resent(tmp_path, Raw(), second=paid(), terms=terms)
    assert (again.entry, len(payments)) == (Entry.UNKNOWN, 1)


def test_nothing_is_sent_again_when_it_can_no_longer_be_settled(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="its window is over"):
        resent(tmp_path, Raw(), second=paid(), now=NOW + 300)


def test_what_is_settled_is_not_sent_again(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="is settled: there is no payment to send again"):
        resent(tmp_path, paid(), second=paid())


def test_another_case_is_not_paid_with_the_same_payment(tmp_path: Path) -> None:
    async def run() -> None:
        async with Shop(challenge(), Raw()) as shop, Client(limits=LIMITS) as client:
            one, other = cases(shop.url, 2)
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                await buyer(ledger).buy(one, client)
                with pytest.raises(LedgerError, match="of another case or payer"):
                    await buyer(ledger).resend(ledger.rows()[0].id, other, client)

    asyncio.run(run())


class Reluctant:
    """A wallet that does not sign."""

    address = PAYER

    def sign(self, digest: bytes) -> bytes:
        raise RuntimeError("not today")

    def may_pay(self, mode: Mode) -> bool:
        return True


def test_a_wallet_that_does_not_sign_leaves_no_money_held(ledger: Ledger) -> None:
    async def run() -> int:
        async with Shop(challenge(), paid()) as shop, Client(limits=LIMITS) as client:
            buying = Buyer("run", Reluctant(), Policy(CAPS, PAYER), ledger, clock(), nonces())
            with pytest.raises(RuntimeError, match="not today"):
                await buying.buy(case(listing(url=shop.url)), client)
            return len(shop.payments)

    assert asyncio.run(run()) == 0
    assert [row.state for row in ledger.rows()] == [Entry.REFUSED]


class Failing:
    """A clock that makes the ledger's file read-only at one of its ticks."""

    def __init__(self, at: int) -> None:
        self.ledger: Ledger | None = None
        self._left = at

    def __call__(self) -> float:
        self._left -= 1
        if self._left == 0 and self.ledger is not None:
            self.ledger._db.execute("PRAGMA query_only = 1")  # as a disk that is mounted read-only after an error
        return NOW


def test_books_that_cannot_be_written_before_sending_stop_the_purchase(tmp_path: Path) -> None:
    tick = Failing(2)

    async def run() -> int:
        with ExitStack() as stack:
            tick.ledger = stack.enter_context(Ledger(tmp_path / "ledger.db", clock()))
            async with Shop(challenge(), paid()) as shop, Client(limits=LIMITS) as client:
                with pytest.raises(Unusable):
                    await buyer(tick.ledger, now=tick).buy(case(listing(url=shop.url)), client)
                return len(shop.payments)

    assert asyncio.run(run()) == 0


def test_books_that_cannot_be_written_after_sending_lose_neither_the_outcome_nor_the_reservation(
    tmp_path: Path,
) -> None:
    tick = Failing(5)  # asked, answered, signed for, paid, and now answered

    async def run() -> Bought:
        with Ledger(tmp_path / "ledger.db", clock()) as ledger:
            tick.ledger = ledger
            async with Shop(challenge(), paid()) as shop, Client(limits=LIMITS) as client:
                return await buyer(ledger, now=tick).buy(case(listing(url=shop.url)), client)

    bought = asyncio.run(run())
    assert (bought.purchase.state, bought.entry) == (State.SETTLED, Entry.SENT)
    assert bought.unbooked is not None
    assert "cannot be used" in bought.unbooked
    assert [row.state for row in books(tmp_path / "ledger.db").rows] == [Entry.SENT]


@pytest.mark.parametrize(
    ("terms", "state"),
    [(challenge(), "settled"), (challenge(option_v2(scheme="upto")), "refused"), (Reply(200), "refused")],
)
def test_what_was_planned_is_ended_with_its_purchase(tmp_path: Path, terms: Reply, state: str) -> None:
    async def run() -> None:
        async with Shop(terms, paid()) as shop, Client(limits=LIMITS) as client:
            one = case(listing(url=shop.url))
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                ledger.plan("run", [(one.id, Money(one.price.atomic, one.price.asset))])
                await buyer(ledger).buy(one, client)

    asyncio.run(run())
    (states,) = books(tmp_path / "ledger.db").states
    assert (states[0], states[-1]) == ("planned", state)


def test_an_option_that_cannot_be_read_is_told_why(ledger: Ledger) -> None:
    async def run() -> Bought:
        async with Shop(challenge(option_v2(amount=1.5)), paid()) as shop, Client(limits=LIMITS) as client:
            return await buyer(ledger).buy(case(listing(url=shop.url)), client)

    bought = asyncio.run(run())
    assert bought.refusal is not None
    assert bought.refusal.rule == "SPEND013"
    assert "/accepts/0/amount" in bought.refusal.message
