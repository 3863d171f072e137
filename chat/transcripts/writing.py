"""A transcript, written by a job: into a folder of this attempt alone, and shown from one moment to the next.

Killed in the middle it is written again into the next folder, and what the killed attempt left goes; of two that write at once the later
one wins, and the other takes back what it wrote.
"""

import datetime
import logging
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from chat.models import Transcript, TranscriptLink
from chat.transcripts import letters, reading, store
from chat.transcripts.reading import Attached, Session
from chat.transcripts.writers import MEDIA_TYPES, written

log = logging.getLogger(__name__)

State = Transcript.State


class TooEarly(Exception):
    """An answer is still being written in it. ``closed``: since when it is over."""

    def __init__(self, closed: datetime.datetime) -> None:
        super().__init__()
        self.closed = closed


def write(transcript: UUID) -> bool:
    """Whether it is ready by this. Raises TooEarly, and what the storage raises."""
    row = _begun(transcript)
    if row is None:
        return False
    if reading.under_way(row):
        raise TooEarly(row.closed)
    with translation.override(settings.LANGUAGE_CODE):
        session = reading.session_of(row)
    try:
        values = _stored(row, session) if session is not None else _without(row)
    except BaseException:
        store.remove_edition(row.folder, row.tries)
        raise
    if not _show(row, values):
        log.info("transcript.overtaken", extra={"transcript": str(row.pk)})
        store.remove_edition(row.folder, row.tries)
        return False
    if session is None:
        return False
    for edition in range(max(1, row.edition), row.tries):
        store.remove_edition(row.folder, edition)
    return True


def _begun(transcript: UUID) -> Transcript | None:
    """The row with an attempt of its own. None when nothing is to be written."""
    waiting = Transcript.objects.filter(pk=transcript, state=State.WAITING)
    row = waiting.select_related("owner").first()
    if row is None or not waiting.filter(tries=row.tries).update(tries=F("tries") + 1):
        return None
    row.tries += 1
    return row


def _stored(row: Transcript, session: Session) -> dict[str, object]:
    key, mark = store.key_in_use()
    files = session.files
    kept = frozenset(one.number for one in files if _copied(row, one, key))
    by_number = {one.number: one for one in files}
    parts = {}
    for form in MEDIA_TYPES:
        pieces = written(session, form, kept, lambda number: _bytes(by_number[number]))
        parts[form] = store.put(row, row.tries, form, pieces, key)._asdict()
    about = [
        {
            "name": one.name[:200], "type": one.media_type, "size": one.size, "image": one.image,
            "kept": one.number in kept,
        }
        for one in files
    ]  # fmt: skip
    return {
        "state": State.READY, "edition": row.tries, "written": timezone.now(), "title": session.title[:200], "key": mark,
        "messages": len(session.said), "parts": parts, "files": about,
    }  # fmt: skip


def _without(row: Transcript) -> dict[str, object]:
    """What was written before stays, where there is nothing to write it from any more."""
    return {"state": State.READY if row.edition else State.EMPTY}


def _show(row: Transcript, values: dict[str, object]) -> bool:
    """From now on this edition is what is read, unless it was closed anew or taken up by somebody else meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        mine = Transcript.objects.filter(pk=row.pk, state=State.WAITING, tries=row.tries)
        if not mine.update(**values):
            return False
        if row.parts and row.parts != values.get("parts", row.parts):
            # A link was given for what could be read then.
            TranscriptLink.objects.filter(transcript=row.pk, revoked=None).update(revoked=now)
        if "edition" in values:
            letters.ask_for(row)
    return True


def _copied(row: Transcript, one: Attached, key: bytes | None) -> bool:
    try:
        file = default_storage.open(one.stored) if one.stored else None
    except FileNotFoundError:
        log.warning("transcript.file_gone", extra={"transcript": str(row.pk), "file": one.number})
        return False
    store.put(row, row.tries, str(one.number), store.pieces_of(file) if file else [one.text.encode()], key)
    return True


def _bytes(one: Attached) -> bytes | None:
    try:
        with default_storage.open(one.stored) as file:
            found: bytes = file.read()
            return found
    except FileNotFoundError:
        return None
