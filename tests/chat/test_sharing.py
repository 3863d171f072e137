"""Links to conversations: Alice shares, Bob has the link, Charlie has none, and a visitor has no account."""

import datetime
import re
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from chat import actions as chat_actions
from chat.models import Conversation, Message, Share
from chat.sharing import actions
from chat.sharing.access import token_hash
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.markup import render_markdown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ANSWER = "Because **yes**.\n\n```python\nprint(1)\n```\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


def add(talk: Conversation, parent: Message | None, role: str, content: str, **more: str) -> Message:
    html = render_markdown(content) if role == "assistant" else f'<div class="plain">{content}</div>'
    return Message.objects.create(
        conversation=talk, parent=parent, role=role, source="person" if role == "user" else "model",
        content=content, html=html, created=timezone.now(), **more,
    )  # fmt: skip


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Alice's, with two answers to one question; the second is shown."""
    row = chat_actions.create_conversation(alice, system_prompt="My secret prompt")
    row.title = "About lizards"
    question = add(row, None, "user", "Why?")
    add(row, question, "assistant", "The version not shown")
    row.head = add(row, question, "assistant", ANSWER, thinking="My secret thought", model="tiny")
    row.save()
    return row


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link(talk: Conversation, **more: object) -> str:
    return reverse("chat:shared", args=[actions.share(talk, **more)[1]])  # type: ignore[arg-type]


def body(response: HttpResponse) -> str:
    return response.content.decode()


def test_a_visitor_reads_what_alice_shares_and_no_more(talk: Conversation) -> None:
    response = Client().get(link(talk))
    text = body(response)
    assert response.status_code == 200
    assert "About lizards" in text and "Because <strong>yes</strong>" in text and "Why?" in text
    for secret in ("My secret prompt", "My secret thought", "The version not shown", "alice", str(talk.pk)):
        assert secret not in text
    assert response["X-Robots-Tag"].startswith("noindex") and 'name="robots" content="noindex' in text
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    snapshot = str(Share.objects.get().snapshot)
    assert "secret" not in snapshot


def test_hostile_text_stays_text(talk: Conversation) -> None:
    text = body(Client().get(link(talk)))
    article = text[text.index("<article") : text.rindex("</article>")]
    assert 'href="javascript:' not in article and "<img" not in article
    talk.title = "<script>alert(1)</script>"
    talk.save()
    assert "<script>alert" not in body(Client().get(link(talk)))


def test_what_alice_does_later_does_not_change_it(talk: Conversation) -> None:
    address = link(talk)
    before = body(Client().get(address))
    Message.objects.filter(conversation=talk).update(content="changed", html="changed")
    assert body(Client().get(address)) == before
    chat_actions.delete(Conversation.objects.get(pk=talk.pk))
    Conversation.objects.filter(pk=talk.pk).delete()
    assert body(Client().get(address)) == before


def test_only_a_hash_of_the_link_is_kept(talk: Conversation) -> None:
    row, token = actions.share(talk, password="open sesame")
    assert len(token) >= 32, "24 random bytes"
    stored = " ".join(str(value) for value in Share.objects.filter(pk=row.pk).values()[0].values())
    assert token not in stored and "open sesame" not in stored and token_hash(token) in stored


def closed(path: str, client: Client | None = None) -> tuple[int, str]:
    """Status and page, without what differs from request to request."""
    response = (client or Client()).get(path)
    text = re.sub(r"Request [\w-]+|nonce-?[\w=\"'+/-]*|csrf-token\" content=\"\w+", "", body(response))
    return response.status_code, text.replace(path, "")


def test_no_link_an_expired_and_a_withdrawn_one_look_alike(talk: Conversation) -> None:
    expired, withdrawn, locked = link(talk, days=1), link(talk), link(talk, password="sesame", days=1)
    Share.objects.exclude(expires=None).update(expires=timezone.now() - datetime.timedelta(seconds=1))
    actions.revoke(Share.objects.get(token_hash=token_hash(withdrawn.split("/")[-2])))
    never = closed(reverse("chat:shared", args=["A" * 32]))
    assert never[0] == 404
    assert closed(expired) == closed(withdrawn) == closed(locked) == never
    assert Client().post(locked, {"password": "sesame"}).status_code == 404


