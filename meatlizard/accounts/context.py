"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from meatlizard.languages import words_url
from meatlizard.ops.logs import current_request_id


def site(request: HttpRequest) -> dict[str, Any]:
    """``registration`` (open, invite, closed), ``has_mail``, ``discord_sign_in``, ``request_id``, ``words_url`` (of the scripts, or empty)."""
    return {
        "registration": settings.REGISTRATION,
        "has_mail": settings.HAS_MAIL,
        "discord_sign_in": settings.DISCORD_SIGN_IN,
        "request_id": current_request_id(),
        "words_url": words_url(),
    }
