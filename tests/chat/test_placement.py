"""Which client gets which answer, decided without a clock, a database or a wire."""

import datetime
from uuid import UUID, uuid4

import pytest

from chat.availability import quiet_at
from chat.inference.placement import Offer, Seat, Want, better_elsewhere, place

ALICE, BOB, CAROL = 1, 2, 3
MAC, TOWER, LAPTOP = (UUID(int=number) for number in (1, 2, 3))


def seat(node: UUID, *offers: Offer, room: int = 4, **more: object) -> Seat:
    return Seat(f"link of {node.int}", node, offers or (Offer("tiny", 4, 4),), room, **more)  # type: ignore[arg-type]


def want(user: int = ALICE, model: str = "", **more: object) -> Want:
    return Want(uuid4(), user, model, **more)  # type: ignore[arg-type]


def where(one: Want, *seats: Seat) -> tuple[UUID, str] | None:
    found = place([one], seats, 1).get(one.generation)
    return (found.node, found.model) if found else None


def test_a_model_goes_where_it_is_offered_and_to_nobody_else() -> None:
    mac, tower = seat(MAC, Offer("small", 4, 4)), seat(TOWER, Offer("large", 4, 4))
    assert where(want(model="large"), mac, tower) == (TOWER, "large")
    assert where(want(model="small"), mac, tower) == (MAC, "small")
    assert where(want(model="unknown"), mac, tower) is None


def test_a_model_of_another_kind_writes_no_answers() -> None:
    embedding = seat(MAC, Offer("minilm", 4, 4, kind="embedding"))
    assert where(want(), embedding) is None
    assert where(want(model="minilm"), embedding) is None
    assert where(want(kind="embedding"), embedding) == (MAC, "minilm")


@pytest.mark.parametrize("need", ["vision", "tools"])
def test_images_and_tools_go_to_who_can_take_them_even_when_another_is_faster(need: str) -> None:
    fast = seat(MAC, Offer("a", 4, 4, speed=100.0))
    able = seat(TOWER, Offer("b", 4, 4, speed=1.0, **{need: True}))  # type: ignore[arg-type]
    assert where(want(**{need: True}), fast, able) == (TOWER, "b")
    assert where(want(), fast, able) == (MAC, "a")


def test_a_need_that_nobody_connected_can_meet_is_left_to_the_clients_own_words() -> None:
    assert where(want(vision=True), seat(MAC)) == (MAC, "tiny")


def test_thinking_is_preferred_but_not_waited_for() -> None:
    plain, thinker = seat(MAC), seat(TOWER, Offer("deep", 1, 4, thinks=True))
    assert where(want(thinks=True), plain, thinker) == (TOWER, "deep")
    assert where(want(thinks=True), plain, seat(TOWER, Offer("deep", 0, 4, thinks=True))) == (MAC, "tiny")


def test_a_loaded_model_goes_before_one_that_has_to_be_loaded() -> None:
    cold = seat(MAC, Offer("tiny", 4, 4, loaded=False, speed=100.0))
    warm = seat(TOWER, Offer("tiny", 1, 4, speed=1.0))
    assert where(want(), cold, warm) == (TOWER, "tiny")
    assert where(want(), cold, seat(TOWER, Offer("tiny", 0, 4))) == (MAC, "tiny")


def test_a_conversation_stays_where_its_beginning_is_cached_and_moves_when_that_is_full_or_away() -> None:
    mac, tower = seat(MAC, Offer("tiny", 1, 4, speed=1.0)), seat(TOWER, Offer("tiny", 4, 4, speed=100.0))
    follow_up = want(last=(MAC, "tiny"))
    assert where(follow_up, mac, tower) == (MAC, "tiny")
    assert where(want(), mac, tower) == (TOWER, "tiny")
    assert where(follow_up, seat(MAC, Offer("tiny", 0, 4)), tower) == (TOWER, "tiny")
    assert where(follow_up, tower) == (TOWER, "tiny")


def test_a_conversation_that_has_to_move_keeps_its_model() -> None:
    other = seat(TOWER, Offer("fast", 4, 4, speed=100.0), Offer("tiny", 4, 4, speed=1.0))
    assert where(want(last=(MAC, "tiny")), other) == (TOWER, "tiny")


def test_who_failed_a_generation_does_not_get_it_again_while_another_could_take_it() -> None:
    mac, tower = seat(MAC), seat(TOWER)
    assert where(want(failed=MAC, last=(MAC, "tiny")), mac, tower) == (TOWER, "tiny")
    assert where(want(failed=MAC), mac, seat(TOWER, Offer("tiny", 0, 4))) is None, "the full one is worth waiting for"
    assert where(want(model="tiny", failed=MAC), mac, seat(TOWER, Offer("other", 4, 4))) == (MAC, "tiny")
    assert where(want(failed=MAC), mac) == (MAC, "tiny")


def test_the_faster_client_and_the_heavier_one_get_more() -> None:
    slow, fast = seat(MAC, Offer("tiny", 4, 4, speed=10.0)), seat(TOWER, Offer("tiny", 4, 4, speed=20.0))
    assert where(want(), slow, fast) == (TOWER, "tiny")
    heavy = seat(MAC, Offer("tiny", 4, 4, speed=10.0), weight=30)
    assert where(want(), heavy, fast) == (MAC, "tiny")


