"""Background work of transcripts. Each may run twice without harm."""

import datetime
from uuid import UUID

from django.utils import timezone
from django_tasks import task

from chat.transcripts import letters, store, tending, writing

AGAIN = datetime.timedelta(seconds=30)


@task
def write_transcript(transcript: str) -> bool:
    """Writes down a session that is over; later, while an answer is still being written in it."""
    try:
        return writing.write(UUID(transcript))
    except writing.TooEarly as early:
        # An answer may wait for a machine for days. Whatever is late is asked for every hour anyway.
        if early.closed > timezone.now() - tending.LATE:
            write_transcript.using(run_after=timezone.now() + AGAIN).enqueue(transcript)
        return False


@task
def tell_of_transcript(transcript: str) -> bool:
    """Tells its member by e-mail."""
    return letters.send(UUID(transcript))


@task
def remove_files(folders: list[str]) -> None:
    """Deletes what deleted transcripts have left in the storage."""
    for folder in folders:
        store.remove_all(folder)


@task
def tend_transcripts() -> None:
    """Closes what is idle, and deletes what has had its time."""
    if tending.tend():
        # A new job, so that others get their turn in between.
        tend_transcripts.enqueue()
