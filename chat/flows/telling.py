"""What a model reads of a flow that led to it: the kept answers, and what the flow's operator has it know."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chat.flows.running import flow_of
from chat.flows.steps import HandOver
from chat.flows.walk import Standing, Turn, walk, written
from chat.models import Generation, Message
from chat.prompting.layers import Layer, text_version

HEAD = "What the person answered in the questions at the beginning, by key:"

MOST = 1_000
"""Characters of one answer here; the whole stands in the conversation."""


def layers(
    pinned: Mapping[UUID, UUID], answers: Sequence[Generation], tree: Mapping[UUID, tuple[Any, ...]]
) -> dict[UUID, tuple[Layer, ...]]:
    """By conversation, for those of ``pinned``, which names the version of each. ``tree``: parent, role and content of each message,
    and more. One query, none without flows.
    """
    asked = [one for one in answers if one.conversation_id in pinned and one.message_id in tree]
    if not asked:
        return {}
    skips = set(
        Message.objects.filter(
            conversation__in=[one.conversation_id for one in asked], role=Message.Role.USER, source=Message.Source.FLOW
        )
        .order_by()
        .values_list("pk", flat=True)
    )
    found = {}
    for one in asked:
        flow = flow_of(pinned[one.conversation_id])
        assert one.message_id is not None
        if flow is not None:
            turns = _turns(tree, tree[one.message_id][0], skips)
            found[one.conversation_id] = tuple(_layer(walk(flow, turns)))
    return found


def _turns(tree: Mapping[UUID, tuple[Any, ...]], end: UUID | None, skips: set[UUID]) -> list[Turn]:
    turns = []
    while end is not None and end in tree:
        parent, role, content = tree[end][:3]
        if role == Message.Role.USER:
            turns.append(Turn(content, end in skips))
        end = parent
    return turns[::-1]


def _layer(standing: Standing) -> list[Layer]:
    note = standing.step.note.strip() if isinstance(standing.step, HandOver) else ""
    # One line each, so that no answer can look like another one.
    told = [f"- {key}: {' '.join(written(value).split())[:MOST]}" for key, value in standing.answers.items()]
    text = "\n\n".join(part for part in (note, "\n".join([HEAD, *told]) if told else "") if part)
    return [Layer("flow", text, "flow", text_version(text))] if text else []
