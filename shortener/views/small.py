"""What the page of a link asks while one types: whether a slug is free, a made-up one, a QR code; and one click from elsewhere."""

from typing import Literal

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited
from shortener import actions, qr, slugs
from shortener.access import access_domain, slug_is_free
from shortener.addresses import address_of, compose


@login_required
@require_GET
@limited("link.slug", "120/m", methods=("GET",))
def slug(request: UserRequest) -> JsonResponse:
    """``?slug=&domain=``: ``{"free", "slug", "message"}``. ``?style=words``: the same of one that is made up."""
    domain = access_domain(request.user, request.GET.get("domain", ""))
    style = request.GET.get("style", "")
    try:
        wanted = slugs.MADE[style]() if style in slugs.MADE else slugs.clean(request.GET.get("slug", ""))
    except Invalid as error:
        return JsonResponse({"free": False, "slug": "", "message": error.message})
    free = slug_is_free(domain, wanted)
    message = _("This slug is free.") if free else _("This slug is taken. Choose another one.")
    return JsonResponse({"free": free, "slug": wanted, "message": message})


@login_required
@require_GET
@limited("link.qr", "240/m", methods=("GET",))
def code(request: UserRequest, kind: Literal["svg", "png"]) -> HttpResponse:
    """``?slug=&domain=&scale=&border=&level=&dark=&light=``, ``open`` for no ground, ``save`` to download it. Of addresses of this site's
    links alone, whether or not they are there yet."""
    given = request.GET
    domain = access_domain(request.user, given.get("domain", ""))
    clean = slugs.clean(given.get("slug", ""))
    scale, border, level, dark = (given.get(name, "") for name in ("scale", "border", "level", "dark"))
    look = qr.look(scale, border, level, dark, "" if "open" in given else given.get("light") or None)
    drawn = qr.draw(compose(domain.host if domain else "", clean), kind, look)
    response = HttpResponse(drawn, content_type=qr.TYPES[kind])
    if "save" in given:
        response["Content-Disposition"] = f'attachment; filename="{slugs.file_name(clean)}.{kind}"'
    return response


@login_required
@require_POST
def link_to(request: UserRequest) -> JsonResponse:
    """``target`` (a page of this site that is meant to be passed on), ``title``: ``{"address"}`` of the short link there is or that is made
    now. Behind the buttons beside what can be shared."""
    link = actions.link_to(request.user, request.POST.get("target", ""), request.POST.get("title", ""))
    return JsonResponse({"address": address_of(link)})
