"""From a message on Discord to a question: taken once, in the order of writing, or refused in words."""

import contextlib
import datetime
import logging
from collections import deque
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import discord
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from chat import actions as chat
from chat import asked, following, markov, turns
from chat.access import access_message
from chat.actions import Asked
from chat.events import Send
from chat.moderating.texts import SERVICE
from discordbridge import files, opening, reading, recalling, voices
from discordbridge import following as answers
from discordbridge.access import closed_to, live_session, may_be_closed, person_of
from discordbridge.actions import accounts, beginning, seen, sessions
from discordbridge.actions import answers as verbs
from discordbridge.models import GuildSession, SeenMessage
from discordbridge.trouble import TROUBLE, described
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation.actions.screening import asks_model
from meatlizard.threads import in_database, in_thread

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

WAITING = 5
"""Messages of one place that wait for the answers before them."""

Fate = SeenMessage.Fate
Kind = GuildSession.Kind


class Intake:
    """One lane for each place: what is written while an answer runs is asked after it."""

    def __init__(self, bot: "Bot") -> None:
        self._bot = bot
        self._waiting: dict[int, deque[discord.Message]] = {}
        self._dealt_with: dict[int, int] = {}
        self._again: set[int] = set()

    async def take(self, message: discord.Message, *, again: bool = False) -> None:
        """``again``: it was taken before, by a bot that died over it."""
        if not await in_database(seen.first_sight, message.id, message.channel.id) and not again:
            return
        if reading.calls_off(message.content) and await self._called_off(message):
            return
        if again:
            self._again.add(message.id)
        lane = self._waiting.get(message.channel.id)
        if lane is None:
            lane = self._waiting[message.channel.id] = deque([message])
            self._bot.keep(self._run(message.channel.id), f"intake {message.channel.id}")
        elif len(lane) > WAITING:
            await self._refuse(
                message,
                gettext(
                    "You are writing faster than I can answer. Wait for the last answers; this message was not taken."
                ),
            )
        else:
            lane.append(message)

    async def _called_off(self, message: discord.Message) -> bool:
        """Stops what is being written, for its member. False when there is nothing to stop: then it is a question like others."""
        session = await in_database(live_session, message.channel.id)
        user = await in_database(person_of, message.author.id)
        if session is None or session.conversation_id is None or user is None or session.owner_id != user.pk:
            return False
        if not await in_database(verbs.stop_all, user, session.conversation_id):
            return False
        await in_database(partial(seen.settle, message.id, Fate.PASSED))
        await say(message, gettext("Stopping."))
        return True

    async def _run(self, place: int) -> None:
        lane = self._waiting[place]
        try:
            while lane:
                await self._quiet(lane[0])
                if lane:
                    self._dealt_with[place] = lane[0].id
                    await self._one(lane[0])
                    lane.popleft()
        finally:
            self._waiting.pop(place, None)
            self._dealt_with.pop(place, None)

    async def _quiet(self, message: discord.Message) -> None:
        """Until the answer before is over; so long its author may still change it or take it back."""
        if message.id in self._again:
            # The answer under way may be its own.
            self._again.discard(message.id)
            return
        live = self._bot.registry.at(message.channel.id)
        if live is not None and live.member == message.author.id:
            # Asking waits, too, and says in words what is wrong.
            with contextlib.suppress(DatabaseTrouble):
                await until_quiet(live.conversation)

    async def _one(self, message: discord.Message) -> None:
        try:
            if may_be_closed() and (refusal := await in_database(closed_to, message.author.id)):
                await self._refuse(message, refusal)
                return
            await self._ask(message)
        except AppError as error:
            await self._refuse(message, error.message)
        except TROUBLE as error:
            # The question may be stored; what is missing at its place is brought there later, and at the next start it is asked again.
            log.warning("discord.message_failed", extra={"error": type(error).__name__})
            await say(message, gettext("There was trouble just now. If no answer comes, write it again."))
        except Exception:
            log.exception("discord.message_failed", extra={"snowflake": message.id})
            await self._refuse(message, gettext("Something went wrong on the site. Try again in a moment."))

    async def _ask(self, message: discord.Message) -> None:
        files.check(message.attachments)
        text = reading.question(message.content, _names(message), self._bot.me.id, await _about(self._bot, message))
        if not text and not message.attachments:
            await self._refuse(message, gettext("I read text, images and documents; this message has none of them."))
            return
        session = await self._session(message)
        if session.conversation_id is None:
            raise Invalid(
                gettext("This conversation was deleted on the site. Begin a new one with /chat."), code="deleted"
            )
        account = await in_database(accounts.known, message.author.id, message.author.display_name)
        if session.owner_id != account.user_id:
            await self._not_yours(message)
            return
        row = await in_database(beginning.taken_here, message.guild.id if message.guild else None)
        spoken, others = voices.apart(message.attachments)
        text = await voices.heard(account.user, spoken, text)
        kept = await files.taken(account.user, others)
        request = seen.request_id(message.id)
        self._bot.lanes.asked_here(request)
        offline = "markov" if row is not None and row.options.get("offline") == "markov" else "wait"
        ask = Send(
            type="send", request=request, conversation=session.conversation_id, text=text, attachments=tuple(kept),
            offline=offline,
        )  # fmt: skip
        await recalling.recall(message, session.kind, account.user, request, text)
        made = await self.ask(account.user, ask)
        await in_database(_settle, message.id, session.pk, made.answer)

    async def _session(self, message: discord.Message) -> GuildSession:
        found = await in_database(live_session, message.channel.id)
        if found is not None and found.state == "open":
            return found
        if message.guild is None:
            return await opening.direct(self._bot, message)
        return await opening.public(self._bot, message)

    async def ask(self, user: User, ask: Send) -> Asked:
        if ask.offline == "markov":
            await in_thread(markov.prepare)
        if asks_model(SERVICE, "in"):
            await asked.judge(user, ask)
        await in_database(asked.may_ask, user)
        while True:
            try:
                return await in_database(
                    chat.send, user, ask.conversation, ask.request, ask.text, ask.offline, ask.attachments
                )
            except Invalid as error:
                if error.code != "answer_running":
                    raise
            await until_quiet(ask.conversation)

    async def _not_yours(self, message: discord.Message) -> None:
        """In somebody else's place people talk among themselves; who calls the bot there is told where it would answer."""
        await in_database(partial(seen.settle, message.id, Fate.PASSED))
        if reading.mentions(message.content, self._bot.me.id):
            await say(
                message,
                gettext(
                    "This is somebody else's conversation with me. Mention me in a channel, or use /chat, to begin one of your own."
                ),
            )

    async def _refuse(self, message: discord.Message, words: str) -> None:
        try:
            await in_database(partial(seen.settle, message.id, Fate.REFUSED))
        except DatabaseTrouble:
            # Those behind it in the lane are still to be dealt with, and whoever wrote it is told all the same.
            log.exception("discord.not_settled")
        await say(message, words)

    async def deleted(self, messages: Collection[int]) -> None:
        """What is taken back while it waits is not asked any more."""
        waiting = [one for lane in self._waiting.values() for one in lane if one.id in messages]
        taken_back = [one for one in waiting if self._dealt_with.get(one.channel.id) != one.id]
        for message in taken_back:
            self._waiting[message.channel.id].remove(message)
        for message in taken_back:
            await in_database(partial(seen.settle, message.id, Fate.PASSED))

    def _waits(self, message: discord.Message) -> bool:
        """Whether an edited message waits still, which is then asked in its new words."""
        lane = self._waiting.get(message.channel.id, ())
        for at, one in enumerate(lane):
            if one.id == message.id and self._dealt_with.get(message.channel.id) != one.id:
                self._waiting[message.channel.id][at] = message
                return True
        return False

    # edits ----------------------------------------------------------------------------------------------------------

    async def edited(self, message: discord.Message) -> None:
        """A question that was changed at Discord is asked again in the new words, if it is the last one of its conversation."""
        if self._waits(message):
            return
        question = await in_database(seen.question_of, message.id)
        if question is None or message.edited_at is None:
            return
        try:
            await self._edit(message, question, message.edited_at)
        except AppError as error:
            await say(message, error.message)

    async def _edit(self, message: discord.Message, question: UUID, edited: datetime.datetime) -> None:
        account = await in_database(accounts.known, message.author.id, message.author.display_name)
        row = await in_database(access_message, account.user, question)
        text = reading.question(message.content, _names(message), self._bot.me.id, await _about(self._bot, message))
        # Discord also calls it an edit when it has looked up a link.
        if not text or text == row.content:
            return
        shown = await in_database(turns.shown, row.conversation_id)
        asked_last = [turn.message for turn in shown if turn.role == "user"][-1:]
        if asked_last != [question]:
            raise Invalid(
                gettext(
                    "Only your last question can be asked again in other words by editing it; earlier ones on the site."
                ),
                code="not_the_last",
            )
        await in_database(beginning.taken_here, message.guild.id if message.guild else None)
        await in_database(asked.may_ask, account.user)
        request = seen.request_id(message.id, f"edit {edited.timestamp()}")
        self._bot.lanes.asked_here(request)
        await in_database(_stop_running, account.user, row.conversation_id)
        while True:
            try:
                made = await in_database(chat.edit_question, account.user, row, request, text)
                break
            except Invalid as error:
                if error.code != "answer_running":
                    raise
            await until_quiet(row.conversation_id)
        new = await in_database(turns.question_of, made.answer)
        await in_database(partial(seen.settle, message.id, Fate.ASKED, question=new))


