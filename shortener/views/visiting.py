"""Pages that visitors of a link see: its password, where it leads, what it is, and the form by which it is reported. Plain redirects are
answered before Django (:mod:`shortener.redirect.path`)."""

from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from shortener import actions, arriving
from shortener.access import link_at
from shortener.addresses import address_of
from shortener.arriving import Arrival
from shortener.forms import PasswordForm
from shortener.redirect import visits
from shortener.redirect.visits import Step

COOKIE = "link"
UNLOCKED_SECONDS = 3600


# A browser holds the way on after a form against the policy, too, and that way leads out of the site.
@csp_update({"form-action": ["https:", "http:"]})  # type: ignore[arg-type]
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def visit(request: HttpRequest, address: str) -> HttpResponse:
    """``address``: what stands behind ``/s/``, with ``+`` for the page that says what it is. A form of the page brings ``password``, or ``go``
    when the visitor has seen where it leads."""
    confirmed = request.method == "POST" and "go" in request.POST
    arrival = arriving.arrive(request, address, unlocked=request.COOKIES.get(COOKIE, ""), confirmed=confirmed)
    if arrival.preview:
        return _preview(request, address, arrival)
    if request.method == "POST" and arrival.step is Step.PASSWORD:
        return _password(request, address, arrival)
    return _by_step(request, address, arrival)


@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def report(request: HttpRequest, address: str) -> HttpResponse:
    """``shortener/report.html``, for whoever has the address. Context: ``form``, ``address`` (whole), ``back``, ``sent``."""
    if not rulebook.current().reports:
        raise NotFound(_("Reports are switched off on this site."), code="reports_off")
    host, slug, _preview_asked = arriving.parts(address)
    row = link_at(host, slug)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who = request.user if isinstance(request.user, User) else None
        data = form.cleaned_data
        try:
            actions.report(row, who, address_key(request), data["reason"], data["comment"])
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    context = {"form": form, "address": address_of(row), "sent": "sent" in request.GET}
    return render(request, "shortener/report.html", context, status=400 if form.errors else 200)


def _by_step(request: HttpRequest, address: str, arrival: Arrival) -> HttpResponse:
    if arrival.step is Step.PASSWORD:
        return _password_page(request, address, PasswordForm())
    if arrival.step is Step.ASK:
        return _ask(request, address, arrival)
    if arrival.step is Step.PREVIEW:
        return _preview(request, address, arrival)
    return arriving.pass_on(request, arrival)


def _password(request: HttpRequest, address: str, arrival: Arrival) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            proof = arriving.unlock(arrival.link, form.cleaned_data["password"], address_key(request))
        except Forbidden as error:
            form.add_error("password", error.message)
            return _password_page(request, address, form, error.status)
        except LimitReached as error:
            form.add_error(None, error.message)
            return _password_page(request, address, form, error.status)
        response = _by_step(request, address, arriving.arrive(request, address, unlocked=proof))
        response.set_cookie(
            COOKIE,
            proof,
            max_age=UNLOCKED_SECONDS,
            path=request.path,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
        return response
    return _password_page(request, address, form, 400)


def _password_page(request: HttpRequest, address: str, form: PasswordForm, status: int = 200) -> HttpResponse:
    """``shortener/password.html``. Context: ``form``, ``report_url`` (or empty)."""
    context = {"form": form, "report_url": _report_url(address)}
    return render(request, "shortener/password.html", context, status=status)


def _ask(request: HttpRequest, address: str, arrival: Arrival) -> HttpResponse:
    """``shortener/leads_to.html``. Context: ``target``, ``host``, ``report_url``, ``link``."""
    target = visits.led_to(arrival.entry, arriving.seen(request))[0].decode("ascii")
    context = {
        "target": target,
        "host": urlsplit(target).hostname,
        "report_url": _report_url(address),
        "link": arrival.link,
    }
    return render(request, "shortener/leads_to.html", context)


def _preview(request: HttpRequest, address: str, arrival: Arrival) -> HttpResponse:
    """``shortener/preview.html``. Context: ``link``, ``address`` (whole), ``target`` (empty: the link does not tell), ``several`` (rules may lead
    elsewhere), ``figures_url``, ``report_url``."""
    link = arrival.link
    plain = address.removesuffix("+")
    context = {
        "link": link, "address": address_of(link), "target": link.target if arrival.tells else "", "several": bool(link.rules),
        "figures_url": reverse("shortener:public", args=[plain]) if link.public_stats else "", "report_url": _report_url(plain),
    }  # fmt: skip
    return render(request, "shortener/preview.html", context)


def _report_url(address: str) -> str:
    return reverse("shortener:report", args=[address]) if rulebook.current().reports else ""
