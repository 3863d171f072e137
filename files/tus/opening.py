"""An upload taken in hand by one request: who asks, whose it is, its lock, and how much of it there is. All of that in one go, since each
change of threads costs as much as the questions.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from files.asgi import who
from files.asgi.asked import Asked
from files.blobs import incoming
from files.models import Upload
from files.tus import actions
from files.tus.access import Sender, access_upload, sender_of
from files.tus.locks import Lock
from files.tus.protocol import Ended, Locked, Piece, TakesNoBytes
from files.tus.receiving import STALLED_SECONDS
from meatlizard.threads import in_database

WAIT_SECONDS: Final = 5.0
"""For another request that gets no bytes any more and holds the upload: as long as that needs to notice."""

AGAIN_SECONDS: Final = 0.2


@dataclass(slots=True)
class Opened:
    """``lock`` None: it is done, or another request is getting bytes of it."""

    sender: Sender
    upload: Upload
    lock: Lock | None
    has: int

    @property
    def is_whole(self) -> bool:
        return self.lock is not None and self.has == self.upload.length and not self.upload.is_partial

    @property
    def is_being_stored(self) -> bool:
        """Whether all has come, and another request is about to make a file of it."""
        ends = self.upload.state == Upload.State.OPEN and not self.upload.is_partial
        return self.lock is None and ends and self.has == self.upload.length

    def close(self) -> None:
        if self.lock is not None:
            self.lock.release()
            self.lock = None


def sender(asked: Asked, *, writing: bool) -> Sender:
    return sender_of(who.identify(asked, who.WRITE, writing=writing))


async def to_write(asked: Asked, piece: Piece) -> Opened:
    """For the bytes of ``piece``. Raises what forbids them: Locked while another request gets bytes of the same upload, too."""

    def opened() -> Opened:
        found = _opened(asked, writing=True)
        try:
            if found.upload.is_final:
                raise TakesNoBytes
            actions.begin_piece(found.sender, found.upload, piece, found.has)
        except BaseException:
            found.close()
            raise
        return found

    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS
    while True:
        try:
            return await in_database(opened)
        except Busy as busy:
            if busy.flowing or loop.time() >= until:
                raise Locked from None
            await asyncio.sleep(AGAIN_SECONDS)


async def to_look(asked: Asked) -> Opened:
    """Without a lock while another request gets bytes. One that gets none any more is waited for: who looks is about to go on."""
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS
    while True:
        try:
            return await in_database(_opened, asked, writing=False)
        except Busy as busy:
            if busy.flowing or loop.time() >= until:
                return busy.opened
            await asyncio.sleep(AGAIN_SECONDS)


class Busy(Exception):
    """``flowing``: the other request got bytes just now."""

    def __init__(self, opened: Opened, flowing: bool) -> None:
        super().__init__()
        self.opened, self.flowing = opened, flowing


def _opened(asked: Asked, *, writing: bool) -> Opened:
    by = sender(asked, writing=writing)
    upload = access_upload(by, asked.part["upload"])
    if upload.state != Upload.State.OPEN:
        return Opened(by, upload, None, upload.length or 0)
    path = incoming.folder() / upload.incoming
    try:
        try:
            lock = Lock(upload.incoming)
        except Locked:
            raise _busy(by, upload, path) from None
    except FileNotFoundError:
        # Finished or ended just now.
        upload = access_upload(by, asked.part["upload"])
        if upload.state == Upload.State.OPEN:
            raise Ended from None
        return Opened(by, upload, None, upload.length or 0)
    try:
        upload = access_upload(by, asked.part["upload"])
        if upload.state != Upload.State.OPEN:
            lock.release()
            return Opened(by, upload, None, upload.length or 0)
        return Opened(by, upload, lock, _sure(upload, path.stat().st_size))
    except BaseException:
        lock.release()
        raise


def _busy(by: Sender, upload: Upload, path: Path) -> Busy:
    """Raises FileNotFoundError when the other request has just ended."""
    stat = path.stat()
    flowing = time.time() - stat.st_mtime < STALLED_SECONDS
    if not flowing:
        actions.want(upload)
    return Busy(Opened(by, upload, None, _sure(upload, stat.st_size)), flowing)


def _sure(upload: Upload, size: int) -> int:
    return size if upload.sure is None else min(upload.sure, size)
