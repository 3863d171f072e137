"""The page of one's notices, and the link that ends letters."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from chat.telling import actions, mail
from chat.telling.access import access_choice
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited


class NoticesForm(forms.Form):
    by_mail = forms.BooleanField(required=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: UserRequest) -> HttpResponse:
    """``chat/notices.html``. Context: ``choice``, ``address`` (empty: none is confirmed), ``minutes`` between letters."""
    if request.method == "POST":
        form = NoticesForm(request.POST)
        actions.choose(request.user, by_mail=form.is_valid() and form.cleaned_data["by_mail"])
        messages.success(request, _("Saved."))
        return redirect("chat:notices")
    context = {
        "choice": access_choice(request.user),
        "address": mail.address_of(request.user),
        "minutes": settings.NOTICE_MAIL_MINUTES,
    }
    return render(request, "chat/notices.html", context)


# The token is the right to do this: mail programs post here by themselves (RFC 8058), without cookie or page.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.telling.stop", "30/m", by="address")
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """``chat/notices_stop.html``: asks, and on POST ends letters. Context: ``stopped``."""
    if mail.person_of(token) is None:
        raise NotFound(_("This link does not work. You can end these letters on the page Notices of your account."))
    if request.method == "POST":
        actions.stop(token)
    response = render(request, "chat/notices_stop.html", {"stopped": request.method == "POST"})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
