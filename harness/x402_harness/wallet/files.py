"""Files with secrets: read only where nobody else can, written so that nobody else can."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from x402_harness.wallet.signing import KeyRefused

_OTHERS = 0o077
_LARGEST = 64 * 1024  # bytes; a keystore file has less than one thousand


def read_secret(path: Path) -> bytes:
    """The content of a file that only its owner may read. Raises :class:`KeyRefused`, ``OSError``.

    A pipe is nobody else's by its nature; where there are no Unix permissions nothing is said about them.
    """
    with open(path, "rb") as file:
        about = os.fstat(file.fileno())  # of what was opened, not of what stands there by now
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISFIFO(about.st_mode)):
            raise KeyRefused(f"{path} is no file")
        if os.name == "posix" and stat.S_ISREG(about.st_mode) and about.st_mode & _OTHERS:
            mode = stat.S_IMODE(about.st_mode)
            raise KeyRefused(f"{path} can be reached by others (mode {mode:04o}): chmod 600 it")
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise KeyRefused(f"{path} is larger than any such file")
    return content


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, onto the disk itself. Raises ``FileExistsError``, ``OSError``."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)  # half a key is none, and its name would be taken
        raise


def read_password(path: Path) -> str:
    """The password in a file, without the line's end. Raises :class:`KeyRefused`, ``OSError``."""
    try:
        text = read_secret(path).decode("utf-8")
    except UnicodeDecodeError:
        raise KeyRefused(f"{path} is no UTF-8 text") from None
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise KeyRefused(f"{path} is empty")
    return password
