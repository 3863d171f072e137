"""What tests of the pages of pastes have in common: a paste, somebody signed in, and where a page is."""

from asgiref.sync import async_to_sync
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from paste import actions
from paste.actions import Terms
from paste.contents import Draft
from paste.models import Paste

CODE = "def hello():\n    return '<b>hi</b>'\n"


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def body(response: HttpResponseBase) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def streamed(response: HttpResponseBase) -> bytes:
    """Of a file that lies in the storage."""

    async def read() -> bytes:
        assert isinstance(response, StreamingHttpResponse)
        return b"".join([part async for part in response])

    return async_to_sync(read)()


def make(owner: User | None, text: bytes | str = CODE, name: str = "hello.py", **terms: object) -> Paste:
    data = text.encode() if isinstance(text, str) else text
    return actions.create(owner, [Draft(name, data)], title="A title", terms=Terms(**terms))[0]  # type: ignore[arg-type]


def to(name: str, paste: Paste, *more: object) -> str:
    return reverse(f"paste:{name}", args=[paste.slug, *more])


def form(text: str = CODE, name: str = "a.py", **more: object) -> dict[str, object]:
    return {"name-0": name, "format-0": "", "text-0": text, "privacy": "unlisted", "discussion": "on", **more}
