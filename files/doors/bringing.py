"""Brings what lies at an address into somebody's library, in a thread of its own: from public machines alone, to the disk as it comes."""

import contextlib
import logging
import mimetypes
import re
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

from django.db import close_old_connections
from django.utils import translation
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from files import names
from files.doors import fetching
from files.doors.receiving import Intake
from files.models import Fetch, File
from files.tus.placing import Wish
from meatlizard.errors import AppError, StorageFull
from meatlizard.ops.logs import request_id
from meatlizard.security.fetch import Fetcher, Opened, Unreachable

log = logging.getLogger(__name__)

SECONDS: Final = 4 * 3_600.0
IDLE: Final = 30.0
SLOW_AFTER: Final = 60.0
SLOWEST: Final = 10_000
"""Bytes a second, on the average: one that drips would keep others waiting for hours."""

NOTE_SECONDS: Final = 0.5
BATCH: Final = 1 << 20


class Stopped(Exception):
    """It was cancelled, or is somebody else's to bring by now."""


def fetcher(most: int) -> Fetcher:
    return Fetcher(seconds=SECONDS, idle=IDLE, most=most)


class Bringing:
    """What :meth:`meatlizard.security.fetch.Fetcher.bring` hands the bytes to."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._begun = self._noted = clock()
        self._batch = bytearray()
        self._got = 0
        self.intake: Intake | None = None

    def opened(self, what: Opened) -> None:
        name = name_of(what)
        folder = self._fetch.folder.pk if self._fetch.folder else None
        self.intake = Intake(self._fetch.owner, Wish(folder, (), name, replace=False), what.length)
        if not fetching.opened(self._fetch, name, what.length):
            raise Stopped

    def take(self, piece: bytes) -> None:
        self._batch += piece
        self._got += len(piece)
        if len(self._batch) >= BATCH:
            self.write()
        now = self._clock()
        if now - self._noted < NOTE_SECONDS:
            return
        self._noted = now
        if not fetching.came(self._fetch, self._got):
            raise Stopped
        spent = now - self._begun
        if spent > SLOW_AFTER and self._got < spent * SLOWEST:
            raise Unreachable(_("The site sends too slowly."))

    def write(self) -> None:
        assert self.intake is not None
        batch, self._batch = self._batch, bytearray()
        self.intake.take(batch)


def run(fetch: Fetch) -> None:
    """Ends in a file, or in words for its owner."""
    close_old_connections()
    with request_id(), translation.override(fetch.language or None):
        try:
            _bring(fetch)
        except Stopped:
            log.info("files.fetch_stopped")
        except AppError as refused:
            fetching.failed(fetch, _words(refused))
        except Exception:
            log.exception("files.fetch_failed")
            fetching.failed(fetch, _("Something went wrong on the site. Try again in a moment."))


def _bring(fetch: Fetch) -> None:
    bringing = Bringing(fetch)
    try:
        fetcher(fetch.owner.tier.storage_bytes).bring(fetch.url, bringing)
        bringing.write()
        assert bringing.intake is not None
        bringing.intake.store(lambda file: _ended(fetch, file))
    finally:
        if bringing.intake is not None:
            with contextlib.suppress(AppError):
                bringing.intake.drop()


def _ended(fetch: Fetch, file: File) -> None:
    """A file that nobody waits for any more is not to appear."""
    if not fetching.ended(fetch, file):
        raise Stopped


def _words(refused: AppError) -> str:
    return str(StorageFull().message) if refused.code == "too_large" else refused.message


def name_of(what: Opened) -> str:
    """As the server calls it, or as its address ends; with an ending, where its type has one."""
    given = ""
    if what.disposition:
        _kind, options = parse_header_parameters(what.disposition[:2_000])
        given = _readable(options.get("filename", ""))
    parts = urlsplit(what.url)
    name = given or unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or ""
    name = names.last_part(name)
    if not names.split(name)[1] or (not given and name == parts.hostname):
        name = names.clean(name + (mimetypes.guess_extension(what.media_type) or ""))
    return name


def _readable(text: str) -> str:
    """Many servers send names as UTF-8, which headers are not."""
    try:
        return re.sub(r"[\x00-\x1f]", "", text.encode("latin-1").decode())
    except UnicodeError:
        return text
