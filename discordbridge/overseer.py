"""What an administrator does in the mirror of a web session: answer in place of the model, hand back, close."""

import contextlib
import logging
import re
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import discord
from django.utils.translation import gettext

from chat import following, stepping_in
from discordbridge import closing, rights
from discordbridge import following as answers
from discordbridge.access import session_by_id
from discordbridge.actions import accounts, seen, sessions
from discordbridge.models import GuildSession
from discordbridge.registry import Live
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

TRIES = 5


async def step_in(live: Live, message: discord.Message) -> None:
    """What was written in the mirror becomes the answer on the web. Raises AppError."""
    by = await administrator(message.author)
    former = await in_database(stepping_in.take_over, by, live.conversation)
    if former != stepping_in.PERSON:
        await in_database(sessions.taken, live.session, by, former)
    for number in range(TRIES):
        try:
            await in_database(
                stepping_in.answer, by, message.author.display_name, live.conversation, seen.request_id(message.id),
                message.content,
            )  # fmt: skip
            return
        except Invalid as error:
            if error.code != "answer_running" or number == TRIES - 1:
                raise
        await _until_models_are_silent(live.conversation)


async def hand_back(bot: "Bot", session: UUID, by: discord.User | discord.Member) -> bool:
    """The model answers again. False when it did anyway. Raises AppError."""
    user = await administrator(by)
    row = await _mirror(session, by)
    assert row.conversation_id is not None
    done = await in_database(stepping_in.hand_back, user, row.conversation_id, row.former_model)
    await in_database(sessions.taken, session, None)
    return done


async def _mirror(session: UUID, by: discord.User | discord.Member) -> GuildSession:
    """A mirror in the server whose administrator presses. Raises NotFound."""
    row = await in_database(session_by_id, session)
    guild = by.guild.id if isinstance(by, discord.Member) else None
    if row is None or row.conversation_id is None or row.kind != GuildSession.Kind.MIRROR or row.guild_id != guild:
        raise NotFound(gettext("This session is over."))
    return row


async def administrator(author: discord.User | discord.Member) -> User:
    """Who somebody is here who may look after conversations in that guild. Raises Forbidden."""
    if not isinstance(author, discord.Member):
        raise Forbidden(gettext("Only administrators do this."))
    roles = [role.id for role in author.roles]
    await in_database(rights.actor, author.id, author.guild.id, author.guild_permissions.administrator, roles)
    return (await in_database(accounts.known, author.id, author.display_name)).user


class OverseerButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"mirror:(?P<do>back|close):(?P<session>[0-9a-f]{32})"
):
    """Known by its id alone, so that it works after a restart."""

    def __init__(self, do: str, session: UUID) -> None:
        label = gettext("Hand back to the model") if do == "back" else gettext("Close this mirror")
        style = discord.ButtonStyle.primary if do == "back" else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"mirror:{do}:{session.hex}"))
        self.do, self.session = do, session

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match["do"], UUID(match["session"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        from discordbridge.bot import answer_privately
        from meatlizard.errors import AppError

        await interaction.response.defer(ephemeral=True)
        try:
            words = await self._carry_out(interaction.client, interaction.user)
        except AppError as error:
            words = error.message
        with contextlib.suppress(discord.NotFound):
            await answer_privately(interaction, words)

    async def _carry_out(self, bot: "Bot", by: discord.User | discord.Member) -> str:
        if self.do == "back":
            done = await hand_back(bot, self.session, by)
            return gettext("The model answers again.") if done else gettext("The model was answering anyway.")
        await administrator(by)
        await _mirror(self.session, by)
        await closing.close(bot, self.session, "administrator")
        return gettext("Closed. The next question opens a new one.")


def buttons(session: UUID) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for do in ("back", "close"):
        view.add_item(OverseerButton(do, session))
    return view


async def _until_models_are_silent(conversation: UUID) -> None:
    for state in await in_database(following.running, conversation):
        if state.state == "queued":
            continue
        async with contextlib.aclosing(answers.answer(conversation, state.generation)) as news:
            async for _ in news:
                pass
