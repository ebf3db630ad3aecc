"""RESP016 to RESP019: files inside an answer: whether they can be decoded, and are what was promised or asked for."""

from __future__ import annotations

import re

from x402_catalog.findings import Level
from x402_catalog.models import Json
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.content.asking import Basis
from x402_harness.checks.content.files import File, NotEncoded, base64_claim, decoded, file_of_data_url, is_data_url
from x402_harness.checks.content.media import canonical, dimensions, family, is_same, named
from x402_harness.checks.content.spots import Spot
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.checks.content.wishes import Aim, Wish, wish_for
from x402_harness.protocol.exchange import Leg

ENCODED = rule(
    "RESP016",
    Level.WARNING,
    "text that is said to be base64 is not",
    why="The buyer's program cannot decode what it bought. An error where a keyword of the output says base64.",
    basis="RFC 4648 §4; hints.output (contentEncoding, description)",
    mend="Encode with the standard alphabet and padding, and send all of it.",
)
DATA_URL = rule(
    "RESP017",
    Level.ERROR,
    "data URL is not what it says",
    why="It names its own media type, and holds something else or nothing that can be decoded.",
    basis="RFC 2397",
    mend="Name the media type of the bytes in it.",
)
FORMAT = rule(
    "RESP018",
    Level.ERROR,
    "file is in another format than asked for",
    why="The buyer chose the format from the listing's own values. A warning where only prose names it.",
    basis="hints.input (output_format and the like), hints.output (contentMediaType, description)",
    mend="Answer in the format that the request names.",
)
SIZE = rule(
    "RESP019",
    Level.ERROR,
    "picture has another size than asked for",
    why="The buyer chose the size from the listing's own values. A warning where only prose names it.",
    basis="hints.input (size, width, height, aspect_ratio)",
    mend="Answer in the size that the request names.",
)
DEFAULT = rule(
    "RESP020",
    Level.WARNING,
    "answer is not the stated default",
    why="The request left a field out, and what came is not what the listing says of that case.",
    basis="hints.input (default, description)",
    mend="Apply the default that the listing states, or state the one that is applied.",
)
_KINDS = (
    ("image", re.compile(r"\b(?:image|picture|photo|png|jpe?g|webp|screenshot)\b", re.I)),
    ("audio", re.compile(r"\b(?:audio|sound|speech|mp3|wav)\b", re.I)),
    ("application/pdf", re.compile(r"\bpdf\b", re.I)),
)
# Bytes about a file that are not the file.
_OF_IT = re.compile(
    r"\b(?:encrypted|cipher\w*|signature|signed|hash|digest|checksum|key|embedding|vector|tensor|raw|compressed|mask"
    r"|metadata|fingerprint|proof)\b", re.I
)  # fmt: skip
_CLOSE = 0.06  # of a proportion: models round sides to multiples of 64
_SIZES = (Aim.SIZE, Aim.SIDE, Aim.WIDTH, Aim.HEIGHT, Aim.RATIO)


def in_base64(subject: Subject) -> None:
    """What is said to be base64 can be decoded."""
    for spot in subject.spots:
        claim = base64_claim(spot) if isinstance(spot.value, str) and not is_data_url(spot.value) else None
        if claim is None:
            continue
        try:
            data = decoded(spot.value, lenient=claim.is_url_safe)
            problem = "" if data else "empty"
        except NotEncoded as error:
            problem = str(error)
        if problem:
            subject.scene.broken(
                ENCODED, Leg.PAID, f"{spot.at or '/'}: {problem}", observed=spot.value[:80], expected="base64",
                pointer=claim.place, level=Level.ERROR if claim.is_stated else None,
            )  # fmt: skip
        elif claim.place:
            subject.scene.held(ENCODED, claim.place)


def data_urls(subject: Subject) -> None:
    """A data URL can be decoded and holds what it names."""
    for spot in subject.spots:
        if not isinstance(spot.value, str) or not spot.views or not is_data_url(spot.value):
            continue
        try:
            file = file_of_data_url(spot, spot.value)
        except NotEncoded as error:
            _broken_url(subject, spot, str(error))
            continue
        declared = canonical(file.declared or "")
        if not file.data:
            _broken_url(subject, spot, "it is empty")
        elif named(declared) and not is_same(file.media_type or "", declared):
            _broken_url(subject, spot, f"{file.media_type or 'something else'} in a URL of {declared[:60]}")
        else:
            subject.scene.held(DATA_URL)


def _broken_url(subject: Subject, spot: Spot, problem: str) -> None:
    subject.scene.broken(
        DATA_URL, Leg.PAID, f"{spot.at or '/'}: {problem}", observed=str(spot.value)[:60], pointer=spot.place
    )


def formats(subject: Subject) -> None:
    """Each file is of the kind that the output declares, and in the format that the request chose."""
    for file in subject.files:
        _promised(subject, file)
    wish = wish_for(subject.wishes, Aim.FORMAT)
    if wish is None:
        return
    for file in subject.files:
        if file.media_type is None or file.is_aside or not _concerns(wish, file):
            continue
        if is_same(file.media_type, str(wish.value)):
            _held(subject, wish, FORMAT)
        else:
            _broken(subject, wish, FORMAT, file, file.media_type, str(wish.value))


