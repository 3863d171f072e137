"""Messages as pages and models see them: the shown branch of the tree, and the context of a question."""

import html
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Length

from chat import notices, tree
from chat.attachments import documents, showing, sight
from chat.context.blocks import blocks
from chat.context.events import CheckpointOut
from chat.context.history import memory
from chat.context.reading import Machine, readings
from chat.events import ConversationChanged, ConversationOut, FinishedOut, MessageOut, Place
from chat.flows import telling
from chat.models import Conversation, Generation, Message
from chat.personas import stage
from chat.prompting import outside, prepared
from chat.prompting.layers import Composition, compose
from chat.prompting.sources import gathered
from chat.rating import reading
from chat.routes import decisions
from chat.routes.layers import layers as of_route
from chat.tools import shown as using
from inference_client.protocol.vocabulary import ChatMessage
from meatlizard.jobs.lease import State
from meatlizard.markup import render_markdown

log = logging.getLogger(__name__)

MOST_KEYS = 500
"""Named in one query; SQLite may be built to take no more than 999."""


def branch(conversation: Conversation) -> list[Message]:
    """The messages from the first to the conversation's head, without names that are hidden. Two queries, whatever the length."""
    return without_hidden(conversation, _branch(conversation, tree.read(conversation.pk)))


def without_hidden(conversation: Conversation, messages: list[Message]) -> list[Message]:
    """The same, not to be stored, nameless where nobody is told yet which model wrote: those of a blind comparison. No query where
    there is none."""
    if conversation.comparison_id is not None:
        answers = Generation.objects.filter(conversation=conversation.pk, blind=True)
        hidden = set(answers.order_by().values_list("message", flat=True))
        for message in messages:
            if message.pk in hidden:
                message.model = ""
    return messages


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


def contexts(
    answers: Sequence[Generation],
    prefixes: Mapping[UUID, str],
    machines: Mapping[UUID, Machine] | None = None,
    looks: Mapping[UUID, sight.Look] | None = None,
) -> dict[UUID, Context]:
    """What a model gets to read, and of ``looks`` to see, for each of ``answers`` that still exists, by generation. Two queries, more
    for long ones and where files are attached."""
    talks = sorted({answer.conversation_id for answer in answers})
    layers, casts, flows, elsewhere = gathered(talks)
    said = documents.said(talks)
    tree = said.tree
    # A conversation may have been deleted since the claim: then there is nothing to answer.
    there = [one for one in answers if one.message_id in tree and one.conversation_id in layers]
    scripts = stage.scripts(casts, there, tree, layers) if casts else {}
    kept = telling.layers(flows, there, tree) if flows else {}
    added = outside.layers([one for one in there if one.conversation_id in elsewhere]) if elsewhere else {}
    before = prepared.layers(there)
    told = {}
    for one in there:
        talk = one.conversation_id
        of_talk = (*layers[talk], *scripts.get(talk, stage.SILENT).layers, *kept.get(talk, ()))
        of_talk = (*of_talk, *of_route(one), *added.get(one.pk, ()))
        told[one.pk] = prepared.over(of_talk, before.get(one.pk, ()))
    systems = {pk: compose(found).text for pk, found in told.items()}
    tree = documents.told(said, [one.message_id for one in there])
    found = {}
    for pk, read in readings(there, systems, tree, prefixes, machines or {}).items():
        system = compose((*told[pk], *memory(read.plan)))
        script = scripts.get(read.conversation, stage.SILENT)
        if looks and pk in looks:
            read = replace(read, messages=looks[pk].beside(read.messages, read.keys))
        found[pk] = Context(script.directed(read.after(system.text)), system)
    return found


def rendered(text: str, generation: UUID, part: str = "") -> str:
    """Safe HTML of an answer, or of a ``part`` of it; as plain text when the renderer fails on it, so that no answer is lost to its looks."""
    try:
        return render_markdown(text, generation.hex[:8] + part)
    except Exception:
        log.exception("message.not_rendered", extra={"generation": str(generation)})
        return plain_html(text)


def plain_html(text: str) -> str:
    """What a person wrote, shown as written."""
    return f'<div class="plain">{html.escape(text)}</div>'


def message_out(
    message: Message,
    generation: Generation | None = None,
    place: Place | None = None,
    thinking: int = 0,
    checkpoint: CheckpointOut | None = None,
    used: using.Used | None = None,
) -> MessageOut:
    """``thinking`` counts for a message without generation. ``used`` is read where it is not given."""
    if used is None:
        used = using.of([message]).get(message.pk, using.NOTHING)
    return MessageOut(
        id=message.pk,
        parent=message.parent_id,
        role=message.role,
        html=message.html,
        created=message.created,
        source=message.source,
        model="" if generation and generation.blind else message.model,
        speaker=message.speaker,
        tokens=message.tokens,
        state=generation.state if generation else None,
        generation=generation.pk if generation else None,
        error=notices.failure(generation) if generation else "",
        thinking=generation.thinking_length if generation else thinking,
        notice=notices.notice(generation, message) if generation and generation.ended else "",
        place=place,
        edited=message.edited,
        cut=generation is not None and may_go_on(generation, message),
        pinned=message.pinned,
        context=_context(message, generation) if generation else None,
        checkpoint=checkpoint,
        attachments=showing.of(message),
        route=decisions.shown(generation) if generation else None,
        calls=used.calls,
        sources=used.sources,
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
    queries, one more where there are summaries.
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
    showing.read(path)
    thoughts = _copied_thoughts(conversation, [message for message in path if message.pk not in latest])
    stand_ins = blocks(path)
    used = using.of(path)
    found = [
        message_out(
            message,
            latest.get(message.pk),
            places.get(message.pk),
            thoughts.get(message.pk, 0),
            stand_ins.get(message.pk),
            used.get(message.pk, using.NOTHING),
        )
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


def _context(message: Message, generation: Generation) -> int | None:
    """Tokens of the window that the conversation takes down to an answer. What was thought before it is not read again."""
    if generation.prompt_tokens is None or generation.completion_tokens is None:
        return None
    characters = len(message.content) + generation.thinking_length
    share = len(message.content) / characters if characters else 1.0
    return generation.prompt_tokens + round(generation.completion_tokens * share)


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
        flow=conversation.flow_id is not None,
        tags=None if tags is None else tuple(tags),
    )


def conversation_changed(conversation: Conversation) -> ConversationChanged:
    return ConversationChanged(conversation=conversation_out(conversation))
