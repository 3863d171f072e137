"""Uploads into an inbox: the header by which a page of an inbox shows the site what it may do, and what the inbox says to each file."""

import mimetypes
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.utils.translation import gettext as _

from files.asgi.asked import Asked
from files.models.library import File
from files.models.shares import Inbox
from files.sharing import access, inboxes
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden

HEADER: Final = "x-upload-link"
ENDPOINT: Final = "/files/uploads/"
SALT: Final = "files.inbox"
SECONDS: Final = 7 * 86_400
"""How long an open page may go on; loaded again it has a new one."""


def token(inbox: Inbox, sender: str, proof: str = "") -> str:
    """For the page of a sender who has come past the password; with another password it is worth nothing any more."""
    return signing.dumps([inbox.slug, sender, proof], salt=SALT)


@dataclass(frozen=True, slots=True)
class InboxGrant:
    """See :class:`files.asgi.who.UploadGrant`."""

    inbox: Inbox
    sender: str
    user: User | None
    begins: bool

    @property
    def mark(self) -> str:
        return f"{inboxes.mark(self.inbox)} {self.sender}"[:60]

    @property
    def owner(self) -> User:
        return self.inbox.owner

    @property
    def folder(self) -> UUID | None:
        return self.inbox.folder_id

    def admit(self, size: int | None, name: str) -> None:
        """One after the other at each inbox, so that of many at once no one gets over its limits."""
        inboxes.check_kind(self.inbox, name, mimetypes.guess_type(name)[0] or "")
        inboxes.admit(self.inbox, size, another=self.begins)

    def stored(self, file: File) -> None:
        inboxes.check_kind(self.inbox, file.name, file.media_type)
        inboxes.arrived(self.inbox, file, self.sender, self.user)


def recognise(asked: Asked, user: User | None) -> InboxGrant | None:
    """Raises Forbidden for a link that is over, NotFound for one of an inbox that is not there any more."""
    told = asked.headers.get(HEADER, "")
    if not told:
        return None
    try:
        found: Any = signing.loads(told, salt=SALT, max_age=SECONDS)
        slug, sender, proof = map(str, found)
    except (signing.BadSignature, ValueError, TypeError):
        raise Forbidden(_("This page has been open too long. Reload it and go on."), code="upload_link_over") from None
    inbox, stands = access.visit_inbox(user or AnonymousUser(), slug, proof)
    if stands != "open":
        raise Forbidden(_("Open the page of this address again, and go on there."), code="upload_link_over")
    return InboxGrant(inbox, sender, user, begins=asked.method == "POST")
