"""What programs send, read within bounds. Django's own bound for what it keeps in memory is below that of a paste."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid, TooLarge

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


def in_parts(request: HttpRequest) -> "tuple[dict[str, str], list[UploadedFile[Any]]]":
    """Fields and files of a form in parts. Raises Invalid or TooLarge, in words, where Django would show a page."""
    try:
        said = {name.lower(): str(value) for name, value in request.POST.items()}
        return said, [file for name in request.FILES for file in request.FILES.getlist(name)]
    except RequestDataTooBig:
        raise TooLarge(_("This field is too long. Send long text as a file: curl -F file=@NAME.")) from None
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent):
        raise Invalid(_("This form cannot be read, or has too many parts."), code="bad_request") from None


def too_large(most: int) -> TooLarge:
    return TooLarge(_("This is more than the %s that a paste may have.") % filesizeformat(most))
