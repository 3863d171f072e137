"""Tells pages how calls of tools stand."""

from collections.abc import Iterable
from uuid import UUID

from chat.bus import on_commit
from chat.hub import conversation_topic
from chat.models import AnswerSource, ToolCall
from chat.tools.events import ToolCalled
from chat.tools.shown import call_out, source_out


def tell(conversation: UUID, calls: Iterable[ToolCall], sources: Iterable[AnswerSource] = ()) -> None:
    """When the transaction commits."""
    rows = list(calls)
    if not rows:
        return
    event = ToolCalled(
        conversation=conversation,
        message=rows[0].message_id,
        generation=rows[0].generation_id,
        calls=tuple(call_out(one) for one in rows),
        sources=tuple(source_out(one) for one in sources),
    )
    on_commit(conversation_topic(conversation), event)
