"""Shares, as moderation names, reads and takes them down."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from files.models.shares import Share
from files.sharing import access, actions
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import reports
from meatlizard.moderation.models import Case
from meatlizard.moderation.services import Turn

MOST_NAMES: Final = 200


def target_of(share: Share) -> str:
    return f"share:{share.pk}"


def text_of(share: Share) -> str:
    """Title and names: what the page shows. Moderators open nobody's files by this."""
    here = access.listing(share)
    names = [
        *(f"{one.name}/" for one in here.folders),
        *(f"{one.name} ({one.media_type})" for one in here.files[:MOST_NAMES]),
    ]
    return "\n".join([share.slug, share.title, *names[:MOST_NAMES]])


def report(share: Share, reporter: User | None, address: str, reason: str, comment: str = "") -> Case:
    """Raises as :func:`meatlizard.moderation.actions.reports.report`."""
    return reports.report(
        reporter, address, service=actions.SERVICE, target=target_of(share), text=text_of(share), reason=reason, comment=comment,
        owner=share.owner_id,
    )  # fmt: skip


class ShareTexts:
    """See :class:`meatlizard.moderation.services.Service`."""

    label = _("shares of files")

    def read(self, target: str) -> str | None:
        share = _share(target)
        return None if share is None else text_of(share)

    def write(self, target: str, text: str) -> bool:
        """There is no half of a share to show: an empty text takes it down, any other leaves it."""
        return self.read(target) is not None if text else self.remove(target)

    def remove(self, target: str) -> bool:
        share = _share(target)
        return share is not None and actions.by_decision(share.pk)

    def around(self, target: str, place: str) -> Sequence[Turn]:
        return []


def _share(target: str) -> Share | None:
    kind, _colon, number = target.partition(":")
    # Nine digits more would be beyond what a database takes for a key.
    return (
        Share.objects.filter(pk=int(number)).first()
        if kind == "share" and number.isdecimal() and len(number) < 19
        else None
    )
