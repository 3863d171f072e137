"""Discord's REST API, version 10. Importing this package fills ``wire.ROUTES``."""

from tests.fakes.discord.rest import channels, guilds, interactions, messages
from tests.fakes.discord.rest.wire import ROUTES

__all__ = ["ROUTES", "channels", "guilds", "interactions", "messages"]
