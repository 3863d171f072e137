"""A person's keys, and the description of the API for people."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.api import actions, description
from meatlizard.api.access import access_own_key, keys_of
from meatlizard.api.forms import KeyForm
from meatlizard.errors import AppError, NotFound
from meatlizard.security.ratelimit import limited

EXPIRES_IN = 365


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("api.keys", "30/h")
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def keys(request: UserRequest) -> HttpResponse:
    """``api/keys.html``: one's keys, and a new one. Context: ``keys``, ``form``, ``secret`` (only in the answer that made it). Making one
    asks for the password again when that was long ago: who finds an open browser must not leave with a key."""
    form = KeyForm(request.POST if request.method == "POST" else None, initial={"days": EXPIRES_IN})
    secret = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _row, secret = actions.create_key(request.user, data["name"], data["scopes"], data["days"])
            form = KeyForm(initial={"days": EXPIRES_IN})
        except AppError as error:
            form.add_error(None, error.message)
    context = {"keys": keys_of(request.user), "form": form, "secret": secret}
    return render(request, "api/keys.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke(request: UserRequest, key: int) -> HttpResponse:
    actions.revoke(access_own_key(request.user, key))
    messages.success(request, _("The key was revoked. What used it is shut out from now on."))
    return redirect("api:keys")


@require_GET
def documentation(request: HttpRequest) -> HttpResponse:
    """``api/documentation.html``: the routes in words, from the same description that programs read. Context: ``groups``."""
    return render(request, "api/documentation.html", {"groups": description.groups()})


def nothing(request: HttpRequest, rest: str = "") -> Any:
    """What is below ``/api/`` and no route; a program is told so in its own form."""
    raise NotFound(_("The API has no such address. See /api/ for those it has."), code="no_such_route")
