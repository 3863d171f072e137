"""A site with a few files of its own, and a folder for its backups."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from tests.services.s3 import S3Server, s3_server

FILES = {"a.txt": b"lizard", "deep/er/ü.bin": bytes(range(256)) * 40, "empty": b""}


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_TO = str(tmp_path / "kept")
    settings.BACKUP_RECIPIENTS, settings.BACKUP_IDENTITY = [], ""
    for name, data in FILES.items():
        default_storage.save(name, ContentFile(data))
    return tmp_path


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server
