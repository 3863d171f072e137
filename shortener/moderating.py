"""Short links, as moderation names, reads and changes them."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from meatlizard.moderation.services import Turn
from shortener.actions import abuse


class LinkTexts:
    """See :class:`meatlizard.moderation.services.Service`."""

    label = _("short links")

    def read(self, target: str) -> str | None:
        key = _key(target)
        return None if key is None else abuse.text_of(key)

    def write(self, target: str, text: str) -> bool:
        """There is no half of a link to show: an empty text takes it down, any other leaves it."""
        if text:
            return self.read(target) is not None
        return self.remove(target)

    def remove(self, target: str) -> bool:
        key = _key(target)
        return key is not None and abuse.by_decision(key)

    def around(self, target: str, place: str) -> Sequence[Turn]:
        return []


def _key(target: str) -> int | None:
    kind, _colon, number = target.partition(":")
    return int(number) if kind == "link" and number.isdecimal() else None
