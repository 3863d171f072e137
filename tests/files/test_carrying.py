"""People take their files along, leave, and become one with themselves."""

import io
import json
import zipfile

import pytest

from files import actions
from files.blobs import reading
from files.models import Blob, File, FileTag, Folder, Tag
from meatlizard.accounts import belongings
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def archive(user: User) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(belongings.archive(user)))) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_the_archive_has_every_version_in_its_folder_and_says_what_it_is(alice: User, bob: User) -> None:
    walls = Folder.objects.create(owner=alice, name="Walls")
    south = Folder.objects.create(owner=alice, name="South", parent=walls)
    file = actions.store(alice, south, "wall.txt", adopted(b"first"))
    actions.store(alice, None, "new.txt", adopted(b"second" * 500_000), replacing=file)
    FileTag.objects.create(file=file, tag=Tag.objects.create(owner=alice, name="warm"))
    gone = actions.store(alice, None, "old.txt", adopted(b"old"))
    File.objects.filter(pk=gone.pk).update(trashed=gone.created)
    actions.store(bob, None, "bobs.txt", adopted(b"of bob"))
    found = archive(alice)
    assert found["files/Walls/South/wall.txt"] == b"second" * 500_000
    assert found["files/Walls/South/wall.txt.v1"] == b"first"
    assert found["trash/old.txt"] == b"old" and not any("bobs" in name for name in found)
    facts = json.loads(found["files/files.json"])
    assert [(one["name"], one["tags"], len(one["versions"])) for one in facts] == [
        ("wall.txt", ["warm"], 2), ("old.txt", [], 1),
    ]  # fmt: skip


def test_what_is_in_quarantine_or_lost_is_named_alone(alice: User) -> None:
    bad, lost = adopted(b"bad"), adopted(b"lost")
    for blob in (bad, lost):
        actions.store(alice, None, "a.txt", blob)
    path = reading.local_path(lost)
    assert path is not None
    path.unlink()
    Blob.objects.filter(pk=bad.pk).update(state=Blob.State.QUARANTINED)
    found = archive(alice)
    assert [name for name in found if name.startswith("files/")] == ["files/files.json"]
    assert [one["versions"][0]["state"] for one in json.loads(found["files/files.json"])] == ["quarantined", "ready"]


def test_of_who_leaves_nothing_is_kept_but_what_others_keep(alice: User, bob: User) -> None:
    shared, alone = adopted(b"shared"), adopted(b"alone")
    file = actions.store(alice, None, "a.txt", shared)
    actions.store(alice, None, "a.txt", shared, replacing=file)
    actions.store(alice, None, "b.txt", alone)
    actions.store(bob, None, "a.txt", shared)
    alice.delete()
    assert dict(Blob.objects.values_list("pk", "references")) == {shared.pk: 1, alone.pk: 0}
    assert list(Blob.objects.filter(unreferenced__isnull=False)) == [alone]
    assert File.objects.count() == 1 and used_by(bob) == 6


def test_two_accounts_of_one_person_have_all_files_of_both(alice: User, bob: User) -> None:
    for person, content in ((alice, b"of alice"), (bob, b"of bob")):
        folder = Folder.objects.create(owner=person, name="Walls")
        file = actions.store(person, None, "wall.txt", adopted(content))
        actions.store(person, folder, "same.txt", adopted(b"same"))
        tag = Tag.objects.create(owner=person, name="warm")
        FileTag.objects.create(file=file, tag=tag)
    merge(bob, alice)
    names = set(File.objects.filter(owner=alice).values_list("name", "folder__name"))
    assert names == {
        ("wall.txt", None), ("wall (2).txt", None), ("same.txt", "Walls"), ("same.txt", "Walls (2)"),
    }  # fmt: skip
    assert Tag.objects.get(owner=alice).tagged.count() == 2
    assert used_by(alice) == 8 + 6 + 2 * 4
    assert Blob.objects.get(size=4).references == 2
