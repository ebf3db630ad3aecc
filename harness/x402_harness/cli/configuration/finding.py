"""Finding the configuration file: the nearest one, in the working folder or above it."""

from __future__ import annotations

import os
from pathlib import Path

from x402_harness.cli.configuration.document import OWN, PROJECT, SECTION, Document, content, read, shown, wrong
from x402_harness.cli.configuration.problems import BadConfiguration, Place, Problem


def found(start: Path) -> Document | None:
    """The configuration that holds in ``start``, or ``None``: of its folders from the inside out, the first that has a
    ``testbuy.toml``, or a ``pyproject.toml`` with ``[tool.testbuy]``. Raises :class:`BadConfiguration`."""
    for folder in (start, *start.parents):
        document = _of(folder)
        if document is not None:
            _require_trusted(document.path, start)
            return document
    return None


def _of(folder: Path) -> Document | None:
    own, project = folder / OWN, of_project(folder / PROJECT)
    if not os.path.lexists(own):
        return project
    if project is not None:
        told = f"{shown(project.path)} has [{'.'.join(SECTION)}] too: keep one of them, or name one with --config"
        raise BadConfiguration([Problem(Place(shown(own)), "", told)])
    if own.exists() and not os.path.isfile(own) and not own.is_dir():
        raise wrong(own, "is no file")  # a pipe would be waited for
    return read(own)


def of_project(path: Path) -> Document | None:
    """What a ``pyproject.toml`` says of testbuy; ``None`` if nothing. Raises :class:`BadConfiguration`."""
    # Most such files are not ours to judge: only what speaks of testbuy is read as TOML.
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        return None
    try:
        if SECTION[1].encode() not in content(path):
            return None
    except BadConfiguration:  # too large, or gone
        return None
    document = read(path)
    return document if document.values or _has_section(document) else None


def _has_section(document: Document) -> bool:
    """Whether a table without anything in it stands there."""
    from x402_harness.cli.configuration.places import places

    return SECTION in places(document.text)


def _require_trusted(path: Path, start: Path) -> None:
    """Above the working folder anybody may have put a file, in /tmp for one: it is its owner's, ours or root's."""
    if os.name != "posix" or path.parent == start:
        return
    mine = {0, os.geteuid(), start.stat().st_uid}
    if not {path.stat().st_uid, path.lstat().st_uid} <= mine:
        raise wrong(path, "belongs to somebody else: name it with --config, or leave it out with --no-config")