def test_a_link_ends_with_its_owners_account(alice: User, talk: Conversation) -> None:
    address = link(talk)
    alice.is_active = False
    alice.save()
    assert Client().get(address).status_code == 404
    alice.delete()
    assert not Share.objects.exists()


def test_the_password_is_asked_for_and_opens(talk: Conversation) -> None:
    address = link(talk, password="open sesame")
    visitor = Client()
    asked = visitor.get(address)
    assert "Because" not in body(asked) and "About lizards" not in body(asked)
    wrong = visitor.post(address, {"password": "close sesame"})
    assert wrong.status_code == 403 and "not the password" in body(wrong) and "About lizards" not in body(wrong)
    assert "Because" not in body(visitor.get(address))
    assert visitor.post(address, {"password": "open sesame"}).status_code == 302
    assert "Because" in body(visitor.get(address))
    assert "Because" not in body(Client().get(address)), "another visitor is asked"
    assert visitor.cookies["share"]["path"] == address and visitor.cookies["share"]["httponly"]


def test_the_cookie_of_one_link_opens_no_other(talk: Conversation) -> None:
    first, second = link(talk, password="one"), link(talk, password="one")
    visitor = Client()
    visitor.post(first, {"password": "one"})
    visitor.cookies["share"]["path"] = "/"
    assert "Because" in body(visitor.get(first))
    assert "Because" not in body(visitor.get(second))
    visitor.cookies["share"] = ""
    assert "Because" not in body(visitor.get(first))


