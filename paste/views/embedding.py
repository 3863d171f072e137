"""Pastes within pages of others: public and unlisted ones, seen as by a visitor, since nobody there is asked who they are."""

import json

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from meatlizard.errors import NotFound
from paste.access import access_paste, files_of
from paste.models import Paste
from paste.views.sheets import sheets

CSP = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; sandbox allow-popups"
SCRIPT = """(function () {
  var frame = document.createElement("iframe");
  frame.src = %(address)s;
  frame.title = %(title)s;
  frame.loading = "lazy";
  frame.setAttribute("sandbox", "allow-popups");
  frame.style.cssText = "width:100%%;border:0;height:%(height)dpx";
  var script = document.currentScript;
  script.parentNode.insertBefore(frame, script);
})();
"""
LINE, HEAD, HIGHEST = 21, 60, 600
"""Pixels of a line, of the head of a file, and of the whole at most: beyond it one scrolls."""


def _embeddable(slug: str) -> Paste:
    paste = access_paste(AnonymousUser(), slug)
    if paste.privacy not in (Paste.Privacy.PUBLIC, Paste.Privacy.UNLISTED) or paste.burns or paste.sealed:
        raise NotFound(gettext("This paste cannot be embedded."), code="not_embeddable")
    return paste


@require_GET
@xframe_options_exempt
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """``paste/embed.html``: the paste alone, for a frame of any page."""
    paste = _embeddable(slug)
    context = {"paste": paste, "sheets": sheets(files_of(paste), paste)}
    response = render(request, "paste/embed.html", context)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_GET
def script(request: HttpRequest, slug: str) -> HttpResponse:
    """Puts the frame where it stands in a page."""
    paste = _embeddable(slug)
    address = request.build_absolute_uri(reverse("paste:embed", args=[slug]))
    height = sum(HEAD + LINE * max(1, file.lines) for file in files_of(paste))
    # "<" as an escape: the script may stand in a page itself.
    said = {
        name: json.dumps(text).replace("<", "\\u003c")
        for name, text in (("address", address), ("title", paste.title or slug))
    }
    text = SCRIPT % {**said, "height": min(height, HIGHEST)}
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=300"}
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers=headers)
