"""What the doctor finds, and what it says to do about it."""

import contextlib
import resource
import shutil
import socket
import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from meatlizard.health import components
from meatlizard.health.components import Found, component
from meatlizard.ops.doctor import findings, inside, machine, neighbours, outside
from meatlizard.ops.doctor.findings import Examination, Finding, found_by
from tests.fakes.mail_sink import MailSink
from tests.services.redis import RedisServer
from tests.services.site import LiveSite


def levels(found: Any) -> list[str]:
    return [finding.level for finding in found]


def examined(*names: str) -> str:
    out = StringIO()
    call_command("doctor", *names, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def one_examination(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(findings, "_examinations", {})
    return lambda *found: findings.examination("mine", "Mine", lambda: found)


def test_what_is_bad_is_counted_and_said_with_its_remedy(one_examination: Any) -> None:
    one_examination(Finding("good", "Fine."), Finding("note", "So so.", "Look."), Finding("bad", "Broken.", "Mend it."))
    out = StringIO()
    with pytest.raises(CommandError, match="1 thing has to be mended"):
        call_command("doctor", stdout=out, no_color=True)
    assert out.getvalue().splitlines() == [
        "Mine", "  ok   Fine.", "  note So so.", "         -> Look.", "  BAD  Broken.", "         -> Mend it.",
    ]  # fmt: skip


def test_notes_alone_are_no_failure(one_examination: Any) -> None:
    one_examination(Finding("note", "So so."))
    assert "Nothing has to be mended." in examined("mine")


def test_a_part_that_is_not_there_is_named_with_those_that_are(one_examination: Any) -> None:
    one_examination(Finding("good", "Fine."))
    with pytest.raises(CommandError, match=r"no part other; there are: mine\."):
        examined("other")


def test_an_examination_that_fails_is_a_finding() -> None:
    def broken() -> Iterator[Finding]:
        yield Finding("good", "Half of it.")
        raise OSError("no\nway")

    found = list(found_by(Examination("mine", "Mine", broken)))
    assert levels(found) == ["good", "bad"]
    assert "OSError: no way" in found[1].text


@pytest.mark.both_databases
@pytest.mark.django_db
def test_tables_that_are_older_or_newer_than_the_program_are_told() -> None:
    assert levels(inside.tables()) == ["good"]

    rows = MigrationRecorder.Migration.objects
    rows.create(app="chat", name="9999_of_tomorrow")
    [newer] = inside.tables()
    assert newer.level == "bad" and "chat.9999_of_tomorrow" in newer.text

    rows.all().delete()
    [older] = inside.tables()
    assert older.level == "bad" and "manage.py migrate" in older.mend


def test_unsafe_settings_are_told_with_their_remedy(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert any(found.level == "bad" and "E003" in found.text and found.mend for found in inside.configuration())


def test_a_folder_that_others_may_look_into(settings: Any, tmp_path: Any) -> None:
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    tmp_path.chmod(0o755)
    assert levels(inside.files()) == ["note", "bad"]

    tmp_path.chmod(0o700)
    (tmp_path / "static").mkdir()
    (tmp_path / "static/staticfiles.json").write_text("{}")
    assert levels(inside.files()) == ["good", "good"]

    settings.VAR_DIR = tmp_path / "none"
    assert levels(inside.files()) == ["bad"]


def test_parts_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "_components", {})
    component("database", "Database", lambda: Found("good", "sqlite"))
    component("disk", "Disk", lambda: Found("warning", "97 % in use"))
    component("inference", "Clients", lambda: Found("off"))
    component("storage", "Storage", lambda: Found("down", "no rights"))

    found = list(neighbours.parts())
    assert levels(found) == ["good", "note", "note", "bad"]
    assert [bool(finding.mend) for finding in found] == [False, True, False, True]


@pytest.mark.redis
def test_a_message_of_another_process_arrives(redis: RedisServer) -> None:
    site = LiveSite(redis_url=redis.url(6)).prepare()
    said = site.manage("doctor", "processes", "clocks")
    assert "ok   Messages pass from one process to another." in said
    assert "ok   The clock of Redis agrees with ours." in said


def test_one_process_needs_no_messages_and_no_other_clock() -> None:
    assert levels(neighbours.between_processes()) == ["good"]
    assert levels(neighbours.clocks()) in (["note"], ["good"])


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_clock_that_is_ahead_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        assert levels(neighbours.clocks()) == ["note"]
        return
    assert levels(neighbours.clocks()) == ["good"]
    monkeypatch.setattr(neighbours, "AHEAD_SECONDS", -1)
    assert levels(neighbours.clocks()) == ["bad"]


def test_mail_that_is_taken_refused_and_absent(settings: Any) -> None:
    assert levels(neighbours.mail()) == ["note"]

    settings.HAS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with MailSink() as sink:
        settings.EMAIL_PORT = sink.port
        assert levels(neighbours.mail()) == ["good"]
    [refused] = neighbours.mail()
    assert refused.level == "bad" and "EMAIL_URL" in refused.mend


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    live = LiveSite().prepare().start()
    yield live
    live.end()


def test_a_site_that_is_well_has_nothing_to_be_mended(site: LiveSite) -> None:
    said = site.manage("doctor")
    assert "Nothing has to be mended." in said
    assert f"ok   {site.url} answers." in said
    assert "ok   Who asks is seen as 127.0.0.1, whatever it says of itself." in said


def test_a_site_with_other_secrets_does_not_believe_the_doctor(site: LiveSite) -> None:
    other = site.sibling()
    other.settings = site.settings | {"SECRET_KEY": "k" * 60}
    with pytest.raises(AssertionError, match="another SECRET_KEY"):
        other.manage("doctor", "front")


def test_a_site_that_is_not_there_cannot_be_reached(site: LiveSite) -> None:
    other = site.sibling()
    other.settings = site.settings | {"SITE_URL": other.url}
    with pytest.raises(AssertionError, match="cannot be reached"):
        other.manage("doctor", "front")


def test_a_front_server_that_lets_visitors_choose_their_address(settings: Any) -> None:
    settings.HTTPS = False
    asked = {"address": outside.FORGED, "scheme": "http"}
    assert levels(outside.judged({"asked": asked})) == ["bad"]
    assert levels(outside.judged({"asked": asked | {"address": "192.0.2.5"}})) == ["good"]

    settings.HTTPS = True
    without, with_it = {"address": "192.0.2.5", "scheme": "http"}, {"address": "192.0.2.5", "scheme": "https"}
    assert levels(outside.judged({"asked": without})) == ["good", "bad"]
    assert levels(outside.judged({"asked": with_it})) == ["good"]


def test_websockets_and_large_uploads_pass_or_are_said_not_to(settings: Any, front_server: Any) -> None:
    """A front server that answers each request as it is told, in the place of nginx without the lines that are so often forgotten."""
    settings.HTTPS = False
    for answer, levels_ in {
        "101 Switching Protocols": ("good", "good"), "400 Bad Request": ("bad", "good"), "413 Too Large": ("bad", "bad"), "": ("bad", "good"),
    }.items():  # fmt: skip
        settings.SITE_URL = front_server(answer)
        found = outside.websockets(), outside.large_bodies()
        assert tuple(finding.level for finding in found) == levels_, answer
        assert all(finding.mend for finding in found if finding.level == "bad")


@pytest.fixture
def front_server() -> Iterator[Any]:
    listening: list[socket.socket] = []

    def answering(answer: str) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _address = server.accept()
                    with link:
                        link.recv(4096)
                        link.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode() if answer else b"")

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield answering
    for server in listening:
        server.close()


def test_programs_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(connection, "vendor", "sqlite")
    [videos] = machine.programs()
    assert videos.level == "note" and "VIDEO_JOBS=0" in videos.mend
    assert machine._pg_dump().level == "bad"


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_pg_dump_that_is_older_than_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert "bad" not in levels(machine.programs())
    if connection.vendor != "postgresql":
        return
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(old))
    assert "version 9" in next(found.text for found in machine.programs() if found.level == "bad")


def test_too_few_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (256, 4096))
    [few] = machine.limits()
    assert few.level == "bad" and "LimitNOFILE" in few.mend
    monkeypatch.setattr(resource, "getrlimit", lambda what: (8192, 8192))
    assert levels(machine.limits()) == ["good"]


def test_secrets_that_others_may_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    file = tmp_path / "site.env"
    file.write_text("SECRET_KEY=x\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    file.chmod(0o644)
    [read] = machine.secrets()
    assert read.level == "bad" and read.mend == f"chmod o-rwx {file}"
    file.chmod(0o640)
    assert levels(machine.secrets()) == ["good"]
    monkeypatch.setenv("ENV_FILE", "")
    assert levels(machine.secrets()) == ["good"]
