"""The gateway: one socket per session, a log for resuming, and intents that hold back what was not asked for."""

import asyncio
import json
import secrets
from contextlib import suppress
from enum import IntFlag
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.discord import payloads
from tests.fakes.discord.state import DM, Guild, Json, User

if TYPE_CHECKING:
    from tests.fakes.discord.world import World

HEARTBEAT_MS = 41_250
ACK_SECONDS = 0.05
"""discord.py's heart beats in a thread; an acknowledgement that is there before it looks would be taken for one 41 s late."""
KEPT_FOR_RESUMING = 1_000
CHUNK = 1_000


class Intent(IntFlag):
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_WEBHOOKS = 1 << 5
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT


KNOWN_INTENTS = (1 << 26) - 1
ALWAYS = Intent(0)
NEEDED: dict[str, tuple[Intent, Intent]] = {
    **dict.fromkeys(
        ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE",
         "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE",
         "THREAD_LIST_SYNC", "THREAD_MEMBER_UPDATE", "THREAD_MEMBERS_UPDATE"),
        (Intent.GUILDS, ALWAYS),
    ),
    "CHANNEL_PINS_UPDATE": (Intent.GUILDS, Intent.DIRECT_MESSAGES),
    **dict.fromkeys(("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"), (Intent.GUILD_MEMBERS, ALWAYS)),
    **dict.fromkeys(("GUILD_BAN_ADD", "GUILD_BAN_REMOVE", "GUILD_AUDIT_LOG_ENTRY_CREATE"), (Intent.GUILD_MODERATION, ALWAYS)),
    "WEBHOOKS_UPDATE": (Intent.GUILD_WEBHOOKS, ALWAYS),
    **dict.fromkeys(
        ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"), (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)
    ),
    "MESSAGE_DELETE_BULK": (Intent.GUILD_MESSAGES, ALWAYS),
    **dict.fromkeys(
        ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"),
        (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    ),
    "TYPING_START": (Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING),
}  # fmt: skip
"""By event: the intent that asks for it in guilds, and the one for direct messages. Events that stand not here come to everybody."""


class Session:
    """One identified client: its sequence, its log, and the socket that it has at the moment, if any."""

    def __init__(self, user: User, intents: int, identity: Json) -> None:
        self.id = secrets.token_hex(16)
        self.user, self.intents, self.identity = user, intents, identity
        self.sequence = 0
        self.log: list[tuple[int, str]] = []
        self.outbox: asyncio.Queue[str] | None = None

    def dispatch(self, event: str, data: Json) -> None:
        """Numbers the event and sends it, or keeps it for the resumption."""
        if not self._asked_for(event, data):
            return
        self.sequence += 1
        frame = json.dumps({"op": 0, "t": event, "s": self.sequence, "d": self._allowed(event, data)})
        self.log = [*self.log[-KEPT_FOR_RESUMING:], (self.sequence, frame)]
        if self.outbox is not None:
            self.outbox.put_nowait(frame)

    def _asked_for(self, event: str, data: Json) -> bool:
        if event not in NEEDED:
            return True
        in_guild, in_direct = NEEDED[event]
        guild_event = "guild_id" in data or event.startswith(("GUILD_", "CHANNEL_CREATE"))
        return bool(self.intents & (in_guild if guild_event else in_direct))

    def _allowed(self, event: str, data: Json) -> Json:
        """Without the intent for content, messages of others come empty unless they are direct or mention the bot."""
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or self.intents & Intent.MESSAGE_CONTENT:
            return data
        own = data["author"]["id"] == str(self.user.id)
        mentioned = str(self.user.id) in [one["id"] for one in data.get("mentions", [])]
        if own or mentioned or "guild_id" not in data:
            return data
        return data | {"content": "", "embeds": [], "attachments": [], "components": []}


