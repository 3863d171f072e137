"""ASGI, ahead of Django: the bytes of what is shared, and what is noted of them.

An answer is watched while it goes out: how far it came, whether somebody still reads it, and every :data:`BEAT` seconds whether the share
still stands. Withdrawn in the middle of a download, it breaks off.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _

from files.asgi.asked import Asked, Disconnected
from files.asgi.who import READ, identify
from files.models.library import File
from files.models.shares import Download, Share
from files.serving import kinds
from files.serving.content import serve
from files.serving.dispositions import disposition
from files.serving.sources import Offer
from files.sharing import access, downloads, offers, visits, zips
from files.sharing.downloads import Who
from meatlizard.errors import Forbidden, NotFound
from meatlizard.security.client_address import address_key
from meatlizard.threads import in_database
from shortener.redirect.agents import is_bot

BEAT: Final = 5.0
BEFORE_THE_PAGE: Final = frozenset(
    {"sign_in_needed", "password_needed", "ticket_needed", "download_over", "no_such_download"}
)
"""Refusals of which the share's page knows more: a browser is sent there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent to whom. ``download``: the counted one it belongs to. ``quiet``: the owner's own look, which is not noted."""

    share: Share
    who: Who
    name: str
    size: int
    quiet: bool
    file: File | None = None
    offer: Offer | None = None
    packed: zips.Packed | None = None
    download: Download | None = None


async def content(asked: Asked) -> None:
    """The door of ``/f/<slug>/content/<file>/<name>``. ``?download``: to be saved; ``?ticket=``: of a counted download."""
    plan = await _planned(asked, _file)
    if plan is not None:
        await _watched(asked, plan, partial(_send_file, plan=plan))


async def zipped(asked: Asked) -> None:
    """The door of ``/f/<slug>/zip``: ``?folder=``, ``?chosen=`` as often as need be, ``?ticket=``."""
    plan = await _planned(asked, _zip)
    if plan is not None:
        await _watched(asked, plan, partial(_send_zip, plan=plan))


# --- who gets what, in a thread -----------------------------------------------------------------------------------------


async def _planned(asked: Asked, planning: Callable[[Asked], Plan]) -> Plan | None:
    """None when a browser was sent to the share's page."""
    try:
        return await in_database(planning, asked)
    except (Forbidden, NotFound) as error:
        if not asked.wants_page or error.code not in BEFORE_THE_PAGE:
            raise
        await asked.answer(302, [("location", reverse("files-sharing:show", args=[asked.part["slug"]]))])
        return None


def _file(asked: Asked) -> Plan:
    found, who = _visit(asked)
    share, query = found.share, parse_qs(asked.query, keep_blank_values=True)
    save = "download" in query
    row = access.shared_file(share, UUID(asked.part["file"]))
    if save:
        access.may_save(share)
    elif share.view_only and not kinds.shown(row.media_type):
        raise Forbidden(_("This kind of file cannot be shown here, and may not be downloaded."), code="view_only")
    offer = offers.of(found, row, who.user, _proof(asked), save=save)
    return _counted(Plan(share, who, offer.name, offer.blob.size, found.mine, file=row, offer=offer), query)


def _zip(asked: Asked) -> Plan:
    found, who = _visit(asked)
    query = parse_qs(asked.query)
    packed = zips.prepare(found.share, zips.wanted(query.get("folder", [""])[0], query.get("chosen", [])))
    return _counted(Plan(found.share, who, packed.name, packed.size, found.mine, packed=packed), query)


def _visit(asked: Asked) -> tuple[access.Visit, Who]:
    user = identify(asked, READ, writing=False).user
    address, agent = address_key(asked.scope), asked.headers.get("user-agent", "")
    try:
        found = access.opened(user or AnonymousUser(), asked.part["slug"], _proof(asked))
    except NotFound:
        access.note_miss(address)
        raise
    return found, Who(user, address, agent, is_bot(agent))


def _counted(plan: Plan, query: dict[str, list[str]]) -> Plan:
    """With the download that the ticket is of, where downloads are counted."""
    if not plan.share.counted or plan.quiet:
        return plan
    try:
        key = UUID(query.get("ticket", [""])[0])
    except ValueError:
        raise Forbidden(
            _("Downloads are counted here. Begin one on the page, or send a POST to “get” in place of “content”."),
            code="ticket_needed",
        ) from None
    row = downloads.go_on(plan.share, key)
    if row.size != plan.size or row.file_id != (plan.file.pk if plan.file else None):
        raise Forbidden(_("This is not as it was when the download began. Begin it anew."), code="download_over")
    return replace(plan, download=row)


