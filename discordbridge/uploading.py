"""A file that somebody gives to ``/upload``: from Discord into their library, as it comes."""

from contextlib import aclosing
from typing import Final

import aiohttp
import discord
from django.conf import settings
from django.utils.translation import gettext

from discordbridge import files
from discordbridge.actions import members
from files import names
from files.doors.receiving import Arrival
from files.library import addresses
from files.tus.placing import Wish
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.threads import in_database

SECONDS: Final = aiohttp.ClientTimeout(total=800.0, sock_read=30.0)
"""Discord takes an answer to a command for fifteen minutes."""


async def stored(user: User, file: discord.Attachment, name: str = "") -> tuple[str, str]:
    """Its name and the address of its page. Raises AppError in words, and then nothing of it is kept."""
    if not await in_database(members.is_linked, user):
        raise Forbidden(
            gettext("Files belong to an account on the site. /link ties this Discord account to yours."),
            code="not_linked",
        )
    wish = Wish(folder=None, below=(), name=names.last_part(name or file.filename), replace=False)
    async with Arrival(user, wish, file.size) as arrival, aiohttp.ClientSession(timeout=SECONDS) as session:
        size = 0
        async with aclosing(files.pieces(session, file, file.size)) as pieces:
            async for piece in pieces:
                size += len(piece)
                await arrival.take(piece)
        if size != file.size:
            raise Invalid(gettext("The file did not come whole from Discord. Send it again."), code="file_gone")
        row = await arrival.store()
    return row.name, settings.SITE_URL + addresses.page(row)
