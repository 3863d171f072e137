"""A server with a bot whose commands are there, its administrator Ada, its member Mia, and Olga, who operates the site."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.fakes.discord import Channel, FakeDiscord, Guild, Person, Use
from tests.people import person

if TYPE_CHECKING:
    from discordbridge.bot import Bot


@dataclass
class Town:
    bot: "Bot"
    discord: FakeDiscord
    guild: Guild
    general: Channel
    ada: Person
    mia: Person
    olga: Person
    operator: User

    async def told(self, who: Person, command: str, /, **options: object) -> str:
        """What ``who``, and nobody else, is told in answer to a command."""
        use = await self.use(who, command, **options)
        assert use.ephemeral
        return str(use.text)

    async def use(self, who: Person, command: str, /, **options: object) -> Use:
        return await who.use(self.general, command, **options).answered()

    async def confirmed(self, who: Person, command: str, button: str, /, **options: object) -> str:
        """Gives a command, presses ``button`` of the question, and reads what came of it."""
        use = await self.use(who, command, **options)
        question = use.text
        await who.press(use.message, button).answered()
        await self.discord.world.until(
            lambda: use.text != question and not use.message.buttons, f"an end of {question!r}"
        )
        return str(use.text)


async def settle(bot: "Bot", discord: FakeDiscord, guild: Guild) -> Town:
    from discordbridge.actions import guilds

    await bot.tree.sync()
    await in_database(guilds.seen, guild.id, guild.name)
    ada, mia = discord.member(guild, "ada", "Keepers"), discord.member(guild, "mia")
    olga = discord.member(guild, "olga")
    keepers = next(role for role in guild.roles.values() if role.name == "Keepers")
    await in_database(guilds.configure, guild.id, admin_roles=[keepers.id])
    operator = await in_database(linked, "olga", olga.id)
    return Town(bot, discord, guild, ada.channel(guild, "general"), ada, mia, olga, operator)


def linked(name: str, snowflake: int) -> User:
    """An operator of the site whose account is linked with one on Discord."""
    from discordbridge.models import DiscordAccount

    user = person(name, is_staff=True, is_superuser=True)
    DiscordAccount.objects.create(pk=snowflake, user=user, name=name, shadow=False, linked=timezone.now())
    return user
