"""Calls of tools and sources that go along with answers: into a copy, behind a link, out of the site and into it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from chat.models import AnswerSource, Conversation, Message, ToolCall
from chat.models.tool_calls import OPEN
from chat.tools import citing
from chat.tools.shown import call_out, source_out

CALL = ("step", "number", "at", "call", "name", "arguments", "state", "result", "shown", "foreign", "error", "cost", "created", "started", "ended")  # fmt: skip
SOURCE = ("number", "title", "address", "excerpt", "read")
PIECE = 500

OF_THE_PERSON = ("search_my_content", "recall")
"""Tools that answer from what somebody has elsewhere on this site."""


def copy_to(rows: Sequence[Message], copies: Mapping[UUID, Message]) -> None:
    """Of those of ``rows`` that have some, to their ``copies`` by key. No query where none has."""
    called, cited = [row.pk for row in rows if row.called], [row.pk for row in rows if row.cited]
    if called:
        calls = ToolCall.objects.filter(message__in=called)
        ToolCall.objects.bulk_create(
            (ToolCall(message=copies[row.message_id], **_closed(_of(row, CALL))) for row in calls), batch_size=PIECE
        )
    if cited:
        sources = AnswerSource.objects.filter(message__in=cited)
        AnswerSource.objects.bulk_create(
            (AnswerSource(message=copies[row.message_id], **_of(row, SOURCE)) for row in sources), batch_size=PIECE
        )


def calls_of(talk: Conversation) -> dict[UUID, list[dict[str, Any]]]:
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in ToolCall.objects.filter(message__conversation=talk.pk).exclude(state__in=OPEN).order_by("number"):
        found[row.message_id].append(_of(row, CALL))
    return found


def sources_of(talk: Conversation) -> dict[UUID, list[dict[str, Any]]]:
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in AnswerSource.objects.filter(message__conversation=talk.pk).order_by("number"):
        found[row.message_id].append(_of(row, SOURCE))
    return found


def put(
    messages: Mapping[UUID, Message],
    calls: Mapping[UUID, list[dict[str, Any]]],
    sources: Mapping[UUID, list[dict[str, Any]]],
) -> None:
    """Of messages that were just written, whose counts say so already."""
    ToolCall.objects.bulk_create(
        (ToolCall(pk=uuid4(), message=messages[key], **one) for key, one in _each(messages, calls)), batch_size=PIECE
    )
    AnswerSource.objects.bulk_create(
        (AnswerSource(message=messages[key], **one) for key, one in _each(messages, sources)), batch_size=PIECE
    )


def _each(messages: Mapping[UUID, Message], found: Mapping[UUID, list[dict[str, Any]]]) -> Iterable[tuple[UUID, Any]]:
    for key, rows in found.items():
        if key in messages and messages[key].role == Message.Role.ASSISTANT:
            # The numbers of an archive may be anything.
            known: dict[int, dict[str, Any]] = {one["number"]: one for one in rows}
            yield from ((key, one) for one in known.values())


def behind_links(messages: Sequence[Message]) -> dict[UUID, dict[str, Any]]:
    """What readers of a shared copy see: which tools were used, and sources out in the web. What tools were given and gave stays at home."""
    found: defaultdict[UUID, dict[str, Any]] = defaultdict(dict)
    if called := [row.pk for row in messages if row.called]:
        for row in ToolCall.objects.filter(message__in=called, state=ToolCall.State.DONE).order_by("number"):
            found[row.message_id].setdefault("used", []).append(call_out(row).label)
    if cited := [row.pk for row in messages if row.cited]:
        for source in AnswerSource.objects.filter(message__in=cited).order_by("number"):
            shown = source_out(source)
            if not shown.host:
                # A conversation, a document or a paste: its very name may say what nobody else should know.
                continue
            outside = {"number": shown.number, "title": shown.title, "address": shown.address}
            found[source.message_id].setdefault("sources", []).append(outside)
    return found


def leave_with_former(talk: Conversation) -> None:
    """``talk`` becomes somebody else's: what its calls found in other things of the former owner's does not go along, names included.
    What was attached does."""
    ToolCall.objects.filter(message__conversation=talk.pk, name__in=OF_THE_PERSON).update(result="", shown="")
    own = AnswerSource.objects.filter(message__conversation=talk.pk, address__startswith="/").exclude(
        call__name="read_attachment"
    )
    rows = Message.objects.filter(pk__in=own.values("message")).only("pk", "html")
    for row in list(rows):
        Message.objects.filter(pk=row.pk).update(html=citing.outside(row.html))
    own.update(title="…", address="", excerpt="")


def _of(row: ToolCall | AnswerSource, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _closed(call: dict[str, Any]) -> dict[str, Any]:
    """Nobody runs the calls of a copy."""
    return call | {"state": ToolCall.State.CANCELLED} if call["state"] in OPEN else call
