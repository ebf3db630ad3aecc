"""CAT050 to CAT059: what the listing says of itself in two places, in both alike."""

from __future__ import annotations

import re
from datetime import datetime

from x402_catalog.findings import Level
from x402_catalog.models import Json, JsonObject, Listing, mapping, member, text
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.links import parts_of
from x402_catalog.rules.registry import Rule, rule

PAGE_LINK = rule(
    "CAT050",
    Level.ERROR,
    "page links name another listing",
    why="Readers and search engines land on another listing's page.",
    basis="schema.org url, @id, Offer.url; listing format (slug)",
    mend="Derive the page's links from slug.",
)
PROVIDER = rule(
    "CAT051",
    Level.ERROR,
    "provider and origin disagree",
    why="The page names one server, the listing another.",
    basis="schema.org provider; listing format (origin)",
    mend="Derive json_ld.provider from origin.",
)
NAMES = rule(
    "CAT052",
    Level.ERROR,
    "page and listing carry different names",
    why="Page and listing seem to speak of two services.",
    basis="schema.org name, applicationCategory, description; listing format (title, category, seo.description)",
    mend="Derive the page's name, category and description from the listing.",
)
TIMESTAMP = rule(
    "CAT053",
    Level.WARNING,
    "time of the record is no timestamp",
    why="How old its terms are cannot be told.",
    basis="RFC 3339; discovery lastUpdated (seconds, milliseconds or ISO 8601)",
    mend="Write an RFC 3339 timestamp.",
)
TEXT_LEFTOVER = rule(
    "CAT054",
    Level.WARNING,
    "text holds what a template left behind",
    why="A variable was never filled in, so readers see code instead of a description.",
    basis="listing format (title, summary, description)",
    mend="Fill the variable in.",
)
IMAGE_URL = rule(
    "CAT055",
    Level.WARNING,
    "image or icon URL cannot be used",
    why="Pages show a broken image, or one over plain http.",
    basis="x402 v2 discovery (iconUrl: http(s), at most 2048 characters)",
    mend="Give an absolute https URL.",
)
CONTEXT = rule(
    "CAT056",
    Level.WARNING,
    "JSON-LD is not of the vocabulary that it uses",
    why="Search engines ignore it.",
    basis="schema.org; JSON-LD 1.1 (@context, @type)",
    mend='Set @context to "https://schema.org" and @type to WebAPI, Offer and so on.',
)
AVAILABILITY = rule(
    "CAT057",
    Level.INFO,
    "page says that the service is not available",
    why="A buyer should know before paying.",
    basis="schema.org Offer.availability",
    mend="Nothing, if it is meant.",
)
CLUSTER = rule(
    "CAT058",
    Level.INFO,
    "duplicate cluster is named for another category",
    why="It may have been clustered when it stood in another category; what the prefix means is not published.",
    basis="listing format (duplicate_cluster_id, category)",
    mend="Nothing, if the prefix means something else.",
)
SIDE_EFFECTS = rule(
    "CAT059",
    Level.INFO,
    "request seems to act on the world, and no risk is noted",
    why="A test buy may send, move, post or delete something; such requests are not made without --allow-side-effects.",
    basis="listing format (risk_notes)",
    mend="Note the effect in risk_notes.",
)

_PREFIX = re.compile(r"([a-z]+)-cl-[0-9a-f]+")
_LEFTOVER = re.compile(
    r"\{\{.*?\}\}|\$\{[^}]*\}|\[object Object\]|\blorem ipsum\b|\bTODO\b|^(?:undefined|null|None|NaN)$"
)
# What an unfilled text has in lower case, and what else it may be: most have none of it, which is quickly told.
_LINES = frozenset({"undefined", "null", "none", "nan"})
_TEXTS = (
    ("title",),
    ("summary",),
    ("seo", "title"),
    ("seo", "description"),
    ("json_ld", "description"),
    ("origin", "title"),
)
_IMAGES = (("origin", "og_image"), ("origin", "favicon"), ("json_ld", "image"))
_ACTS = re.compile(
    r"\b(?:transfer|withdraw|swap|send(?:s|ing)? (?:an? )?(?:email|sms|message|tweet|token)s?|place (?:an? )?order|"
    r"book(?:s|ing)? (?:an?|your)|post(?:s|ing)? (?:to|on)|publish(?:es)?|delet(?:e|es|ing)|mint(?:s|ing)?)\b",
    re.I,
)
_VERBS = ("transfer", "withdraw", "swap", "send", "place", "book", "post", "publish", "delet", "mint")
_FOLDING = ("ſ", "ı", "\u0307")  # what a search that ignores case takes for letters of these
KNOWN_TYPES = frozenset({"WebAPI", "WebApplication", "SoftwareApplication", "Product", "Service", "APIReference"})


