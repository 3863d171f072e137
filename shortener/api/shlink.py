"""``/rest/v3``: of Shlink's REST API what its clients need to make, list, change and delete links with their rules and tags, and to read
their visits.

Errors have Shlink's form (RFC 7807), and so have answers that mean nothing here: visits of addresses that do not exist are not kept.
"""

import functools
import json
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ValidationError

from meatlizard.api.authentication import KeyRequest, authenticate
from meatlizard.errors import AppError, Invalid, LimitReached, NotFound, Unauthenticated
from shortener import actions, figures, finding, slugs, targets
from shortener.access import access_domain, access_link_at, domains_for, links_of, tag_names, tags_of
from shortener.addresses import address_of
from shortener.api import shlink_rules
from shortener.api import shlink_shapes as shapes
from shortener.details import domain_hosts
from shortener.figures import Span
from shortener.models import Click, Link

VERSION = "4.6.0"
"""Of Shlink, whose routes these are like: clients ask for it to know what they may use."""

TYPES = {
    "key_missing": "missing-authentication", "key_refused": "invalid-api-key", "slug_taken": "non-unique-slug", "target_refused": "invalid-url",
    "scheme_refused": "invalid-url", "private_target": "invalid-url", "chain": "invalid-url", "host_blocked": "invalid-url",
}  # fmt: skip
"""Shlink's names of errors by our codes; what is not here goes by its status."""

BY_STATUS = {400: "invalid-data", 401: "invalid-api-key", 403: "forbidden", 404: "not-found", 429: "too-many-requests"}
SPACE = "https://shlink.io/api/error/"

M = TypeVar("M", bound=BaseModel)
Operation: TypeAlias = Callable[..., HttpResponse]


def by_method(**operations: tuple[str, Operation]) -> Operation:
    """A view of ``GET=(scope, operation)`` and the like."""

    @csrf_exempt
    @functools.wraps(next(iter(operations.values()))[1])
    def view(request: HttpRequest, **parts: str) -> HttpResponse:
        found = operations.get("GET" if request.method == "HEAD" else request.method or "")
        if found is None:
            return _problem(405, "not-allowed", _("This cannot be done here."))
        scope, operation = found
        try:
            secret = request.headers.get("X-Api-Key", "")
            if not secret:
                raise Unauthenticated(_("Send a key as X-Api-Key."), code="key_missing")
            authenticate(request, secret, scope)
            return operation(request, **parts)
        except ValidationError as error:
            return _invalid(error)
        except AppError as error:
            response = _problem(
                error.status, TYPES.get(error.code) or BY_STATUS.get(error.status, error.code), error.message
            )
            if isinstance(error, LimitReached) and error.retry_after:
                response["Retry-After"] = str(int(error.retry_after))
            return response

    return view


def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "pass", "version": VERSION, "links": {}})


def list_links(request: KeyRequest) -> HttpResponse:
    wanted = _query(request, shapes.Listed, lists=("tags",))
    found, pagination = wanted.cut(wanted.of(links_of(request.user)))
    return JsonResponse({"shortUrls": {"data": [shapes.shown(link) for link in found], "pagination": pagination}})


def create(request: KeyRequest) -> HttpResponse:
    wish = _body(request, shapes.Created)
    domain = access_domain(request.user, wish.domain)
    details = wish.details()
    # Their default, not ours: clients count on it.
    details.setdefault("forward_query", True)
    if wish.findIfExists:
        alike = finding.narrowed(links_of(request.user), finding.Wanted(state="live"))
        alike = alike.filter(target=targets.read(wish.longUrl, domain_hosts()).url, domain=domain)
        if wish.customSlug:
            alike = alike.filter(slug=slugs.clean(wish.customSlug))
        if (there := alike.first()) is not None:
            return JsonResponse(shapes.shown(there))
    if wish.customSlug:
        details["slug"] = wish.customSlug
    elif wish.shortCodeLength is not None:
        details["slug"] = slugs.random_slug(wish.shortCodeLength)
    return JsonResponse(shapes.shown(actions.create(request.user, domain=domain, **details)))


def read(request: KeyRequest, code: str) -> HttpResponse:
    return JsonResponse(shapes.shown(_link(request, code)))


def edit(request: KeyRequest, code: str) -> HttpResponse:
    change = _body(request, shapes.Edited).details()
    return JsonResponse(shapes.shown(actions.edit(_link(request, code), **change)))


def delete(request: KeyRequest, code: str) -> HttpResponse:
    actions.delete(_link(request, code))
    return HttpResponse(status=204)


def read_rules(request: KeyRequest, code: str) -> HttpResponse:
    return JsonResponse(shlink_rules.shown(_link(request, code)))


def set_rules(request: KeyRequest, code: str) -> HttpResponse:
    link, wanted = _link(request, code), _body(request, shlink_rules.TheirRules)
    shlink_rules.require_sayable(link)
    return JsonResponse(shlink_rules.shown(actions.edit(link, rules=wanted.ours())))


def visits(request: KeyRequest, code: str) -> HttpResponse:
    link = _link(request, code)
    return _visits(request, links_of(request.user).filter(pk=link.pk))


def all_visits(request: KeyRequest) -> HttpResponse:
    return _visits(request, links_of(request.user))


