"""Previews of stored contents: made once, kept with their content, and what others get of a photograph."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from files.actions import store
from files.afterwards import work_on_stored
from files.blobs import reading, references, sweeping
from files.models import BareCopy, Blob, BlobText, File, Preview
from files.previews import actions, others, showing, workshop
from meatlizard.accounts.models import User
from meatlizard.errors import Unavailable
from tests.files.contents import past_grace
from tests.files.previews import contents

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def kept(owner: User, data: bytes, name: str, blob_of: Callable[[bytes], Blob]) -> File:
    """A stored file, after the jobs that come with it."""
    file = store(owner, None, name, blob_of(data))
    work_on_stored.func(str(file.pk), file.blob_id, ["preview", "text"])
    file.refresh_from_db()
    return file


def test_a_photograph_gets_small_pictures_and_others_a_copy_without_its_notes(
    alice: User, blob_of: Callable[[bytes], Blob]
) -> None:
    file = kept(alice, contents.jpeg(), "beach.jpg", blob_of)
    row = Preview.objects.get(pk=file.blob_id)
    assert row.state == Preview.State.READY and row.bare == Preview.Bare.COPY and row.facts["located"]
    assert set(row.made) >= {"small.webp", "large.webp"}
    with default_storage.open(row.storage_name("small.webp")) as small:
        assert Image.open(small).format == "WEBP"
    served = others.given(file)
    assert (
        served.blob_id != file.blob_id
        and served.size == served.blob.size
        and served.name == "beach.jpg"
        and served.blob.readable
    )
    with reading.open(served.blob) as copy:
        data = copy.read()
    assert not [secret for secret in contents.SECRETS if secret in data]
    assert dict(Image.open(io.BytesIO(data)).getexif()) == {0x0112: 6}
    with reading.open(file.blob) as original:
        assert original.read() == contents.jpeg(), "the owner's is as it came"


def test_the_owner_may_let_others_have_all_of_it(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = kept(alice, contents.jpeg(), "beach.jpg", blob_of)
    actions.show_whole(file, whole=True)
    actions.show_whole(file, whole=True)
    assert others.given(file).blob.pk == file.blob_id
    actions.show_whole(file, whole=False)
    assert others.given(file).blob.pk != file.blob_id


def test_a_photograph_of_a_phone_goes_to_others_under_the_name_of_what_it_became(
    alice: User, blob_of: Callable[[bytes], Blob]
) -> None:
    file = kept(alice, contents.avif(), "IMG_1.avif", blob_of)
    assert others.given(file).name == "IMG_1.jpg"


def test_what_notes_nothing_goes_to_others_as_it_is(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = kept(alice, contents.saved(contents.halves(), "PNG"), "plain.png", blob_of)
    assert others.given(file).blob.pk == file.blob_id and not BareCopy.objects.exists()
    text = kept(alice, b"words", "words.txt", blob_of)
    assert others.given(text).blob.pk == text.blob_id


def test_until_there_is_a_copy_others_get_nothing(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = store(alice, None, "beach.jpg", blob_of(contents.jpeg()))
    with pytest.raises(Unavailable):
        others.given(file)
    broken = kept(alice, contents.jpeg()[:300], "broken.jpg", blob_of)
    assert Preview.objects.get(pk=broken.blob_id).error == "image_unreadable"
    with pytest.raises(others.NoCopy):
        others.given(broken)


def test_it_is_made_once_and_again_when_asked(
    alice: User, blob_of: Callable[[bytes], Blob], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(alice, contents.jpeg()[:300], "broken.jpg", blob_of)
    made: list[Any] = []
    monkeypatch.setattr(workshop, "made", lambda *args: made.append(args))
    assert actions.make(file.blob).state == Preview.State.FAILED  # type: ignore[union-attr]
    assert not made
    monkeypatch.undo()
    actions.retry(file)
    assert Preview.objects.get(pk=file.blob_id).state == Preview.State.MAKING
    actions.make(file.blob)
    assert Preview.objects.get(pk=file.blob_id).state == Preview.State.FAILED


def test_making_it_anew_leaves_nothing_of_the_former_behind(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = kept(alice, contents.jpeg(), "beach.jpg", blob_of)
    before = Preview.objects.get(pk=file.blob_id)
    actions.make(file.blob, again=True)
    after = Preview.objects.get(pk=file.blob_id)
    assert not default_storage.exists(before.storage_name("small.webp"))
    assert default_storage.exists(after.storage_name("small.webp"))
    assert BareCopy.objects.get().blob.references == 1


def test_all_that_was_made_goes_with_the_content(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = kept(alice, contents.jpeg(), "beach.jpg", blob_of)
    row, copy = Preview.objects.get(pk=file.blob_id), BareCopy.objects.get().blob
    assert references.counts([copy.pk])[copy.pk] == 1
    file.versions.all().delete()
    file.delete()
    references.release(row.blob_id)
    past_grace()
    sweeping.sweep()
    assert not Preview.objects.exists() and not BareCopy.objects.exists()
    assert not default_storage.exists(row.storage_name("small.webp"))
    past_grace()
    sweeping.sweep()
    assert not Blob.objects.exists()


def test_nothing_is_made_of_what_is_in_quarantine(alice: User, blob_of: Callable[[bytes], Blob]) -> None:
    file = store(alice, None, "beach.jpg", blob_of(contents.jpeg()))
    Blob.objects.update(state=Blob.State.QUARANTINED)
    work_on_stored.func(str(file.pk), file.blob_id, ["preview", "text"])
    assert not Preview.objects.exists() and not BlobText.objects.exists()


def test_many_are_given_at_once_in_their_order_and_those_without_a_copy_are_left_out(
    alice: User, blob_of: Callable[[bytes], Blob], django_assert_max_num_queries: Any
) -> None:
    photo = kept(alice, contents.jpeg(), "a.jpg", blob_of)
    broken = kept(alice, contents.jpeg()[:300], "b.jpg", blob_of)
    text = kept(alice, b"words", "c.txt", blob_of)
    rows = list(File.objects.select_related("blob").filter(pk__in=[text.pk, photo.pk, broken.pk]).order_by("-name"))
    with django_assert_max_num_queries(3):
        found = others.given_of(rows)
    assert list(found) == [text.pk, photo.pk]
    assert found[text.pk].blob_id == text.blob_id and found[photo.pk].blob_id != photo.blob_id
    photo.refresh_from_db()
    assert photo.size == len(contents.jpeg()), "the row itself is as it was"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + b"SECRET-PLACE" * 9,
        b"\xff\x0a\xfa\x7f\x01\x90\x08" + b"SECRET-PLACE" * 9,
        b"FUJIFILMCCD-RAW 0201FF393101\0\1\2" + b"SECRET-PLACE" * 9,
        b"IIRO\x08\0\0\0" + b"SECRET-PLACE" * 9,
    ],
    ids=["cr3", "jxl", "raf", "orf"],
)
def test_of_pictures_that_cannot_be_taken_apart_others_get_nothing_until_the_owner_lets_them(
    alice: User, blob_of: Callable[[bytes], Blob], data: bytes
) -> None:
    file = kept(alice, data, "shot.raw", blob_of)
    with pytest.raises(others.NoCopy):
        others.given(file)
    assert showing.look(file).noted, "the page of the file says so, and lets its owner choose"
    actions.show_whole(file, whole=True)
    assert others.given(file).blob_id == file.blob_id
