"""Conversations of an archive, written into somebody's account: each once, however often it comes.

Keys are made of the owner and of the ids in the archive, so what was written before is found again without a table of its own.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext

from chat.artifacts import carrying as artifacts
from chat.attachments import carrying as attachments
from chat.context import carrying as summaries
from chat.messages import plain_html, rendered
from chat.models import AnswerSource, Conversation, Message, Upload
from chat.portability import chatgpt, claude, form, places
from chat.portability.form import Talk, Turn
from chat.rating import carrying as ratings
from chat.tools import carrying as calls
from chat.tools import citing
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

NAMESPACE = UUID("5f1c0b1e-5d39-4d4b-9f25-0a54d3c27b6e")
"""Ours alone. Changed, every archive would be imported a second time."""

Outcome = Literal["imported", "extended", "present"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A conversation with those of its messages that are new, rendered."""

    key: UUID
    talk: Talk
    messages: list[Message]
    head: UUID | None
    ratings: dict[UUID, dict[str, Any]]
    files: dict[UUID, list[Upload]] = field(default_factory=dict)
    summaries: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    made: dict[UUID, list[Any]] = field(default_factory=dict)
    calls: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    sources: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)


def read(found: Any) -> tuple[str, Talk]:
    """(program, conversation). Raises Invalid for what is of no program we know, or not readable."""
    if isinstance(found, dict):
        if found.get("format") == form.FORMAT:
            return "meatlizard", form.read(found)
        if chatgpt.is_one(found):
            return "chatgpt", chatgpt.read(found)
        if claude.is_one(found):
            return "claude", claude.read(found)
    raise Invalid(gettext("This is no conversation of MeatLizard, ChatGPT or Claude."))


def prepare(owner: User, program: str, talk: Talk) -> Prepared:
    """Everything slow, before the transaction: which messages are new, and their HTML. Raises Invalid for a tag that is none."""
    places.tags(talk)
    if program == "meatlizard" and _is_of(owner, talk.id):
        return Prepared(UUID(talk.id), talk, [], None, {})
    key = uuid5(NAMESPACE, f"{owner.pk}\0{program}\0{talk.id}")
    known = set(Message.objects.filter(conversation=key).values_list("pk", flat=True))
    keys = {turn.id: uuid5(key, turn.id) for turn in talk.messages}
    latest: dict[str | None, datetime.datetime] = {}
    messages = []
    for turn in talk.messages:
        # Versions stand in the order of their times, so no two may have the same.
        created, before = turn.created, latest.get(turn.parent)
        if before is not None and created <= before:
            created = before + datetime.timedelta(microseconds=1)
        latest[turn.parent] = created
        if keys[turn.id] not in known:
            parent = keys[turn.parent] if turn.parent else None
            messages.append(_message(keys[turn.id], parent, turn, created))
    new = {message.pk for message in messages}
    files = attachments.taken(
        owner, {keys[turn.id]: turn.attachments for turn in talk.messages if keys[turn.id] in new and turn.attachments}
    )
    opinions = {keys[turn.id]: turn.rating.model_dump() for turn in talk.messages if turn.rating}
    remembered = {keys[turn.id]: turn.summary.model_dump() for turn in talk.messages if turn.summary}
    made = {keys[turn.id]: turn.artifacts for turn in talk.messages if keys[turn.id] in new and turn.artifacts}
    used = {keys[turn.id]: [one.model_dump() for one in turn.calls] for turn in talk.messages if turn.calls}
    cited = {keys[turn.id]: [one.model_dump() for one in turn.sources] for turn in talk.messages if turn.sources}
    head = keys[talk.head] if talk.head else None
    return Prepared(key, talk, messages, head, opinions, files, remembered, made, used, cited)


def store(owner: User, prepared: Prepared) -> Outcome:
    """Within a transaction. What is in the trash comes out of it: whoever gives an archive wants to have what is in it."""
    out_of_trash = (
        Conversation.objects.filter(pk=prepared.key, owner=owner.pk).exclude(removed=None).update(removed=None)
    )
    if not prepared.messages:
        return "imported" if out_of_trash else "present"
    talk = Conversation.objects.select_for_update().filter(pk=prepared.key, owner=owner.pk).first()
    if talk is None:
        talk = _conversation(owner, prepared)
        _add(talk, prepared)
        Conversation.objects.filter(pk=talk.pk).update(head=prepared.head)
        places.put(owner, talk, prepared.talk)
        return "imported"
    # An answer written here since then keeps its place; where nothing was, the archive's newer end is shown.
    went_on_here = Message.objects.filter(conversation=talk.pk, generations__isnull=False).exists()
    _add(talk, prepared)
    changes: dict[str, Any] = {"updated": max(talk.updated, prepared.talk.updated)}
    if not went_on_here and prepared.head is not None:
        changes["head"] = prepared.head
    Conversation.objects.filter(pk=talk.pk).update(**changes)
    return "imported" if out_of_trash else "extended"


def _is_of(owner: User, key: str) -> bool:
    """Whether this is the very conversation that was exported here."""
    try:
        return Conversation.objects.filter(pk=UUID(key), owner=owner.pk).exists()
    except ValueError:
        return False


def _conversation(owner: User, prepared: Prepared) -> Conversation:
    found = prepared.talk
    row = Conversation.objects.create(
        pk=prepared.key, owner=owner, title=found.title, title_by_owner=found.title_by_owner, model="" if found.model.startswith("@") else found.model,
        pinned=found.pinned, archived=found.archived, system_prompt=found.system_prompt, temperature=found.temperature, thinking=found.thinking, updated=found.updated,
    )  # fmt: skip
    # Set by the database's own clock when a row is made.
    Conversation.objects.filter(pk=row.pk).update(created=found.created)
    return row


def _message(key: UUID, parent: UUID | None, turn: Turn, created: datetime.datetime) -> Message:
    html = plain_html(turn.content) if turn.role == "user" else rendered(turn.content, key) if turn.content else ""
    if turn.sources and turn.role == "assistant":
        html = citing.linked(html, {one.number: AnswerSource(**one.model_dump()) for one in turn.sources})
    return Message(
        pk=key, parent_id=parent, role=turn.role, source=_writer(turn.source), content=turn.content, html=html,
        thinking=turn.thinking, model=turn.model, speaker=turn.speaker, tokens=turn.tokens, created=created, edited=turn.edited,
        pinned=turn.pinned,
    )  # fmt: skip


def _add(talk: Conversation, prepared: Prepared) -> None:
    for message in prepared.messages:
        message.conversation = talk
        message.attached = len(prepared.files.get(message.pk, ()))
        if message.role == Message.Role.ASSISTANT:
            message.called = len(prepared.calls.get(message.pk, ()))
            message.cited = len(prepared.sources.get(message.pk, ()))
    with transaction.atomic():
        Message.objects.bulk_create(prepared.messages, batch_size=100)
        attachments.tie(talk, prepared.files, prepared.messages)
        written = {message.pk: message for message in prepared.messages}
        ratings.put(talk.owner_id, written, prepared.ratings)
        summaries.put(talk, written, prepared.summaries)
        artifacts.put(talk.owner, talk, prepared.made)
        calls.put(written, prepared.calls, prepared.sources)


def _writer(source: str) -> str:
    """Nobody brings along what an administrator of this site is to have written."""
    return Message.Source.MODEL if source == Message.Source.STAFF else source
