"""ASGI, ahead of all that answers before Django does: while the site is closed, or a service is not there, nobody gets to those doors. Who is
kept out is sent past them to Django, whose middleware says why in the form that was asked for. Operators get in while the site is closed.
"""

from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.http.request import split_domain_port, validate_host

from meatlizard.accounts.acting import is_acting
from meatlizard.accounts.models import User
from meatlizard.control import services
from meatlizard.control.visitors import Visitor, owner_of_key, visitor
from meatlizard.ops import switches
from meatlizard.ops.middleware import RETRY_SECONDS
from meatlizard.threads import in_database

CLOSED: Final = 4503
"""Ends a websocket: the page tries again later, and a reload says why."""

KEYS: Final = (b"authorization", b"x-api-key")


class Gate:
    """For HTTP. ``app``: all doors; ``django``: the last of them alone."""

    def __init__(self, app: Any, django: Any) -> None:
        self._app, self._django = app, django

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        refusal = await self._refusal(scope)
        if not refusal:
            await self._app(scope, receive, send)
        elif _ours(scope):
            await self._django(scope, receive, send)
        else:
            # A domain of short links: pages of the site are not shown under it.
            await _refuse(send, refusal)

    @staticmethod
    async def _refusal(scope: dict[str, Any]) -> str:
        state = switches.remembered()
        if state.shut and not _operates(await _visitor(scope)):
            return state.maintained
        for service in services.of_request(scope) if services.any_touched() else ():
            if services.is_off(service.name):
                return services.off(service.name).message
            limited = services.is_limited(service.name) and not services.of_the_world(service, scope["path"])
            if limited:
                user = await _asking(scope)
                if not services.is_there(service.name, user):
                    return services.closed(service.name, user).message
        return ""


class SocketGate:
    """For websockets of pages: none is opened, and what comes over open ones is not read, by whom the site or its service is closed to."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        known: list[Visitor | None] = []
        opened = ended = False

        async def kept_out() -> str:
            state, touched = switches.remembered(), services.of_path(scope["path"]) if services.any_touched() else []
            if any(services.is_off(one.name) for one in touched):
                return "service_off"
            if not known and (state.shut or any(services.is_limited(one.name) for one in touched)):
                known.append(await _visitor(scope))
            if state.shut and not _operates(known[0]):
                return "maintenance"
            there = all(services.is_there(one.name, _person(known[0]) if known else None) for one in touched)
            return "" if there else "service_closed"

        async def listened() -> dict[str, Any]:
            nonlocal ended
            message: dict[str, Any] = await receive()
            if message["type"] == "websocket.disconnect" or not (reason := await kept_out()):
                return message
            if not opened:
                # Accepted first: a browser tells a page no code of a refusal.
                await send({"type": "websocket.accept"})
            ended = True
            await send({"type": "websocket.close", "code": CLOSED, "reason": reason})
            return {"type": "websocket.disconnect", "code": CLOSED}

        async def said(message: dict[str, Any]) -> None:
            nonlocal opened
            opened = opened or message["type"] == "websocket.accept"
            if not ended:
                await send(message)

        await self._app(scope, listened, said)


class NotActing:
    """For websockets, behind what knows their session: an operator who is signed in as a member reads pages, and asks nothing in their name."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not is_acting(scope["session"]):
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": CLOSED, "reason": "acting"})


async def _visitor(scope: dict[str, Any]) -> Visitor | None:
    try:
        return await in_database(visitor, scope)
    except DatabaseTrouble:
        # What is being maintained may be the database.
        return None


def _operates(who: Visitor | None) -> bool:
    return who is not None and who.operates


def _person(who: Visitor | None) -> User | None:
    return None if who is None else who.user


async def _asking(scope: dict[str, Any]) -> User | None:
    """The owner of the key that came along, or who is signed in."""
    said = {name: value.decode("latin-1") for name, value in scope["headers"] if name in KEYS}
    try:
        owner = await in_database(owner_of_key, *(said.get(name, "") for name in KEYS)) if said else None
    except DatabaseTrouble:
        return None
    return owner or _person(await _visitor(scope))


def _ours(scope: dict[str, Any]) -> bool:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


async def _refuse(send: Any, words: str) -> None:
    body = words.encode() + b"\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_SECONDS).encode()), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
