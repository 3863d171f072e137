"""Every page of the site, found by its routes: a new one is walked without being named here."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RegexPattern
from playwright.sync_api import APIRequestContext

from tests.journeys.scene import OURS
from tests.services.site import LiveSite

WITHOUT_VALUE = {
    "account_confirm_email": "comes by mail",
    "account_reset_password_from_key": "comes by mail",
    "chat:notices-stop": "comes by mail",
    "mfa_remove_webauthn": "needs a passkey",
    "mfa_edit_webauthn": "needs a passkey",
    "api:nothing": "leads nowhere",
    "files:content": "a content and no page",
    "files:put": "takes files and shows none",
    "video:download": "leads to a file, which its own tests fetch",
    "words": "no other language is there",
    "status-beside": "a style or picture beside the page",
    "admin:jsi18n": "a script",
    "admin:view_on_site": "leads elsewhere",
}
"""Routes with a part that the scene cannot fill."""

UNREACHED = {
    "files-sharing:preview": "is there for pictures of which the site has made a smaller one",
    "api:v1:api-root": "the name of the place below which the API lies; nothing is there",
    "files:text": "a further piece of a long text",
    "video:oembed": "answers about the address it is given; without one there is nothing",
    "files:form": "takes files and shows none",
    "paste:answer": "is there for a while after a question",
    "video:answer": "is there for a while after a question",
    "paste:forget": "needs the token of a visitor's paste",
    "account_reset_password": "a site without mail says where to ask instead",
    "setup": "only a site without people has it",
    "account_signup": "of a site that lets nobody in; the journeys of accounts see it open",
}
"""Routes that answer nobody of the scene."""


ROWS = {
    "call": "chat_toolcall",
    "book": "chat_lorebook",
    "task": "chat_inferencetask",
    "key": "api_apikey",
    "channel": "alerts_channel",
}
"""Parts of addresses that are not called like the model whose key they are."""


DJANGOS_OWN = ("_add", "_history", "_delete")
"""Ends of names of admin pages whose templates are Django's for every model: one model stands for all."""


class Route(NamedTuple):
    name: str
    parts: frozenset[str]


def routes() -> Iterator[Route]:
    yield from _within(get_resolver(), "", frozenset())


def _within(resolver: URLResolver, space: str, before: frozenset[str]) -> Iterator[Route]:
    for one in resolver.url_patterns:
        pattern = one.pattern
        parts = before | frozenset(
            pattern.regex.groupindex if isinstance(pattern, RegexPattern) else getattr(pattern, "converters", {})
        )
        if isinstance(one, URLResolver):
            yield from _within(one, f"{space}{one.namespace}:" if one.namespace else space, parts)
        elif isinstance(one, URLPattern) and one.name:
            yield Route(space + one.name, parts)


def _of_a_library(route: Route) -> bool:
    """Pages of Django's admin about rows that are not ours."""
    return "object_id" in route.parts and not route.name.removeprefix("admin:").startswith(
        tuple(f"{app}_" for app in OURS)
    )


def address(route: Route, scene: dict[str, Any]) -> str:
    """Where ``route`` is in the scene. Raises KeyError naming the part that the scene has no value for. A value for the part within the
    route's name space (``files:folder``) goes before one for all."""
    values: dict[str, Any] = {}
    for part in route.parts:
        if (own := f"{route.name.rpartition(':')[0]}:{part}") in scene:
            values[part] = scene[own]
        elif part == "object_id":
            label = route.name.removeprefix("admin:").rpartition("_")[0]
            values[part] = scene["rows"][label]
        elif part == "app_label":
            values[part] = "chat"
        else:
            values[part] = scene[part] if part in scene else scene["rows"][ROWS.get(part, f"chat_{part}")]
    return reverse(route.name, kwargs=values)


def pages(request: APIRequestContext, site: LiveSite, scene: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """For whoever ``request`` belongs to: the address of each page by the name of its route, and the names of routes that answered
    at all, be it with data, a redirection, or by asking for POST.
    """
    found: dict[str, str] = {}
    answered: set[str] = set()
    for route in routes():
        if route.name in WITHOUT_VALUE or _of_a_library(route):
            answered.add(route.name)
            continue
        place = address(route, scene)
        answer = request.get(site.url + place, max_redirects=0, headers={"Accept": "text/html"})
        assert answer.status < 500, f"{route.name} at {place}: {answer.status}"
        if answer.status not in (403, 404):
            answered.add(route.name)
        if "attachment" in answer.headers.get("content-disposition", ""):
            continue
        if answer.ok and "text/html" in answer.headers.get("content-type", "") and "<html" in answer.text():
            found.setdefault(route.name, place)
    return found, answered


def one_of_a_kind(found: dict[str, str]) -> dict[str, str]:
    """Without what Django's admin shows in the same way for every model, but for the first of each kind."""
    chosen, seen = {}, set()
    for route, place in found.items():
        kind = next((end for end in DJANGOS_OWN if route.startswith("admin:") and route.endswith(end)), None)
        if kind is None or kind not in seen:
            chosen[route] = place
        seen.add(kind)
    return chosen