def test_passwords_cannot_be_tried_for_long(talk: Conversation) -> None:
    address = link(talk, password="open sesame")
    visitor = Client()
    answers = [visitor.post(address, {"password": f"{n}"}).status_code for n in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert visitor.post(address, {"password": "open sesame"}).status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.7").post(address, {"password": "open sesame"}).status_code == 302


def test_alice_sees_her_own_without_its_password(alice: User, charlie: User, talk: Conversation) -> None:
    address = link(talk, password="open sesame")
    assert "Because" in body(signed_in(alice).get(address))
    assert "Because" not in body(signed_in(charlie).get(address))


def test_bob_goes_on_in_a_copy_of_his_own(bob: User, talk: Conversation) -> None:
    address = link(talk)
    response = signed_in(bob).post(f"{address}copy/")
    copy = Conversation.objects.get(owner=bob)
    assert response["Location"] == reverse("chat:conversation", args=[copy.pk])
    assert [row.content for row in copy.messages.order_by("created", "pk")] == ["Why?", ANSWER]
    assert copy.head is not None and copy.head.content == ANSWER
    assert (copy.system_prompt, copy.head.thinking) == ("", "")
    asked = chat_actions.send(bob, copy.pk, uuid4(), "And then?")
    assert asked.conversation == copy.pk
    assert Conversation.objects.get(pk=talk.pk).messages.count() == 3, "Alice's is as it was"


def test_a_visitor_is_led_to_sign_in_and_copies_nothing(talk: Conversation) -> None:
    address = link(talk)
    assert f"?next={address}" in body(Client().get(address))
    assert "/accounts/login/" in Client().post(f"{address}copy/")["Location"]
    assert Conversation.objects.count() == 1


def test_bob_copies_nothing_that_is_locked(bob: User, talk: Conversation) -> None:
    address = link(talk, password="open sesame")
    client = signed_in(bob)
    assert client.post(f"{address}copy/")["Location"] == address
    assert not Conversation.objects.filter(owner=bob).exists()
    client.post(address, {"password": "open sesame"})
    client.post(f"{address}copy/")
    assert Conversation.objects.filter(owner=bob).exists()


def test_charlie_shares_exports_and_withdraws_nothing_of_alices(alice: User, charlie: User, talk: Conversation) -> None:
    share, _ = actions.share(talk)
    nobodys = UUID("00000000-0000-4000-8000-000000000000")
    stranger, owner = signed_in(charlie), signed_in(alice)
    routes = [
        ("get", "chat:share", talk.pk), ("post", "chat:share", talk.pk), ("post", "chat:revoke", share.pk),
        *(("get", "chat:export", (talk.pk, kind)) for kind in ("json", "markdown", "html")),
    ]  # fmt: skip
    for method, name, key in routes:
        args = key if isinstance(key, tuple) else (key,)
        hers = getattr(stranger, method)(reverse(name, args=args))
        none = getattr(stranger, method)(reverse(name, args=(nobodys, *args[1:])))
        assert (hers.status_code, none.status_code) == (404, 404), name
        assert getattr(Client(), method)(reverse(name, args=args)).status_code == 302, name
    assert Share.objects.count() == 1
    assert "About lizards" not in body(stranger.get(reverse("chat:shares")))
    assert "About lizards" in body(owner.get(reverse("chat:shares")))
    assert owner.get(reverse("chat:revoke", args=[share.pk])).status_code == 405
    assert owner.post(reverse("chat:revoke", args=[share.pk])).status_code == 302
    assert not Share.objects.exists()


def test_alice_makes_a_link_by_the_page(alice: User, talk: Conversation) -> None:
    client = signed_in(alice)
    page = body(client.post(reverse("chat:share", args=[talk.pk]), {"days": "7", "password": "sesame"}))
    address = re.search(r'id="link" value="http://[^/]+(/[^"]+)"', page)
    assert address is not None
    row = Share.objects.get()
    assert row.token_hash == token_hash(address[1].split("/")[-2])
    assert row.expires is not None and abs(row.expires - row.created - datetime.timedelta(days=7)).total_seconds() < 1
    assert address[1] not in body(client.get(reverse("chat:share", args=[talk.pk])))
    bad = client.post(reverse("chat:share", args=[talk.pk]), {"days": "0"})
    assert bad.status_code == 400 and Share.objects.count() == 1


def test_an_empty_conversation_is_not_shared(alice: User, monkeypatch: pytest.MonkeyPatch, talk: Conversation) -> None:
    with pytest.raises(Invalid):
        actions.share(chat_actions.create_conversation(alice))
    monkeypatch.setattr(actions, "MAX_SHARES", 1)
    actions.share(talk)
    with pytest.raises(LimitReached):
        actions.share(talk)


def test_links_long_over_go_with_what_was_behind_them(talk: Conversation) -> None:
    old, _ = actions.share(talk, days=1)
    Share.objects.filter(pk=old.pk).update(expires=timezone.now() - actions.KEPT_AFTER_END * 2)
    actions.share(talk)
    assert not Share.objects.filter(pk=old.pk).exists()


def test_an_operator_may_close_links_to_members_or_at_all(
    alice: User, charlie: User, talk: Conversation, settings: Settings
) -> None:
    address = link(talk)
    settings.SHARE_LINKS = "members"
    asked, unknown = Client().get(address), Client().get(reverse("chat:shared", args=["A" * 32]))
    assert asked.status_code == unknown.status_code == 302 and "/accounts/login/" in asked["Location"]
    assert signed_in(charlie).get(address).status_code == 200
    settings.SHARE_LINKS = "false"
    assert signed_in(charlie).get(address).status_code == signed_in(alice).get(address).status_code == 404
    assert signed_in(charlie).post(f"{address}copy/").status_code == 404
    assert signed_in(alice).post(reverse("chat:share", args=[talk.pk])).status_code == 403
    assert Share.objects.count() == 1
    settings.SHARE_LINKS = "true"
    assert Client().get(address).status_code == 200


def test_olga_finds_a_harmful_link_by_its_address_and_withdraws_it(olga: User, talk: Conversation) -> None:
    address = f"https://chat.example.org{link(talk)}"
    link(talk)
    wanted = Share.objects.get(token_hash=token_hash(address.split("/")[-2]))
    operator = signed_in(olga)
    found = body(operator.get(reverse("admin:chat_share_changelist"), {"q": address}))
    assert str(wanted.pk) in found and found.count("/admin/chat/share/") and "1 share" in found
    page = body(operator.get(reverse("admin:chat_share_change", args=[wanted.pk])))
    assert "About lizards" not in page and "Because" not in page, "operators see that it is there, and not what"
    operator.post(reverse("admin:chat_share_delete", args=[wanted.pk]), {"post": "yes"})
    assert not Share.objects.filter(pk=wanted.pk).exists() and Share.objects.count() == 1
