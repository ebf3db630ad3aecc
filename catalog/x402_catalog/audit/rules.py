"""PRICE020 to PRICE025 and DUP001 to DUP007: what only a whole catalogue can tell."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule

_PEERS = "robust statistics over this catalogue: log-scale median and MAD of at least 8 peers of 3 sellers"

DEAR = rule(
    "PRICE020",
    Level.WARNING,
    "price is far above its peers",
    why="A buyer pays many times what others ask for the like.",
    basis=_PEERS,
    mend="Check the amount; nothing, if the price is meant.",
)
CHEAP = rule(
    "PRICE021",
    Level.WARNING,
    "price is far below its peers",
    why="Who gave a wrong amount sells at a loss, or gives something else than the listing says.",
    basis=_PEERS,
    mend="Check the amount; nothing, if the price is meant.",
)
SLIP = rule(
    "PRICE022",
    Level.WARNING,
    "price looks like a slip of the decimals among its peers",
    why="The price is a power of ten away from an ordinary one; the wrong amount is paid all the same.",
    basis=f"{_PEERS}; decimals of the asset",
    mend="Give the amount in the atomic units of the asset; nothing, if the price is meant.",
)
DECLARED_SLIP = rule(
    "PRICE023",
    Level.INFO,
    "price is a power of ten from ordinary by its declared median",
    why="Moved by so many decimals it would be ordinary for its category, by the catalogue's own figures.",
    basis="pricing_sanity.median_category_atomic; the peers themselves are not in this catalogue",
    mend="Check the amount against the asset's decimals; nothing, if the price is meant.",
)
UNIT_PRICE = rule(
    "PRICE024",
    Level.WARNING,
    "price of a unit is far from that of its peers",
    why="Listings that price the same unit can be compared by it; this one is out of line.",
    basis=f"{_PEERS}; the unit as the page or the text names it",
    mend="Check the amount and the unit; nothing, if the price is meant.",
)
COPIES_DIFFER = rule(
    "PRICE025",
    Level.WARNING,
    "copies ask different prices",
    why="The same thing is sold for less elsewhere in this catalogue.",
    basis="listings of one endpoint, or of equal content by one payee",
    mend="Buy the cheapest; sellers: ask one price.",
)
SAME_ENDPOINT = rule(
    "DUP001",
    Level.WARNING,
    "endpoint is listed more than once",
    why="Searches show it twice, and one of the entries is often outdated.",
    basis="method and URL in canonical form",
    mend="Keep one of them.",
)
EXACT = rule(
    "DUP002",
    Level.WARNING,
    "listings of other URLs have the same content",
    why="They say the same in the same words, so a buyer cannot tell which to buy.",
    basis="summary, method, declared requests and answers in canonical form",
    mend="Keep one of them, or say how they differ.",
)
NEAR = rule(
    "DUP003",
    Level.INFO,
    "listings say nearly the same",
    why="They may be copies; a buyer compares their prices.",
    basis="MinHash of pairs of words in the summary: similarity of 0.8 or more",
    mend="Say how they differ.",
)
FAMILY = rule(
    "DUP004",
    Level.INFO,
    "one endpoint is listed once for each value of a parameter",
    why="Hundreds of entries hide others, and count as if they were sellers of their own.",
    basis="URLs of one host that differ by addresses, ids, numbers or tickers in the path",
    mend="List the endpoint once, with a path parameter.",
)
MIRROR = rule(
    "DUP005",
    Level.WARNING,
    "one payee sells the same on several hosts",
    why="What looks like several sellers is one; a choice between them is none.",
    basis="equal or nearly equal content on different hosts; accepts[].pay_to",
    mend="Keep the host that is meant to last.",
)
OTHER_CLUSTER = rule(
    "DUP006",
    Level.INFO,
    "copies are declared to be of different duplicate clusters",
    why="Who groups by the declared id counts them as different things.",
    basis="duplicate_cluster_id; equal content by this catalogue",
    mend="Compute the clusters again.",
)
ALIEN = rule(
    "DUP007",
    Level.INFO,
    "declared duplicate cluster holds listings that are not alike",
    why="Who groups by the declared id loses sight of different things.",
    basis="duplicate_cluster_id; no equal or similar content by this catalogue",
    mend="Compute the clusters again.",
)