def page_links(listing: Listing, judge: Judge) -> None:
    """The page's own links end in the slug."""
    if not isinstance(listing.raw.get("slug"), str):
        return
    links = (
        (("json_ld", "@id"), judge.page.get("@id")),
        (("json_ld", "url"), judge.page.get("url")),
        (("json_ld", "offers", "url"), judge.page_offer.get("url")),
    )
    for path, stated in links:
        if isinstance(stated, str):
            _agree(judge, PAGE_LINK, path, _last_step(stated), listing.slug, stated)


def providers(listing: Listing, judge: Judge) -> None:
    """``json_ld.provider`` and ``origin`` say the same of the server."""
    origin, provider = listing.raw.get("origin"), judge.page.get("provider")
    if not isinstance(origin, dict):
        return
    slug, url, title = text(origin.get("slug")), text(origin.get("url")), text(origin.get("title"))
    if url is not None and isinstance(origin.get("host"), str):
        _agree(judge, PROVIDER, ("origin", "url"), _host(url), origin["host"].lower(), url)
    if not isinstance(provider, dict):
        return
    link, base = text(provider.get("@id")), ("json_ld", "provider")
    if slug is not None and link is not None:
        _agree(judge, PROVIDER, (*base, "@id"), _last_step(link), slug, link, also=("origin", "slug"))
    if url is not None and isinstance(provider.get("url"), str):
        _agree(judge, PROVIDER, (*base, "url"), provider["url"].rstrip("/"), url.rstrip("/"), provider["url"])
    if title is not None and isinstance(provider.get("name"), str):
        _agree(judge, PROVIDER, (*base, "name"), provider["name"], title, provider["name"], also=("origin", "title"))


def names(listing: Listing, judge: Judge) -> None:
    """Name, category and description of the page are the listing's."""
    page, raw = judge.page, listing.raw
    pairs = (
        ("name", page.get("name"), ("title",), raw.get("title")),
        ("applicationCategory", page.get("applicationCategory"), ("category",), raw.get("category")),
        ("description", page.get("description"), ("seo", "description"), mapping(raw.get("seo")).get("description")),
    )
    for name, stated, own, wanted in pairs:
        if isinstance(stated, str) and isinstance(wanted, str):
            _agree(judge, NAMES, ("json_ld", name), stated, wanted, stated, also=own)


def _agree(
    judge: Judge,
    decider: Rule,
    path: tuple[str, ...],
    observed: str,
    expected: str,
    shown: str,
    also: tuple[str, ...] | None = None,
) -> None:
    if observed == expected and not judge.keep_held:
        return  # which is the rule: the pointers need not be made
    at, other = "/" + "/".join(path), ("/" + "/".join(also),) if also else ()
    if observed == expected:
        judge.held(decider, at, *other)
    else:
        judge.contradicted(
            decider, at, f"{observed!r} is not {expected!r}", observed=shown, expected=expected, also=other
        )


def timestamps(listing: Listing, judge: Judge) -> None:
    """``generated_at`` is a time: RFC 3339, or for feeds a number of seconds or milliseconds."""
    stated = listing.raw.get("generated_at")
    if stated is None:
        return
    if is_time(stated):
        judge.held(TIMESTAMP, "/generated_at", detail="a well-formed time")
    else:
        judge.contradicted(TIMESTAMP, "/generated_at", "no time can be read from it", observed=stated)


