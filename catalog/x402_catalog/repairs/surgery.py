"""Surgery: the text of single values replaced, every other byte kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from x402_catalog.models import Json
from x402_catalog.reading.positions import span
from x402_catalog.records import Record
from x402_catalog.repairs.repair import Repair


class Edit(NamedTuple):
    """``new`` is to stand where ``old`` stands, from byte ``start`` of the (unpacked) file on."""

    start: int
    old: bytes
    new: bytes


class Moved(ValueError):
    """The text is not the one that an edit was made for."""


def edits(record: Record, repairs: Iterable[Repair]) -> list[Edit]:
    """The edits of the record's file that make ``repairs``, in the order of the text."""
    return sorted(_edit(record, repair) for repair in repairs)


def _edit(record: Record, repair: Repair) -> Edit:
    start, end = span(record.raw, record.base + repair.pointer)
    old = record.raw[start:end]
    return Edit(record.offset + start, old, literal(repair.after, old, ascii=record.raw.isascii()))


def literal(value: Json, old: bytes, *, ascii: bool) -> bytes:
    """The JSON text of a scalar, with the escapes that the text around it uses: beyond ASCII if that has none, and of
    slashes if ``old`` has them."""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".encode()  # without an exponent
    text = json.dumps(value, ensure_ascii=ascii)
    if isinstance(value, str) and rb"\/" in old:
        text = text.replace("/", r"\/")
    return text.encode()


def operated(data: bytes, made: Iterable[Edit]) -> bytes:
    """``data`` after the edits, which must be in its order. Raises :class:`Moved` where it is not what they expect."""
    parts, kept = [], 0
    for edit in made:
        end = edit.start + len(edit.old)
        if edit.start < kept or data[edit.start : end] != edit.old:
            raise Moved(f"at byte {edit.start} stands {data[edit.start : end][:40]!r} instead of {edit.old[:40]!r}")
        parts += [data[kept : edit.start], edit.new]
        kept = end
    return b"".join([*parts, data[kept:]])
