"""Reports of answers and of shared pages: by whom they may be read, and nobody else."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from chat.models import Message, Share
from chat.sharing import actions as sharing
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import cases, rule_sets
from meatlizard.moderation.models import Case, Policy
from tests.chat.makers import ask_as

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

REPORT = {"reason": "harm", "comment": "It is <b>rude</b>."}


def answer_of(user: User) -> Message:
    row = ask_as(user, "Who are you?")
    assert row.message is not None
    Message.objects.filter(pk=row.message_id).update(content="A rude answer.", html="<p>A rude answer.</p>")
    row.message.refresh_from_db()
    return row.message


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_answer_is_reported_by_whose_it_is(alice: User, charlie: User) -> None:
    answer = answer_of(alice)
    page = reverse("chat:report", args=[answer.pk])
    assert signed_in(charlie).get(page).status_code == 404
    assert signed_in(charlie).post(page, REPORT).status_code == 404
    assert Client().post(page, REPORT).status_code == 302
    assert not Case.objects.exists()

    browser = signed_in(alice)
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"reason": "because"}).status_code == 400
    assert browser.post(page, REPORT).status_code == 302
    case = Case.objects.get()
    assert (case.matched, case.reporter, case.person) == ("A rude answer.", alice, alice)
    assert (case.reason, case.comment) == ("harm", "It is <b>rude</b>.")
    assert browser.post(page, REPORT).status_code == 400, "once is enough"
    assert browser.get(reverse("chat:report", args=[uuid4()])).status_code == 404


def test_a_shared_page_is_reported_by_whoever_may_read_it(alice: User, bob: User, mona: User) -> None:
    answer = answer_of(alice)
    _, token = sharing.share(answer.conversation)
    page = reverse("chat:report_share", args=[token])
    assert (
        reverse("chat:report_share", args=[token])
        in Client().get(reverse("chat:shared", args=[token])).content.decode()
    )
    for browser in (Client(), signed_in(bob)):
        assert browser.get(page).status_code == 200
        assert browser.post(page, REPORT).status_code == 302
    assert Client().post(reverse("chat:report_share", args=["nonsense"]), REPORT).status_code == 404
    assert set(Case.objects.values_list("reporter__username", "person__username")) == {
        (None, "alice"),
        ("bob", "alice"),
    }
    case = Case.objects.filter(reporter=bob).get()
    assert "A rude answer." in case.matched
    cases.delete(mona, case)
    assert not Share.objects.exists(), "nothing remains behind the link"


def test_behind_a_password_or_for_members_only_nobody_else_reports(alice: User) -> None:
    answer = answer_of(alice)
    _, token = sharing.share(answer.conversation, password="hunter2")
    page = reverse("chat:report_share", args=[token])
    assert Client().post(page, REPORT)["Location"] == reverse("chat:shared", args=[token])
    with override_settings(SHARE_LINKS="members"):
        assert "/accounts/login/" in Client().post(page, REPORT)["Location"]
    assert not Case.objects.exists()


def test_reports_are_limited_and_can_be_switched_off(alice: User, olga: User) -> None:
    answers = [answer_of(alice) for _ in range(2)]
    browser = signed_in(alice)
    codes = [browser.post(reverse("chat:report", args=[answers[0].pk]), REPORT).status_code for _ in range(22)]
    assert codes[0] == 302
    assert codes[-1] == 429
    cache.clear()
    rule_sets.set_policy(olga, Policy(reports=False))
    from meatlizard.moderation import rulebook

    rulebook.refresh()
    assert browser.get(reverse("chat:report", args=[answers[1].pk])).status_code == 404
    assert b'data-testid="report"' not in browser.get(reverse("chat:home")).content
