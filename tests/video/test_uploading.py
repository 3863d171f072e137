"""Originals come: by tus to a draft, from one's files; and the page follows them."""

import datetime
import json
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from files.models import Blob, File
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.storage.actions import used_by
from tests.files.tus.sending import Tus
from tests.video.making import blob_of
from tests.video.rows import ready
from video import access, actions
from video.making import actions as making
from video.models import Step, Video
from video.uploading.actions import of_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_the_tests_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    from files.tus import door, opening, receiving

    async def here(function: Any, *args: Any, **kwargs: Any) -> Any:
        return await sync_to_async(function)(*args, **kwargs)

    for module in (door, opening, receiving):
        monkeypatch.setattr(module, "in_database", here)
    monkeypatch.setattr(door, "in_slow_database", here)


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def begun(page: Client, name: str = "My_film.mp4") -> dict[str, Any]:
    answer = page.post("/videos/upload/", json.dumps({"name": name}), "application/json")
    assert answer.status_code == 201
    said: dict[str, Any] = answer.json()
    return said


def test_an_upload_becomes_the_original(page: Client, alice: User) -> None:
    said = begun(page)
    video = Video.objects.get()
    assert (said["slug"], said["title"], said["state"]) == (video.slug, "My film", "draft")
    tus = Tus(alice)
    path = tus.begin(6, "My_film.mp4", x_upload_video=video.slug)
    video.refresh_from_db()
    assert (video.state, video.original_size) == ("uploading", 6)
    assert tus.patch(path, 0, b"abc", x_upload_video=video.slug).status == 204
    assert tus.patch(path, 3, b"def", x_upload_video=video.slug).status == 204
    video.refresh_from_db()
    assert (video.state, video.charged, used_by(alice)) == ("waiting", 6, 6)
    assert video.blob is not None
    assert video.blob.references == 1
    assert not File.objects.exists(), "it is no file of the library"
    assert Step.objects.get().kind == "probe"


def test_a_small_one_in_one_request_too(page: Client, alice: User) -> None:
    slug = begun(page)["slug"]
    assert Tus(alice).create(3, b"abc", name="a.mp4", x_upload_video=slug).status == 201
    assert (Video.objects.get().state, used_by(alice)) == ("waiting", 3)


def test_none_is_taken_twice_or_from_others(page: Client, alice: User, charlie: User, settings: Any) -> None:
    slug = begun(page)["slug"]
    assert Tus(charlie).create(3, b"abc", name="a.mp4", x_upload_video=slug).status == 404
    assert Tus().create(3, b"abc", name="a.mp4", x_upload_video=slug).status in (401, 403)
    settings.VIDEO_MAX_BYTES = 2
    assert Tus(alice).create(3, b"abc", name="a.mp4", x_upload_video=slug).status == 413
    settings.VIDEO_MAX_BYTES = 3
    assert Tus(alice).create(3, b"abc", name="a.mp4", x_upload_video=slug).status == 201
    assert Tus(alice).create(3, b"abd", name="a.mp4", x_upload_video=slug).status == 400
    assert used_by(alice) == 3


def test_without_room_nothing_comes(page: Client, alice: User) -> None:
    slug = begun(page)["slug"]
    alice.tier.storage_bytes = 2
    alice.tier.save()
    assert Tus(alice).create(3, b"abc", name="a.mp4", x_upload_video=slug).status == 413
    video = Video.objects.get()
    assert (video.blob, used_by(alice)) == (None, 0)


def test_an_upload_goes_on_with_the_video_it_was_begun_for(page: Client, alice: User) -> None:
    first, second = begun(page)["slug"], begun(page)["slug"]
    tus = Tus(alice)
    path = tus.begin(3, "a.mp4", x_upload_video=first)
    assert tus.patch(path, 0, b"abc", x_upload_video=second).status == 404
    assert tus.patch(path, 0, b"abc").status == 404
    assert tus.patch(path, 0, b"abc", x_upload_video=first).status == 204


