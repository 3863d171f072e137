"""Videos are put before moderators, and taken down."""

import pytest
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from tests.video.rows import ready
from video import access, actions, removing
from video.models import Video
from video.moderating import VideoTexts

pytestmark = pytest.mark.django_db


def test_whoever_may_watch_it_reports_it(client: Client, alice: User, charlie: User) -> None:
    from meatlizard.moderation.models import Case

    public, private = ready(alice, "<b>Lizards</b>"), ready(alice, privacy="private")
    client.force_login(charlie)
    form = client.get(f"/v/{public.slug}/report/")
    assert form.status_code == 200
    reason = form.context["form"].fields["reason"].choices[-1][0]
    assert client.post(f"/v/{public.slug}/report/", {"reason": reason, "comment": "look"}).status_code == 302
    case = Case.objects.get()
    assert "<b>Lizards</b>" in (VideoTexts().read(case.target) or "")
    for path in (f"/v/{private.slug}/report/", "/v/nothing/report/"):
        assert client.get(path).status_code == 404


def test_what_is_taken_down_is_nobodys_any_more(alice: User, bob: User) -> None:
    video, texts = ready(alice), VideoTexts()
    target = f"video:{video.pk}"
    assert texts.write(target, "something else"), "there is no half of a video"
    assert access.watch(bob, video.slug) == video
    assert texts.write(target, "")
    assert not texts.remove(target)
    for viewer in (alice, bob):
        with pytest.raises(NotFound):
            access.watch(viewer, video.slug)
        with pytest.raises(NotFound):
            access.own(viewer, video.slug)
    assert not actions.restore(video)
    Video.objects.update(trashed="2026-01-01T00:00:00Z")
    assert removing.empty_trash() == 1


@pytest.mark.parametrize("target", ["video:nonsense", "comment:1", "", "video:00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_not_taken_down(db: None, target: str) -> None:
    texts = VideoTexts()
    assert texts.read(target) is None
    assert not texts.remove(target)
