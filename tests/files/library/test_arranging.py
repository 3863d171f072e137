"""Alice makes folders, names and moves; nothing ends up within itself, and no name is taken twice."""

from typing import Any
from uuid import uuid4

import pytest

from files.library import arranging, copying, limits, tree, undoing
from files.models import File, Folder
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound, StorageFull
from meatlizard.storage.actions import used_by
from tests.files.library.shelf import check_counts, chosen, folder, names, put

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_folder_is_made_once_for_each_request(alice: User, bob: User) -> None:
    request = uuid4()
    made = arranging.make_folder(alice, None, "  Garden ", request=request)
    assert made.name == "Garden" and arranging.make_folder(alice, None, "Garden", request=request).pk == made.pk
    assert arranging.make_folder(bob, None, "Garden", request=request).pk != made.pk
    with pytest.raises(Invalid) as refused:
        arranging.make_folder(alice, None, "Garden")
    assert refused.value.code == "name_taken"
    with pytest.raises(Invalid):
        arranging.make_folder(alice, None, " \n")


def test_folders_end_somewhere(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: Folder | None = None
    for level in range(limits.MAX_DEPTH):
        inner = folder(alice, f"level {level}", inner)
    with pytest.raises(Invalid) as refused:
        folder(alice, "too deep", inner)
    assert refused.value.code == "folder_depth"
    monkeypatch.setattr(tree, "MAX_BESIDE", 1)
    with pytest.raises(LimitReached):
        folder(alice, "beside")
    monkeypatch.undo()
    monkeypatch.setattr(tree, "MAX_FOLDERS", limits.MAX_DEPTH)
    with pytest.raises(LimitReached):
        folder(alice, "beside")


def test_a_folder_cannot_lie_within_itself_or_too_deep(alice: User) -> None:
    outer = folder(alice, "outer")
    inner = folder(alice, "inner", outer)
    deepest = folder(alice, "deepest", inner)
    for target in (outer, inner, deepest):
        with pytest.raises(Invalid) as refused:
            arranging.move(chosen(alice, outer), target)
        assert refused.value.code == "folder_cycle"
    other: Folder | None = None
    for level in range(limits.MAX_DEPTH - 2):
        other = folder(alice, f"level {level}", other)
    with pytest.raises(Invalid) as refused:
        arranging.move(chosen(alice, outer), other)
    assert refused.value.code == "folder_depth"
    arranging.move(chosen(alice, inner), other)
    assert [name for _key, name in tree.path(deepest.pk)][-2:] == ["inner", "deepest"]


def test_what_is_moved_gets_a_free_name_and_goes_back_under_its_own(alice: User) -> None:
    garden = folder(alice, "Garden")
    here, there = put(alice, "wall.txt", data=b"a"), put(alice, "wall.txt", garden, b"b")
    same, box = folder(alice, "box"), folder(alice, "box", garden)
    undo = arranging.move(chosen(alice, here, same), garden)
    assert names(alice, garden.pk) == ["box", "box (2)", "wall (2).txt", "wall.txt"] and names(alice) == ["Garden"]
    assert undo is not None
    assert arranging.move_back(alice, undo.places) == 2
    assert names(alice) == ["Garden", "box", "wall.txt"] and names(alice, garden.pk) == ["box", "wall.txt"]
    there.refresh_from_db()
    box.refresh_from_db()
    assert there.folder_id == box.parent_id == garden.pk


def test_moving_to_where_it_is_changes_nothing(alice: User) -> None:
    file = put(alice, "wall.txt")
    assert arranging.move(chosen(alice, file), None) is None and names(alice) == ["wall.txt"]


def test_undone_once_and_by_its_owner_alone(alice: User, charlie: User) -> None:
    garden, file = folder(alice, "Garden"), put(alice, "wall.txt")
    token = undoing.remember(alice, arranging.move(chosen(alice, file), garden))
    with pytest.raises(NotFound):
        undoing.take(charlie, token)
    assert undoing.take(alice, token).verb == "move"
    with pytest.raises(NotFound):
        undoing.take(alice, token)


def test_what_cannot_go_back_stays(alice: User) -> None:
    garden, shed = folder(alice, "Garden"), folder(alice, "Shed")
    file = put(alice, "wall.txt", garden)
    undo = arranging.move(chosen(alice, file), shed)
    Folder.objects.filter(pk=garden.pk).delete()
    assert undo is not None and arranging.move_back(alice, undo.places) == 0
    assert names(alice, shed.pk) == ["wall.txt"]


def test_a_name_that_is_taken_is_refused(alice: User) -> None:
    wall, other = put(alice, "wall.txt"), folder(alice, "other")
    with pytest.raises(Invalid) as refused:
        arranging.rename(wall, "other")
    assert refused.value.code == "name_taken"
    assert arranging.rename(wall, "wall.txt").name == "wall.txt"
    assert arranging.rename(other, "a/b\u202ecod.exe").name == "a_bcod.exe"


def test_copies_share_contents_and_take_room(alice: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    put(alice, "wall.txt", inner, b"12345")
    single = put(alice, "single.txt", data=b"123")
    request = uuid4()
    made = copying.copy(chosen(alice, garden, inner, single), None, request=request)
    assert names(alice) == ["Garden", "Garden (2)", "single (2).txt", "single.txt"] and used_by(alice) == 16
    again = copying.copy(chosen(alice, garden, inner, single), None, request=request)
    assert {row.pk for row in again.folders} == {row.pk for row in made.folders} and used_by(alice) == 16
    (copied,) = made.folders
    assert names(alice, copied.pk) == ["Inner"]
    assert names(alice, Folder.objects.get(parent=copied).pk) == ["wall.txt"]
    copying.copy(chosen(alice, garden), garden)
    assert names(alice, garden.pk) == ["Garden", "Inner"], "into itself, as it was before"
    check_counts([alice])


def test_a_copy_that_does_not_fit_changes_nothing(alice: User) -> None:
    alice.tier.storage_bytes = 7
    alice.tier.save()
    garden = folder(alice, "Garden")
    put(alice, "wall.txt", garden, b"12345")
    with pytest.raises(StorageFull):
        copying.copy(chosen(alice, garden), None)
    assert names(alice) == ["Garden"] and File.objects.count() == 1
    check_counts([alice])


def test_copies_have_an_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MAX_ITEMS", 1)
    garden = folder(alice, "Garden")
    put(alice, "a.txt", garden)
    copying.copy(chosen(alice, garden), None)
    put(alice, "b.txt", garden)
    with pytest.raises(LimitReached):
        copying.copy(chosen(alice, garden), None)


def test_a_name_of_a_kind_that_is_not_taken_is_not_given_afterwards(alice: User, settings: Any) -> None:
    settings.FILES_BLOCKED = ["executables"]
    notes = put(alice, "notes.txt", data=b"@echo off")
    with pytest.raises(Invalid, match="no files of this kind"):
        arranging.rename(notes, "notes.bat")
    arranging.rename(notes, "words.txt")
    assert names(alice) == ["words.txt"]
