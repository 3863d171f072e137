"""The messages at Discord that show one message here: sent once each, edited when what they show has changed."""

import asyncio
import io
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from uuid import UUID

import discord
from django.utils import timezone

from discordbridge.actions import posting
from discordbridge.buttons import Buttons
from discordbridge.models import PostedMessage
from discordbridge.relay.answer import File
from discordbridge.relay.pacing import Pace, Remedy, remedy
from discordbridge.showing import Channel
from discordbridge.trouble import TROUBLE
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

TRIES = 8
"""Of a call that has to succeed, over some two minutes; whoever called then tries again later."""

NONCE_SECONDS = 120.0
"""Within which Discord surely knows a nonce again. Later the message itself is looked for."""

LOOKED_AT = 50
"""Messages among which one is looked for that was sent, perhaps, before a crash."""

DELETED = "deleted"
"""Stands for what a message shows that somebody has deleted."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one message at Discord is to show."""

    text: str
    files: tuple[File, ...] = ()
    buttons: Buttons | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        parts = [self.text, repr(self.buttons), *(f"{file.name}:{file.text}" for file in self.files)]
        digest = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
        object.__setattr__(self, "digest", digest)

    def attachments(self) -> list[discord.File]:
        return [discord.File(io.BytesIO(file.text.encode()), file.name) for file in self.files]


class Pages:
    """Of one message of a conversation in one place."""

    def __init__(self, channel: Channel, session: UUID, message: UUID, pace: Pace, bot: int) -> None:
        self._channel, self._session, self._message = channel, session, message
        self._pace, self._bot = pace, bot
        self._rows: list[PostedMessage] = []

    async def load(self) -> None:
        """What is there from before."""
        self._rows = await in_database(posting.parts, self._session, self._message)

    async def show(self, pages: Sequence[Page]) -> None:
        """As well as it goes: what Discord does not take now is part of what comes next. Raises when the place is gone."""
        try:
            await self._bring(pages)
        except TROUBLE as error:
            if _remedy(error) is not Remedy.AGAIN:
                raise
            self._refused(error)

    async def finish(self, pages: Sequence[Page]) -> None:
        """Until they are shown. Raises what Discord says when it does not take them for minutes, or the place is gone."""
        for left in reversed(range(TRIES)):
            try:
                await self._bring(pages)
                await self._drop(len(pages))
                break
            except TROUBLE as error:
                if _remedy(error) is not Remedy.AGAIN or not left:
                    raise
                self._refused(error)
        await in_database(posting.settle, self._session, self._message)

    async def rest(self) -> None:
        """Until the place may be written to again."""
        await asyncio.sleep(self._pace.wait(time.monotonic()))

    async def _bring(self, pages: Sequence[Page]) -> None:
        for part, page in enumerate(pages):
            if part < len(self._rows) and self._rows[part].discord_id is not None:
                await self._change(self._rows[part], page)
            else:
                await self._send(part, page)

    # one message ----------------------------------------------------------------------------------------------------

    async def _send(self, part: int, page: Page) -> None:
        row = await in_database(posting.reserve, self._session, self._message, part, self._channel.id)
        if part == len(self._rows):
            self._rows.append(row)
        if row.discord_id is not None:
            await self._change(row, page)
            return
        found = await self._sent_before(row)
        if found is None:
            began = await self._begin()
            found = await self._channel.send(
                page.text, nonce=row.nonce, files=page.attachments(), suppress_embeds=True, **_view(page)
            )
            self._pace.went(began, time.monotonic())
        # Discord gives back the message that it has under this nonce, which may show what was so before a crash.
        same = found.content == page.text and bool(found.components) == (page.buttons is not None)
        row.discord_id, row.shown = found.id, page.digest if same else ""
        await in_database(posting.sent, row.pk, found.id, row.shown)
        if not same:
            await self._change(row, page)

    async def _sent_before(self, row: PostedMessage) -> discord.Message | None:
        """The message of a row that was reserved by a bot that died, and too long ago for its nonce."""
        if (timezone.now() - row.created).total_seconds() < NONCE_SECONDS:
            return None
        async for message in self._channel.history(limit=LOOKED_AT, after=row.created, oldest_first=True):
            ours = message.author.id == self._bot and message.reference is None
            if ours and await in_database(posting.message_behind, message.id) is None:
                return message
        return None

    async def _change(self, row: PostedMessage, page: Page) -> None:
        if row.shown in (page.digest, DELETED):
            return
        assert row.discord_id is not None
        message = self._channel.get_partial_message(row.discord_id)
        began = await self._begin()
        try:
            await message.edit(content=page.text, attachments=page.attachments(), **_view(page, edits=True))
        except discord.HTTPException as error:
            await self._not_changed(row, page, error)
            return
        self._pace.went(began, time.monotonic())
        row.shown = page.digest
        await in_database(posting.shows, row.pk, row.shown)

    async def _not_changed(self, row: PostedMessage, page: Page, error: discord.HTTPException) -> None:
        what = _remedy(error)
        if what in (Remedy.AGAIN, Remedy.NOWHERE):
            raise error
        if what is Remedy.ANEW:
            await self._anew(row, page)
            return
        if what is Remedy.NEVER:
            log.error("discord.page_refused", extra={"code": error.code, "reason": error.text[:300]})
        row.shown = DELETED if what is Remedy.GONE else page.digest
        await in_database(posting.shows, row.pk, row.shown)

    async def _anew(self, row: PostedMessage, page: Page) -> None:
        """In a new message: of those older than an hour Discord lets only a few be edited, but all be deleted."""
        part = row.part
        await self._delete(row)
        self._rows[part] = await in_database(posting.reserve, self._session, self._message, part, self._channel.id)
        await self._send(part, page)

    async def _drop(self, kept: int) -> None:
        """Messages that show nothing any more."""
        while len(self._rows) > kept:
            await self._delete(self._rows[-1])
            self._rows.pop()

    async def _delete(self, row: PostedMessage) -> None:
        if row.discord_id is not None and row.shown != DELETED:
            await self._begin()
            try:
                await self._channel.get_partial_message(row.discord_id).delete()
            except discord.NotFound as error:
                if _remedy(error) is Remedy.NOWHERE:
                    raise
        await in_database(posting.forget, [row.pk])

    async def _begin(self) -> float:
        await self.rest()
        return time.monotonic()

    def _refused(self, error: BaseException) -> None:
        retry = error.retry_after if isinstance(error, discord.RateLimited) else None
        log.info("discord.page_waits", extra={"error": type(error).__name__, "retry_after": retry})
        self._pace.refused(time.monotonic(), retry)


def _view(page: Page, *, edits: bool = False) -> dict[str, Any]:
    """Left out where a new message has none: the library takes no None there."""
    if page.buttons is None:
        return {"view": None} if edits else {}
    return {"view": page.buttons.view()}


def _remedy(error: BaseException) -> Remedy:
    if isinstance(error, discord.HTTPException):
        return remedy(error.status, error.code)
    return Remedy.AGAIN
