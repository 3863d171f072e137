"""Sets are kept by day, week and month; what no set has any more goes; operators are told when none is good or new."""

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from meatlizard.accounts.models import User
from meatlizard.alerts.models import Alert
from meatlizard.ops.backups import alerting, finding, keeping, layout, places, standing, taking
from meatlizard.ops.backups.trouble import BackupFailed
from tests.meatlizard.ops.backups.making import kept, manage, objects, taken, verified

pytestmark = pytest.mark.django_db(transaction=True)


def name(day: datetime.datetime) -> str:
    return f"{day:%Y%m%d-%H%M%S-%f}"


@contextmanager
def at(moment: datetime.datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is made within is made then."""
    with monkeypatch.context() as clock:
        clock.setattr("django.utils.timezone.now", lambda: moment)
        yield


def aged(days: int) -> None:
    for path in kept().rglob("*"):
        seconds = path.stat().st_mtime - days * 86_400
        os.utime(path, (seconds, seconds))


def older(set_id: str) -> str:
    """As if the set had been made two days ago; its new name, by which alone its age is known."""
    folder = kept() / "sets" / set_id
    return folder.rename(folder.with_name(name(layout.when(set_id) - datetime.timedelta(days=2)))).name


def test_days_weeks_and_months() -> None:
    first = datetime.datetime(2025, 1, 1, 3, tzinfo=datetime.UTC)
    moments = [first + datetime.timedelta(hours=12 * half) for half in range(2 * 500)]
    ids = [name(moment) for moment in moments]
    stay = [layout.when(one) for one in ids if one not in set(keeping.superfluous(ids))]
    newest = moments[-1]
    daily = {(newest - datetime.timedelta(days=back)).date() for back in range(7)}
    assert daily <= {moment.date() for moment in stay}
    assert len({(moment.year, moment.month) for moment in stay}) == 12
    assert 7 + 3 + 10 <= len(stay) <= 7 + 4 + 12
    assert newest in stay
    # Doing it once more changes nothing, and each night's prune leads to the same as one of them all.
    again = [name(moment) for moment in stay]
    assert keeping.superfluous(again) == []
    nightly: list[str] = []
    for one in ids:
        nightly.append(one)
        gone = set(keeping.superfluous(nightly))
        nightly = [other for other in nightly if other not in gone]
    assert nightly == again


def test_few_and_seldom_ones_all_stay_and_so_does_the_last_good_one(settings: Any) -> None:
    settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY = 1, 0, 0
    day = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    ids = [name(day + datetime.timedelta(days=back)) for back in range(3)]
    assert keeping.superfluous(ids) == [ids[1], ids[0]]
    assert keeping.superfluous(ids, ids[0]) == [ids[1]]
    settings.BACKUP_KEEP_DAILY = 0
    assert keeping.superfluous(ids[:1]) == []


@pytest.mark.both_databases
def test_what_goes_takes_with_it_what_no_other_has(alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY = 1, 0, 0
    default_storage.save("old", ContentFile(b"old"))
    first = taken()
    default_storage.delete("old")
    second = taken()
    assert len(list(objects())) == 4
    assert manage("backups", "--would-prune") == "", "what was made today stays"
    first_id = older(first.id)
    assert manage("backups", "--would-prune").split() == [first_id]
    # Fresh ones stay: another machine may be about to speak of them.
    assert "1 set(s) and 0 object(s)" in manage("backups", "--prune")
    assert finding.ended(places.usual()) == [second.id]
    aged(2)
    assert "0 set(s) and 1 object(s)" in manage("backups", "--prune")
    assert len(list(objects())) == 3
    assert verified().deep


def test_nothing_is_swept_while_a_list_cannot_be_read(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = taken()
    (kept() / "sets" / made.id / "index-0001").write_bytes(b"nonsense")
    aged(2)
    with pytest.raises(BackupFailed):
        keeping.prune(places.usual())
    assert len(list(objects())) == 3


def test_a_begun_one_goes_when_nobody_can_be_at_it(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise BackupFailed("broken off")

    with monkeypatch.context() as breaking:
        breaking.setattr(taking._Making, "_manifest", broken)
        with pytest.raises(BackupFailed):
            taken()
    (begun,) = (kept() / "sets").iterdir()
    keeping.prune(places.usual())
    assert begun.exists()
    two_days_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
    begun.rename(begun.with_name(name(two_days_ago)))
    aged(2)
    keeping.prune(places.usual())
    assert not list((kept() / "sets").iterdir()) and not list(objects())


def test_they_are_listed_with_what_is_known(alice: User) -> None:
    assert "there is no backup" in manage("backups")
    first, second = taken(), taken()
    verified(first.id)
    (kept() / "sets" / second.id / layout.HEAD).write_bytes(b"{}")
    said = manage("backups")
    assert f"{first.id}  " in said and "restored on trial" in said and "not encrypted" in said
    assert f"{second.id}  The head of the backup is damaged" in said
    verified(first.id)
    (kept() / "sets" / first.id / layout.VERIFIED).write_bytes(b"\xff")
    assert "not verified" in manage("backups")


def test_late_and_unverified_ones_are_told(alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert standing.look().state == "off"
    settings.BACKUP_EVERY_HOURS = 24
    assert standing.look().state == "warning" and "there is no backup" in standing.look().words
    with pytest.raises(CommandError, match="there is no backup"):
        manage("backups", "--check")
    taken()
    assert "none was ever verified" in standing.look().words
    verified()
    assert standing.look().state == "good"
    assert "restored on trial" in manage("backups", "--check")
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=49)
    with at(later, monkeypatch):
        assert standing.standing().late and not standing.standing().unverified
        assert standing.look().state == "warning"
    with at(later + datetime.timedelta(days=7), monkeypatch):
        assert standing.standing().unverified
    settings.BACKUP_EVERY_HOURS = 0
    with at(later, monkeypatch):
        assert not standing.standing().late


def test_operators_are_alerted_once_and_told_when_it_is_over(alice: User, settings: Any) -> None:
    alerting.tell()
    assert not Alert.objects.exists(), "nobody relies on backups here"
    settings.BACKUP_EVERY_HOURS = 24
    alerting.tell()
    alerting.tell()
    (alert,) = Alert.objects.all()
    assert (alert.source, alert.state) == ("part:backups", Alert.State.FIRING) and "there is no backup" in alert.words
    taken()
    verified()
    alerting.tell()
    assert Alert.objects.get().state == Alert.State.OVER
    settings.BACKUP_TO = "s3:nonsense"
    alerting.tell()
    assert "s3://name/folder" in Alert.objects.get(state=Alert.State.FIRING).words
