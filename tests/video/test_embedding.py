"""Videos in frames of other sites: which may, and which may not."""

import pytest
from django.test import Client

from meatlizard.accounts.models import User
from tests.video.rows import ready
from video.embedding.hosts import ancestors, named
from video.models import Video

pytestmark = pytest.mark.django_db


def policy(client: Client, video: Video, query: str = "") -> dict[str, str]:
    answer = client.get(f"/v/{video.slug}/embed/{query}")
    assert answer.status_code == 200
    assert "X-Frame-Options" not in answer
    pairs = (rule.strip().partition(" ") for rule in answer["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in pairs}


def test_one_for_everywhere_may_stand_in_any_frame(client: Client, alice: User) -> None:
    sent = policy(client, ready(alice, embed="anywhere"))
    assert sent["frame-ancestors"] == "*"
    assert sent["media-src"].split() == ["'self'", "blob:"]
    # No wider than a page of ours otherwise.
    assert sent["default-src"] == "'none'" and "unsafe" not in str(sent)


def test_one_with_a_list_may_stand_in_those_frames_alone(client: Client, alice: User) -> None:
    video = ready(alice, embed="hosts", embed_hosts="blog.example\nhttps://Forum.example/board?x=1\n*.school.example\n")
    assert policy(client, video)["frame-ancestors"] == "'self' blog.example forum.example *.school.example"


def test_one_for_nowhere_has_no_such_page(client: Client, alice: User) -> None:
    video = ready(alice, embed="off")
    assert client.get(f"/v/{video.slug}/embed/").status_code == 404
    assert ancestors(video) == ["'none'"]


def test_a_stranger_gets_what_is_not_there(client: Client, alice: User, charlie: User) -> None:
    video = ready(alice, "Secret lizard", privacy="private")
    client.force_login(charlie)
    refused = client.get(f"/v/{video.slug}/embed/")
    assert refused.status_code == 404 and b"Secret" not in refused.content
    assert "frame-ancestors 'none'" in refused["Content-Security-Policy"]
    client.force_login(alice)
    assert policy(client, video)["frame-ancestors"] == "*"


@pytest.mark.parametrize(
    "line",
    [
        "*", "'self'", "https:", "data:", "blog.example; script-src *", "blog.example, evil.example", "a b", "*.*.example",
        "-a.example", "http://", "a.example\x00", "x" * 64 + ".example", "user@evil.example",
    ],
)  # fmt: skip
def test_a_line_that_is_no_host_widens_nothing(alice: User, line: str) -> None:
    assert named(line) == []
    assert ancestors(ready(alice, embed="hosts", embed_hosts=line)) == ["'self'"]


def test_hosts_are_kept_once_and_as_browsers_write_them() -> None:
    assert named("b\u00fccher.example\nBlog.example\n\nblog.example\nlocalhost:8000") == [
        "xn--bcher-kva.example", "blog.example", "localhost:8000",
    ]  # fmt: skip


def test_options_reach_the_player(client: Client, alice: User) -> None:
    video = ready(alice, "</script><script>alert(1)</script>")
    page = client.get(
        f"/v/{video.slug}/embed/", {"start": "1m30s", "autoplay": "1", "muted": "true", "loop": "0", "controls": "0"}
    )
    text = page.content.decode()
    assert 'data-options="autoplay muted"' in text and 'data-start="1m30s"' in text and "data-bare" in text
    assert "<script>alert(1)" not in text
    hostile = client.get(f"/v/{video.slug}/embed/", {"start": '"><img src=x>', "autoplay": "<b>"}).content.decode()
    assert "<img src=x>" not in hostile and 'data-options=""' in hostile
