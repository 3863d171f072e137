"""ChatGPT's export: ``conversations.json``, where ``mapping`` is a tree of nodes, some without a message.

There is no published description. This reads what such archives are known to hold, and takes nothing in them for granted.
"""

import re
from typing import Any

from django.utils.translation import gettext

from chat.portability.form import Talk, Turn
from chat.portability.reading import entry, foreign_talk, moment, text_of
from meatlizard.errors import Invalid

_CITATION = re.compile("\ue200[^\ue201]{0,2000}\ue201")
"""How answers that searched mark their sources: names of rows that are not in the archive."""

_ASSETS = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "recording",
    "video_container_asset_pointer": "video",
    "real_time_user_audio_video_asset_pointer": "recording",
}


def is_one(found: dict[str, Any]) -> bool:
    return isinstance(found.get("mapping"), dict)


def read(found: dict[str, Any]) -> Talk:
    """Raises Invalid when nothing in it can be read."""
    nodes: dict[str, dict[str, Any]] = {str(key): entry(node) for key, node in found["mapping"].items()}
    begun = moment(found.get("create_time")) or moment(found.get("update_time"))
    kept: dict[str, Turn] = {}
    stands_for: dict[str, str | None] = {}
    """Of each node seen: the message that its children hang from."""
    for key, parent in _from_the_top(nodes):
        above = stands_for.get(parent) if parent is not None else None
        stands_for[key] = above
        turn = _turn(key, nodes[key], kept.get(above) if above else None, begun)
        if turn is None:
            continue
        before = kept.get(above) if above else None
        if before is not None and before.role == turn.role == "assistant" and _only_child(nodes, key):
            # Pieces between which it used a tool: one answer.
            kept[before.id] = _joined(before, turn)
            continue
        kept[turn.id] = turn
        stands_for[key] = turn.id
    if not kept:
        raise Invalid(gettext("It has no messages that can be read."))
    head = stands_for.get(str(found.get("current_node")))
    name = found.get("conversation_id") or found.get("id")
    talk = foreign_talk(name, found.get("title"), begun, moment(found.get("update_time")), kept, head)
    return talk.model_copy(update={"archived": found.get("is_archived") is True})


def _from_the_top(nodes: dict[str, dict[str, Any]]) -> list[tuple[str, str | None]]:
    """(key, parent) of each node, parents first and versions in their order. What hangs in a circle is not reached."""
    below: dict[str | None, list[str]] = {}
    for key, node in nodes.items():
        parent = node.get("parent")
        below.setdefault(parent if isinstance(parent, str) and parent in nodes else None, []).append(key)
    for parent, keys in below.items():
        if parent is not None and isinstance(order := nodes[parent].get("children"), list):
            places = {str(key): place for place, key in enumerate(order)}
            keys.sort(key=lambda key: places.get(key, len(places)))
    found: list[tuple[str, str | None]] = []
    level: list[tuple[str, str | None]] = [(key, None) for key in below.get(None, [])]
    while level:
        found += level
        level = [(key, parent) for parent, _ in level for key in below.get(parent, [])]
    return found


def _only_child(nodes: dict[str, dict[str, Any]], key: str) -> bool:
    parent = entry(nodes.get(str(nodes[key].get("parent"))))
    children = parent.get("children")
    return isinstance(children, list) and len(children) == 1


def _turn(key: str, node: dict[str, Any], above: Turn | None, begun: Any) -> Turn | None:
    message = entry(node.get("message"))
    metadata = entry(message.get("metadata"))
    role = entry(message.get("author")).get("role")
    if role not in ("user", "assistant") or metadata.get("is_visually_hidden_from_conversation"):
        return None
    if message.get("recipient") not in (None, "all"):
        # Said to a tool, and not to the person.
        return None
    content, thinking = _content(entry(message.get("content")))
    if not content.strip() and not thinking.strip():
        return None
    created = moment(message.get("create_time")) or (above.created if above else begun)
    return Turn(
        id=key[:200], parent=above.id if above else None, role=role,
        source="person" if role == "user" else "model", content=content, thinking=thinking,
        model=text_of(metadata.get("model_slug"))[:100] if role == "assistant" else "",
        created=created or moment(0, always=True),
    )  # fmt: skip


def _content(content: dict[str, Any]) -> tuple[str, str]:
    """(what was said, what was thought)."""
    kind = content.get("content_type")
    if kind == "thoughts":
        thoughts = content.get("thoughts")
        found = [entry(thought) for thought in thoughts] if isinstance(thoughts, list) else []
        return "", "\n\n".join(text_of(one.get("content")) or text_of(one.get("summary")) for one in found)
    if kind in ("user_editable_context", "model_editable_context", "reasoning_recap"):
        return "", ""
    if kind == "code":
        language = text_of(content.get("language"))
        code = text_of(content.get("text"))
        return f"```{'' if language == 'unknown' else language}\n{code}\n```" if code.strip() else "", ""
    parts = content.get("parts")
    if not isinstance(parts, list):
        return _CITATION.sub("", text_of(content.get("text"))), ""
    said = [text for part in parts if (text := _part(part)).strip()]
    return _CITATION.sub("", "\n\n".join(said)), ""


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    found = entry(part)
    if text := text_of(found.get("text")):
        return text
    name = _ASSETS.get(text_of(found.get("content_type")))
    return gettext("[{name}, not part of the archive]").format(name=name) if name else ""


def _joined(before: Turn, turn: Turn) -> Turn:
    said = [text for text in (before.content, turn.content) if text.strip()]
    thought = [text for text in (before.thinking, turn.thinking) if text.strip()]
    return before.model_copy(
        update={
            "content": "\n\n".join(said), "thinking": "\n\n".join(thought), "model": turn.model or before.model
        }
    )  # fmt: skip
