"""What lies in a storage as the answer to a request, whatever it is and whoever may have it: sent from this process, or by the front server
on our word.
"""

import asyncio
from typing import Final
from urllib.parse import quote

from django.conf import settings

from files.asgi.asked import Asked
from files.blobs import reading
from files.blobs.reading import Kept
from files.blobs.trouble import Gone, in_words
from files.serving import answers
from files.serving.answers import Answer, Content, Refused
from files.serving.conditions import Conditions
from files.serving.sending import LocalFile, Source, Stored, send

INTERNAL: Final = "/_blobs/"
"""Where the front server has MEDIA_ROOT, for us alone to name (deploy/nginx)."""


async def conditions(asked: Asked) -> Conditions | None:
    """What a request demands; None when it was refused for that, and answered."""
    try:
        return answers.conditions(asked.method, asked.scope["headers"])
    except Refused as refused:
        await _start(asked, answers.error(refused.status, refused.headers))
        await asked.write(answers.words(refused.status), more=False)
        return None


async def by_front_server(asked: Asked, kept: Kept, about: Content) -> bool:
    """Whether the front server sends it, which answers parts and conditions by itself then."""
    if settings.FILES_SENT_BY == "site":
        return False
    path = await asyncio.to_thread(reading.local_path, kept)
    if path is None:
        return False
    by = {"x-accel-redirect": f"{INTERNAL}{kept.storage_name}", "x-sendfile": str(path)}[settings.FILES_SENT_BY]
    said = [(name.decode(), value.decode()) for name, value in about.headers]
    await asked.answer(200, [("content-type", about.content_type), *said, (settings.FILES_SENT_BY, quote(by))])
    return True


async def give(asked: Asked, kept: Kept, about: Content, asked_for: Conditions) -> int:
    """Sends it from here, or as much of it as is asked for; how many bytes of it went. Raises NotFound for what is gone, Unavailable for a storage
    that is."""
    answer = answers.answer(asked_for, about, head=asked.method == "HEAD")
    source = await asyncio.to_thread(_source, kept) if _content_in(answer) else None
    try:
        await _start(asked, answer)
        sent = await send(answer, source, asked)
        return sent if source is not None else 0
    finally:
        if source is not None:
            await source.close()


async def give_held(asked: Asked, data: bytes, about: Content, asked_for: Conditions) -> None:
    """As :func:`give`, of bytes that are at hand."""
    answer = answers.answer(asked_for, about, head=asked.method == "HEAD")
    await _start(asked, answer)
    pieces = [one if isinstance(one, bytes) else data[one.start : one.stop] for one in answer.body]
    await asked.write(b"".join(pieces), more=False)


def _content_in(answer: Answer) -> bool:
    return any(not isinstance(one, bytes) for one in answer.body)


async def _start(asked: Asked, answer: Answer) -> None:
    await asked.start(answer.status, [(name.decode(), value.decode("latin-1")) for name, value in answer.headers])


def _source(kept: Kept) -> Source:
    path = reading.local_path(kept)
    try:
        with in_words():
            return LocalFile(path) if path is not None else Stored(reading.open(kept))
    except FileNotFoundError:
        raise Gone from None
