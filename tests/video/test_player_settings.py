"""What a player is told, by whom, and who may ask for it."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory

from meatlizard.accounts.models import User
from tests.video.rows import ready
from video import player_settings
from video.models import Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def fillers(monkeypatch: pytest.MonkeyPatch) -> list[player_settings.Filler]:
    """Those of the app, to which a test may add."""
    mine = [*player_settings._FILLERS]
    monkeypatch.setattr(player_settings, "_FILLERS", mine)
    return mine


def asked(rf: RequestFactory) -> HttpRequest:
    """By a guest."""
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    return request


def settings_of(client: Client, video: Video, **query: str) -> dict[str, Any]:
    answer = client.get(f"/v/{video.slug}/player", query)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    found: dict[str, Any] = answer.json()
    return found


def test_a_guest_is_told_what_a_public_video_is(client: Client, alice: User) -> None:
    video = ready(alice, "Lizards & <b>co</b>")
    told = settings_of(client, video)
    assert set(told) == set(player_settings.FIELDS)
    assert (told["title"], told["duration"], told["making"], told["embedded"]) == (
        "Lizards & <b>co</b>", 8.0, False, False,
    )  # fmt: skip
    assert told["share"] == f"http://testserver/v/{video.slug}/"
    assert told["renew"] == f"/v/{video.slug}/player"
    assert settings_of(client, video, embedded="1")["embedded"] is True


@pytest.mark.parametrize("privacy", ["private", "people", "password"])
def test_a_stranger_is_told_nothing(client: Client, alice: User, charlie: User, privacy: str) -> None:
    video = ready(alice, "Secret lizard", privacy=privacy, password="x" if privacy == "password" else "")
    client.force_login(charlie)
    answer = client.get(f"/v/{video.slug}/player")
    assert answer.status_code == (403 if privacy == "password" else 404)
    assert b"Secret" not in answer.content
    client.force_login(alice)
    assert settings_of(client, video)["title"] == "Secret lizard"


def test_a_video_that_is_being_made_says_so(client: Client, alice: User) -> None:
    video = ready(alice, state=Video.State.MAKING)
    assert settings_of(client, video)["making"] is True


def test_a_video_that_is_to_be_shown_nowhere_else_offers_no_code(client: Client, alice: User) -> None:
    assert settings_of(client, ready(alice, embed="off"))["embed"] is None
    anywhere = ready(alice, embed="anywhere")
    assert settings_of(client, anywhere)["embed"] == f"http://testserver/v/{anywhere.slug}/embed/"


def test_other_parts_fill_in_theirs(rf: RequestFactory, alice: User, fillers: list[player_settings.Filler]) -> None:
    video, request = ready(alice), asked(rf)

    def position(asked: Video, by: HttpRequest) -> dict[str, Any]:
        assert (asked, by) == (video, request)
        return {"position": 4.5}

    fillers.append(position)
    assert player_settings.of(video, request)["position"] == 4.5
    fillers.append(lambda video, request: {"positon": 1})
    with pytest.raises(ValueError, match="positon"):
        player_settings.of(video, request)


def test_registered_fillers_are_asked(rf: RequestFactory, alice: User, fillers: list[player_settings.Filler]) -> None:
    @player_settings.fills
    def titled(video: Video, request: HttpRequest) -> dict[str, Any]:
        return {"title": "Another title"}

    assert fillers[-1] is titled
    assert player_settings.of(ready(alice), asked(rf))["title"] == "Another title"
