"""What becomes of videos with their owner's account: taken along, merged, exported."""

import json

import pytest

from meatlizard.accounts.belongings import archive
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.video.making import blob_of
from tests.video.rows import ready
from video import actions, channels
from video.making import actions as making
from video.making.carrying import of
from video.models import Channel, Video

pytestmark = pytest.mark.django_db


def test_two_accounts_become_one_with_all_their_videos(alice: User, bob: User) -> None:
    for owner, content in ((alice, b"abc"), (bob, b"defg")):
        making.begin(actions.draft(owner), blob_of(content), "a.mp4")
    merge(bob, alice)
    assert set(Video.objects.values_list("owner", flat=True)) == {alice.pk}
    assert used_by(alice) == 7
    assert channels.main_of(alice).handle == "alice"
    assert Channel.objects.filter(owner=alice).count() == 2


def test_the_archive_has_originals_and_what_was_said(alice: User, bob: User) -> None:
    kept = actions.draft(alice, title="Lizards")
    making.begin(kept, blob_of(b"abc"), "../wall.mp4")
    ready(alice, "Without an original")
    ready(bob, "Not hers")
    found = {path: data if isinstance(data, bytes) else b"".join(data) for path, data in of(alice)}
    said = json.loads(found.pop("videos/videos.json"))
    assert [one["title"] for one in said] == ["Lizards", "Without an original"]
    ((path, content),) = found.items()
    assert (path, content) == (said[0]["path"], b"abc")
    assert ".." not in path.split("/")
    assert said[1]["path"] is None
    assert b"".join(archive(alice)).startswith(b"PK")
