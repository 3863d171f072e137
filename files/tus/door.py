"""The doors of tus: ``/files/uploads/`` makes uploads, ``/files/uploads/<id>/`` goes on with one."""

import asyncio
import contextlib
import functools
import re
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from files.asgi.asked import Asked, Disconnected
from files.asgi.doors import Answering, open_door
from files.asgi.refusals import JSON_TYPE, body_of
from files.blobs import incoming
from files.blobs.trouble import Unreachable
from files.models import Upload
from files.tus import actions, finishing, opening, protocol
from files.tus.access import Sender, access_upload
from files.tus.locks import Lock, held
from files.tus.opening import Opened
from files.tus.protocol import Checksum, Creation, Ended, Locked, Refused, TooLong, WrongChecksum, WrongMethod
from files.tus.receiving import SILENT_SECONDS, Reception
from meatlizard.errors import AppError, Invalid
from meatlizard.storage import actions as storage
from meatlizard.threads import in_database, in_slow_database

PATH: Final = "/files/uploads/"
SMALL: Final = 1 << 20
"""Bytes of an upload that comes whole with its creation, and needs no address before it has ended."""

WHOLE_TOTAL: Final = 32 << 20
_whole = 0
"""Bytes of such uploads in memory."""

CANNOT_STORE_SECONDS: Final = 10

_ADDRESS = re.compile(r"/files/uploads/([0-9A-Za-z-]{1,64})/?$")


def open_doors() -> None:
    open_door(r"/files/uploads/?", _guarded({"OPTIONS": _options, "POST": _create}))
    one = {"OPTIONS": _options, "HEAD": _head, "PATCH": _patch, "DELETE": _delete}
    open_door(r"/files/uploads/(?P<upload>[0-9A-Za-z-]{1,64})/?", _guarded(one))


def _guarded(methods: Mapping[str, Answering]) -> Answering:
    async def answering(asked: Asked) -> None:
        asked.always["tus-resumable"] = protocol.VERSION
        try:
            method = methods.get(asked.method)
            if method is None:
                raise WrongMethod(headers={"allow": ", ".join(methods)})
            if asked.method != "OPTIONS":
                protocol.check_version(asked.headers)
            await method(asked)
        except Refused as refused:
            await asked.answer(
                refused.status,
                [*refused.headers.items(), JSON_TYPE],
                body_of(refused.status, refused.code, refused.message),
            )

    return answering


async def _options(asked: Asked) -> None:
    await asked.answer(204, protocol.options(None).items())


async def _create(asked: Asked) -> None:
    creation = protocol.read_creation(asked.headers, asked.length)
    if creation.parts:
        await _concatenate(asked, creation)
    elif (
        creation.length == asked.length
        and not creation.partial
        and 0 < (asked.length or 0) <= min(SMALL, WHOLE_TOTAL - _whole)
    ):
        await _create_at_once(asked, creation, asked.length or 0)
    else:
        await _create_and_receive(asked, creation)


async def _create_at_once(asked: Asked, creation: Creation, length: int) -> None:
    """Nobody is told its address before it is whole: what breaks off leaves nothing, and needs no room set aside. One change of threads, and
    as many bytes in memory as :data:`WHOLE_TOTAL` allows to all together."""
    global _whole
    _whole += length
    try:
        content = bytearray()
        async with asyncio.timeout(SILENT_SECONDS) as limit:
            async for piece in asked.pieces():
                limit.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)
                content += piece
                if len(content) > length:
                    raise TooLong
        if len(content) < length:
            raise Disconnected
        upload = await in_slow_database(_stored_at_once, asked, creation, content)
    except TimeoutError:
        raise Disconnected from None
    finally:
        _whole -= length
    await asked.answer(201, [*_at(upload), ("upload-offset", str(length)), *_of_file(upload)])


async def _create_and_receive(asked: Asked, creation: Creation) -> None:
    sender = await in_database(_created, asked, creation)
    opened = Opened(sender[0], sender[1], await asyncio.to_thread(Lock, sender[1].incoming), 0)
    try:
        if creation.body or creation.length == 0:
            await _receive(asked, opened, creation.checksum)
    except AppError:
        if opened.has == 0 or opened.has == opened.upload.length:
            # To be told of it as if all were well would be wrong, and nobody knows its address.
            await in_database(actions.give_up, opened.upload)
            raise
    except Disconnected:
        await in_database(actions.give_up, opened.upload)
        raise
    finally:
        opened.close()
    said = [("upload-offset", str(opened.has))] if creation.body else []
    await asked.answer(201, [*_at(opened.upload), *said, *_of_file(opened.upload)])


async def _concatenate(asked: Asked, creation: Creation) -> None:
    sender, parts = await in_database(_parts, asked, creation)
    with contextlib.ExitStack() as locks:
        try:
            for key in sorted({part.incoming for part in parts}):
                locks.enter_context(held(key))
        except FileNotFoundError:
            raise Ended from None
        for part in parts:
            if (incoming.folder() / part.incoming).stat().st_size != part.length or part.sure is not None:
                raise Invalid(_("A part of this upload has not come whole yet."), code="part_unfinished")
        upload = await in_slow_database(finishing.concatenate, sender, creation.metadata, creation.concat, parts)
        for part in parts:
            await asyncio.to_thread(actions.forget_bytes, part.incoming)
    await asked.answer(201, [*_at(upload), *_of_file(upload)])


