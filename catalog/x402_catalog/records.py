"""Records: one JSON value as it was read, with its bytes and the place where it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from x402_catalog.findings import Finding, Location

if TYPE_CHECKING:
    from x402_catalog.reading.lookups import Lookups


class Record(Struct, frozen=True):  # made for every record of a catalogue, in a tenth of a dataclass's time
    """One record of a source, whole.

    ``raw`` holds the record's own bytes, ``line`` and ``column`` (from 1) where they begin in ``file``, ``offset`` the
    same in bytes of the (unpacked) file, and ``pointer`` where the record stands in its container (``""`` or ``"/3"``).
    ``faults`` are findings about the text itself that did not keep the value from being read (duplicate keys, integers
    beyond 64 bits).
    """

    value: Any
    raw: bytes
    file: str
    line: int = 1
    column: int = 1
    pointer: str = ""
    offset: int = 0
    faults: tuple[Finding, ...] = ()
    base: str = ""
    # Made when the first place is asked for, and shared by the records inside this one.
    lookups: list[Lookups] = field(default_factory=list)

    def inside(self, pointer: str, value: Any) -> Record:
        """The record of a value that stands at ``pointer`` in this one, such as an item of a page.

        It shares the bytes; ``base`` says where in them it stands. Faults of the text stay with the whole.
        """
        return replace(self, value=value, base=self.base + pointer, faults=())

    def locate(self, pointer: str = "", *, listing: str | None = None, key: bool = False) -> Location:
        """Where ``pointer`` (relative to this record) stands in the file.

        A pointer that does not exist is placed at its nearest ancestor. ``key`` asks for the member's name
        instead of its value.
        """
        from x402_catalog.reading.lookups import Lookups

        if not self.lookups:
            self.lookups.append(Lookups(self.raw))
        # What stands in this record is told by its value; the path to a value inside a page is not.
        of = None if self.base else self.value
        line, column = self.lookups[0].position(self.base + pointer, key=key, of=of)
        return Location(
            listing=listing,
            file=self.file,
            line=self.line + line - 1,
            column=column + self.column - 1 if line == 1 else column,
            pointer=self.pointer + self.base + pointer,
        )
