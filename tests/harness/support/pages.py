"""Reading pages: their tags, texts and links."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset(("meta", "br", "img", "input", "link"))


class Page(HTMLParser):
    """The tags of a page with their attributes, whether each was closed, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"{tag} was closed, but not opened"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        """Where links lead."""
        return [href for one in self.named("a") if (href := one.get("href")) is not None]
