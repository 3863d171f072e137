"""Both sides of the handshake. The first binary websocket message in each direction is its message.

::

    client -> site   e, es, s, ss    96 bytes: ephemeral key 32, sealed static key 48, sealed empty payload 16
    site -> client   e, ee, se       ephemeral key 32, sealed JSON of ServerInfo

The prologue, known to both and never sent, is ``meatlizard-channel`` | highest, oldest, chosen version (u8 each) |
server id (16 bytes) | length of the path (u16, big-endian) | path (UTF-8).

The first message can be recorded and sent again: it carries nothing, and the site acts on it (sends work, closes an
older connection of the same client) only once ``channel.confirmed`` is true.
"""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference_client.protocol.channel import DEFAULT_LIMITS, Limits, SecureChannel
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import KNOWN_TYPES
from inference_client.protocol.keys import public_bytes, server_id
from inference_client.protocol.noise import HELLO_BYTES, IK, HandshakeState
from inference_client.protocol.versions import CURRENT, Versions

CHANNEL_PATH: Final = "/ws/inference/"
"""The path as the site names it. A proxy may serve it under another: both ends put this into the prologue."""

PROLOGUE: Final = b"meatlizard-channel"
HANDSHAKE_SECONDS: Final = 10.0
"""Both ends close the socket when the handshake is not done after this time."""
MAX_ANSWER: Final = 1024


class ServerInfo(BaseModel):
    """What the site says in its handshake message. ``max_message`` in bytes, ``server_time`` in Unix seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    enrolled: bool
    max_message: int = Field(ge=512)
    server_time: float


def prologue(server_public: bytes, versions: Versions, path: str) -> bytes:
    """The bytes both ends must agree on before the first message."""
    name = path.encode()
    return PROLOGUE + bytes(versions) + server_id(server_public) + len(name).to_bytes(2, "big") + name


class ClientHandshake:
    """``hello()`` to the site, its answer to ``finish``. ``info`` then holds what the site said."""

    def __init__(
        self,
        static: X25519PrivateKey,
        server_public: bytes,
        *,
        versions: Versions = CURRENT,
        path: str = CHANNEL_PATH,
        limits: Limits = DEFAULT_LIMITS,
        known_types: frozenset[int] = KNOWN_TYPES,
        new_ephemeral: Callable[[], X25519PrivateKey] = X25519PrivateKey.generate,
    ) -> None:
        self.info: ServerInfo | None = None
        self._static = static
        self._versions = versions
        self._limits = limits
        self._known = known_types
        self._new_ephemeral = new_ephemeral
        self._state = HandshakeState(
            IK,
            initiator=True,
            prologue=prologue(server_public, versions, path),
            static=static,
            remote_static=server_public,
            new_ephemeral=new_ephemeral,
        )

    def hello(self) -> bytes:
        """The client's message, 96 bytes. Once only."""
        return self._state.write(b"")

    def finish(self, answer: bytes, now: float) -> SecureChannel:
        """Reads the site's message. Raises ChannelError ``handshake_failed``. ``now``: monotonic seconds."""
        if len(answer) > MAX_ANSWER:
            raise ChannelError("handshake_failed", "the answer is too long")
        payload = self._state.read(answer)
        try:
            self.info = ServerInfo.model_validate_json(payload)
        except ValidationError:
            raise ChannelError("handshake_failed", "the site's description of itself cannot be read") from None
        return SecureChannel(
            self._state,
            self._static,
            version=self._versions.chosen,
            enrolled=self.info.enrolled,
            now=now,
            limits=self._limits._replace(message=min(self._limits.message, self.info.max_message)),
            known_types=self._known,
            new_ephemeral=self._new_ephemeral,
        )


class ServerHandshake:
    """``read_hello`` tells whose key it is; the site looks it up, refuses or calls ``answer``.

    During a change of the site's own key, try one handshake with each of the two keys on the same hello.
    """

    def __init__(
        self,
        static: X25519PrivateKey,
        *,
        versions: Versions = CURRENT,
        path: str = CHANNEL_PATH,
        limits: Limits = DEFAULT_LIMITS,
        known_types: frozenset[int] = KNOWN_TYPES,
        new_ephemeral: Callable[[], X25519PrivateKey] = X25519PrivateKey.generate,
    ) -> None:
        self._static = static
        self._versions = versions
        self._limits = limits
        self._known = known_types
        self._new_ephemeral = new_ephemeral
        self._state = HandshakeState(
            IK,
            initiator=False,
            prologue=prologue(public_bytes(static), versions, path),
            static=static,
            new_ephemeral=new_ephemeral,
        )

    @property
    def remote_static(self) -> bytes:
        """The client's public key, 32 bytes; after ``read_hello``."""
        if self._state.remote_static is None:
            raise ValueError("read_hello comes first")
        return self._state.remote_static

    def read_hello(self, hello: bytes) -> bytes:
        """The client's public key. Raises ChannelError ``handshake_failed``."""
        if len(hello) != HELLO_BYTES:
            raise ChannelError("handshake_failed", f"a hello of {len(hello)} bytes")
        self._state.read(hello)
        return self.remote_static

    def answer(self, *, now: float, server_time: float, enrolled: bool = True) -> tuple[bytes, SecureChannel]:
        """The site's message and the channel. ``now``: monotonic seconds; ``server_time``: Unix time.

        With ``enrolled`` false the channel opens one ENROL frame and nothing else until ``accept_enrolment``.
        """
        info = ServerInfo(enrolled=enrolled, max_message=self._limits.message, server_time=server_time)
        message = self._state.write(info.model_dump_json().encode())
        return message, SecureChannel(
            self._state,
            self._static,
            version=self._versions.chosen,
            enrolled=enrolled,
            now=now,
            limits=self._limits,
            known_types=self._known,
            new_ephemeral=self._new_ephemeral,
        )