def is_time(value: Json) -> bool:
    """Whether ``value`` is a time."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0 < value < 10**14
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def leftovers(listing: Listing, judge: Judge) -> None:
    """Texts have no variables in them that were never filled in."""
    if not may_be_leftover(judge.words):
        return
    for path in _TEXTS:
        stated = text(member(listing.raw, *path))
        if stated is not None and (found := _LEFTOVER.search(stated)):
            judge.remark(TEXT_LEFTOVER, "/" + "/".join(path), f"{found[0]!r} was never filled in", observed=stated)


def may_be_leftover(words: str) -> bool:
    """Whether :attr:`Judge.words` have to be searched for variables that were never filled in."""
    # A loop over the words costs as much as looking for them; so does a regular expression for each letter.
    if "{" in words or "orem ipsum" in words or "todo" in words or ("[" in words and "[object" in words):
        return True
    return not _LINES.isdisjoint(words.splitlines())


def images(listing: Listing, judge: Judge) -> None:
    """Image and icon URLs are absolute https URLs of bearable length."""
    origin = mapping(listing.raw.get("origin"))
    for path, stated in zip(
        _IMAGES, (origin.get("og_image"), origin.get("favicon"), judge.page.get("image")), strict=True
    ):
        if isinstance(stated, str) and stated and not (stated.startswith("https://") and len(stated) <= 2048):
            judge.remark(IMAGE_URL, "/" + "/".join(path), "no https URL, or too long", observed=stated)


def vocabulary(listing: Listing, judge: Judge) -> None:
    """The JSON-LD names schema.org and a type of it."""
    page = listing.raw.get("json_ld")
    if not isinstance(page, dict):
        return
    context = text(page.get("@context"))
    if context is None or context.rstrip("/").split("://")[-1] != "schema.org":
        _foreign(judge, page, "@context", "not schema.org")
    else:
        judge.held(CONTEXT, "/json_ld/@context")
    stated = page.get("@type")
    if any(
        isinstance(kind, str) and kind in KNOWN_TYPES for kind in (stated if isinstance(stated, list) else [stated])
    ):
        judge.held(CONTEXT, "/json_ld/@type")
    else:
        _foreign(judge, page, "@type", "no type of a service")


def _foreign(judge: Judge, page: JsonObject, name: str, message: str) -> None:
    # What is missing contradicts nothing that is there.
    report = judge.contradicted if name in page else judge.remark
    report(CONTEXT, f"/json_ld/{name}", message, observed=page.get(name))


def availability(listing: Listing, judge: Judge) -> None:
    """The page says that the service can be bought."""
    stated = text(judge.page_offer.get("availability"))
    if stated is not None and _last_step(stated) not in {"InStock", "OnlineOnly", "LimitedAvailability"}:
        judge.remark(
            AVAILABILITY, "/json_ld/offers/availability", f"availability is {_last_step(stated)}", observed=stated
        )


def clusters(listing: Listing, judge: Judge) -> None:
    """The cluster's prefix is the category."""
    stated = text(listing.raw.get("duplicate_cluster_id"))
    match = _PREFIX.fullmatch(stated or "")
    if match is None or not listing.category:
        return
    if match[1] == listing.category:
        judge.held(CLUSTER, "/duplicate_cluster_id")
    else:
        reason = f"named for {match[1]!r}, listed under {listing.category!r}; what the prefix means is not published"
        judge.not_judged(CLUSTER, "/duplicate_cluster_id", reason=reason)


def side_effects(listing: Listing, judge: Judge) -> None:
    """Where the text or the method speaks of acting, a risk is noted."""
    notes = listing.raw.get("risk_notes")
    if not isinstance(notes, list) or notes:
        return  # whether the risks that are noted are the right ones, no text tells
    acting = acts(listing)
    if acting is None:
        judge.held(SIDE_EFFECTS, "/risk_notes", detail="agrees with what the texts say")
    else:
        judge.contradicted(SIDE_EFFECTS, "/risk_notes", f"no risk is noted, but {acting}", observed=notes)


def acts(listing: Listing) -> str | None:
    """What says that a request acts on the world; ``None`` if nothing does."""
    if listing.method == "DELETE":
        return "the method is DELETE"
    for path in (("title",), ("summary",), ("accepts", 0, "description")):
        stated = text(member(listing.raw, *path))
        if stated is not None and may_act(stated.lower()) and (found := _ACTS.search(stated)):
            return f"the text says {found[0]!r}"
    return None


def may_act(words: str) -> bool:
    """Whether ``words``, in lower case, have to be searched for a verb that acts."""
    # A search for any of the verbs that ignores case takes ten times as long as looking for each of these.
    return _has_any(words, _VERBS) or (not words.isascii() and _has_any(words, _FOLDING))


def _has_any(words: str, signs: tuple[str, ...]) -> bool:
    for sign in signs:  # noqa: SIM110  # a generator costs as much as the looks themselves
        if sign in words:
            return True
    return False


def _last_step(url: str) -> str:
    return url.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


def _host(url: str) -> str:
    parts = parts_of(url)
    return parts.host if parts else ""


CHECKS = (
    page_links, providers, names, timestamps, leftovers, images, vocabulary, availability, clusters, side_effects,
)  # fmt: skip
