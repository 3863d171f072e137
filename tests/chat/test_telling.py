"""An answer that was waited for is there: open pages hear of it, and a letter goes to whom asked for letters and has none open."""

import datetime
import re
import smtplib
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail as outgoing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, generations, keeping
from chat.generations import Outcome, Piece
from chat.models import Conversation, Generation, NoticeChoice, NoticeMail
from chat.telling import actions as notices
from chat.telling import mail
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.models import Job
from meatlizard.threads import in_database
from tests.chat.makers import claim_one
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page
from tests.fakes.mail_sink import MailSink
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that sends mail, into memory."""
    monkeypatch.setattr(settings, "HAS_MAIL", True)
    cache.clear()


@pytest.fixture
def reader(alice: User) -> User:
    """Alice, who wants letters and went away an hour ago."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    notices.choose(alice, by_mail=True)
    away(alice)
    return alice


def away(user: User, seconds: int = 3600) -> None:
    NoticeChoice.objects.filter(user=user).update(page_seen=timezone.now() - datetime.timedelta(seconds=seconds))


def answered(user: User, waited: int = 60, title: str = "About\r\nlizards") -> Conversation:
    """A conversation whose answer came after so many seconds."""
    talk = actions.create_conversation(user)
    asked = actions.send(user, talk.pk, uuid4(), "A secret question")
    created = timezone.now() - datetime.timedelta(seconds=waited)
    Generation.objects.filter(pk=asked.generation).update(created=created)
    Conversation.objects.filter(pk=talk.pk).update(title=title)
    return finished(talk)


def finished(talk: Conversation) -> Conversation:
    row = Generation.objects.get(conversation=talk, state="queued", purpose="answer")
    from chat.models import Node

    node, _ = Node.objects.get_or_create(name="mac", defaults={"public_key": b"k" * 32})
    claimed = claim_one("session", node.pk, ["tiny"])
    assert claimed is not None and claimed.generation == row.pk
    generations.append([Piece(row.pk, claimed.epoch, 0, "A secret answer")])
    assert generations.finish(row.pk, claimed.epoch, "A secret answer", Outcome("stop", html="A secret answer"))
    return Conversation.objects.get(pk=talk.pk)


def letters_asked_for() -> int:
    return Job.objects.filter(task__endswith="write_letter").count()


def test_a_letter_says_that_it_is_ready_and_not_what(reader: User) -> None:
    talk = answered(reader)
    assert letters_asked_for() == 1
    assert mail.send(talk.pk)
    (letter,) = outgoing.outbox
    assert letter.to == [reader.email]
    assert letter.subject == "[MeatLizard] Your answer is ready: About lizards"
    assert f"/chat/{talk.pk}/" in letter.body and "secret" not in letter.body + letter.subject
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_waited_a_moment_gets_none(reader: User) -> None:
    answered(reader, waited=5)
    assert letters_asked_for() == 0


