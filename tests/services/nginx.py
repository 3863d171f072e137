"""nginx on ports of its own, as the measure of what a web server answers, or as the site's front server."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.programs import Program, find, missing, new_folder, wait_until

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
    include {home}/inside.conf;
}}
"""


def executable() -> str | None:
    return find("nginx", folders=[Path("/usr/sbin"), Path("/opt/homebrew/bin")])


@contextlib.contextmanager
def nginx_server(inside: str, port: int, home: Path | None = None) -> Iterator[Program]:
    """Runs until the block ends. ``inside``: what stands in the http block; ``port``: one that it listens on."""
    nginx = executable()
    if nginx is None:
        missing("No nginx is installed")
    home = home or new_folder("nginx")
    (home / "inside.conf").write_text(inside)
    # As root nginx would give its files to an account that need not be there.
    user = "user root;" if os.geteuid() == 0 else ""
    (home / "nginx.conf").write_text(MAIN.format(home=home, user=user))
    argv = [nginx, "-p", str(home), "-c", str(home / "nginx.conf")]
    tested = subprocess.run([*argv, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    program = Program("nginx", argv, home / "log")
    try:
        wait_until(lambda: listens(port), "nginx listens", alive=program)
        yield program
    finally:
        program.stop()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
