"""Bytes of videos that went out, by video and day (UTC): summed in memory, and written now and then. Nothing is written with a request.

What was summed since the last writing is lost with a process that is killed, a matter of :data:`FLUSH_SECONDS`; a database that is away loses
nothing.
"""

import threading
import uuid
from collections import defaultdict
from datetime import date
from typing import Final

from django.db import connection
from django.utils import timezone

from video.models import Sent, Video

FLUSH_SECONDS: Final = 15.0

_ADD: Final = (
    "INSERT INTO video_sent (video_id, day, bytes) VALUES (%s, %s, %s) "
    "ON CONFLICT (video_id, day) DO UPDATE SET bytes = video_sent.bytes + excluded.bytes"
)


class Tally:
    """:meth:`add` from the event loop, :meth:`flush` from a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[tuple[uuid.UUID, date], int] = defaultdict(int)

    def add(self, video: uuid.UUID, size: int) -> None:
        if size > 0:
            with self._lock:
                self._sums[video, timezone.now().date()] += size

    def flush(self) -> None:
        """Raises the database's errors, and has everything still then."""
        with self._lock:
            sums, self._sums = self._sums, defaultdict(int)
        try:
            self._write(sums)
        except BaseException:
            with self._lock:
                for key, size in sums.items():
                    self._sums[key] += size
            raise

    def _write(self, sums: dict[tuple[uuid.UUID, date], int]) -> None:
        there = set(Video.objects.filter(pk__in={video for video, _day in sums}).values_list("pk", flat=True))
        field = Sent._meta.get_field("video").target_field
        rows = [(field.get_db_prep_value(video, connection), day, size) for (video, day), size in sums.items() if video in there]
        if rows:
            # Sorted, so that of two processes none waits for what the other has.
            with connection.cursor() as cursor:
                cursor.executemany(_ADD, sorted(rows))


tally = Tally()
