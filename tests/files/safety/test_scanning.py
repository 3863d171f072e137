"""What comes in waits for the scanner where there is one, and what it finds is given to nobody."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from files import actions, jobs
from files.blobs import reading, references
from files.library import deleting
from files.models import Blob, File, Finding, Version
from files.safety import findings, scanning
from files.safety.scanning import Result
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.storage.models import StorageUse
from tests.fakes.clamd import HARMFUL, NAME, FakeClamd, fake_clamd
from tests.files.contents import adopted
from tests.services.programs import new_folder

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scanner(settings: Settings) -> Iterator[FakeClamd]:
    with fake_clamd(new_folder("clamd")) as running:
        settings.CLAMD_URL = running.address
        yield running


def state(blob: Blob) -> str:
    blob.refresh_from_db()
    return blob.state


def test_what_is_clean_is_ready_once_it_was_looked_at(scanner: FakeClamd, alice: User) -> None:
    blob = adopted(b"clean " * 100_000)
    assert blob.state == "checking"
    file = actions.store(alice, None, "a.txt", blob)
    scanning.after_store(blob, file)
    assert state(blob) == "ready"
    assert scanner.seen == [b"clean " * 100_000]


def test_without_a_scanner_nothing_waits() -> None:
    assert adopted(b"x").state == "ready"


def test_what_is_harmful_is_in_quarantine_and_its_owner_is_told(
    scanner: FakeClamd, alice: User, settings: Settings
) -> None:
    settings.HAS_MAIL = True
    alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)  # type: ignore[attr-defined]
    blob = adopted(HARMFUL)
    actions.store(alice, None, "holiday.txt", blob)
    assert scanning.look(blob) is Result.HARMFUL
    assert state(blob) == "quarantined"
    row = Finding.objects.get()
    assert (row.sha256, row.what, row.decision) == (blob.pk, NAME, "open")
    assert findings.write_letters.func(row.pk) == 1
    assert "holiday.txt" in mail.outbox[0].body
    assert NAME in mail.outbox[0].body
    with pytest.raises(Invalid, match="harmful"):
        actions.store(alice, None, "again.txt", Blob.objects.get())


@pytest.mark.both_databases
def test_of_two_who_look_at_the_same_one_finds_it(scanner: FakeClamd) -> None:
    blob = adopted(HARMFUL)
    assert [scanning.look(blob), scanning.look(blob)] == [Result.HARMFUL, Result.OVER]
    assert Finding.objects.count() == 1


@pytest.mark.parametrize("how", ["hangs_up", "garbage"])
def test_while_the_scanner_is_away_files_wait_and_are_looked_at_when_it_is_back(scanner: FakeClamd, how: str) -> None:
    first, second = adopted(b"clean"), adopted(HARMFUL)
    scanner.how = how
    assert jobs.look_at_waiting_files.func() == 0
    assert state(first) == state(second) == "checking"
    scanner.how = "well"
    assert jobs.look_at_waiting_files.func() == 2
    assert (state(first), state(second)) == ("ready", "quarantined")


def test_what_is_lost_before_it_was_looked_at_keeps_nobody_waiting(
    scanner: FakeClamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, other = adopted(b"lost"), adopted(b"other")
    path = reading.local_path(lost)
    assert path is not None
    path.unlink()
    monkeypatch.setattr(scanning, "AT_ONCE", 1)
    scanning.look_at_waiting()
    scanning.look_at_waiting()
    assert (state(lost), state(other)) == ("missing", "ready")
    assert adopted(b"lost").state == "checking"


def test_an_operator_may_have_files_given_out_while_it_is_away(settings: Settings) -> None:
    settings.CLAMD_URL, settings.CLAMD_AWAY = "unix:///nowhere/clamd", "allow"
    blob = adopted(b"x")
    assert scanning.look(blob) is Result.SKIPPED
    assert state(blob) == "ready"


def test_a_scanner_that_is_switched_off_leaves_nothing_waiting(scanner: FakeClamd, settings: Settings) -> None:
    blob = adopted(b"x")
    settings.CLAMD_URL = ""
    assert jobs.look_at_waiting_files.func() == 1
    assert state(blob) == "ready"


def test_what_is_larger_than_is_scanned_is_given_out_and_what_is_not_scannable_held_back(
    scanner: FakeClamd, settings: Settings
) -> None:
    blob = adopted(bytes(2_000_000))
    assert scanning.look(blob) is Result.HARMFUL
    assert Finding.objects.get().what.startswith("not scannable")
    settings.CLAMD_MAX_BYTES = 1_000
    other = adopted(bytes(1_001))
    assert scanning.look(other) is Result.SKIPPED
    assert len(scanner.seen) == 0


# --- what operators decide --------------------------------------------------------------------------------------------


def used(person: User) -> int:
    row = StorageUse.objects.filter(user=person).first()
    return row.used if row is not None else 0


@pytest.fixture
def found(scanner: FakeClamd, alice: User, bob: User) -> Finding:
    """Alice has it as the newest version of a file and as a file; Bob as the older version of one."""
    harmful, clean = adopted(HARMFUL), adopted(b"clean")
    scanning.look(clean)
    clean.refresh_from_db()
    file = actions.store(alice, None, "two.txt", clean)
    actions.store(alice, None, "two.txt", harmful, replacing=file)
    actions.store(alice, None, "one.txt", harmful)
    older = actions.store(bob, None, "his.txt", harmful)
    actions.store(bob, None, "his.txt", clean, replacing=older)
    scanning.look(harmful)
    return Finding.objects.get()


@pytest.mark.both_databases
def test_deleting_takes_it_from_every_library_and_gives_the_room_back(
    found: Finding, alice: User, bob: User, olga: User
) -> None:
    assert findings.delete(found, olga) == 3
    two = File.objects.get(name="two.txt")
    assert (two.size, two.number, two.media_type) == (5, 1, "text/plain")
    assert not File.objects.filter(name="one.txt").exists()
    assert File.objects.get(name="his.txt").versions.count() == 1
    assert (used(alice), used(bob)) == (5, 5)
    assert Version.objects.filter(blob=found.sha256).count() == 0
    blob = Blob.objects.get(pk=found.sha256)
    assert blob.references == 0
    assert blob.unreferenced is not None
    clean = Blob.objects.exclude(pk=found.sha256).get()
    assert clean.references == references.counts([clean.pk])[clean.pk] == 2
    assert findings.delete(found, olga) == 0


def test_what_its_owner_deletes_at_the_same_moment_is_not_let_go_of_twice(
    found: Finding, alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_alice_go(files: Any) -> Any:
        monkeypatch.setattr(findings, "File", File)
        File.objects.filter(name="one.txt").update(trashed=timezone.now())
        deleting.empty(alice.pk)
        return files

    class Meanwhile:
        @property
        def objects(self) -> Any:
            return of_alice_go(File.objects)

    monkeypatch.setattr(findings, "File", Meanwhile())
    assert findings.delete(found, olga) == 2
    assert Blob.objects.get(pk=found.sha256).references == 0
    assert used(alice) == 5


def test_releasing_gives_it_out_again(found: Finding, olga: User) -> None:
    assert findings.release(found, olga)
    assert Blob.objects.get(pk=found.sha256).state == "ready"
    assert not findings.release(found, olga)
    assert findings.delete(found, olga) == 0


def test_operators_do_both_from_their_page_and_nobody_else_sees_it(found: Finding, olga: User, alice: User) -> None:
    page = reverse("admin:files_finding_changelist")
    assert Client().get(page).status_code == 302
    browser = Client()
    browser.force_login(alice)
    assert browser.get(page).status_code in (302, 403)
    browser.force_login(olga)
    shown = browser.get(page)
    assert NAME in shown.content.decode()
    chosen: dict[str, Any] = {"action": "release", "_selected_action": [found.pk]}
    assert browser.post(page, chosen, follow=True).status_code == 200
    found.refresh_from_db()
    assert (found.decision, found.decided_by) == ("released", olga)
    assert browser.get(reverse("admin:files_finding_change", args=[found.pk])).status_code == 200


# --- kinds that are not taken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocked", "name", "content"),
    [
        ([".iso"], "disk.ISO", b"x"),
        ([".iso"], "disk.iso. . ", b"x"),
        (["executables"], "setup.exe", b"x"),
        (["executables"], "holiday.jpg", b"MZ\x90\x00rest"),
        (["executables"], "notes", b"\x7fELF\x02\x01"),
        (["executables"], "notes.txt", b"#!/bin/sh\n"),
        (["image/*"], "words.txt", b"\x89PNG\r\n\x1a\n"),
        (["text/html"], "photo.png", b"<!doctype html><p>"),
    ],
)
def test_a_kind_that_operators_do_not_take_is_refused_by_name_and_by_content(
    alice: User, settings: Settings, blocked: list[str], name: str, content: bytes
) -> None:
    blob = adopted(content)
    settings.FILES_BLOCKED = blocked
    with pytest.raises(Invalid) as refused:
        actions.store(alice, None, name, blob)
    assert refused.value.code == "type_blocked"
    assert not File.objects.exists()
    settings.FILES_BLOCKED = [".zip", "video/*"]
    assert actions.store(alice, None, name, blob).size == len(content)
