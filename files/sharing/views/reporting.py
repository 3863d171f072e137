"""The form by which a share is put before the moderators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from files.sharing import moderating, visits
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted


@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def report(request: HttpRequest, shared: str) -> HttpResponse:
    """``chat/report.html`` for whoever has the address, signed in or not, with the password or without."""
    if not rulebook.current().reports:
        raise NotFound(gettext("Reports are switched off on this site."), code="reports_off")
    share = visits.visit(request, shared).share
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who = request.user if isinstance(request.user, User) else None
        data = form.cleaned_data
        try:
            moderating.report(share, who, address_key(request), data["reason"], data["comment"])
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    back = reverse("files-sharing:show", args=[share.slug])
    context = {"form": form, "back": back, "what": "share", "sent": "sent" in request.GET}
    return render(request, "chat/report.html", context, status=400 if form.errors else 200)
