"""The statements that every answer runs, their SQL kept from the first time."""

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, Subquery, Value
from django.db.models.functions import Coalesce

from chat.models.conversations import Conversation, Message
from chat.models.generations import APPROVAL, SITE, Chunk, Generation
from chat.models.prompts import SiteText
from meatlizard.jobs.lease import HELD, State
from meatlizard.kept_sql import KeptDelete, KeptInsert, KeptSelect, KeptUpdate, given

ENDING = (
    "state", "ended_at", "reason", "error_code", "error", "answered_by", "prompt_tokens", "completion_tokens",
    "cached_tokens", "prompt_seconds", "completion_seconds", "trimmed_messages", "thinking_length", "tool_calls",
)  # fmt: skip
"""Columns of a generation that its end sets."""


def _own_conversation(lock: bool) -> "KeptSelect[Conversation]":
    def build() -> "Conversation.objects":  # type: ignore[valid-type]
        rows = Conversation.objects.filter(
            pk=given(Conversation, "id"), owner=given(Conversation, "owner"), removed=None
        ).order_by()
        return rows.select_for_update() if lock else rows

    return KeptSelect(build)


own_conversation = _own_conversation(lock=False)
"""By ``id`` and ``owner``."""

own_conversation_locked = _own_conversation(lock=True)

asked_or_under_way = KeptSelect(
    lambda: (
        Generation.objects.filter(
            Q(user=given(Generation, "user"), request=given(Generation, "request"))
            | Q(conversation=given(Generation, "conversation"), state__in=[State.QUEUED, *HELD])
        )
        .filter(purpose=Generation.Purpose.ANSWER)
        .order_by()
        .values_list("pk", "conversation", "message", "user", "request")
    )
)
"""What ``user`` made with ``request``, and what is under way in ``conversation``; titles and summaries left out."""

answers_waiting = KeptSelect(
    lambda: (
        Generation.objects.filter(state=State.QUEUED, purpose=Generation.Purpose.ANSWER, step=0)
        .order_by()
        .values("state")
        .annotate(n=Count("pk"))
        .values_list("n", flat=True)
    )
)
"""One number, or none when nothing waits. Those between two steps were let in before."""

tokens_so_far = KeptSelect(
    lambda: (
        Generation.objects.filter(message=given(Generation, "message"), completion_tokens__isnull=False)
        .order_by("-created")
        .values_list("prompt_tokens", "completion_tokens")[:1]
    )
)
"""(read, written) of the answer ``message``, as its node counted."""

add_message = KeptInsert(Message)
add_question_and_answer = KeptInsert(Message, rows=2)
add_generation = KeptInsert(Generation)

move_head = KeptUpdate(
    lambda: Conversation.objects.filter(pk=given(Conversation, "id")),
    lambda: {name: given(Conversation, name) for name in ("head", "updated", "title")},
)

anything_waiting = KeptSelect(
    lambda: (
        Generation.objects.filter(state=State.QUEUED)
        .exclude(model__in=[SITE, APPROVAL])
        .order_by()
        .annotate(a=Value(1))
        .values_list("a", flat=True)[:1]
    )
)
"""One row when anything waits for a machine."""

end_held = KeptUpdate(
    lambda: Generation.objects.filter(
        pk=given(Generation, "id"), lease_epoch=given(Generation, "lease_epoch"), state__in=HELD
    ),
    lambda: {
        "lease_owner": "",
        "lease_until": None,
        "started": Coalesce(F("started"), given(Generation, "ended_at")),
        **{name: given(Generation, name) for name in ENDING},
    },
)
"""Ends generation ``id`` if it is still held under ``lease_epoch``."""

with_its_place = KeptSelect(
    lambda: Generation.objects.select_related("conversation", "message").filter(pk=given(Generation, "id")).order_by()
)

forget_chunks = KeptDelete(lambda: Chunk.objects.filter(generation=given(Chunk, "generation")))

write_answer = KeptUpdate(
    lambda: Message.objects.filter(pk=given(Message, "id")),
    lambda: {name: given(Message, name) for name in ("content", "thinking", "html", "model", "tokens")},
)

touch_conversation = KeptUpdate(
    lambda: Conversation.objects.filter(pk=given(Conversation, "id")),
    lambda: {"updated": given(Conversation, "updated"), "unread": given(Conversation, "unread")},
)


note_composition = KeptUpdate(
    lambda: Generation.objects.filter(pk=given(Generation, "id"), lease_epoch=given(Generation, "lease_epoch")),
    lambda: {"composition": given(Generation, "composition")},
)
"""What the model of generation ``id`` reads, as long as it is held under ``lease_epoch``."""


class Prompts(NamedTuple):
    """What the system prompt of conversation ``pk`` is made of: its own, its folder, what its owner tells all models, who speaks in it,
    the flow it was begun with, where it is read, whether facts of its owner are told in it, which (and whether at all, and to which
    personas not), and the stamp of the site's newest text.
    """

    pk: UUID
    system_prompt: str
    folder: UUID | None
    about: str | None
    answers: str | None
    own_version: int | None
    persona_version: UUID | None
    flow: UUID | None
    called: str
    books: str
    place: str
    memory: bool
    facts_on: bool | None
    facts: str | None
    facts_version: int | None
    facts_without: str | None
    stamp: UUID | None


@cache
def _prompts(count: int) -> "KeptSelect[tuple[Any, ...]]":
    keys = _any_of("pk", "id", Conversation, count)
    own = [f"owner__own_text__{name}" for name in ("about", "answers", "version")]
    facts = [f"owner__memory__{name}" for name in ("on", "told", "version", "without")]
    # One row of its index, and no query of its own: so that an operator's change is met by the very next answer, in every process.
    stamp = Subquery(SiteText.objects.order_by("-pk").values("stamp")[:1])
    return KeptSelect(
        lambda: (
            Conversation.objects.filter(keys)
            .order_by()
            .values_list(
                "pk",
                "system_prompt",
                "folder",
                *own,
                "persona_version",
                "flow",
                "called",
                "books",
                "place",
                "memory",
                *facts,
                stamp,
            )
        )
    )


@cache
def _turns(count: int) -> "KeptSelect[tuple[UUID, UUID | None, str, str, bool, bool, int]]":
    keys = _any_of("conversation", "conversation", Message, count)
    columns = ("pk", "parent", "role", "content", "pinned", "summed_up", "attached")
    return KeptSelect(lambda: Message.objects.filter(keys).order_by().values_list(*columns))


def _any_of(lookup: str, field: str, model: type[Conversation] | type[Message], count: int) -> Q:
    condition = Q()
    for number in range(count):
        condition |= Q(**{lookup: given(model, field, f"id{number}")})
    return condition


def prompts(conversations: list[UUID]) -> list[Prompts]:
    """Of each that still exists."""
    return [Prompts(*row) for row in _prompts(len(conversations)).rows(**_numbered(conversations))]


def turns(conversations: list[UUID]) -> list[tuple[UUID, UUID | None, str, str, bool, bool, int]]:
    """(key, parent, role, content, pinned, summed up, how many files) of all their messages."""
    return _turns(len(conversations)).rows(**_numbered(conversations))


def _numbered(keys: list[UUID]) -> dict[str, UUID]:
    return {f"id{number}": key for number, key in enumerate(keys)}
