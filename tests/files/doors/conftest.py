"""Questions to the database in the test's own thread, so that a transaction that is rolled back does for most tests."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    from files.doors import receiving, sending

    async def in_this_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await sync_to_async(function)(*args, **kwargs)

    cache.clear()
    monkeypatch.setattr(sending, "in_database", in_this_thread)
    monkeypatch.setattr(receiving, "in_slow_database", in_this_thread)
