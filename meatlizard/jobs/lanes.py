"""Queues with workers' slots of their own: long work of one kind keeps no other job from running, nor is it kept waiting by them."""

from collections.abc import Callable
from typing import Final

DEFAULT: Final = "default"
_slots: dict[str, Callable[[], int]] = {}
_going_on: set[str] = set()


def goes_on(task: str) -> None:
    """Jobs of this task (path of the function) are done also while the site is read-only or closed: what operators do then. Call it in
    ``ready``."""
    _going_on.add(task)


def going_on() -> frozenset[str]:
    return frozenset(_going_on)


def own_slots(queue: str, slots: Callable[[], int]) -> None:
    """Jobs of ``queue`` run beside all others, as many at once in each process as ``slots()`` says; none where that is 0. Call it in
    ``ready``."""
    _slots[queue] = slots


def lanes() -> tuple[str, ...]:
    """Queues with slots of their own."""
    return tuple(_slots)


def slots_of(queue: str) -> int:
    return _slots[queue]()


def lane_of(queue: str) -> str:
    """Whose slots a job of this queue takes."""
    return queue if queue in _slots else DEFAULT
