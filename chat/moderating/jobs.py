"""Background work of moderation in the chat."""

from uuid import UUID

from asgiref.sync import async_to_sync
from django_tasks import task

from chat.moderating import classifying


@task
def classify_answer(message: str, case: str) -> None:
    """Has a model judge an answer; ``case`` holds its text while it is withheld for that, and may be empty."""
    async_to_sync(classifying.answer)(UUID(message), case)
