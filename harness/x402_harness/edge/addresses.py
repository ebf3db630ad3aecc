"""Addresses that a stranger's URL must not lead to: everything that is not the public internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA special-purpose registries (RFC 6890 and later), written out: what the standard library calls global
# differs from one Python to the next. Metadata services stand in the link-local and shared ranges, and in these two.
_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared address space (CGNAT)",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "cloud metadata",
    "169.254.0.0/16": "link-local, cloud metadata",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "special purpose",
    "192.52.193.0/24": "special purpose",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "special purpose",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_V6 = {
    "::1/128": "loopback",
    "::/128": "unspecified",
    "64:ff9b:1::/48": "local translation (NAT64)",
    "100::/64": "discard only",
    "2001::/23": "protocol assignments (Teredo)",
    "2001:db8::/32": "documentation",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "private (unique local)",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_REFUSED_V4 = tuple((IPv4Network(text), what) for text, what in _V4.items())
_REFUSED_V6 = tuple((IPv6Network(text), what) for text, what in _V6.items())
_GLOBAL_V6 = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")
# Forms with an IPv4 address in their last four bytes: compatible, mapped, translated, NAT64.
_TAILS = tuple(IPv6Network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
_ISATAP = (0x00005EFE, 0x02005EFE)


def objection(text: str) -> str | None:
    """Why a connection to the address ``text`` is refused; ``None`` if it is of the public internet.

    IPv6 forms that stand for an IPv4 address are judged by that address.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    if isinstance(address, IPv4Address):
        return _refused_v4(address)
    return _refused_v6(IPv6Address(int(address)))


def _refused_v4(address: IPv4Address) -> str | None:
    return next((what for network, what in _REFUSED_V4 if address in network), None)


def _refused_v6(address: IPv6Address) -> str | None:
    special = next((what for network, what in _REFUSED_V6 if address in network), None)
    if special is not None:
        return special
    inner = _inner(address)
    if inner is not None:
        what = _refused_v4(inner)
        return f"{what}, as {inner} in IPv6" if what else None
    return None if address in _GLOBAL_V6 else "not of the public internet"


def _inner(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _TAILS) or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None
