"""Every test has an empty storage of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INCOMING_DIR = tmp_path / "incoming"


@pytest.fixture
def blob_of(db: None) -> "Callable[[bytes], Any]":
    """Adopts bytes, as an upload of them does."""
    from tests.files.contents import adopted

    return adopted
