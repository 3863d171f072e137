"""Calls of tools as they are stored: begun, ended and refused under the lease of the process that runs them."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from chat.bus import control_on_commit
from chat.models import Conversation, Generation, ToolCall
from chat.models.generations import APPROVAL, SITE, GenerationQuerySet
from chat.models.tool_calls import OPEN
from chat.tools import news, permissions, registry, seen, sources
from chat.tools.policy import Seen
from chat.tools.registry import Call, Place, Result, Tool
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State

READY = (ToolCall.State.ASKED, ToolCall.State.APPROVED, ToolCall.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Work:
    """The open calls of an answer's step. ``tools``: those that may be called there now; ``earlier``: how many calls it made before;
    ``seen``: what it has read."""

    row: Generation
    user: User
    conversation: Conversation
    calls: tuple[ToolCall, ...]
    tools: Mapping[str, Tool]
    earlier: int
    seen: Seen

    def within_limit(self, call: ToolCall) -> bool:
        return self.earlier + call.number - self.calls[0].number < self.row.most_calls

    def call(self) -> Call:
        assert self.row.message_id is not None
        place: Place = "discord" if self.conversation.place == "discord" else "web"
        return Call(self.user, self.conversation.pk, self.row.pk, self.row.message_id, place)


def read(row: Generation) -> Work:
    """What is to be done for ``row``, by what is allowed now and not when its model was offered it."""
    user = User.objects.select_related("tier").get(pk=row.user_id)
    made = list(ToolCall.objects.filter(generation=row.pk).order_by("number"))
    here = tuple(one for one in made if one.step == row.step - 1)
    tools = {tool.name: tool for tool in permissions.allowed(user, row.conversation, row)} if row.tools else {}
    return Work(row, user, row.conversation, here, tools, len(made) - len(here), seen.by(row, row.conversation))


def _mine(row: Generation) -> GenerationQuerySet:
    """``row``, as long as this process has its turn."""
    return Generation.objects.filter(
        pk=row.pk, state=State.QUEUED, model=SITE, lease_owner=row.lease_owner, lease_epoch=row.lease_epoch
    )


def _locked(row: Generation) -> bool:
    return _mine(row).select_for_update().values_list("pk", flat=True).first() is not None


def begin(row: Generation, call: ToolCall) -> bool:
    """From here on it may have had its effects. False when it is not to be run any more."""
    with transaction.atomic():
        if not _locked(row):
            return False
        call.started = timezone.now()
        begun = ToolCall.objects.filter(pk=call.pk, state=call.state).update(
            state=ToolCall.State.RUNNING, started=call.started
        )
        call.state = ToolCall.State.RUNNING
        if begun:
            news.tell(row.conversation_id, [call])
    return begun == 1


def ask(row: Generation, call: ToolCall, why: str) -> None:
    """Its person is to approve it first, and is told ``why``; empty: this tool always asks."""
    with transaction.atomic():
        if not _locked(row):
            return
        call.until = timezone.now() + datetime.timedelta(seconds=settings.TOOL_APPROVAL_SECONDS)
        call.state = ToolCall.State.WAITING
        call.asks = why[:300]
        asked = ToolCall.objects.filter(pk=call.pk, state=ToolCall.State.ASKED)
        if asked.update(state=call.state, until=call.until, asks=call.asks):
            news.tell(row.conversation_id, [call])


def succeed(row: Generation, call: ToolCall, result: Result, foreign: bool) -> None:
    with transaction.atomic():
        if not _locked(row):
            return
        read = sources.add(call.message_id, result.sources, call)
        text = f"{sources.listed(read)}\n\n{result.text}" if read else result.text
        call.shown, call.result, call.foreign, call.cost = result.line, text, foreign, max(0, result.cost)
        call.state = ToolCall.State.DONE
        if _end(call, ToolCall.State.RUNNING):
            if call.cost:
                _mine(row).update(spent=F("spent") + call.cost)
            news.tell(row.conversation_id, [call], read)


def fail(row: Generation, call: ToolCall, code: str, words: str, foreign: bool = False) -> None:
    """``words``: for the model, and for people; ``foreign``: strangers wrote some of them."""
    words = registry.storable(words)[: registry.MOST_TEXT]
    with transaction.atomic():
        if not _locked(row):
            return
        before, call.state = call.state, ToolCall.State.FAILED
        call.result, call.shown, call.error, call.foreign = words, words[:300], code[:40], foreign
        if _end(call, before):
            news.tell(row.conversation_id, [call])


def _end(call: ToolCall, before: str) -> bool:
    call.ended = timezone.now()
    names = ("state", "result", "shown", "foreign", "cost", "error", "ended")
    return bool(
        ToolCall.objects.filter(pk=call.pk, state=before).update(**{name: getattr(call, name) for name in names})
    )


def give_up(row: Generation) -> None:
    """Running them failed in a way nobody thought of: what is open is told to have failed, and the model has the word."""
    for one in ToolCall.objects.filter(generation=row.pk, state__in=OPEN):
        fail(row, one, "tool_broke", gettext("The tool broke. It cannot be used now."))
    go_on(row)


def go_on(row: Generation) -> None:
    """All calls were looked at: the model has the word again, without tools when it has used up its calls; or its person, who is asked."""
    with transaction.atomic():
        if not _locked(row):
            return
        calls = list(ToolCall.objects.filter(generation=row.pk).values_list("state", flat=True))
        left = {"lease_owner": "", "lease_until": None}
        if any(state in READY for state in calls):
            # Whoever ran them was late: they are looked at again.
            _mine(row).update(**left)
            control_on_commit("prepare")
        elif any(state in OPEN for state in calls):
            _mine(row).update(model=APPROVAL, **left)
        else:
            over = {"tools": None} if len(calls) >= row.most_calls else {}
            _mine(row).update(model=F("wants"), wants="", **left, **over)
            control_on_commit("work")
