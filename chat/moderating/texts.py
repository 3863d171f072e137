"""Messages and shared pages, as moderation names, reads and changes them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import tree
from chat.artifacts import looking as artifacts
from chat.bus import on_commit
from chat.context import summaries
from chat.events import MessageChanged
from chat.hub import conversation_topic
from chat.messages import latest_generation, message_out, plain_html, rendered
from chat.models import Conversation, Generation, Message, Share
from chat.routes.withdrawing import withdraw
from chat.tools import citing
from chat.transcripts import actions as transcripts
from meatlizard.moderation.services import Turn

SERVICE = "chat"
WITHHELD = "withheld"
"""The reason of a generation whose answer is shown to nobody."""

BEFORE = 4
"""Messages before the one in question that moderators may read, where the policy allows that."""


def message_target(message: UUID) -> str:
    return f"message:{message}"


def share_target(share: UUID) -> str:
    return f"share:{share}"


def place_of(conversation: UUID) -> str:
    return f"conversation:{conversation}"


class ChatTexts:
    """See :class:`meatlizard.moderation.services.Service`."""

    label = _("chat")

    def read(self, target: str) -> str | None:
        row = _message(target)
        return row.content if row is not None else None

    def write(self, target: str, text: str) -> bool:
        """An empty ``text`` withholds an answer."""
        row = _message(target)
        if row is None:
            return False
        show(row, text)
        return True

    def remove(self, target: str) -> bool:
        kind, key = _parts(target)
        if kind == "share" and key is not None:
            return Share.objects.filter(pk=key).delete()[0] > 0
        row = _message(target)
        if row is None:
            return False
        show(row, gettext("*A moderator removed this.*"))
        return True

    def around(self, target: str, place: str) -> Sequence[Turn]:
        row = _message(target)
        if row is not None:
            talk, last = row.conversation_id, row.parent_id
        else:
            kind, key = _parts(place)
            found = Conversation.objects.filter(pk=key).first() if kind == "conversation" and key else None
            if found is None:
                return []
            talk, last = found.pk, found.head_id
        path = tree.path(tree.read(talk), last)[-BEFORE:]
        texts = {message.pk: message for message in Message.objects.filter(pk__in=path).defer("thinking", "html")}
        return [Turn(str(texts[pk].get_role_display()), texts[pk].content) for pk in path if pk in texts]


def show(row: Message, text: str) -> None:
    """Puts ``text`` in the place of a message's, for whoever looks at it now too; empty: the answer is withheld."""
    if row.content:
        # Afterwards, or this and an ending summary could wait for each other: that locks its own row before the message's.
        transaction.on_commit(partial(summaries.forget, row.pk, row.conversation_id), robust=True)
    question = row.role == Message.Role.USER
    before, row.content = row.content, text
    row.html = (plain_html(text) if question else rendered(text, row.pk)) if text else ""
    citing.into(row)
    row.thinking = row.thinking if text else ""
    with transaction.atomic():
        row.save(update_fields=["content", "html", "thinking"])
        artifacts.replaced(row, text)
        transcripts.changed(row.conversation_id)
        if not question:
            withdraw(row.conversation_id, before)
        last = latest_generation(row)
        if last is not None and last.ended:
            _tell_why(last, withheld=not text)
        shown = message_out(row, last, tree.place(row), len(row.thinking))
        on_commit(
            conversation_topic(row.conversation_id), MessageChanged(conversation=row.conversation_id, message=shown)
        )


def _tell_why(last: Generation, withheld: bool) -> None:
    if withheld:
        last.reason, last.error_code, last.thinking_length = WITHHELD, "", 0
    elif last.reason == WITHHELD:
        last.reason, last.error_code = "stop", ""
    last.save(update_fields=["reason", "error_code", "thinking_length"])


def _message(target: str) -> Message | None:
    kind, key = _parts(target)
    if kind != "message" or key is None:
        return None
    return Message.objects.filter(pk=key, removed=None).first()


def _parts(target: str) -> tuple[str, UUID | None]:
    kind, _colon, key = target.partition(":")
    try:
        return kind, UUID(key)
    except ValueError:
        return "", None
