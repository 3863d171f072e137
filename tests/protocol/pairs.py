"""Two ends of a link in one process, and the copies an attacker works on."""

import copy
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol import keys
from inference_client.protocol.channel import DEFAULT_LIMITS, Limits, Message, SecureChannel
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import KNOWN_TYPES
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from inference_client.protocol.versions import CURRENT, Versions

SERVER_TIME = 1_900_000_000.0


class Pair(NamedTuple):
    client: SecureChannel
    site: SecureChannel


def connect(
    *,
    client_key: X25519PrivateKey | None = None,
    site_key: X25519PrivateKey | None = None,
    limits: Limits = DEFAULT_LIMITS,
    client_known: frozenset[int] = KNOWN_TYPES,
    site_known: frozenset[int] = KNOWN_TYPES,
    versions: Versions = CURRENT,
    enrolled: bool = True,
    confirm: bool = True,
) -> Pair:
    """A finished handshake at time 0. With ``confirm`` the client's first frame has arrived, so the site may send."""
    client_key = client_key or keys.generate()
    site_key = site_key or keys.generate()
    asking = ClientHandshake(
        client_key, keys.public_bytes(site_key), limits=limits, known_types=client_known, versions=versions
    )
    answering = ServerHandshake(site_key, limits=limits, known_types=site_known, versions=versions)
    answering.read_hello(asking.hello())
    answer, site = answering.answer(now=0.0, server_time=SERVER_TIME, enrolled=enrolled)
    client = asking.finish(answer, 0.0)
    if confirm and enrolled:
        pass_on(client.seal(0x10, b"first"), site)
    return Pair(client, site)


def pass_on(frames: Iterable[bytes], receiver: SecureChannel) -> list[Message]:
    """Opens all frames; the messages they made."""
    return [message for frame in frames if (message := receiver.open(frame)) is not None]


def settle(pair: Pair) -> None:
    """Carries what the channels themselves want sent, until both are silent."""
    while (to_site := pair.client.take_pending()) or (to_client := pair.site.take_pending()):
        assert pass_on(to_site, pair.site) == []
        if not to_site:
            assert pass_on(to_client, pair.client) == []


def refusal(receiver: SecureChannel, frame: bytes) -> str | None:
    """The code with which ``receiver`` refuses ``frame``, None if it opens. Works on a copy, which a refusal closes."""
    victim = copy.copy(receiver)
    try:
        victim.open(frame)
    except ChannelError as error:
        assert victim.closed
        return error.code
    return None
