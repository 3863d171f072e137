"""Claude's export: ``conversations.json``, a list of conversations with ``chat_messages``, of persons and of the assistant.

There is no published description. Older archives are lines of messages; in newer ones ``parent_message_uuid`` makes a tree.
"""

import re
from typing import Any

from django.utils.translation import gettext

from chat.portability.form import Talk, Turn
from chat.portability.reading import entry, foreign_talk, moment, text_of
from meatlizard.errors import Invalid

_FENCES = re.compile(r"^\s{0,3}(`{3,})", re.MULTILINE)


def is_one(found: dict[str, Any]) -> bool:
    return isinstance(found.get("chat_messages"), list)


def read(found: dict[str, Any]) -> Talk:
    """Raises Invalid when nothing in it can be read."""
    begun = moment(found.get("created_at"))
    messages = [entry(message) for message in found["chat_messages"]]
    is_tree = any("parent_message_uuid" in message for message in messages)
    kept: dict[str, Turn] = {}
    stands_for: dict[str, str | None] = {}
    """Of each message seen: the one that those answering it hang from."""
    last: str | None = None
    for message in messages:
        key = text_of(message.get("uuid"))[:200]
        above = stands_for.get(text_of(message.get("parent_message_uuid"))) if is_tree else last
        content, thinking = _content(message)
        role = {"human": "user", "assistant": "assistant"}.get(text_of(message.get("sender")))
        if not key or key in stands_for:
            continue
        stands_for[key] = above
        if role is None or not (content.strip() or thinking.strip()):
            continue
        created = moment(message.get("created_at")) or (kept[above].created if above else begun)
        kept[key] = Turn(
            id=key, parent=above, role="user" if role == "user" else "assistant",
            source="person" if role == "user" else "model", content=content, thinking=thinking,
            model=(text_of(found.get("model"))[:100] or "Claude") if role == "assistant" else "",
            created=created or moment(0, always=True),
        )  # fmt: skip
        stands_for[key] = last = key
    if not kept:
        raise Invalid(gettext("It has no messages that can be read."))
    head = stands_for.get(text_of(found.get("current_leaf_message_uuid")), last)
    return foreign_talk(found.get("uuid"), found.get("name"), begun, moment(found.get("updated_at")), kept, head)


def _content(message: dict[str, Any]) -> tuple[str, str]:
    """(what was said, what was thought). Tools and their results are left out, attachments follow what was said."""
    blocks = message.get("content")
    said: list[str] = []
    thought: list[str] = []
    for block in blocks if isinstance(blocks, list) else []:
        found = entry(block)
        if found.get("type") == "text":
            said.append(text_of(found.get("text")))
        elif found.get("type") == "thinking":
            thought.append(text_of(found.get("thinking")))
    text = "\n\n".join(part for part in said if part.strip()) or text_of(message.get("text"))
    return "\n\n".join([text, *_attached(message)]).strip(), "\n\n".join(thought)


def _attached(message: dict[str, Any]) -> list[str]:
    found = []
    attachments, files = message.get("attachments"), message.get("files")
    for attachment in map(entry, attachments if isinstance(attachments, list) else []):
        name = text_of(attachment.get("file_name")) or "attachment"
        text = text_of(attachment.get("extracted_content"))
        fence = "`" * max([3, *(len(run) + 1 for run in _FENCES.findall(text))])
        found.append(f"{name}:\n\n{fence}\n{text}\n{fence}" if text.strip() else _missing(name))
    names = [text_of(entry(file).get("file_name")) or "file" for file in (files if isinstance(files, list) else [])]
    return [*found, *map(_missing, names)]


def _missing(name: str) -> str:
    return gettext("[{name}, not part of the archive]").format(name=name)
