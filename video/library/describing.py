"""Descriptions as safe HTML. Times in them lead to that moment of the video: ``<a class="seek" href="?t=90">1:30</a>``."""

import re
from html.parser import HTMLParser
from typing import Final

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from meatlizard.markup.render import render_markdown
from video.library.chapters import TIME, seconds

KEPT: Final = 24 * 3600
"""Seconds that the HTML of a text is remembered: it depends on nothing else."""

MOST_LINKS: Final = 1_000
_TIME: Final = re.compile(rf"(?<![\w:.,/-]){TIME}(?![\w:/]|[.,]\d)")
_LEFT_ALONE: Final = frozenset({"a", "code", "pre"})


def rendered(text: str, duration: float | None = None, *, times: bool = True) -> SafeString:
    """Markdown of the site's one renderer. Times behind the end of the video stay plain; without ``times``, all of them."""
    if not text.strip():
        return mark_safe("")
    mark = "plain" if not times else "" if duration is None else str(duration)
    name = "video.described." + salted_hmac("video.described", f"{mark} {text}", algorithm="sha256").hexdigest()
    known = cache.get(name)
    if not isinstance(known, str):
        html = render_markdown(text, "description")
        known = linked(html, duration) if times else html
        cache.set(name, known, KEPT)
    # From the renderer, whose tags are written again as they stand, with links of ours between them.
    return mark_safe(known)  # noqa: S308


def linked(html: str, duration: float | None) -> str:
    """``html``: what the site's renderer gives."""
    writer = _Times(duration)
    writer.feed(html)
    writer.close()
    return "".join(writer.out)


class _Times(HTMLParser):
    def __init__(self, duration: float | None) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self.duration, self.within, self.made = duration, 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within += tag in _LEFT_ALONE
        self.out.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag in _LEFT_ALONE
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.out.append(data if self.within > 0 else _TIME.sub(self._link, data))

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")

    def _link(self, found: re.Match[str]) -> str:
        at = seconds(found)
        if self.made >= MOST_LINKS or (self.duration is not None and at > self.duration):
            return found[0]
        self.made += 1
        return f'<a class="seek" href="?t={at}" data-seek="{at}">{escape(found[0])}</a>'
