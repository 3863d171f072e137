"""The suite's own machinery: programs start, answer and end; and nobody leaves the machine."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import psycopg
import pytest

from tests.services.guard import LeftTheMachine
from tests.services.postgres import PostgresServer
from tests.services.programs import Program, free_port, missing, wait_until
from tests.services.redis import RedisServer

ROOT = Path(__file__).parent.parent.parent
ELSEWHERE = "192.0.2.1"
"""An address of the block kept for documentation: nobody has it."""


def exists(pid: int) -> bool:
    """Whether the process runs; a zombie counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
    return subprocess.run(["ps", "-p", str(pid)], check=False, capture_output=True).returncode == 0


@pytest.mark.postgres
def test_a_database_is_made_and_dropped(postgres: PostgresServer) -> None:
    url = postgres.create("lizards")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE lizard (name text)")
        assert connection.execute("SELECT current_database()").fetchone() == ("lizards",)
    postgres.drop("lizards")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


@pytest.mark.redis
def test_redis_answers(redis: RedisServer) -> None:
    assert redis.command("PING") == b"+PONG"
    assert redis.command("CONFIG", "GET", "appendonly") == b"*2"


def test_a_socket_to_another_machine_is_refused() -> None:
    with socket.socket() as link, pytest.raises(LeftTheMachine):
        link.connect((ELSEWHERE, 80))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link, pytest.raises(LeftTheMachine):
        link.sendto(b"x", (ELSEWHERE, 53))


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(LeftTheMachine):
        urllib.request.urlopen("http://example.com/")


async def test_asyncio_is_guarded_too() -> None:
    with pytest.raises(LeftTheMachine):
        await asyncio.open_connection(ELSEWHERE, 80)


async def test_this_machine_is_reachable() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()


def test_a_child_python_is_guarded_too() -> None:
    code = f"import socket; socket.create_connection(('{ELSEWHERE}', 80))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests/services/guarded")}
    child = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert child.returncode == 1 and "LeftTheMachine" in child.stderr


def test_a_missing_program_skips_and_when_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="No lizard is installed"):
        missing("No lizard is installed")
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE_SERVICES=1"):
        missing("No lizard is installed")


def test_a_program_that_ends_early_is_reported_with_its_log(tmp_path: Path) -> None:
    program = Program("lizard", [sys.executable, "-c", "print('cold'); exit(3)"], tmp_path / "log")
    with pytest.raises(AssertionError, match="lizard ended with 3 before it is warm:\ncold"):
        wait_until(lambda: False, "it is warm", alive=program)
    program.wait(5)


def test_kill_ends_the_whole_group(tmp_path: Path) -> None:
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    program = Program("parent", [sys.executable, "-c", code], tmp_path / "log")
    child = int(wait_until(lambda: program.tail(), "the child is started", alive=program))
    program.kill()
    assert program.exit_code == -signal.SIGKILL
    wait_until(lambda: not exists(child), "the child is gone")


def test_what_a_killed_session_started_ends_and_its_folders_go(tmp_path: Path) -> None:
    """A session killed with ``kill -9`` cannot tidy up; its keeper does."""
    session = tmp_path / "session.py"
    session.write_text(
        textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from tests.services.programs import Program, new_folder
        folder = new_folder("kept")
        program = Program("sleeper", ["sleep", "600"], folder / "log")
        print(program.pid, folder, flush=True)
        time.sleep(600)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, str(session)], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    pid, folder = process.stdout.readline().split()
    assert exists(int(pid)) and Path(folder).is_dir()
    process.kill()
    process.wait(10)
    process.stdout.close()
    wait_until(lambda: not exists(int(pid)), "the sleeper is gone")
    wait_until(lambda: not Path(folder).exists(), "its folder is gone")


def test_free_ports_can_be_bound() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
