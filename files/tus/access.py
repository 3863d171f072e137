"""Whose upload it is: the owner's own, or of whoever came with the same link."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from files.asgi.who import UploadGrant, Who, unknown
from files.models import Upload
from files.tus.protocol import Ended
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends bytes, and to whom they come: ``owner`` has the file and pays for it."""

    owner: User
    grant: UploadGrant | None = None

    @property
    def mark(self) -> str:
        return self.grant.mark if self.grant is not None else ""


def sender_of(who: Who) -> Sender:
    """Raises Unauthenticated for who is not known and has no link to upload by."""
    if isinstance(who.grant, UploadGrant):
        return Sender(who.grant.owner, who.grant)
    if who.user is None:
        raise unknown()
    return Sender(who.user)


def access_upload(sender: Sender, key: str) -> Upload:
    """Raises NotFound, and Ended for one's own that is over."""
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        wanted = None
    row = Upload.objects.filter(pk=wanted, owner=sender.owner.pk, grant=sender.mark).first() if wanted else None
    if row is None:
        raise NotFound(_("This upload does not exist, or is not yours."), code="no_such_upload")
    if row.state == Upload.State.GONE:
        raise Ended
    return row
