"""What every template knows."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from meatlizard.control import put_away, services
from meatlizard.languages import words_url
from meatlizard.ops import onlookers, switches
from meatlizard.ops.logs import current_request_id


def _by_its_own_name(request: HttpRequest) -> bool:
    return request.META.get("HTTP_HOST") == urlsplit(settings.SITE_URL).netloc


def _acting(request: HttpRequest) -> dict[str, Any] | None:
    """Who shows no cookie is nobody, and their page is the same for all."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    mark: dict[str, Any] | None = request.session.get("acting")
    return mark


def site(request: HttpRequest) -> dict[str, Any]:
    """``registration`` (open, invite, closed), ``has_mail``, ``discord_sign_in``, ``discord_bot``, ``request_id``, ``words_url`` (of the
    scripts, or empty), ``worker_url`` (of the service worker; empty where the site is addressed by another name than its own), ``site_warning``
    (what is switched off now), ``site_announcements`` and ``site_onlookers`` (who reads along); these three may be empty. ``services``: by name
    whether each is there for whoever looks; ``acting`` is set for an operator who is signed in as somebody else."""
    state = switches.current()
    # Pages of errors may come before anybody was looked for.
    user = getattr(request, "user", None)
    return {
        "site_warning": state.warning,
        "site_announcements": put_away.announcements(request),
        "services": {one.name: services.is_there(one.name, user) for one in services.all_services()},
        "site_onlookers": onlookers.told(),
        "acting": _acting(request),
        "registration": settings.REGISTRATION,
        "has_mail": settings.HAS_MAIL,
        "discord_sign_in": settings.DISCORD_SIGN_IN,
        "discord_bot": bool(settings.DISCORD_TOKEN),
        "request_id": current_request_id(),
        "words_url": words_url(),
        "worker_url": f"{settings.SITE_URL}/sw.js" if _by_its_own_name(request) else "",
    }
