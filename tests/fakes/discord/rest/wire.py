"""What every REST request goes through: who asks, faults, limits, the description, the handler, the record."""

import asyncio
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord.errors import Form, Refused, unauthorized
from tests.fakes.discord.faults import Fault
from tests.fakes.discord.messages import Files, Upload
from tests.fakes.discord.state import Channel, Guild, Json, Message, User
from tests.fakes.discord.world import Call, World

PREFIX = "/api/v10"
VIA = {"Via": "1.1 google"}
"""Discord's proxies leave this; discord.py takes a 429 without it for a ban by Cloudflare."""


@dataclass
class Ask:
    """One request, as handlers see it."""

    world: World
    actor: User
    params: dict[str, str]
    query: dict[str, str]
    body: Any = None
    files: Files = field(default_factory=dict)

    def number(self, name: str) -> int:
        """An id of the path."""
        try:
            return int(self.params[name])
        except ValueError:
            form = Form()
            form.wrong(name, "NUMBER_TYPE_COERCE", f'Value "{self.params[name]}" is not snowflake.')
            form.end()
            raise

    @property
    def channel(self) -> Channel:
        return self.world.channel(self.number("channel_id"))

    @property
    def guild(self) -> Guild:
        return self.world.guild(self.number("guild_id"), self.actor)

    @property
    def message(self) -> Message:
        return self.world.message(self.channel, self.number("message_id"), self.actor)


@dataclass(frozen=True)
class Answer:
    """A status of its own; plain return values are 200, None is 204."""

    status: int
    body: Any = None


Handler = Callable[[Ask], Any]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation: str
    handler: Handler
    open: bool = False
    """The secret stands in the path: no token is asked for, and no global limit counts."""


ROUTES: list[Route] = []


def route(method: str, path: str, operation: str, *, open: bool = False) -> Callable[[Handler], Handler]:
    """``operation`` is the name that Discord's description gives it, ``path`` as it stands there."""

    def note(handler: Handler) -> Handler:
        ROUTES.append(Route(method, path, operation, handler, open))
        return handler

    return note


def _actor(world: World, request: web.Request, entry: Route) -> User:
    if entry.open:
        return world.application.bot
    scheme, _, token = request.headers.get("Authorization", "").rpartition(" ")
    user = world.user_by_token(token) if scheme in ("Bot", "") else None
    if user is None or (scheme == "Bot") != user.bot:
        raise unauthorized()
    return user


async def _read(request: web.Request) -> tuple[Any, Files]:
    """The JSON of the body, and the files beside it."""
    kind = request.content_type
    if kind == "multipart/form-data":
        body: Any = {}
        files: Files = {}
        async for part in await request.multipart():
            if part.name == "payload_json":
                body = json.loads(await part.text())
            elif part.name and part.name.startswith("files["):
                files[int(part.name[6:-1])] = Upload(part.filename or "unknown", bytes(await part.read()))
        return body, files
    raw = await request.read()
    if not raw:
        return None, {}
    if kind != "application/json":
        raise Refused(400, 50035, "Invalid Form Body")
    try:
        return json.loads(raw), {}
    except ValueError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None


def _major(params: dict[str, str]) -> str:
    return "+".join(params[one] for one in ("channel_id", "guild_id", "webhook_id", "webhook_token") if one in params)


def respond(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    # Exactly this content type: with a charset behind it discord.py hands its caller a string.
    if body is None and status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(
        status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **headers}
    )


def _struck(fault: Fault) -> web.Response:
    if fault.status == 429:
        told = {
            "message": "You are being rate limited.",
            "retry_after": fault.retry_after,
            "global": fault.global_limit,
        }
        return respond(429, told, {**VIA, "Retry-After": f"{fault.retry_after:.3f}"})
    if fault.status >= 500:
        return web.Response(status=fault.status, text="upstream connect error or disconnect/reset before headers")
    return respond(fault.status, {"message": "arranged by a test", "code": 0}, {})


def _hang_up(request: web.Request) -> web.Response:
    """Ends the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def serve(world: World, entry: Route) -> Callable[[web.Request], Any]:
    """The aiohttp handler of one route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        fault = world.faults.strike(request.method, path)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.cut == "before":
                return _hang_up(request)
            if fault.status:
                _record(world, request, path, fault.status, {})
                return _struck(fault)
        try:
            status, body, headers = await _answer(world, entry, request, path)
        except Exception:
            world.crashes.append(traceback.format_exc())
            raise
        if fault is not None:
            await asyncio.sleep(fault.hold)
            if fault.cut == "after":
                return _hang_up(request)
        return respond(status, body, headers)

    return handle


async def _answer(world: World, entry: Route, request: web.Request, path: str) -> tuple[int, Any, dict[str, str]]:
    headers: dict[str, str] = {}
    asked: Any = None
    by_bot = True
    try:
        actor = _actor(world, request, entry)
        by_bot = actor.bot
        asked, files = await _read(request)
        params = dict(request.match_info)
        if by_bot:
            verdict = world.limits.ask(entry.operation, _major(params), globally=not entry.open)
            headers = verdict.headers
            if verdict.retry_after:
                told = {
                    "message": "You are being rate limited.",
                    "retry_after": verdict.retry_after,
                    "global": verdict.is_global,
                }
                raise Refused(429, 0, **told)
            if asked is not None:
                world.description.check_request(entry.operation, asked)
        ask = Ask(world, actor, params, dict(request.query), asked, files)
        result = entry.handler(ask)
        answer = result if isinstance(result, Answer) else Answer(204 if result is None else 200, result)
        status, body = answer.status, answer.body
    except Refused as refused:
        status, body = refused.status, refused.body()
        if status == 429:
            if refused.code:
                world.limits.give_back(entry.operation, _major(dict(request.match_info)))
            headers = {**headers, **VIA, "Retry-After": f"{refused.more['retry_after']:.3f}"}
    if by_bot:
        _record(world, request, path, status, asked)
        if status < 300:
            world.description.check_answer(entry.operation, status, body)
    return status, body, headers


def _record(world: World, request: web.Request, path: str, status: int, asked: Any) -> None:
    world.calls.append(
        Call(request.method, path, status, asked if isinstance(asked, dict) else {"": asked}, world.clock.now())
    )
    world.touch()


def body_of(ask: Ask) -> Json:
    """The body, which must be an object."""
    if not isinstance(ask.body, dict):
        raise Refused(400, 50109, "The request body contains invalid JSON.")
    return ask.body
