"""Announcements begin and end when they are to, are read as text, and are put away by whoever has read them."""

import datetime
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import queueing
from meatlizard.accounts.models import User
from meatlizard.control import announcing
from meatlizard.control.models import Announcement
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.moderation.models import AuditEntry
from tests.people import person
from tests.services.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = datetime.timedelta(hours=1)


def shown(client: Client) -> str:
    return client.get("/p/public/").content.decode()


def test_it_stands_on_every_page_as_text_and_in_the_open_chat(client: Client, alice: User, olga: User) -> None:
    announcing.announce(olga, "Party\u202e on <script>alert(1)</script>\nFriday")
    assert "Party on &lt;script&gt;alert(1)&lt;/script&gt; Friday" in shown(client)
    client.force_login(alice)
    assert "Party on &lt;script" in client.get(reverse("dashboard")).content.decode()
    (told,) = queueing.status("", alice.pk).announcements
    assert told.text.startswith("Party on") and told.dismissible


def test_it_begins_and_ends_by_itself(client: Client, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    announcing.announce(olga, "Tomorrow's news", now + HOUR, now + 2 * HOUR)
    assert "Tomorrow" not in shown(client)
    monkeypatch.setattr(timezone, "now", lambda: now + HOUR)
    assert "Tomorrow" in shown(client)
    monkeypatch.setattr(timezone, "now", lambda: now + 2 * HOUR)
    assert "Tomorrow" not in shown(client)


def test_who_has_put_it_away_sees_it_no_more(client: Client, olga: User) -> None:
    first = announcing.announce(olga, "First news")
    announcing.announce(olga, "Grave news", dismissible=False)
    client.cookies["put-away"] = f"{first.pk}.{first.pk + 1}"
    page = shown(client)
    assert "First news" not in page and "Grave news" in page
    for garbage in ("x", "1..2", "9" * 400, "1.-2"):
        client.cookies["put-away"] = garbage
        assert "First news" in shown(client)


def test_it_is_changed_and_taken_back(client: Client, olga: User) -> None:
    row = announcing.announce_for(olga, "Part at eight", 1)
    announcing.change(olga, row.pk, "Party at eight", row.begins, None, dismissible=True, discord=False)
    assert "Party at eight" in shown(client)
    announcing.take_back(olga, row.pk)
    assert "Party" not in shown(client)
    with pytest.raises(Invalid, match="over already"):
        announcing.take_back(olga, row.pk)
    later = announcing.announce(olga, "Later", timezone.now() + HOUR)
    announcing.take_back(olga, later.pk)
    assert not Announcement.objects.filter(pk=later.pk).exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [
        "announce", "announcement changed", "announcement taken back", "announce", "announcement taken back",
    ]  # fmt: skip


def test_what_makes_no_sense_is_refused(olga: User, alice: User) -> None:
    now = timezone.now()
    for values, code in [
        (("\u202e \u200b",), "empty"), (("x" * 1001,), "too_long"), (("Hi", now, now), "ends_before"),
    ]:  # fmt: skip
        with pytest.raises(Invalid) as refused:
            announcing.announce(olga, *values)
        assert refused.value.code == code
    for hours in (0, 721):
        with pytest.raises(Invalid):
            announcing.announce_for(olga, "Hi", hours)
    with pytest.raises(NotFound):
        announcing.change(olga, 5, "Hi", now, None, dismissible=True, discord=False)
    for verb in (partial(announcing.announce, alice, "Hi"), partial(announcing.take_back, alice, 1)):
        with pytest.raises(Forbidden):
            verb()
    assert not Announcement.objects.exists()


@pytest.mark.both_databases
def test_of_many_at_once_no_more_stand_than_fit(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "MOST", 2)

    def announce() -> str:
        try:
            announcing.announce(olga, "Hi")
        except Invalid as refused:
            return refused.code
        return "done"

    assert sorted(at_once([announce] * 4)) == ["done", "done", "too_many", "too_many"]


@pytest.mark.both_databases
def test_a_place_outside_is_told_once(olga: User) -> None:
    announcing.announce(olga, "Only here")
    row = announcing.announce(olga, "There, too", discord=True)
    assert [one.number for one in announcing.untold("channel 5")] == [row.pk]
    assert sorted(at_once([partial(announcing.carry, row.pk, "channel 5")] * 3)) == [False, False, True]
    assert announcing.untold("channel 5") == []
    assert [one.number for one in announcing.untold("channel 6")] == [row.pk]
    announcing.not_carried(row.pk, "channel 5")
    assert [one.number for one in announcing.untold("channel 5")] == [row.pk]


def test_the_admin_announces_changes_and_takes_back(client: Client, olga: User) -> None:
    client.force_login(olga)
    add = reverse("admin:control_announcement_add")
    moment = {"begins_0": "2026-01-01", "begins_1": "10:00:00", "ends_0": "", "ends_1": ""}
    assert client.post(add, {"text": "Hello", "dismissible": "on", **moment}).status_code == 302
    row = Announcement.objects.get()
    assert (row.text, row.by, row.dismissible) == ("Hello", olga.pk, True)
    wrong = client.post(add, {"text": "Hello", **moment, "ends_0": "2025-01-01", "ends_1": "10:00:00"})
    assert "ends after it begins" in wrong.content.decode()
    change = reverse("admin:control_announcement_change", args=[row.pk])
    assert client.post(change, {"text": "Goodbye", **moment}).status_code == 302
    assert "Goodbye" in shown(client)
    listing = reverse("admin:control_announcement_changelist")
    client.post(listing, {"action": "take_back", "_selected_action": [row.pk]})
    assert "Goodbye" not in shown(client)
    for who in (person("charlie"), person("sam", is_staff=True)):
        client.force_login(who)
        assert client.post(add, {"text": "Mine", **moment}).status_code in (302, 403)
    assert Announcement.objects.count() == 1
