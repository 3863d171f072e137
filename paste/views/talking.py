"""What people do with a paste: comments, signs, stars, reports, collections."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import reports
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.ratelimit import limited
from paste import collections, comments, texts, visits
from paste.access import access_collection, access_comment
from paste.checking import SERVICE
from paste.forms import CommentForm
from paste.views.decorators import by_address


@login_required
@require_POST
@limited("paste.comment", "30/10m")
def comment(request: UserRequest, slug: str) -> HttpResponse:
    paste = visits.opened(request, slug)
    form = CommentForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Write something first, of at most 10,000 characters."))
        return redirect(f"{reverse('paste:show', args=[slug])}#comments")
    parent = access_comment(paste, form.cleaned_data["parent"]) if form.cleaned_data["parent"] else None
    try:
        row = comments.comment(paste, request.user, form.cleaned_data["text"], parent)
    except Invalid as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('paste:show', args=[slug])}#comments")
    return redirect(f"{reverse('paste:show', args=[slug])}#c-{row.public_id}")


@login_required
@require_POST
def remove_comment(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    paste = visits.opened(request, slug)
    row = access_comment(paste, comment)
    row.paste = paste
    comments.remove(request.user, row)
    return redirect(f"{reverse('paste:show', args=[slug])}#comments")


@login_required
@require_POST
@limited("paste.react", "120/10m")
def react(request: UserRequest, slug: str) -> HttpResponse:
    paste = visits.opened(request, slug)
    key = request.POST.get("comment", "")
    row = access_comment(paste, key) if key else None
    comments.react(request.user, paste, request.POST.get("sign", ""), row)
    return redirect(f"{reverse('paste:show', args=[slug])}{f'#c-{key}' if row else '#signs'}")


@login_required
@require_POST
@limited("paste.react", "120/10m")
def star(request: UserRequest, slug: str) -> HttpResponse:
    comments.star(request.user, visits.opened(request, slug))
    return redirect("paste:show", slug)


@login_required
@require_POST
def collect(request: UserRequest, slug: str) -> HttpResponse:
    """Puts a paste into one of one's collections, a new one by ``title``."""
    paste = visits.opened(request, slug)
    key = request.POST.get("collection", "")
    try:
        row = (
            access_collection(request.user, key, write=True)
            if key
            else collections.make(request.user, request.POST.get("title", ""))
        )
        collections.put(row, paste)
    except AppError as error:
        if isinstance(error, NotFound):
            raise
        messages.error(request, error.message)
        return redirect("paste:show", slug)
    messages.success(request, gettext("It is in the collection “%(title)s” now.") % {"title": row.title})
    return redirect("paste:show", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@by_address
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """``chat/report.html`` for whoever may read the paste, signed in or not."""
    if not rulebook.current().reports:
        raise NotFound(gettext("Reports are switched off on this site."), code="reports_off")
    paste = visits.visit(request, slug).paste
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who = request.user if isinstance(request.user, User) else None
        try:
            reports.report(
                who, address_key(request), service=SERVICE, target=texts.paste_target(paste), text=texts.text_of(paste),
                reason=form.cleaned_data["reason"], comment=form.cleaned_data["comment"], owner=paste.owner_id,
            )  # fmt: skip
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    context = {"form": form, "back": reverse("paste:show", args=[slug]), "what": "share", "sent": "sent" in request.GET}
    return render(request, "chat/report.html", context, status=400 if form.errors else 200)
