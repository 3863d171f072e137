"""``/yourls-api.php``: of YOURLS' API the actions that its clients use (yourls.org, "API"). The key goes as ``signature``, or as the
password beside any name; formats are ``json``, ``simple`` (text, the default is ``xml`` as there) and ``xml``."""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from meatlizard.accounts.models import User
from meatlizard.api.authentication import authenticate
from meatlizard.errors import AppError, Invalid, NotFound, Unauthenticated, Unavailable
from meatlizard.ops import switches
from shortener import actions
from shortener.access import access_link_at, links_of
from shortener.addresses import address_of, taken_apart
from shortener.models import Link

MAX_LINKS = 100
ORDERS = {"top": "-clicks", "bottom": "clicks", "rand": "?", "random": "?", "last": "-created"}
CODES = {"slug_taken": "error:keyword", "slug_bad": "error:keyword"}

Answer = dict[str, Any]


@csrf_exempt
@require_http_methods(["GET", "POST"])
def api(request: HttpRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" and "action" in request.POST else request.GET
    action = given.get("action", "")
    form = given.get("format", "xml")
    scope, act = ACTIONS.get(action, ("links:read", _unknown))
    try:
        _authenticate(request, given, scope)
        return _written(form, act(request.user, given))  # type: ignore[arg-type]
    except AppError as error:
        code = CODES.get(error.code, f"error:{error.code}")
        told = {"status": "fail", "code": code, "message": error.message, "statusCode": str(error.status)}
        return _written(form, told | {"simple": error.message}, error.status)


def _authenticate(request: HttpRequest, given: QueryDict, scope: str) -> None:
    secret = given.get("signature") or given.get("password") or ""
    if not secret:
        raise Unauthenticated(_("Send a key as signature, or as the password."), code="key_missing")
    # This API writes by GET, which nothing before it takes for writing.
    if scope == "links:write" and (closed := switches.current()).read_only:
        raise Unavailable(closed.maintained, code="maintenance")
    authenticate(request, secret, scope)


def _shorten(user: User, given: QueryDict) -> Answer:
    """An address that is shortened already, plainly and by the same person, gives the link there is."""
    url, keyword, title = (given.get(name, "").strip() for name in ("url", "keyword", "title"))
    if keyword:
        link = actions.create(user, target=url, slug=keyword, title=title)
    else:
        link = actions.link_to(user, url, title)
    address = address_of(link)
    of_url = {
        "keyword": link.slug,
        "url": link.target,
        "title": link.title,
        "date": _stamp(link),
        "clicks": str(link.clicks),
    }
    return {
        "url": of_url, "status": "success", "message": _("{address} is there.").format(address=address), "title": link.title,
        "shorturl": address, "statusCode": "200", "simple": address,
    }  # fmt: skip


def _expand(user: User, given: QueryDict) -> Answer:
    link = _named(user, given)
    return {
        "keyword": link.slug, "shorturl": address_of(link), "longurl": link.target, "title": link.title, "message": "success",
        "statusCode": "200", "simple": link.target,
    }  # fmt: skip


def _of_one(user: User, given: QueryDict) -> Answer:
    link = _named(user, given)
    return {"statusCode": "200", "message": "success", "link": _shown(link), "simple": f"{link.clicks}"}


def _of_all(user: User, given: QueryDict) -> Answer:
    limit = given.get("limit", "10")
    count = min(int(limit[:6]), MAX_LINKS) if limit.isascii() and limit.isdecimal() else 10
    rows = links_of(user).order_by(ORDERS.get(given.get("filter", "top"), "-clicks"))[:count]
    links = {f"link_{number}": _shown(link) for number, link in enumerate(rows, 1)}
    return {"links": links, **_sums(user), "statusCode": "200", "message": "success", "simple": _lines(rows)}


def _of_database(user: User, given: QueryDict) -> Answer:
    sums = _sums(user)
    return {
        "db-stats": sums["stats"],
        "statusCode": "200",
        "message": "success",
        "simple": sums["stats"]["total_links"],
    }


def _version(user: User, given: QueryDict) -> Answer:
    return {"version": "1.10", "simple": "1.10"}


def _unknown(user: User, given: QueryDict) -> Answer:
    raise Invalid(_("There is no such action."), code="action_unknown")


ACTIONS: dict[str, tuple[str, Callable[[User, QueryDict], Answer]]] = {
    "shorturl": ("links:write", _shorten), "expand": ("links:read", _expand), "url-stats": ("links:read", _of_one), "stats": ("links:read", _of_all),
    "db-stats": ("links:read", _of_database), "version": ("links:read", _version),
}  # fmt: skip


def _named(user: User, given: QueryDict) -> Link:
    """By the whole address, or by the keyword alone."""
    text = given.get("shorturl", "").strip()
    parts = taken_apart(text) if "://" in text else ("", text)
    if parts is None:
        raise NotFound(_("This is no short link of this site."))
    return access_link_at(user, *parts)


def _sums(user: User) -> dict[str, dict[str, str]]:
    rows = links_of(user).prefetch_related(None)
    clicks = rows.aggregate(sum=Sum("clicks"))["sum"] or 0
    return {"stats": {"total_links": str(rows.count()), "total_clicks": str(clicks)}}


def _shown(link: Link) -> dict[str, str]:
    return {
        "shorturl": address_of(link), "url": link.target, "title": link.title, "timestamp": _stamp(link), "ip": "",
        "clicks": str(link.clicks),
    }  # fmt: skip


def _lines(rows: "QuerySet[Link]") -> str:
    return "\n".join(address_of(link) for link in rows)


def _stamp(link: Link) -> str:
    return link.created.strftime("%Y-%m-%d %H:%M:%S")


def _written(form: str, told: Answer, status: int = 200) -> HttpResponse:
    simple = told.pop("simple", "")
    if form == "json":
        response: HttpResponse = JsonResponse(told, status=status)
    elif form == "simple":
        response = HttpResponse(str(simple), status=status, content_type="text/plain; charset=utf-8")
    else:
        root = Element("result")
        _fill(root, told)
        text = tostring(root, encoding="utf-8", xml_declaration=True)
        response = HttpResponse(text, status=status, content_type="application/xml; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response


def _fill(parent: Element, told: Answer) -> None:
    for name, value in told.items():
        child = SubElement(parent, name)
        if isinstance(value, dict):
            _fill(child, value)
        else:
            # XML has no room for most control characters.
            child.text = "".join(letter for letter in str(value) if letter.isprintable() or letter in "\n\t")
