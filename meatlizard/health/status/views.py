"""The status page through Django: where no serving process keeps it, as under ``runserver``, and until it is kept."""

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from meatlizard.errors import NotFound
from meatlizard.health.components import all_components
from meatlizard.health.examining import Examiner
from meatlizard.health.status import page, snapshot
from meatlizard.security.ratelimit import limited


@require_safe
@limited("status", "60/m")
def status(request: HttpRequest) -> HttpResponse:
    found = snapshot.kept.snapshot
    if not found.at:
        found = snapshot.read(async_to_sync(Examiner().examine)(all_components()))
    return _told(page.rendered(found, get_language() or ""), "text/html; charset=utf-8")


@require_safe
def beside(request: HttpRequest, name: str) -> HttpResponse:
    try:
        return _told(page.beside(name), page.BESIDE[name])
    except FileNotFoundError:
        raise NotFound(_("Nothing is here.")) from None


def _told(content: bytes, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Security-Policy"] = page.POLICY
    return response
