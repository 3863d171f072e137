"""A whole site as in production: PostgreSQL, Redis, an S3, two site processes behind the shipped nginx, a worker, and a real inference client."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.crowd import QuickClient
from tests.services.nginx import nginx_server
from tests.services.postgres import PostgresServer
from tests.services.programs import Program, free_port, missing, new_folder, wait_until
from tests.services.redis import RedisServer
from tests.services.s3 import BUCKET, S3Server
from tests.services.site import ROOT, LiveSite, outer_environment

SHIPPED = ROOT / "deploy/nginx/meatlizard.conf"
TALKS_EACH = 500


@dataclass
class Stage:
    """``front``: the site as its visitors reach it. ``people``: see :func:`prepare`."""

    sites: list[LiveSite]
    front: LiveSite
    worker: "Worker"
    client: QuickClient
    people: list[dict[str, Any]]
    postgres: PostgresServer
    redis: RedisServer
    s3: S3Server | None = None
    clicked: int = 0
    """Clicks that loads before this one have brought."""

    @property
    def store(self) -> S3Server:
        assert self.s3 is not None, "the stage was set without one"
        return self.s3

    def value(self, query: str) -> Any:
        """One value out of the database, without Django, which takes seconds to begin."""
        with psycopg.connect(self.sites[0].settings["DATABASE_URL"]) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]

    def clicks(self) -> int:
        """Recorded, of the one link."""
        return int(self.value("SELECT clicks FROM shortener_link WHERE slug = 'load'"))

    def ask(self, call: str) -> Any:
        """Evaluates ``call`` of this module in a process of the site."""
        printed = self.sites[0].manage(
            "shell",
            "--no-imports",
            "-c",
            f"from tests.faults import stage; import json; print(json.dumps(stage.{call}))",
        )
        return json.loads(printed.strip().splitlines()[-1])


class Worker:
    """``manage.py worker``, as the site's processes have it beside them."""

    def __init__(self, site: LiveSite) -> None:
        self.site = site
        self.log = site.home / "worker.log"
        self.program: Program

    def start(self) -> "Worker":
        self.program = Program(
            "worker", [sys.executable, "manage.py", "worker"], self.log,
            env=outer_environment() | self.site.settings, cwd=ROOT,
        )  # fmt: skip
        return self

    def end(self) -> None:
        if self.program.running:
            self.program.kill()


def without_tls(shipped: str, ports: list[int], front: int, home: Path) -> str:
    """The shipped configuration for these processes, on one port of this machine without TLS, which another test has."""
    text = (
        shipped[: shipped.index("server {\n    listen 80;")] + shipped[shipped.index("server {\n    # nginx 1.25.1") :]
    )
    text = re.sub(r"^\s*(ssl_|listen \[::\]).*$", "", text, flags=re.MULTILINE)
    first = re.search(r"    server 127\.0\.0\.1:8001( [^;]*);", text)
    assert first, "the shipped configuration has no list of processes"
    servers = "".join(f"    server 127.0.0.1:{port}{first[1]};\n" for port in ports)
    for old, new in {
        first[0] + "\n": servers,
        "listen 443 ssl http2;": f"listen 127.0.0.1:{front};",
        "server_name chat.example.org;": "server_name 127.0.0.1;",
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",
        "/var/log/nginx": str(home),
    }.items():
        assert old in text, f"the shipped configuration no longer says {old!r}"
        text = text.replace(old, new)
    return text


@contextmanager
def set_up(
    postgres: PostgresServer, redis: RedisServer, name: str, *, people: int, s3: S3Server | None = None, **settings: str
) -> Iterator[Stage]:
    """All of it, running and connected, until the block ends."""
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        missing("llama-cpp-python is not installed (make client)")
    port = free_port()
    if s3 is not None:
        options = s3.options()
        settings |= {
            "S3_BUCKET": BUCKET, "S3_ENDPOINT_URL": s3.url, "S3_REGION": "us-east-1", "S3_ACCESS_KEY_ID": options["access_key"],
            "S3_SECRET_ACCESS_KEY": options["secret_key"],
        }  # fmt: skip
    first = LiveSite(
        postgres.create(name), redis.url(7), JOBS_IN_SITE="false", TRUSTED_PROXIES="127.0.0.1", **settings
    ).prepare()
    first.settings["SITE_URL"] = f"http://127.0.0.1:{port}"
    sites = [first, first.sibling()]
    front = first.sibling()
    front.port = port
    home = new_folder("nginx")
    inside = without_tls(SHIPPED.read_text(), [site.port for site in sites], port, home)
    with ExitStack() as life:
        life.callback(postgres.drop, name)
        printed = first.manage(
            "shell",
            "--no-imports",
            "-c",
            f"from tests.faults import stage; import json; print(json.dumps(stage.prepare({people})))",
        )
        made = json.loads(printed.strip().splitlines()[-1])
        for site in sites:
            site.start()
            life.callback(site.end)
        life.enter_context(nginx_server(inside, port, home))
        worker = Worker(first).start()
        life.callback(worker.end)
        client = QuickClient()
        client.pair(front.url, made["code"])
        client.start()
        life.callback(client.end)
        wait_until(lambda: "connected to" in client.program.tail(), "the client is connected", 90, alive=client.program)
        yield Stage(sites, front, worker, client, made["people"], postgres, redis, s3)
    shutil.rmtree(home, ignore_errors=True)


# --- in a process of the site --------------------------------------------------------------------------------------------


def prepare(people: int) -> dict[str, Any]:
    """Makes people who are signed in, each with a key and many new conversations, one short link, and a code for a client."""
    from django.contrib.auth import get_user_model

    from chat.nodes import new_pairing_code
    from meatlizard.accounts.models import Tier
    from shortener import actions as links

    Tier.objects.update(
        concurrency=50, messages_per_minute=10_000, weekly_tokens=10_000_000_000, storage_bytes=10_000_000_000
    )
    olga = get_user_model().objects.create_user(username="olga", is_staff=True, is_superuser=True)
    links.create(olga, slug="load", target="https://example.org/page")
    return {"people": [_person(f"person{number}") for number in range(people)], "code": new_pairing_code(olga)}


def _person(name: str) -> dict[str, Any]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.utils import timezone

    from chat.models import Conversation
    from meatlizard.api.actions import create_key

    user = get_user_model().objects.create_user(username=name)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    # Named already: titles would be asked of the same small machine.
    talks = Conversation.objects.bulk_create(
        Conversation(owner=user, updated=timezone.now(), title="Load", title_by_owner=True, temperature=0.0)
        for _ in range(TALKS_EACH)
    )
    return {
        "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
        "key": create_key(user, "load", ["files:upload", "files:read", "files:write"])[1],
        "conversations": [str(talk.pk) for talk in talks],
    }


def answers() -> dict[str, dict[str, str]]:
    from tests.faults.scene import answers as stored

    return stored()
