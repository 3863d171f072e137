"""Files of Discord messages: fetched from Discord alone, within the site's bounds, and read as those of the pages are."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import aiohttp
import discord
from django.conf import settings
from django.db import close_old_connections, connections
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from chat.attachments import actions as attachments
from chat.attachments.limits import MAX_FILES
from discordbridge.addresses import is_file_of_discord
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, TooLarge

log = logging.getLogger(__name__)

FETCH_SECONDS = 60.0
PIECE = 65_536


def check(files: Sequence[discord.Attachment]) -> None:
    """Before anything is fetched. Raises Invalid and TooLarge, in words."""
    if len(files) > MAX_FILES:
        raise Invalid(
            gettext("A message has at most {most} files; this one has {count}. Nothing of it was sent.").format(
                most=MAX_FILES, count=len(files)
            ),
            code="too_many_files",
        )
    for file in files:
        if file.size > settings.ATTACHMENT_MAX_BYTES:
            raise TooLarge(
                gettext("{name} has {size}. A file may have at most {most}.").format(
                    name=discord.utils.escape_markdown(file.filename[:100]), size=filesizeformat(file.size),
                    most=filesizeformat(settings.ATTACHMENT_MAX_BYTES),
                )
            )  # fmt: skip


async def taken(user: User, files: Sequence[discord.Attachment]) -> list[UUID]:
    """Fetches the files and keeps them for ``user``, until a question has them. Raises AppError in words; what was kept by then is
    swept up within a day."""
    check(files)
    kept = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_SECONDS)) as session:
        for file in files:
            data = await _fetched(session, file)
            kept.append(await asyncio.to_thread(_keep, user, file.filename, data))
    return kept


async def fetched(file: discord.Attachment) -> bytes:
    """One file alone. Raises as :func:`taken`."""
    check([file])
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_SECONDS)) as session:
        return await _fetched(session, file)


async def _fetched(session: aiohttp.ClientSession, file: discord.Attachment) -> bytes:
    return b"".join([piece async for piece in pieces(session, file, settings.ATTACHMENT_MAX_BYTES)])


async def pieces(session: aiohttp.ClientSession, file: discord.Attachment, most: int) -> AsyncGenerator[bytes, None]:
    """The file as it comes from Discord. Raises Invalid, and TooLarge beyond ``most`` bytes."""
    if not is_file_of_discord(file.url):
        log.warning("discord.file_elsewhere", extra={"attachment": file.id})
        raise Invalid(
            gettext("A file of this message does not lie at Discord, so it was not fetched."), code="file_elsewhere"
        )
    length = 0
    try:
        # Redirected elsewhere, it would be fetched from there.
        async with session.get(file.url, allow_redirects=False) as response:
            if response.status != 200:
                raise Invalid(
                    gettext("Discord did not give out a file of this message. Send it again."), code="file_gone"
                )
            async for piece in response.content.iter_chunked(PIECE):
                length += len(piece)
                if length > most:
                    raise TooLarge
                yield piece
    except (aiohttp.ClientError, TimeoutError) as error:
        log.info("discord.file_not_fetched", extra={"error": type(error).__name__})
        raise Invalid(
            gettext("A file of this message could not be fetched from Discord. Send it again."), code="file_gone"
        ) from None


def _keep(user: User, name: str, data: bytes) -> UUID:
    # Reading a document takes seconds: not in one of the threads that store what others read.
    close_old_connections()
    try:
        return attachments.take(user, name, [data], len(data)).pk
    finally:
        connections.close_all()
