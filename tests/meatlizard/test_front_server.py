"""The shipped nginx configuration before a live site: TLS, addresses, websockets, and an end for whoever is too slow."""

import contextlib
import datetime
import http.client
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from inference_client.protocol import versions
from tests.services.programs import Program, find, free_port, missing, new_folder, wait_until
from tests.services.site import ROOT, LiveSite

NAME = "chat.example.org"
TIMEOUT_SECONDS = 1
CONFIGURATION = ROOT / "deploy/nginx/meatlizard.conf"
MAIN = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/meatlizard.conf;
}}
"""


@dataclass
class Front:
    """nginx with the shipped file, on free ports and with shorter timeouts, before ``site``."""

    site: LiveSite
    home: Path
    plain: int
    tls: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.tls), 10)

    def get(self, path: str, port: int = 0, body: bytes | None = None) -> http.client.HTTPResponse:
        method = "GET" if body is None else "POST"
        if port:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        else:
            link = http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=10, context=unchecked())
        link.request(method, path, body=body, headers={"Host": NAME})
        return link.getresponse()


def unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = builder.sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


def adapted(text: str, home: Path, site: LiveSite, plain: int, tls: int) -> str:
    """The shipped text with the places that belong to one machine exchanged, and timeouts of a second."""
    text = re.sub(r"^\s*listen \[::\]:.*$", "", text, flags=re.MULTILINE)
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
        "server 127.0.0.1:8001 max_fails=1 fail_timeout=1s;": f"server 127.0.0.1:{site.port};",
        "/etc/letsencrypt/live/chat.example.org": str(home),
        "/var/log/nginx": str(home),
        "client_header_timeout 10s": f"client_header_timeout {TIMEOUT_SECONDS}s",
        "client_body_timeout 10s": f"client_body_timeout {TIMEOUT_SECONDS}s",
    }.items():
        assert old in text, f"the shipped configuration no longer says {old!r}"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    nginx = find("nginx", folders=[Path("/usr/sbin"), Path("/opt/homebrew/bin")])
    if nginx is None:
        missing("No nginx is installed")
    home, plain, tls = new_folder("nginx"), free_port(), free_port()
    site = LiveSite(TRUSTED_PROXIES="127.0.0.1").prepare()
    site.settings["SITE_URL"] = f"https://{NAME}"
    site.start()
    certificate(home)
    shipped = CONFIGURATION.read_text(encoding="utf-8")
    (home / "meatlizard.conf").write_text(adapted(shipped, home, site, plain, tls))
    # As root nginx would give its files to an account that need not be there.
    user = "user root;" if os.geteuid() == 0 else ""
    (home / "nginx.conf").write_text(MAIN.format(home=home, user=user))
    argv = [nginx, "-p", str(home), "-c", str(home / "nginx.conf")]
    tested = subprocess.run([*argv, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    program = Program("nginx", argv, home / "log")
    wait_until(lambda: listens(tls), "nginx listens", alive=program)
    yield Front(site, home, plain, tls)
    program.stop()
    site.end()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nginx_is_let_to_the_contents_where_the_shipped_unit_has_them() -> None:
    """systemd sets the folder's rights at each start: what was allowed by hand would be gone with the next one."""
    unit = (ROOT / "deploy/systemd/meatlizard@.service").read_text()
    folder = re.search(r"VAR_DIR=(\S+)", unit)
    mode = re.search(r"^StateDirectoryMode=(\d+)$", unit, re.MULTILINE)
    assert folder and mode
    assert f"alias {folder[1]}/media/;" in CONFIGURATION.read_text()
    assert int(mode[1], 8) & 0o017 == 0o010


def test_a_visitor_by_http_is_led_to_https(front: Front) -> None:
    answer = front.get("/chat/?a=b", front.plain)
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/chat/?a=b")


def test_a_page_comes_over_tls_without_another_redirect(front: Front) -> None:
    answer = front.get("/accounts/login/")
    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Set-Cookie"].startswith("__Host-csrftoken=")


def test_the_first_visit_through_a_front_server_asks_for_the_code(front: Front) -> None:
    assert b'name="code"' in front.get("/setup/").read()


def test_pages_and_inference_clients_reach_their_websockets(front: Front) -> None:
    address = f"wss://{NAME}"
    with (
        front.connect() as link,
        connect(f"{address}/ws/inference/", sock=link, ssl=unchecked(), subprotocols=versions.offer()) as node,
    ):
        assert node.subprotocol == versions.offer()[0]
    with (
        front.connect() as link,
        connect(f"{address}/ws/chat/", sock=link, ssl=unchecked(), origin=f"https://{NAME}") as page,
    ):
        page.close()
    with (
        front.connect() as link,
        pytest.raises(InvalidStatus),
        connect(f"{address}/ws/chat/", sock=link, ssl=unchecked(), origin="https://evil.example.org"),
    ):
        pass


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: ", b"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"]
)
def test_whoever_never_finishes_a_request_is_disconnected(front: Front, begun: bytes) -> None:
    with front.connect() as plain, unchecked().wrap_socket(plain, server_hostname=NAME) as link:
        link.sendall(begun.replace(b"Host: x", b"Host: " + NAME.encode()))
        received = b""
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            while part := link.recv(4096):
                received += part
        assert b"200 OK" not in received


def test_a_huge_body_is_refused(front: Front) -> None:
    assert front.get("/accounts/login/", body=b"a" * 5_000_000).status == 413
    # An archive may be so large; what the site says is that nobody is signed in.
    assert front.get("/chat/import/", body=b"a" * 5_000_000).status == 403


def test_the_log_keeps_no_query(front: Front) -> None:
    front.get("/chat/shared/abcdefghijklmnopqrstuvwxyz012345/")
    front.get("/chat/transcripts/link/ImFiY2RlZmdoaWpr:1vPabc:bcdefghijklmnop/")
    front.get("/chat/transcripts/link/ImFiY2RlZmdoaWpr:1vPabc:bcdefghijklmnop/html/")
    front.get("/setup/?code=ABCD-EFGH")
    log = front.home / "meatlizard.log"
    assert wait_until(lambda: "/setup/" in log.read_text(), "the request is in the log")
    assert "ABCD-EFGH" not in log.read_text()
    assert "abcdefghijklm" not in log.read_text() and "ImFiY2Rl" not in log.read_text()
