"""The doors to shared conversations: by the link, for whoever has it, and by the list of one's own."""

import hashlib
from typing import Literal, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Share
from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

Readers = Literal["true", "members", "false"]

NO_SUCH_LINK = _("This link leads nowhere. It may have been withdrawn, be past its time, or have been copied in part.")
"""The same words for a link that never was, was revoked, has expired, or is not for this reader."""


def readers() -> Readers:
    """Who may read by a link: everybody (``true``), members, or nobody (``false``)."""
    return cast(Readers, settings.SHARE_LINKS)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def access_share(viewer: User | AnonymousUser, token: str) -> Share:
    """By the link's token, the snapshot left for later. It does not ask for the password, see :func:`chat.sharing.actions.unlock`."""
    row = None
    if readers() == "true" or (readers() == "members" and viewer.is_authenticated):
        now = timezone.now()
        usable = Share.objects.filter(at_large("owner__"), Q(expires=None) | Q(expires__gt=now))
        row = usable.defer("snapshot").filter(token_hash=token_hash(token)).first()
    if row is None:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return row


def access_own_share(viewer: User, share: UUID) -> Share:
    row = Share.objects.defer("snapshot").filter(pk=share, owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This shared link does not exist, or is not yours."))
    return row


def shares_of(viewer: User) -> "QuerySet[Share]":
    """Newest first, without what is in them."""
    return Share.objects.defer("snapshot").filter(owner=viewer.pk)
