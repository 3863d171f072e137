"""Inboxes: made and looked after by their owners, and the page on which others send something in."""

import json
import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from files.access import access_folder
from files.models.shares import Inbox
from files.sharing import access, addresses, inboxes, states, uploads, visits
from files.sharing.forms import InboxForm, PasswordForm
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, LimitReached, NotFound
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from meatlizard.security.ratelimit import limited


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("files.inbox.new", "60/h")
def new_inbox(request: UserRequest) -> HttpResponse:
    """``files/sharing/inbox_new.html``: ``?folder=`` where things shall come. Context: ``form``, ``folder``."""
    key = (request.POST if request.method == "POST" else request.GET).get("folder", "")
    folder = access_folder(request.user, key) if key else None
    form = InboxForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = inboxes.create(request.user, folder, form.terms())
        except LimitReached:
            raise
        except AppError as error:
            form.add_error(None, error.message)
        else:
            return redirect("files-sharing:inbox", row.pk)
    return render(
        request, "files/sharing/inbox_new.html", {"form": form, "folder": folder}, status=400 if form.errors else 200
    )


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: UserRequest, files_inbox: int) -> HttpResponse:
    """``files/sharing/inbox.html``. Context: ``inbox``, ``address``, ``state``, ``word``, ``form``, ``came``, ``used`` (files and bytes)."""
    row = access.access_inbox(request.user, files_inbox)
    form = InboxForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            inboxes.change(row, form.terms())
        except AppError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("files-sharing:inbox", files_inbox)
    state = states.state_of(row)
    context = {
        "inbox": row, "address": addresses.inbox_page(row), "state": state, "word": states.WORDS[state], "form": form,
        "came": row.sent.select_related("user", "file")[:200], "used": inboxes.used(row),
    }  # fmt: skip
    return render(request, "files/sharing/inbox.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def close_inbox(request: UserRequest, files_inbox: int) -> HttpResponse:
    inboxes.close(access.access_inbox(request.user, files_inbox))
    messages.success(request, gettext("Closed: nobody can send anything there any more."))
    return redirect("files-sharing:inbox", files_inbox)


@login_required
@require_POST
def delete_inbox(request: UserRequest, files_inbox: int) -> HttpResponse:
    inboxes.delete(access.access_inbox(request.user, files_inbox))
    messages.success(request, gettext("The address was deleted. What came by it stays."))
    return redirect("files-sharing:home")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def send(request: HttpRequest, inbox_slug: str) -> HttpResponse:
    """``files/sharing/send.html`` for whoever has the address; before it signing in or the password. Context: ``inbox``, ``sent`` (by this
    sender), ``files_left``, ``bytes_left``, ``upload``."""
    try:
        row, stands = access.visit_inbox(request.user, inbox_slug, request.COOKIES.get(visits.UNLOCKED, ""))
    except NotFound:
        access.note_miss(address_key(request))
        raise
    if stands == "sign-in":
        return redirect_to_login(request.path)
    if stands == "password":
        return _password(request, row)
    secret = request.COOKIES.get(visits.SENDER, "")[:64] or secrets.token_urlsafe(24)
    user = request.user if isinstance(request.user, User) else None
    sender = inboxes.sender_of(row, user, secret)
    proof = request.COOKIES.get(visits.UNLOCKED, "")
    context = {"inbox": row, "sent": access.sent_by(row, sender)[:200], **_panel(row, sender, proof)}
    response = render(request, "files/sharing/send.html", context)
    path = reverse("files-sharing:send", args=[row.slug])
    visits.set_cookie(response, visits.SENDER, secret, path, visits.SENDER_SECONDS)
    return response


def _panel(inbox: Inbox, sender: str, proof: str) -> dict[str, Any]:
    """What the page's script works with, see ``files/upload/_panel.html``."""
    there = inboxes.used(inbox)
    files_left, bytes_left = max(0, inbox.max_files - there.files), max(0, inbox.max_bytes - there.bytes)
    limits = {"most": inbox.max_file_bytes, "left": bytes_left, "count": files_left}
    upload = {
        "endpoint": uploads.ENDPOINT, "folder": inbox.slug, "owner": sender, "flat": True, "limits": json.dumps(limits),
        "headers": json.dumps({uploads.HEADER: uploads.token(inbox, sender, proof)}),
    }  # fmt: skip
    return {"files_left": files_left, "bytes_left": bytes_left, "upload": upload}


def _password(request: HttpRequest, inbox: Inbox) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            proof = inboxes.unlock(inbox, form.cleaned_data["password"], address_key(request))
        except Forbidden as error:
            form.add_error("password", error.message)
        else:
            response = redirect("files-sharing:send", inbox.slug)
            visits.remember(response, inbox, proof)
            return response
    context = {"form": form, "sending": True}
    return render(request, "files/sharing/password.html", context, status=403 if form.errors else 200)
