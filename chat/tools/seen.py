"""What an answer has before it, for :mod:`chat.tools.policy`: rebuilt from what is stored whenever its calls are looked at."""

from uuid import UUID

from chat import tree
from chat.models import Conversation, Generation, Message, PersonaVersion, Told, ToolCall
from chat.tools.policy import Seen

MOST_KEYS = 500
"""Named in one query; SQLite may be built to take no more than 999."""


def by(row: Generation, conversation: Conversation) -> Seen:
    """By the model of ``row``: the person's own words of this branch, and whether anything there comes from somebody else."""
    path = tree.path(tree.read(conversation.pk), row.message_id)
    words: list[str] = []
    foreign = (
        _persona_is_foreign(conversation) or Told.objects.filter(generation__message__in=path[-MOST_KEYS:]).exists()
    )
    for at in range(0, len(path), MOST_KEYS):
        asked = Message.objects.filter(pk__in=path[at : at + MOST_KEYS], role=Message.Role.USER)
        for text, attached in asked.order_by("created").values_list("content", "attached"):
            words.append(text)
            foreign = foreign or attached > 0
    seen = Seen(tuple(words), foreign or conversation.place == "discord")
    for text in _results(path):
        seen.read(text)
    return seen


def of(message: UUID, conversation: UUID) -> Seen:
    """By the answer ``message``: which addresses its person wrote and its tools brought. Foreign only if they brought anything."""
    path = tree.path(tree.read(conversation), message)
    asked = Message.objects.filter(pk__in=path[-MOST_KEYS:], role=Message.Role.USER)
    seen, results = Seen(tuple(asked.values_list("content", flat=True))), _results(path)
    seen.foreign = bool(results)
    for text in results:
        seen.read(text)
    return seen


def _persona_is_foreign(conversation: Conversation) -> bool:
    if conversation.persona_version_id is None:
        return False
    owners = PersonaVersion.objects.filter(pk=conversation.persona_version_id)
    return owners.values_list("persona__owner", flat=True).first() != conversation.owner_id


def _results(path: list[UUID]) -> list[str]:
    """Of what strangers wrote, of this answer and of those before it."""
    found: list[str] = []
    for at in range(0, len(path), MOST_KEYS):
        made = ToolCall.objects.filter(message__in=path[at : at + MOST_KEYS], foreign=True)
        found += made.order_by("created").values_list("result", flat=True)
    return found
