"""Contents as uploads bring them."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def blob_of(db: None) -> Callable[[bytes], Any]:
    from tests.files.contents import adopted

    return adopted
