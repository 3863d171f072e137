"""Titles of conversations: at first the question's beginning, then what a model makes of it."""

from uuid import UUID

from django.utils import timezone

from chat.bus import control_on_commit
from chat.models import Generation, Message
from chat.models.generations import BACKGROUND_PENALTY_MS
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


def after(answer: Generation) -> None:
    """Asks a node for a title after the first answer that a flow did not give, unless the owner has given one."""
    if answer.conversation.title_by_owner:
        return
    others = Generation.objects.filter(conversation=answer.conversation_id).exclude(pk=answer.pk)
    if not others.exclude(answered_by="flow").exists():
        ask_for_title(answer)


def ask_for_title(answer: Generation) -> None:
    """Goes behind everything people wait for."""
    now = timezone.now()
    Generation.objects.create(
        conversation=answer.conversation,
        user_id=answer.user_id,
        purpose=Generation.Purpose.TITLE,
        model=answer.model,
        sampling={"temperature": 0.0, "max_tokens": 80, "thinking": "off"},
        trace=answer.trace,
        created=now,
        rank=int(now.timestamp() * 1000) + BACKGROUND_PENALTY_MS,
    )
    control_on_commit("work")
