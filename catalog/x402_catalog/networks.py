"""Networks and assets: one table, the one source of truth for ids, decimals and EIP-712 domains.

Rows follow the defaults that the official SDKs ship; v1 names on which they disagree are listed as ambiguous and never
signed for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from x402_catalog.addresses import Family, same_address
from x402_catalog.money import Asset

_LONGEST = 100  # characters of an address; the table's are shorter
_CAIP2 = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}")


class Method(StrEnum):
    """How an asset's transfers are authorized (``extra.assetTransferMethod``)."""

    EIP3009 = "eip3009"
    PERMIT2 = "permit2"
    SPL = "spl"


@dataclass(frozen=True, slots=True)
class Network:
    """A network: its CAIP-2 id, its v1 name if it has one, and whether its money is test money."""

    caip2: str
    v1_name: str | None
    testnet: bool = False

    @property
    def family(self) -> Family:
        """The family of its addresses."""
        return Family.SOLANA if self.caip2.startswith("solana:") else Family.EVM

    @property
    def chain_id(self) -> int | None:
        """The EVM chain id; ``None`` outside the EVM."""
        namespace, reference = self.caip2.split(":", 1)
        return int(reference) if namespace == "eip155" else None


@dataclass(frozen=True, slots=True)
class Token:
    """An asset of the table with its EIP-712 domain (``name``, ``version``; ``None`` outside the EVM)."""

    asset: Asset
    method: Method
    name: str | None = None
    version: str | None = None


