"""The door of files to keep, ahead of Django. As with streams no cookie is looked at."""

from typing import Final

from django.conf import settings

from files.asgi import doors
from files.asgi.asked import Asked
from files.serving import answers, content, giving
from files.serving.answers import Content
from files.serving.dispositions import disposition
from files.serving.sources import Offer
from meatlizard.errors import NotFound
from meatlizard.threads import in_database
from video.downloads import actions, addresses
from video.models import Download, Video
from video.serving import rights
from video.serving.kept import Stored
from video.serving.tally import tally

FILE: Final = r"/v/(?P<slug>[A-Za-z0-9_-]{1,32})/download/(?P<rendition>[a-z0-9-]{1,20})/(?P<token>[A-Za-z0-9_:-]{1,600})/(?P<name>[^/]+)"


def open_door() -> None:
    doors.open_door(FILE, file)


async def file(asked: Asked) -> None:
    rendition = asked.part["rendition"]
    admitted = await rights.admitted(asked.part["slug"], asked.part["token"])
    actions.allowed(admitted.viewer, admitted.video, rendition)
    if rendition == actions.ORIGINAL:
        await content.serve(asked, await in_database(_original, admitted.video))
        return
    conditions = await giving.conditions(asked)
    if conditions is None:
        return
    stored = await in_database(_stored, admitted.video, rendition)
    said = {
        "content-disposition": disposition(addresses.name(admitted.video, rendition)),
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex",
    }
    headers = tuple((name.encode(), value.encode()) for name, value in said.items())
    kind = "audio/mp4" if addresses.ending(rendition) == "m4a" else "video/mp4"
    about = Content(stored.size, f'"{stored.mark}"', None, kind, headers)
    if await giving.by_front_server(asked, stored, about):
        tally.add(admitted.video.pk, answers.answer(conditions, about, head=asked.method == "HEAD").content_size)
        return
    tally.add(admitted.video.pk, await giving.give(asked, stored, about, conditions))


def _original(video: Video) -> Offer:
    if video.blob is None:
        raise NotFound
    return Offer(video.blob, addresses.name(video, actions.ORIGINAL), save=True)


def _stored(video: Video, rendition: str) -> Stored:
    row = Download.objects.filter(video=video, place=video.place, name=rendition, state=Download.State.READY).first()
    if row is None:
        raise NotFound
    return Stored(settings.STORAGE, row.file, row.size, row.file.rpartition("/")[2])
