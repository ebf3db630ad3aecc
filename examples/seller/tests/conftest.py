"""The seller, settling in the sandbox of the tests."""

import importlib

import pytest


@pytest.fixture(scope="session")
def testbuy_app(testbuy_sandbox):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FACILITATOR_URL", testbuy_sandbox.facilitator)
        yield importlib.import_module("seller").app
