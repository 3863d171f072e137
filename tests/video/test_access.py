"""Who sees which video, and who may change it."""

import datetime

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from tests.video.rows import ready
from video import access, actions, channels
from video.models import Channel, Video, VideoPerson

pytestmark = pytest.mark.django_db
GUEST = AnonymousUser()


@pytest.mark.parametrize("privacy", ["public", "unlisted"])
def test_who_has_the_address_watches(alice: User, charlie: User, privacy: str) -> None:
    video = ready(alice, privacy=privacy)
    for viewer in (alice, charlie, GUEST):
        assert access.watch(viewer, video.slug) == video


@pytest.mark.parametrize("privacy", ["private", "people"])
def test_strangers_cannot_tell_it_from_what_is_not_there(alice: User, charlie: User, privacy: str) -> None:
    video = ready(alice, privacy=privacy)
    assert access.watch(alice, video.slug) == video
    said = set()
    for viewer in (charlie, GUEST):
        for slug in (video.slug, "no-such-slug", "a\x00b"):
            with pytest.raises(NotFound) as refusal:
                access.watch(viewer, slug)
            said.add((refusal.value.message, refusal.value.code))
    assert len(said) == 1


def test_those_it_is_shown_to_watch(alice: User, bob: User, charlie: User) -> None:
    video = ready(alice, privacy="people")
    actions.set_people(video, [bob, alice])
    assert list(VideoPerson.objects.values_list("user", flat=True)) == [bob.pk]
    assert access.watch(bob, video.slug) == video
    actions.set_people(video, [charlie])
    with pytest.raises(NotFound):
        access.watch(bob, video.slug)


def test_a_password_is_given_once_and_another_one_again(alice: User, bob: User) -> None:
    video = ready(alice, privacy="unlisted")
    actions.set_password(video, "open sesame")
    with pytest.raises(access.PasswordWanted) as refusal:
        access.watch(bob, video.slug)
    assert refusal.value.slug == video.slug
    proof = access.lock(video).unlock("open sesame", "192.0.2.1")
    assert access.watch(bob, video.slug, unlocked={"nonsense", proof}) == video
    actions.set_password(video, "another one")
    with pytest.raises(access.PasswordWanted):
        access.watch(bob, video.slug, unlocked={proof})
    assert access.watch(alice, video.slug) == video


@pytest.mark.parametrize(
    "change",
    [
        {"playable": None},
        {"published": None},
        {"trashed": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},
        {"state": "removed"},
    ],
    ids=["not playable", "not published", "in the trash", "taken down"],
)
def test_what_is_not_there_yet_or_any_more_is_nobodys(alice: User, bob: User, change: dict[str, object]) -> None:
    video = ready(alice, **change)
    with pytest.raises(NotFound):
        access.watch(bob, video.slug)
    assert not access.visible(bob).exists()


def test_a_suspended_persons_videos_are_out_of_reach(alice: User, bob: User) -> None:
    video = ready(alice)
    assert access.visible(bob).get() == video
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + datetime.timedelta(days=1))
    assert not access.visible(bob).exists()
    with pytest.raises(NotFound):
        access.watch(bob, video.slug)


def test_lists_have_what_is_the_viewers_to_find(alice: User, bob: User, charlie: User) -> None:
    rows = {privacy: ready(alice, privacy, privacy=privacy) for privacy in Video.Privacy.values}
    Video.objects.filter(privacy="password").update(password=make_password("x"))
    actions.set_people(rows["people"], [bob])
    found = {
        viewer: set(access.visible(viewer).values_list("title", flat=True)) for viewer in (alice, bob, charlie, GUEST)
    }
    assert found == {
        alice: set(Video.Privacy.values), bob: {"public", "people"}, charlie: {"public"}, GUEST: {"public"},
    }  # fmt: skip


def test_who_may_only_watch_may_not_change(alice: User, bob: User, charlie: User) -> None:
    seen, unseen = ready(alice), ready(alice, privacy="private")
    assert access.own(alice, seen.slug) == seen
    with pytest.raises(Forbidden):
        access.own(bob, seen.slug)
    for viewer in (charlie, GUEST):
        with pytest.raises(NotFound):
            access.own(viewer, unseen.slug)


def test_publishing_is_noted_when_others_first_see_it(alice: User) -> None:
    video = ready(alice, privacy="private", published=None)
    assert not actions.publish(video)
    actions.describe(video, title="  Two\nlines\x00 ")
    assert (video.title, video.published) == ("Two lines", None)
    actions.describe(video, privacy="unlisted")
    first = video.published
    assert first is not None
    actions.describe(video, privacy="private")
    actions.describe(video, privacy="public")
    assert Video.objects.get().published == first


def test_what_is_none_of_the_choices_is_refused(alice: User, bob: User) -> None:
    video = ready(alice)
    for changes in ({"privacy": "secret"}, {"privacy": "password"}, {"channel": channels.main_of(bob)}):
        with pytest.raises(Invalid):
            actions.describe(video, **changes)
    with pytest.raises(ValueError, match="owner"):
        actions.describe(video, owner=bob)
    assert Video.objects.get().privacy == "public"


def test_tags_are_kept_once_in_small_letters(alice: User) -> None:
    video = ready(alice)
    actions.set_tags(video, ["#Lizard", "lizard ", "", "E\u0301tude", "x" * 99])
    assert list(video.tags.values_list("name", flat=True)) == ["lizard", "x" * 40, "\u00e9tude"]
    with pytest.raises(LimitReached):
        actions.set_tags(video, map(str, range(actions.MOST_TAGS + 1)))
    assert video.tags.count() == 3


def test_everybody_has_a_channel_with_the_first_video(alice: User, bob: User) -> None:
    Channel.objects.create(owner=bob, handle="alice", name="Not Alice")
    first, second = actions.draft(alice, title="One"), actions.draft(alice)
    assert first.channel == second.channel
    assert (first.channel.handle, first.channel.main) == ("alice-2", True)
    assert channels.main_of(bob).handle == "bob"


def test_channels_have_handles_of_their_own(alice: User, bob: User) -> None:
    channels.create(alice, "Lizards", "Lizards")
    for handle in ("lizards", "a b", "-x", "", "x" * 61, "é"):
        with pytest.raises(Invalid):
            channels.create(bob, handle, "Mine")
    assert access.own_channel(alice, "LIZARDS").name == "Lizards"
    with pytest.raises(Forbidden):
        access.own_channel(bob, "lizards")
    with pytest.raises(NotFound):
        access.channel("nobody")


def test_drafts_are_bounded(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_UNDER_WAY", 1)
    video = actions.draft(alice)
    with pytest.raises(LimitReached):
        actions.draft(alice)
    assert actions.trash(video)
    assert not actions.trash(video)
    actions.draft(alice)
