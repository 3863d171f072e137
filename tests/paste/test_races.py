"""Many at once: each view is given away once, each revision is written by one."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from paste import access, actions, comments
from paste.actions import Terms
from paste.contents import Draft
from paste.models import File, Paste

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """Runs ``act`` in ``count`` threads that begin together; what each returned, or the error it was refused with."""
    start = threading.Barrier(count)
    results: list[object] = [None] * count

    def run(number: int) -> None:
        try:
            start.wait()
            results[number] = act(number)
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("views", [1, 7])
def test_of_fifty_readers_exactly_as_many_read_as_may(alice: User, bob: User, views: int) -> None:
    paste, _token = actions.create(alice, [Draft("a", b"secret")], terms=Terms(views=views))

    def read(number: int) -> str:
        return actions.claim_view(access.access_paste(bob, paste.slug))

    results = at_once(50, read)
    assert sum(isinstance(result, str) and bool(result) for result in results) == views
    assert sum(isinstance(result, NotFound) for result in results) == 50 - views
    row = Paste.objects.get()
    assert (row.views_left, row.state) == (0, "spent") and row.purge_at is not None


def test_of_two_who_edit_the_same_revision_one_wins(alice: User) -> None:
    paste, _token = actions.create(alice, [Draft("a", b"one")])

    def edit(number: int) -> Paste:
        return actions.revise(access.access_paste(alice, paste.slug), alice, [Draft("a", b"%d" % number)], base=1)

    results = at_once(6, edit)
    won = [number for number, result in enumerate(results) if isinstance(result, Paste)]
    assert len(won) == 1 and sum(isinstance(result, Invalid) for result in results) == 5
    assert access.files_of(Paste.objects.get())[0].text == str(won[0])
    assert File.objects.filter(since__gt=0).count() == 2


def test_clicks_at_once_count_once(alice: User, bob: User) -> None:
    paste, _token = actions.create(alice, [Draft("a", b"one")], terms=Terms(privacy="public"))
    results = at_once(7, lambda number: comments.star(bob, paste))
    assert not [result for result in results if isinstance(result, Exception)]
    row = Paste.objects.get()
    assert row.stars == row.starred.count() <= 1
