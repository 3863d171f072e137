"""What a member finds of their own from Discord: conversations by what was said in them, and pastes."""

from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from chat.search import find
from discordbridge.access import can_sign_in
from meatlizard.accounts.models import User
from paste import listing

MOST = 8
"""Of each kind."""


@dataclass(frozen=True, slots=True)
class Result:
    """``address`` is empty where its owner has no way to open it; ``piece``: where it says so, on one line."""

    kind: str
    title: str
    address: str
    piece: str = ""


def search(user: User, text: str) -> list[Result]:
    """Raises Invalid for a search that cannot be understood."""
    opens = can_sign_in(user.pk)
    results = []
    for found in find(user, text)[:MOST]:
        address = _address("chat:conversation", found.conversation.pk) if opens else ""
        piece = "".join(text for text, _marked in found.hits[0].parts) if found.hits else ""
        results.append(Result("conversation", found.conversation.title, address, piece))
    if text.strip():
        for paste in listing.own(user, text)[:MOST]:
            # Private ones open for nobody who cannot sign in.
            address = _address("paste:show", paste.slug) if opens or paste.privacy != paste.Privacy.PRIVATE else ""
            results.append(Result("paste", paste.title or paste.slug, address))
    return results


def _address(name: str, part: object) -> str:
    return urljoin(settings.SITE_URL, reverse(name, args=[part]))
