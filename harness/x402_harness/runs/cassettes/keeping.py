"""Keeping: what of a run is recorded, and what is played from earlier recordings instead of being bought."""

from __future__ import annotations

from enum import StrEnum


class Keeping(StrEnum):
    """``none`` keeps nothing; ``all`` buys and keeps everything; ``new`` plays what was recorded and buys the rest;
    ``once`` buys only of listings of which nothing was recorded yet."""

    NONE = "none"
    ONCE = "once"
    NEW = "new"
    ALL = "all"
