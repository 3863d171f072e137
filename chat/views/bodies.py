"""What the page's small requests carry, read with care."""

import json
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid

Form = TypeVar("Form", bound=forms.Form)

MAX_BODY = 300_000
MAX_TEXT_BODY = 1_300_000
"""Of a request with a message in it: its longest text, each character escaped."""


def body(request: UserRequest, most: int = MAX_BODY) -> dict[str, Any]:
    """The JSON object in the request. Raises Invalid for anything else, and for more than ``most`` bytes."""
    if len(request.body) > most:
        raise Invalid(gettext("This is too much for one request."), code="too_long")
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Invalid(gettext("The request is not JSON."), code="bad_request") from None
    if not isinstance(found, dict):
        raise Invalid(gettext("The request is not a JSON object."), code="bad_request")
    return found


def valid(form: Form) -> Form:
    """Raises Invalid with the first complaint."""
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]), code="bad_request")
    return form
