"""The guards' rules: SPEND001 to SPEND013 over terms and caps, from SPEND020 on over modes, days, places and keys, from
SPEND080 on over what terms do to whoever reads them."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule

SCHEME = rule(
    "SPEND001",
    Level.ERROR,
    "scheme is not exact",
    why="Other schemes let the seller decide later what is taken.",
    basis="x402 v1 §6, v2 §6; specs/schemes",
    mend="Offer the exact scheme beside it.",
)
METHOD = rule(
    "SPEND002",
    Level.ERROR,
    "transfer method is not EIP-3009",
    why="Permit2 and delegations bind more than one payment and cannot be bounded by what is signed.",
    basis="specs/schemes/exact/scheme_exact_evm.md",
    mend="Offer an asset with EIP-3009.",
)
FLOW = rule(
    "SPEND003",
    Level.ERROR,
    "payment flow is not authorization",
    why="Upfront and escrow flows take the money before the answer exists.",
    basis="specs/schemes/exact/scheme_exact.md (paymentFlow)",
    mend="Offer the authorization flow.",
)
NETWORK = rule(
    "SPEND004",
    Level.ERROR,
    "network is unknown or ambiguous",
    why="It would be a guess which chain the signature binds.",
    basis="x402 v1 §5.1, v2 §5.1; CAIP-2",
    mend="Name the network by its CAIP-2 id.",
)
ASSET = rule(
    "SPEND005",
    Level.ERROR,
    "asset is not in the table",
    why="Its decimals and EIP-712 domain are unknown: a look-alike could take any sum.",
    basis="x402 v1 §5.1, v2 §5.1; default assets of the official SDKs",
    mend="Offer a known stablecoin of the network.",
)
DOMAIN = rule(
    "SPEND006",
    Level.ERROR,
    "EIP-712 domain differs from the token's",
    why="The signature would be void, or valid for another contract.",
    basis="EIP-712; specs/schemes/exact/scheme_exact_evm.md (extra.name, extra.version)",
    mend="Give the token's own name and version.",
)
AMOUNT = rule(
    "SPEND007",
    Level.ERROR,
    "amount is zero",
    why="There is nothing to pay, so nothing to sign.",
    basis="x402 v1 §5.1, v2 §5.1",
    mend="Answer without a 402.",
)
PLANNED = rule(
    "SPEND008",
    Level.ERROR,
    "terms are not those that were planned",
    why="The price or the payee moved between the listing and the purchase; it must be seen before it is paid.",
    basis="listing terms; plan",
    mend="Correct the listing or the endpoint, then plan again.",
)
PAYEE = rule(
    "SPEND009",
    Level.ERROR,
    "payee cannot be paid",
    why="The money would be lost, or sent in a circle.",
    basis="EIP-55; ERC-20",
    mend="Name the seller's own account.",
)
TIMEOUT = rule(
    "SPEND010",
    Level.ERROR,
    "payment window is out of range",
    why="A signature that stays valid for long can be used long after the call.",
    basis="x402 v1 §5.1, v2 §5.1 (maxTimeoutSeconds)",
    mend="Ask for 60 to 300 seconds.",
)
PER_CALL = rule(
    "SPEND011",
    Level.ERROR,
    "price is over the cap for one call",
    why="The cap is what the person who runs this agreed to.",
    basis="--per-call-max",
    mend="Raise --per-call-max if the price is meant.",
)
PER_RUN = rule(
    "SPEND012",
    Level.ERROR,
    "price is over what is left of the run's cap",
    why="The cap is what the person who runs this agreed to.",
    basis="--budget",
    mend="Raise --budget, or buy less.",
)
NO_OPTION = rule(
    "SPEND013",
    Level.ERROR,
    "no option of the challenge may be paid",
    why="None of the terms offered is the one that was planned.",
    basis="x402 v1 §5.1, v2 §5.1 (accepts)",
    mend="Offer the terms that the listing states.",
)
MODE = rule(
    "SPEND020",
    Level.ERROR,
    "network is not allowed in this mode",
    why="A test run must not touch real money, and a live run pays only where it was told to.",
    basis="--mode; the run's networks",
    mend="Choose the mode and the networks that are meant.",
)
PER_DAY = rule(
    "SPEND021",
    Level.ERROR,
    "price is over what is left of the cap for 24 hours",
    why="The cap holds over every run and process that shares the ledger.",
    basis="--per-day-max",
    mend="Wait, or raise --per-day-max if the spending is meant.",
)
ALREADY_SIGNED = rule(
    "SPEND022",
    Level.ERROR,
    "case was signed for before",
    why="The earlier signature may still move money: a second one could pay twice.",
    basis="EIP-3009 (a nonce is used once); x402 exact scheme on retries",
    mend="End the earlier entry: testbuy ledger reconcile, or testbuy ledger release.",
)
INSECURE = rule(
    "SPEND023",
    Level.ERROR,
    "live endpoint is not https",
    why="Whoever is on the way can change the payee or take the signature.",
    basis="RFC 9110 §4.2.2; x402 HTTP transport",
    mend="Serve the endpoint over https.",
)
NOT_PUBLIC = rule(
    "SPEND024",
    Level.ERROR,
    "live endpoint is not at a public name",
    why="Real money must not be signed for at a local server, a private address or a bare IP address.",
    basis="RFC 6761; RFC 6762; RFC 8375; RFC 9476",
    mend="Publish the endpoint under a domain name, or buy in mock or testnet mode.",
)
DECIMALS = rule(
    "SPEND025",
    Level.ERROR,
    "decimals differ from the token's",
    why="The seller reckons in other units: the same digits mean another price.",
    basis="ERC-20 decimals; default assets of the official SDKs",
    mend="Give the token's own decimals, or none.",
)
AMOUNT_FORM = rule(
    "SPEND026",
    Level.ERROR,
    "amount is no plain decimal number",
    why="What one program reads as decimal another reads as octal: the signature could be for another sum.",
    basis="x402 v1 §5.1, v2 §5.1 (atomic units as a decimal string)",
    mend="Write the amount in digits without leading zeros.",
)
TEST_KEY = rule(
    "SPEND027",
    Level.ERROR,
    "well-known test key on a main network",
    why="Everybody has the key: whatever reaches the account is taken.",
    basis="development mnemonics of anvil, hardhat, ganache and truffle",
    mend="Make a key of your own: testbuy wallet new.",
)
CROWD = rule(
    "SPEND080",
    Level.ERROR,
    "challenge offers more options than are read",
    why="Which option is the one that was planned would take as long to find as the seller likes.",
    basis="x402 v1 §5.1, v2 §5.1 (accepts)",
    mend="Offer one option for each asset and network.",
)
