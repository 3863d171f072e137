"""Landing page, set-up, dashboard, and the pages that say why something is not offered."""

from urllib.parse import urlsplit

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts import acting, actions, belongings, dashboard
from meatlizard.accounts.access import needs_setup
from meatlizard.accounts.forms import SetupForm
from meatlizard.accounts.http import UserRequest
from meatlizard.environment import is_loopback
from meatlizard.errors import NotFound
from meatlizard.security.client_address import client_address, was_forwarded
from meatlizard.security.ratelimit import limited
from meatlizard.threads import in_turns


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """``landing.html``, public; before anybody has an account it leads to the set-up. Context: nothing of its own."""
    if not request.user.is_authenticated and needs_setup():
        return redirect("setup")
    return render(request, "landing.html")


@never_cache
@sensitive_post_parameters("password1", "password2", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@limited("setup", "10/m", by="address")
def setup(request: HttpRequest) -> HttpResponseBase:
    """``setup.html``: makes the administrator, once. Context: ``form`` (:class:`SetupForm`), ``needs_code``."""
    if not needs_setup():
        raise NotFound(gettext("This site has been set up already."), code="already_set_up")
    needs_code = not is_at_the_machine(request)
    form = SetupForm(request.POST or None, needs_code=needs_code, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        user = actions.create_first_admin(data["username"], data["password1"], data["email"])
        # Through allauth, which then lists this session among the administrator's, where it can be ended.
        answer: HttpResponse = perform_login(
            request, user, email_verification="none", redirect_url=reverse("dashboard")
        )
        return answer
    return render(request, "setup.html", {"form": form, "needs_code": needs_code})


@login_required
@require_GET
def home(request: UserRequest) -> HttpResponse:
    """``dashboard.html``. Context: ``tier`` (:class:`Tier`: title, weekly_tokens, storage_bytes, concurrency, messages_per_minute) and
    whatever apps add, see :mod:`meatlizard.accounts.dashboard`."""
    return render(request, "dashboard.html", {"tier": request.user.tier, **dashboard.gather(request.user)})


@require_POST
def end_acting(request: HttpRequest) -> HttpResponse:
    """Signs out an operator who was signed in as somebody."""
    acting.end(request)
    return redirect("account_login")


def no_mail(request: HttpRequest) -> HttpResponse:
    """Stands where allauth would promise to mail a link for a new password."""
    raise NotFound(gettext("This site sends no mail. Ask its operator for a new password."), code="no_mail")


def is_at_the_machine(request: HttpRequest) -> bool:
    """Whether the visitor sits at the machine that runs the site.

    A proxy on the same machine makes everybody look so; hence no trace of one may be there, and the site must be addressed as one of this
    machine too. A site with a public address always asks for the code.
    """
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return (
        settings.LOOPBACK and is_loopback(host) and is_loopback(client_address(request)) and not was_forwarded(request)
    )


@login_required
@require_GET
@limited("account.export", "10/h", methods=("GET",))
def export(request: UserRequest) -> HttpResponseBase:
    """Conversations, pastes and short links of a person as a ZIP archive, made while it is sent."""
    response = StreamingHttpResponse(in_turns(belongings.archive(request.user)), content_type="application/zip")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{settings.SITE_HOST}-{timezone.now():%Y-%m-%d}.zip"'
    )
    return response
