"""Pages on which pastes are made and changed."""

from collections.abc import Sequence
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, LimitReached
from meatlizard.security.ratelimit import limited
from paste import actions, contents, formats, forms, leaks, notes
from paste.access import access_by_token, access_deleted, access_paste, may_make
from paste.checking import MAX_FILES
from paste.contents import BINARY, Draft
from paste.models import Paste
from paste.views.decorators import by_address

EDITABLE = 1_000_000
"""Bytes of a text that the editor takes; a larger file is replaced, not edited."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@limited("paste.make", "60/10m")
def new(request: HttpRequest) -> HttpResponse:
    """``paste/edit.html``. Context: ``form``, ``rows``, ``formats``, ``leaks``, ``limits``."""
    if not may_make(request.user):
        return redirect_to_login(request.path)
    user = request.user if isinstance(request.user, User) else None
    form = forms.PasteForm(request.POST if request.method == "POST" else None, anonymous=user is None)
    made: list[Draft] = []
    found: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = forms.drafts(request)
            found = _leaks(made, form, form.cleaned_data["privacy"])
            if not found:
                paste, token = actions.create(user, made, title=form.cleaned_data["title"], terms=form.terms())
                if token:
                    messages.info(request, notes.deletion(request.build_absolute_uri("/"), paste.slug, token))
                return redirect("paste:show", paste.slug)
        except AppError as error:
            status = _complain(form, error)
    begun = _begun(request) if request.method != "POST" else []
    return _editor(request, form, _rows(made or begun or [Draft("", b"")]), found, status)


def _begun(request: HttpRequest) -> list[Draft]:
    """A text that another page brings along in the address: short ones only, as addresses are."""
    text = request.GET.get("text", "")
    return [Draft(request.GET.get("name", "")[:200], text.encode(errors="replace"))] if text else []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("paste.make", "60/10m")
@by_address
def edit(request: UserRequest, slug: str) -> HttpResponse:
    """``paste/edit.html`` with ``paste``: makes another revision."""
    paste = access_paste(request.user, slug, write=True)
    before = actions.drafts_of(paste)
    initial = {"title": paste.title, "base": paste.revision}
    form = forms.RevisionForm(request.POST if request.method == "POST" else None, initial=initial)
    made: list[Draft] = []
    found: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = forms.drafts(request, before)
            found = _leaks(made, form, paste.privacy)
            if not found:
                actions.revise(paste, request.user, made, title=said["title"], note=said["note"], base=said["base"])
                return redirect("paste:show", slug)
        except AppError as error:
            status = _complain(form, error)
    return _editor(request, form, _rows(made or before, before), found, status, paste=paste)


def _leaks(made: Sequence[Draft], form: django_forms.Form, privacy: str) -> list[dict[str, Any]]:
    """What looks like a secret, unless somebody has said to publish it anyway, or nobody else reads it."""
    if form.cleaned_data["publish_anyway"] or privacy == Paste.Privacy.PRIVATE:
        return []
    return [
        {"file": draft.name or str(number), "leak": leak}
        for number, draft in enumerate(made, 1)
        if (text := contents.decoded(draft.data)) is not None
        for leak in leaks.find(text)
    ]


def _complain(form: django_forms.Form, error: AppError) -> int:
    if isinstance(error, LimitReached):
        raise error
    form.add_error(None, error.message)
    return error.status


def _rows(drafts: Sequence[Draft], before: Sequence[Draft] = ()) -> list[dict[str, Any]]:
    """As the editor shows them; what it does not take is kept by its place."""
    rows = []
    for draft in drafts:
        text = contents.decoded(draft.data)
        editable = text is not None and len(draft.data) <= EDITABLE
        keep = next((str(at) for at, old in enumerate(before) if old.data == draft.data and not editable), "")
        if editable or keep:
            format = "" if draft.format == BINARY else draft.format
            other = format if format not in formats.OFFERED else ""
            rows.append(
                {"name": draft.name, "format": format, "other": other, "text": text if editable else "", "keep": keep}
            )
    return rows or [{"name": "", "format": "", "text": "", "keep": ""}]


def _editor(
    request: HttpRequest,
    form: django_forms.Form,
    rows: list[dict[str, Any]],
    found: list[dict[str, Any]],
    status: int,
    **more: Any,
) -> HttpResponse:
    if form.errors or found:
        status = max(status, 400)
    # The warning has its own.
    form.fields.pop("publish_anyway", None)
    anonymous = not request.user.is_authenticated
    context = {
        "form": form, "rows": rows, "leaks": found, "formats": sorted(formats.OFFERED.items(), key=lambda pair: pair[1].lower()),
        "largest": actions.largest(anonymous), "most_files": MAX_FILES, **more,
    }  # fmt: skip
    return render(request, "paste/edit.html", context, status=status)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@by_address
def settings(request: UserRequest, slug: str) -> HttpResponse:
    """``paste/settings.html``: who may read it and for how long; deletion."""
    paste = access_paste(request.user, slug, write=True)
    form = forms.TermsForm(request.POST if request.method == "POST" else None, paste=paste)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_terms(paste, form.terms())
        except AppError as error:
            status = _complain(form, error)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("paste:show", slug)
    context = {"paste": paste, "form": form}
    return render(request, "paste/settings.html", context, status=max(status, 400) if form.errors else 200)


@login_required
@require_POST
def delete(request: UserRequest, slug: str) -> HttpResponse:
    actions.delete(access_paste(request.user, slug, write=True))
    messages.success(request, gettext("The paste is deleted. For seven days you can bring it back from your list."))
    return redirect(f"{reverse('paste:home')}?deleted=1")


@login_required
@require_POST
def undelete(request: UserRequest, slug: str) -> HttpResponse:
    actions.undelete(access_deleted(request.user, slug))
    messages.success(request, gettext("The paste is back."))
    return redirect("paste:show", slug)


@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
@limited("paste.forget", "20/10m", by="address")
@by_address
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    """``paste/forget.html``: deletes by the token that was given to whoever made it."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    paste = access_by_token(slug, token)
    if request.method == "POST":
        actions.delete(paste)
        messages.success(request, gettext("The paste is deleted."))
        return redirect("paste:public")
    return render(request, "paste/forget.html", {"paste": paste, "token": token})
