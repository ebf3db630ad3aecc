"""The buyer: drives the purchase machine over a client, with policy, ledger and wallet in their order."""

from __future__ import annotations

from x402_catalog.addresses import same_address
from x402_harness.buying.means import Bought, ChainReader, Means, Mismatch
from x402_harness.buying.road import Buying, Resending
from x402_harness.edge.client import Client
from x402_harness.ledger import Entry, LedgerError, Row
from x402_harness.planning.cases import Case
from x402_harness.policy import Mode

__all__ = ["Bought", "Buyer", "ChainReader", "Mismatch"]


class Buyer(Means):
    """Buys, and sends again what it has bought without learning how it ended."""

    async def buy(self, case: Case, client: Client) -> Bought:
        """Buy one case. Never raises for what the seller does.

        Raises :class:`Mismatch` for real money and a client that reaches more than public addresses, and
        :class:`~x402_harness.ledger.Unusable` while nothing has been sent.
        """
        self._require(client)
        return await Buying(self, case, client).run()

    async def resend(self, entry: int, case: Case, client: Client) -> Bought:
        """Send the payment of an entry whose end is unknown again: the same authorization with the same signature.

        It can move money once only, so what it may cost is reserved already. Raises as :meth:`buy` does, and
        :class:`~x402_harness.ledger.LedgerError` if the entry is not of this case and payer, is not unknown, or its
        window is over.
        """
        self._require(client)
        return await Resending(self, case, client, self._unknown(entry, case)).run()

    def _require(self, client: Client) -> None:
        if self.policy.mode is Mode.LIVE and not client.public_only:
            raise Mismatch("real money needs a client that connects to public addresses only")

    def _unknown(self, entry: int, case: Case) -> Row:
        row = self.ledger.row(entry)
        if row.state not in (Entry.SENT, Entry.UNKNOWN):
            raise LedgerError(f"entry {entry} is {row.state}: there is no payment to send again")
        if row.case != case.id or not same_address(row.payer or "", self.wallet.address):
            raise LedgerError(f"entry {entry} is of another case or payer")
        if self.clock() >= (row.valid_before or 0):
            raise LedgerError(f"entry {entry} can no longer be settled: its window is over")
        return row