def _proof(asked: Asked) -> str:
    return asked.cookies.get(visits.UNLOCKED, "")


def _note(plan: Plan, went: tuple[int, int]) -> None:
    if plan.download is not None:
        downloads.sent(plan.download.pk, [went])
    else:
        count = plan.packed.count if plan.packed else 1
        downloads.note(plan.share, plan.who, name=plan.name, size=plan.size, went=went, file=plan.file, count=count)


def _stands(plan: Plan) -> bool:
    return (
        downloads.alive(plan.download.pk) if plan.download is not None else plan.quiet or access.stands(plan.share.pk)
    )


# --- what goes out ------------------------------------------------------------------------------------------------------


async def _watched(asked: Asked, plan: Plan, sending: Callable[[Asked], Awaitable[None]]) -> None:
    tap = Tap(asked, plan)
    scope = {**asked.scope, "headers": [pair for pair in asked.scope["headers"] if not _several(*pair)]}
    watching = asyncio.create_task(tap.watch())
    try:
        await sending(Asked(scope, tap.receive, tap.send, asked.part))
    finally:
        watching.cancel()
        if tap.content and asked.method != "HEAD" and not plan.quiet:
            await asyncio.shield(in_database(_note, plan, (tap.at, tap.at + tap.went)))


def _several(name: bytes, value: bytes) -> bool:
    """A Range header that asks for several parts at once: it is not followed here, so that an answer is one part of the whole."""
    return name.lower() == b"range" and b"," in value


async def _send_file(asked: Asked, *, plan: Plan) -> None:
    assert plan.offer is not None
    await serve(asked, plan.offer)


async def _send_zip(asked: Asked, *, plan: Plan) -> None:
    assert plan.packed is not None
    length = plan.packed.size
    kind = ("content-type", "application/zip")
    await asked.start(
        200,
        [
            kind,
            ("content-length", str(length)),
            ("content-disposition", disposition(plan.name)),
        ],
    )
    if asked.method == "HEAD":
        await asked.write(b"", more=False)
        return
    pieces = zips.archive(plan.packed.entries).pieces()
    while piece := await asyncio.to_thread(next, pieces, b""):
        await asked.write(piece)
    await asked.write(b"", more=False)


class Tap:
    """Stands between what answers and the server: what went out, and whether anybody reads it still."""

    def __init__(self, asked: Asked, plan: Plan) -> None:
        self._asked = asked
        self._plan = plan
        self._gone = asyncio.Event()
        self._looked = time.monotonic()
        self.content = False
        self.at = self.went = 0

    async def watch(self) -> None:
        while (await self._asked.receive_on())["type"] != "http.disconnect":
            pass
        self._gone.set()

    async def receive(self) -> Any:
        """For what answers: nothing but the end comes."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        if body := message.get("body", b""):
            await self._there()
            await self._asked.send_on({**message, "more_body": True})
            # A server drops what is sent after the reader has gone, and says that they have a moment later.
            await self._there()
            self.went += len(body)
            await self._beat()
        if not message.get("more_body", False):
            await self._asked.send_on({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, message: Any) -> None:
        headers = dict(message["headers"])
        # Sent on, to the bucket or the content host, it is had there.
        sent_on = message["status"] == 302
        self.content = sent_on or message["status"] in (200, 206)
        if self.content and (told := headers.get(b"content-range", b"")):
            self.at = int(told.removeprefix(b"bytes ").partition(b"-")[0])
        if self.content and (sent_on or b"x-accel-redirect" in headers or b"x-sendfile" in headers):
            # Whoever sends it tells nobody how far it came.
            self.went = self._plan.size
        await self._asked.send_on(message)

    async def _there(self) -> None:
        await asyncio.sleep(0)
        if self._gone.is_set():
            raise Disconnected

    async def _beat(self) -> None:
        now = time.monotonic()
        if now - self._looked < BEAT:
            return
        self._looked = now
        if not await in_database(_stands, self._plan):
            raise Disconnected
