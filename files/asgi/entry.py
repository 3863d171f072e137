"""ASGI, ahead of Django: sends a request to the door that answers its path, and whatever is raised there to who says it."""

import logging
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from files.asgi import doors
from files.asgi.asked import Asked, Disconnected, Scope
from files.asgi.refusals import BUSY_SECONDS, refuse, unwell
from meatlizard.errors import AppError
from meatlizard.languages import preferred
from meatlizard.ops.logs import request_id

log = logging.getLogger(__name__)

PREFIXES = ("/files/", "/f/", "/content/", "/v/")
"""Only below these are doors looked for: every request of the site passes here."""


class Files:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        found = doors.find(scope["path"]) if scope["path"].startswith(PREFIXES) else None
        if found is None:
            await self._app(scope, receive, send)
            return
        door, part = found
        asked = Asked(scope, receive, send, part)
        if door.methods is not None and asked.method not in door.methods:
            await self._app(scope, receive, send)
        elif not door.foreign and not _addressed(asked):
            await self._misled(asked, scope, receive, send)
        else:
            scope["cookies"] = asked.cookies
            with request_id(), translation.override(preferred(scope)):
                await self._answered(door, asked)

    async def _answered(self, door: doors.Door, asked: Asked) -> None:
        try:
            await door.answering(asked)
        except Disconnected:
            pass
        except AppError as refused:
            if asked.begun:
                raise
            if refused.status >= 500:
                log.warning("files.refused", extra={"code": refused.code})
            await refuse(asked, refused, self._app)
        except DatabaseTrouble:
            log.exception("files.no_database")
            if asked.begun:
                raise
            await unwell(asked, 503, BUSY_SECONDS)
        except Exception:
            log.exception("files.door_failed")
            if asked.begun:
                raise
            await unwell(asked, 500)

    async def _misled(self, asked: Asked, scope: Scope, receive: Any, send: Any) -> None:
        """Under a foreign name, or in the clear where everything is encrypted: Django says so to who only reads; it would first read
        the whole body of who writes."""
        if asked.length == 0:
            await self._app(scope, receive, send)
        else:
            with request_id():
                await unwell(asked, 400)


def _addressed(asked: Asked) -> bool:
    """Whether a request is meant for this site, by the rules of Django's own middleware."""
    if settings.SECURE_SSL_REDIRECT and asked.scope.get("scheme") != "https":
        return False
    domain, _port = split_domain_port(asked.headers.get("host", ""))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
