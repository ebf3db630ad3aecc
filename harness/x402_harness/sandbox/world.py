"""The world of a mock run: chains, a facilitator, and a seller standing in for each listing's real host."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import httpx

from x402_catalog.addresses import keccak
from x402_catalog.hints import response_shape
from x402_catalog.jsonschemas import BadSchema
from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_harness.sandbox.answers import answer
from x402_harness.sandbox.behaviour import ELSEWHERE, Fault
from x402_harness.sandbox.chains import Backend, Chains, Sender
from x402_harness.sandbox.facilitator import Facilitator
from x402_harness.sandbox.samples import Unanswerable
from x402_harness.sandbox.seller import Seller, Validates


class World:
    """Everything that a mock purchase meets. No seller in it opens a socket, so no real host can be reached.

    ``clock`` gives seconds, also to the chains; ``backend`` is what runs those, ``anvil`` that node's command.
    ``elsewhere`` is the origin that faulty sellers lead to.
    """

    def __init__(
        self, clock: Callable[[], float], *, seed: int = 0, backend: Backend | str | None = None,
        anvil: str | None = None, elsewhere: str = ELSEWHERE,
    ) -> None:  # fmt: skip
        self._clock = clock
        self.chains = Chains(clock, backend, anvil=anvil)
        self.facilitator = Facilitator(self.chains, clock, Sender(_sandbox_key(seed)))
        self._seed = seed
        self._elsewhere = elsewhere

    def close(self) -> None:
        """Stop what runs for the chains."""
        self.chains.close()

    def seller(
        self, listing: Listing, *, version: int | None = None, validates: Validates = Validates.AFTER,
        faults: Iterable[Fault] = (),
    ) -> Seller:  # fmt: skip
        """A seller made from the listing, honest but for the faults given."""
        return Seller(
            listing, self.facilitator, self._clock,
            version=version, seed=self._seed, validates=validates, faults=faults, elsewhere=self._elsewhere,
        )  # fmt: skip

    def objection(self, listing: Listing, offer: Offer) -> str | None:
        """Why the listing's mock seller cannot answer what this offer pays for; ``None`` if it can."""
        try:
            answer(response_shape(listing, offer), self._seed)
        except (Unanswerable, BadSchema) as error:
            return f"no answer can be made that satisfies the declared output: {error}"
        return None

    def transport(self, listing: Listing) -> httpx.AsyncBaseTransport:
        """A transport on which every host is the listing's mock seller."""
        return httpx.ASGITransport(app=self.seller(listing), raise_app_exceptions=False)

    def fund(self, account: str, money: Money) -> None:
        """Give an account sandbox money. Raises ``KeyError`` where no token stands."""
        found = self.chains.token(money.asset.network, money.asset.address)
        if found is None:
            raise KeyError((money.asset.network, money.asset.address))
        found.mint(account, money.atomic)


def _sandbox_key(seed: int) -> bytes:
    # It holds nothing and pays for nothing; made from the seed, so that the same run has the same transactions.
    return keccak(f"testbuy sandbox facilitator {seed}".encode())
