"""Views are counted once, by people, and never more than time allows."""

import datetime
import random
import threading
from itertools import pairwise
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.accounts.models import User
from tests.video.audiences import AGO, audience, beat, view
from tests.video.rows import ready
from video.models import DayFigure, HourFigures, Retention, Traffic, Video, Viewing
from video.watching import actions, coverage, figures, sums

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def film(alice: User) -> Video:
    return ready(alice, duration=100.0)


def counted(video: Video) -> tuple[int, int, int, int]:
    """As the video says, and as the hours say: of people, of the owner, of bots."""
    hours = HourFigures.objects.filter(video=video)
    video.refresh_from_db()
    return video.views, sum(h.views for h in hours), sum(h.own for h in hours), sum(h.bots for h in hours)


@pytest.mark.django_db
@pytest.mark.both_databases
def test_ten_seconds_are_a_view_and_less_is_none(film: Video) -> None:
    who = audience()
    assert not actions.hear(film, who, beat((0, 9.5)))
    assert counted(film) == (0, 0, 0, 0)
    assert actions.hear(film, who, beat((9.5, 10)))
    assert not actions.hear(film, who, beat((10, 40)))
    assert counted(film) == (1, 1, 0, 0)


@pytest.mark.django_db
def test_half_of_a_short_video_is_a_view(alice: User) -> None:
    short = ready(alice, duration=6.0)
    assert not actions.hear(short, audience(), beat((0, 2.9)))
    assert actions.hear(short, audience(), beat((2.9, 3.1)))


@pytest.mark.django_db
def test_the_same_ten_seconds_again_and_again_are_watched_time_and_one_view(film: Video) -> None:
    for _ in range(5):
        actions.hear(film, audience(), beat((0, 4)))
    assert counted(film)[0] == 1
    assert HourFigures.objects.get().seconds == pytest.approx(20)
    assert sum(Retention.objects.get().reached) == 4


@pytest.mark.django_db
@pytest.mark.both_databases
def test_owner_and_bots_are_told_apart(film: Video) -> None:
    assert view(film, "user 1", kind=Viewing.Kind.OWNER)
    assert view(film, "guest b", kind=Viewing.Kind.BOT)
    assert counted(film) == (0, 0, 1, 1)
    assert not DayFigure.objects.exists() and not Retention.objects.exists()


