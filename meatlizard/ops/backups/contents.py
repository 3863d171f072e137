"""What apps tell of the files they keep in the storage: each registers itself when it starts."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

Derived: TypeAlias = Callable[[], Callable[[str], bool]]

_unchanging: list[str] = []
_indexes: set[str] = set()
_derived: list[tuple[Derived, Callable[[], int]]] = []


def unchanging(folder: str) -> None:
    """Names below ``folder`` never come to mean another content: when the file was written says nothing then."""
    if folder not in _unchanging:
        _unchanging.append(folder)


def derived(which: Derived, make: Callable[[], int]) -> None:
    """Files that can be made anew. ``which`` is called once a backup and returns what tells them by name; ``make`` has those made that are
    not there, after a backup was restored without them, and returns how many things that concerns."""
    if (which, make) not in _derived:
        _derived.append((which, make))


def index_of(table: str) -> None:
    """A table that triggers fill, or whatever else runs after migrations: it is not carried into another kind of database, but made there."""
    _indexes.add(table)


def indexes() -> frozenset[str]:
    return frozenset(_indexes)


def never_changes(name: str) -> bool:
    return name.startswith(tuple(_unchanging))


def made_anew() -> Callable[[str], bool]:
    tests = [which() for which, _make in _derived]
    return lambda name: any(test(name) for test in tests)


def make() -> Iterable[int]:
    return [make() for _which, make in _derived]