def _concerns(wish: Wish, file: File) -> bool:
    # Inside a larger answer the field may be about something else than this file.
    return file.spot is None or family(file.media_type or "") == family(str(wish.value))


def promised_family(spot: Spot) -> str | None:
    """The kind of file that a description speaks of: ``image``, ``audio``, ``application/pdf``."""
    found = [kind for kind, words in _KINDS if words.search(spot.text)]
    return found[0] if len(found) == 1 and not _OF_IT.search(spot.text) else None


def _promised(subject: Subject, file: File) -> None:
    """What the output's own declaration says of a decoded text."""
    if file.spot is None or file.declared is not None:
        return
    stated = file.spot.keyword("contentMediaType")
    if stated and isinstance(stated[0], str) and (wanted := named(stated[0])):
        if file.media_type is not None and is_same(file.media_type, wanted):
            subject.scene.held(FORMAT, stated[1])
        else:
            _other(subject, file, wanted, stated[1], None)
    elif promised := promised_family(file.spot):
        if family(file.media_type or "") == promised:
            subject.scene.held(FORMAT, *([file.spot.prose] if file.spot.prose else []))
        elif file.data:
            _other(subject, file, promised, file.spot.prose, Level.WARNING)


def _other(subject: Subject, file: File, wanted: str, place: str | None, level: Level | None) -> None:
    shown = file.media_type or "nothing that is known"
    at = file.spot.at if file.spot else ""
    subject.scene.broken(
        FORMAT, Leg.PAID, f"{at}: {shown} where {wanted} is declared", observed=shown, expected=wanted, pointer=place,
        level=level,
    )  # fmt: skip


def sizes(subject: Subject) -> None:
    """Each picture has the size that the request chose."""
    wanted = [wish for wish in subject.wishes if wish.aim in _SIZES]
    if not wanted:
        return
    for file in subject.files:
        found = dimensions(file.data) if not file.is_aside else None
        if found is not None:
            _sized(subject, file, found, wanted)


def _sized(subject: Subject, file: File, found: tuple[int, int], wanted: list[Wish]) -> None:
    by_aim = {wish.aim: wish for wish in reversed(wanted)}
    exact = [by_aim[aim] for aim in (Aim.SIZE, Aim.SIDE, Aim.WIDTH, Aim.HEIGHT) if aim in by_aim]
    missed = [wish for wish in exact if not _is_met(wish, found)]
    if len(exact) > 1 and any(wish.is_lenient for wish in exact) and len(missed) < len(exact):
        return  # fitted into a frame, a picture touches two of its sides
    if not exact and Aim.RATIO in by_aim:
        exact = [by_aim[Aim.RATIO]]
        missed = [wish for wish in exact if not _is_met(wish, found)]
    for wish in exact:
        if wish in missed:
            _broken(subject, wish, SIZE, file, f"{found[0]}x{found[1]}", _told(wish))
        else:
            _held(subject, wish, SIZE)


def _is_met(wish: Wish, found: tuple[int, int]) -> bool:
    if wish.aim is Aim.SIZE:
        return found == tuple(wish.value)
    if wish.aim is Aim.SIDE:
        return int(wish.value) in found
    if wish.aim is Aim.RATIO:
        wanted: float = wish.value[0] / wish.value[1]
        return abs(found[0] / max(found[1], 1) - wanted) <= _CLOSE * wanted
    return found[0 if wish.aim is Aim.WIDTH else 1] == int(wish.value)


def _told(wish: Wish) -> Json:
    if wish.aim in (Aim.SIZE, Aim.RATIO):
        return f"{wish.value[0]}{'x' if wish.aim is Aim.SIZE else ':'}{wish.value[1]}"
    return f"{wish.aim} {wish.value}"


def _held(subject: Subject, wish: Wish, kind: Rule) -> None:
    subject.scene.held(DEFAULT if wish.field.basis is not Basis.SENT else kind, wish.field.claim)


def _broken(subject: Subject, wish: Wish, kind: Rule, file: File, observed: Json, expected: Json) -> None:
    """What the request chose is told by its own rule; what it left out by the rule about defaults."""
    at = file.spot.at if file.spot else ""
    left_out = wish.field.basis is not Basis.SENT
    said = f"{wish.field.name} is left out" if left_out else f"{wish.field.name} asks for {expected}"
    subject.scene.broken(
        DEFAULT if left_out else kind, Leg.PAID, f"{at + ': ' if at else ''}{observed}, where {said}"
        + (f" and {expected} is its default" if left_out else ""),
        observed=observed, expected=expected, pointer=wish.field.claim,
        level=None if left_out or wish.is_stated else Level.WARNING,
    )  # fmt: skip


CHECKS: tuple[ContentCheck, ...] = (in_base64, data_urls, formats, sizes)
