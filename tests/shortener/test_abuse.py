"""Reports and take-downs. Olga operates the site."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.moderation import services
from meatlizard.moderation.actions import sanctions
from meatlizard.moderation.models import Case
from shortener import access, actions
from shortener.models import Change, Link
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def link(alice: User) -> Link:
    return actions.create(alice, target="https://a.example.org/x", slug="bad")


def test_a_link_is_taken_down_and_restored(link: Link, olga: User, alice: User) -> None:
    actions.take_down(olga, link, "It deceives.")
    with pytest.raises(NotFound):
        access.link_at("", "bad")
    mine = access.access_link(alice, link.pk)
    assert mine.taken_down_why == "It deceives."
    with pytest.raises(Forbidden):
        actions.edit(mine, target="https://example.com/")
    actions.restore(olga, link)
    assert access.link_at("", "bad") == link
    with pytest.raises(Invalid):
        actions.take_down(olga, link, " ")


def test_who_is_no_moderator_takes_nothing_down(link: Link, charlie: User) -> None:
    attempts: list[Callable[[User], object]] = [
        lambda who: actions.take_down(who, link, "why"),
        lambda who: actions.restore(who, link),
        lambda who: actions.take_down_host(who, "example.org", "why"),
        lambda who: actions.unblock_host(who, "example.org"),
        lambda who: actions.take_down_person(who, link.owner, "why"),
        lambda who: access.access_any_link(who, link.pk),
    ]
    for who in (charlie, person("stan", is_staff=True)):
        for attempt in attempts:
            with pytest.raises(Forbidden):
                attempt(who)
    assert access.link_at("", "bad")


def test_a_host_is_blocked_with_all_that_leads_there(link: Link, olga: User, alice: User) -> None:
    other = actions.create(alice, target="https://example.org.example.com/")
    assert actions.take_down_host(olga, "Example.ORG", "phishing") == 1
    with pytest.raises(NotFound):
        access.link_at("", link.slug)
    assert access.link_at("", other.slug)
    with pytest.raises(Invalid):
        actions.create(alice, target="https://sub.example.org/")
    assert actions.unblock_host(olga, "example.org")
    assert not actions.unblock_host(olga, "example.org")
    assert actions.create(alice, target="https://sub.example.org/").pk
    for nonsense in ("org", "", "a b", "exa/mple.org"):
        with pytest.raises(Invalid):
            actions.take_down_host(olga, nonsense, "why")


def test_all_links_of_a_person(link: Link, olga: User, alice: User, charlie: User) -> None:
    theirs = actions.create(charlie, target="https://example.com/")
    assert actions.take_down_person(olga, alice, "spam") == 1
    assert actions.take_down_person(olga, alice, "spam") == 0
    with pytest.raises(NotFound):
        access.link_at("", link.slug)
    assert access.link_at("", theirs.slug)


def test_what_is_taken_down_at_once_is_locked_in_one_order(link: Link, olga: User, alice: User) -> None:
    """Who stores clicks locks links by their number, and so does whoever deletes some: in any other order they wait for each other."""
    for number in range(3):
        actions.create(alice, target=f"https://a.example.org/{number}")
    for take_down in (
        lambda: actions.take_down_host(olga, "a.example.org", "It deceives."),
        lambda: actions.take_down_person(olga, alice, "It deceives."),
    ):
        Link.objects.update(taken_down=None)
        with CaptureQueriesContext(connection) as seen:
            assert take_down() == 4
        table = Link._meta.db_table
        mine = [
            one["sql"]
            for one in seen.captured_queries
            if f'FROM "{table}"' in one["sql"] or f'UPDATE "{table}"' in one["sql"]
        ]
        assert mine[0].startswith("SELECT") and " ORDER BY 1 ASC" in mine[0] and mine[1].startswith("UPDATE"), mine
        assert connection.vendor != "postgresql" or mine[0].endswith("FOR NO KEY UPDATE")


def test_a_report_stands_in_the_queue_of_moderators_and_ends_the_link(link: Link, charlie: User) -> None:
    case = actions.report(link, charlie, "192.0.2.1", Case.Reason.SPAM, "it lies")
    assert link.target in case.matched and case.person_id == link.owner_id
    with pytest.raises(Invalid):
        actions.report(link, charlie, "192.0.2.1", Case.Reason.SPAM)
    service = services.find("link")
    assert service is not None
    assert link.target in (service.read(case.target) or "")
    assert service.remove(case.target)
    with pytest.raises(NotFound):
        access.link_at("", "bad")
    assert Change.objects.filter(slug="bad").count() == 2


def test_moderation_asks_about_links_that_are_gone(link: Link) -> None:
    service = services.find("link")
    assert service is not None
    actions.delete(link)
    for target in (f"link:{link.pk}", "link:x", "message:1", "", "link:99999999"):
        assert service.read(target) is None and not service.remove(target) and not service.write(target, "")


def test_links_of_suspended_people_lead_nowhere(
    link: Link, olga: User, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sanctions.suspend(olga, alice, "rude", 3)
    with pytest.raises(NotFound):
        access.link_at("", "bad")
    assert Change.objects.filter(host="", slug="").exists()


def test_its_owner_does_not_make_anew_what_was_taken_down(link: Link, alice: User, olga: User) -> None:
    other = actions.create(alice, target="https://example.com/", slug="good")
    actions.take_down(olga, link, "It deceives.")
    with pytest.raises(Forbidden):
        actions.delete(link)
    with pytest.raises(Invalid):
        actions.create(alice, target="https://example.com/", slug="bad")
    assert actions.delete_many([link, other]) == 1
    assert list(Link.objects.all()) == [link]
    actions.restore(olga, link)
    actions.delete(link)
    assert not Link.objects.exists()