def test_weight_nought_gets_only_what_no_other_can_take() -> None:
    last_resort = seat(MAC, Offer("tiny", 4, 4, speed=1000.0), weight=0)
    assert where(want(), last_resort, seat(TOWER, Offer("tiny", 1, 4))) == (TOWER, "tiny")
    assert where(want(), last_resort, seat(TOWER, Offer("tiny", 0, 4))) == (MAC, "tiny")


def test_load_is_spread_in_proportion_to_slots_and_speed() -> None:
    wants = [want(user) for user in range(12)]
    mac = seat(MAC, Offer("tiny", 8, 8), room=8)
    tower = seat(TOWER, Offer("tiny", 8, 8), room=8)
    evenly = [one.node for one in place(wants, [mac, tower], 12).values()]
    assert (evenly.count(MAC), evenly.count(TOWER)) == (6, 6)
    twice = seat(TOWER, Offer("tiny", 8, 8, speed=20.0), room=8)
    single = seat(MAC, Offer("tiny", 8, 8, speed=10.0), room=8)
    shared = [one.node for one in place(wants[:8], [single, twice], 8).values()]
    assert shared.count(TOWER) > shared.count(MAC) > 0


def test_slots_and_room_are_never_exceeded() -> None:
    wants = [want(user) for user in range(20)]
    two_models = seat(MAC, Offer("a", 4, 4), Offer("b", 4, 4), room=5)
    placed = place(wants, [two_models, seat(TOWER, Offer("a", 2, 4), room=9)], 20)
    assert sorted(one.node.int for one in placed.values()) == [1] * 5 + [2] * 2
    assert len(place(wants, [two_models], 3)) == 3
    assert place(wants, [seat(MAC, room=0)], 20) == {}


def test_one_user_gets_one_at_a_time() -> None:
    first, second, other = want(ALICE), want(ALICE), want(BOB)
    assert set(place([first, second, other], [seat(MAC)], 4)) == {first.generation, other.generation}


def test_a_client_of_its_owner_alone_takes_nobody_elses_work() -> None:
    alices = seat(MAC, owner=ALICE, own_only=True)
    assert where(want(BOB), alices) is None
    assert where(want(ALICE), alices) == (MAC, "tiny")
    assert where(want(ALICE), alices, seat(TOWER, Offer("tiny", 4, 4, speed=100.0))) == (MAC, "tiny")


def test_an_owner_goes_first_on_a_client_that_asks_for_it_and_nowhere_else() -> None:
    bob, alice = want(BOB), want(ALICE)
    one_slot = Offer("tiny", 1, 1)
    assert set(place([bob, alice], [seat(MAC, one_slot, owner=ALICE)], 1)) == {bob.generation}
    assert set(place([bob, alice], [seat(MAC, one_slot, owner=ALICE, owner_first=True)], 1)) == {alice.generation}
    both = place([bob, alice], [seat(TOWER, one_slot), seat(MAC, one_slot, owner=ALICE, owner_first=True)], 2)
    assert (both[alice.generation].node, both[bob.generation].node) == (MAC, TOWER)


def test_another_process_with_the_conversations_client_has_the_first_go() -> None:
    here = [seat(MAC)]
    assert better_elsewhere(want(last=(TOWER, "tiny")), here, {TOWER: frozenset({"tiny"})})
    assert not better_elsewhere(want(last=(MAC, "tiny")), here, {TOWER: frozenset({"tiny"})})
    assert not better_elsewhere(want(last=(LAPTOP, "tiny")), here, {TOWER: frozenset({"tiny"})})
    assert not better_elsewhere(want(model="x", last=(TOWER, "tiny")), here, {TOWER: frozenset({"tiny"})})


def test_what_failed_here_is_left_to_another_process_that_could_take_it() -> None:
    failed = want(failed=MAC)
    assert better_elsewhere(failed, [seat(MAC)], {TOWER: frozenset({"tiny"})})
    assert not better_elsewhere(failed, [seat(MAC), seat(LAPTOP)], {TOWER: frozenset({"tiny"})})
    assert not better_elsewhere(failed, [seat(MAC)], {})


@pytest.mark.parametrize(
    ("now", "quiet"), [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)]
)  # fmt: skip
def test_quiet_hours_go_over_midnight(now: str, quiet: bool) -> None:
    hours = (datetime.time(22), datetime.time(7))
    assert quiet_at(datetime.time.fromisoformat(now), hours) is quiet


@pytest.mark.parametrize(("now", "quiet"), [("08:59", False), ("09:00", True), ("16:59", True), ("17:00", False)])
def test_quiet_hours_within_a_day(now: str, quiet: bool) -> None:
    assert quiet_at(datetime.time.fromisoformat(now), (datetime.time(9), datetime.time(17))) is quiet


def test_no_hours_and_equal_hours_are_never_quiet() -> None:
    assert not quiet_at(datetime.time(3), None)
    assert not quiet_at(datetime.time(3), (datetime.time(3), datetime.time(3)))
