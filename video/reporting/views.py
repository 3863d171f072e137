from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from video import access, moderating


@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """``chat/report.html`` for whoever may watch it, signed in or not."""
    if not rulebook.current().reports:
        raise NotFound(gettext("Reports are switched off on this site."), code="reports_off")
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who = request.user if isinstance(request.user, User) else None
        try:
            moderating.report(
                video, who, address_key(request), form.cleaned_data["reason"], form.cleaned_data["comment"]
            )
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    context = {
        "form": form,
        "back": reverse("video:watch", args=[video.slug]),
        "what": "share",
        "sent": "sent" in request.GET,
    }
    return render(request, "chat/report.html", context, status=400 if form.errors else 200)
