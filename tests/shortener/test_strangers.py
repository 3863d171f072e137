"""Found by the addresses of the site: no route about somebody's link, key or folder does anything for a stranger, and none asks no key."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver, reverse

from meatlizard.accounts.models import User
from meatlizard.api import actions as api
from meatlizard.api import registry
from paste import actions as pastes
from paste.contents import Draft
from shortener import actions
from shortener.models import Link
from tests.meatlizard.api.keys import Program
from tests.shortener.pages import TARGET, signed_in

pytestmark = [pytest.mark.django_db]

OURS = ("shortener:", "shlink:", "api:")
OTHERS = ("files", "shares", "inboxes", "videos")
"""Parts of the API that another app answers, whose own tests (``tests/files``, ``tests/video``) ask them as a stranger."""

METHODS = ("get", "head", "post", "put", "patch", "delete")
OPEN = {
    "shortener:public",
    "shortener:report",
    "shlink:health",
    "api:documentation",
    "api:nothing",
    "api:v1:openapi-json",
    "api:v1:api-root",
}
"""For whoever has the address."""

OF_ONE = {"link", "link_folder", "key", "code", "slug", "tag"}
"""Parts of addresses that name something of somebody's."""


def found() -> list[tuple[str, frozenset[str]]]:
    """Names and parts of all our routes."""

    def within(resolver: Any, space: str) -> Iterator[tuple[str, frozenset[str]]]:
        for one in resolver.url_patterns:
            if hasattr(one, "url_patterns"):
                yield from within(one, f"{space}{one.namespace}:" if one.namespace else space)
            elif one.name and not str(one.pattern).startswith(OTHERS):
                yield space + one.name, frozenset(one.pattern.converters)

    return [route for route in within(get_resolver(), "") if route[0].startswith(OURS)]


ROUTES = found()


def rows() -> dict[str, Any]:
    """All that is stored of links and keys, but for when a key was used last."""
    kept = {}
    for model in [
        *apps.get_app_config("shortener").get_models(),
        *apps.get_app_config("api").get_models(),
        apps.get_model("paste.Paste"),
    ]:
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "last_used"]
        kept[model._meta.label] = sorted(map(str, model._default_manager.values_list(*names)))
    return kept


@pytest.fixture
def parts(alice: User) -> dict[str, Any]:
    link = actions.create(
        alice, target=TARGET, slug="hers", max_clicks=5, folder=actions.make_folder(alice, "Box"), tags=["red"]
    )
    key = api.create_key(alice, "hers", ["links:read"])[0]
    return {
        "link": link.pk,
        "link_folder": link.folder_id,
        "key": key.pk,
        "code": link.slug,
        "tag": "red",
        "domain": "DEFAULT",
        "kind": "svg",
        "address": link.slug,
        "slug": pastes.create(alice, [Draft("", b"x")])[0].slug,
    }


def address(name: str, wanted: frozenset[str], parts: dict[str, Any]) -> str:
    return reverse(name, kwargs={part: parts[part] for part in wanted})


def ask(client: Client, method: str, path: str) -> Any:
    body = {} if method in ("get", "head") else {"content_type": "application/json", "data": "{}"}
    return getattr(client, method)(path, **body)


def test_the_routes_were_found() -> None:
    assert sum(bool(wanted & OF_ONE) for _name, wanted in ROUTES) >= 15
    assert {name for name, _wanted in ROUTES} >= OPEN


@pytest.mark.parametrize(
    ("name", "wanted"),
    [route for route in ROUTES if route[1] & OF_ONE],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_stranger_is_refused(name: str, wanted: frozenset[str], parts: dict[str, Any], charlie: User) -> None:
    path, before = address(name, wanted, parts), rows()
    secret = api.create_key(charlie, "his", registry.scopes())[1]
    before = rows()
    program, shlink = Program(secret), Client(HTTP_X_API_KEY=secret)
    for method in METHODS:
        answers = [ask(client, method, path).status_code for client in (signed_in(charlie), program, shlink)]
        # 302: the sign-in page. 401: to a session or another header than is asked for. 422: said before anything was looked at.
        assert set(answers) <= {302, 400, 401, 404, 405, 422}, (method, answers)
    assert rows() == before and Link.objects.filter(pk=parts["link"]).exists()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [route for route in ROUTES if route[0] not in OPEN],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_is_nobody_is_sent_to_sign_in_or_asked_for_a_key(
    name: str, wanted: frozenset[str], parts: dict[str, Any]
) -> None:
    path, before = address(name, wanted, parts), rows()
    for method in METHODS:
        answer = ask(Client(), method, path)
        assert answer.status_code in (302, 401, 405), method
        assert answer.status_code != 302 or "/accounts/login/" in answer["Location"]
    assert rows() == before