def tag_visits(request: KeyRequest, tag: str) -> HttpResponse:
    """Of all links that have the tag."""
    tagged = tags_of(request.user).filter(name=tag.replace("\x00", "").strip().lower())
    if not tagged.exists():
        raise NotFound(_("None of your links has this tag."))
    return _visits(request, links_of(request.user).filter(pk__in=tagged.values("link")))


def domain_visits(request: KeyRequest, domain: str) -> HttpResponse:
    """Of one's own links there; ``DEFAULT`` is the site's own address."""
    own = domain.lower() in ("default", request.get_host().lower())
    return _visits(request, links_of(request.user).filter(domain=None if own else access_domain(request.user, domain)))


def orphan_visits(request: KeyRequest) -> HttpResponse:
    """Of addresses that lead nowhere: there are none here, since nobody notes them."""
    wanted = _query(request, shapes.Visits)
    return JsonResponse({"visits": {"data": [], "pagination": wanted.cut(Click.objects.none())[1]}})


def forget_orphan_visits(request: KeyRequest) -> HttpResponse:
    return JsonResponse({"deletedVisits": 0})


def _visits(request: KeyRequest, links: "QuerySet[Link]") -> HttpResponse:
    wanted = _query(request, shapes.Visits)
    if wanted.domain:
        host = None if wanted.domain.lower() == "default" else wanted.domain.lower()
        links = links.filter(domain__host=host) if host else links.filter(domain=None)
    rows = figures.clicks_of(links, Span(wanted.startDate, None)).filter(**wanted.within("at"))
    if wanted.excludeBots:
        rows = rows.filter(bot=False)
    found, pagination = wanted.cut(rows.select_related("link__domain"))
    data = [shapes.shown_visit(click, address_of(click.link)) for click in found]
    return JsonResponse({"visits": {"data": data, "pagination": pagination}})


def overview(request: KeyRequest) -> HttpResponse:
    sums = links_of(request.user).prefetch_related(None).aggregate(people=Sum("clicks"), bots=Sum("bot_clicks"))
    mine = shapes.summary(sums["people"] or 0, sums["bots"] or 0)
    return JsonResponse({"visits": {"nonOrphanVisits": mine, "orphanVisits": shapes.summary(0, 0)}})


def list_tags(request: KeyRequest) -> HttpResponse:
    return JsonResponse({"tags": {"data": tag_names(request.user)}})


def tag_statistics(request: KeyRequest) -> HttpResponse:
    rows = tags_of(request.user).values("name").order_by("name")
    counted = rows.annotate(links=Count("pk"), people=Sum("link__clicks"), bots=Sum("link__bot_clicks"))
    data = [
        {
            "tag": row["name"],
            "shortUrlsCount": row["links"],
            "visitsSummary": shapes.summary(row["people"], row["bots"]),
        }
        for row in counted
    ]
    return JsonResponse({"tags": {"data": data}})


def rename_tag(request: KeyRequest) -> HttpResponse:
    names = _body(request, shapes.Renamed)
    if not actions.rename_tag(request.user, names.oldName, names.newName):
        raise NotFound(_("None of your links has this tag."))
    return HttpResponse(status=204)


def delete_tags(request: KeyRequest) -> HttpResponse:
    for name in request.GET.getlist("tags[]")[:100]:
        actions.delete_tag(request.user, name)
    return HttpResponse(status=204)


def list_domains(request: KeyRequest) -> HttpResponse:
    nothing = {"baseUrlRedirect": None, "regular404Redirect": None, "invalidShortUrlRedirect": None}
    data: list[dict[str, Any]] = [{"domain": request.get_host(), "isDefault": True, "redirects": nothing}]
    for domain in domains_for(request.user):
        leads = {"baseUrlRedirect": domain.home or None, "invalidShortUrlRedirect": domain.not_found or None}
        data.append({"domain": domain.host, "isDefault": False, "redirects": nothing | leads})
    return JsonResponse({"domains": {"data": data, "defaultRedirects": nothing}})


def _link(request: KeyRequest, code: str) -> Link:
    return access_link_at(request.user, request.GET.get("domain", ""), code)


def _body(request: HttpRequest, kind: type[M]) -> M:
    try:
        return kind.model_validate(json.loads(request.body or b"{}"))
    except ValidationError:
        raise
    except (ValueError, RecursionError):
        raise Invalid(_("The body is no JSON."), code="no_json") from None


def _query(request: HttpRequest, kind: type[M], lists: tuple[str, ...] = ()) -> M:
    given: dict[str, Any] = {name: value for name, value in request.GET.items() if "[" not in name and value != ""}
    for name in lists:
        given[name] = request.GET.getlist(f"{name}[]")
    return kind.model_validate(given)


def _invalid(error: ValidationError) -> HttpResponse:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    names = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
    place = ".".join(str(part) for part in first["loc"])
    return _problem(400, "invalid-data", f"{place}: {first['msg']}", invalidElements=names)


def _problem(status: int, kind: str, detail: str, **more: Any) -> HttpResponse:
    told = {
        "type": SPACE + kind,
        "title": kind.replace("-", " ").capitalize(),
        "detail": detail,
        "status": status,
        **more,
    }
    return JsonResponse(told, status=status, content_type="application/problem+json")
