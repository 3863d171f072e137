"""What a door says when it refuses: programs get the API's form of an error, people a page, which Django makes behind the door."""

import json
import math
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from files.asgi.asked import Asked
from meatlizard.error_pages import NAMES, WORDS
from meatlizard.errors import AppError, LimitReached, NotFound, Unauthenticated, Unavailable
from meatlizard.ops.logs import current_request_id
from meatlizard.ops.middleware import RETRY_SECONDS

REFUSAL: Final = "files.refusal"
"""Where in the ASGI scope the page behind a door finds why it is shown."""

BUSY_SECONDS: Final = 5


async def refuse(asked: Asked, error: AppError, django: Any) -> None:
    """``django``: the application behind, which reads nothing of a request that is answered by a page."""
    if asked.wants_page and isinstance(error, Unauthenticated):
        query = QueryDict(mutable=True)
        query["next"] = asked.path
        await asked.answer(302, [("location", f"{resolve_url(settings.LOGIN_URL)}?{query.urlencode(safe='/')}")])
    elif asked.wants_page:
        await django({**asked.scope, REFUSAL: error}, _nothing, asked.send_on)
    else:
        await asked.answer(
            error.status,
            [*headers_of(error), JSON_TYPE],
            body_of(error.status, error.code, error.message, wait_of(error)),
        )


JSON_TYPE: Final = ("content-type", "application/json")


def wait_of(error: AppError) -> int | None:
    """Seconds until another try makes sense."""
    if isinstance(error, LimitReached) and error.retry_after is not None:
        return max(1, math.ceil(error.retry_after))
    return RETRY_SECONDS if isinstance(error, Unavailable) else None


def headers_of(error: AppError) -> list[tuple[str, str]]:
    wait = wait_of(error)
    found = [] if wait is None else [("retry-after", str(wait))]
    return [*found, ("www-authenticate", "Bearer")] if error.status == 401 else found


def body_of(status: int, code: str = "", message: str = "", wait: int | None = None) -> bytes:
    """As :func:`meatlizard.error_pages.answer` says it to programs."""
    error = {
        "code": code or NAMES.get(status, "error"),
        "message": message or str(WORDS.get(status, _("Something went wrong on the site."))),
        "request_id": current_request_id(),
        "retry_after": wait,
    }
    return json.dumps({"error": error}).encode()


async def unwell(asked: Asked, status: int, wait: int | None = None) -> None:
    """For what is nobody's fault: the database or the storage is away (503), or something broke (500)."""
    after = [] if wait is None else [("retry-after", str(wait))]
    await asked.answer(status, [*after, JSON_TYPE], body_of(status, wait=wait))


def behind(request: HttpRequest, **parts: str) -> HttpResponse:
    """The view of every address that a door answers: reached when the door refused a person, or is not there for this method."""
    raise getattr(request, "scope", {}).get(REFUSAL) or NotFound()


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}
