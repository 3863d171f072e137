"""The pages' half of opening a link: what Django is handed, asked again and passed on."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, LimitReached, NotFound
from shortener import actions, arriving
from shortener.models import Domain, Link
from shortener.redirect.storing import recorder
from shortener.redirect.visits import Step
from tests.shortener.visiting import FIREFOX

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TARGET = "https://example.org/page"


def request(method: str = "GET", **more: Any) -> HttpRequest:
    return RequestFactory().generic(method, "/s/x", HTTP_USER_AGENT=FIREFOX, **more)


def test_a_password_opens_the_way_and_the_click_is_counted(alice: User) -> None:
    link = actions.create(alice, target=TARGET, slug="x", password="please", status=308)
    arrival = arriving.arrive(request(), "x")
    assert arrival.step is Step.PASSWORD and not arrival.tells
    with pytest.raises(Forbidden):
        arriving.pass_on(request(), arrival)
    with pytest.raises(Forbidden):
        arriving.unlock(link, "pleas", "192.0.2.50")
    proof = arriving.unlock(link, "please", "192.0.2.50")
    opened = arriving.arrive(request("POST"), "x", unlocked=proof)
    response = arriving.pass_on(request("POST"), opened)
    assert (response.status_code, response["Location"]) == (303, TARGET), "the password must not be sent on"
    assert arriving.pass_on(request(), opened).status_code == 308
    assert recorder.flush() == 2
    link.refresh_from_db()
    assert link.clicks == 2
    actions.edit(link, password="another")
    assert arriving.arrive(request(), "x", unlocked=proof).step is Step.PASSWORD, "an old proof opens nothing"


def test_passwords_are_tried_so_often_and_no_more(alice: User) -> None:
    link = actions.create(alice, target=TARGET, password="please")
    for _try in range(5):
        with pytest.raises(Forbidden):
            arriving.unlock(link, "wrong", "192.0.2.51")
    with pytest.raises(LimitReached):
        arriving.unlock(link, "please", "192.0.2.51")
    assert arriving.unlock(link, "please", "192.0.2.52")


def test_a_visitor_is_told_first_and_passes_on_with_a_word(alice: User) -> None:
    with override_settings(LINK_INTERSTITIAL="all"):
        actions.create(alice, target=TARGET, slug="x")
        arrival = arriving.arrive(request(), "x")
        assert arrival.step is Step.ASK and arrival.tells
        with pytest.raises(Forbidden):
            arriving.pass_on(request(), arrival)
        assert arriving.pass_on(request(), arriving.arrive(request(), "x", confirmed=True))["Location"] == TARGET


def test_the_last_click_is_taken_once_on_pages_too(alice: User) -> None:
    actions.create(alice, target=TARGET, slug="x", max_clicks=1, password="p")
    link = Link.objects.get()
    proof = arriving.unlock(link, "p", "192.0.2.53")
    first, second = (arriving.arrive(request(), "x", unlocked=proof) for _who in range(2))
    assert arriving.pass_on(request(), first)["Location"] == TARGET
    with pytest.raises(NotFound):
        arriving.pass_on(request(), second)
    with pytest.raises(NotFound):
        arriving.arrive(request(), "x", unlocked=proof)
    actions.edit(link, fallback="https://example.org/over")
    over = arriving.arrive(request(), "x")
    assert over.step is Step.ELSEWHERE
    assert arriving.pass_on(request(), over)["Location"] == "https://example.org/over"


def test_previews_and_links_of_other_domains(alice: User) -> None:
    domain = Domain.objects.create(host="go.example.net")
    actions.create(alice, target=TARGET, slug="x")
    there = actions.create(alice, target=TARGET, slug="a/b", domain=domain)
    assert arriving.arrive(request(), "x+").preview
    assert arriving.arrive(request(), "@GO.example.net/a/b").link == there
    assert arriving.arrive(request(), "@go.example.net/a/b+").preview


@pytest.mark.parametrize(
    "path", ["", "+", "++", "y", "@", "@/x", "@go.example.net", "@other.example/x", "x\x00", "../x", "x" * 3_000, "\ud800", "@\x00/x", "x/../x"]
)  # fmt: skip
def test_what_leads_nowhere(alice: User, path: str) -> None:
    actions.create(alice, target=TARGET, slug="x")
    with pytest.raises(NotFound):
        arriving.arrive(request(), path)


def test_a_target_with_a_password_or_a_limit_is_told_to_nobody(alice: User) -> None:
    for slug, details in {"a": {"password": "p"}, "b": {"max_clicks": 1}, "c": {}}.items():
        actions.create(alice, target=TARGET, slug=slug, **details)  # type: ignore[arg-type]
    assert [arriving.arrive(request(), f"{slug}+").tells for slug in "abc"] == [False, False, True]
