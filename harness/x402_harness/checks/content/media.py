"""Media: what bytes are by their first ones, and how large the picture in them is. Nothing is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# What the first bytes are, with where they stand: (offset, bytes, media type).
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
_LAYER_3 = frozenset({0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2})
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/opus": "audio/ogg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "video/quicktime": "video/mp4",
    "video/ogg": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/webm": "video/webm",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-pdf": "application/pdf",
}
_ZIPPED = re.compile(r"application/(?:.*\+zip|vnd\.openxmlformats|vnd\.oasis|epub|java-archive)")
_WORDS = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
    "avif": "image/avif", "heic": "image/heic", "tiff": "image/tiff", "bmp": "image/bmp", "svg": "image/svg+xml",
    "ico": "image/x-icon", "pdf": "application/pdf", "zip": "application/zip", "mp3": "audio/mpeg",
    "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg", "m4a": "audio/mp4",
    "mp4": "video/mp4", "webm": "video/webm",
}  # fmt: skip
# Types whose files always begin with their magic: what claims to be one and is not recognised is not one.
STRICT = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml", "image/tiff",
     "application/pdf", "application/zip", "application/gzip", "audio/wav", "audio/flac", "audio/ogg", "video/webm"}
)  # fmt: skip
_TOGETHER = ({"audio/mp4", "video/mp4"}, {"image/heic", "image/avif"})  # kinds that share a container
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<\?[^>]*>|<!--(?:(?!-->).)*-->|<!DOCTYPE\s+svg[^>]*>)\s*)*<(?:\w+:)?svg[\s>/]",
    re.I | re.S,
)
_HEAD = 8 * 1024  # bytes in which a text must have said of what kind it is
_STARTS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG markers that begin a frame
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def sniff(data: bytes) -> str | None:
    """The media type that the bytes show; ``None`` for text and for what is not known."""
    if data[:2] == b"BM" and len(data) > 26 and int.from_bytes(data[6:10], "little") == 0:
        return "image/bmp"
    for offset, magic, media_type in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return media_type if offset != 8 or data[:4] == b"RIFF" else None
    if len(data) > 3 and data[0] == 0xFF and data[1] in _LAYER_3:
        return "audio/mpeg"
    return "image/svg+xml" if _SVG.match(data[:_HEAD]) else None


def canonical(media_type: str) -> str:
    """A media type by its usual name, without parameters; packages that are ZIP files are ``application/zip``."""
    bare = media_type.split(";", 1)[0].strip().lower()
    return "application/zip" if _ZIPPED.match(bare) else _ALIASES.get(bare, bare)


def named(word: str) -> str | None:
    """The media type of a format's name as request fields have it: ``jpeg``, ``image/jpeg``, ``mp3_44100_128``."""
    bare = word.strip().lower().lstrip(".")
    if canonical(bare) in _WORDS.values():
        return canonical(bare)
    return _WORDS.get(bare) or _WORDS.get(bare.split("_", 1)[0])


def family(media_type: str) -> str:
    """``image``, ``audio``, ``video``; other types are families of their own."""
    kind = media_type.split("/", 1)[0]
    return kind if kind in {"image", "audio", "video"} else media_type


def is_same(one: str, other: str) -> bool:
    """Whether two media types name the same kind of file."""
    first, second = canonical(one), canonical(other)
    pairs = {first, second}
    return first == second or pairs in _TOGETHER


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; ``None`` where the bytes do not say."""
    reader = {
        "image/png": _png,
        "image/gif": _gif,
        "image/jpeg": _jpeg,
        "image/webp": _webp,
        "image/bmp": _bmp,
    }.get(sniff(data) or "")
    try:
        return reader(data) if reader else None
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", data[16:24]) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> tuple[int, int]:
    return struct.unpack("<HH", data[6:10])


def _bmp(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<ii", data[18:26])
    return width, abs(height)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    for marker, at in _segments(data):
        if marker in _STARTS:
            height, width = struct.unpack(">HH", data[at + 3 : at + 7])
            return width, height
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG up to its scan, with where its length stands."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in (0xD9, 0xDA):
            return
        else:
            yield marker, at + 2
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
