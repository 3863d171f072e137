"""Shows answers at Discord while they are written: one editor a place, the newest text alone, and never faster than the place takes it.

The site's database is the truth. Which message shows which part stands in rows (:mod:`discordbridge.actions.posting`), so that whoever
is killed over it goes on in the same messages.
"""

import contextlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from chat.artifacts import taking
from chat.turns import Turn
from discordbridge import buttons, calling, following
from discordbridge.access import opens_on_the_web
from discordbridge.following import Finished, Progress
from discordbridge.pages import Page, Pages
from discordbridge.registry import Live
from discordbridge.relay import status
from discordbridge.relay.answer import MAX_PARTS, Answer, File, Shown
from discordbridge.relay.pacing import Pace
from discordbridge.showing import Channel
from meatlizard.threads import in_database, in_thread

if TYPE_CHECKING:
    from discordbridge.bot import Bot

REMEMBERED = 500
"""Places whose pace is remembered."""


class StreamingShower:
    def __init__(self, bot: "Bot") -> None:
        self._bot = bot
        self._paces: OrderedDict[int, Pace] = OrderedDict()

    async def question(self, live: Live, channel: Channel, turn: Turn) -> None:
        quoted = "\n".join(f"> {line}" for line in turn.content.splitlines()) or "> …"
        answer = Answer()
        heading = gettext("On the web")
        await in_thread(answer.update, f"**{heading}**\n{quoted}")
        pages = await self._pages(live, channel, turn)
        await pages.finish([Page(text) for text in answer.whole(await self._link(live)).parts])

    async def answer(self, live: Live, channel: Channel, turn: Turn) -> None:
        pages = await self._pages(live, channel, turn)
        answer = Answer()
        if turn.generation is None:
            # What a persona says first, or a step of a flow: nobody waits for it.
            await in_thread(answer.update, turn.content)
            await pages.finish(_pages_of(answer.whole(await self._link(live))))
            return
        async with contextlib.aclosing(following.answer(live.conversation, turn.generation)) as news:
            async for state in news:
                if isinstance(state, Finished):
                    await in_thread(answer.update, calling.cited(state.text, state.event.message.sources))
                    made = [File(*one) for one in await in_database(taking.of_answer, turn.message)]
                    shown = await in_thread(answer.whole, await self._link(live), made)
                    await pages.finish(_final(shown, state, live))
                    return
                await in_thread(answer.update, state.text)
                await pages.show(_growing(answer, state, live))
                # Only then is the newest asked for: what came in between is part of it.
                await pages.rest()

    async def _pages(self, live: Live, channel: Channel, turn: Turn) -> Pages:
        pace = self._paces.setdefault(live.place, Pace())
        self._paces.move_to_end(live.place)
        if len(self._paces) > REMEMBERED:
            self._paces.popitem(last=False)
        pages = Pages(channel, live.session, turn.message, pace, self._bot.me.id)
        await pages.load()
        return pages

    @staticmethod
    async def _link(live: Live) -> str:
        """The conversation's page, for whoever can open it."""
        if not await in_database(opens_on_the_web, live.session):
            return ""
        return settings.SITE_URL + reverse("chat:conversation", args=[live.conversation])


def _growing(answer: Answer, state: Progress, live: Live) -> list[Page]:
    shown = answer.so_far()
    texts = list(shown.parts)
    full = shown.settled >= MAX_PARTS
    if full or not texts:
        texts.append("")
    line = _state(state, len(state.text) if shown.more else None)
    view = buttons.running(state.message, calling.asked(state.calls)) if not live.mirrors else None
    return [*(Page(text) for text in texts[:-1]), Page(_below(texts[-1], line), buttons=view)]


def _state(state: Progress, hidden: int | None) -> str:
    if state.stopping:
        return status.stopping()
    if state.away:
        return status.away()
    if state.calls:
        return calling.line(state.calls)
    if state.doing == "queued":
        return status.waiting(state.position, state.estimate, offline=state.offline)
    if state.doing == "reading":
        return status.reading(state.read)
    if state.doing == "thinking":
        return status.thinking(state.thought)
    return status.writing(hidden)


def _final(shown: Shown, state: Finished, live: Live) -> list[Page]:
    message = state.event.message
    pages = _pages_of(shown) or [Page("")]
    last = pages[-1]
    view = None
    if not live.mirrors:
        route = message.route.name if message.route else ""
        view = buttons.over(state.message, cut=message.cut, rated=bool(state.text), route=route)
    pages[-1] = Page(_below(last.text, _end(state)), last.files, view)
    return pages


def _end(state: Finished) -> str:
    message = state.event.message
    if state.event.reason == "withheld":
        return status.withheld()
    if state.event.reason == "failed":
        return status.failed(message.error)
    if state.event.reason == "cancelled":
        return status.stopped()
    if state.event.reason == "length":
        return status.cut()
    return status.done(message.speaker or message.model, message.tokens)


def _pages_of(shown: Shown) -> list[Page]:
    pages = [Page(text) for text in shown.parts]
    return [*pages, Page(shown.note, shown.files)] if shown.files else pages


def _below(text: str, line: str) -> str:
    return f"{text}\n{line}" if text else line
