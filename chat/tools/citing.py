"""Numbers of sources in an answer's HTML become links to what was read."""

import html
import re
from collections.abc import Mapping
from uuid import UUID

from chat.models import AnswerSource, Message
from chat.tools import unread
from chat.tools.shown import address

_TAG = re.compile(r'(<[^<>"]*(?:"[^"]*"[^<>"]*)*>)')
_NUMBERS = re.compile(r"\[(\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,9})\]|\u3010(\d{1,3})(?:\u2020[^\u3010\u3011<]{0,80})?\u3011")
_CLOSED = frozenset({"a", "code", "pre"})
"""Within these a number in brackets is something else."""


def into(message: Message) -> None:
    """Puts them into its HTML, and marks links that lead elsewhere. No query without sources or calls."""
    if message.cited and message.html:
        message.html = cited(message.html, message.pk)
    unread.into(message)


def cited(rendered: str, message: UUID) -> str:
    """The safe HTML of an answer with links at the numbers of its sources. One query; call it for answers that have some."""
    rows = AnswerSource.objects.filter(message=message).only("number", "title", "address")
    return linked(rendered, {row.number: row for row in rows})


def linked(rendered: str, sources: Mapping[int, AnswerSource]) -> str:
    """``rendered`` is what nh3 wrote: in it a ``<`` in text is escaped, and all attributes stand in double quotes."""
    if not sources or ("[" not in rendered and "\u3010" not in rendered):
        return rendered
    closed = 0
    parts = []
    for part in _TAG.split(rendered):
        if part.startswith("<"):
            name = part.strip("</>").split(None, 1)[0].lower() if len(part) > 2 else ""
            if name in _CLOSED:
                closed += -1 if part.startswith("</") else 1
            parts.append(part)
        elif closed:
            parts.append(part)
        else:
            parts.append(_NUMBERS.sub(lambda found: _links(found, sources), part))
    return "".join(parts)


def _links(found: "re.Match[str]", sources: Mapping[int, AnswerSource]) -> str:
    numbers = [int(one) for one in re.findall(r"\d+", found[1] or found[2])]
    if any(number not in sources for number in numbers):
        return found[0]
    return "".join(_link(sources[number]) for number in numbers)


_OWN = re.compile(r'<a class="citation" href="/[^"]*"[^>]*>(\[\d+\])</a>')


def outside(rendered: str) -> str:
    """For readers who are not the answer's owner: what was read of the owner's own is a number, without name or address."""
    return _OWN.sub(r'<span class="citation">\1</span>', rendered)


def _link(source: AnswerSource) -> str:
    label, title = f"[{source.number}]", html.escape(source.title)
    where = address(source.address)
    if not where:
        return f'<span class="citation">{label}</span>'
    return f'<a class="citation" href="{html.escape(where)}" title="{title}" rel="noopener noreferrer nofollow ugc">{label}</a>'
