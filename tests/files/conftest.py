"""Every test has an empty storage of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.s3 import S3Server, s3_server


@pytest.fixture(autouse=True)
def own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INCOMING_DIR = tmp_path / "incoming"


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, settings: Any) -> S3Server:
    """An empty bucket beside the local disk; new things go into it."""
    if not s3.program.running:
        s3.start()
    s3.empty()
    in_bucket = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3.options()}
    settings.STORAGES = {**settings.STORAGES, "s3": in_bucket, "default": in_bucket}
    settings.STORAGE = "s3"
    return s3
