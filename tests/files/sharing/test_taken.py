"""What of a share is noted, asked of the database, and taken by its owner."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from files.models import Folder
from files.sharing import access
from meatlizard.accounts.models import User
from meatlizard.threads import close_thread_connections
from tests.files.sharing.scene import DATA, a_file, a_folder, begin, guest, share, to, visitor
from tests.files.sharing.scene import content as at
from tests.files.sharing.test_content import PNG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _clean() -> Any:
    cache.clear()
    yield
    close_thread_connections()


def test_what_the_bucket_or_the_content_host_sends_counts_as_sent(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, picture = a_file(alice), a_file(alice, "a.png", PNG)
    row = share(alice, file, picture)
    settings.S3_DOWNLOADS = "redirect"
    monkeypatch.setattr("files.blobs.reading.presigned", lambda *asked: "https://bucket.example/signed")
    assert guest().get(at(row, file, download="1")).status == 302
    settings.CONTENT_HOST, settings.CONTENT_URL = "content.example", "http://content.example"
    assert guest().get(at(row, picture)).status == 302
    lines = [(one.name, one.state, one.sent) for one in row.log.order_by("pk")]
    assert lines == [("notes.txt", "completed", len(DATA)), ("a.png", "completed", len(PNG))]


def test_a_share_of_many_things_asks_the_database_as_often_as_one_of_few(
    alice: User, django_assert_max_num_queries: Any
) -> None:
    deep = a_folder(alice)
    for _level in range(3):
        deep = a_folder(alice, parent=deep)
    files = [a_file(alice, f"{number}.txt", b"%d" % number, deep) for number in range(12)]
    gone = a_folder(alice, "gone")
    below = a_file(alice, "below.txt", b"below", a_folder(alice, "within", gone))
    row = share(alice, *files, deep, below)
    Folder.objects.filter(pk=gone.pk).update(trashed=timezone.now())
    with django_assert_max_num_queries(12):
        here = access.listing(row)
        shown = [one.name for one in here.files]
    assert sorted(shown) == sorted(one.name for one in files), "nothing of what lies below a folder in the trash"
    assert [one.pk for one in here.folders] == [deep.pk]


def test_the_owners_own_look_takes_no_download_from_anybody(alice: User) -> None:
    file, other = a_file(alice), a_file(alice, "other.txt", b"other")
    row = share(alice, file, other, max_downloads=2)
    mine = visitor(alice)
    assert mine.get(begin(row, file, mine.browser)).body == DATA
    zipped = mine.browser.post(to("get_zip", row))
    assert zipped.status_code == 303 and mine.get(zipped["Location"]).status == 200
    row.refresh_from_db()
    assert (row.downloads_left, row.log.count()) == (2, 0)
    assert guest().get(begin(row, file)).body == DATA
