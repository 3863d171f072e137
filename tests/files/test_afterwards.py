"""What is made of files after they were stored: in the background, each part by itself."""

import pytest

from files import actions, afterwards
from files.models import Blob, File
from meatlizard.accounts.models import User
from meatlizard.jobs.models import Job
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    def fine(blob: Blob, file: File) -> None:
        told.append(f"{file.name} {blob.size}")

    def fails(blob: Blob, file: File) -> None:
        raise ValueError("a picture that is none")

    monkeypatch.setattr(afterwards, "_hooks", {})
    afterwards.after_store("fails", fails)
    afterwards.after_store("fine", fine)
    return told


def test_every_part_gets_the_file_and_one_that_fails_is_tried_again_alone(alice: User, seen: list[str]) -> None:
    file = actions.store(alice, None, "wall.txt", adopted(b"wall"))
    job = Job.objects.get()
    assert not seen
    afterwards.work_on_stored.func(*job.args)
    assert seen == ["wall.txt 4"]
    again = Job.objects.exclude(pk=job.pk).get()
    assert again.args == [str(file.pk), file.blob_id, ["fails"]]
    # Alone it fails as a job does, which has its attempts and its end.
    with pytest.raises(ValueError, match="none"):
        afterwards.work_on_stored.func(*again.args)


def test_what_is_gone_or_has_another_content_meanwhile_is_left_alone(alice: User, seen: list[str]) -> None:
    file = actions.store(alice, None, "wall.txt", adopted(b"wall"))
    first = Job.objects.get()
    actions.store(alice, None, "wall.txt", adopted(b"stone"), replacing=file)
    afterwards.work_on_stored.func(*first.args)
    assert not seen
    file.delete()
    afterwards.work_on_stored.func(*Job.objects.exclude(pk=first.pk).get().args)
    assert not seen


def test_what_was_not_stored_leaves_no_work(alice: User, seen: list[str]) -> None:
    alice.tier.storage_bytes = 1
    alice.tier.save()
    blob = adopted(b"wall")
    with pytest.raises(Exception, match="Delete something first"):
        actions.store(alice, None, "wall.txt", blob)
    assert not Job.objects.exists() and used_by(alice) == 0