def test_who_did_not_ask_for_letters_gets_none(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    talk = answered(alice)
    assert letters_asked_for() == 0 and not mail.send(talk.pk)
    notices.choose(alice, by_mail=True)
    away(alice)
    notices.choose(alice, by_mail=False)
    assert not mail.send(talk.pk) and outgoing.outbox == []


def test_who_has_a_page_open_or_has_looked_gets_none(reader: User) -> None:
    talk = answered(reader)
    notices.page_open(reader.pk)
    assert not mail.send(talk.pk)
    away(reader)
    keeping.seen(reader, talk.pk)
    assert not mail.send(talk.pk)
    keeping.mark(reader, [talk.pk], "unread")
    keeping.discard(reader, [talk.pk])
    assert not mail.send(talk.pk), "it is in the trash"
    assert outgoing.outbox == []


def test_deactivated_people_and_addresses_nobody_confirmed_get_none(reader: User) -> None:
    talk = answered(reader)
    EmailAddress.objects.filter(user=reader).update(verified=False)
    assert not mail.send(talk.pk)
    EmailAddress.objects.filter(user=reader).update(verified=True)
    reader.is_active = False
    reader.save()
    assert not mail.send(talk.pk) and outgoing.outbox == []


def test_who_is_suspended_gets_none_and_can_end_them(reader: User) -> None:
    talk = answered(reader)
    address = stop_address(reader)
    outgoing.outbox.clear()
    User.objects.filter(pk=reader.pk).update(suspended_until=timezone.now() + datetime.timedelta(days=1))
    assert not mail.send(talk.pk) and outgoing.outbox == [], "the link in it would lead nowhere"
    browser = Client()
    browser.force_login(reader)
    assert browser.post(address).status_code == 200
    assert not NoticeChoice.objects.get(user=reader).by_mail
    reader.suspended_until = timezone.now() - datetime.timedelta(days=1)
    reader.save()
    notices.choose(reader, by_mail=True)
    away(reader)
    assert mail.send(talk.pk), "it is over"


def test_one_letter_for_a_conversation_in_its_minutes(reader: User) -> None:
    talk = answered(reader)
    assert mail.send(talk.pk)
    assert not mail.send(talk.pk)
    other = answered(reader)
    assert mail.send(other.pk), "another conversation has its own"
    ago = timezone.now() - datetime.timedelta(minutes=settings.NOTICE_MAIL_MINUTES, seconds=1)
    NoticeMail.objects.filter(conversation=talk).update(sent=ago)
    assert mail.send(talk.pk)
    assert len(outgoing.outbox) == 3


def test_of_workers_at_the_same_moment_one_writes(reader: User) -> None:
    for _ in range(5):
        talk = answered(reader)
        assert sorted(at_once([lambda key=talk.pk: mail.send(key)] * 4)) == [False, False, False, True]  # type: ignore[misc]


def test_a_real_mail_server_gets_it_and_one_that_refuses_is_tried_again(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = answered(reader, title="Über Echsen")
    with MailSink() as sink:
        monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
        monkeypatch.setattr(settings, "EMAIL_PORT", sink.port)
        monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
        sink.refuses = True
        with pytest.raises(smtplib.SMTPException):
            mail.send(talk.pk)
        sink.refuses = False
        assert mail.send(talk.pk), "the refused one does not count"
    (letter,) = sink.letters
    assert letter["Subject"].endswith("Über Echsen") and letter["To"] == reader.email
    assert "secret" not in letter.as_string()


def stop_address(reader: User) -> str:
    mail.send(answered(reader).pk)
    found = re.search(r"https?://\S+/chat/notices/stop/\S+", outgoing.outbox[-1].body)
    assert found is not None
    return urlsplit(found[0]).path


def test_the_link_in_a_letter_ends_them_without_signing_in_and_only_on_a_click(reader: User) -> None:
    address = stop_address(reader)
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.get(address)
    assert page.status_code == 200 and NoticeChoice.objects.get().by_mail, "a program that looks at links ends nothing"
    assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not NoticeChoice.objects.get().by_mail
    assert reader.username not in page.content.decode()


@pytest.mark.parametrize("token", ["1", "WyJ4Il0:x:y", "x" * 500, "MQ:1abc:" + "A" * 43])
def test_a_link_that_was_not_made_here_ends_nothing(reader: User, token: str) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(reverse("chat:notices-stop", args=[token])).status_code == 404
    assert NoticeChoice.objects.get().by_mail


def test_alice_chooses_on_her_page_and_charlie_changes_only_his_own(
    alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("chat:notices")
    assert "/login/" in Client().get(address)["Location"]
    client = Client()
    client.force_login(alice)
    assert b"confirmed" in client.get(address).content
    with pytest.raises(Invalid):
        notices.choose(alice, by_mail=True)
    assert client.post(address, {"by_mail": "on"}).status_code == 400
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    assert alice.email in client.get(address).content.decode()
    assert client.post(address, {"by_mail": "on"}).status_code == 302
    other = Client()
    other.force_login(charlie)
    assert other.post(address, {}).status_code == 302
    assert dict(NoticeChoice.objects.values_list("user", "by_mail")) == {alice.pk: True, charlie.pk: False}
    assert client.post(address, {}).status_code == 302
    assert not NoticeChoice.objects.get(user=alice).by_mail
    monkeypatch.setattr(settings, "HAS_MAIL", False)
    with pytest.raises(Invalid):
        notices.choose(alice, by_mail=True)


@pytest.mark.asyncio
async def test_an_open_page_says_so_and_hears_of_the_answer(reader: User) -> None:
    async with serving(), Page(reader) as page:
        await page.say(type="status")
        await page.until("status")

        def seen() -> bool:
            choice = NoticeChoice.objects.get()
            assert choice.page_seen is not None
            return choice.page_seen > timezone.now() - datetime.timedelta(seconds=60)

        assert await in_database(seen)
        talk = await in_database(answered, reader, 60, "Lizards")
        ready = await page.until("answer.ready")
        assert (ready["conversation"], ready["title"]) == (str(talk.pk), "Lizards")
        assert not await in_database(mail.send, talk.pk)
