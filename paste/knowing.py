"""Pastes as documents of the chat's collections, and as what a model finds of a person's own."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chat.knowledge import sources
from chat.tools.own_content import Found, register
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from paste.access import NO_SUCH_PASTE, pastes_of
from paste.listing import own
from paste.models import Paste
from paste.texts import text_of

KIND = "paste"
MOST = 20


def load() -> None:
    sources.register(sources.Source(KIND, _("A paste of yours"), choices, read))
    register(KIND, search)


def choices(user: User, query: str) -> Sequence[sources.Item]:
    rows = own(user, query).filter(sealed=False)[:MOST]
    return [sources.Item(row.slug, _title(row), f"{row.created:%Y-%m-%d}") for row in rows]


def read(user: User, key: str) -> sources.Text:
    """Raises NotFound for what is not the user's own, and for what is encrypted: nobody here can read it."""
    row = pastes_of(user).filter(slug=key.replace("\x00", ""), sealed=False).first()
    if row is None:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return sources.Text(_title(row), text_of(row))


def search(user: User, query: str, most: int) -> Sequence[Found]:
    rows = own(user, query).filter(sealed=False)[:most]
    return [Found(_title(row), reverse("paste:show", args=[row.slug]), text_of(row), row.created) for row in rows]


def _title(row: Paste) -> str:
    return row.title or row.slug
