"""Comments as HTML: the site's Markdown without what makes a page of its own, and moments of the video as links."""

import re
from typing import Final

import nh3

from meatlizard.markup import render_markdown

MAX_LENGTH: Final = 5_000
TAGS: Final = {"a", "blockquote", "br", "code", "del", "em", "li", "ol", "p", "pre", "s", "strong", "ul"}
ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}

_PIECES: Final = re.compile(r"(<(?:[^<>\"]|\"[^\"]*\")*>)")
_MOMENT: Final = re.compile(r"(?<![\w:.,/])(?:(\d{1,3}):([0-5]\d)|(\d{1,2})):([0-5]\d)(?![\w:]|[.,]\d)")
_CLOSED: Final = frozenset({"a", "code", "pre"})
"""Within these nothing is changed."""


def html_of(text: str) -> str:
    """No headings, tables, formulas, footnotes and pictures, whose words stay. CPU-bound."""
    return nh3.clean(
        render_markdown(text), tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc", generic_attribute_prefixes=None,
    )  # fmt: skip


def with_moments(html: str, address: str, duration: float | None) -> str:
    """Safe HTML with ``1:23`` and ``1:02:03`` as links to ``address`` at that second, as far as the video goes."""
    if not duration or ":" not in html:
        return html
    within: list[str] = []
    done = []
    for piece in _PIECES.split(html):
        if piece.startswith("<"):
            _step(within, piece)
        elif not within:
            piece = _MOMENT.sub(lambda found: _link(found, address, duration), piece)
        done.append(piece)
    return "".join(done)


def _step(within: list[str], tag: str) -> None:
    name = tag.strip("</>").split(maxsplit=1)[0].lower() if tag.strip("</>") else ""
    if name not in _CLOSED:
        return
    if not tag.startswith("</"):
        within.append(name)
    elif within:
        within.pop()


def _link(found: re.Match[str], address: str, duration: float) -> str:
    hours, minutes, alone, seconds = found.groups()
    at = int(hours or 0) * 3600 + int(minutes or alone) * 60 + int(seconds)
    return f'<a class="seek" href="{address}?t={at}" data-seek="{at}">{found[0]}</a>' if at <= duration else found[0]