@pytest.mark.django_db
def test_one_viewer_counts_once_an_hour_and_again_in_another(film: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = timezone.now().replace(minute=10)
    monkeypatch.setattr(timezone, "now", lambda: begin)
    assert view(film) and not view(film)
    # Still going on in the next hour: the same view.
    for minutes in range(20, 80, 20):
        monkeypatch.setattr(timezone, "now", lambda minutes=minutes: begin + minutes * MINUTE)
        assert not view(film)
    monkeypatch.setattr(timezone, "now", lambda: begin + 200 * MINUTE)
    assert view(film)
    assert counted(film)[:2] == (2, 2)
    assert not view(film)


@pytest.mark.django_db
def test_who_lies_about_time_is_not_believed(film: Video) -> None:
    """A page that was opened three seconds ago has shown three seconds at most."""
    liar = audience("guest liar", ago=datetime.timedelta(seconds=3))
    for _ in range(20):
        assert not actions.hear(film, liar, beat((0, 100), (0, 100), (0, 100)))
    row = Viewing.objects.get()
    assert row.spent < 5 and coverage.length([(a, b) for a, b in row.covered]) < 5
    assert counted(film) == (0, 0, 0, 0)


@pytest.mark.django_db
def test_speed_sees_more_in_the_same_time_up_to_four_times(film: Video) -> None:
    ago = datetime.timedelta(seconds=5)
    assert not actions.hear(film, audience(ago=ago), beat((0, 100), rate=900.0))
    assert coverage.length([(a, b) for a, b in Viewing.objects.get().covered]) == pytest.approx(22, abs=4)


@pytest.mark.django_db
def test_time_of_an_earlier_viewing_is_not_spent_twice(film: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = timezone.now()
    who = audience(ago=datetime.timedelta(days=2))
    actions.hear(film, who, beat((0, 100)))
    monkeypatch.setattr(timezone, "now", lambda: begin + datetime.timedelta(hours=5))
    actions.hear(film, who, beat((0, 1)))
    later = Viewing.objects.order_by("-hour")[0]
    assert later.started >= begin


@pytest.mark.django_db
def test_views_have_devices_and_referrers(film: Video) -> None:
    view(film, "guest a", device="mobile", browser="Firefox", referrer="example.org")
    view(film, "guest b", device="desktop", browser="Firefox")
    found = figures.of(film)
    assert found.tops["browser"] == [("Firefox", 2)] and found.tops["referrer"] == [("", 1), ("example.org", 1)]
    assert found.views == 2 and found.average == pytest.approx(10)
    assert found.retention[:12] == [100.0] * 10 + [0.0, 0.0]


@pytest.mark.django_db
def test_recent_views_say_what_is_watched_now(film: Video, alice: User) -> None:
    other = ready(alice, "Another")
    for viewer in ("guest a", "guest b"):
        view(other, viewer, until=5)
    view(film)
    since = timezone.now() - AGO
    assert list(figures.recent_views(since)) == [{"video": other.pk, "n": 2}, {"video": film.pk, "n": 1}]
    HourFigures.objects.filter(video=other).update(hour=since - AGO)
    assert [row["video"] for row in figures.recent_views(since)] == [film.pk]


@pytest.mark.django_db
@pytest.mark.both_databases
def test_traffic_adds_up_and_skips_videos_that_are_gone(film: Video, alice: User) -> None:
    gone = ready(alice)
    sent = {film.pk: 5_000_000_000, gone.pk: 7}
    gone.delete()
    sums.add_traffic(sent)
    sums.add_traffic(sent)
    assert Traffic.objects.get().bytes == 10_000_000_000 == figures.of(film).bytes


@pytest.mark.django_db
def test_who_watched_is_forgotten_and_the_sums_stay(film: Video) -> None:
    view(film)
    assert actions.forget_old() == 0
    Viewing.objects.update(changed=timezone.now() - actions.KEPT - MINUTE)
    assert actions.forget_old() == 1 and counted(film)[0] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_of_many_that_race_each_viewer_is_counted_once(alice: User) -> None:
    """Twelve threads tell of three viewers at once, in pieces that overlap: views, hours, devices and the curve agree."""
    video = ready(alice, duration=40.0)
    start = threading.Barrier(12)
    seen: list[bool] = []

    def run(number: int) -> None:
        dice = random.Random(number)
        start.wait()
        try:
            for _ in range(4):
                at = dice.uniform(0, 20)
                said = beat((at, at + 15), (0, 40))
                seen.append(actions.hear(video, audience(f"guest {number % 3}", device="mobile"), said))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # An hour that ends while this runs gives nobody a second view: the viewing goes on.
    assert len(seen) == 48 and seen.count(True) == 3
    assert counted(video)[:2] == (3, 3)
    assert DayFigure.objects.get(dimension="device").count == 3
    assert Retention.objects.get().reached == [3] * 100
    watched = sum(HourFigures.objects.values_list("seconds", flat=True))
    assert watched == pytest.approx(sum(Viewing.objects.values_list("spent", flat=True)))


pieces = st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), max_size=20)


@given(pieces, st.floats(0, 500))
def test_pieces_stay_within_the_video_and_the_time(told: list[Any], most: float) -> None:
    taken = coverage.first(coverage.within(told, 100.0), most)
    assert coverage.length(taken) <= most + 1e-6
    covered = coverage.merged(taken)
    assert coverage.length(covered) <= min(coverage.length(taken), 100.0) + 1e-6
    assert all(0 <= start < end <= 100 for start, end in covered)
    assert all(before[1] < after[0] for before, after in pairwise(covered))


@given(pieces, pieces)
def test_what_was_reached_only_grows(one: list[Any], two: list[Any]) -> None:
    first = coverage.merged(coverage.within(one, 100.0))
    both = coverage.merged([*first, *coverage.within(two, 100.0)])
    if len(both) < coverage.MOST_PIECES:
        assert coverage.reached(first, 100.0) & ~coverage.reached(both, 100.0) == 0


def test_buckets_are_those_whose_middle_was_seen() -> None:
    assert coverage.buckets(coverage.reached([(0.0, 100.0)], 100.0)) == list(range(100))
    assert coverage.buckets(coverage.reached([(0.6, 2.4)], 100.0)) == [1]
    assert coverage.buckets(coverage.reached([(0.0, 0.004), (99.0, 100.0)], 100.0)) == [99]
    assert coverage.reached([(0.0, 5.0)], 0.0) == 0


def test_more_pieces_than_are_kept_lose_the_shortest() -> None:
    many = [(float(at), at + (0.5 if at % 2 else 0.2)) for at in range(300)]
    kept = coverage.merged(many)
    assert len(kept) == coverage.MOST_PIECES and all(end - start > 0.4 for start, end in kept)
