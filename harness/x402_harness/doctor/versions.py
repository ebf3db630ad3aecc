"""Versions: Python, testbuy and what it depends on, against what it says it needs."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from x402_catalog.__about__ import __version__
from x402_harness.doctor.examining import REINSTALL, Check, Status, fine

DISTRIBUTION = "x402-testbuy"
OLDEST = (3, 11)


def versions(distribution: str = DISTRIBUTION, python: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Check]:
    """Python, testbuy and every dependency that is asked for on this machine."""
    told = (
        f"{'.'.join(map(str, python))} ({platform.python_implementation()}, {platform.system()} {platform.machine()})"
    )
    if python < OLDEST:
        yield Check("Python", Status.ERROR, told, "testbuy needs Python 3.11 or newer")
    else:
        yield fine("Python", told)
    try:
        asked = metadata.requires(distribution) or []
        installed = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        remedy = "install it with pip, for its dependencies to be known"
        yield Check("testbuy", Status.WARNING, f"{__version__}, run from its source without being installed", remedy)
        return
    if installed == __version__:
        yield fine("testbuy", __version__)
    else:
        told = f"{__version__} runs, {installed} is what was installed"
        yield Check("testbuy", Status.WARNING, told, f"install it again: {REINSTALL}")
    yield from dependencies(asked)


def dependencies(asked: list[str]) -> Iterator[Check]:
    """One check for all that are right, one for each that is not; ``asked`` are requirements as PEP 508 writes them."""
    from packaging.requirements import Requirement

    right = []
    for one in map(Requirement, asked):
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            yield Check(one.name, Status.ERROR, "is not installed", f"pip install '{one.name}{one.specifier}'")
            continue
        if one.specifier.contains(found, prereleases=True):
            right.append(f"{one.name} {found}")
        else:
            told = f"{found} is installed, {one.specifier} is needed"
            yield Check(one.name, Status.ERROR, told, f"pip install --upgrade '{one.name}{one.specifier}'")
    yield fine("dependencies", ", ".join(dict.fromkeys(right)))
