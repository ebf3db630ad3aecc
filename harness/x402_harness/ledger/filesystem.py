"""File systems: a ledger stands on this machine's own, where locks and shared memory hold between processes."""

from __future__ import annotations

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# Shared with other machines, or with a host outside of this kernel: SQLite's locks do not reach there.
_REMOTE = frozenset(
    [
        "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "efs", "gfs", "gfs2", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb3", "smbfs",
        "vboxsf", "virtiofs", "vmhgfs",
    ]
)  # fmt: skip
_LOCAL_FUSE = frozenset(["fuseblk", "fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.encfs", "fuse.gocryptfs"])


def network_filesystem(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of network file system that ``path`` stands on; ``None`` for a local one, or where it cannot be told.

    It can be told on Linux (``proc(5)``, mountinfo), and of UNC paths on Windows.
    """
    if path.drive.startswith("\\\\"):
        return "a network share"
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    kind = _kind(Path(os.path.realpath(path)), lines)
    return kind if kind is not None and _is_remote(kind) else None


def _kind(path: Path, lines: list[str]) -> str | None:
    # The deepest mount point above the path; of several on one point the last, which covers the others.
    best, kind = -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, types = before.split(" "), after.split(" ")
        if len(fields) < 5 or not types[0]:
            continue
        point = Path(_unescaped(fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), types[0]
    return kind


def _unescaped(text: str) -> str:
    for escaped, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(escaped, plain)
    return text


def _is_remote(kind: str) -> bool:
    return kind in _REMOTE or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)
