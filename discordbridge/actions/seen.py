"""Which messages of Discord were dealt with: they come again after resumed connections and restarts."""

import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

from discordbridge.models import SeenMessage

KEPT = datetime.timedelta(days=30)
"""Edits of older questions are not followed."""


def first_sight(snowflake: int, place: int) -> bool:
    """Whether this message, written in ``place``, reaches the bot for the first time; from now on not any more."""
    try:
        with transaction.atomic():
            SeenMessage.objects.create(pk=snowflake, place=place)
    except IntegrityError:
        return False
    return True


def settle(snowflake: int, fate: str, question: UUID | None = None, session: UUID | None = None) -> None:
    values: dict[str, object] = {"fate": fate}
    if question is not None:
        values["question"] = question
    if session is not None:
        values["session"] = session
    SeenMessage.objects.filter(pk=snowflake).update(**values)


def question_of(snowflake: int) -> UUID | None:
    """The question that a Discord message became."""
    return SeenMessage.objects.filter(pk=snowflake).values_list("question", flat=True).first()


def questions(session: UUID) -> set[UUID]:
    """What was asked from Discord in a session: it stands there already."""
    rows = SeenMessage.objects.filter(session=session, question__isnull=False).order_by()
    return set(rows.values_list("question", flat=True))


def unfinished(place: int) -> set[UUID]:
    """The requests of messages in a place that are being dealt with."""
    rows = SeenMessage.objects.filter(place=place, fate=SeenMessage.Fate.TAKEN).order_by()
    return {request_id(pk) for pk in rows.values_list("pk", flat=True)}


def unsettled(before: datetime.datetime) -> list[tuple[int, int]]:
    """(message, place) of what was being dealt with when the bot died."""
    rows = SeenMessage.objects.filter(fate=SeenMessage.Fate.TAKEN, created__lt=before).order_by("pk")
    return list(rows.values_list("pk", "place"))


def forget_old() -> int:
    return SeenMessage.objects.filter(created__lt=timezone.now() - KEPT).delete()[0]


def request_id(snowflake: int, part: str = "") -> UUID:
    """The request under which a Discord message, interaction or edit asks: the same each time, so that asking twice asks once."""
    return uuid5(NAMESPACE_URL, f"discord:{snowflake}:{part}")
