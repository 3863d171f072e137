"""Links of an answer that read the web: those to addresses that were neither read nor found nor named by the person are marked."""

import html
import re
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from chat.models import Message
from chat.tools import seen

_LINK = re.compile(r'<a href="(https?://[^"]*)"(?=[ >])')


def into(message: Message) -> None:
    """Marks them in its HTML. No query for answers without calls of tools, or without links to the web."""
    if message.called and '<a href="http' in message.html and message.conversation_id is not None:
        message.html = of(message.html, message.pk, message.conversation_id)


def of(rendered: str, message: UUID, conversation: UUID) -> str:
    """The safe HTML of an answer. Nothing is marked where nothing was read: then nobody takes a link for a source."""
    known = seen.of(message, conversation)
    return marked(rendered, known.knows) if known.foreign else rendered


def marked(rendered: str, knows: Callable[[str], bool]) -> str:
    """``rendered`` is what nh3 wrote, see :mod:`chat.tools.citing`, whose own links have a class and stay as they are."""
    title = html.escape(gettext("This address was neither read nor found for this answer. It may not exist."))

    def mark(found: re.Match[str]) -> str:
        address = html.unescape(found[1])
        own = address == settings.SITE_URL or address.startswith(f"{settings.SITE_URL}/")
        return found[0] if own or knows(address) else f'<a class="unread" title="{title}" href="{found[1]}"'

    return _LINK.sub(mark, rendered)
