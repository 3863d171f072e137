"""Captions by themselves: the sound of a video goes to a connected machine that writes down speech, in pieces, and what comes back is put together.

It waits for a machine for as long as the machines' own tasks do, a day. Who asks twice for the same language asks once.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from chat import tasks
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from video.captions import actions, formats
from video.captions.cues import MOST_CUES, Cue, moved, put_in_order
from video.making import keeping
from video.media import confinement
from video.media.refusals import Refused, Trouble, sentence
from video.models import Captions, Part, Rendition, Video

PIECE_SECONDS: Final = 1_200
"""A piece is heard at once: at 32 kb/s it is 5 MB, and a machine that goes loses no more than these minutes."""

LOOK_SECONDS: Final = 10
SPEECH: Final = tasks.Kind.SPEECH
_SOUND: Final = (
    "-vn", "-sn", "-dn", "-ac", "1", "-ar", "16000", "-c:a", "aac", "-b:a", "32k", "-map_metadata", "-1", "-f", "mp4",
)  # fmt: skip
_UNDER_WAY: Final = (Captions.State.WAITING, Captions.State.HEARING)


def offered(user: User) -> list[str]:
    """Models that would do it now, for this person."""
    return tasks.offered(SPEECH, user)


def ask(user: User, video: Video, language: str) -> Captions:
    """Begins it. Raises Invalid where nothing can be heard, or it is under way already."""
    language = actions.checked(language)
    if _sound(video) is None:
        raise Invalid(
            _("There is no sound in this video yet. Wait until it is processed, if it has any."),
            code="captions_no_sound",
        )
    if Captions.objects.filter(video=video, language=language, state__in=_UNDER_WAY).exists():
        raise Invalid(_("What is said in this language is being written down already."), code="captions_under_way")
    label = _("%(language)s (by a machine)") % {"language": actions.named("", language)}
    with transaction.atomic():
        Captions.objects.filter(video=video, label=label, state=Captions.State.FAILED).delete()
        row = actions.add(video, language, label, source=Captions.Source.MACHINE)
        Captions.objects.filter(pk=row.pk).update(state=Captions.State.WAITING)
        begin.enqueue(str(row.pk), user.pk)
    row.state = Captions.State.WAITING
    return row


@task
def begin(captions: str, user: int) -> None:
    """Gives the sound to the machines. Run again after a crash it begins anew: what was given before is over by then."""
    row = _row(captions, Captions.State.WAITING)
    person = User.objects.filter(pk=user).first()
    if row is None or person is None:
        return
    sound = _sound(row.video)
    if sound is None:
        fail(row, _("There is no sound in this video any more."))
        return
    try:
        given = [[str(one), offset] for one, offset in _given(row, sound, person)]
    except Refused:
        fail(row, _("The sound of this video cannot be read."))
        return
    except Trouble as trouble:
        fail(row, sentence(trouble.code))
        return
    except AppError as refusal:
        fail(row, refusal.message)
        return
    Captions.objects.filter(pk=row.pk, state=Captions.State.WAITING).update(state=Captions.State.HEARING, tasks=given)
    _later(captions)


@task
def look(captions: str) -> None:
    """Whether the machines are done."""
    row = _row(captions, Captions.State.HEARING)
    if row is None:
        return
    try:
        results = [(tasks.result(uuid.UUID(one)), int(offset)) for one, offset in row.tasks]
    except AppError:
        fail(row, _("No machine has written this down within a day. Ask again when one is connected."))
        return
    for result, _offset in results:
        if result.state in ("failed", "cancelled"):
            fail(row, result.error or _("The machine could not write this down."))
            return
    if any(result.state != "done" for result, _offset in results):
        _later(captions)
        return
    try:
        cues = put_in_order([cue for result, offset in results for cue in _said(result.text or "", offset)])
    except Invalid:
        fail(row, _("The machine answered with something that is no captions."))
        return
    if not cues or len(cues) > MOST_CUES:
        fail(row, _("The machine has heard nobody speak in this video."))
        return
    Captions.objects.filter(pk=row.pk, state=Captions.State.HEARING).update(
        state=Captions.State.READY, cues=[cue.row() for cue in cues], text="\n".join(cue.text for cue in cues), tasks=[],
        model=results[0][0].model[:100], changed=timezone.now(), error="",
    )  # fmt: skip


def fail(row: Captions, why: str) -> None:
    Captions.objects.filter(pk=row.pk, state__in=_UNDER_WAY).update(
        state=Captions.State.FAILED, error=why[:300], tasks=[], changed=timezone.now()
    )


def _said(text: str, offset: int) -> list[Cue]:
    """Empty for a piece in which nobody speaks."""
    try:
        return moved(formats.read(text.encode()), offset * 1_000)
    except Invalid as refusal:
        if refusal.code == "captions_empty":
            return []
        raise


def _row(captions: str, state: str) -> Captions | None:
    return Captions.objects.select_related("video").filter(pk=uuid.UUID(captions), state=state).first()


def _later(captions: str) -> None:
    look.using(run_after=timezone.now() + timedelta(seconds=LOOK_SECONDS)).enqueue(captions)


def _sound(video: Video) -> Part | None:
    """The track that is heard unless somebody chooses another, which is one part."""
    rows = Part.objects.filter(
        rendition__video=video.pk,
        rendition__place=video.place,
        rendition__kind=Rendition.Kind.AUDIO,
        state=Part.State.MADE,
    )
    return rows.select_related("rendition").order_by("-rendition__default", "rendition__order", "number").first()


def _given(row: Captions, sound: Part, person: User) -> Iterator[tuple[uuid.UUID, int]]:
    """The task of each piece, and the second at which it begins."""
    length = int(sound.duration or row.video.duration or 0) + 1
    with confinement.working_folder() as folder:
        source = keeping.brought(sound.storage_name, folder)
        for offset in range(0, length, PIECE_SECONDS):
            piece = _piece(source, folder, offset)
            with piece.open("rb") as recording:
                language = row.language.split("-")[0]
                yield (
                    tasks.enqueue_transcription(
                        recording, "audio/mp4", language=language, format="vtt", user=person, offline=True
                    ),
                    offset,
                )
            piece.unlink()


def _piece(source: Path, folder: Path, offset: int) -> Path:
    out = folder / "piece.m4a"
    arguments = [
        "-hide_banner", "-nostdin", "-y", "-v", "error", "-ss", str(offset), *confinement.reading(source, "mov"),
        "-t", str(PIECE_SECONDS), *_SOUND, out.name,
    ]  # fmt: skip
    ended = confinement.run("ffmpeg", arguments, folder)
    if ended.status or not out.exists():
        raise Refused("broken", ended.said[:200])
    return out
