"""Pages of shared conversations: one's own links, and what others read by them."""

import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.access import access_conversation
from chat.models import Share
from chat.sharing import actions
from chat.sharing.access import access_own_share, access_share, readers, shares_of
from chat.sharing.forms import PasswordForm, ShareForm
from chat.views.diagrams import draws
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation import rulebook
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from meatlizard.security.ratelimit import limited

COOKIE = "share"
UNLOCKED_SECONDS = 12 * 3600


@login_required
@require_GET
def share_nothing(request: UserRequest) -> HttpResponse:
    """Where Share leads from the page of a conversation that is not begun yet."""
    messages.info(request, gettext("Ask something first; then there is a conversation to share."))
    return redirect("chat:shares")


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.share", "30/h")
@unlisted
def share(request: UserRequest, conversation: UUID) -> HttpResponse:
    """``chat/share.html``: makes a link to a conversation. Context: ``conversation``, ``form``, ``shares``, ``link`` (only in the answer
    that made it), ``readers``."""
    talk = access_conversation(request.user, conversation)
    form = ShareForm(request.POST if request.method == "POST" else None)
    link = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, token = actions.share(talk, form.cleaned_data["days"], form.cleaned_data["password"])
            link = settings.SITE_URL + reverse("chat:shared", args=[token])
            form = ShareForm()
        except Invalid as error:
            form.add_error(None, error.message)
    context = {
        "conversation": talk,
        "form": form,
        "shares": shares_of(request.user).filter(conversation=talk.pk),
        "link": link,
        "readers": readers(),
        "now": _now(),
    }
    return render(request, "chat/share.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def shares(request: UserRequest) -> HttpResponse:
    """``chat/shares.html``: all of one's links. Context: ``shares``, ``readers``."""
    context = {"shares": shares_of(request.user), "readers": readers(), "now": _now()}
    return render(request, "chat/shares.html", context)


@login_required
@require_POST
def revoke(request: UserRequest, share: UUID) -> HttpResponse:
    actions.revoke(access_own_share(request.user, share))
    messages.success(request, gettext("The link was withdrawn. Nobody can read it any more."))
    return redirect("chat:shares")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
@draws
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """``chat/shared.html``, or ``chat/shared_password.html`` before. Context: ``share``, ``messages_shown``, ``token``, ``reports``."""
    if readers() == "members" and not request.user.is_authenticated:
        # Whatever the token: who is not known yet hears nothing about links.
        return redirect_to_login(request.path)
    row = access_share(request.user, token)
    if request.method == "POST":
        return _unlock(request, row, token)
    if not may_read(request, row):
        return render(request, "chat/shared_password.html", {"form": PasswordForm(), "token": token})
    shown = [{**turn, "created": parse_datetime(turn["created"])} for turn in row.snapshot]
    context = {"share": row, "messages_shown": shown, "token": token, "reports": rulebook.current().reports}
    return render(request, "chat/shared.html", context)


def _unlock(request: HttpRequest, row: Share, token: str) -> HttpResponse:
    form = PasswordForm(request.POST)
    here = reverse("chat:shared", args=[token])
    status = 400
    if form.is_valid():
        try:
            proof = actions.unlock(row, form.cleaned_data["password"], address_key(request))
            response = redirect(here)
            response.set_cookie(
                COOKIE, proof, max_age=UNLOCKED_SECONDS, path=here, secure=settings.HTTPS, httponly=True, samesite="Lax"
            )
            return response
        except Forbidden as error:
            form.add_error("password", error.message)
            status = error.status
    return render(request, "chat/shared_password.html", {"form": form, "token": token}, status=status)


@login_required
@require_POST
@limited("chat.share.copy", "30/h")
@unlisted
def copy(request: UserRequest, token: str) -> HttpResponse:
    """Begins a conversation of one's own with what is behind the link."""
    row = access_share(request.user, token)
    if not may_read(request, row):
        return redirect("chat:shared", token)
    return redirect("chat:conversation", actions.copy(request.user, row).pk)


def may_read(request: HttpRequest, row: Share) -> bool:
    """The owner sees what others see, without the password."""
    return request.user.pk == row.owner_id or actions.is_unlocked(row, request.COOKIES.get(COOKIE, ""))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
