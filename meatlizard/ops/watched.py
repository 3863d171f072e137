"""Settings that operators keep in the database and every answer needs: each process remembers them, and looks now and then, with one
small query, whether their version has changed.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import transaction

T = TypeVar("T")

FRESH_SECONDS = 2.0


class Watched(Generic[T]):
    """``version`` is the small query, ``read`` reads all of it. What is changed in this process holds here at once."""

    def __init__(self, version: Callable[[], int], read: Callable[[], T]) -> None:
        self._version, self._read = version, read
        self._lock = threading.Lock()
        self._known: tuple[int, T] | None = None

    def current(self) -> T:
        """What this process remembers; asks the database only if it never has."""
        known = self._known
        return self.refresh() if known is None else known[1]

    def remembered(self, otherwise: T) -> T:
        """For the event loop, which must not ask the database."""
        known = self._known
        return otherwise if known is None else known[1]

    def refresh(self) -> T:
        with self._lock:
            # Before it is read: what changes in between is read again the next time.
            version = self._version()
            if self._known is None or self._known[0] != version:
                self._known = (version, self._read())
            return self._known[1]

    def forget(self) -> None:
        with self._lock:
            self._known = None

    def hold(self, known: T) -> None:
        """For tests: nothing is read from the database until :meth:`refresh`."""
        with self._lock:
            self._known = (-1, known)

    def changed(self) -> None:
        """To be called in the transaction that raises the version."""
        transaction.on_commit(self.refresh)
