"""Feeds and order of trending videos are remembered for a while: each test begins with nothing remembered."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()
