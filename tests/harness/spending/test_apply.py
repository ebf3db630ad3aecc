"""Plan and apply: exactly what was approved is spent, once, and everything else is refused with its reason."""

from __future__ import annotations

from tests.harness.support.testnet import Testnet


def test_it(net: Testnet) -> None:
    done = net.plan("--rows", "3")
    print(done.stdout, done.stderr)
    done = net.apply("--rpc", net.rpc)
    print(done.stdout, done.stderr)
    print(net.rows(), net.earned)
    assert 0
