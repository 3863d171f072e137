"""Parts of videos may be left out of a backup where the original is in it; brought back, the site makes them again."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from meatlizard.accounts.models import User
from meatlizard.ops.backups import places, restoring, taking
from tests.files.contents import adopted
from tests.video import rows
from video.making import backups
from video.models import Part, Rendition, Step, Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR, settings.BACKUP_TO, settings.BACKUP_RECIPIENTS = tmp_path, "", []


def with_part(video: Video) -> str:
    row = Rendition.objects.create(video=video, place=video.place, name="240p", kind="video", codec="h264", ended=True)
    part = Part.objects.create(rendition=row, number=0, start=0, duration=1, file="0-1.mp4", size=4, state="made")
    return default_storage.save(part.storage_name, ContentFile(b"part"))


def test_what_has_an_original_is_made_again(alice: User, settings: Any) -> None:
    kept, lost = rows.ready(alice, "kept"), rows.ready(alice, "lost")
    Video.objects.filter(pk=lost.pk).update(blob=None)
    Video.objects.filter(pk=kept.pk).update(blob=adopted(b"a film"))
    with_original, without = with_part(kept), with_part(lost)
    picture = default_storage.save(kept.storage_name("thumbnail/0.webp"), ContentFile(b"picture"))
    tells = backups.derived()
    assert [tells(name) for name in (with_original, without, picture)] == [True, False, False]
    assert backups.make() == 0, "all parts are there"
    settings.BACKUP_VIDEO_PARTS = False
    made = taking.take(places.usual())
    assert made.left_out == 1
    default_storage.delete(with_original)
    done = restoring.restore("newest", "", [], lambda plan: True)
    assert done.anew == 1 and not done.plan.missing
    assert Video.objects.get(pk=kept.pk).state == Video.State.WAITING and Step.objects.filter(video=kept).exists()
    assert Video.objects.get(pk=lost.pk).state == Video.State.READY
    assert default_storage.open(without).read() == b"part"
