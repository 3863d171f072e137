"""Verbs of ratings."""

import re
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.access import access_conversation
from chat.bus import on_commit
from chat.hub import conversation_topic
from chat.models import Conversation, Message, Rating
from chat.rating.events import MessageRated
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound

MAX_COMMENT = 1_000

Value = Literal["", "up", "down"]

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def rate(
    user: User, message: Message, value: str, reason: str = "", comment: str = "", *, may_be_read: bool = False
) -> Rating:
    """The user's rating of an answer, in the place of an earlier one. Raises Invalid for what is no answer or has no text yet."""
    if value not in Rating.Value.values or reason not in ("", *Rating.Reason.values):
        raise Invalid(_("A rating is up or down, for one of the reasons offered."), code="bad_rating")
    comment = _CONTROLS.sub("", comment).strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(_("A comment has at most %(most)d characters.") % {"most": MAX_COMMENT}, code="too_long")
    if message.role != Message.Role.ASSISTANT:
        raise Invalid(_("Only answers are rated."), code="not_an_answer")
    now = timezone.now()
    with transaction.atomic():
        # Two devices may rate at once: one after the other, and the last one counts.
        talk = access_conversation(user, message.conversation_id, lock=True)
        answer = Message.objects.filter(pk=message.pk, removed=None).only("content", "model", "thinking").first()
        if answer is None:
            raise NotFound(_("This message was deleted."))
        if not answer.content and not answer.thinking:
            raise Invalid(_("There is nothing to rate yet."), code="nothing_to_rate")
        persona = talk.persona_version.persona_id if talk.persona_version else None
        fields = {
            "persona_id": persona,
            "value": value,
            "reason": reason,
            "comment": comment,
            "may_be_read": may_be_read,
            "model": answer.model,
        }
        row, _made = Rating.objects.update_or_create(
            message=answer, user=user, defaults={**fields, "updated": now}, create_defaults={**fields, "created": now, "updated": now}
        )  # fmt: skip
        _tell(talk, message, "up" if value == Rating.Value.UP else "down")
    return row


def withdraw(user: User, message: Message) -> None:
    """Takes the user's rating back; nothing happens where there is none."""
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        if Rating.objects.filter(message=message.pk, user=user.pk).delete()[0]:
            _tell(talk, message, "")


def _tell(talk: Conversation, message: Message, rating: Value) -> None:
    on_commit(conversation_topic(talk.pk), MessageRated(conversation=talk.pk, message=message.pk, rating=rating))
