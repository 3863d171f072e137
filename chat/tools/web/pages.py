"""A page of the web, fetched by the guarded fetcher and read: HTML by its article, PDF by what reads attached files, text as it is."""

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from chat import fencing
from chat.tools.web import articles
from meatlizard.errors import Invalid
from meatlizard.reading import conversion
from meatlizard.reading.plain import decoded
from meatlizard.security.fetch import Fetched, Fetcher
from meatlizard.security.robots import Robots

SECONDS: Final = 10.0
MOST_BYTES: Final = 2_000_000

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_TEXT: Final = frozenset(
    {"application/json", "application/ld+json", "application/xml", "application/rss+xml", "application/atom+xml", "application/yaml"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """``address``: where the redirects led. ``published``: a day, or empty. ``cut``: that it goes on, in words."""

    address: str
    title: str
    text: str
    published: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    cut: str = ""


class Pages:
    """The arguments are for tests."""

    def __init__(self, fetcher: Fetcher | None = None, robots: Robots | None = None) -> None:
        self._fetcher = fetcher or Fetcher(seconds=SECONDS, most=MOST_BYTES)
        self._robots = robots or Robots(Fetcher(seconds=3.0, most=MOST_BYTES, redirects=5))

    def read(self, address: str) -> Page:
        """Raises what fetching raises, and Invalid for what cannot be read."""
        found = self._fetcher.get(address.strip(), before=self._robots.check)
        page = _read(found)
        if not page.text.strip():
            raise Invalid(_("There is no text on this page. Perhaps it is only drawn by scripts."), code="no_text")
        return page


def _read(found: Fetched) -> Page:
    kind = _kind(found)
    if kind == "html":
        article = articles.read(found.body, found.url, found.charset)
        title = fencing.visible(article.title)
        return Page(found.url, title, fencing.visible(article.text), article.published, article.links)
    if kind == "pdf":
        with conversion.converted([found.body]) as read:
            return Page(found.url, fencing.visible(read.title), fencing.visible(read.text), cut=read.cut)
    if kind == "text":
        return Page(found.url, "", fencing.visible(_decoded(found)))
    raise Invalid(_("There is no page at this address, but a file that cannot be read here."), code="no_page")


def _kind(found: Fetched) -> str:
    """By what the server says, unless the bytes say otherwise: what it says proves nothing."""
    start = found.body[:1_024].lstrip().lower()
    if start.startswith(b"%pdf-"):
        return "pdf"
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    if found.media_type in _HTML or (not found.media_type and start.startswith((b"<!doctype html", b"<html"))):
        return "html"
    return "text" if found.media_type.startswith("text/") or found.media_type in _TEXT or not found.media_type else ""


def _decoded(found: Fetched) -> str:
    try:
        return found.body.decode(found.charset, "replace") if found.charset else decoded(found.body)
    except LookupError:
        return decoded(found.body)
