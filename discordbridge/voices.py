"""Voice messages become words, where a machine can write them down."""

import io
from collections.abc import Sequence

import discord
from django.utils.translation import gettext

from chat import tasks
from discordbridge import files
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid

SECONDS = 300.0
"""For which whoever spoke waits at most."""


def apart(attached: Sequence[discord.Attachment]) -> tuple[list[discord.Attachment], list[discord.Attachment]]:
    """Voice messages, and all else."""
    spoken = [one for one in attached if one.is_voice_message()]
    return spoken, [one for one in attached if one not in spoken]


async def heard(user: User, spoken: Sequence[discord.Attachment], text: str) -> str:
    """``text`` and what was said. Raises Invalid in words where nobody can listen, or nothing was to be heard."""
    if not spoken:
        return text
    said = []
    for one in spoken:
        data = await files.fetched(one)
        try:
            kind = (one.content_type or "audio/ogg").partition(";")[0]
            said.append(await tasks.transcribe(io.BytesIO(data), kind, user=user, seconds=SECONDS))
        except AppError as error:
            raise Invalid(
                gettext("I cannot listen just now: {reason} Write it, please.").format(reason=error.message),
                code="not_heard",
            ) from error
    words = "\n\n".join(part for part in (text, *(one.strip() for one in said)) if part)
    if not words:
        raise Invalid(gettext("I heard nothing in this voice message."), code="nothing_heard")
    return words
