"""Fixtures of the short links' tests. Models are imported inside: a conftest may be read before Django is set up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shortener.redirect.memory import Memory
    from tests.shortener.visiting import Visitor


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What a test before has left in this process: the memory, salts, and clicks on their way."""
    from shortener.redirect.memory import memory
    from shortener.redirect.recording import forget_salts
    from shortener.redirect.storing import recorder

    memory.forget()
    forget_salts()
    recorder._raw.clear()
    yield
    memory.forget()


@pytest.fixture(autouse=True)
def no_limits_of_other_tests() -> Iterator[None]:
    """Rates are counted in the cache, which outlives a test."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def remembered(transactional_db: None) -> "Iterator[Memory]":
    """The memory of this process, which actions of this process reach at once."""
    from meatlizard.threads import close_thread_connections
    from shortener.redirect.memory import memory

    yield memory
    close_thread_connections()


@pytest.fixture
def visitor(remembered: "Memory") -> "Visitor":
    from tests.shortener.visiting import Visitor

    return Visitor(remembered)