async def until_quiet(conversation: UUID) -> None:
    """Until no answer is under way in a conversation."""
    for state in await in_database(following.running, conversation):
        async with contextlib.aclosing(answers.answer(conversation, state.generation)) as news:
            async for _ in news:
                pass


async def say(message: discord.Message, words: str) -> None:
    """Answers a message with words of the site's own. That it is gone, or the bot may not write there, is no trouble."""
    try:
        await message.reply(words[:1_900], mention_author=False)
    except TROUBLE as error:
        if not isinstance(error, discord.HTTPException) or error.code not in (10008, 50035):
            log.info("discord.not_told", extra=described(error))
            return
        with contextlib.suppress(*TROUBLE):
            await message.channel.send(words[:1_900])


def _settle(snowflake: int, session: UUID, answer: UUID) -> None:
    seen.settle(snowflake, Fate.ASKED, turns.question_of(answer), session)
    sessions.used(session, snowflake)


def _stop_running(user: User, conversation: UUID) -> None:
    for state in following.running(conversation):
        asked.stop(user, state.generation)


def _names(message: discord.Message) -> reading.Names:
    return reading.Names(
        people={person.id: person.display_name for person in message.mentions},
        roles={role.id: role.name for role in message.role_mentions},
        channels={channel.id: getattr(channel, "name", "") for channel in message.channel_mentions},
    )


async def _about(bot: "Bot", message: discord.Message) -> tuple[str, str] | None:
    """Author and text of the message that this one answers, unless the conversation has it anyway."""
    reference = message.reference
    if reference is None or reference.message_id is None or reference.type != discord.MessageReferenceType.default:
        return None
    found = reference.resolved
    if found is None:
        try:
            found = await message.channel.fetch_message(reference.message_id)
        except TROUBLE:
            return None
    if not isinstance(found, discord.Message):
        return None
    if found.author.id == bot.me.id and bot.registry.at(message.channel.id) is not None:
        # The conversation has it.
        return None
    said = found.content or "\n".join(embed.description or "" for embed in found.embeds)
    return found.author.display_name, said