class Gateway:
    """All sessions and their sockets, and what a test does to them."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.closing: list[int] = []
        """Codes with which the next connections are ended as soon as they identify or resume."""
        self.says_again = 0
        """How many events that a resuming client has heard already it is told once more: Discord promises each at least once."""
        self.refuses = False
        """While true, new connections are answered with 503."""
        self._sockets: dict[web.WebSocketResponse, Session | None] = {}
        self._requests: dict[web.WebSocketResponse, web.BaseRequest] = {}

    # --- what tests do ---

    @property
    def connected(self) -> int:
        """How many clients are connected and identified."""
        return sum(1 for session in self._sockets.values() if session is not None)

    async def close(self, code: int) -> None:
        """Ends all connections with ``code``. After 4007 and 4009, as at Discord, there is nothing left to resume."""
        if code in (4007, 4009):
            self.sessions.clear()
        for socket in list(self._sockets):
            await socket.close(code=code)

    def drop(self) -> None:
        """Ends all connections as a broken line does, without a word."""
        for request in self._requests.values():
            if request.transport is not None:
                request.transport.abort()

    def reconnect(self) -> None:
        """Asks the clients to connect anew and resume (op 7)."""
        self._say({"op": 7, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tells the clients that their session is over (op 9)."""
        self._say({"op": 9, "d": resumable})
        if not resumable:
            self.sessions.clear()

    def _say(self, frame: Json) -> None:
        for session in self._sockets.values():
            if session is not None and session.outbox is not None:
                session.outbox.put_nowait(json.dumps(frame))

    # --- the socket ---

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.refuses:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=64 * 1024)
        await socket.prepare(request)
        self._sockets[socket], self._requests[socket] = None, request
        outbox: asyncio.Queue[str] = asyncio.Queue()
        writer = asyncio.create_task(self._write(socket, outbox))
        outbox.put_nowait(json.dumps({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}}))
        goodbye = False
        try:
            while (frame := await socket.receive()).type is WSMsgType.TEXT:
                await self._take(socket, outbox, frame.data)
            # A client that closes with 1000 or 1001 has ended its session; any other end leaves it to be resumed.
            goodbye = frame.type is WSMsgType.CLOSE and frame.data in (WSCloseCode.OK, WSCloseCode.GOING_AWAY)
        finally:
            session = self._sockets.pop(socket)
            self._requests.pop(socket)
            if session is not None and session.outbox is outbox:
                session.outbox = None
            if session is not None and goodbye:
                self.sessions.pop(session.id, None)
            writer.cancel()
            self._world.touch()
        return socket

    async def _write(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
        while True:
            frame = await outbox.get()
            with suppress(ConnectionError, RuntimeError):
                await socket.send_str(frame)

    async def _take(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], text: str) -> None:
        if len(text) > 4096:
            await socket.close(code=4002, message=b"Error while decoding payload.")
            return
        try:
            frame = json.loads(text)
            op, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            await socket.close(code=4002, message=b"Error while decoding payload.")
            return
        session = self._sockets[socket]
        if op == 1:
            asyncio.get_running_loop().call_later(ACK_SECONDS, outbox.put_nowait, json.dumps({"op": 11}))
        elif op == 2 and session is None:
            await self._identify(socket, outbox, data)
        elif op == 6 and session is None:
            await self._resume(socket, outbox, data)
        elif op in (2, 6):
            await socket.close(code=4005, message=b"Already authenticated.")
        elif session is None:
            await socket.close(code=4003, message=b"Not authenticated.")
        elif op == 8:
            self._send_members(session, data)
        elif op not in (3, 4):
            await socket.close(code=4001, message=b"Unknown opcode.")

    async def _identify(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Json) -> None:
        user = self._world.user_by_token(data["token"].removeprefix("Bot "))
        intents = data.get("intents", 0)
        refused = 0
        if self.closing:
            refused = self.closing.pop(0)
        elif user is None:
            refused = 4004
        elif intents & ~KNOWN_INTENTS:
            refused = 4013
        elif intents & Intent.PRIVILEGED & ~self._world.application.intents_allowed:
            refused = 4014
        if refused or user is None:
            await socket.close(code=refused)
            return
        self.identified += 1
        session = Session(user, intents, data)
        self.sessions[session.id] = self._sockets[socket] = session
        session.outbox = outbox
        self._greet(session)

    def _greet(self, session: Session) -> None:
        world, user = self._world, session.user
        mine = [guild for guild in world.guilds.values() if user.id in guild.members]
        application = {"id": str(world.application.id), "flags": payloads.application_flags(world.application)}
        session.dispatch("READY", {
            "v": 10, "user": payloads.own_user(user), "session_id": session.id, "session_type": "normal",
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in mine],
            "resume_gateway_url": self.url, "application": application, "private_channels": [], "relationships": [],
        })  # fmt: skip
        for guild in mine:
            self.tell_of_guild(session, guild)
        world.touch()

    def tell_of_guild(self, session: Session, guild: Guild) -> None:
        everybody = bool(session.intents & Intent.GUILD_PRESENCES)
        now = self._world.clock.now()
        session.dispatch("GUILD_CREATE", payloads.guild_create(guild, session.user, now, everybody=everybody))

    @property
    def url(self) -> str:
        return self._world.url.replace("http", "ws", 1) + "/gateway"

    async def _resume(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Json) -> None:
        session = self.sessions.get(data["session_id"])
        if self.closing:
            await socket.close(code=self.closing.pop(0))
            return
        if session is None or session.user.token != data["token"].removeprefix("Bot "):
            outbox.put_nowait(json.dumps({"op": 9, "d": False}))
            return
        if data["seq"] > session.sequence:
            await socket.close(code=4007)
            return
        self.resumed += 1
        self._sockets[socket] = session
        for sequence, frame in session.log:
            if sequence > data["seq"] - self.says_again:
                outbox.put_nowait(frame)
        session.outbox = outbox
        session.dispatch("RESUMED", {})
        self._world.touch()

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self._world.guilds.get(int(data["guild_id"]))
        if guild is None or session.user.id not in guild.members:
            return
        wanted = {int(one) for one in data.get("user_ids") or []}
        query = data.get("query")
        if query == "" and not session.intents & Intent.GUILD_MEMBERS:
            return
        found = [
            payloads.member(one) for one in guild.members.values()
            if one.user.id in wanted or (query is not None and one.user.name.startswith(query))
        ]  # fmt: skip
        found = found[: data.get("limit") or None]
        chunks = [found[start : start + CHUNK] for start in range(0, len(found), CHUNK)] or [[]]
        for number, chunk in enumerate(chunks):
            session.dispatch("GUILD_MEMBERS_CHUNK", {
                "guild_id": str(guild.id), "members": chunk, "chunk_index": number, "chunk_count": len(chunks),
                "not_found": [str(one) for one in wanted - guild.members.keys()], "presences": [],
                **({"nonce": data["nonce"]} if data.get("nonce") else {}),
            })  # fmt: skip


__all__ = ["DM", "Gateway", "Intent", "Session"]
