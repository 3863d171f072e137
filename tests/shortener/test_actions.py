"""Making, changing and deleting links. Alice owns; Charlie is a stranger; Olga operates the site."""

import datetime

import pytest
from django.test import override_settings
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from shortener import access, actions, slugs
from shortener.models import BlockedHost, BlockList, Change, Domain, Link

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TARGET = "https://example.org/page"


def test_alice_makes_a_link_and_only_she_reaches_it(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET, title="  A \n page ", tags=["One", "one", " two "], notes="n")
    assert (link.target, link.host, link.title, link.status) == (TARGET, "example.org", "A page", 302)
    assert [tag.name for tag in link.tags.all()] == ["one", "two"]
    assert len(link.slug) == slugs.LENGTH
    assert access.access_link(alice, link.pk) == link
    with pytest.raises(NotFound):
        access.access_link(charlie, link.pk)
    assert list(access.links_of(charlie)) == []
    assert access.link_at("", link.slug) == link


def test_a_chosen_slug_is_given_once_for_each_domain(alice: User, charlie: User) -> None:
    domain = Domain.objects.create(host="go.example.net")
    actions.create(alice, target=TARGET, slug="docs")
    with pytest.raises(Invalid) as taken:
        actions.create(charlie, target=TARGET, slug="docs")
    assert taken.value.code == "slug_taken"
    there = actions.create(charlie, target=TARGET, slug="docs", domain=access.access_domain(charlie, "GO.example.net"))
    assert there.domain == domain
    with pytest.raises(Invalid):
        actions.create(alice, target=TARGET, slug="docs", domain=domain)
    assert actions.create(alice, target=TARGET, slug="Docs").slug == "Docs", "case counts"


def test_a_random_slug_that_is_taken_is_made_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.create(alice, target=TARGET, slug="aaa")
    drawn = iter(["aaa", "aaa", "bbb"])
    monkeypatch.setitem(slugs.MADE, "random", lambda: next(drawn))
    assert actions.create(alice, target=TARGET).slug == "bbb"
    monkeypatch.setitem(slugs.MADE, "random", lambda: "aaa")
    with pytest.raises(Invalid):
        actions.create(alice, target=TARGET)


def test_word_slugs(alice: User) -> None:
    assert actions.create(alice, target=TARGET, style="words").slug.count("-") == 2
    with pytest.raises(Invalid):
        actions.create(alice, target=TARGET, style="emoji")


def test_where_staff_makes_links_others_make_none(alice: User, olga: User) -> None:
    with override_settings(LINKS_FOR="staff"):
        for attempt in (
            lambda: actions.create(alice, target=TARGET),
            lambda: actions.create_many(alice, [{"target": TARGET}]),
            lambda: actions.link_to(alice, TARGET),
        ):
            with pytest.raises(Forbidden):
                attempt()
        assert actions.create(olga, target=TARGET).owner == olga


