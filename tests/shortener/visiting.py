"""A browser that asks the short links' path, in front of a Django that says what reached it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from shortener.redirect.memory import Memory
from shortener.redirect.path import ShortLinks

OWN = "127.0.0.1:8000"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@dataclass
class Answer:
    """``django``: the request was handed on, with this path."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    django: str = ""

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


async def _django(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send(
        {"type": "http.response.start", "status": 299, "headers": [(b"x-django", quote(scope["path"]).encode())]}
    )
    await send({"type": "http.response.body", "body": b""})


class Visitor:
    """``ask`` sends one request; headers given beside it come in addition, a list so that they may come twice."""

    def __init__(self, memory: Memory) -> None:
        self._app = ShortLinks(_django, memory)

    async def ask(
        self,
        path: str,
        *,
        query: bytes = b"",
        host: str = OWN,
        method: str = "GET",
        client: str = "198.51.100.7",
        agent: str = FIREFOX,
        headers: list[tuple[str, str]] | None = None,
    ) -> Answer:
        named = [("host", host), *([("user-agent", agent)] if agent else []), *(headers or [])]
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query, "client": (client, 1), "scheme": "http",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named],
        }  # fmt: skip
        answer = Answer()

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                for name, value in message["headers"]:
                    assert not set(value) & set(b"\r\n\0"), f"{name!r} would end the header"
                    answer.headers[name.decode()] = value.decode("ascii")

        await self._app(scope, None, send)
        answer.django = unquote(answer.headers.pop("x-django", ""))
        return answer
