"""Wallets: the only place that holds keys."""

from x402_harness.wallet.choosing import KeyChoice
from x402_harness.wallet.files import read_password
from x402_harness.wallet.home import home, ledger_path, private_folder
from x402_harness.wallet.keystore import Account, Keystore, decrypt, from_environment, from_hex, unlock
from x402_harness.wallet.signing import (
    HALF_ORDER,
    SIGNATURE_LENGTH,
    KeyRefused,
    ThrowawayWallet,
    UserWallet,
    Wallet,
    recover,
)

__all__ = [
    "HALF_ORDER",
    "SIGNATURE_LENGTH",
    "Account",
    "KeyChoice",
    "KeyRefused",
    "Keystore",
    "ThrowawayWallet",
    "UserWallet",
    "Wallet",
    "decrypt",
    "from_environment",
    "from_hex",
    "home",
    "ledger_path",
    "private_folder",
    "read_password",
    "recover",
    "unlock",
]
