"""The pages and small requests of the chat: what Alice may do, and that Charlie and visitors may do none of it."""

import json
import re
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from chat import actions, keeping, urls
from chat.messages import branch, contexts
from chat.models import Conversation, Message
from meatlizard.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

NOBODYS = UUID("00000000-0000-4000-8000-000000000000")
CHANGES = ("rename", "delete", "settings", "show", "edit", "fork", "remove", "restore", "folder", "folder-delete")


@pytest.fixture
def talk(alice: User) -> Conversation:
    """A conversation of Alice's with one question in it."""
    conversation = actions.create_conversation(alice)
    actions.send(alice, conversation.pk, uuid4(), "Is <b>this</b> private?")
    conversation.refresh_from_db()
    return conversation


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def routes(talk: Conversation) -> dict[str, str]:
    """Every route that names an object, with Alice's in it; fails when a route is added without a case here."""
    message, answer = talk.messages.get(role="user"), talk.messages.get(role="assistant")
    folder = talk.owner.folders.first() or keeping.save_folder(talk.owner, None, "Home", None, "")
    cases = {
        "conversation": reverse("chat:conversation", args=[talk.pk]),
        "rename": reverse("chat:rename", args=[talk.pk]),
        "delete": reverse("chat:delete", args=[talk.pk]),
        "settings": reverse("chat:settings", args=[talk.pk]),
        "source": reverse("chat:source", args=[message.pk]),
        "thinking": reverse("chat:thinking", args=[message.pk]),
        "show": reverse("chat:show", args=[message.pk]),
        "edit": reverse("chat:edit", args=[answer.pk]),
        "fork": reverse("chat:fork", args=[message.pk]),
        "remove": reverse("chat:remove", args=[message.pk]),
        "restore": reverse("chat:restore", args=[message.pk]),
        "folder": reverse("chat:folder", args=[folder.pk]),
        "folder-delete": reverse("chat:folder-delete", args=[folder.pk]),
    }
    with_objects = {
        str(route.name) for route in urls.urlpatterns if isinstance(route, URLPattern) and "<" in str(route.pattern)
    }
    assert with_objects == set(cases)
    return cases


def request(client: Client, name: str, address: str) -> int:
    if name in ("conversation", "source", "thinking"):
        return client.get(address).status_code
    body = {"title": "x", "model": "", "text": "No.", "name": "Home"}
    return client.post(address, json.dumps(body), "application/json").status_code


def test_alice_may_use_every_route_of_hers(alice: User, talk: Conversation) -> None:
    cases = routes(talk)
    client = signed_in(alice)
    actions.stop(talk.generations.get())
    order = sorted(cases, key=lambda name: name in ("delete", "folder-delete"))
    answers = {name: request(client, name, cases[name]) for name in order}
    assert answers == dict.fromkeys(cases, 200) | {"fork": 201}
    assert not Conversation.objects.filter(pk=talk.pk, removed=None).exists()


def test_charlie_finds_none_of_alices_things(charlie: User, talk: Conversation) -> None:
    client = signed_in(charlie)
    assert {name: request(client, name, address) for name, address in routes(talk).items()} == dict.fromkeys(
        routes(talk), 404
    )
    talk.refresh_from_db()
    assert not talk.title_by_owner


def test_charlie_cannot_tell_alices_from_what_does_not_exist(charlie: User, talk: Conversation) -> None:
    client = signed_in(charlie)
    hers = client.get(reverse("chat:conversation", args=[talk.pk]))
    nobodys = client.get(reverse("chat:conversation", args=[NOBODYS]))
    assert hers.status_code == nobodys.status_code == 404
    # What differs in any two answers: the request's id and the masked CSRF token.
    plain = [
        re.sub(rb"[A-Za-z0-9]{64}", b"", answer.content.replace(answer["X-Request-ID"].encode(), b""))
        for answer in (hers, nobodys)
    ]
    assert plain[0] == plain[1]


def test_visitors_are_sent_to_sign_in(talk: Conversation) -> None:
    client = Client()
    addresses = [
        *routes(talk).values(),
        reverse("chat:home"),
        reverse("chat:list"),
        reverse("chat:create"),
        reverse("chat:keep"),
        reverse("chat:folders"),
    ]
    for address in addresses:
        for method in (client.get, client.post):
            answer = method(address)
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer["Location"].startswith("/accounts/login/")


