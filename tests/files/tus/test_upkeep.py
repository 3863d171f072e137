"""What uploads leave to others: the database to who waits for it, and no rows for ever."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from files.blobs import reading
from files.models import Blob, Upload
from files.safety import blocked
from files.tus import sweeping
from tests.files.tus.sending import Tus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def committing(transactional_db: None) -> None:
    """The site's own threads, which see what is committed."""


@pytest.mark.parametrize("at_once", [True, False])
def test_the_storage_is_not_asked_while_the_database_is_held(
    tus: Tus, settings: Any, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    """A bucket may take a minute to answer, and SQLite has one writer at a time."""
    settings.FILES_BLOCKED = ["executables"]
    held, read = list[bool](), reading.open

    def noted(blob: Blob) -> Any:
        held.append(connection.in_atomic_block)
        return read(blob)

    monkeypatch.setattr(blocked, "_programs", {})
    monkeypatch.setattr(reading, "open", noted)
    answer = tus.create(3, b"abc") if at_once else tus.patch(tus.begin(3), 0, b"abc")
    assert (answer.status, held) == (201 if at_once else 204, [False])
    assert tus.create(4, b"#!/b").status == 400


def test_as_many_are_forgotten_as_come_again(monkeypatch: pytest.MonkeyPatch, tus: Tus) -> None:
    """Whoever has more than one turn's work left is called again at once."""
    for content in (b"a", b"b", b"c"):
        tus.create(1, content)
    Upload.objects.update(expires=timezone.now())
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    assert [sweeping.sweep(), sweeping.sweep(), sweeping.sweep()] == [2, 1, 0]
