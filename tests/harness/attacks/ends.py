"""Where each attack leaves the books: in no entry, settled, or unknown. ``name/version`` where the versions differ."""

from __future__ import annotations

from x402_harness.ledger import Entry
from x402_harness.sandbox.behaviour import Side
from x402_harness.sandbox.faults import FAULTS


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Honest terms stand among the traps, or the payment is good and is taken: paid once, as planned.
SETTLED = _names("""
price-later domain-left-out price-by-two-names payee-later payee-buyer payee-in-extra payee-of-own-choice
network-of-other-version window-own permit-in-extra options-dearer-first options-dearer-last options-stranger-first
options-crowd twice-price-first twice-payee-first dearer-in-body stranger-in-body older-in-body second-header prose
escapes extensions settles-again settles-more settles-to-stranger settles-later-window settles-other-nonce
asks-again asks-again-dearer asks-again-stranger asks-again-with-receipt charges-and-500 charges-and-503
charges-and-204 charges-and-hangs charges-and-refuses-fields overlaps receipt-false receipt-more receipt-less
receipt-foreign receipt-failure receipt-pending receipt-escapes receipt-contradicted receipt-in-body receipt-huge
redirect-and-settle unpaid-refresh alternative-service cookies upgrade resource-elsewhere two-terms early-terms
early-flood early-endless continues reset-at-once reset-in-status reset-in-receipt reset-behind-head reset-in-body
closes junk status-long length-twice length-and-chunks length-too-long chunk-size receipt-in-trailer head-endless
head-slow body-slow body-endless terms-endless/2 bomb bomb-unpaid/2 gzip-tail gzip-empty gzip-stacked
""")

# The signature is out and nothing shows that it was used.
UNKNOWN = _names("""
keeps-and-asks-again keeps-and-500 keeps-and-503 keeps-and-429 keeps-and-425 keeps-and-408 keeps-and-421
keeps-and-hangs receipt-other-payer receipt-other-network receipt-without-transaction receipt-zero receipt-echo
receipt-success-as-text redirect-301 redirect-302 redirect-303 redirect-307 redirect-308 redirect-300
redirect-relative redirect-credentials redirect-backslash redirect-self redirect-file redirect-metadata paid-401
paid-407 paid-305 two-answers early-receipt switches header-split
""")

# Nothing is signed, so nothing is entered.
NOTHING = _names("""
price-tenfold price-one-more price-all price-wrapped price-negative price-float price-float-text price-exponent
price-hex price-octal price-full-width price-underscores price-spaces price-number price-list decimals payee
payee-look-alike payee-zero payee-token payee-checksum payee-script payee-name payee-spaces payee-prefix payee-long
asset-look-alike asset-dearer asset-of-test-chain asset-symbol asset-native asset-payee-swapped network-other
network-test network-without-its-asset network-ambiguous network-unknown network-solana network-capitals
network-spaces network-noughts network-wildcard network-number domain-name domain-version domain-chain
domain-contract domain-number domain-object window-year window-endless window-negative window-text window-float
scheme-upto scheme-escrow scheme-deferred scheme-capture scheme-capitals scheme-script method-permit2
method-delegation method-unknown method-list flow-upfront flow-escrow options-broken-first options-cheap-decoy
options-object options-nested options-flood twice-price-last twice-payee-last dearer-in-header older-in-header
first-header prose-page deep long-number version-of-its-own unpaid-307 unpaid-308 unpaid-401 reset-unpaid
terms-endless/1 bomb-unpaid/1
""")

_ENDS = {
    **dict.fromkeys(SETTLED, (Entry.SETTLED,)), **dict.fromkeys(UNKNOWN, (Entry.UNKNOWN,)),
    **dict.fromkeys(NOTHING, ()),
}  # fmt: skip
ATTACKS = {name.removeprefix("attack-"): fault for name, fault in FAULTS.items() if fault.side is Side.ATTACK}
NAMED = {end.split("/")[0] for end in _ENDS}
# Sellers that never end what they say, or never begin: the buyer's own limits end the purchase.
ENDLESS = frozenset({"keeps-and-hangs", "charges-and-hangs", "head-slow", "body-slow"})
# A seller that is honest at first is visited again; it remembers, so each stage visits it in one test only.
PATIENT_THIEVES = frozenset({"price-later", "payee-later", "payee-buyer"})
# A receipt is believed: the money counts as spent, and what the chain says is a finding.
LIES = frozenset({"receipt-false"})


def end(name: str, version: int) -> tuple[Entry, ...]:
    """The states of the entries that an attack leaves."""
    return _ENDS[name] if name in _ENDS else _ENDS[f"{name}/{version}"]
