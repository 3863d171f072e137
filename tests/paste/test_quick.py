"""What visitors read is answered from memory: the same as Django answers, and never what nobody may read any more."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.handlers.asgi import ASGIHandler
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.threads import close_thread_connections
from paste import actions, comments
from paste.actions import Terms
from paste.contents import Draft
from paste.models import Paste
from paste.quick import QuickPastes
from tests.paste.scene import make, to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

Answer = tuple[int, dict[bytes, bytes], bytes]


class Site:
    """The site behind the quick answers, and how often Django itself was asked."""

    def __init__(self) -> None:
        self.asked = 0
        django = ASGIHandler()

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.asked += 1
            await django(scope, receive, send)

        self._app = QuickPastes(counted)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return async_to_sync(self._get)(path, method, headers)

    async def _get(self, path: str, method: str, headers: dict[str, str]) -> Answer:
        path, _, query = path.partition("?")
        named = {"host": "testserver", **headers}
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "scheme": "http", "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "server": ("testserver", 80), "client": ("198.51.100.1", 1),
        }  # fmt: skip
        sent: list[Any] = []
        waits = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if waits:
                return waits.pop()
            import asyncio

            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start = sent[0]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return start["status"], {name.lower(): value for name, value in start["headers"]}, body


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """It looks at the row each time, so that nothing here hangs on a clock."""
    cache.clear()
    monkeypatch.setattr("paste.quick.LOOK_SECONDS", -1.0)
    yield Site()
    close_thread_connections()


def test_the_second_answer_is_the_first_without_django(site: Site, alice: User) -> None:
    paste = make(alice, privacy="public")
    for path in (to("show", paste), to("raw_first", paste), to("raw", paste, 1)):
        before = site.asked
        first, second = site.get(path), site.get(path)
        assert site.asked == before + 1 and first[0] == 200
        assert (first[0], first[2]) == (second[0], second[2])
        differ = {b"x-request-id"}
        assert {k: v for k, v in first[1].items() if k not in differ} == {
            k: v for k, v in second[1].items() if k not in differ
        }
        assert first[1][b"x-request-id"] != second[1][b"x-request-id"]
        for name in (b"content-security-policy", b"x-content-type-options", b"x-robots-tag"):
            assert name in second[1]


CHANGES: dict[str, Callable[[Paste, User], object]] = {
    "deleted": lambda paste, alice: actions.delete(paste),
    "private": lambda paste, alice: actions.change_terms(paste, Terms(privacy="private")),
    "password": lambda paste, alice: actions.change_terms(paste, Terms(privacy="password", password="x")),
    "views": lambda paste, alice: actions.change_terms(paste, Terms(privacy="public", views=1)),
    "expired": lambda paste, alice: Paste.objects.update(expires=timezone.now() - datetime.timedelta(seconds=1)),
    "suspended": lambda paste, alice: User.objects.update(suspended_until=timezone.now() + datetime.timedelta(days=1)),
    "gone": lambda paste, alice: alice.delete(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_nobody_may_read_any_more_is_not_shown_once_more(site: Site, alice: User, change: str) -> None:
    paste = make(alice, "the words", "a.txt", privacy="public")
    paths = (to("show", paste), to("raw_first", paste))
    for path in paths:
        assert b"the words" in site.get(path)[2] and b"the words" in site.get(path)[2]
    CHANGES[change](paste, alice)
    for path in paths:
        assert b"the words" not in site.get(path)[2]


def test_a_revision_and_a_comment_are_seen_at_once(site: Site, alice: User) -> None:
    paste = make(alice, "old words", "a.txt", privacy="public")
    for _ in range(2):
        site.get(to("show", paste))
    actions.revise(paste, alice, [Draft("a.txt", b"new words")])
    assert b"new words" in site.get(to("show", paste))[2]
    comments.comment(paste, alice, "my comment")
    assert b"my comment" in site.get(to("show", paste))[2]


def test_for_a_moment_the_row_is_not_looked_at_again(site: Site, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    paste = make(alice, "the words", "a.txt", privacy="public")
    site.get(to("raw_first", paste))
    monkeypatch.setattr("paste.quick.LOOK_SECONDS", 3_600.0)
    Paste.objects.update(state="deleted")
    assert site.get(to("raw_first", paste))[0] == 200
    monkeypatch.setattr("paste.quick.LOOK_SECONDS", -1.0)
    assert site.get(to("raw_first", paste))[0] == 404


def test_sealed_ones_are_read_over_the_api_and_errors_are_not_kept(site: Site, alice: User, bob: User) -> None:
    adata = '[["AAAAAAAAAAAAAAAAAAAAAA==","AAAAAAAAAAA=",100000,256,128,"aes","gcm","zlib"],"plaintext",0,0]'
    actions.create_sealed(alice, adata, "QUJDRA==", slug="753b7ab1bfd363c3")
    path, asks = "/sealed/?753b7ab1bfd363c3", {"x-requested-with": "JSONHttpRequest"}
    first, second = site.get(path, **asks), site.get(path, **asks)
    assert site.asked == 1 and first[2] == second[2] and b"QUJDRA==" in first[2]
    assert site.get(path)[2] != first[2], "a browser gets a page"
    Paste.objects.update(state="deleted")
    assert b"QUJDRA==" not in site.get(path, **asks)[2] and b"QUJDRA==" not in site.get(path, **asks)[2]
    before = site.asked
    for _ in range(2):
        assert b'"status": 1' in site.get("/sealed/?0000000000000000", **asks)[2].replace(b'":1', b'": 1')
    assert site.asked == before + 2


def test_who_may_be_somebody_or_asks_otherwise_is_answered_by_django(site: Site, alice: User) -> None:
    paste = make(alice, privacy="public")
    path = to("show", paste)
    site.get(path)
    for headers in (
        {"cookie": "a=b"},
        {"authorization": "Bearer x"},
        {"accept-language": "de"},
        {"host": "localhost"},
        {"range": "bytes=0-1"},
    ):
        before = site.asked
        site.get(path, **headers)
        assert site.asked == before + 1, headers
    for other in (f"{path}?a=1", to("qr", paste), "/p/nosuchpaste2/"):
        before = site.asked
        site.get(other)
        site.get(other)
        assert site.asked == before + 2, other
    before = site.asked
    site.get(path, "HEAD")
    assert site.asked == before + 1


def test_what_is_kept_is_bounded(site: Site, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paste.quick.TOTAL", 2_999)
    pastes = [make(alice, "x" * 1_000, "a.txt") for _ in range(4)]
    for paste in pastes:
        site.get(to("raw_first", paste))
    kept = site._app._kept
    assert len(kept) == 2 and sum(len(one.body) for one in kept.values()) == site._app._size
