"""Nonsense over real websockets to a live site. Each kind ends the link that brought it with its code; the site goes on serving."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from inference_client.protocol import keys, versions
from inference_client.protocol.frames import ENROL, FLAG_FIRST, MAX_FRAME, MAX_MESSAGE, MESSAGE
from inference_client.protocol.handshake import ClientHandshake
from inference_client.protocol.messages import Enrol, Heartbeat, encode
from tests.faults.live_node import LiveNode
from tests.faults.page import Page
from tests.faults.scene import ask_site
from tests.services.site import LiveSite

BROKEN, UNKNOWN_KEY, TOO_BIG = 4400, 4401, 1009
UNKNOWN_TYPE = 0x55


@dataclass
class Stage:
    """A live site with people, a node that behaves, and the key of one that does not."""

    site: LiveSite
    public: bytes
    good: X25519PrivateKey
    bad: X25519PrivateKey
    people: Iterator[dict[str, str]]
    addresses: Iterator[str]

    def node(self, key: X25519PrivateKey, public: bytes = b"") -> LiveNode:
        """Each node comes from an address of its own: how often one address may fail is another test's matter."""
        return LiveNode(self.site, public or self.public, key, address=next(self.addresses))

    async def still_serves(self) -> None:
        """Pages are answered, and a person's question is answered by the good node, which connects for it."""
        assert await asyncio.to_thread(self.site.answers)
        person = next(self.people)
        async with self.node(self.good) as node, Page(self.site, person["cookie"], person["conversation"]) as page:
            await node.hello()
            await page.ask("are you there?", 20)
            assert page.finished is not None
            assert page.finished["length"] == len("ARE YOU THERE?")
            assert "ARE YOU THERE?" in page.finished["message"]["html"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    site = LiveSite(TRUSTED_PROXIES="127.0.0.1/32").prepare()
    try:
        site.start()
        good, bad = keys.generate(), keys.generate()
        nodes = [keys.public_bytes(key).hex() for key in (good, bad)]
        scene = ask_site(site, f"prepare(40, *{nodes})")
        public = bytes.fromhex(scene["site_key"])
        people = scene["people"]
        yield Stage(site, public, good, bad, iter(people), (f"203.0.113.{n}" for n in count(1)))
    finally:
        site.end()


# --- before the channel is open ----------------------------------------------------------------------------------------


async def says_text(node: LiveNode) -> None:
    await node.link.send("hello")


async def says_noise(node: LiveNode) -> None:
    await node.link.send(os.urandom(96))


async def says_too_little(node: LiveNode) -> None:
    await node.link.send(node.handshake.hello()[:-1])


async def says_an_empty_frame(node: LiveNode) -> None:
    await node.link.send(b"")


async def says_hello_for_another_site(node: LiveNode) -> None:
    other = ClientHandshake(keys.generate(), keys.public_bytes(keys.generate()))
    await node.link.send(other.hello())


STRANGERS = [says_text, says_noise, says_too_little, says_an_empty_frame, says_hello_for_another_site]


@pytest.mark.parametrize("says", STRANGERS)
async def test_a_bad_beginning_ends_the_link(stage: Stage, says: Callable[[LiveNode], Awaitable[None]]) -> None:
    async with stage.node(stage.bad) as node:
        await says(node)
        assert await node.closed() == BROKEN
    await stage.still_serves()


async def test_a_key_nobody_paired_with_a_code_nobody_gave_is_refused(stage: Stage) -> None:
    async with stage.node(keys.generate()) as node:
        channel = await node.shake()
        for frame in channel.seal(ENROL, encode(Enrol(code="A" * 26, name="stranger"))):
            await node.link.send(frame)
        assert await node.closed() == UNKNOWN_KEY
    await stage.still_serves()


async def test_a_client_of_another_version_is_told_to_update(stage: Stage) -> None:
    async with connect(stage.node(stage.bad).url, subprotocols=[Subprotocol("meatlizard.v99")], proxy=None) as link:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(link.recv(), 10)
        assert (link.close_code, link.close_reason) == (4406, "update the site")
    await stage.still_serves()


async def test_an_address_that_failed_too_often_is_refused_unheard_and_others_are_not(stage: Stage) -> None:
    address = next(stage.addresses)
    codes = []
    for _ in range(7):
        async with LiveNode(stage.site, stage.public, stage.bad, address=address) as node:
            try:
                await says_noise(node)
            except ConnectionClosed:
                pass
            codes.append(await node.closed())
    assert codes == [BROKEN] * 5 + [4429] * 2
    await stage.still_serves()


# --- on the open channel ------------------------------------------------------------------------------------------------


def frame_of(node: LiveNode, payload: bytes, kind: int = MESSAGE, *, must: bool = False) -> bytes:
    return node.channel.seal(kind, payload, must_understand=must)[0]


async def flips_a_bit(node: LiveNode) -> None:
    frame = bytearray(frame_of(node, encode(Heartbeat())))
    frame[20] ^= 1
    await node.link.send(bytes(frame))


async def repeats_a_frame(node: LiveNode) -> None:
    frame = frame_of(node, encode(Heartbeat()))
    await node.link.send(frame)
    await node.link.send(frame)


async def leaves_a_frame_out(node: LiveNode) -> None:
    frame_of(node, encode(Heartbeat()))
    await node.link.send(frame_of(node, encode(Heartbeat())))


async def insists_on_an_unknown_type_of_frame(node: LiveNode) -> None:
    await node.link.send(frame_of(node, b"{}", UNKNOWN_TYPE, must=True))


async def says_what_no_schema_knows(node: LiveNode) -> None:
    await node.link.send(frame_of(node, b'{"type": "dance"}'))


async def says_too_much_in_a_message(node: LiveNode) -> None:
    await node.link.send(frame_of(node, b'{"type": "heartbeat", "running": [], "mood": "good"}'))


async def says_no_json(node: LiveNode) -> None:
    await node.link.send(frame_of(node, b"\xff\xfe{"))


async def says_hello_twice(node: LiveNode) -> None:
    await node.link.send(
        frame_of(node, b'{"type":"hello","client_version":"1","platform":"t","backend":"cpu","models":[]}')
    )


async def sends_a_frame_above_64_kib(node: LiveNode) -> None:
    await node.link.send(os.urandom(MAX_FRAME + 1))


async def announces_a_message_above_1_mib(node: LiveNode) -> None:
    content = (MAX_MESSAGE + 1).to_bytes(4, "big") + b"x" * 1_000
    await node.link.send(node.channel._frame(MESSAGE, FLAG_FIRST, content))


async def sends_plain_text(node: LiveNode) -> None:
    await node.link.send('{"type": "heartbeat"}')


PAIRED = [
    flips_a_bit, repeats_a_frame, leaves_a_frame_out, insists_on_an_unknown_type_of_frame, says_what_no_schema_knows,
    says_too_much_in_a_message, says_no_json, says_hello_twice, sends_a_frame_above_64_kib, announces_a_message_above_1_mib,
    sends_plain_text,
]  # fmt: skip


@pytest.mark.parametrize("says", PAIRED)
async def test_a_paired_node_that_breaks_the_rules_is_cut_off_and_may_come_back(
    stage: Stage, says: Callable[[LiveNode], Awaitable[None]]
) -> None:
    async with stage.node(stage.bad) as node:
        await node.hello()
        await says(node)
        assert await node.closed() == BROKEN
    async with stage.node(stage.bad) as again:
        await again.hello()
    await stage.still_serves()


async def test_an_unknown_type_of_frame_that_need_not_be_understood_is_passed_over(stage: Stage) -> None:
    async with stage.node(stage.bad) as node:
        await node.hello()
        await node.link.send(frame_of(node, b"{}", UNKNOWN_TYPE))
        await repeats_a_frame(node)
        assert await node.closed() == BROKEN
    await stage.still_serves()


async def test_a_websocket_message_above_1_mib_is_refused_by_the_server_itself(stage: Stage) -> None:
    async with stage.node(stage.bad) as node:
        await node.hello()
        try:
            await node.link.send(b"x" * (MAX_MESSAGE + 1))
        except ConnectionClosed:
            pass
        assert await node.closed() == TOO_BIG
    await stage.still_serves()


# --- whose page it is --------------------------------------------------------------------------------------------------


async def refusal(stage: Stage, path: str, origin: str | None, **headers: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(
            f"ws://127.0.0.1:{stage.site.port}{path}",
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(name) for name in versions.offer()],
            additional_headers=headers,
            proxy=None,
        ):
            pass
    return refused.value.response.status_code


async def test_a_page_may_not_open_the_nodes_socket(stage: Stage) -> None:
    assert await refusal(stage, "/ws/inference/", stage.site.url) == 403
    await stage.still_serves()


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1"])
async def test_another_sites_page_may_not_open_ours_even_with_a_persons_cookie(
    stage: Stage, origin: str | None
) -> None:
    person = next(stage.people)
    assert await refusal(stage, "/ws/chat/", origin, Cookie=person["cookie"]) == 403
    await stage.still_serves()
