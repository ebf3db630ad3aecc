"""Known answers: hashes, signatures and headers that others published, reproduced to the last byte."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness.support.terms import BASE_DOMAIN, KEY, PAYER, SEPOLIA_DOMAIN

from x402_catalog.networks import Method, network, token, tokens
from x402_harness.protocol.eip3009 import Domain, digest, domain_separator, transfer_typehash
from x402_harness.protocol.headers import decode, encode
from x402_harness.protocol.messages import Authorization, parse
from x402_harness.wallet import ThrowawayWallet, recover

# DOMAIN_SEPARATOR() of USDC, read on each chain.
SEPARATORS = {
    "eip155:1": "06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335",
    "eip155:137": "caa2ce1a5703ccbe253a34eb3166df60a705c561b44b192061e28f2a985be2ca",
    "eip155:8453": "02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f",
    "eip155:42161": "08d11903f8419e68b1b8721bcbe2e9fc68569122a77ef18c216f10b3b5112c78",
    "eip155:43114": "bbea200329a938bc3438984a49cb0732e66d66d7bd59c127abacc1710e77f7b3",
    "eip155:84532": "71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818",
    "eip155:5042": "940506929bba468048a19b567f4f0d534714bc06604b5c3017e5d16785ccdf84",
}
OPTIMISM = Domain("USD Coin", "2", 10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85")

# The worked example of the x402 specification (§5.2.1), and a payment settled on Base.
SPECIFIED = parse(
    Authorization,
    {
        "from": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
        "to": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
        "value": "10000",
        "validAfter": "1740672089",
        "validBefore": "1740672154",
        "nonce": "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
    },
    place="vector",
)
SETTLED = parse(
    Authorization,
    {
        "from": "0x9d24d267cf8d9a8b9ed104b4856cde8830c266ef",
        "to": "0xb73d8bc93b791510c4733c5c5ac2015a3c2930ec",
        "value": "22000",
        "validAfter": "0",
        "validBefore": "1791120073",
        "nonce": "0x84428e7eae7b08cac1ec9186e338e14fa5056d9f62bb9d92e1ea927370b8e779",
    },
    place="vector",
)
SIGNED = (
    (
        SEPOLIA_DOMAIN,
        SPECIFIED,
        "f256992871671abcb27ff92885a7afa46218724e5fc0bac35d050115aa1d22e6",
        "2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9"
        "bd15092f9ecab05ded3d6293af148b571c",
        "0x857b06519E91e3A54538791bDbb0E22373e36b66",
    ),
    (
        BASE_DOMAIN,
        SETTLED,
        "12fedf9dd2fbf9be56cffd125cd082bc4da832b52d13ed2cd1b3cb0719d65ec0",
        "b909a9345301f4942d14fc97f72306b8ae6e4077431cb8e950194196101b34582f9cf1604c72db4a5a87ade62949449a"
        "2eff957f1d58a11954438dac229aa16f1c",
        "0x9d24D267Cf8D9A8b9Ed104b4856cDe8830C266eF",
    ),
)

# Our own vector: the key 0x11 * 32 pays 0.02 USDC, on Base Sepolia and on Base.
OWN = parse(
    Authorization,
    {
        "from": PAYER,
        "to": "0x2670b922ef37c7df47158725c0cc407b5382293f",
        "value": "20000",
        "validAfter": "0",
        "validBefore": "1893456000",
        "nonce": "0x" + "01".rjust(64, "0"),
    },
    place="vector",
)
OWN_DIGEST = "6137bcec2ba02af0c79334ff236f56560c56314a119833f5cfe8034e0dff4067"
OWN_SIGNATURES = (
    (
        SEPOLIA_DOMAIN,
        "8534fb777bd40be27ce426b80532702b4daf899b81c4cf23345e637ea0ca18c71cd84a4436199d96bb9a73cdd8284ca6"
        "6935cc896e8a0cc732ff41267be1ab841b",
    ),
    (
        BASE_DOMAIN,
        "52d1d4bb589d1bb9917c9d1a168215134b33bacc453c74b0dbc83e2900f9c45a3b629eb41e9df0439fa8943b8cfbb8f9"
        "c1dfb3cb1d8921e1155b8e410fb1bd141b",
    ),
)

SPEC_HEADERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "X-PAYMENT",
        "eyJ4NDAyVmVyc2lvbiI6MSwic2NoZW1lIjoiZXhhY3QiLCJuZXR3b3JrIjoiYmFzZS1zZXBvbGlhIiwicGF5bG9hZCI6eyJzaWdu"
        "YXR1cmUiOiIweDJkNmE3NTg4ZDZhY2NhNTA1Y2JmMGQ5YTRhMjI3ZTBjNTJjNmMzNDAwOGM4ZTg5ODZhMTI4MzI1OTc2NDE3MzYw"
        "OGEyY2U2NDk2NjQyZTM3N2Q2ZGE4ZGJiZjU4MzZlOWJkMTUwOTJmOWVjYWIwNWRlZDNkNjI5M2FmMTQ4YjU3MWMiLCJhdXRob3Jp"
        "emF0aW9uIjp7ImZyb20iOiIweDg1N2IwNjUxOUU5MWUzQTU0NTM4NzkxYkRiYjBFMjIzNzNlMzZiNjYiLCJ0byI6IjB4MjA5Njkz"
        "QmM2YWZjMEM1MzI4YkEzNkZhRjAzQzUxNEVGMzEyMjg3QyIsInZhbHVlIjoiMTAwMDAiLCJ2YWxpZEFmdGVyIjoiMTc0MDY3MjA4"
        "OSIsInZhbGlkQmVmb3JlIjoiMTc0MDY3MjE1NCIsIm5vbmNlIjoiMHhmMzc0NjYxM2MyZDkyMGI1ZmRhYmMwODU2ZjJhZWIyZDRm"
        "ODhlZTYwMzdiOGNjNWQwNGE3MWE0NDYyZjEzNDgwIn19fQ==",
        {
            "x402Version": 1,
            "scheme": "exact",
            "network": "base-sepolia",
            "payload": {
                "signature": "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2"
                "ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
                "authorization": {
                    "from": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
                    "to": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
                    "value": "10000",
                    "validAfter": "1740672089",
                    "validBefore": "1740672154",
                    "nonce": "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
                },
            },
        },
    ),
    (
        "X-PAYMENT-RESPONSE",
        "eyJzdWNjZXNzIjp0cnVlLCJ0cmFuc2FjdGlvbiI6IjB4MTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Njc4OTBhYmNkZWYxMjM0NTY3ODkw"
        "YWJjZGVmMTIzNDU2Nzg5MGFiY2RlZiIsIm5ldHdvcmsiOiJiYXNlLXNlcG9saWEiLCJwYXllciI6IjB4ODU3YjA2NTE5RTkxZTNB"
        "NTQ1Mzg3OTFiRGJiMEUyMjM3M2UzNmI2NiJ9",
        {
            "success": True,
            "transaction": "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef",
            "network": "base-sepolia",
            "payer": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
        },
    ),
    (
        "X-PAYMENT-RESPONSE",
        "eyJzdWNjZXNzIjpmYWxzZSwiZXJyb3JSZWFzb24iOiJpbnN1ZmZpY2llbnRfZnVuZHMiLCJ0cmFuc2FjdGlvbiI6IiIsIm5ldHdv"
        "cmsiOiJiYXNlLXNlcG9saWEiLCJwYXllciI6IjB4ODU3YjA2NTE5RTkxZTNBNTQ1Mzg3OTFiRGJiMEUyMjM3M2UzNmI2NiJ9",
        {
            "success": False,
            "errorReason": "insufficient_funds",
            "transaction": "",
            "network": "base-sepolia",
            "payer": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
        },
    ),
    (
        "PAYMENT-REQUIRED",
        "eyJ4NDAyVmVyc2lvbiI6MiwiZXJyb3IiOiJQQVlNRU5ULVNJR05BVFVSRSBoZWFkZXIgaXMgcmVxdWlyZWQiLCJyZXNvdXJjZSI6"
        "eyJ1cmwiOiJodHRwczovL2FwaS5leGFtcGxlLmNvbS9wcmVtaXVtLWRhdGEiLCJkZXNjcmlwdGlvbiI6IkFjY2VzcyB0byBwcmVt"
        "aXVtIG1hcmtldCBkYXRhIiwibWltZVR5cGUiOiJhcHBsaWNhdGlvbi9qc29uIn0sImFjY2VwdHMiOlt7InNjaGVtZSI6ImV4YWN0"
        "IiwibmV0d29yayI6ImVpcDE1NTo4NDUzMiIsImFtb3VudCI6IjEwMDAwIiwiYXNzZXQiOiIweDAzNkNiRDUzODQyYzU0MjY2MzRl"
        "NzkyOTU0MWVDMjMxOGYzZENGN2UiLCJwYXlUbyI6IjB4MjA5NjkzQmM2YWZjMEM1MzI4YkEzNkZhRjAzQzUxNEVGMzEyMjg3QyIs"
        "Im1heFRpbWVvdXRTZWNvbmRzIjo2MCwiZXh0cmEiOnsibmFtZSI6IlVTREMiLCJ2ZXJzaW9uIjoiMiJ9fV19",
        {
            "x402Version": 2,
            "error": "PAYMENT-SIGNATURE header is required",
            "resource": {
                "url": "https://api.example.com/premium-data",
                "description": "Access to premium market data",
                "mimeType": "application/json",
            },
            "accepts": [
                {
                    "scheme": "exact",
                    "network": "eip155:84532",
                    "amount": "10000",
                    "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                    "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
                    "maxTimeoutSeconds": 60,
                    "extra": {"name": "USDC", "version": "2"},
                }
            ],
        },
    ),
    (
        "PAYMENT-SIGNATURE",
        "eyJ4NDAyVmVyc2lvbiI6MiwicmVzb3VyY2UiOnsidXJsIjoiaHR0cHM6Ly9hcGkuZXhhbXBsZS5jb20vcHJlbWl1bS1kYXRhIiwi"
        "ZGVzY3JpcHRpb24iOiJBY2Nlc3MgdG8gcHJlbWl1bSBtYXJrZXQgZGF0YSIsIm1pbWVUeXBlIjoiYXBwbGljYXRpb24vanNvbiJ9"
        "LCJhY2NlcHRlZCI6eyJzY2hlbWUiOiJleGFjdCIsIm5ldHdvcmsiOiJlaXAxNTU6ODQ1MzIiLCJhbW91bnQiOiIxMDAwMCIsImFz"
        "c2V0IjoiMHgwMzZDYkQ1Mzg0MmM1NDI2NjM0ZTc5Mjk1NDFlQzIzMThmM2RDRjdlIiwicGF5VG8iOiIweDIwOTY5M0JjNmFmYzBD"
        "NTMyOGJBMzZGYUYwM0M1MTRFRjMxMjI4N0MiLCJtYXhUaW1lb3V0U2Vjb25kcyI6NjAsImV4dHJhIjp7Im5hbWUiOiJVU0RDIiwi"
        "dmVyc2lvbiI6IjIifX0sInBheWxvYWQiOnsic2lnbmF0dXJlIjoiMHgyZDZhNzU4OGQ2YWNjYTUwNWNiZjBkOWE0YTIyN2UwYzUy"
        "YzZjMzQwMDhjOGU4OTg2YTEyODMyNTk3NjQxNzM2MDhhMmNlNjQ5NjY0MmUzNzdkNmRhOGRiYmY1ODM2ZTliZDE1MDkyZjllY2Fi"
        "MDVkZWQzZDYyOTNhZjE0OGI1NzFjIiwiYXV0aG9yaXphdGlvbiI6eyJmcm9tIjoiMHg4NTdiMDY1MTlFOTFlM0E1NDUzODc5MWJE"
        "YmIwRTIyMzczZTM2YjY2IiwidG8iOiIweDIwOTY5M0JjNmFmYzBDNTMyOGJBMzZGYUYwM0M1MTRFRjMxMjI4N0MiLCJ2YWx1ZSI6"
        "IjEwMDAwIiwidmFsaWRBZnRlciI6IjE3NDA2NzIwODkiLCJ2YWxpZEJlZm9yZSI6IjE3NDA2NzIxNTQiLCJub25jZSI6IjB4ZjM3"
        "NDY2MTNjMmQ5MjBiNWZkYWJjMDg1NmYyYWViMmQ0Zjg4ZWU2MDM3YjhjYzVkMDRhNzFhNDQ2MmYxMzQ4MCJ9fX0=",
        {
            "x402Version": 2,
            "resource": {
                "url": "https://api.example.com/premium-data",
                "description": "Access to premium market data",
                "mimeType": "application/json",
            },
            "accepted": {
                "scheme": "exact",
                "network": "eip155:84532",
                "amount": "10000",
                "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
                "maxTimeoutSeconds": 60,
                "extra": {"name": "USDC", "version": "2"},
            },
            "payload": {
                "signature": "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2"
                "ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
                "authorization": {
                    "from": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
                    "to": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
                    "value": "10000",
                    "validAfter": "1740672089",
                    "validBefore": "1740672154",
                    "nonce": "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
                },
            },
        },
    ),
    (
        "PAYMENT-RESPONSE",
        "eyJzdWNjZXNzIjp0cnVlLCJ0cmFuc2FjdGlvbiI6IjB4MTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Njc4OTBhYmNkZWYxMjM0NTY3ODkw"
        "YWJjZGVmMTIzNDU2Nzg5MGFiY2RlZiIsIm5ldHdvcmsiOiJlaXAxNTU6ODQ1MzIiLCJwYXllciI6IjB4ODU3YjA2NTE5RTkxZTNB"
        "NTQ1Mzg3OTFiRGJiMEUyMjM3M2UzNmI2NiJ9",
        {
            "success": True,
            "transaction": "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef",
            "network": "eip155:84532",
            "payer": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
        },
    ),
    (
        "PAYMENT-RESPONSE",
        "eyJzdWNjZXNzIjpmYWxzZSwiZXJyb3JSZWFzb24iOiJpbnN1ZmZpY2llbnRfZnVuZHMiLCJ0cmFuc2FjdGlvbiI6IiIsIm5ldHdv"
        "cmsiOiJlaXAxNTU6ODQ1MzIiLCJwYXllciI6IjB4ODU3YjA2NTE5RTkxZTNBNTQ1Mzg3OTFiRGJiMEUyMjM3M2UzNmI2NiJ9",
        {
            "success": False,
            "errorReason": "insufficient_funds",
            "transaction": "",
            "network": "eip155:84532",
            "payer": "0x857b06519E91e3A54538791bDbb0E22373e36b66",
        },
    ),
)


def domain_of(caip2: str) -> Domain:
    found = next(row for row in tokens(caip2) if row.asset.symbol == "USDC")
    where = network(caip2)
    assert where is not None
    assert where.chain_id is not None
    assert found.name is not None
    assert found.version is not None
    return Domain(found.name, found.version, where.chain_id, found.asset.address)


def test_the_type_hash_is_the_one_of_eip_3009() -> None:
    assert transfer_typehash().hex() == "7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267"


@pytest.mark.parametrize("caip2", SEPARATORS)
def test_the_table_gives_the_domain_separator_that_stands_on_the_chain(caip2: str) -> None:
    assert domain_separator(domain_of(caip2)).hex() == SEPARATORS[caip2]


def test_a_chain_outside_the_table_has_its_separator_too() -> None:
    expected = "26d9c34bb1a1c312f69c53b2d93b8be20faafba63af2438c6811713c9b1f933f"
    assert domain_separator(OPTIMISM).hex() == expected


def test_the_reference_listing_is_paid_in_the_base_token_of_the_table() -> None:
    row = token("eip155:8453", BASE_DOMAIN.contract.lower())
    assert row is not None
    assert (row.method, row.name, row.version) == (Method.EIP3009, BASE_DOMAIN.name, BASE_DOMAIN.version)


@pytest.mark.parametrize(("domain", "authorization", "hashed", "signature", "signer"), SIGNED)
def test_a_published_signature_recovers_to_its_payer(
    domain: Domain, authorization: Authorization, hashed: str, signature: str, signer: str
) -> None:
    assert digest(domain, authorization).hex() == hashed
    assert recover(bytes.fromhex(hashed), bytes.fromhex(signature)) == signer


def test_our_own_authorization_has_its_digest() -> None:
    assert digest(SEPOLIA_DOMAIN, OWN).hex() == OWN_DIGEST


@pytest.mark.parametrize(("domain", "signature"), OWN_SIGNATURES)
def test_a_known_key_gives_the_known_signature(domain: Domain, signature: str) -> None:
    wallet = ThrowawayWallet(KEY)
    assert wallet.address == PAYER
    assert wallet.sign(digest(domain, OWN)).hex() == signature


@pytest.mark.parametrize(("name", "value", "decoded"), SPEC_HEADERS)
def test_a_header_of_the_specification_decodes_to_its_message(name: str, value: str, decoded: dict[str, Any]) -> None:
    assert decode(value, place=name) == (decoded, ())
    assert encode(decoded) == value
