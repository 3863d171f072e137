"""Messages as pages and models see them: the shown branch of the tree, and the context of a question."""

import html
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Length
from django.utils.translation import gettext, ngettext
from pydantic_core import to_json

from chat import tree
from chat.context import history
from chat.events import ConversationChanged, ConversationOut, FinishedOut, MessageOut, Place
from chat.models import Conversation, Generation, Message, kept
from chat.personas import stage
from chat.prompting.layers import Composition, compose
from chat.prompting.sources import gathered
from chat.rating import reading
from inference_client.protocol.vocabulary import ChatMessage
from meatlizard.jobs.lease import State
from meatlizard.markup import render_markdown

log = logging.getLogger(__name__)

MOST_KEYS = 500
"""Named in one query; SQLite may be built to take no more than 999."""


def branch(conversation: Conversation) -> list[Message]:
    """The messages from the first to the conversation's head. Two queries, whatever the length."""
    return _branch(conversation, tree.read(conversation.pk))


def _branch(conversation: Conversation, rows: tree.Rows) -> list[Message]:
    # What models thought may be many times what they answered; who opens it asks for it.
    found = Message.objects.filter(conversation=conversation.pk, removed=None).order_by().defer("thinking")
    path = tree.path(rows, conversation.head_id)
    if len(rows) > 2 * len(path) and len(path) < MOST_KEYS:
        # Most of it is other versions, whose texts nobody is going to see.
        found = found.filter(pk__in=path)
    texts = {message.pk: message for message in found}
    return [texts[pk] for pk in path if pk in texts]


class Context(NamedTuple):
    """What a model gets to read, its system prompt first, and how that one was composed."""

    messages: tuple[ChatMessage, ...]
    system: Composition


def contexts(answers: Sequence[Generation], prefixes: Mapping[UUID, str]) -> dict[UUID, Context]:
    """What a model gets to read for each of ``answers`` that still exists, by generation. Two queries."""
    talks = sorted({answer.conversation_id for answer in answers})
    layers, casts = gathered(talks)
    tree = {pk: (parent, role, content) for pk, parent, role, content in kept.turns(talks)}
    scripts = stage.scripts(casts, answers, tree, layers) if casts else {}
    found = {}
    for answer in answers:
        # A conversation may have been deleted since the claim: then there is nothing to answer.
        if answer.message_id in tree and answer.conversation_id in layers:
            script = scripts.get(answer.conversation_id, stage.SILENT)
            system = compose((*layers[answer.conversation_id], *script.layers))
            question = tree[answer.message_id][0]
            read = history.context(system.text, tree, question, len(to_json(prefixes[answer.pk])))
            found[answer.pk] = Context(script.directed(read), system)
    return found


def rendered(text: str, generation: UUID) -> str:
    """Safe HTML of an answer; as plain text when the renderer fails on it, so that no answer is lost to its looks."""
    try:
        return render_markdown(text, generation.hex[:8])
    except Exception:
        log.exception("message.not_rendered", extra={"generation": str(generation)})
        return plain_html(text)


def plain_html(text: str) -> str:
    """What a person wrote, shown as written."""
    return f'<div class="plain">{html.escape(text)}</div>'


def message_out(
    message: Message, generation: Generation | None = None, place: Place | None = None, thinking: int = 0
) -> MessageOut:
    """``thinking`` counts for a message without generation."""
    return MessageOut(
        id=message.pk,
        parent=message.parent_id,
        role=message.role,
        html=message.html,
        created=message.created,
        source=message.source,
        model=message.model,
        speaker=message.speaker,
        tokens=message.tokens,
        state=generation.state if generation else None,
        generation=generation.pk if generation else None,
        error=generation.error if generation else "",
        thinking=generation.thinking_length if generation else thinking,
        notice=_notice(generation) if generation and generation.ended else "",
        place=place,
        edited=message.edited,
        cut=generation is not None and may_go_on(generation, message),
    )


def may_go_on(generation: Generation, message: Message) -> bool:
    """Whether an answer ended before its model was done, with some text to go on from."""
    return generation.reason in ("length", "cancelled", "failed") and bool(
        message.content or generation.thinking_length
    )


def latest_generation(message: Message) -> Generation | None:
    rows = Generation.objects.filter(message=message.pk, purpose=Generation.Purpose.ANSWER)
    return rows.order_by("-created").first()


def branch_out(conversation: Conversation) -> list[MessageOut]:
    """The shown branch with the state of each answer's latest generation, and each message's place among its versions. Three
    queries.
    """
    rows = tree.read(conversation.pk)
    places = tree.versions(rows.items())
    latest: dict[UUID, Generation] = {}
    for generation in Generation.objects.filter(
        conversation=conversation.pk, purpose=Generation.Purpose.ANSWER
    ).order_by("created"):
        if generation.message_id is not None:
            latest[generation.message_id] = generation
    path = _branch(conversation, rows)
    thoughts = _copied_thoughts(conversation, [message for message in path if message.pk not in latest])
    found = [
        message_out(message, latest.get(message.pk), places.get(message.pk), thoughts.get(message.pk, 0))
        for message in path
    ]
    ratings = reading.values(conversation.pk)
    return [shown.model_copy(update={"rating": ratings.get(shown.id, "")}) for shown in found] if ratings else found


def _copied_thoughts(conversation: Conversation, without_generation: Iterable[Message]) -> dict[UUID, int]:
    """How much was thought before answers that were written in another conversation."""
    if not any(message.source == Message.Source.MODEL for message in without_generation):
        return {}
    copies = Message.objects.filter(conversation=conversation.pk, removed=None, generations=None)
    return dict(copies.exclude(thinking="").order_by().values_list("pk", Length("thinking")))


def finished_out(row: Generation) -> FinishedOut:
    """The final event of an ended generation; ``row.message`` carries its text."""
    assert row.message is not None
    return FinishedOut(
        conversation=row.conversation_id,
        generation=row.pk,
        length=len(row.message.content),
        reason="failed" if row.state == State.FAILED else row.reason,
        message=message_out(row.message, row),
    )


def _notice(row: Generation) -> str:
    if row.trimmed_messages:
        return ngettext(
            "The conversation is longer than the model's window: the {count} oldest message was left out.",
            "The conversation is longer than the model's window: the {count} oldest messages were left out.",
            row.trimmed_messages,
        ).format(count=row.trimmed_messages)
    if row.reason == "length":
        return gettext("The answer reached its length limit and was cut.")
    if row.reason == "tool_calls":
        # Names come from a model: one line of plain text, and not all of it.
        names = ", ".join(" ".join(call["name"].split())[:64] for call in (row.tool_calls or [])[:5])
        if not names:
            return gettext("The model asked for a tool that this site does not offer, and ended there.")
        return gettext("The model asked for a tool that this site does not offer ({names}), and ended there.").format(
            names=names
        )
    return ""


def conversation_out(conversation: Conversation, tags: Sequence[str] | None = None) -> ConversationOut:
    """``tags`` only where they are known anyway; what is not said of them stays as it was told before."""
    return ConversationOut(
        id=conversation.pk,
        title=conversation.title,
        updated=conversation.updated,
        model=conversation.model,
        system_prompt=conversation.system_prompt,
        temperature=conversation.temperature,
        thinking=conversation.thinking,
        pinned=conversation.pinned,
        archived=conversation.archived,
        unread=conversation.unread,
        folder=conversation.folder_id,
        persona=conversation.persona_version_id,
        tags=None if tags is None else tuple(tags),
    )


def conversation_changed(conversation: Conversation) -> ConversationChanged:
    return ConversationChanged(conversation=conversation_out(conversation))
