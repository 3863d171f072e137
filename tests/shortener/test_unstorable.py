"""What no database takes is refused in words: PostgreSQL has no NUL, neither in what is stored nor in what is asked for."""

from typing import Any

import pytest
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.api import actions as api
from shortener.models import Link
from tests.shortener.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TARGET = "https://example.org/page"
NUL = "\x00"
LEADS = [{"target": TARGET}]


@pytest.fixture
def key(alice: User) -> str:
    return api.create_key(alice, "k", ["links:read", "links:write"])[1]


def post(key: str, path: str, body: dict[str, Any]) -> Any:
    return Client().post(path, body, content_type="application/json", headers={"X-Api-Key": key})


def rule(**condition: Any) -> list[Any]:
    return [{"conditions": [condition], "targets": LEADS}]


@pytest.mark.parametrize(
    "said",
    [
        {"rules": rule(type="query", name=f"a{NUL}")}, {"rules": rule(type="query", name="a", value=NUL)},
        {"rules": rule(type="language", any_of=[f"d{NUL}e"])}, {"rules": rule(type="query", name="\ud800")},
        {"domain": NUL * 3 + "x"}, {"domain": "\ud800"}, {"title": "a\ud800"}, {"password": "\ud800"}, {"folder": "\ud800"}, {"slug": f"a{NUL}"}, {"target": TARGET + NUL},
    ],
)  # fmt: skip
def test_our_api_refuses_it(key: str, said: dict[str, Any]) -> None:
    answer = post(key, "/api/v1/links", {"target": TARGET, **said})
    assert 400 <= answer.status_code < 500 and not Link.objects.exists()
    plain = {"rules": rule(type="query", name="a", value="")}
    assert post(key, "/api/v1/links", {"target": TARGET, **plain}).status_code == 201


@pytest.mark.parametrize("said", [{"longUrl": TARGET + NUL}, {"customSlug": f"a{NUL}"}, {"domain": NUL + "x"}])
def test_shlinks_refuses_it(key: str, said: dict[str, Any]) -> None:
    wish = {"longUrl": TARGET, "findIfExists": True}
    assert 400 <= post(key, "/rest/v3/short-urls", wish | said).status_code < 500 and not Link.objects.exists()
    assert post(key, "/rest/v3/short-urls", wish).status_code == 200


def test_yourls_and_pages_refuse_it(alice: User, key: str) -> None:
    asked = {"signature": key, "action": "shorturl", "format": "json"}
    assert Client().get("/yourls-api.php", {**asked, "url": TARGET + NUL}).status_code == 400
    assert Client().get("/yourls-api.php", {**asked, "url": TARGET}).status_code == 200
    client = signed_in(alice)
    assert client.get("/links/slug/?slug=a&domain=%00x").status_code == 404
    assert client.get("/links/slug/?slug=a").json()["free"]
    for address in ("/s/%00", "/s/@%00/a", "/p/%00/", "/p/collections/a%00/", "/p/a/comment/%00/remove/"):
        assert client.post(address).status_code == client.get(address).status_code == 404 or "comment" in address


def test_what_can_be_left_out_of_a_text_is(key: str) -> None:
    said = {"title": f"a{NUL}b", "notes": NUL, "tags": ["x\ud800", NUL], "folder": f"c{NUL}"}
    made = post(key, "/api/v1/links", {"target": TARGET, **said})
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["tags"], made.json()["folder"]) == ("ab", ["x?"], "c")
