"""Two clients at once: no circle of folders, no name twice, no byte uncounted."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from files import actions
from files.library import arranging, copying, deleting, trashing, tree, versions
from files.models import File, Folder, Version
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted
from tests.files.library.shelf import check_counts, chosen, folder, names, put
from tests.paste.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.mark.parametrize("_round", range(3))
def test_two_folders_moved_into_each_other_at_once_make_no_circle(alice: User, _round: int) -> None:
    one, two = folder(alice, "one"), folder(alice, "two")
    inner = folder(alice, "inner", two)

    def move(number: int) -> object:
        what, target = ((one, inner), (two, one))[number]
        return arranging.move(chosen(alice, what), target)

    results = at_once(2, move)
    assert sorted(isinstance(result, Invalid) for result in results) == [False, True]
    assert sum(len(tree.path(row.pk)) for row in (one, two, inner)) == 6, "each hangs from the root"


def test_of_many_who_move_to_one_name_each_gets_its_own(alice: User) -> None:
    target = folder(alice, "target")
    files = [put(alice, "wall.txt", folder(alice, f"from {number}"), b"%d" % number) for number in range(5)]
    stored = adopted(b"stored meanwhile")

    def move(number: int) -> object:
        if number < 5:
            return arranging.move(chosen(alice, files[number]), target)
        return actions.store(alice, target, "wall.txt", stored)

    assert not [result for result in at_once(6, move) if isinstance(result, Exception)]
    assert names(alice, target.pk) == [*(f"wall ({number}).txt" for number in range(2, 7)), "wall.txt"]


def test_a_folder_is_trashed_while_files_come_into_it(alice: User) -> None:
    target = folder(alice, "target")
    blobs = [adopted(b"%d" % number) for number in range(6)]

    def act(number: int) -> object:
        if number == 3:
            return trashing.trash(chosen(alice, target))
        return actions.store(alice, target, f"{number}.txt", blobs[number])

    at_once(6, act)
    target.refresh_from_db()
    assert target.trashed is not None
    assert not File.objects.filter(folder=target, trashed=None).exists(), (
        "nothing is left behind in a folder that is gone"
    )
    assert trashing.restore(chosen(alice, target)) == 1
    check_counts([alice])


def test_deleted_twice_at_once_is_counted_once(alice: User) -> None:
    target = folder(alice, "target")
    for number in range(30):
        put(alice, f"{number}.txt", target, b"x" * number or b"y")
    put(alice, "stays.txt", None, b"stays")
    trashing.trash(chosen(alice, target))
    target.refresh_from_db()
    results = at_once(4, lambda number: deleting.delete(chosen(alice, target)))
    assert sum(result for result in results if isinstance(result, int)) == 30, results
    assert used_by(alice) == 5 and not Folder.objects.exists()
    check_counts([alice])


def test_versions_and_copies_race_with_uploads(alice: User, bob: User) -> None:
    file = put(alice, "wall.txt", None, b"south")
    first = Version.objects.select_related("file").get()
    blobs = [adopted(b"south"), adopted(b"north!")]

    def act(number: int) -> object:
        if number % 4 == 0:
            return actions.store(alice, None, "wall.txt", blobs[number // 4 % 2], replacing=file)
        if number % 4 == 1:
            return versions.restore(first)
        if number % 4 == 2:
            return copying.copy(chosen(alice, file), None)
        return versions.delete([row for row in Version.objects.filter(file=file) if row.number > 1][:1])

    results = at_once(12, act)
    unexpected = [result for result in results if isinstance(result, Exception) and not isinstance(result, AppError)]
    assert not unexpected
    check_counts([alice])


@pytest.mark.parametrize("seed", range(2))
def test_whatever_many_clients_do_everything_is_counted(alice: User, seed: int) -> None:
    """Random acts of several at once, on a few things."""
    folders = [folder(alice, f"folder {number}") for number in range(4)]
    files = [put(alice, f"file {number}", folders[number % 4], b"%d" % number * (number + 1)) for number in range(8)]

    def act(number: int) -> object:
        chance = random.Random(f"{seed} {number}")
        for _step in range(6):
            what = chosen(alice, *chance.sample(folders, 1), *chance.sample(files, 2))
            place = chance.choice([None, *folders])
            verbs: list[Callable[[], object]] = [
                partial(arranging.move, what, place),
                partial(copying.copy, what, place),
                partial(trashing.trash, what),
                partial(trashing.restore, what),
                partial(deleting.delete, what),
            ]
            try:
                chance.choice(verbs)()
            except AppError:
                continue
        return None

    results = at_once(4, act)
    assert results == [None] * 4
    check_counts([alice])
    for row in Folder.objects.filter(trashed=None):
        path = tree.path(row.pk)
        assert Folder.objects.filter(pk__in=[key for key, _name in path], trashed=None).count() == len(path), (
            "all around it stand"
        )
        taken = names(alice, row.pk)
        assert len(taken) == len(set(taken))
    assert not File.objects.filter(trashed=None, folder__trashed__isnull=False).exists()
