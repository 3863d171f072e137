"""In which state shares and inboxes are, in words, and what may be shown of a file by its type."""

from typing import Final, Literal, TypeAlias

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files.models.shares import Inbox, Share

State: TypeAlias = Literal["open", "revoked", "down", "expired", "used"]

WORDS: Final = {
    "open": _("open"), "revoked": _("withdrawn"), "down": _("taken down by a moderator"), "expired": _("past its time"),
    "used": _("used up"),
}  # fmt: skip


def state_of(row: Share | Inbox) -> State:
    ended = row.revoked if isinstance(row, Share) else row.closed
    if row.taken_down is not None:
        return "down"
    if ended is not None:
        return "revoked"
    if row.expires is not None and row.expires <= timezone.now():
        return "expired"
    return "used" if isinstance(row, Share) and row.downloads_left == 0 else "open"
