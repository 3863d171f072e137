"""The API of videos: Alice's key begins, lists, changes and deletes hers; Charlie's finds nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meatlizard.accounts.models import User
from tests.meatlizard.api.keys import Program, program_of
from tests.video import rows
from tests.video.making import blob_of
from tests.video.rows import ready
from video import actions
from video.making import actions as making
from video.models import Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_window")]

VIDEOS = "/api/v1/videos"


@pytest.fixture
def program(alice: User) -> Program:
    return program_of(alice, "videos:read", "videos:write")


def send(program: Program, method: str, path: str, body: Any = None) -> Any:
    return getattr(program, method)(path, body or {}, content_type="application/json")


def test_a_video_is_begun_described_and_deleted(program: Program, alice: User) -> None:
    rows.category("animals")
    wish = {"title": "Lizards", "tags": ["Wall"], "category": "animals", "privacy": "unlisted"}
    answer = send(program, "post", VIDEOS, wish)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["title"], made["tags"], made["category"], made["state"], made["privacy"]) == (
        "Lizards", ["wall"], "animals", "draft", "unlisted",
    )  # fmt: skip
    assert made["upload"].endswith("/files/uploads/")
    path = f"{VIDEOS}/{made['slug']}"
    assert send(program, "patch", path, {"privacy": "password", "password": "sesame"}).json()["privacy"] == "password"
    assert send(program, "patch", path, {"category": ""}).json()["category"] is None
    assert program.get(path).json()["title"] == "Lizards"
    making.begin(Video.objects.get(), blob_of(b"abc"), "a.mp4")
    assert program.get(path).json()["counted"] == 3
    assert send(program, "post", f"{path}/cancel").json()["state"] == "cancelled"
    assert send(program, "post", f"{path}/retry").json()["state"] == "waiting"
    assert program.delete(path).status_code == 204
    assert send(program, "post", f"{path}/restore").json()["trashed"] is None
    for _ in range(2):
        assert program.delete(path).status_code == 204
    assert not Video.objects.exists()


def test_what_is_refused_changes_nothing(program: Program) -> None:
    path = f"{VIDEOS}/{send(program, 'post', VIDEOS, {'title': 'One'}).json()['slug']}"
    for body, status in (
        ({"title": "Two", "category": "nothing"}, 404),
        ({"title": "Two", "privacy": "password"}, 400),
        ({"title": "Two", "owner": 1}, 422),
        ({"title": "x" * 201}, 422),
    ):
        assert send(program, "patch", path, body).status_code in (status, 400), body
    assert Video.objects.get().title == "One"


def test_lists_come_in_pieces(program: Program, alice: User, bob: User) -> None:
    made = [ready(alice, str(number)).slug for number in range(3)]
    ready(bob)
    first = program.get(f"{VIDEOS}?limit=2").json()
    rest = program.get(f"{VIDEOS}?limit=2&after={first['next']}").json()
    assert [one["slug"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert program.get(f"{VIDEOS}?after=nonsense").status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("patch", ""), ("delete", ""), ("post", "/cancel"), ("post", "/retry"), ("post", "/restore")],
)
def test_strangers_find_nothing(alice: User, charlie: User, method: str, path: str) -> None:
    video = ready(alice)
    address = f"{VIDEOS}/{video.slug}{path}"
    assert send(program_of(charlie, "videos:read", "videos:write"), method, address).status_code == 404
    assert send(Program(), method, address).status_code == 401
    if method != "get":
        assert send(program_of(alice, "videos:read"), method, address).status_code == 403
    assert Video.objects.get().trashed is None


def test_a_long_list_asks_as_little_as_a_short_one(program: Program, alice: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(VIDEOS).status_code == 200
        return len(queries)

    category = rows.category("animals")
    for number in range(5):
        video = ready(alice, f"Film {number}", category=category)
        actions.set_tags(video, ["wall"])
        video.renditions.create(place=video.place, name="240p", kind="video", codec="h264")
        if number == 0:
            asked()
            first = asked()
    assert len(program.get(VIDEOS).json()["items"]) == 5
    assert asked() == first
