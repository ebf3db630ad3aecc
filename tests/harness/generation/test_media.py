"""Made media: each file is what it says, of the size it was asked for, and its own kind's decoder reads it."""

from __future__ import annotations

import io
import wave
import zipfile
from typing import Any

import pytest

from x402_harness.checks.content.media import canonical, dimensions, family, is_same, named, sniff
from x402_harness.generation.media import MAX_PIXELS, made

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
SIZES = ((1, 1), (7, 9), (8, 8), (256, 256), (1024, 1792), (4097, 3))


@pytest.mark.parametrize("media_type", PICTURES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_picture_says_its_kind_and_its_size(media_type: str, size: tuple[int, int]) -> None:
    data = made(media_type, *size)
    assert data is not None
    assert (sniff(data), dimensions(data)) == (media_type, size)


@pytest.mark.parametrize("media_type", PICTURES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_another_decoder_reads_every_pixel(media_type: str, size: tuple[int, int]) -> None:
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(made(media_type, *size) or b"")) as picture:
        picture.load()
        assert picture.size == size
        low, high = picture.convert("L").getextrema()
        assert low == high


@pytest.mark.parametrize("media_type", PICTURES)
@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"progressive": True}], ids=str)
def test_pictures_of_another_encoder_are_read(media_type: str, options: dict[str, Any]) -> None:
    image = pytest.importorskip("PIL.Image")
    buffer = io.BytesIO()
    kind = media_type.removeprefix("image/")
    image.new("RGBA" if options.get("lossless") and kind == "webp" else "RGB", (37, 21)).save(buffer, kind, **options)
    data = buffer.getvalue()
    assert (sniff(data), dimensions(data)) == (media_type, (37, 21))
    for end in (0, 3, 11, 20, 25, len(data) // 2):
        dimensions(data[:end])  # a cut file has a size or none; it raises nothing


def test_sound_and_archives_are_read_by_their_own_kind() -> None:
    with wave.open(io.BytesIO(made("audio/wav") or b"")) as sound:
        assert (sound.getnframes(), sound.getframerate()) == (800, 8000)
    with zipfile.ZipFile(io.BytesIO(made("application/zip") or b"")) as archive:
        assert archive.testzip() is None
    assert [sniff(made(kind) or b"") for kind in ("application/pdf", "audio/mpeg")] == ["application/pdf", "audio/mpeg"]


def test_what_cannot_be_made_is_not_made() -> None:
    assert made("model/gltf-binary") is None
    for size in ((0, 1), (1, -1), (MAX_PIXELS, 2)):
        with pytest.raises(ValueError, match="no size"):
            made("image/png", *size)
    with pytest.raises(ValueError, match="no size"):
        made("image/webp", 20_000, 1)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", None), (b"{}", None), (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"), (b"....\x00\x00\x00\x00WAVE", None),
        (b"BMW is a car, not a picture", None), (b"\xff\xd8\xff", "image/jpeg"), (b"....ftypmp42", "video/mp4"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="x"/>', "image/svg+xml"), (b"<svg>", "image/svg+xml"),
        (b"<html><svg width='1'/>", None), (b"<html>", None), (b"<!--" * 3000, None),
    ],
)  # fmt: skip
def test_bytes_are_known_by_how_they_begin(data: bytes, media_type: str | None) -> None:
    assert sniff(data) == media_type


def test_names_of_formats_lead_to_media_types() -> None:
    words = {"JPG": "image/jpeg", ".png": "image/png", "image/jpg": "image/jpeg", "mp3_44100_128": "audio/mpeg"}
    assert {word: named(word) for word in words} == words
    assert [named(word) for word in ("json", "full", "", "text")] == [None] * 4
    assert canonical("Image/JPG; q=1") == "image/jpeg"
    assert canonical("application/vnd.openxmlformats-officedocument.wordprocessingml.document") == "application/zip"
    assert (family("image/png"), family("application/pdf")) == ("image", "application/pdf")
    assert is_same("audio/m4a", "video/mp4")
    assert not is_same("image/png", "image/jpeg")
