"""Verbs on downloads: ask for one, put it together, let go of those that nobody wants any more."""

import datetime
import logging
import secrets
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from files.blobs.trouble import DiskFull, Unreachable, in_words
from files.tus.sparing import spare
from meatlizard.errors import Forbidden, NotFound
from video.access import Viewer
from video.downloads.jobs import join_download
from video.making import keeping, steps
from video.media import confinement, encoding
from video.media.refusals import Problem
from video.models import Download, Rendition, Video

log = logging.getLogger(__name__)

ORIGINAL: Final = "original"
KEPT: Final = datetime.timedelta(days=2)
"""Since somebody has asked for it last."""

LOST: Final = datetime.timedelta(hours=1)
"""A job that is not done by then is asked for anew, when somebody waits for it."""

AGAIN: Final = datetime.timedelta(minutes=1)
"""After a failure."""

State = Download.State


def may(viewer: Viewer, video: Video) -> bool:
    """Whether somebody who may watch it may keep it, too."""
    return video.downloads or video.owner_id == viewer.pk


def offered(video: Video) -> list[Rendition]:
    """Those that can be had now, the best first; tracks where there is sound alone."""
    rows = list(Rendition.objects.filter(video=video.pk, place=video.place).order_by("-order"))
    pictures = [one for one in rows if one.kind == Rendition.Kind.VIDEO]
    return [one for one in pictures or reversed(rows) if one.ended]


def allowed(viewer: Viewer, video: Video, name: str) -> None:
    """Raises Forbidden."""
    if not may(viewer, video) or (name == ORIGINAL and video.owner_id != viewer.pk):
        raise Forbidden(_("Its owner does not let this video be downloaded."), code="no_downloads")


def ask(video: Video, name: str) -> Download:
    """The download of a rendition, begun if nobody has asked for it yet. Raises NotFound."""
    if not any(one.name == name for one in offered(video)):
        raise NotFound(_("There is no such size of this video."), code="no_such_rendition")
    now = timezone.now()
    with transaction.atomic():
        row, new = Download.objects.get_or_create(video=video, place=video.place, name=name)
        mine = Download.objects.filter(pk=row.pk, asked=row.asked)
        late = row.state == State.WAITING and row.asked < now - LOST
        failed = row.state == State.FAILED and row.asked < now - AGAIN
        again = (late or failed) and mine.update(state=State.WAITING, asked=now) == 1
        if new or again:
            # Somebody waits for what is quickly done, and nobody for the last sizes of a video.
            priority = steps.MOST_PRIORITY + steps.FIRST
            transaction.on_commit(lambda: join_download.using(priority=priority).enqueue(row.pk))
    Download.objects.filter(pk=row.pk).update(used=now)
    row.refresh_from_db()
    return row


def join(key: int) -> None:
    """Puts it together, unless that was done or nobody needs it any more."""
    row = Download.objects.select_related("video").filter(pk=key, state=State.WAITING).first()
    if row is None:
        return
    try:
        file, size = _joined(row)
    except (Problem, FileNotFoundError, DiskFull, Unreachable):
        log.warning("video.not_joined", exc_info=True)
        Download.objects.filter(pk=key, state=State.WAITING).update(state=State.FAILED)
        return
    if not Download.objects.filter(pk=key, state=State.WAITING).update(state=State.READY, file=file, size=size):
        # Another job was faster, or the video went meanwhile.
        keeping.delete(file)


def sweep() -> int:
    """Deletes what nobody has asked for of late, and what is of an earlier making; how many went."""
    old = Download.objects.filter(used__lt=timezone.now() - KEPT)
    gone = 0
    for row in old.order_by("pk")[:200]:
        if Download.objects.filter(pk=row.pk, used=row.used).delete()[0]:
            gone += 1
            if row.file:
                keeping.delete(row.file)
    return gone


def _joined(row: Download) -> tuple[str, int]:
    renditions = Rendition.objects.filter(video=row.video_id, place=row.place, ended=True)
    pictures = renditions.filter(name=row.name).first()
    if pictures is None:
        raise FileNotFoundError
    alone = pictures.kind == Rendition.Kind.AUDIO
    sounds = [] if alone else renditions.filter(kind=Rendition.Kind.AUDIO).order_by("-default", "order")
    settings.MAKING_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Twice as large as what comes of it: where there is room for such things, and not where the system has its small ones.
    with confinement.working_folder(settings.MAKING_DIR) as folder, in_words():
        spare(folder, 2 * (pictures.size + sum(sound.size for sound in sounds)))
        video = [
            (keeping.brought(part.storage_name, folder), part.init_size) for part in pictures.parts.order_by("number")
        ]
        # A track is one part, from its beginning to its end.
        tracks = [(keeping.brought(sound.parts.get().storage_name, folder), sound.language) for sound in sounds]
        out = folder / "out.mp4"
        encoding.joined(video, tracks, out)
        size = out.stat().st_size
        name = f"{row.video.folder}/{row.place.hex}/downloads/{row.name}-{secrets.token_hex(6)}.{'m4a' if alone else 'mp4'}"
        return keeping.keep(out, name), size
