"""What Alice trashes comes back as it was, or goes for good with every byte counted."""

import datetime
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from files.library import deleting, jobs, limits, listing, trashing, versions
from files.models import Blob, File, Folder, Version
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound, StorageFull
from meatlizard.storage.actions import used_by
from tests.files.library.shelf import check_counts, chosen, folder, many, names, put

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def in_trash(owner: User) -> list[str]:
    return sorted(entry.row.name for entry in listing.trashed(owner, 1).entries)


def test_a_folder_goes_and_comes_back_with_all_that_lay_in_it(alice: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    earlier, _wall, deep = (
        put(alice, "earlier.txt", garden),
        put(alice, "wall.txt", garden),
        put(alice, "deep.txt", inner),
    )
    trashing.trash(chosen(alice, earlier))
    undo = trashing.trash(chosen(alice, garden, inner, deep))
    assert undo is not None and [place.name for place in undo.places] == ["Garden"], "what lies within goes along"
    assert names(alice) == [] and in_trash(alice) == ["Garden", "earlier.txt"]
    assert not File.objects.filter(trashed=None).exists() and not Folder.objects.filter(trashed=None).exists()
    assert trashing.restore_trashed(alice, undo.places) == 1
    assert names(alice, garden.pk) == ["Inner", "wall.txt"] and names(alice, inner.pk) == ["deep.txt"]
    assert in_trash(alice) == ["earlier.txt"], "what was trashed before stays there"
    assert trashing.trash(chosen(alice, earlier)) is None


def test_restored_beside_another_it_gets_a_number(alice: User) -> None:
    garden = folder(alice, "Garden")
    first = put(alice, "wall.txt", garden, b"1")
    trashing.trash(chosen(alice, first))
    put(alice, "wall.txt", garden, b"2")
    first.refresh_from_db()
    trashing.restore(chosen(alice, first))
    assert names(alice, garden.pk) == ["wall (2).txt", "wall.txt"]


def test_without_its_folder_it_comes_back_outside_of_all(alice: User) -> None:
    garden = folder(alice, "Garden")
    file = put(alice, "wall.txt", garden)
    trashing.trash(chosen(alice, file))
    trashing.trash(chosen(alice, garden))
    file.refresh_from_db()
    assert trashing.restore(chosen(alice, file)) == 1 and names(alice) == ["wall.txt"]


def test_deleted_for_good_with_every_version_counted(alice: User, bob: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    put(alice, "wall.txt", inner, b"shared"), put(bob, "mine.txt", None, b"shared")
    alone = put(alice, "alone.txt", garden, b"alone")
    trashing.trash(chosen(alice, alone))
    trashing.trash(chosen(alice, garden))
    assert used_by(alice) == 11, "the trash takes room"
    garden.refresh_from_db()
    assert deleting.delete(chosen(alice, garden)) == 1
    assert used_by(alice) == 5 and in_trash(alice) == ["alone.txt"], (
        "trashed by itself before: until its own time is over"
    )
    alone.refresh_from_db()
    assert trashing.restore(chosen(alice, alone)) == 1 and names(alice) == ["alone.txt"]
    assert not Folder.objects.exists() and Blob.objects.get(size=6).references == 1
    check_counts([alice, bob])


def test_ten_thousand_files_go_by_few_queries_and_exactly(alice: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    many(alice, garden, 1_500, contents=700)
    put(alice, "other.txt", inner, b"inner")
    put(alice, "stays.txt", None, b"stays")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        trashing.trash(chosen(alice, garden))
    assert len(asked) < 20
    garden.refresh_from_db()
    with CaptureQueriesContext(connection) as asked:
        assert deleting.delete(chosen(alice, garden)) == 1_501
    assert len(asked) < 40 + 25 * 4, "by hundreds of files, not by files"
    assert used_by(alice) == 5
    check_counts([alice])


def test_what_is_to_go_is_neither_shown_nor_restored(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    garden = folder(alice, "Garden")
    many(alice, garden, 30)
    trashing.trash(chosen(alice, garden))
    garden.refresh_from_db()
    monkeypatch.setattr(deleting, "AT_ONCE", 10)
    real = deleting._delete_files
    done: list[int] = []

    def killed(owner: int, keys: list[UUID]) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return real(owner, keys)

    monkeypatch.setattr(deleting, "_delete_files", killed)
    with pytest.raises(KeyboardInterrupt):
        deleting.delete(chosen(alice, garden))
    check_counts([alice])
    assert used_by(alice) == 60 and in_trash(alice) == []
    garden.refresh_from_db()
    assert trashing.restore(chosen(alice, garden)) == 0
    monkeypatch.setattr(deleting, "_delete_files", real)
    assert jobs.empty_trash.call() == 20 and used_by(alice) == 0
    check_counts([alice])


def test_the_job_deletes_what_has_lain_long_enough(alice: User, settings: object) -> None:
    old, new = put(alice, "old.txt", data=b"old"), put(alice, "new.txt", data=b"newer")
    trashing.trash(chosen(alice, old, new))
    now = timezone.now()
    File.objects.filter(pk=old.pk).update(trashed=now - limits.retention() + datetime.timedelta(hours=1))
    assert jobs.empty_trash.call() == 0
    File.objects.filter(pk=old.pk).update(trashed=now - limits.retention())
    assert listing.trashed(alice, 1).entries[0].days_left == limits.retention().days
    assert jobs.empty_trash.call() == 1 and in_trash(alice) == ["new.txt"] and used_by(alice) == 5


def test_the_trash_is_emptied(alice: User, bob: User) -> None:
    trashing.trash(chosen(alice, put(alice, "a.txt"), folder(alice, "box")))
    trashing.trash(chosen(bob, put(bob, "b.txt")))
    assert deleting.empty(alice.pk) == 1 and in_trash(alice) == [] and in_trash(bob) == ["b.txt"]
    check_counts([alice, bob])


def test_what_is_not_in_the_trash_is_not_deleted(alice: User) -> None:
    file, box = put(alice, "a.txt"), folder(alice, "box")
    assert deleting.delete(chosen(alice, file, box)) == 0 and names(alice) == ["a.txt", "box"]


def test_a_version_comes_back_as_a_new_one_once(alice: User) -> None:
    from files import actions
    from tests.files.contents import adopted

    file = put(alice, "wall.txt", data=b"south")
    file = actions.store(alice, None, "wall.txt", adopted(b"north!"), replacing=file)
    first = Version.objects.get(number=1)
    back = versions.restore(first)
    assert (back.number, back.size, used_by(alice)) == (3, 5, 16)
    assert versions.restore(first).number == 3 and used_by(alice) == 16
    with pytest.raises(Invalid):
        versions.delete(list(Version.objects.filter(number=3)))
    assert versions.delete(list(Version.objects.exclude(number=3))) == 2 and used_by(alice) == 5
    with pytest.raises(NotFound):
        versions.restore(first)
    check_counts([alice])


def test_a_version_that_does_not_fit_is_not_restored(alice: User) -> None:
    from files import actions
    from tests.files.contents import adopted

    alice.tier.storage_bytes = 12
    alice.tier.save()
    file = put(alice, "wall.txt", data=b"south")
    actions.store(alice, None, "wall.txt", adopted(b"north!"), replacing=file)
    with pytest.raises(StorageFull):
        versions.restore(Version.objects.get(number=1))
    check_counts([alice])
    file.refresh_from_db()
    assert (file.number, file.size) == (2, 6)
