"""Channels: a person's first comes by itself."""

import re
import unicodedata

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from video.models import Channel

HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")
MOST = 20
TRIES = 50


def main_of(user: User) -> Channel:
    """The channel that this person's videos go to; made with the first one."""
    for number in range(1, TRIES):
        row = Channel.objects.filter(owner=user.pk, main=True).first()
        if row is not None:
            return row
        base = handle_of(user.get_username())
        handle = base if number == 1 else f"{base[:50]}-{number}"
        try:
            with transaction.atomic():
                return Channel.objects.create(owner=user, handle=handle, name=user.get_username()[:80], main=True)
        except IntegrityError:
            # Another request made it meanwhile, or somebody has this handle.
            continue
    raise Invalid(_("There is no free handle for a channel of yours. Make one yourself first."), code="no_free_handle")


def create(user: User, handle: str, name: str, about: str = "") -> Channel:
    """Raises Invalid for a handle that is taken or none, LimitReached."""
    handle = handle.strip().lower()
    if not HANDLE.fullmatch(handle):
        raise Invalid(
            _("A handle has 1 to 60 small letters, digits, hyphens and underscores, and begins and ends with none of the last two."),
            code="handle",
        )  # fmt: skip
    name = unicodedata.normalize("NFC", " ".join(name.replace("\x00", "").split()))[:80]
    if not name:
        raise Invalid(_("Give the channel a name."), code="name_missing")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = Channel.objects.filter(owner=user.pk)
        if mine.count() >= MOST:
            raise LimitReached(_("You have as many channels as one may have."), code="channels")
        try:
            with transaction.atomic():
                return Channel.objects.create(
                    owner=user, handle=handle, name=name, about=about.replace("\x00", "")[:5_000], main=not mine.exists()
                )  # fmt: skip
        except IntegrityError:
            raise Invalid(_("This handle is taken. Choose another one."), code="handle_taken") from None


def handle_of(name: str) -> str:
    """Of a name in any letters, one for an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56] or "channel"
