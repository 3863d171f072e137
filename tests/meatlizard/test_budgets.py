"""The ledger of tokens: Alice gets what her week holds, and no order of events loses or doubles a token."""

import datetime
import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meatlizard.accounts.models import Tier, User
from meatlizard.budgets import actions
from meatlizard.budgets.models import Grant, Reservation, WeeklyUse
from meatlizard.errors import Invalid, LimitReached

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def alice(alice: User) -> User:
    """With 1,000 tokens a week."""
    alice.tier = Tier.objects.create(name="small", title="Small", weekly_tokens=1_000, storage_bytes=0)
    alice.save()
    return alice


def of_week(user: User) -> tuple[int, int, int]:
    """(used, reserved, granted) as stored."""
    row = WeeklyUse.objects.get(user=user)
    return row.used, row.reserved, row.granted


def test_what_an_answer_did_not_use_is_free_again(alice: User) -> None:
    key = uuid4()
    assert actions.reserve(alice, key, least=10, wanted=400) == 400
    assert of_week(alice) == (0, 400, 0)
    assert actions.settle(key, 120)
    assert of_week(alice) == (120, 0, 0)
    standing = actions.standing(alice)
    assert standing is not None
    assert (standing.limit, standing.used, standing.left) == (1_000, 120, 880)


def test_the_last_answer_gets_what_is_left(alice: User) -> None:
    actions.reserve(alice, uuid4(), least=1, wanted=900)
    assert actions.reserve(alice, uuid4(), least=50, wanted=400) == 100


def test_a_question_that_does_not_fit_is_refused_with_the_time_of_the_next_week(alice: User) -> None:
    key = uuid4()
    actions.reserve(alice, key, least=1, wanted=950)
    with pytest.raises(LimitReached, match="1,000 tokens for this week") as refused:
        actions.reserve(alice, uuid4(), least=51, wanted=400)
    assert refused.value.code == "budget_exceeded"
    assert "Monday" in refused.value.message
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 7 * 86_400 + 3_600
    assert of_week(alice) == (0, 950, 0)
    assert Reservation.objects.get().key == key


def test_a_failed_answer_costs_nothing(alice: User) -> None:
    key = uuid4()
    actions.reserve(alice, key, least=1, wanted=400)
    actions.settle(key, 0)
    assert of_week(alice) == (0, 0, 0)


def test_an_answer_is_settled_once(alice: User) -> None:
    key = uuid4()
    actions.reserve(alice, key, least=1, wanted=400)
    assert actions.settle(key, 100)
    assert not actions.settle(key, 100)
    assert not actions.settle(uuid4(), 100)
    assert of_week(alice) == (100, 0, 0)


def test_more_than_was_set_aside_may_have_been_used(alice: User) -> None:
    key = uuid4()
    actions.reserve(alice, key, least=1, wanted=1_000)
    actions.settle(key, 1_200)
    standing = actions.standing(alice)
    assert standing is not None
    assert (standing.used, standing.left) == (1_200, 0)
    with pytest.raises(LimitReached):
        actions.reserve(alice, uuid4(), least=0, wanted=1)


def test_a_grant_is_for_this_week(alice: User, bob: User) -> None:
    actions.reserve(alice, uuid4(), least=1, wanted=1_000)
    actions.grant(alice, 500, given_by=bob, note="for the raid")
    assert actions.reserve(alice, uuid4(), least=1, wanted=10_000) == 500
    assert Grant.objects.get().given_by == bob


@pytest.mark.parametrize("tokens", [0, -5, 10**13])
def test_a_grant_out_of_range_is_refused(alice: User, tokens: int) -> None:
    with pytest.raises(Invalid):
        actions.grant(alice, tokens, given_by=None)
    assert not WeeklyUse.objects.exists()


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2026-11-16T00:00:00", "2026-11-16"),
        ("2026-11-22T23:59:59", "2026-11-16"),
        ("2027-01-01T12:00:00", "2026-12-28"),
    ],
)
def test_weeks_begin_on_mondays(moment: str, monday: str) -> None:
    when = timezone.make_aware(datetime.datetime.fromisoformat(moment))
    assert actions.week_of(when) == datetime.date.fromisoformat(monday)
    assert actions.next_week(when) - datetime.timedelta(days=7) <= when < actions.next_week(when)


def test_a_new_week_begins_at_nothing(alice: User) -> None:
    last = actions.week_of(timezone.now()) - datetime.timedelta(days=7)
    WeeklyUse.objects.create(user=alice, week=last, used=1_000)
    assert actions.reserve(alice, uuid4(), least=1, wanted=1_000) == 1_000


@override_settings(TOKEN_BUDGETS=False)
def test_a_site_that_does_not_count_refuses_nobody(alice: User) -> None:
    assert actions.reserve(alice, uuid4(), least=10**9, wanted=10**9) is None
    assert actions.standing(alice) is None
    assert not WeeklyUse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_questions_at_once_do_not_share_a_token(alice: User) -> None:
    barrier = threading.Barrier(4)
    got: list[int | None] = []

    def ask() -> None:
        try:
            barrier.wait(10)
            got.append(actions.reserve(alice, uuid4(), least=1, wanted=300))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one or 0 for one in got) == [100, 300, 300, 300]
    assert of_week(alice) == (0, 1_000, 0)


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "settle twice", "refund", "grant"]), st.integers(1, 700)),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_events_loses_or_doubles_a_token(alice: User, steps: list[Step]) -> None:
    WeeklyUse.objects.all().delete()
    open_ones: dict[UUID, int] = {}
    used = granted = 0
    for what, tokens in steps:
        left = 1_000 + granted - used - sum(open_ones.values())
        if what == "grant":
            actions.grant(alice, tokens, given_by=None)
            granted += tokens
        elif what == "reserve":
            key, least = uuid4(), tokens // 2
            if left >= max(least, 1):
                open_ones[key] = min(tokens, left)
                assert actions.reserve(alice, key, least, tokens) == open_ones[key]
            else:
                with pytest.raises(LimitReached):
                    actions.reserve(alice, key, least, tokens)
        elif open_ones:
            key = next(iter(open_ones))
            del open_ones[key]
            spent = 0 if what == "refund" else tokens
            assert actions.settle(key, spent)
            used += spent
            if what == "settle twice":
                assert not actions.settle(key, spent)
        if WeeklyUse.objects.exists():
            assert of_week(alice) == (used, sum(open_ones.values()), granted)
    assert set(Reservation.objects.values_list("key", flat=True)) == open_ones.keys()


def test_an_operator_grants_in_the_admin_and_charlie_does_not(
    client: Client, olga: User, alice: User, charlie: User
) -> None:
    form = {"user": alice.pk, "tokens": 250, "note": "thanks"}
    client.force_login(charlie)
    assert client.post("/admin/budgets/grant/add/", form).status_code in (302, 403, 404)
    assert not Grant.objects.exists()
    client.force_login(olga)
    assert client.post("/admin/budgets/grant/add/", form).status_code == 302
    assert of_week(alice) == (0, 0, 250)
    assert client.get("/admin/budgets/weeklyuse/").status_code == 200
