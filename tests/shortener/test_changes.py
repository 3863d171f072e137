"""How a process learns what others changed."""

import datetime

import pytest
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from shortener import actions, changes
from shortener.changes import EVERYTHING
from shortener.models import Change, ChangeCounter

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TARGET = "https://example.org/"


def test_what_changed_since_in_order_and_once(alice: User) -> None:
    assert changes.since(0) == (0, [])
    link = actions.create(alice, target=TARGET, slug="a")
    actions.edit(link, title="t")
    actions.create(alice, target=TARGET, slug="b")
    number, changed = changes.since(0)
    assert changed == [("", "a"), ("", "a"), ("", "b")]
    assert changes.since(number) == (number, [])
    assert changes.since(number - 1) == (number, [("", "b")])


def test_who_has_missed_too_much_reads_everything_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        actions.create(alice, target=TARGET, slug=f"x{number}")
    last = changes.latest()
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 2)
    assert changes.since(0) == (last, [EVERYTHING])
    monkeypatch.undo()
    Change.objects.filter(number=1).delete()
    assert changes.since(0) == (last, [EVERYTHING])
    Change.objects.update(at=timezone.now() - 2 * changes.KEPT_FOR)
    assert changes.prune() == last - 1
    assert changes.since(last - 1) == (last, [EVERYTHING])


def test_a_database_that_was_put_back_is_noticed(alice: User) -> None:
    actions.create(alice, target=TARGET)
    last = changes.latest()
    ChangeCounter.objects.update(last=0)
    assert changes.since(last) == (0, [EVERYTHING])


def test_what_is_rolled_back_was_no_change(alice: User) -> None:
    link = actions.create(alice, target=TARGET, slug="a")
    last = changes.latest()
    with pytest.raises(Invalid):
        actions.edit(link, slug="a b")
    assert changes.since(last) == (last, [])
    assert Change.objects.filter(at__lt=timezone.now() + datetime.timedelta(seconds=1)).count() == last
