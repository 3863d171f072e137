"""The country of an address, from the database that the operator brings (MaxMind's format). Without one no country is known."""

import functools
import logging
import os
import threading
import time
from typing import Any, Final

import maxminddb
from django.conf import settings

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
"""How soon a newer file in the place of the old one is read."""


class Countries:
    """One per process, for any thread. A file that cannot be read is reported once, and no country is known then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader: Any = None
        self._opened: tuple[str, float] | None = None
        self._looked = float("-inf")
        self.of = functools.lru_cache(8_192)(self._find)

    def _find(self, address: str) -> str:
        reader = self._current()
        if reader is None:
            return ""
        try:
            found = reader.get(address)
        except (ValueError, TypeError, maxminddb.InvalidDatabaseError):
            return ""
        country = (found.get("country") or found.get("registered_country")) if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return code if isinstance(code, str) and len(code) == 2 else ""

    def look(self) -> None:
        """Opens the file, if there is one and it is another than before. To be called now and then, off the event loop."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS and self._opened_path() == settings.GEOIP_DATABASE:
            return
        with self._lock:
            self._looked = now
            path = settings.GEOIP_DATABASE
            try:
                mark = (path, os.stat(path).st_mtime) if path else None
            except OSError:
                mark = None
                log.warning("shortener.no_geoip_database", extra={"path": path})
            if mark == self._opened:
                return
            self._reader = _open(path) if mark else None
            self._opened = mark
            self.of.cache_clear()

    def _opened_path(self) -> str:
        return self._opened[0] if self._opened else ""

    def _current(self) -> Any:
        if self._opened_path() != settings.GEOIP_DATABASE:
            self.look()
        return self._reader


def _open(path: str) -> Any:
    try:
        # Into memory: a file that is replaced while it is mapped would end the process.
        return maxminddb.open_database(path, maxminddb.MODE_MEMORY)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        log.exception("shortener.geoip_database_unusable", extra={"path": path})
        return None


countries = Countries()
