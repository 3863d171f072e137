"""Revisions and copies."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited
from paste import actions, visits
from paste.access import access_paste, access_revision, files_of, first_shown
from paste.comparing import changes
from paste.views.decorators import by_address


@require_GET
@by_address
def differences(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """``paste/differences.html``: what revision ``number`` changed."""
    paste = visits.opened(request, slug)
    row = access_revision(request.user, paste, number)
    before = files_of(paste, number - 1) if number > first_shown(request.user, paste) else []
    context = {"paste": paste, "revision": row, "changes": changes(before, files_of(paste, number))}
    return render(request, "paste/differences.html", context)


@require_GET
@by_address
def revisions(request: HttpRequest, slug: str) -> HttpResponse:
    """``paste/revisions.html``."""
    paste = visits.opened(request, slug)
    rows = paste.revisions.select_related("author").filter(number__gte=first_shown(request.user, paste))
    return render(
        request, "paste/revisions.html", {"paste": paste, "rows": rows, "mine": paste.owner_id == request.user.pk}
    )


@login_required
@require_POST
def restore(request: UserRequest, slug: str, number: int) -> HttpResponse:
    paste = access_paste(request.user, slug, write=True)
    row = access_revision(request.user, paste, number)
    try:
        actions.restore(paste, request.user, row.number)
    except AppError as error:
        messages.error(request, error.message)
    return redirect("paste:show", slug)


@login_required
@require_POST
@limited("paste.make", "60/10m")
def fork(request: UserRequest, slug: str) -> HttpResponse:
    copy = actions.fork(request.user, visits.opened(request, slug))
    messages.success(request, gettext("This is your copy."))
    return redirect("paste:show", copy.slug)
