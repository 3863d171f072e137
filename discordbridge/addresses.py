"""Where Discord is. The library has its addresses as constants of its classes; this is the one place that changes them.

The settings' defaults are Discord's own. Others are for a server that speaks Discord's protocol, as the tests bring one.
"""

from django.conf import settings
from yarl import URL


def point_library() -> None:
    """Has discord.py speak to the configured addresses. Before a client is made; for the whole process."""
    from discord.asset import Asset
    from discord.gateway import DiscordWebSocket
    from discord.http import Route
    from discord.voice_client import VoiceClient

    # Nobody misses a voice here: the library would warn of that at each start.
    VoiceClient.warn_nacl = VoiceClient.warn_dave = False
    Route.BASE = settings.DISCORD_API_URL
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.DISCORD_GATEWAY_URL)
    Asset.BASE = settings.DISCORD_CDN_URL


def is_file_of_discord(url: str) -> bool:
    """Whether a file's address lies at Discord's file servers: nothing else is fetched for what a message says is attached to it."""
    try:
        there, known = URL(url), URL(settings.DISCORD_CDN_URL)
    except ValueError:
        return False
    hosts = {known.host}
    if known.host == "cdn.discordapp.com":
        hosts.add("media.discordapp.net")
    return there.scheme == known.scheme and there.host in hosts and there.port == known.port and there.user is None
