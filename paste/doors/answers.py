"""What programs are told: an address as text to curl, an object to those who ask for JSON, a page to browsers. Refusals likewise."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from meatlizard.error_pages import answer
from meatlizard.errors import AppError, LimitReached
from paste.models import Paste

TEXT = "text/plain; charset=utf-8"
V = TypeVar("V", bound=Callable[..., HttpResponse])


def kind(request: HttpRequest) -> str:
    """``html``, ``json`` or ``text``. Who says nothing, or ``*/*``, is a program at a command line."""
    accepted = request.headers.get("Accept", "")
    if "text/html" in accepted:
        return "html"
    asks = "application/json" in accepted or request.headers.get("X-Requested-With")
    return "json" if asks else "text"


def spoken(view: V) -> V:
    """Refusals in the form in which the answer would have come."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except AppError as refused:
            return refusal(request, refused)

    return cast(V, answered)


def refusal(request: HttpRequest, refused: AppError) -> HttpResponse:
    wait = refused.retry_after if isinstance(refused, LimitReached) else None
    form = kind(request)
    if form == "html":
        return answer(request, refused.status, refused.code, refused.message, wait)
    response: HttpResponse
    if form == "json":
        error = {
            "code": refused.code,
            "message": refused.message,
            "retry_after": None if wait is None else math.ceil(wait),
        }
        response = JsonResponse({"error": error}, status=refused.status)
    else:
        response = HttpResponse(f"{refused.message}\n", status=refused.status, content_type=TEXT)
    if wait is not None:
        response["Retry-After"] = str(max(1, math.ceil(wait)))
    return response


def address_of(slug: str) -> str:
    """Where a browser finds the page of a paste, and a command line its text."""
    return settings.SITE_URL + reverse("doors:named", args=[slug])


def made(request: HttpRequest, paste: Paste, token: str) -> HttpResponse:
    """With the token that deletes it, which nobody can be told again: in ``X-Token`` for those who get no more than the address."""
    deletion = f"{settings.SITE_URL}{reverse('paste:forget', args=[paste.slug])}?token={token}"
    form = kind(request)
    if form == "html":
        return redirect(address_of(paste.slug))
    response: HttpResponse
    if form == "json":
        said: dict[str, Any] = {
            "key": paste.slug, "url": address_of(paste.slug), "raw_url": settings.SITE_URL + reverse("doors:raw", args=[paste.slug]),
            "delete_url": deletion, "token": token, "expires": paste.expires.isoformat() if paste.expires else None,
        }  # fmt: skip
        response = JsonResponse(said)
    else:
        response = HttpResponse(f"{address_of(paste.slug)}\n", content_type=TEXT)
    response["X-Token"] = token
    response["X-Delete-Url"] = deletion
    if paste.expires is not None:
        response["X-Expires"] = str(int(paste.expires.timestamp() * 1_000))
    return response