_NETWORKS = (
    Network("eip155:8453", "base"),
    Network("eip155:84532", "base-sepolia", testnet=True),
    Network("eip155:1", "ethereum"),
    Network("eip155:137", "polygon"),
    Network("eip155:80002", "polygon-amoy", testnet=True),
    Network("eip155:43114", "avalanche"),
    Network("eip155:43113", "avalanche-fuji", testnet=True),
    Network("eip155:42161", None),
    Network("eip155:421614", None, testnet=True),
    Network("eip155:2741", "abstract"),
    Network("eip155:11124", "abstract-testnet", testnet=True),
    Network("eip155:4689", "iotex"),
    Network("eip155:1329", "sei"),
    Network("eip155:1328", "sei-testnet", testnet=True),
    Network("eip155:3338", "peaq"),
    Network("eip155:4326", "megaeth"),
    Network("eip155:143", "monad"),
    Network("eip155:10143", "monad-testnet", testnet=True),
    Network("eip155:988", "stable"),
    Network("eip155:2201", "stable-testnet", testnet=True),
    Network("eip155:42220", "celo"),
    Network("eip155:11142220", None, testnet=True),
    Network("eip155:14", "flare"),
    Network("eip155:36900", None),
    Network("eip155:190415", None),
    Network("eip155:181228", None, testnet=True),
    Network("eip155:50", None),
    Network("eip155:51", None, testnet=True),
    Network("eip155:5042", None),
    Network("eip155:5042002", None, testnet=True),
    Network("eip155:31612", None),
    Network("eip155:31611", None, testnet=True),
    Network("eip155:723487", None),
    Network("eip155:72344", None, testnet=True),
    Network("eip155:38833", None),
    Network("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "solana"),
    Network("solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "solana-devnet", testnet=True),
    Network("solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z", "solana-testnet", testnet=True),
)

# v1 names that the official sources map to different chains: which chain a signature binds would be a guess.
AMBIGUOUS_V1_NAMES = {
    "story": ("eip155:1513", "eip155:1514"),
    "educhain": ("eip155:656476", "eip155:41923"),
    "skale-base-sepolia": ("eip155:1444673419", "eip155:324705682"),
}


# Ways of writing a network that no client knows, each with exactly one meaning.
_WRONG_FORMS = {
    "solana:mainnet": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "solana-mainnet": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "solana-mainnet-beta": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "solana:mainnet-beta": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "solana:devnet": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
    "base-mainnet": "base",
    "base_sepolia": "base-sepolia",
    "mainnet": "ethereum",
    "eip155:base": "eip155:8453",
    "8453": "eip155:8453",
    "84532": "eip155:84532",
}


def _token(network: str, symbol: str, address: str, name: str, version: str, method: Method, decimals: int) -> Token:
    return Token(Asset(network, address, symbol, decimals), method, name, version)


def _eip3009(network: int, symbol: str, address: str, name: str, version: str = "2") -> Token:
    return _token(f"eip155:{network}", symbol, address, name, version, Method.EIP3009, 6)


def _permit2(network: int, symbol: str, address: str, name: str, decimals: int) -> Token:
    return _token(f"eip155:{network}", symbol, address, name, "1", Method.PERMIT2, decimals)


def _spl(network: str, symbol: str, address: str) -> Token:
    return Token(Asset(network, address, symbol, 6), Method.SPL)


_SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
_SOLANA_USDC_TEST = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"

_TOKENS = (
    _eip3009(8453, "USDC", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin"),
    _eip3009(84532, "USDC", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC"),
    _eip3009(1, "USDC", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin"),
    _eip3009(43114, "USDC", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin"),
    _eip3009(43113, "USDC", "0x5425890298aed601595a70AB815c96711a31Bc65", "USD Coin"),
    _eip3009(137, "USDC", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin"),
    _eip3009(80002, "USDC", "0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582", "USDC"),
    _eip3009(42161, "USDC", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin"),
    _eip3009(421614, "USDC", "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d", "USD Coin"),
    _eip3009(143, "USDC", "0x754704Bc059F8C67012fEd69BC8A327a5aafb603", "USDC"),
    _eip3009(10143, "USDC", "0x534b2f3A21130d7a60830c2Df862319e593943A3", "USDC"),
    _eip3009(1329, "USDC", "0xe15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392", "USDC"),
    _eip3009(1328, "USDC", "0x4fCF1784B31630811181f670Aea7A7bEF803eaED", "USDC"),
    _eip3009(42220, "USDC", "0xcebA9300f2b948710d2653dD7B07f33A8B32118C", "USDC"),
    _eip3009(42220, "USDT", "0x48065fbBE25f71C9282ddf5e1cD6D6A887483D5e", "Tether USD", "1"),
    _eip3009(42220, "USAT", "0xD2ab3C9A02DBBAB236BfEC45D1d755DF4267F771", "Tether America USD", "1"),
    _eip3009(11142220, "USDC", "0x01C5C0122039549AD1493B8220cABEdD739BC44E", "USDC"),
    _eip3009(988, "USDT0", "0x779Ded0c9e1022225f8E0630b35a9b54bE713736", "USDT0", "1"),
    _eip3009(2201, "USDT0", "0x78Cf24370174180738C5B8E352B6D14c83a6c9A9", "USDT0", "1"),
    _eip3009(14, "USDT0", "0xe7cd86e13AC4309349F30B3435a9d337750fC82D", "USD₮0", "1"),
    _eip3009(36900, "USDC.e", "0x9cb8142aEBBcdc60AF7c97Af897A67A8f3CA71C2", "USDC.e"),
    _eip3009(190415, "USDC.e", "0x401eCb1D350407f13ba348573E5630B83638E30D", "Bridged USDC"),
    _eip3009(181228, "USDC.e", "0x401eCb1D350407f13ba348573E5630B83638E30D", "Bridged USDC"),
    _eip3009(50, "USDC", "0xfA2958CB79b0491CC627c1557F441eF849Ca8eb1", "USDC"),
    _eip3009(51, "USDC", "0xb5AB69F7bBada22B28e79C8FFAECe55eF1c771D4", "USDC"),
    _eip3009(5042, "USDC", "0x3600000000000000000000000000000000000000", "USDC"),
    _eip3009(5042002, "USDC", "0x3600000000000000000000000000000000000000", "USDC"),
    _eip3009(4689, "USDC", "0xcdf79194c6c285077a58da47641d4dbe51f63542", "Bridged USDC"),
    _eip3009(2741, "USDC", "0x84a71ccd554cc1b02749b35d22f684cc8ec987e1", "Bridged USDC"),
    _eip3009(11124, "USDC", "0xe4C7fBB0a626ed208021ccabA6Be1566905E2dFc", "Bridged USDC"),
    _eip3009(3338, "USDC", "0xbbA60da06c2c5424f03f7434542280FCAd453d10", "peaq USDC"),
    _permit2(4326, "MegaUSD", "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7", "MegaUSD", 18),
    _permit2(31612, "mUSD", "0xdD468A1DDc392dcdbEf6db6e34E89AA338F9F186", "Mezo USD", 18),
    _permit2(31611, "mUSD", "0x118917a40FAF1CD7a13dB0Ef56C86De7973Ac503", "Mezo USD", 18),
    _permit2(723487, "SBC", "0x33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb", "Stable Coin", 6),
    _permit2(72344, "SBC", "0x33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb", "Stable Coin", 6),
    _permit2(38833, "USDC", "0xA5b8BF902b2844dA17d4506cc827F7F1681735E7", "USDC", 6),
    _spl(_SOLANA, "USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
    _spl(_SOLANA, "USDT", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"),
    _spl(_SOLANA, "USDG", "2u1tszSeqZ3qBWF3uNGPFc8TzMk2tdiwknnRMWGWjGWH"),
    _spl(_SOLANA, "PYUSD", "2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo"),
    _spl(_SOLANA, "CASH", "CASHx9KJUStyftLFWGvEVf59SGeG9sh5FfcnZMVPCASH"),
    _spl("solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "USDC", _SOLANA_USDC_TEST),
    _spl("solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z", "USDC", _SOLANA_USDC_TEST),
)

_BY_ID = {network.caip2: network for network in _NETWORKS}
_BY_NAME = {network.v1_name: network for network in _NETWORKS if network.v1_name}
_BY_NETWORK: dict[str, list[Token]] = {}
for _row in _TOKENS:
    _BY_NETWORK.setdefault(_row.asset.network, []).append(_row)


def network(name: object) -> Network | None:
    """The network of a v1 name (``base``) or a CAIP-2 id (``eip155:8453``); ``None`` if the table has none."""
    if not isinstance(name, str):
        return None
    return _BY_ID.get(name) or _BY_NAME.get(name)


def is_caip2(name: str) -> bool:
    """Whether ``name`` has the form ``namespace:reference`` of CAIP-2."""
    return _CAIP2.fullmatch(name) is not None


def token(caip2: str, address: object) -> Token | None:
    """The table's token at ``address`` on the network, EVM addresses compared without case."""
    return _token_at(caip2, address) if isinstance(address, str) and len(address) <= _LONGEST else None


@lru_cache(maxsize=1024)  # catalogues name the same few tokens over and over
def _token_at(caip2: str, address: str) -> Token | None:
    return next((row for row in _BY_NETWORK.get(caip2, ()) if same_address(row.asset.address, address)), None)


def tokens(caip2: str) -> tuple[Token, ...]:
    """All tokens that the table has on a network."""
    return tuple(_BY_NETWORK.get(caip2, ()))


def networks_of_asset(address: str) -> tuple[str, ...]:
    """The CAIP-2 ids of every network on which the table has ``address``."""
    return _networks_of(address) if len(address) <= _LONGEST else ()


@lru_cache(maxsize=1024)
def _networks_of(address: str) -> tuple[str, ...]:
    return tuple(row.asset.network for row in _TOKENS if same_address(row.asset.address, address))


def all_networks() -> tuple[Network, ...]:
    """The whole table."""
    return _NETWORKS


def intended_network(name: str) -> str | None:
    """The network that a wrongly written name means; ``None`` where that is not plain."""
    plain = name.strip().lower()
    known = network(plain)
    if known is not None and plain != name:
        return plain
    found = _WRONG_FORMS.get(plain)
    return found if found != name else None
