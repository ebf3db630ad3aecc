"""The page that puts listings side by side."""

from __future__ import annotations

from x402_catalog.store import Catalogue
from x402_harness.explorer.answers import Answer, NotThere
from x402_harness.explorer.asked import Asked, BadQuery
from x402_harness.explorer.commands import line
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.comparison import MOST, compared, marked, sides
from x402_harness.reporting.comparison import like as like_one
from x402_harness.reporting.looking import compare_document

NAMES = ("slug", "id", "like", "count", "snapshot")


def page(asked: Asked, shelf: Shelf) -> Answer:
    """From one to eight listings, those that are named or those that are like one."""
    like, count = asked.one("like"), asked.number("count", 4, 1, MOST - 1)
    with shelf.opened(asked.snapshot) as catalogue:
        keys = [key for slug in asked.many("slug") for key in named(catalogue, slug)]
        keys += [numbered(catalogue, text) for text in asked.many("id")]
        alike = like_one(catalogue, named(catalogue, like)[0], count) if like else None
        keys = list(dict.fromkeys([*keys, *(alike.keys if alike else ())]))
        if not 1 <= len(keys) <= MOST:
            raise BadQuery(f"from two to {MOST} listings can be compared; these are {len(keys)}")
        told = [compared(catalogue, key) for key in keys]
        if alike:
            told = marked(told, keys, alike)
        links = [asked.listing(row) for row in catalogue.rows(keys)]
    context = {
        "told": list(zip(told, links, strict=True)),
        "sides": sides(told),
        "like": like,
        "lonely": len(told) == 1,
    }
    at = [f"--snapshot={asked.snapshot}"] if asked.snapshot else []
    return Answer(
        title="Compare",
        template="compare.html.j2",
        context=context,
        document=lambda: compare_document(told, like or None),
        command=line("compare", f"--catalogue={shelf.name}", *at, words=tuple(one.slug for one in told)),
    )


def named(catalogue: Catalogue, slug: str) -> list[int]:
    """The listings of a slug or URL. Raises :class:`~x402_harness.explorer.answers.NotThere`."""
    found = catalogue.ids(slug)
    if not found:
        raise NotThere(f"there is no listing {slug}", tuple(catalogue.nearest(slug)))
    return found


def numbered(catalogue: Catalogue, text: str) -> int:
    """The listing of that number in the file, if the snapshot has it. Raises likewise."""
    key = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    sql = "SELECT 1 FROM member WHERE snapshot = ? AND listing = ?"
    if catalogue.connection.execute(sql, (catalogue.snapshot, key)).fetchone() is None:
        raise NotThere(f"there is no listing of the number {text}")
    return key
