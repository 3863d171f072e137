"""Background work of notices."""

from uuid import UUID

from django.conf import settings
from django_tasks import task

from chat.bus import on_commit
from chat.events import AnswerReady
from chat.hub import user_topic
from chat.models import Conversation, NoticeChoice
from chat.telling import mail


@task
def write_letter(conversation: str) -> bool:
    """Tells the owner by e-mail that an answer is ready, if that is wanted still. Twice sends one letter."""
    return mail.send(UUID(conversation))


def announce(talk: Conversation) -> None:
    """Within the transaction that ends an answer which was waited for: pages of its owner hear of it, and a letter may follow."""
    on_commit(user_topic(talk.owner_id), AnswerReady(conversation=talk.pk, title=talk.title))
    if settings.HAS_MAIL and NoticeChoice.objects.filter(user=talk.owner_id, by_mail=True).exists():
        write_letter.enqueue(str(talk.pk))
