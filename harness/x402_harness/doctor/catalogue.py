"""The catalogue that slugs are looked up in: whether it is there and opens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from x402_harness.doctor.examining import Check, Status, fine


def catalogue(source: str, *, named: bool) -> Iterator[Check]:
    """``source`` as ``--catalogue`` takes it; ``named`` says whether the user named it."""
    from x402_catalog.store import Catalogue, StoreError, is_catalogue

    path = Path(source)
    remedy = "testbuy import SRC... makes a catalogue file; --catalogue or the configuration names one"
    if not path.exists():
        status = Status.ERROR if named else Status.UNTOLD
        yield Check("catalogue", status, f"there is no {source}" + ("" if named else " here"), remedy)
    elif is_catalogue(source):
        try:
            with Catalogue.open(source) as found:
                yield fine("catalogue", f"{source} has {len(found)} listings, snapshot {found.snapshot}")
        except StoreError as error:
            yield Check("catalogue", Status.ERROR, str(error), remedy)
    elif not os.access(path, os.R_OK):
        yield Check("catalogue", Status.ERROR, f"{source} may not be read", f"chmod u+r '{source}'")
    else:
        yield from _sources(path)


def _sources(path: Path) -> Iterator[Check]:
    from x402_catalog.findings import Finding
    from x402_catalog.reading.files import files

    found = [file for file in files([str(path)]) if not isinstance(file, Finding)]
    if found:
        yield fine("catalogue", f"{path} has {len(found)} files of listings, read when they are asked for")
    else:
        yield Check("catalogue", Status.WARNING, f"{path} has no file of listings", "testbuy import SRC...")
