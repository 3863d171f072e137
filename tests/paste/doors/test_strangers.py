"""Charlie at every door that leads to a paste: each route of programs and of sealed pastes, found by the routes themselves."""

import json
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse

from meatlizard.accounts.models import User
from meatlizard.api.actions import create_key
from paste import actions
from paste.actions import Terms
from paste.contents import Draft
from paste.doors import urls as doors
from paste.models import Paste
from paste.sealed import urls as sealed
from tests.paste.sealed import sealing

pytestmark = pytest.mark.django_db

SECRET = b"under the third stone"


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture(params=["nobody", "signed in", "by key"])
def charlie_there(request: pytest.FixtureRequest, charlie: User) -> Client:
    if request.param == "by key":
        secret = create_key(charlie, "x", ["pastes:read", "pastes:write"])[1]
        return Client(headers={"authorization": f"Bearer {secret}", "accept": "*/*"})
    client = Client(headers={"accept": "*/*", "x-requested-with": "JSONHttpRequest"})
    if request.param == "signed in":
        client.force_login(charlie)
    return client


def named(slug: str) -> Iterator[tuple[str, str]]:
    for pattern in doors.urlpatterns:
        assert isinstance(pattern, URLPattern) and pattern.name
        if pattern.pattern.converters:
            yield pattern.name, reverse(f"doors:{pattern.name}", kwargs={"slug": slug})


def test_what_is_private_is_not_there(charlie_there: Client, alice: User) -> None:
    paste, _token = actions.create(alice, [Draft("", SECRET)], terms=Terms(privacy="private"))
    tried = dict(named(paste.slug))
    assert set(tried) >= {"documented", "raw", "named"}
    for name, path in tried.items():
        for answer in (charlie_there.get(path), charlie_there.post(path), charlie_there.delete(path)):
            assert answer.status_code in (403, 404, 405) and SECRET not in answer.content, name
        assert charlie_there.get(path).status_code == 404, name
    assert Paste.objects.filter(pk=paste.pk, state="ready").exists()


def test_what_is_sealed_and_private_is_not_there_either(charlie_there: Client, alice: User) -> None:
    body = sealing.request(discussion=1)
    paste, _token = actions.create_sealed(alice, json.dumps(body["adata"]), body["ct"], slug="a" * 16, discussion=True)
    actions.change_terms(paste, Terms(privacy="private", discussion=True))
    adata, ct = sealing.seal({"comment": "x"}, b"k" * 32, comment=True)
    slug = paste.slug
    bodies = {
        "sealed": {"v": 2, "adata": adata, "ct": ct, "pasteid": slug, "parentid": slug},
        "open": {"pasteid": slug, "proof": "ab" * 32},
        "ready": {"pasteid": slug, "deletetoken": "x"},
    }
    for pattern in sealed.urlpatterns:
        assert isinstance(pattern, URLPattern) and pattern.name
        path = reverse(f"sealed:{pattern.name}")
        query = f"?id={slug}&n=1" if pattern.name == "part" else f"?{slug}"
        answers = [charlie_there.get(path + query), charlie_there.put(path + query, b"x" * 40)]
        if pattern.name in bodies:
            answers.append(charlie_there.post(path, json.dumps(bodies[pattern.name]), content_type="application/json"))
        for answer in answers:
            assert answer.status_code in (400, 403, 404, 405), pattern.name
            assert body["ct"].encode() not in answer.content, pattern.name
    assert not Paste.objects.get().comments.exists()
