"""EVM chains that hold sandbox money: in Python alone, by revm in process, or by anvil."""

from x402_harness.sandbox.chains.chain import Chain, Rejected, Reverted
from x402_harness.sandbox.chains.collection import Backend, Chains
from x402_harness.sandbox.chains.layout import Contract
from x402_harness.sandbox.chains.sender import Sender
from x402_harness.sandbox.chains.token import Token

__all__ = ["Backend", "Chain", "Chains", "Contract", "Rejected", "Reverted", "Sender", "Token"]
