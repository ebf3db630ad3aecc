"""Limits: how large and how deep a record may be before it is no longer read."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024

BEARABLE_DEPTH = 1000  # beyond it no parser is asked, whatever max_depth says


@dataclass(frozen=True, slots=True)
class Limits:
    """What one record may cost. ``max_record_bytes`` counts its bytes as they stand in the (unpacked) source,
    ``max_depth`` its nested arrays and objects; both are inclusive. Raises ``ValueError`` below 1."""

    max_record_bytes: int = 16 * MIB
    max_depth: int = 200

    def __post_init__(self) -> None:
        if self.max_record_bytes < 1 or self.max_depth < 1:
            raise ValueError("limits are counted from 1")


DEFAULT = Limits()
