"""Four public files. None of them looks at a session, and so none can hold anything of one."""

import json
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from meatlizard.errors import NotFound
from meatlizard.installable import crawling

GROUND = "#070a08"
ICONS = (
    ("ml/icon-192.png", "192x192", "any"),
    ("ml/icon-512.png", "512x512", "any"),
    ("ml/icon-maskable-512.png", "512x512", "maskable"),
)
ON_THE_OFFLINE_PAGE = ("ml/theme.css", "ml/lizard.svg")


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What browsers ask for before they install the site."""
    found = {
        "id": "/",
        "name": "MeatLizard",
        "short_name": "MeatLizard",
        "description": gettext("A private assistant for a community, on machines of its own."),
        "start_url": reverse("chat:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [
            {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    return JsonResponse(found, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Stands in the place of any page while the site cannot be reached."""
    return HttpResponse(_offline_page(), headers={"Cache-Control": "no-cache", "X-Robots-Tag": "noindex"})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it has the whole site in its reach. Its text changes with whatever it keeps."""
    source = _worker_source()
    files = [static(name) for name in ON_THE_OFFLINE_PAGE]
    version = sha256("\0".join([*files, source, _offline_page()]).encode()).hexdigest()[:12]
    values = {"VERSION": version, "OFFLINE": reverse("offline"), "FILES": files, "STATIC": settings.STATIC_URL}
    lines = [f"const {name} = {json.dumps(value)};" for name, value in values.items()]
    return HttpResponse(
        "\n".join([*lines, source]), "text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


def _offline_page() -> str:
    # Without the request: no context processor may put somebody's name into it.
    return render_to_string("offline.html")


def _worker_source() -> str:
    collected = Path(settings.STATIC_ROOT, "ml", "worker.js")
    path = collected if collected.is_file() else finders.find("ml/worker.js")
    if not path:
        raise NotFound(gettext("The page scripts were not built."), code="not_built")
    return Path(str(path)).read_text()


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        crawling.robots(), content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )
