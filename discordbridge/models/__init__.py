from discordbridge.models.accounts import DiscordAccount
from discordbridge.models.guilds import Guild
from discordbridge.models.memory import Forgotten, Recollection, RememberedMessage
from discordbridge.models.running import BotLease
from discordbridge.models.sessions import GuildSession, PostedMessage, SeenMessage
from discordbridge.models.transcripts import Transcript

__all__ = [
    "BotLease",
    "DiscordAccount",
    "Forgotten",
    "Guild",
    "GuildSession",
    "PostedMessage",
    "Recollection",
    "RememberedMessage",
    "SeenMessage",
    "Transcript",
]
