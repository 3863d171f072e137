"""Who else reads what is written here, in words: shown on every page before anybody writes."""

from collections.abc import Callable

_says: list[Callable[[], str]] = []


def onlooker(says: Callable[[], str]) -> Callable[[], str]:
    """Registers what is to be said of somebody who reads along; "" while nobody does. Called for each page: from memory, or seldom
    from elsewhere."""
    if says not in _says:
        _says.append(says)
    return says


def told() -> str:
    return " ".join(words for says in _says if (words := says()))
