"""A stranger is refused on every route, found by the routes themselves: a new one is tried without being named here."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse

from meatlizard.accounts.models import User
from paste import collections, comments, urls
from tests.paste.scene import make, signed_in

pytestmark = [pytest.mark.django_db(transaction=True)]

OF_NOBODY = {"home", "new", "public", "collections"}
"""Pages that belong to whoever asks."""

FOR_ITS_OWNER = {"edit", "settings", "delete", "undelete", "restore"}
"""What a reader gets 403 for; bringing back what is not deleted is 404 for everybody."""

READ_BY_ANYBODY = {"embed", "script"}
"""Open to whoever has the address, and to nobody else's eyes: they are asked as a visitor asks."""


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


def addresses(parts: dict[str, object]) -> Iterator[tuple[str, str]]:
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern) and pattern.name
        kwargs = {name: parts[name] for name in pattern.pattern.converters}
        if kwargs and not (set(kwargs) <= {"file", "number"}):
            yield pattern.name, reverse(f"paste:{pattern.name}", kwargs=kwargs)


def scene(alice: User, privacy: str) -> dict[str, object]:
    paste = make(alice, privacy=privacy, password="sesame" if privacy == "password" else "")
    said = comments.comment(paste, alice, "hello")
    shelf = collections.make(alice, "Mine")
    return {
        "slug": paste.slug,
        "file": 1,
        "number": 1,
        "comment": said.public_id,
        "shelf": shelf.slug,
        "asked": uuid4(),
    }


def statuses(client: Client, path: str) -> set[int]:
    return {client.get(path).status_code, client.post(path, {"text": "x", "sign": "👍", "token": "x"}).status_code}


def test_charlie_finds_nothing_of_what_is_private(alice: User, charlie: User) -> None:
    client = signed_in(charlie)
    tried = dict(addresses(scene(alice, "private")))
    assert len(tried) > 25 and "raw" in tried and "comment" in tried
    for name, path in tried.items():
        assert statuses(client, path) <= {404, 405}, name
        assert 404 in statuses(client, path), name


def test_a_visitor_is_told_nothing_or_sent_to_sign_in(alice: User) -> None:
    for name, path in addresses(scene(alice, "private")):
        answers = [Client().get(path), Client().post(path)]
        assert {answer.status_code for answer in answers} <= {302, 404, 405}, name
        assert all("/accounts/login/" in answer["Location"] for answer in answers if answer.status_code == 302), name


def test_charlie_reads_what_is_unlisted_and_changes_nothing(alice: User, charlie: User) -> None:
    client = signed_in(charlie)
    for name, path in addresses(scene(alice, "unlisted")):
        found = statuses(client, path)
        assert not found & {500}, name
        if name in FOR_ITS_OWNER:
            assert found <= {403, 404, 405}, name
    assert client.get(reverse("paste:home")).status_code == 200


def test_before_the_password_nothing_is_shown(alice: User, charlie: User) -> None:
    client = signed_in(charlie)
    for name, path in addresses(scene(alice, "password")):
        answer = client.get(path)
        assert b"def hello" not in getattr(answer, "content", b""), name
        assert b"A title" not in getattr(answer, "content", b""), name


def test_the_lists_above_name_routes_that_are_there() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert names >= (OF_NOBODY | FOR_ITS_OWNER | READ_BY_ANYBODY)
