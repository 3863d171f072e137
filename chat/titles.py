"""Titles of conversations: at first the question's beginning, then what a model makes of it."""

from uuid import UUID

from chat.models import Message
from chat.models.prompts import SiteText
from chat.prompting import site
from inference_client.protocol.vocabulary import ChatMessage

MAX_TITLE = 80
QUESTION_CHARACTERS = 2_000


def request_title(conversation_id: UUID) -> tuple[ChatMessage, ...]:
    """What a model gets to read to make a title."""
    first = Message.objects.filter(conversation=conversation_id, role=Message.Role.USER).order_by("created").first()
    question = first.content[:QUESTION_CHARACTERS] if first else ""
    task = site.current().text(SiteText.Kind.TASK_TITLE)
    return (ChatMessage(role="system", content=task), ChatMessage(role="user", content=question))


def clean_title(text: str) -> str:
    """The first line of a model's title without quotes and trailing stops; empty when nothing is left."""
    lines = [line.strip() for line in text.strip().splitlines()]
    title = next((line for line in lines if line), "")
    return title.strip("\"'“”«»*#` ").rstrip(".")[:MAX_TITLE].strip()


def title_from_question(text: str) -> str:
    """The question's first words, for the time until there is a better title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= 60:
        return line
    cut = line[:60].rsplit(" ", 1)[0]
    return f"{cut}…"
