"""``manage.py serve``: the site in this process, with all that runs beside it. ``make run`` and production start it."""

import asyncio
import contextlib
import gc
import os
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from meatlizard import draining

MAX_FRAME = 1024 * 1024
"""Bytes of one websocket message: as much as one sealed frame between site and node."""

GRACE_SECONDS = 5
"""How long requests have to end when the site is asked to, if nobody says otherwise."""

KEEP_ALIVE_SECONDS = 75
"""Longer than front servers keep a connection (nginx and Caddy as shipped: 60): if it is the site that ends one, it may be at the very
moment at which the front server sends a form through it, which nobody may then send again."""

MIGRATION_LOCK = 0x4D4C
"""Number of the advisory lock that lets one of several starting processes migrate while the others wait."""


class Command(BaseCommand):
    help = "Migrates the database and serves the site until Ctrl-C."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default 127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on; default 8000; 0: any free one")
        parser.add_argument(
            "--fd", type=int, default=None, help="listen on this open socket instead (socket activation)"
        )
        parser.add_argument(
            "--drain", type=int, default=GRACE_SECONDS, metavar="SECONDS",
            help=f"how long requests under way may take to end after SIGTERM; default {GRACE_SECONDS}",
        )  # fmt: skip
        parser.add_argument("--no-migrate", action="store_true", help="leave the database's tables as they are")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()
        if not options["no_migrate"]:
            self._migrate()
        if not settings.SITE_URL_GIVEN and options["fd"] is None and options["port"]:
            # Nobody has said what the site's address is: it is where it listens.
            stand_at(f"http://127.0.0.1:{options['port']}")
        self._serve(options["host"], options["port"], options["fd"], max(1, options["drain"]))

    def _migrate(self) -> None:
        with one_at_a_time():
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                self.stdout.write(f"Bringing the database up to date: {len(plan)} migration(s).")
                call_command("migrate", interactive=False, verbosity=0)
            try:
                call_command("load_prompts", verbosity=0)
            except CommandError as error:
                # A library with a fault is no reason not to serve.
                self.stderr.write(str(error))
        connection.close()

    def _serve(self, host: str, port: int, fd: int | None, drain: int) -> None:
        import uvicorn

        config = uvicorn.Config(
            "meatlizard.asgi:application",
            host=host,
            port=port,
            fd=fd,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_FRAME,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            # Sealed frames do not compress, and compression beside secrets tells about them.
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            # What proxies say is read by meatlizard.security, from the configured ones only.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=drain,
        )
        config.load()
        # What is there by now stays for good: without this each full collection looks at all of it, for a tenth of a second.
        gc.collect()
        gc.freeze()
        server = quiet_server(config, self._say_where)
        try:
            server.run()
        except SystemExit:
            # uvicorn has said what the system answered, and not what to do about it.
            if fd is None and not server.started:
                self.stderr.write(
                    f"The site cannot listen on {host}, port {port}. If it runs already, end that one; or choose another port: "
                    f"make run PORT={port + 1}"
                )
            raise
        if server.started:
            self.stdout.write("Stopped.")
        else:
            raise SystemExit(1)

    def _say_where(self, server: Any) -> None:
        from meatlizard.accounts.access import needs_setup
        from meatlizard.accounts.actions import setup_code

        url = settings.SITE_URL
        if not settings.SITE_URL_GIVEN:
            url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        self.stdout.write(f"\nMeatLizard is at {self.style.SUCCESS(url)}    (Ctrl-C ends it)")
        if needs_setup():
            self.stdout.write(f"  First visit: make the administrator at {url}{reverse('setup')}?code={setup_code()}")
        self.stdout.write("  Connect an inference client: .venv/bin/python manage.py inference_pair")
        self.stdout.write("    prints the one command to run on the machine with the model; so does the admin.\n")
        self.stdout.flush()


def stand_at(address: str) -> None:
    """Sets the site's address, and what settings.py has made of the one it took for granted."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    for name, sources in directives.items():
        if isinstance(sources, list):
            # Among them stands an object, too, in whose place the page's nonce comes.
            directives[name] = [
                address + one.removeprefix(settings.SITE_URL)
                if isinstance(one, str) and one.startswith(f"{settings.SITE_URL}/")
                else one
                for one in sources
            ]
    settings.CSRF_TRUSTED_ORIGINS = [address]
    settings.SITE_URL = address


def keep_private() -> None:
    """Files made from here on are for this account alone, and so is an SQLite database that was made under another umask: whoever can
    read it has everybody's sessions and conversations."""
    os.umask(0o077)
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    if connection.vendor == "sqlite":
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{settings.DATABASES['default']['NAME']}{ending}").chmod(0o600)


def quiet_server(config: Any, started: Any) -> Any:
    """A uvicorn server that calls ``started`` (in a thread) when it listens, and for which a signal is the usual way to end."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                await asyncio.to_thread(started, self)

        async def shutdown(self, sockets: Any = None) -> None:
            # Ctrl-C is a person who waits.
            if signal.SIGINT not in self._captured_signals:
                await draining.drain(self)
            await super().shutdown(sockets=sockets)

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own raises the signal once more at the end, which would end in a traceback or a bad exit code.
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    return Server(config)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Holds PostgreSQL's advisory lock. SQLite needs none: whoever comes second waits for the file and finds nothing to do."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
