"""The frame in which diagrams are drawn: a page of ours without an origin, a cookie or a network."""

from collections.abc import Callable
from typing import Any, ParamSpec

from csp.constants import NONCE, NONE, SELF
from csp.decorators import csp, csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

POLICY = {
    "default-src": [NONE],
    "script-src": [NONCE],
    # The drawing carries its styles within.
    "style-src": ["'unsafe-inline'"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    # Also for who opens the address by itself.
    "sandbox": ["allow-scripts"],
}

P = ParamSpec("P")


def draws(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For pages that show diagrams. Every other page of ours refuses to stand in a frame, so that this lets in one address."""
    # The library's decorator knows only views without arguments.
    update: Any = csp_update({"frame-src": [SELF]})
    widened: Callable[P, HttpResponse] = update(view)
    return widened


@require_GET
@xframe_options_sameorigin
@csp(POLICY)
def frame(request: HttpRequest) -> HttpResponse:
    """For everybody, since shared conversations hold diagrams too; it knows nothing of who asks."""
    return render(request, "chat/diagrams.html")
