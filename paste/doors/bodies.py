"""What programs send, read within bounds. Django's own bound for what it keeps in memory is below that of a paste."""

from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from meatlizard.errors import TooLarge

MAX_FIELDS = 100


def bounded(request: HttpRequest, most: int, around: int = 0) -> bytes:
    """The body. Raises TooLarge for more than ``most`` bytes, and ``around`` for what stands around them; where a client says so without
    reading it."""
    said = request.headers.get("Content-Length", "")
    if said.isdecimal() and int(said) > most + around:
        raise too_large(most)
    body = request.read(most + around + 1)
    if len(body) > most + around:
        raise too_large(most)
    return body


def fields(body: bytes) -> dict[str, str]:
    """Of a form that is not in parts; empty for what is none, such as code with many ``&&``."""
    if body.count(b"&") > MAX_FIELDS:
        return {}
    return {name.lower(): str(value) for name, value in QueryDict(body, encoding="utf-8").items()}


def too_large(most: int) -> TooLarge:
    return TooLarge(_("This is more than the %s that a paste may have.") % filesizeformat(most))
