"""The tools of the web. What they bring was written by strangers; what an answer may do after it is :mod:`chat.tools.policy`'s to say."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import Field

from chat.tools.registry import Call, Result, Source, tool
from chat.tools.web.pages import Page, Pages
from chat.tools.web.providers.found import Found
from chat.tools.web.search import Search
from meatlizard.errors import NotFound
from meatlizard.security import ratelimit

P = ParamSpec("P")
R = TypeVar("R")

PART: Final = 12_000
"""Characters of a page that are read at once: some 3,000 tokens."""

LINKS: Final = 40
RATE: Final = "100/10m"
EXCERPT: Final = 400

# Of their own: a site that takes its ten seconds must hold up neither pages nor what is rendered.
_threads: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="web")

search = Search()
pages = Pages()


async def _apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: function(*args, **kwargs))


@tool(
    title=gettext_lazy("Web search"), foreign=True, seconds=20, remembered=300,
    ready=lambda: bool(settings.SEARCH_PROVIDERS),
)  # fmt: skip
async def web_search(
    call: Call,
    query: Annotated[
        str,
        Field(min_length=1, max_length=400, description="A few words, as one would type them into a search engine."),
    ],
) -> Result:
    """Searches the web. Returns titles, addresses and short excerpts of pages. Excerpts are no sources: read a page with
    fetch_webpage before you rely on it.
    """
    await _apart(_within_limits, call)
    provider, found = await _apart(search.find, query)
    if not found:
        return Result("No pages were found. Try other words.", shown=_("Nothing found"))
    shown = ngettext("%(number)s page found", "%(number)s pages found", len(found)) % {"number": len(found)}
    return Result(
        "\n\n".join(_listed(number, one) for number, one in enumerate(found, 1)), shown=f"{shown} ({provider})"
    )


def _within_limits(call: Call) -> None:
    """Raises LimitReached: nobody makes the site a load on others' sites."""
    words = _("You have asked for many pages within a short time. Try again in some minutes.")
    ratelimit.check("web-tools", str(call.user.pk), RATE, words, open_in_trouble=True)


def _listed(number: int, found: Found) -> str:
    published = f"({found.published}) " if found.published else ""
    return f"Result {number}: {found.title}\n{found.address}\n{published}{found.excerpt}".strip()


@tool(
    title=gettext_lazy("Read a web page"), foreign=True, seconds=40, remembered=300, ready=lambda: settings.FETCH_LINKS
)
async def fetch_webpage(
    call: Call,
    url: Annotated[
        str, Field(min_length=10, max_length=2_000, description="A whole address: https://example.org/page")
    ],
    part: Annotated[int, Field(ge=1, le=20, description="Of a long page, which part; the first says how many.")] = 1,
) -> Result:
    """Reads a page of the web: its title, text, date and links. Works for HTML, PDF and plain text. Give addresses that the person
    named, or that a search or a page you have read has; others need the person's consent. Cite what you take from a page by the
    number that it is given, as [1].
    """
    await _apart(_within_limits, call)
    page = await _apart(pages.read, url)
    parts = max(1, -(-len(page.text) // PART))
    if part > parts:
        raise NotFound(_("This page has only %s parts.") % parts)
    text = page.text[(part - 1) * PART : part * PART]
    source = Source(page.title or page.address, page.address, timezone.now(), " ".join(text.split())[:EXCERPT])
    host = urlsplit(page.address).hostname or ""
    return Result(
        _told(page, text, part, parts), (source,), shown=f"{page.title} ({host})" if page.title else page.address
    )


def _told(page: Page, text: str, part: int, parts: int) -> str:
    lines = [f"Title: {page.title}" if page.title else "", f"Address: {page.address}"]
    lines += [f"Published: {page.published}" if page.published else "", page.cut]
    lines += [f"Part {part} of {parts}" if parts > 1 else ""]
    links = [f"- {words}: {address}" for words, address in page.links[:LINKS]] if part == 1 else []
    told = "\n".join(line for line in lines if line) + f"\n\n{text.strip()}"
    return "\n".join([told, "", "Links of this page:", *links]) if links else told


TOOLS = (web_search, fetch_webpage)
