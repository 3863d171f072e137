"""Pages on which people report an answer of theirs, or a page that others have shared."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat.access import access_message
from chat.moderating import actions
from chat.sharing.access import access_share, readers
from chat.sharing.views import may_read
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_message(request: UserRequest, message: UUID) -> HttpResponse:
    """``chat/report.html``. Context: ``form``, ``back`` (where it leads), ``what`` (message or share), ``sent``."""
    row = access_message(request.user, message)
    back = reverse("chat:conversation", args=[row.conversation_id]) + f"#m-{row.pk}"
    address = address_key(request)
    return _page(
        request, back, "message", lambda reason, why: actions.report_message(request.user, row, address, reason, why)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def report_share(request: HttpRequest, token: str) -> HttpResponse:
    """``chat/report.html`` for whoever may read the shared page, signed in or not."""
    if readers() == "members" and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    row = access_share(request.user, token)
    back = reverse("chat:shared", args=[token])
    if not may_read(request, row):
        return redirect(back)
    who = request.user if isinstance(request.user, User) else None
    address = address_key(request)
    return _page(request, back, "share", lambda reason, why: actions.report_share(who, row, address, reason, why))


def _page(request: HttpRequest, back: str, what: str, report: Callable[[str, str], object]) -> HttpResponse:
    if not rulebook.current().reports:
        raise NotFound(_("Reports are switched off on this site."), code="reports_off")
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            report(form.cleaned_data["reason"], form.cleaned_data["comment"])
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    context = {"form": form, "back": back, "what": what, "sent": "sent" in request.GET}
    return render(request, "chat/report.html", context, status=400 if form.errors else 200)
