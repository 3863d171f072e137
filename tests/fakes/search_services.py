"""Search services as their documentation describes them, over real sockets, and strict: what the real ones refuse is refused here.

Where their interfaces are described: see :mod:`chat.tools.web.providers`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

Json = Any
Answer = tuple[int, Json]


@dataclass(frozen=True)
class Asked:
    """A request. ``headers`` by their names in small letters; ``query`` has one value for each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass
class SearchService(ThreadingHTTPServer):
    """``rows``: what it finds, whatever is asked. ``fault``: it answers with this status instead."""

    daemon_threads: ClassVar[bool] = True
    rows: list[Json] = field(default_factory=list)
    fault: int = 0
    redirect: str = ""
    raw: bytes = b""
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", 0), _Visit)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def handle_error(self, *arguments: object) -> None:
        """Whoever asks may hang up."""


class _Visit(BaseHTTPRequestHandler):
    server: SearchService  # type: ignore[assignment]

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        assert all(len(values) == 1 for values in query.values())
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, {name: values[0] for name, values in query.items()}, headers, body)
        self.server.asked.append(asked)
        status, told = (self.server.fault, {"error": "fault"}) if self.server.fault else self.server.answer(asked)
        self.send_response(302 if self.server.redirect else status)
        if self.server.redirect:
            self.send_header("Location", self.server.redirect)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.server.raw or json.dumps(told).encode())

    do_GET = do_POST = _answer  # noqa: N815  (as the library calls them)

    def log_message(self, *arguments: object) -> None:
        """Silent."""


def _only(asked: Asked, *names: str) -> bool:
    return set(asked.query) <= set(names)


class FakeSearXNG(SearchService):
    """``json_on``: whether its operator has added JSON to the formats. ``silent`` engines gave no answer."""

    json_on = True
    silent: list[list[str]] = []

    def answer(self, asked: Asked) -> Answer:
        known = ("q", "categories", "engines", "language", "pageno", "time_range", "format", "safesearch")
        if asked.path != "/search" or asked.method != "GET":
            return 404, {}
        if not asked.query.get("q") or not _only(asked, *known):
            return 400, {}
        if asked.query.get("format") != "json" or not self.json_on:
            return 403, {}
        return 200, {
            "query": asked.query["q"], "results": self.rows, "answers": [], "corrections": [], "infoboxes": [],
            "suggestions": [], "unresponsive_engines": self.silent,
        }  # fmt: skip


class FakeBrave(SearchService):
    key = "BSA-secret"

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/res/v1/web/search":
            return 404, _brave_error("NOT_FOUND")
        if asked.headers.get("x-subscription-token") != self.key:
            return 422, _brave_error("SUBSCRIPTION_TOKEN_INVALID")
        query, count = asked.query.get("q", ""), asked.query.get("count", "20")
        known = ("q", "country", "search_lang", "count", "offset", "safesearch", "text_decorations", "result_filter")
        if (
            not 1 <= len(query) <= 400 or len(query.split()) > 50 or not count.isdecimal() or not 1 <= int(count) <= 20
            or not _only(asked, *known) or asked.query.get("text_decorations", "true") not in ("true", "false")
        ):  # fmt: skip
            return 422, _brave_error("VALIDATION")
        web = {"type": "search", "results": self.rows[: int(count)], "family_friendly": True}
        found = {"web": web} if self.rows else {}
        return 200, {"type": "search", "query": {"original": query, "more_results_available": False}, **found}


def _brave_error(code: str) -> Json:
    return {"type": "ErrorResponse", "error": {"id": "x", "status": 422, "code": code, "detail": "no"}, "time": 1}


class FakeTavily(SearchService):
    key = "tvly-secret"
    shapes: ClassVar[Mapping[str, Callable[[Any], bool]]] = {
        "query": lambda value: isinstance(value, str) and bool(value),
        "max_results": lambda value: isinstance(value, int) and 0 <= value <= 20,
        "search_depth": lambda value: value in ("basic", "advanced", "fast", "ultra-fast"),
        "topic": lambda value: value in ("general", "news", "finance"),
    }

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/search" or asked.method != "POST":
            return 404, {"detail": "Not Found"}
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            return 401, {"detail": {"error": "Unauthorized: missing or invalid API key."}}
        if asked.headers.get("content-type") != "application/json":
            return 422, {"detail": "no JSON"}
        body = json.loads(asked.body)
        if "query" not in body or not all(
            name in self.shapes and self.shapes[name](value) for name, value in body.items()
        ):
            return 400, {"detail": {"error": "Bad request"}}
        rows = self.rows[: body.get("max_results", 5)]
        return 200, {"query": body["query"], "answer": None, "images": [], "results": rows, "response_time": 1.0}
