"""A client of the endpoint in this process, and what became of its uploads."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async

if TYPE_CHECKING:
    from meatlizard.accounts.models import User
    from tests.files.tus.sending import Tus


@pytest.fixture(autouse=True)
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within one transaction that is rolled back, questions are asked in the test's own thread. Tests that must commit use the threads
    that the site uses."""
    from django.core.cache import cache

    from files.tus import door, opening, receiving
    from meatlizard import threads

    cache.clear()
    if "transactional_db" not in request.fixturenames:

        async def in_this_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            return await sync_to_async(function)(*args, **kwargs)

        for module in (door, opening, receiving):
            monkeypatch.setattr(module, "in_database", in_this_thread)
        monkeypatch.setattr(door, "in_slow_database", in_this_thread)
    yield
    if "transactional_db" in request.fixturenames:
        threads.close_thread_connections()


@pytest.fixture
def tus(alice: "User") -> "Tus":
    """Alice, signed in."""
    from tests.files.tus.sending import Tus

    return Tus(alice)


@pytest.fixture
def room(db: None) -> "Callable[[User], int]":
    """How many bytes somebody's things take."""
    from meatlizard.storage.actions import used_by

    return used_by
