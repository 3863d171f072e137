"""Rows and files of a stream, as the making of a video leaves them, and who asks for them."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from meatlizard.accounts.models import User
from tests.files.asking import Answer, Asking
from tests.video.streams import Stream
from video.models import Part, Rendition, Video

BOARD = {"step": 4.0, "width": 160, "height": 90, "columns": 3, "rows": 1, "count": 3, "sheets": ["sheet-0.jpg"]}


def stored(made: Stream, video: Video, *, parts: int = 9) -> Video:
    """``parts``: how many of each rendition are made."""
    for order, one in enumerate(made.renditions):
        row = Rendition.objects.create(
            video=video, place=video.place, name=one.name, kind=one.kind, order=order, codec=one.codec, codecs=one.codecs, width=one.width,
            height=one.height, frame_rate=one.frame_rate, channels=one.channels, language=one.language, label=one.label, default=one.default,
            bandwidth=one.bandwidth, average=one.average, size=one.size, ended=len(one.parts) <= parts,
        )  # fmt: skip
        for part in one.parts:
            there = part.number < parts
            name = (
                default_storage.save(f"{row.folder}/{part.number}-1.mp4", ContentFile(part.path.read_bytes()))
                if there
                else ""
            )
            Part.objects.create(
                rendition=row, number=part.number, start=part.start, duration=part.duration, file=name.rpartition("/")[2], size=part.size,
                init_size=part.init_size, init_sha=part.init_sha, segments=part.segments if there else [],
                state=Part.State.MADE if there else Part.State.WAITING,
            )  # fmt: skip
    default_storage.save(video.storage_name("storyboard/sheet-0.jpg"), ContentFile(b"a sheet"))
    video.storyboard = BOARD
    video.save(update_fields=["storyboard"])
    return video


def everything(video: Video) -> list[str]:
    """Each address of a stream, from the master's folder on."""
    place = video.place.hex
    return [
        "master.m3u8", "90p.m3u8", "180p.m3u8", "audio-0.m3u8", f"{place}/90p/0.mp4", f"{place}/180p/1.mp4", f"{place}/audio-0/0.mp4",
        "captions/english.m3u8", "captions/english.vtt", "storyboard.vtt", "storyboard/0.jpg",
    ]  # fmt: skip


def get(video: Video, token: str, name: str = "master.m3u8", person: User | None = None, **headers: str) -> Answer:
    return Asking(person).ask("GET", f"/v/{video.slug}/hls/{token}/{name}", **headers)


def statuses(video: Video, token: str, person: User | None = None) -> set[int]:
    asking = Asking(person)
    return {asking.ask("GET", f"/v/{video.slug}/hls/{token}/{name}").status for name in everything(video)}