def test_one_is_made_of_a_file(alice: User, charlie: User) -> None:
    from files.actions import store

    file = store(alice, None, "holiday.mp4", blob_of(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"))
    video = of_file(alice, file.pk)
    assert (video.title, video.state, used_by(alice)) == ("holiday", "waiting", 2 * file.size)
    assert Blob.objects.get().references == 2
    text = store(alice, None, "a.txt", blob_of(b"words"))
    for who, what in ((alice, text), (charlie, file)):
        with pytest.raises(AppError):
            of_file(who, what.pk)
    assert Video.objects.count() == 1


def test_what_is_said_while_it_comes_is_kept(page: Client) -> None:
    said = begun(page)
    answer = page.post(said["urls"]["describe"], json.dumps({"title": "Mine", "privacy": "public"}), "application/json")
    assert (answer.json()["title"], answer.json()["privacy"]) == ("Mine", "public")
    for body in ("[]", "{", json.dumps({"privacy": "secret"})):
        assert page.post(said["urls"]["describe"], body, "application/json").status_code == 400
    assert Video.objects.get().privacy == "public"


def test_the_page_shows_what_is_under_way(page: Client, alice: User) -> None:
    said = begun(page, "</script><script>alert(1)</script>.mp4")
    html = page.get("/videos/upload/").content.decode()
    assert said["slug"] in html
    assert "<script>alert" not in html
    done = ready(alice, "Done already")
    assert "Done already" in page.get("/videos/upload/").content.decode()
    Video.objects.filter(pk=done.pk).update(changed=timezone.now() - datetime.timedelta(days=1))
    assert "Done already" not in page.get("/videos/upload/").content.decode()


def test_state_is_told_to_who_may_watch(page: Client, alice: User, charlie: User) -> None:
    mine = begun(page)
    assert page.get(mine["urls"]["state"]).json()["state"] == "draft"
    stranger = Client()
    assert stranger.get(mine["urls"]["state"]).status_code == 404
    stranger.force_login(charlie)
    assert stranger.get(mine["urls"]["state"]).status_code == 404
    public = ready(alice)
    told = Client().get(f"/v/{public.slug}/state").json()
    assert (told["state"], told["playable"], told["error"]) == ("ready", True, "")


@pytest.mark.parametrize("verb", ["describe", "cancel", "retry", "anew", "delete", "restore"])
def test_verbs_are_the_owners(page: Client, alice: User, charlie: User, verb: str) -> None:
    private, public = begun(page)["slug"], ready(alice).slug
    guest, stranger = Client(), Client()
    stranger.force_login(charlie)
    body = json.dumps({"title": "Taken"})
    for slug, status in ((private, 404), (public, 403)):
        assert stranger.post(f"/v/{slug}/{verb}", body, "application/json").status_code == status
        assert guest.post(f"/v/{slug}/{verb}", body, "application/json").status_code == 302
    assert not Video.objects.filter(title="Taken").exists()


def test_pages_are_for_members(client: Client) -> None:
    for path in ("/videos/upload/", "/videos/from-file/"):
        assert client.get(path).status_code in (302, 405)
        assert client.post(path).status_code == 302


def test_it_is_cancelled_deleted_and_brought_back(page: Client, alice: User) -> None:
    said = begun(page)
    video = Video.objects.get()
    making.begin(video, blob_of(b"abc"), "a.mp4")
    json_please = {"HTTP_ACCEPT": "application/json"}
    assert page.post(said["urls"]["cancel"], **json_please).json()["state"] == "cancelled"
    assert page.post(said["urls"]["retry"], **json_please).json()["state"] == "waiting"
    assert page.post(said["urls"]["delete"]).status_code == 302
    video.refresh_from_db()
    assert (video.state, video.trashed is None, used_by(alice)) == ("cancelled", False, 3)
    page.post(f"/v/{video.slug}/restore")
    video.refresh_from_db()
    assert video.trashed is None


def test_what_is_harmful_becomes_no_video(alice: User) -> None:
    blob = blob_of(b"abc")
    Blob.objects.update(state=Blob.State.QUARANTINED)
    blob.refresh_from_db()
    from video.uploading.grants import VideoGrant

    with pytest.raises(Invalid):
        VideoGrant(actions.draft(alice)).keep(blob, "a.mp4", None)
    assert used_by(alice) == 0


def test_the_page_asks_as_little_for_many_as_for_one(page: Client, alice: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page.get("/videos/upload/").status_code == 200
        return len(queries)

    for number in range(4):
        video = ready(alice, f"Film {number}", state=Video.State.MAKING)
        for name in ("240p", "720p"):
            video.renditions.create(place=video.place, name=name, kind="video", codec="h264")
        video.renditions.create(place=uuid.uuid4(), name="240p", kind="video", codec="h264")
        if number == 0:
            asked()
            first = asked()
    assert asked() == first
    assert [one["name"] for one in page.get(f"/v/{video.slug}/state").json()["renditions"]] == ["240p", "720p"]


@pytest.mark.both_databases
def test_half_of_a_pair_of_letters_is_left_out(page: Client) -> None:
    said = begun(page, "A\ud83d film\x00.mp4")
    answer = page.post(
        f"/v/{said['slug']}/describe", '{"title": "B\\ud83d", "description": "C\\udc00\\u0000"}', "application/json"
    )
    assert answer.status_code == 200
    video = Video.objects.get()
    assert (said["title"], video.title, video.description) == ("A film", "B", "C")


def test_what_only_making_needs_is_not_read_by_whoever_watches(alice: User) -> None:
    video = ready(alice, plan={"chunks": [1] * 1_000}, facts={"size": 1})
    assert access.watch(alice, video.slug).get_deferred_fields() == {"plan", "facts"}
    assert access.watch(alice, video.slug).plan == video.plan
