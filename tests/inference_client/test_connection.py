"""What stands between a client and its site, and what the person reads about it."""

import asyncio
import datetime
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from inference_client import address, connection
from inference_client.connection import SiteConnection, open_connection
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from tests.inference_client.fake_site import fake_site

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def refusal(url: str) -> Problem:
    with pytest.raises(Problem) as caught:
        await open_connection(address.parse(url), keys.generate(), keys.public_bytes(keys.generate()))
    return caught.value


@asynccontextmanager
async def http_server(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answers(status: str) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    return handle


@asynccontextmanager
async def websocket_server(
    handler: Callable[[ServerConnection], Awaitable[None]], subprotocol: str | None = "meatlizard.v1"
) -> AsyncIterator[str]:
    spoken = [Subprotocol(subprotocol)] if subprotocol else None
    async with serve(handler, "127.0.0.1", 0, subprotocols=spoken) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "no MeatLizard site"),
        ("502 Bad Gateway", "not running, or is starting"),
        ("401 Unauthorized", "asks for a password"),
        ("200 OK", "check the address"),
    ],
)
async def test_an_http_answer_is_explained(status: str, words: str) -> None:
    async with http_server(answers(status)) as url:
        problem = await refusal(url)
    assert (problem.code, problem.exit_code, problem.retry) == ("http_status", Exit.UNREACHABLE, True)
    assert words in problem.message


async def test_a_closed_port_is_unreachable() -> None:
    problem = await refusal("http://127.0.0.1:1")
    assert (problem.code, problem.retry) == ("unreachable", True)


async def test_a_certificate_nobody_vouches_for_is_explained(tmp_path: Path) -> None:
    async with http_server(answers("200 OK"), _self_signed(tmp_path)) as url:
        problem = await refusal(url)
    assert problem.code == "certificate"
    assert "SSL_CERT_FILE" in problem.message
    assert "clock" in problem.message


async def test_plain_http_behind_https_is_explained() -> None:
    async with http_server(answers("400 Bad Request")) as url:
        assert (await refusal(url.replace("http://", "https://"))).code == "tls"


async def test_a_site_that_speaks_no_version_of_ours_says_who_is_to_be_updated() -> None:
    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with websocket_server(silent, subprotocol=None) as url:
        problem = await refusal(url)
    assert (problem.code, problem.exit_code) == ("version_unsupported", Exit.VERSION)
    assert "update the site" in problem.message


async def test_another_key_than_the_paired_one_is_refused() -> None:
    async with fake_site() as site:
        problem = await refusal(site.url)
    assert problem.exit_code == Exit.UNREACHABLE
    assert problem.retry


async def test_a_site_that_says_nothing_does_not_hold_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE_SECONDS", 0.1)

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with websocket_server(silent) as url:
        assert (await refusal(url)).code == "timeout"


async def test_garbage_instead_of_a_handshake_is_refused() -> None:
    async def garbage(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(bytes(200))
        await socket.wait_closed()

    async with websocket_server(garbage) as url:
        assert (await refusal(url)).code == "handshake_failed"


async def test_long_messages_sent_at_the_same_time_stay_whole_and_in_order() -> None:
    # A resend of much text goes in many frames; a heartbeat or new keys may be due in the middle of it.
    client, server = keys.generate(), keys.generate()
    theirs, ours = ServerHandshake(server), ClientHandshake(client, keys.public_bytes(server))
    theirs.read_hello(ours.hello())
    answer, at_site = theirs.answer(now=time.monotonic(), server_time=0)
    channel = ours.finish(answer, now=time.monotonic())
    assert ours.info is not None
    arrived: list[bytes] = []

    class SlowSocket:
        async def send(self, frame: bytes) -> None:
            arrived.append(frame)
            await asyncio.sleep(0)

    link = SiteConnection(SlowSocket(), channel, ours.info)  # type: ignore[arg-type]
    payloads = [bytes([number]) * 300_000 for number in range(4)]
    await asyncio.gather(*(link.send(payload) for payload in payloads), link.tick())
    opened = [message.payload for frame in arrived if (message := at_site.open(frame)) is not None]
    assert opened == payloads


@pytest.mark.parametrize(
    ("text", "socket"),
    [
        ("https://example.org", "wss://example.org/ws/inference/"),
        ("example.org/", "wss://example.org/ws/inference/"),
        ("https://example.org:8443/lizard/", "wss://example.org:8443/lizard/ws/inference/"),
        ("http://localhost:8000", "ws://localhost:8000/ws/inference/"),
        ("http://[::1]:8000", "ws://[::1]:8000/ws/inference/"),
    ],
)
def test_the_socket_is_found_from_what_people_type(text: str, socket: str) -> None:
    assert address.parse(text).socket == socket


def test_plain_http_to_another_machine_needs_consent() -> None:
    with pytest.raises(Problem) as caught:
        address.parse("http://example.org")
    assert caught.value.code == "insecure_address"
    assert address.parse("http://example.org", insecure_http=True).plain


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "site.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
