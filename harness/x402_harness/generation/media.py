"""Media: the smallest real files of a given kind and, for pictures, of a given size, made with the standard library.

Each is complete: a decoder of its kind reads it. Pictures are of one colour, sound is silence.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

MAX_PIXELS = 1 << 26  # of a picture; what is asked for beyond is not drawn
_SIDES = {"image/jpeg": 65_535, "image/gif": 65_535, "image/webp": 16_384}  # the most that a format can say


def made(media_type: str, width: int = 1, height: int = 1) -> bytes | None:
    """A file of ``media_type``; ``None`` for a kind that cannot be made here.

    Raises ``ValueError`` for a picture without pixels, of more than :data:`MAX_PIXELS`, or too long for its format.
    """
    most = _SIDES.get(media_type, MAX_PIXELS)
    if not (0 < width <= most and 0 < height <= most and width * height <= MAX_PIXELS):
        raise ValueError(f"{width}x{height} is no size of a picture")
    if picture := _PICTURES.get(media_type):
        return picture(width, height)
    other = _OTHERS.get(media_type)
    return other() if other else None


def png(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel (ISO/IEC 15948)."""
    rows = zlib.compress(bytes(((width + 7) // 8 + 1) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )


def jpeg(width: int, height: int) -> bytes:
    """A baseline JPEG in grey (ITU-T T.81): every block is two bits, *no difference* and *end of block*."""
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    bits = 2 * blocks
    scan = bytearray((bits + 7) // 8)
    scan[-1] |= (1 << (-bits % 8)) - 1  # the rest of the last byte is ones
    one_code = bytes([1] + [0] * 15) + b"\x00"
    parts = (
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        (0xDB, b"\x00" + b"\x01" * 64),
        (0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"),
        (0xC4, b"\x00" + one_code),
        (0xC4, b"\x10" + one_code),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    )
    head = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in parts)
    return b"\xff\xd8" + head + bytes(scan) + b"\xff\xd9"


def webp(width: int, height: int) -> bytes:
    """A lossless WebP (RFC 9649 §3): five codes of one symbol each, so that a pixel takes no bits at all."""
    stream = _lossless(width, height)
    padded = stream + b"\x00" * (len(stream) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(stream)) + padded
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _lossless(width: int, height: int) -> bytes:
    # Signature, size, alpha not used, version 0; no transform, no colour cache, no groups of codes.
    fields = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    for symbol in (0, 0, 0, 255, 0):  # green, red, blue, alpha, distance
        wide = symbol > 1
        fields += [(1, 1), (0, 1), (int(wide), 1), (symbol, 8 if wide else 1)]
    return _packed(fields)


def gif(width: int, height: int) -> bytes:
    """A GIF89a: its LZW codes stand for runs that grow by one pixel each."""
    data = _packed(_runs(width * height))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    screen = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00" + b"\xff\xff\xff\x00\x00\x00"
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + blocks + b"\x00;"


def _runs(pixels: int) -> Iterator[tuple[int, int]]:
    clear, end, first = 4, 5, 6
    bits = 3
    yield clear, bits
    length, free = 1, first
    while pixels > 0:
        run = min(length, pixels)
        yield (0 if run == 1 else first + run - 2), bits
        pixels -= run
        if length > 1:
            free += 1
        length += 1
        if free == 1 << bits and bits < 12:
            bits += 1
        if free == 4094:  # before the table is full, it begins anew
            yield clear, bits
            length, free, bits = 1, first, 3
    yield end, bits


def _packed(fields: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> bytes:
    """Values with their widths in bits, lowest bit first."""
    held, count, out = 0, 0, bytearray()
    for value, width in fields:
        held |= value << count
        count += width
        while count >= 8:
            out.append(held & 0xFF)
            held >>= 8
            count -= 8
    return bytes(out) + (bytes([held]) if count else b"")


def bmp(width: int, height: int) -> bytes:
    """A BMP of one bit a pixel."""
    rows = bytes((width + 31) // 32 * 4 * height)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, len(rows), 2835, 2835, 2, 2)
    colours = b"\xff\xff\xff\x00\x00\x00\x00\x00"
    return b"BM" + struct.pack("<IHHI", 62 + len(rows), 0, 0, 62) + head + colours + rows


def svg(width: int, height: int) -> bytes:
    """An SVG without a figure."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>'.encode()


def pdf() -> bytes:
    """A PDF of one empty page, with its table of places (ISO 32000-1 §7.5)."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 4\n0000000000 65535 f \n%btrailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(body))
    )


def wav() -> bytes:
    """A tenth of a second of silence, 8 kHz, 8 bits."""
    samples = b"\x80" * 800
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3() -> bytes:
    """Ten frames of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono."""
    return (b"\xff\xfb\x90\xc4" + bytes(413)) * 10


def zipped() -> bytes:
    """A ZIP with one small text; always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("sample.txt", (2026, 1, 2, 3, 4, 4)), "sample")
    return buffer.getvalue()


_PICTURES: dict[str, Callable[[int, int], bytes]] = {
    "image/png": png,
    "image/jpeg": jpeg,
    "image/webp": webp,
    "image/gif": gif,
    "image/bmp": bmp,
    "image/svg+xml": svg,
}
_OTHERS: dict[str, Callable[[], bytes]] = {
    "application/pdf": pdf,
    "application/zip": zipped,
    "audio/wav": wav,
    "audio/mpeg": mp3,
}
