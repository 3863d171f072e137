"""A client that fails too often gets no work for a while, then one job to try. The clock is the test's own."""

from chat.inference.breaker import LONGEST_OPEN_SECONDS, OPEN_SECONDS, PROBE_SECONDS, WINDOW_SECONDS, Breaker


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        assert breaker.state == "closed"
        breaker.failed()
    assert breaker.state == "open"
    return breaker, clock


def test_three_failures_in_a_minute_open_it_and_nothing_gets_through() -> None:
    breaker, clock = opened()
    assert breaker.room(4) == 0
    assert breaker.seconds == OPEN_SECONDS
    clock.now += OPEN_SECONDS - 0.1
    assert (breaker.state, breaker.room(4)) == ("open", 0)


def test_failures_far_apart_do_not() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(10):
        breaker.failed()
        clock.now += WINDOW_SECONDS / 2 + 1
    assert (breaker.state, breaker.room(4)) == ("closed", 4)


def test_few_failures_among_many_answers_do_not() -> None:
    breaker = Breaker(Clock())
    for _ in range(20):
        breaker.succeeded()
    for _ in range(5):
        breaker.failed()
    assert breaker.state == "closed"


def test_half_open_it_lets_one_through_and_closes_when_that_goes_well() -> None:
    breaker, clock = opened()
    clock.now += OPEN_SECONDS
    assert (breaker.state, breaker.room(4), breaker.room(0)) == ("half_open", 1, 0)
    breaker.started()
    assert breaker.room(4) == 0
    breaker.succeeded()
    assert (breaker.state, breaker.room(4), breaker.seconds) == ("closed", 4, None)
    breaker.failed()
    assert breaker.state == "closed", "what was before is forgotten"


def test_a_try_that_fails_doubles_the_wait_up_to_a_bound() -> None:
    breaker, clock = opened()
    waits = []
    for _ in range(7):
        clock.now += breaker.seconds or 0
        breaker.started()
        breaker.failed()
        waits.append(breaker.seconds)
    assert waits[:3] == [60.0, 120.0, 240.0]
    assert waits[-1] == LONGEST_OPEN_SECONDS


def test_a_try_of_which_nothing_is_heard_is_given_up() -> None:
    breaker, clock = opened()
    clock.now += OPEN_SECONDS
    breaker.started()
    clock.now += PROBE_SECONDS
    assert (breaker.state, breaker.room(4)) == ("half_open", 1)


def test_late_ends_of_what_began_before_it_opened_change_nothing() -> None:
    breaker, _ = opened()
    before = breaker.seconds
    breaker.failed()
    breaker.succeeded()
    assert (breaker.state, breaker.seconds) == ("open", before)


def test_what_is_idle_may_be_forgotten_and_what_is_open_may_not() -> None:
    breaker, clock = opened()
    assert not breaker.idle
    clock.now += 10 * LONGEST_OPEN_SECONDS
    assert not breaker.idle
    quiet = Breaker(clock)
    assert quiet.idle
    quiet.failed()
    assert not quiet.idle
    clock.now += WINDOW_SECONDS + 1
    assert quiet.idle