def test_one_person_makes_so_many_an_hour(alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shortener.actions.links.CREATE_RATE", "2/h")
    for _round in range(2):
        actions.create(alice, target=TARGET)
    with pytest.raises(LimitReached):
        actions.create(alice, target=TARGET)
    assert actions.create(charlie, target=TARGET).pk


def test_a_domain_of_somebody_is_not_for_others(alice: User, charlie: User) -> None:
    Domain.objects.create(host="alice.example.net", owner=alice)
    Domain.objects.create(host="off.example.net", enabled=False)
    assert access.access_domain(alice, "alice.example.net")
    assert access.access_domain(charlie, "") is None
    for host in ("alice.example.net", "off.example.net", "none.example.net"):
        with pytest.raises(NotFound):
            access.access_domain(charlie, host)


def test_links_lead_to_no_link_of_ours_by_no_way(alice: User) -> None:
    Domain.objects.create(host="go.example.net")
    chain = "https://go.example.net/x"
    link = actions.create(alice, target=TARGET)
    rules = [{"conditions": [], "targets": [{"target": chain}]}]
    for refused in ({"target": chain}, {"fallback": chain}, {"rules": rules}):
        with pytest.raises(Invalid):
            actions.edit(link, **refused)
    link.refresh_from_db()
    assert (link.target, link.fallback, link.rules) == (TARGET, "", [])


def test_blocked_hosts_and_what_lies_below_them(alice: User) -> None:
    listed = BlockList.objects.create(name="bad ones")
    BlockedHost.objects.create(list=listed, host="evil.example.net")
    link = actions.create(alice, target="https://notevil.example.net/")
    for address in ("https://evil.example.net/", "https://a.b.evil.example.net/x", "https://EVIL.example.net./"):
        with pytest.raises(Invalid) as refused:
            actions.edit(link, target=address)
        assert refused.value.code == "host_blocked"
    with pytest.raises(Invalid):
        actions.edit(link, rules=[{"targets": [{"target": "https://evil.example.net"}]}])
    BlockList.objects.filter(pk=listed.pk).update(enabled=False)
    actions.edit(link, target="https://evil.example.net/")


def test_an_edit_changes_what_it_names(alice: User) -> None:
    link = actions.create(alice, target=TARGET, title="t", tags=["a"], password="secret", max_clicks=5)
    hashed = link.password
    assert hashed and "secret" not in hashed
    Link.objects.filter(pk=link.pk).update(passed=3, clicks=9)
    actions.edit(link, target="https://example.com/", status=308, folder=actions.make_folder(alice, "f"))
    link.refresh_from_db()
    assert (link.target, link.host, link.status, link.title) == ("https://example.com/", "example.com", 308, "t")
    assert (link.password, link.passed, link.clicks, link.max_clicks) == (hashed, 3, 9, 5)
    assert [tag.name for tag in link.tags.all()] == ["a"]
    actions.edit(link, password="", tags=[])
    assert link.password == "" and not link.tags.exists()


@pytest.mark.parametrize(
    "details",
    [
        {"status": 303}, {"title": "x" * 201}, {"tags": [str(number) for number in range(21)]}, {"tags": ["x" * 41]}, {"max_clicks": 0},
        {"max_clicks": -1}, {"password": "x" * 201}, {"rules": [{"targets": []}]}, {"rules": "x"}, {"rules": [{"targets": [{"target": "x"}]}]},
        {"rules": [{"conditions": [{"type": "moon"}], "targets": [{"target": TARGET}]}]}, {"slug": "../x"}, {"target": "javascript:1"},
        {"not_before": timezone.now(), "not_after": timezone.now() - datetime.timedelta(days=1)},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(alice: User, details: dict[str, object]) -> None:
    link = actions.create(alice, target=TARGET)
    before = Link.objects.filter(pk=link.pk).values().get()
    with pytest.raises(Invalid):
        actions.edit(link, **details)
    assert Link.objects.filter(pk=link.pk).values().get() == before


def test_a_folder_of_another_person_is_refused(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET)
    with pytest.raises(Invalid):
        actions.edit(link, folder=actions.make_folder(charlie, "c"))
    with pytest.raises(NotFound):
        access.access_folder(alice, actions.make_folder(charlie, "c").pk)


def test_many_at_once_and_each_for_itself(alice: User) -> None:
    made = actions.create_many(
        alice,
        [{"target": TARGET, "slug": "one"}, {"target": "nowhere"}, {"target": TARGET, "slug": "one"}, {"title": "x"},
         {"target": TARGET, "style": "words"}],
    )  # fmt: skip
    assert [bool(one.link) for one in made] == [True, False, False, False, True]
    assert all(one.error for one in made if one.link is None)
    links = list(access.links_of(alice))
    assert len(links) == 2
    assert not any(one.error for one in actions.edit_many(links, tags=["new"], status=301))
    assert {link.status for link in access.links_of(alice)} == {301}
    with pytest.raises(Invalid):
        actions.edit_many(links, slug="same")
    assert actions.delete_many(links) == 2
    assert not access.links_of(alice).exists()


def test_too_many_at_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shortener.actions.links.MAX_BULK", 2)
    with pytest.raises(Invalid):
        actions.create_many(alice, [{"target": TARGET}] * 3)
    monkeypatch.setattr("shortener.actions.links.MAX_LINKS", 1)
    with pytest.raises(LimitReached):
        actions.create_many(alice, [{"target": TARGET}] * 2)
    assert not Link.objects.exists()


def test_one_link_to_one_of_our_pages(alice: User, charlie: User) -> None:
    with override_settings(SITE_URL="https://lizard.example.org", ALLOWED_HOSTS=["lizard.example.org"]):
        page = "https://lizard.example.org/chat/shared/abc/"
        first = actions.link_to(alice, page, "Talk")
        assert actions.link_to(alice, page).pk == first.pk
        assert actions.link_to(charlie, page).pk != first.pk
        actions.edit(first, max_clicks=1)
        assert actions.link_to(alice, page).pk != first.pk, "one with conditions is not what was asked for"
        with pytest.raises(Invalid):
            actions.link_to(alice, f"https://lizard.example.org/s/{first.slug}")


def test_every_change_is_written_down_in_order(alice: User) -> None:
    link = actions.create(alice, target=TARGET, slug="one")
    actions.edit(link, slug="two")
    actions.delete(link)
    rows = list(Change.objects.values_list("number", "host", "slug"))
    assert [number for number, _host, _slug in rows] == list(range(1, len(rows) + 1))
    assert [slug for _number, _host, slug in rows] == [
        "one",
        *sorted({"one", "two"}, key=[s for _n, _h, s in rows][1:3].index),
        "two",
    ]
