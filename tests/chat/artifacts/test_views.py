"""Requests about files: Alice's every route, nothing for Charlie, visitors sent to sign in; what is served runs nowhere."""

import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from chat.artifacts import actions, urls
from chat.models import Artifact, Conversation, Message
from meatlizard.accounts.models import User
from tests.chat.artifacts.making import HANDLED, PROGRAM, answered, fenced
from tests.chat.test_views import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "<!doctype html><title>Walls</title><h1 onclick='steal()'>Walls</h1><script>steal()</script><a href='https://example.org'>out</a>"


@pytest.fixture
def page(alice: User) -> Message:
    """An answer of Alice's with a program and a page."""
    message = answered(alice, "Write a script and save it as walls.py", fenced(PROGRAM))
    actions.create(alice, message, "walls.html", PAGE)
    return message


def routes(message: Message) -> dict[str, str]:
    """Every route with Alice's things in it; fails when one is added without a case here."""
    row = Artifact.objects.get(key="walls.html")
    one = [row.pk, 1]
    cases = {
        "artifacts": reverse("chat:artifacts", args=[message.conversation_id]),
        "artifacts-zip": reverse("chat:artifacts-zip", args=[message.conversation_id]),
        "artifact": reverse("chat:artifact", args=[row.pk]),
        "artifact-look": reverse("chat:artifact-look", args=one),
        "artifact-text": reverse("chat:artifact-text", args=one),
        "artifact-download": reverse("chat:artifact-download", args=one),
        "artifact-frame": reverse("chat:artifact-frame", args=one),
        "artifact-edit": reverse("chat:artifact-edit", args=one),
        "artifact-restore": reverse("chat:artifact-restore", args=one),
        "artifact-keep": reverse("chat:artifact-keep", args=[row.pk]),
        "artifact-delete": reverse("chat:artifact-delete", args=[row.pk]),
    }
    assert {str(route.name) for route in urls.urlpatterns if isinstance(route, URLPattern)} == set(cases)
    return cases


def ask(client: Client, name: str, address: str) -> int:
    bodies = {
        "artifact-edit": {"text": "new", "newest": 1}, "artifact-restore": {"newest": 2}, "artifact-keep": {"kept": True}, "artifact-delete": {},
    }  # fmt: skip
    if name in bodies:
        return client.post(address, json.dumps(bodies[name]), "application/json").status_code
    return client.get(address).status_code


def test_alice_may_use_every_route(alice: User, page: Message) -> None:
    client = signed_in(alice)
    cases = routes(page)
    assert {name: ask(client, name, address) for name, address in cases.items()} == dict.fromkeys(cases, 200) | {
        "artifact": 302
    }
    assert not Artifact.objects.filter(key="walls.html").exists()


def test_charlie_finds_none_of_them(charlie: User, page: Message) -> None:
    client = signed_in(charlie)
    cases = routes(page)
    assert {name: ask(client, name, address) for name, address in cases.items()} == dict.fromkeys(cases, 404)
    assert Artifact.objects.get(key="walls.html").newest == 1


def test_visitors_are_sent_to_sign_in(page: Message) -> None:
    for name, address in routes(page).items():
        assert ask(Client(), name, address) == 302, name


def test_the_list_says_what_there_is(alice: User, page: Message) -> None:
    found = signed_in(alice).get(routes(page)["artifacts"]).json()["artifacts"]
    assert [(one["name"], one["view"], len(one["versions"])) for one in found] == [
        ("walls.py", "code", 1),
        ("walls.html", "frame", 1),
    ]
    assert found[0]["versions"][0]["message"] == str(page.pk)


def test_a_download_is_never_a_page(alice: User, page: Message) -> None:
    answer = signed_in(alice).get(routes(page)["artifact-download"])
    assert answer.content.decode() == PAGE
    assert answer["Content-Disposition"] == 'attachment; filename="walls.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_the_frame_has_no_origin_no_script_and_leads_nowhere(alice: User, page: Message) -> None:
    address = routes(page)["artifact-frame"]
    answer = signed_in(alice).get(address + "?run")
    policy = answer["Content-Security-Policy"]
    assert policy.endswith("sandbox") and "default-src 'none'" in policy and "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    shown = answer.content.decode()
    assert "<h1>Walls</h1>" in shown
    for gone in ("steal", "script", "onclick", "example.org"):
        assert gone not in shown


def test_scripts_run_where_operators_and_the_reader_want_it(alice: User, page: Message, settings: Any) -> None:
    settings.ARTIFACT_SCRIPTS = True
    client, address = signed_in(alice), routes(page)["artifact-frame"]
    assert "steal" not in client.get(address).content.decode()
    answer = client.get(address + "?run")
    assert "steal" in answer.content.decode()
    assert answer["Content-Security-Policy"].endswith("sandbox allow-scripts")
    assert "allow-same-origin" not in answer["Content-Security-Policy"]


def test_only_pages_and_drawings_have_a_frame(alice: User, page: Message) -> None:
    row = Artifact.objects.get(key="walls.py")
    assert signed_in(alice).get(reverse("chat:artifact-frame", args=[row.pk, 1])).status_code == 400


def test_changes_between_versions(alice: User, page: Message) -> None:
    answered(alice, "add error handling", fenced(HANDLED), Conversation.objects.get(pk=page.conversation_id))
    row = Artifact.objects.get(key="walls.py")
    client = signed_in(alice)
    seen = client.get(reverse("chat:artifact-look", args=[row.pk, 2]), {"as": "changes", "from": 1}).json()
    assert "gi" in seen["html"] and "except" in seen["html"]
    assert (
        client.get(reverse("chat:artifact-look", args=[row.pk, 2]), {"as": "changes", "from": "x"}).status_code == 400
    )
    assert client.get(reverse("chat:artifact-look", args=[row.pk, 2]), {"as": "changes", "from": 7}).status_code == 404


def test_all_as_an_archive(alice: User, page: Message) -> None:
    answer = signed_in(alice).get(routes(page)["artifacts-zip"])
    assert isinstance(answer, StreamingHttpResponse)
    packed = zipfile.ZipFile(io.BytesIO(async_to_sync(_whole)(answer)))
    assert sorted(packed.namelist()) == ["walls.html", "walls.py"]
    assert packed.read("walls.py").decode() == PROGRAM


async def _whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])  # type: ignore[union-attr]


def test_a_change_that_came_too_late_is_refused_in_words(alice: User, page: Message) -> None:
    client, address = signed_in(alice), routes(page)["artifact-edit"]
    assert client.post(address, json.dumps({"text": "one", "newest": 1}), "application/json").status_code == 200
    late = client.post(address, json.dumps({"text": "two", "newest": 1}), "application/json")
    assert late.status_code == 400 and late.json()["error"]["code"] == "changed_meanwhile"
    for body in (
        {"newest": 1},
        {"text": 7, "newest": 1},
        {"text": "x", "newest": "y"},
        {"text": "x", "newest": 10**30},
    ):
        assert client.post(address, json.dumps(body), "application/json").status_code == 400
