"""Every test has an empty storage of its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INCOMING_DIR = tmp_path / "incoming"
