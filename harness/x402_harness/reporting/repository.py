"""The repository: the folder to which the paths in machine-read reports are relative."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from x402_catalog.reading.streams import STDIN


@dataclass(frozen=True, slots=True)
class Repository:
    """``root`` is the repository's folder, ``here`` the one in which file names were given."""

    root: str
    here: str

    @classmethod
    def around(cls, here: str) -> Repository:
        """The nearest folder at or above ``here`` that a version control system keeps, else ``here`` itself."""
        kept = (
            path for path in (Path(here), *Path(here).parents) if (path / ".git").exists() or (path / ".hg").is_dir()
        )
        return cls(str(next(kept, here)), here)

    def relative(self, file: str) -> str | None:
        """``file`` as a path below the root with forward slashes; ``None`` if it is outside, or a stream."""
        if file == STDIN:
            return None
        try:
            path = os.path.relpath(os.path.join(self.here, file), self.root)
        except ValueError:  # another drive, or no path at all
            return None
        path = path.replace(os.sep, "/")
        return None if path == ".." or path.startswith("../") else path
