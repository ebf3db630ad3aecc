"""Libraries of compiled code, each tried: a wheel can be installed and yet not work on a machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module

from x402_harness.doctor.examining import Check, Status, fine


def libraries() -> Iterator[Check]:
    """One check for all that work, one for each that does not."""
    works = []
    for name, use in TRIALS.items():
        try:
            right = use()
        except Exception as error:
            told = f"cannot be used: {type(error).__name__}: {error}"
            yield Check(name, Status.ERROR, told, f"pip install --force-reinstall {name}")
            continue
        if right:
            works.append(name)
        else:
            told = "gives a wrong result"
            yield Check(name, Status.ERROR, told, f"pip install --force-reinstall --upgrade {name}")
    yield fine("compiled libraries", f"{', '.join(works)}: tried")
    yield from signing()
    yield from zstandard()


def signing(backend: Callable[[], str] | None = None) -> Iterator[Check]:
    """A signature is made and its signer recovered; ``backend`` names what did it."""
    name = _sign() if backend is None else backend()
    if name == "CoinCurveECCBackend":
        yield fine("signing", "by coincurve")
    else:
        told = f"by {name}: ten times as long for each signature"
        yield Check("signing", Status.WARNING, told, "pip install --force-reinstall coincurve")


def zstandard() -> Iterator[Check]:
    """Whether sources in Zstandard can be read, which is optional."""
    try:
        module = import_module("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
        right = module.decompress(module.compress(b"listing")) == b"listing"
    except ImportError:
        told = "not installed: sources that end in .zst cannot be read"
        yield Check("zstandard", Status.WARNING, told, "pip install 'x402-testbuy[zstd]'")
        return
    yield fine("zstandard", "tried") if right else Check("zstandard", Status.ERROR, "gives a wrong result")


def _sign() -> str:
    from eth_keys.main import KeyAPI

    api, digest = KeyAPI(), bytes(range(32))
    key = api.PrivateKey(b"\x01" * 32)  # everybody knows it; it signs nothing that anybody would take
    if key.sign_msg_hash(digest).recover_public_key_from_msg_hash(digest) != key.public_key:
        raise ArithmeticError("a signature is not its signer's")
    return type(api.backend).__name__


def _orjson() -> bool:
    import orjson

    return bool(orjson.loads(orjson.dumps({"price": "0.05"})) == {"price": "0.05"})


def _msgspec() -> bool:
    import msgspec

    return bool(msgspec.json.decode(msgspec.json.encode([1, "2"])) == [1, "2"])


def _jsonschema_rs() -> bool:
    import jsonschema_rs

    validator = jsonschema_rs.validator_for({"type": "integer"})
    return validator.is_valid(1) and not validator.is_valid("1")


def _pydantic() -> bool:
    from pydantic import TypeAdapter

    return TypeAdapter(int).validate_python("12") == 12


def _httptools() -> bool:
    import httptools

    class Seen:
        body = b""

        def on_body(self, body: bytes) -> None:
            self.body += body

    seen = Seen()
    httptools.HttpResponseParser(seen).feed_data(b"HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\n\r\n{}")
    return seen.body == b"{}"


def _rensa() -> bool:
    import rensa

    made = [rensa.RMinHash(num_perm=16, seed=1) for _ in range(2)]
    for one in made:
        one.update(["a", "listing"])
    return bool(made[0].jaccard(made[1]) == 1.0)


TRIALS: dict[str, Callable[[], bool]] = {
    "orjson": _orjson,
    "msgspec": _msgspec,
    "jsonschema-rs": _jsonschema_rs,
    "pydantic": _pydantic,
    "httptools": _httptools,
    "rensa": _rensa,
}