def test_changes_need_the_csrf_token(alice: User, talk: Conversation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    for name in CHANGES:
        assert request(client, name, routes(talk)[name]) == 403
    assert client.post(reverse("chat:create")).status_code == 403
    assert Conversation.objects.count() == 1


def test_nothing_changes_on_get(alice: User, talk: Conversation) -> None:
    client = signed_in(alice)
    for name in CHANGES:
        assert client.get(routes(talk)[name]).status_code == 405


def test_what_is_written_is_shown_as_text(alice: User, talk: Conversation) -> None:
    page = signed_in(alice).get(reverse("chat:conversation", args=[talk.pk])).content.decode()
    assert "Is &lt;b&gt;this&lt;/b&gt; private?" in page
    assert "<b>this</b>" not in page


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("not json", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"temperature": "hot"}', "number from 0 to 5"),
        ('{"temperature": 9}', "at most 5"),
        ('{"temperature": "nan"}', "number from 0 to 5"),
        ('{"model": "' + "m" * 101 + '"}', "100"),
    ],
)
def test_bad_settings_are_refused_and_change_nothing(alice: User, talk: Conversation, body: str, says: str) -> None:
    answer = signed_in(alice).post(
        reverse("chat:settings", args=[talk.pk]), body, "application/json", headers={"accept": "application/json"}
    )
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]
    before = (talk.model, talk.system_prompt, talk.temperature)
    talk.refresh_from_db()
    assert (talk.model, talk.system_prompt, talk.temperature) == before


def test_settings_are_kept_and_go_to_the_model(alice: User, talk: Conversation) -> None:
    body = json.dumps({"model": "tiny", "system_prompt": "Answer like a pirate.", "temperature": 0.5})
    answer = signed_in(alice).post(reverse("chat:settings", args=[talk.pk]), body, "application/json")
    assert answer.json()["conversation"]["temperature"] == 0.5
    talk.refresh_from_db()
    generation = talk.generations.get()
    turns = contexts([generation], {generation.pk: ""})[generation.pk].messages
    assert [(turn.role, turn.content) for turn in turns] == [
        ("system", "Answer like a pirate."),
        ("user", "Is <b>this</b> private?"),
    ]


def test_an_empty_title_is_refused(alice: User, talk: Conversation) -> None:
    for title in ("", "   ", "x" * 201):
        answer = signed_in(alice).post(
            reverse("chat:rename", args=[talk.pk]), json.dumps({"title": title}), "application/json"
        )
        assert answer.status_code == 400


def test_the_side_bar_comes_in_pages_that_new_conversations_do_not_shift(alice: User) -> None:
    made = [actions.create_conversation(alice).pk for _ in range(70)]
    client = signed_in(alice)
    first = client.get(reverse("chat:list")).json()
    actions.create_conversation(alice)
    second = client.get(reverse("chat:list"), {"before": first["next"]}).json()
    seen = [UUID(row["id"]) for row in (*first["conversations"], *second["conversations"])]
    assert seen == list(reversed(made))
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "////", "bm90IGEgY3Vyc29y", "MjAyNi0wMS0wMSB4"])
def test_a_cursor_that_is_none_is_refused(alice: User, cursor: str) -> None:
    assert signed_in(alice).get(reverse("chat:list"), {"before": cursor}).status_code == 400


def test_charlies_side_bar_has_nothing_of_alices(charlie: User, talk: Conversation) -> None:
    assert signed_in(charlie).get(reverse("chat:list")).json()["conversations"] == []


def test_a_long_conversation_opens_with_few_queries(
    alice: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    conversation = actions.create_conversation(alice)
    parent = None
    rows = []
    for number in range(300):
        role = "user" if number % 2 == 0 else "assistant"
        row = Message(
            conversation=conversation, parent=parent, role=role, source="person", content=str(number),
            html=f"<p>{number}</p>", created=conversation.created,
        )  # fmt: skip
        rows.append(row)
        parent = row
    Message.objects.bulk_create(rows)
    conversation.head = parent
    conversation.save()
    assert [message.content for message in branch(conversation)] == [str(number) for number in range(300)]
    client = signed_in(alice)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page = client.get(reverse("chat:conversation", args=[conversation.pk]))
    assert "<p>299</p>" in page.content.decode()
