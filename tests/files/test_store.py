"""Contents become files in somebody's library, and nobody gets over their share."""

import uuid

import pytest

from files import access, actions, quota
from files.models import Blob, File, Folder, Reservation, Version
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound, StorageFull
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_file_keeps_its_blob_and_counts(alice: User) -> None:
    blob = adopted(b"wall")
    file = actions.store(alice, None, "south.txt", blob)
    blob.refresh_from_db()
    assert (blob.references, blob.unreferenced) == (1, None)
    assert (file.name, file.size, file.number, file.media_type) == ("south.txt", 4, 1, "text/plain")
    assert used_by(alice) == 4


def test_a_taken_name_gets_a_number(alice: User, bob: User) -> None:
    blob = adopted(b"wall")
    Folder.objects.create(owner=alice, name="wall (2).txt")
    named = [actions.store(alice, None, "wall.txt", blob).name for _ in range(3)]
    assert named == ["wall.txt", "wall (3).txt", "wall (4).txt"]
    assert actions.store(bob, None, "wall.txt", blob).name == "wall.txt"
    assert Blob.objects.get().references == 4


def test_a_new_version_keeps_name_and_place_and_the_earlier_one(alice: User) -> None:
    first = actions.store(alice, None, "wall.txt", adopted(b"south"))
    second = actions.store(alice, None, "other.txt", adopted(b"north!"), replacing=first)
    assert (second.pk, second.name, second.number, second.size) == (first.pk, "wall.txt", 2, 6)
    assert list(Version.objects.values_list("number", "name")) == [(2, "other.txt"), (1, "wall.txt")]
    assert used_by(alice) == 11


def test_what_is_too_much_changes_nothing(alice: User) -> None:
    blob = adopted(b"wall")
    alice.tier.storage_bytes = 7
    alice.tier.save()
    actions.store(alice, None, "wall.txt", blob)
    with pytest.raises(StorageFull):
        actions.store(alice, None, "again.txt", blob)
    assert (File.objects.count(), Blob.objects.get().references, used_by(alice)) == (1, 1, 4)


def test_what_was_reserved_is_settled_or_given_back(alice: User) -> None:
    alice.tier.storage_bytes = 10
    alice.tier.save()
    set_aside = quota.reserve(alice, 10)
    with pytest.raises(StorageFull):
        quota.reserve(alice, 1)
    actions.store(alice, None, "wall.txt", adopted(b"wall"), reservation=set_aside.pk)
    assert used_by(alice) == 4
    other = quota.reserve(alice, 2)
    assert quota.grow(other.pk, 6) and used_by(alice) == 10
    with pytest.raises(StorageFull):
        quota.grow(other.pk, 7)
    assert quota.cancel(other.pk) and not quota.cancel(other.pk)
    assert used_by(alice) == 4 and not Reservation.objects.exists()


def test_strangers_meet_what_does_not_exist(alice: User, charlie: User) -> None:
    folder = Folder.objects.create(owner=alice, name="Walls")
    file = actions.store(alice, folder, "wall.txt", adopted(b"wall"))
    assert access.access_file(alice, str(file.pk)) == file and access.access_folder(alice, folder.pk) == folder
    assert access.access_version(alice, file.pk, 1).number == 1
    for viewer, key in [(charlie, file.pk), (alice, uuid.uuid4()), (alice, "no uuid")]:
        with pytest.raises(NotFound):
            access.access_file(viewer, key)
        with pytest.raises(NotFound):
            access.access_folder(viewer, key)
    with pytest.raises(NotFound):
        actions.store(charlie, folder, "mine.txt", adopted(b"wall"))
    with pytest.raises(NotFound):
        actions.store(charlie, None, "mine.txt", adopted(b"wall"), replacing=file)
    assert used_by(charlie) == 0
