"""Calls of tools and sources, as people see them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from chat.fencing import spelled_out
from chat.models import AnswerSource, Message, ToolCall
from chat.models.tool_calls import OPEN
from chat.tools import registry
from chat.tools.events import SourceOut, ToolCallOut
from meatlizard.languages import number

MOST_ARGUMENTS = 2_000
"""Characters of arguments that are told with a call."""


class Used(NamedTuple):
    """What an answer's model used."""

    calls: tuple[ToolCallOut, ...] = ()
    sources: tuple[SourceOut, ...] = ()


NOTHING = Used()


def of(messages: Sequence[Message]) -> dict[UUID, Used]:
    """By message. No query for those whose answers used nothing."""
    calls: defaultdict[UUID, list[ToolCallOut]] = defaultdict(list)
    sources: defaultdict[UUID, list[SourceOut]] = defaultdict(list)
    if called := [one.pk for one in messages if one.called]:
        for row in _called(called):
            calls[row.message_id].append(call_out(row))
    if cited := [one.pk for one in messages if one.cited]:
        for source in AnswerSource.objects.filter(message__in=cited).order_by("number"):
            sources[source.message_id].append(source_out(source))
    return {key: Used(tuple(calls[key]), tuple(sources[key])) for key in {*calls, *sources}}


def _called(messages: Iterable[UUID]) -> Iterable[ToolCall]:
    return ToolCall.objects.filter(message__in=list(messages)).order_by("number").defer("result")


def open_of(generation: UUID) -> tuple[ToolCallOut, ...]:
    """The calls for which a running answer waits."""
    rows = ToolCall.objects.filter(generation=generation, state__in=OPEN).order_by("number").defer("result")
    return tuple(call_out(row) for row in rows)


def call_out(row: ToolCall) -> ToolCallOut:
    took = (row.ended - row.started).total_seconds() if row.ended and row.started else None
    took = None if took is None else round(max(0.0, took), 1)
    return ToolCallOut(
        id=row.pk,
        number=row.number,
        name=row.name,
        label=label(row.name),
        arguments=spelled_out(row.arguments)[:MOST_ARGUMENTS],
        state=row.state,
        said=said(row, took),
        shown=row.shown if row.state == ToolCall.State.DONE else "",
        problem=problem(row),
        seconds=took,
        cost=row.cost,
        until=row.until if row.state == ToolCall.State.WAITING else None,
        asks=row.asks if row.state == ToolCall.State.WAITING else "",
    )


def said(row: ToolCall, seconds: float | None) -> str:
    """How it stands, with what it took, in a few words."""
    state = ToolCall.State(row.state)
    if state not in (ToolCall.State.DONE, ToolCall.State.FAILED):
        return str(state.label)
    parts = [str(state.label)]
    if seconds is not None:
        parts.append(gettext("{seconds} s").format(seconds=number_format(seconds, 1)))
    if row.cost:
        parts.append(ngettext("{tokens} token", "{tokens} tokens", row.cost).format(tokens=number(row.cost)))
    return " · ".join(parts)


def label(name: str) -> str:
    """What people call a tool. One that is gone, or never was, is called as the model calls it."""
    found = registry.get(name)
    return found.label if found is not None else " ".join(name.split())


def problem(row: ToolCall) -> str:
    """Why a call came to nothing."""
    if row.state == ToolCall.State.CANCELLED:
        return gettext("It was stopped.")
    if row.state == ToolCall.State.DECLINED:
        return gettext("Nobody approved it in time.") if row.error == "expired" else gettext("You declined it.")
    return row.shown if row.state == ToolCall.State.FAILED else ""


def source_out(row: AnswerSource) -> SourceOut:
    return SourceOut(
        number=row.number, title=row.title, address=address(row.address), read=row.read, excerpt=row.excerpt[:500]
    )


def address(text: str) -> str:
    """As a link may lead there: to the web, or somewhere on this site."""
    try:
        urlsplit(text)
    except ValueError:
        return ""
    if text.startswith(("https://", "http://")) or (text.startswith("/") and not text.startswith(("//", "/\\"))):
        return text
    return ""
