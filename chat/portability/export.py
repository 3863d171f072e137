"""Conversations on their way out: as JSON, Markdown, a page for itself, and all of a person's as a ZIP archive."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from chat.artifacts import carrying as artifacts
from chat.attachments import carrying as attachments
from chat.attachments import showing
from chat.context import carrying as summaries
from chat.messages import branch, without_hidden
from chat.models import Conversation, Message
from chat.portability import places
from chat.portability.form import Document, Talk, Turn
from chat.rating import carrying
from chat.remembering import carrying as memory
from chat.tools import carrying as calls
from chat.tools import shown as using
from chat.tools.events import SourceOut
from chat.tools.shown import NOTHING, Used
from meatlizard.accounts.belongings import packed
from meatlizard.accounts.models import User

SUFFIXES: dict[str, str] = {"json": "json", "markdown": "md", "html": "html"}
TYPES: dict[str, str] = {
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

_NOT_IN_NAMES = re.compile(r"[^\w ,()-]+")


def as_json(talk: Conversation) -> bytes:
    """The whole tree, see :mod:`chat.portability.form`. What was deleted is left out."""
    found = Message.objects.filter(conversation=talk.pk, removed=None).order_by("created", "pk")
    rows = without_hidden(talk, list(found))
    ratings = carrying.of(talk)
    files = attachments.of(talk)
    checkpoints = summaries.of(talk)
    made = artifacts.of(talk)
    used, cited = calls.calls_of(talk), calls.sources_of(talk)
    # Built without a second look: what is stored was checked when it came, and a strict look now could only lose it.
    turn: Any = Turn.model_construct
    turns = [
        turn(
            id=str(row.pk), parent=str(row.parent_id) if row.parent_id else None, role=row.role, source=row.source,
            content=row.content, thinking=row.thinking, model=row.model, speaker=row.speaker,
            tokens=row.tokens, created=row.created, edited=row.edited, pinned=row.pinned,
            rating=ratings.get(row.pk), summary=checkpoints.get(row.pk), attachments=files.get(row.pk, []),
            artifacts=made.get(row.pk, []), calls=used.get(row.pk, []), sources=cited.get(row.pk, []),
        )
        for row in rows
    ]  # fmt: skip
    whole: Any = Talk.model_construct
    shown = whole(
        id=str(talk.pk), title=talk.title, title_by_owner=talk.title_by_owner, model=talk.model,
        system_prompt=talk.system_prompt, temperature=talk.temperature, thinking=talk.thinking,
        head=str(talk.head_id) if talk.head_id else None, created=talk.created, updated=talk.updated, messages=turns,
        **places.of(talk),
    )  # fmt: skip
    document = Document.model_construct(exported=timezone.now(), conversation=shown)
    return document.model_dump_json(indent=1, warnings=False).encode()


def as_markdown(talk: Conversation) -> bytes:
    """The branch that is shown, as it was written."""
    parts = [f"# {_line(talk.title) or 'Conversation'}"]
    shown = branch(talk)
    showing.read(shown)
    cited = using.of(shown)
    for message in shown:
        parts += [f"## {author(message)}, {message.created:%Y-%m-%d %H:%M} UTC", message.content.strip()]
        parts += [f"[{gettext('attached')}: {_line(file.name)}]" for file in showing.of(message)]
        parts += [f"[{one.number}] {_line(one.title)} {one.address}".rstrip() for one in _sources(message, cited)]
    return ("\n\n".join(parts) + "\n").encode()


def as_html(talk: Conversation) -> bytes:
    """The branch that is shown, as a page that needs nothing else and asks nobody."""
    shown = branch(talk)
    showing.read(shown)
    cited = using.of(shown)
    messages = [
        {"author": author(one), "message": one, "files": showing.of(one), "sources": _sources(one, cited)}
        for one in shown
    ]
    return render_to_string("chat/export.html", {"conversation": talk, "messages": messages}).encode()


WRITERS: dict[str, Callable[[Conversation], bytes]] = {"json": as_json, "markdown": as_markdown, "html": as_html}


def author(message: Message) -> str:
    if message.role == Message.Role.USER:
        return gettext("You")
    return (
        gettext("Markov generator")
        if message.source == Message.Source.MARKOV
        else (_line(message.speaker or message.model) or gettext("Answer"))
    )


def file_name(talk: Conversation, kind: str, number: int | None = None) -> str:
    """A name that every file system takes."""
    title = " ".join(_NOT_IN_NAMES.sub(" ", talk.title).split())[:60].strip() or "conversation"
    before = "" if number is None else f"{number:05d} "
    return f"{before}{talk.created:%Y-%m-%d} {title}.{SUFFIXES[kind]}"


def archive(owner: User, kind: str) -> Iterator[bytes]:
    """A ZIP archive of all conversations of ``owner`` and of what is remembered of them, in pieces; what is in the trash is left out."""
    return packed(files_of(owner, kind))


def files_of(owner: User, kind: str = "json") -> Iterator[tuple[str, bytes]]:
    keys: list[UUID] = list(
        Conversation.objects.filter(owner=owner.pk, removed=None).order_by("created", "pk").values_list("pk", flat=True)
    )
    for number, key in enumerate(keys, 1):
        talk = Conversation.objects.filter(pk=key, owner=owner.pk, removed=None).first()
        if talk is not None:
            yield f"conversations/{file_name(talk, kind, number)}", WRITERS[kind](talk)
    if facts := memory.as_json(owner):
        yield "memory.json", facts


def _sources(message: Message, cited: Mapping[UUID, Used]) -> tuple[SourceOut, ...]:
    return cited.get(message.pk, NOTHING).sources


def _line(text: str) -> str:
    return " ".join(text.split())
