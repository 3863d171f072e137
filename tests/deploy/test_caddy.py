"""The shipped Caddyfile before two live processes of a site: TLS, websockets, bounds of bodies, contents on the site's word alone, and a process
that goes away.
"""

import http.client
import os
import random
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.sync.client import connect

from inference_client.protocol import versions
from tests.files.serving.seeding import Seeded, seed
from tests.meatlizard.test_front_server import NAME, certificate, listens, unchecked
from tests.services.programs import Program, free_port, missing, new_folder, wait_until
from tests.services.redis import RedisServer
from tests.services.site import ROOT, LiveSite

pytestmark = pytest.mark.redis
SHIPPED = ROOT / "deploy/caddy/Caddyfile"


@dataclass
class Front:
    sites: list[LiveSite]
    tls: int
    seeded: Seeded

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        link = http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=30, context=unchecked())
        # The name of the server is in TLS, too.
        link.sock = unchecked().wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 30), server_hostname=NAME)
        link.request(method, path, body=body, headers={"Host": NAME, **headers})
        answer = link.getresponse()
        said = answer.status, answer.headers, answer.read()
        link.close()
        return said


def adapted(text: str, home: Path, tls: int) -> str:
    """The shipped text on a port of this machine and with a certificate that is there."""
    for old, new in {
        "{\n\tservers {": f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {home}/storage\n\tservers {{",
        "{$SITE_HOST:chat.example.org} {": f"{NAME}:{tls} {{\n\ttls {home}/fullchain.pem {home}/privkey.pem",
    }.items():
        assert old in text, f"the shipped Caddyfile no longer says {old!r}"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def front(redis: RedisServer) -> Iterator[Front]:
    caddy = shutil.which("caddy")
    if caddy is None:
        missing("No Caddy is installed")
    home, tls = new_folder("caddy"), free_port()
    (home / "small.bin").write_bytes(b"\0\1\2\3" + random.Random(7).randbytes(20_000))
    site = LiveSite(redis_url=redis.url(9), TRUSTED_PROXIES="127.0.0.1", FILES_SENT_BY="x-accel-redirect").prepare()
    seeded = seed(site, {"small.bin": home / "small.bin"})
    site.settings["SITE_URL"] = f"https://{NAME}"
    sites = [site, site.sibling()]
    for one in sites:
        one.start()
    certificate(home)
    (home / "Caddyfile").write_text(adapted(SHIPPED.read_text(), home, tls))
    environment = {
        "SITES": " ".join(f"127.0.0.1:{one.port}" for one in sites), "MEDIA": f"{site.home}/media", "HOME": str(home),
        "PATH": os.environ["PATH"],
    }  # fmt: skip
    program = Program("caddy", [caddy, "run", "--config", str(home / "Caddyfile")], home / "log", env=environment)
    wait_until(lambda: listens(tls), "Caddy listens", alive=program)
    made = Front(sites, tls, seeded)
    wait_until(lambda: made.get("/health/ready")[0] == 200, "Caddy has found the site", 60)
    yield made
    program.stop()
    for one in sites:
        one.end()


def test_a_page_comes_over_tls_with_cookies_for_it(front: Front) -> None:
    status, headers, _body = front.get("/accounts/login/")
    assert status == 200
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert headers["Set-Cookie"].startswith("__Host-csrftoken=")


def test_pages_and_inference_clients_reach_their_websockets(front: Front) -> None:
    for path, more in {
        "/ws/inference/": {"subprotocols": versions.offer()},
        "/ws/chat/": {"origin": f"https://{NAME}"},
    }.items():
        with (
            socket.create_connection(("127.0.0.1", front.tls), 10) as link,
            connect(f"wss://{NAME}{path}", sock=link, ssl=unchecked(), **more) as open_,  # type: ignore[arg-type]
        ):
            assert open_.response is not None and open_.response.status_code == 101


def test_bodies_are_bounded_where_they_should_be(front: Front) -> None:
    # Before version 2.7 Caddy says 502 in the place of 413.
    assert front.get("/accounts/login/", "POST", b"a" * 5_000_000)[0] in (413, 502)
    # An archive may be so large; what the site says is that nobody is signed in.
    assert front.get("/chat/import/", "POST", b"a" * 5_000_000)[0] == 403


def test_contents_are_sent_by_caddy_on_the_sites_word_alone(front: Front) -> None:
    path, sha256 = front.seeded.paths["small.bin"], front.seeded.hashes["small.bin"]
    mine = {"Authorization": f"Bearer {front.seeded.key}"}
    status, headers, body = front.get(path, **mine)
    assert (status, len(body)) == (200, 20_004)
    assert "X-Accel-Redirect" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    part = front.get(path, Range="bytes=4-9", **mine)
    assert (part[0], part[2], part[1]["Content-Range"]) == (206, body[4:10], "bytes 4-9/20004")

    assert front.get(path)[0] in (302, 401, 403, 404)
    stored = next((front.sites[0].home / "media").rglob(f"{sha256}*")).relative_to(front.sites[0].home / "media")
    assert front.get(f"/_blobs/{stored}")[0] == 404
    assert front.get(f"/_blobs/{stored}", **mine)[0] == 404


def test_a_process_that_is_gone_is_not_noticed(front: Front) -> None:
    front.sites[1].kill()
    try:
        assert {front.get("/accounts/login/")[0] for _ in range(12)} == {200}
    finally:
        front.sites[1].start()


def test_caddy_and_nginx_bound_the_same_addresses() -> None:
    nginx = (ROOT / "deploy/nginx/meatlizard.conf").read_text()
    sizes = re.findall(r"max_size (\d+)MB", SHIPPED.read_text())
    assert sorted(map(int, sizes)) == sorted(int(size) for size in re.findall(r"client_max_body_size (\d+)m;", nginx))
    for pattern in ("(files/(uploads|put|form)|f/up)(/|$)", "(p|sealed|documents)(/|$)"):
        assert pattern in nginx and pattern in SHIPPED.read_text()
