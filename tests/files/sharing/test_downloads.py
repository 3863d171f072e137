"""Downloads that are counted: reserved, followed, counted once when whole, given back when broken off."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from files.models.shares import Download, Share
from files.sharing import actions, downloads
from files.sharing.downloads import Who
from files.sharing.terms import Terms
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from tests.files.sharing.scene import DATA, a_file, share

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SIZE = len(DATA)
WHO = Who(None, "198.51.100.7", "Firefox", bot=False)


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


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


def begun(row: Share) -> Download:
    return downloads.reserve(row, WHO, name="notes.txt", size=SIZE)


def silent(*rows: Download) -> None:
    """A quarter of an hour and more goes by without a byte."""
    Download.objects.filter(pk__in=[row.pk for row in rows]).update(seen=timezone.now() - 2 * downloads.SILENCE)


def left(row: Share) -> tuple[int | None, int]:
    row.refresh_from_db()
    return row.downloads_left, row.downloads


@pytest.mark.parametrize("most", [1, 7])
def test_of_thirty_who_begin_at_once_exactly_as_many_do_as_may(alice: User, most: int) -> None:
    row = share(alice, a_file(alice), max_downloads=most)
    results = at_once(30, lambda number: begun(Share.objects.get(pk=row.pk)))
    assert sum(isinstance(one, Download) for one in results) == most
    assert sum(isinstance(one, Forbidden) for one in results) == 30 - most
    assert left(row) == (0, 0)


def test_ranges_of_one_download_at_once_count_it_once(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=3)
    one = begun(row)
    step = SIZE // 8 + 1
    at_once(8, lambda number: downloads.sent(one.pk, [(number * step, min(SIZE, (number + 1) * step))]))
    one.refresh_from_db()
    assert (one.state, one.sent, one.spans) == ("completed", SIZE, [[0, SIZE]])
    assert left(row) == (2, 1)
    downloads.sent(one.pk, [(0, 10)])
    assert left(row) == (2, 1), "what is complete is not counted again"


def test_what_breaks_off_is_resumed_or_given_back_once(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=1)
    one = begun(row)
    downloads.sent(one.pk, [(0, 1_000)])
    with pytest.raises(Forbidden):
        begun(row)
    assert downloads.go_on(row, one.key).pk == one.pk, "the same ticket goes on"
    assert not downloads.give_back_silent(), "it may still be resumed"
    silent(one)
    assert sum(int(str(one)) for one in at_once(4, lambda number: downloads.give_back_silent())) == 1
    assert left(row) == (1, 0)
    one.refresh_from_db()
    assert one.state == "aborted" and not one.holds
    again = downloads.go_on(row, one.key)
    assert again.state == "running" and left(row) == (0, 0), "resumed later it takes its place again"
    downloads.sent(one.pk, [(1_000, SIZE)])
    assert left(row) == (0, 1)


def test_two_who_resume_what_was_given_back_take_it_once(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=2)
    one = begun(row)
    silent(one)
    downloads.give_back_silent()
    at_once(6, lambda number: downloads.go_on(Share.objects.get(pk=row.pk), one.key))
    assert left(row) == (1, 0)


def test_given_back_and_taken_by_somebody_else_it_is_not_resumed(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=1)
    first = begun(row)
    silent(first)
    second = begun(row)
    assert left(row) == (0, 0), "a silent one holds up nobody until it is swept"
    with pytest.raises(Forbidden):
        downloads.go_on(row, first.key)
    first.refresh_from_db()
    assert first.state == "aborted" and not first.holds
    downloads.sent(second.pk, [(0, SIZE)])
    assert left(row) == (0, 1)


def test_who_leaves_out_the_last_byte_again_and_again_gets_no_further(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=1)
    for _time in range(downloads.most_given_back(row)):
        one = begun(row)
        downloads.sent(one.pk, [(0, SIZE - 1)])
        silent(one)
    silent(begun(row))
    with pytest.raises(Forbidden):
        begun(row)


def test_the_same_bytes_again_and_again_complete_a_download(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=1)
    one = begun(row)
    for _time in range(downloads.TIMES):
        downloads.sent(one.pk, [(0, SIZE - 1)])
    assert left(row) == (0, 0)
    downloads.sent(one.pk, [(0, SIZE - 1)])
    assert left(row) == (0, 1)
    with pytest.raises(Forbidden):
        downloads.go_on(row, one.key)


def test_a_ticket_is_of_its_own_share_and_over_after_a_while(alice: User) -> None:
    file = a_file(alice)
    row, other = share(alice, file, max_downloads=1), share(alice, file, max_downloads=1)
    one = begun(row)
    for wrong in (uuid4(), begun(other).key):
        with pytest.raises(NotFound):
            downloads.go_on(row, wrong)
    downloads.sent(one.pk, [(0, SIZE)])
    assert downloads.go_on(row, one.key).state == "completed", "programs ask once more for what they have"
    Download.objects.filter(pk=one.pk).update(seen=timezone.now() - 2 * downloads.AFTERWARDS)
    with pytest.raises(Forbidden):
        downloads.go_on(row, one.key)


def test_a_new_maximum_counts_what_was_and_what_runs(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=5)
    downloads.sent(begun(row).pk, [(0, SIZE)])
    begun(row)
    assert left(actions.change(row, Terms(max_downloads=3))) == (1, 1)
    assert left(actions.change(row, Terms(max_downloads=1))) == (0, 1)
    assert left(actions.change(row, Terms())) == (None, 1)
    assert left(actions.change(row, Terms(max_downloads=9))) == (7, 1)


def test_withdrawn_nothing_begins_and_what_runs_ends(alice: User) -> None:
    row = share(alice, a_file(alice), max_downloads=5)
    one = begun(row)
    assert downloads.alive(one.pk)
    actions.revoke(row)
    assert not downloads.alive(one.pk)
    with pytest.raises(Forbidden):
        begun(row)


def test_without_a_maximum_requests_of_one_visitor_are_one_line_of_the_log(alice: User, bob: User) -> None:
    file = a_file(alice)
    row = share(alice, file)
    for went in [(0, 1_000), (1_000, SIZE), (0, 10)]:
        downloads.note(row, WHO, name=file.name, size=SIZE, went=went, file=file)
    downloads.note(
        row, Who(bob, WHO.address, WHO.agent, bot=False), name=file.name, size=SIZE, went=(0, SIZE), file=file
    )
    downloads.note(
        row, Who(None, "203.0.113.9", "Slackbot", bot=True), name=file.name, size=SIZE, went=(0, SIZE), file=file
    )
    lines = {(one.user, one.bot, one.state, one.sent) for one in row.log.select_related("user")}
    assert lines == {
        (None, False, "completed", SIZE + 10),
        (bob, False, "completed", SIZE),
        (None, True, "completed", SIZE),
    }
    assert left(row) == (None, 2), "programs that look are not counted"


def test_who_a_visitor_was_is_forgotten_after_a_day(alice: User) -> None:
    row = share(alice, a_file(alice))
    one = downloads.note(row, WHO, name="a", size=3, went=(0, 3))
    assert one is not None and one.visitor and WHO.address not in one.visitor
    downloads.forget()
    assert Download.objects.get().visitor
    Download.objects.update(seen=timezone.now() - downloads.VISITORS_KEPT - timedelta(minutes=1))
    downloads.forget()
    assert Download.objects.get().visitor == ""
    Download.objects.update(begun=timezone.now() - downloads.LOG_KEPT - timedelta(days=1))
    downloads.forget()
    assert not Download.objects.exists()
