"""Carries out the calls of tools with which a model ended a step of its answer, and gives it the word again.

What goes wrong is told to the model in words, like a result: it may try otherwise, or answer without. A call that may have had
effects when its process died is never made again.
"""

import asyncio
import datetime
import logging
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Generation, ToolCall
from chat.moderating import outgoing
from chat.tools import calls, policy
from chat.tools.calls import Work
from chat.tools.registry import Refused, Result, Tool
from meatlizard.errors import AppError
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

AGAIN_WITHIN = datetime.timedelta(minutes=2)
"""For so long a call that does no harm is made again when its process died: a few times, and not for ever."""


async def run(row: Generation) -> None:
    """The whole turn of ``row``, which this process has leased. Cancelled when that is over; raises only for the database."""
    work = await in_database(calls.read, row)
    ready = (one for one in work.calls if one.state in calls.READY)
    # All to their end: of what goes on by itself nobody would know, who stops the answer neither.
    ended = await asyncio.gather(*(_carry_out(work, one) for one in ready), return_exceptions=True)
    for failure in ended:
        if failure is not None:
            raise failure
    await in_database(calls.go_on, row)


async def _carry_out(work: Work, call: ToolCall) -> None:
    tool = work.tools.get(call.name)
    refusal = _refusal(work, call, tool)
    if refusal is not None:
        await in_database(calls.fail, work.row, call, *refusal)
        return
    assert tool is not None
    if call.state == ToolCall.State.ASKED:
        decision = policy.judge(tool, call.arguments, work.seen)
        if tool.approval or decision.verdict == policy.Verdict.ASK:
            await in_database(calls.ask, work.row, call, str(decision.reason))
            return
    try:
        arguments = await in_thread(_checked, call.arguments)
        tool.read(arguments)
        if not await in_database(calls.begin, work.row, call):
            return
        result = await tool.run(work.call(), arguments)
        result = await in_thread(_moderated, result)
    except AppError as error:
        foreign = tool.foreign and isinstance(error, Refused)
        await in_database(calls.fail, work.row, call, error.code, error.message, foreign)
        return
    await in_database(calls.succeed, work.row, call, result, tool.foreign)


def _refusal(work: Work, call: ToolCall, tool: Tool | None) -> tuple[str, str] | None:
    """Code and words, when it is not to be run."""
    if call.state == ToolCall.State.RUNNING and (tool is None or tool.effects or _is_old(call)):
        return "unknown", gettext(
            "It is not known whether this was done: the site was interrupted meanwhile. It was not tried again."
        )
    if not work.within_limit(call):
        return "limit", gettext("This answer has used up its calls of tools. Answer with what is known.")
    if tool is None:
        name = " ".join(call.name.split())
        return "no_tool", gettext("There is no tool {name} that may be used here.").format(name=name)
    return None


def _is_old(call: ToolCall) -> bool:
    """So long after it was asked for, it may be what the processes died of."""
    return timezone.now() - call.created > AGAIN_WITHIN


def _checked(arguments: str) -> str:
    """What leaves the site may break its rules, too. Raises Blocked, as if a person had written it."""
    judged = outgoing.judged(arguments, 0)
    if judged.withheld:
        raise Withheld(gettext("A rule of this site forbids what was to be given to this tool."))
    return judged.text


def _moderated(result: Result) -> Result:
    judged = outgoing.judged(result.text, 0)
    if judged.withheld:
        return Result(gettext("A rule of this site withheld the result of this tool."))
    return result if judged.text == result.text else replace(result, text=judged.text, shown=result.shown or "")


class Withheld(AppError):
    """By a rule of moderation."""

    code = "withheld"
