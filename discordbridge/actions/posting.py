"""Verbs of posted messages: which message on Discord shows which part of which message here."""

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

from django.db import transaction

from discordbridge import measuring
from discordbridge.models import PostedMessage


def nonce_of(session: UUID, message: UUID, part: int) -> str:
    """25 characters at most, the same each time: with ``enforce_nonce`` Discord takes a repeated one once within minutes."""
    return blake2b(f"{session.hex}:{message.hex}:{part}".encode(), digest_size=12).hexdigest()


def reserve(session: UUID, message: UUID, part: int, place: int) -> PostedMessage:
    """The row of a part, before it is sent; the one that is there, if it was reserved before."""
    with transaction.atomic():
        return PostedMessage.objects.get_or_create(
            session_id=session, message_id=message, part=part,
            defaults={"place": place, "nonce": nonce_of(session, message, part)},
        )[0]  # fmt: skip


def sent(posted: int, discord_id: int, shown: str = "") -> None:
    PostedMessage.objects.filter(pk=posted).update(discord_id=discord_id, shown=shown)


def shows(posted: int, shown: str) -> None:
    PostedMessage.objects.filter(pk=posted).update(shown=shown)


def settle(session: UUID, message: UUID) -> None:
    """All its parts show their final text."""
    if PostedMessage.objects.filter(session=session, message=message, settled=False).update(settled=True):
        measuring.posted.add()


def forget(posted: Iterable[int]) -> None:
    """They are gone on Discord, or show nothing any more."""
    PostedMessage.objects.filter(pk__in=list(posted)).delete()


def parts(session: UUID, message: UUID) -> list[PostedMessage]:
    return list(PostedMessage.objects.filter(session=session, message=message).order_by("part"))


def unsettled() -> list[PostedMessage]:
    """What showed an unfinished answer when it was last touched: after a restart, where to go on."""
    return list(PostedMessage.objects.filter(settled=False).select_related("session").order_by("pk"))


def settled(session: UUID) -> set[UUID]:
    """The messages here that are shown as they will remain."""
    rows = PostedMessage.objects.filter(session=session, settled=True).order_by()
    return set(rows.values_list("message", flat=True))


def message_behind(discord_id: int) -> PostedMessage | None:
    """What a message on Discord shows."""
    return PostedMessage.objects.select_related("session").filter(discord_id=discord_id).first()