async def _head(asked: Asked) -> None:
    opened = await opening.to_look(asked)
    try:
        if opened.is_whole:
            await _finish_late(opened)
        elif opened.is_being_stored:
            # Whoever is told that all has arrived takes it for done, and does not come again.
            raise Locked(seconds=CANNOT_STORE_SECONDS)
    finally:
        opened.close()
    upload = opened.upload
    length = ("upload-defer-length", "1") if upload.length is None else ("upload-length", str(upload.length))
    said = [
        ("cache-control", "no-store"),
        ("upload-metadata", upload.metadata),
        ("upload-concat", upload.concat),
        length,
    ]
    await asked.answer(200, [("upload-offset", str(opened.has)), *said, *_until(upload), *_of_file(upload)])


async def _patch(asked: Asked) -> None:
    piece = protocol.read_piece(asked.headers, asked.length)
    opened = await opening.to_write(asked, piece)
    try:
        if opened.lock is not None:
            await _receive(asked, opened, piece.checksum)
    finally:
        opened.close()
    await asked.answer(204, [("upload-offset", str(opened.has)), *_until(opened.upload), *_of_file(opened.upload)])


async def _delete(asked: Asked) -> None:
    await in_database(_given_up, asked)
    await asked.answer(204)


async def _receive(asked: Asked, opened: Opened, checksum: Checksum | None) -> None:
    """Takes what comes, and makes a file of it when that is all. Changes ``opened`` to what is there then, whatever is raised."""
    upload = opened.upload
    arriving = await asyncio.to_thread(finishing.again, upload)
    try:
        if arriving.size > opened.has:
            # Of a piece whose checksum nobody has looked at.
            await asyncio.to_thread(arriving.cut, opened.has)
        room = None if upload.length is not None else functools.partial(_room, upload)
        reception = Reception(asked, arriving, most=upload.length, checksum=checksum, room=room, upload=upload.pk)
        try:
            await reception.take()
        finally:
            opened.has = arriving.size
            await asyncio.to_thread(arriving.sync)
            await in_database(actions.note, upload)
        if opened.is_whole:
            opened.upload = await in_slow_database(finishing.finish, opened.sender, upload, arriving)
    finally:
        await asyncio.to_thread(arriving.close)


async def _room(upload: Upload, size: int) -> int:
    return await in_database(actions.make_room, upload, size)


async def _finish_late(opened: Opened) -> None:
    """All bytes are there and could not be stored when they came. Locked while they still cannot: whoever is told that all has arrived
    takes it for done."""
    arrived = await asyncio.to_thread(finishing.again, opened.upload)
    try:
        opened.upload = await in_slow_database(finishing.finish, opened.sender, opened.upload, arrived)
    except Unreachable as trouble:
        raise Locked(trouble.message, seconds=CANNOT_STORE_SECONDS) from trouble
    finally:
        await asyncio.to_thread(arrived.close)


def _stored_at_once(asked: Asked, creation: Creation, content: bytearray) -> Upload:
    sender = opening.sender(asked, writing=True)
    actions.admit(sender, len(content), creation.metadata)
    storage.expect(sender.owner, len(content))
    if creation.checksum is not None and not creation.checksum.fits(content):
        raise WrongChecksum
    return finishing.at_once(sender, creation.metadata, content)


def _created(asked: Asked, creation: Creation) -> tuple[Sender, Upload]:
    sender = opening.sender(asked, writing=True)
    return sender, actions.create(sender, creation)


def _given_up(asked: Asked) -> None:
    actions.give_up(access_upload(opening.sender(asked, writing=True), asked.part["upload"]))


def _parts(asked: Asked, creation: Creation) -> tuple[Sender, list[Upload]]:
    """In their order. Raises Invalid, and what the creation of an upload raises."""
    sender = opening.sender(asked, writing=True)
    actions.admit(sender, None, creation.metadata)
    found = []
    for address in creation.parts:
        key = _ADDRESS.search(address)
        part = access_upload(sender, key[1]) if key is not None else None
        if part is None or not part.is_partial:
            raise Invalid(_("One of the parts is no part of an upload of yours."), code="no_part")
        found.append(part)
    return sender, found


def _at(upload: Upload) -> list[tuple[str, str]]:
    return [("location", f"{PATH}{upload.pk}/"), *_until(upload)]


def _until(upload: Upload) -> list[tuple[str, str]]:
    return [("upload-expires", protocol.expires(upload.expires))] if upload.state == Upload.State.OPEN else []


def _of_file(upload: Upload) -> list[tuple[str, str]]:
    """Where what was uploaded is found."""
    return [("content-location", f"/files/{upload.file_id}/")] if upload.file_id else []
