"""Writing: the repaired text in the place of the old one, so that at every moment one of the two is there, whole."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from x402_catalog.reading.files import File
from x402_catalog.reading.streams import STDIN, is_packed
from x402_catalog.repairs.files import FixableFile


class Unwritable(Exception):
    """A file that is not written, and why."""


def check_writable(file: File) -> None:
    """Raises :class:`Unwritable` for what cannot be changed in place, and ``OSError``."""
    if file.path == STDIN:
        raise Unwritable("standard input cannot be written: take the diff, or name a file")
    if not stat.S_ISREG(os.stat(file.path).st_mode):
        raise Unwritable(f"{file.name} is not a regular file")
    with open(file.path, "rb") as stream:
        if is_packed(stream.read(4)):
            raise Unwritable(f"{file.name} is packed: take the diff, or unpack it and write that")
    if not os.access(file.path, os.W_OK):
        raise Unwritable(f"{file.name} is write-protected")


def write(found: FixableFile) -> None:
    """Put the repaired text in the file's place, all at once and with its permissions; a link stays a link.

    Raises :class:`Unwritable` as :func:`check_writable` does and for a file that was changed since it was read, and
    ``OSError``; the old file is then untouched.
    """
    check_writable(found.file)
    target = Path(found.file.path).resolve()
    text = found.text()
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
            _like(name, target)
            os.fsync(stream.fileno())
        if target.read_bytes() != found.data:
            raise Unwritable(f"{found.file.name} was changed while it was being mended: try again")
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _like(name: str, target: Path) -> None:
    """Give the new file the owner and the permissions of the old one."""
    old = os.stat(target)
    if hasattr(os, "chown"):
        with suppress(OSError):  # only its owner, or root, may give a file away
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system opens folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
