"""Rate limits by person and by client address, counted by django-ratelimit in the shared cache.

A rate is written ``20/m``: so many in a window of a second, minute, hour or day (``s``, ``m``, ``h``, ``d``; ``10/5m`` for five minutes).
"""

import functools
import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django_ratelimit.core import get_usage

from meatlizard.errors import LimitReached
from meatlizard.outages import redis_errors
from meatlizard.security.client_address import address_key

V = TypeVar("V", bound=Callable[..., HttpResponseBase])

CACHE_TROUBLE_SECONDS = 5.0
"""Told to wait when the counter itself cannot be reached: without it nobody passes."""


def hit(group: str, key: str, rate: str, *, count: bool = True, open_in_trouble: bool = False) -> float | None:
    """Counts one event of ``key`` in ``group``: None while within ``rate``, otherwise seconds until the window ends.

    With ``count=False`` it only looks whether the limit is already used up. Where the shared counter cannot be reached
    nobody passes, or with ``open_in_trouble`` everybody: guessing passwords must stop then, chatting need not.
    Synchronous: it asks the cache.
    """
    try:
        usage = get_usage(None, group=group, key=lambda _group, _request: key, rate=rate, increment=count)
    except redis_errors():
        return None if open_in_trouble else CACHE_TROUBLE_SECONDS
    if usage is None:
        return None
    reached = usage["should_limit"] if count else usage["count"] >= usage["limit"]
    if not reached:
        return None
    if usage["time_left"] < 0:
        return None if open_in_trouble else CACHE_TROUBLE_SECONDS
    return max(1.0, float(math.ceil(usage["time_left"])))


def check(group: str, key: str, rate: str, message: str = "", *, open_in_trouble: bool = False) -> None:
    """As :func:`hit`, raising LimitReached."""
    retry = hit(group, key, rate, open_in_trouble=open_in_trouble)
    if retry is not None:
        raise LimitReached(message, code="rate_limited", retry_after=retry)


def limited(
    group: str, rate: str, *, by: Literal["user", "address"] = "user", methods: tuple[str, ...] = ("POST",)
) -> Callable[[V], V]:
    """Limits a view to ``rate`` for each person (each address for visitors), or for each address. Raises LimitReached."""

    def decorate(view: V) -> V:
        @functools.wraps(view)
        def limited_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in methods:
                check(group, _key(request, by), rate)
            return view(request, *args, **kwargs)

        return cast(V, limited_view)

    return decorate


def _key(request: HttpRequest, by: str) -> str:
    if by == "user" and request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {address_key(request)}"
