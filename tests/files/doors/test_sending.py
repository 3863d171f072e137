"""What comes from command lines and programs becomes a file of whoever's key it is, and nothing stays of what does not come whole."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from files.models import File, Folder, Reservation
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.files.asking import BREAKS_OFF, Answer, Asking, key_for

pytestmark = pytest.mark.django_db

BOUNDARY = "c7f1"
FORM = "/files/form/"


def part(name: str, body: bytes, filename: str | None = None) -> bytes:
    named = f'name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + body + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def program(alice: User) -> Asking:
    """With a key that may upload and nothing else."""
    return Asking(alice, key=key_for(alice, "files:upload"))


def send(program: Asking, body: bytes | Iterable[Any], path: str = FORM, **headers: str) -> Answer:
    return program.ask("POST", path, body, content_type=f"multipart/form-data; boundary={BOUNDARY}", **headers)


def content(file: File) -> bytes:
    from files.blobs import reading

    with reading.open(file.blob) as opened:
        return bytes(opened.read())


def nothing_is_left(settings: Settings, owner: User, used: int = 0) -> bool:
    folder = Path(settings.INCOMING_DIR)
    left = list(folder.iterdir()) if folder.exists() else []
    return not left and not Reservation.objects.exists() and used_by(owner) == used


# --- one file, as curl -T sends it ---


def test_a_file_is_put(program: Asking, alice: User, settings: Settings) -> None:
    answer = program.ask("PUT", "/files/put/notes.txt", [b"some ", b"", b"lizards"])
    file = File.objects.get()
    assert answer.status == 201 and answer.body.decode() == f"{answer['location']}\n"
    assert str(file.pk) in answer["location"] and answer["location"].startswith(settings.SITE_URL)
    assert (file.name, file.owner, file.folder, content(file)) == ("notes.txt", alice, None, b"some lizards")
    assert nothing_is_left(settings, alice, used=12)


def test_a_program_that_asks_for_json_gets_an_object(program: Asking, alice: User) -> None:
    said = json.loads(program.ask("PUT", "/files/put/a.txt", b"abc", accept="application/json").body)
    assert said["name"] == "a.txt" and said["size"] == 3 and said["files"][0]["id"] == said["id"]
    assert said["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_of_a_body_in_chunks_nobody_knows_the_length(program: Asking, alice: User, settings: Settings) -> None:
    body = [b"x" * 700_000] * 5
    assert program.ask("PUT", "/files/put/long", body, transfer_encoding="chunked").status == 201
    assert File.objects.get().size == 3_500_000
    assert nothing_is_left(settings, alice, used=3_500_000)


def test_an_empty_file_is_a_file(program: Asking) -> None:
    assert program.ask("PUT", "/files/put/empty", b"").status == 201
    assert File.objects.get().size == 0


def test_folders_of_the_path_are_made_once(program: Asking) -> None:
    for name in ("a", "b"):
        assert program.ask("PUT", f"/files/put/backups/2026/{name}", name.encode()).status == 201
    assert {(file.folder.name, file.folder.parent.name, file.name) for file in File.objects.all() if file.folder and file.folder.parent} == {
        ("2026", "backups", "a"), ("2026", "backups", "b")}  # fmt: skip
    assert Folder.objects.count() == 2


def test_a_taken_name_gets_a_number_or_a_new_version(program: Asking) -> None:
    for path in ("/files/put/a.txt", "/files/put/a.txt", "/files/put/a.txt?collision=replace"):
        program.ask("PUT", path, path.encode())
    kept = {file.name: file.number for file in File.objects.all()}
    assert kept == {"a.txt": 2, "a (2).txt": 1}
    refused = program.ask("PUT", "/files/put/a.txt?collision=sometimes", b"x")
    assert refused.status == 400 and b"keep" in refused.body


def test_it_goes_into_a_folder_of_ones_own_and_no_other(program: Asking, alice: User, charlie: User) -> None:
    own = Folder.objects.create(owner=alice, name="own")
    other = Folder.objects.create(owner=charlie, name="other")
    assert program.ask("PUT", f"/files/put/a?folder={own.pk}", b"x").status == 201
    assert File.objects.get().folder == own
    for folder in (str(other.pk), "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert program.ask("PUT", f"/files/put/a?folder={folder}", b"x").status == 404
    assert File.objects.count() == 1


@pytest.mark.parametrize("path", ["../a", "x/../../a", "..\\a", "x/" * 80 + "a", "x" * 5_000])
def test_a_path_that_leads_elsewhere_is_refused(path: str, program: Asking) -> None:
    answer = program.ask("PUT", f"/files/put/{path}", b"x")
    assert answer.status == 400 and not File.objects.exists() and not Folder.objects.exists()


def test_a_name_that_hides_what_it_is_is_cleaned(program: Asking) -> None:
    program.ask("PUT", "/files/put/photo\u202egpj.exe", b"x")
    assert File.objects.get().name == "photogpj.exe"


def test_without_a_name_it_is_refused_in_words(program: Asking) -> None:
    answer = program.ask("PUT", "/files/put/", b"x")
    assert answer.status == 400 and b"curl -T" in answer.body


# --- who ---


def test_a_key_is_the_password_of_basic_too(alice: User) -> None:
    key = key_for(alice, "files:upload")
    nobody = Asking()
    for said in (f"me:{key}", f":{key}", f"alice:{key}"):
        basic = "Basic " + base64.b64encode(said.encode()).decode()
        assert nobody.ask("PUT", "/files/put/a", b"x", authorization=basic).status == 201
    for said in ("me:wrong", key, "", "me:correct horse battery lizard"):
        basic = "Basic " + base64.b64encode(said.encode()).decode()
        assert nobody.ask("PUT", "/files/put/a", b"x", authorization=basic).status == 401
    assert nobody.ask("PUT", "/files/put/a", b"x", authorization="Basic %%%").status == 401
    assert File.objects.count() == 3


def test_a_key_that_may_write_may_upload_and_one_for_something_else_may_not(alice: User) -> None:
    assert Asking(alice, key=key_for(alice, "files:write")).ask("PUT", "/files/put/a", b"x").status == 201
    refused = Asking(alice, key=key_for(alice, "files:read")).ask("PUT", "/files/put/a", b"x")
    assert refused.status == 403
    assert File.objects.count() == 1


def test_a_key_to_upload_reads_nothing(alice: User, program: Asking) -> None:
    program.ask("PUT", "/files/put/a", b"x")
    reader = Client(headers={"authorization": program.headers["authorization"]})
    assert reader.get("/api/v1/files").status_code == 403


def test_nobody_in_particular_is_told_what_to_bring(alice: User) -> None:
    for answer in (Asking().ask("PUT", "/files/put/a", b"x"), send(Asking(), part("file", b"x", "a") + END)):
        assert answer.status == 401 and b"Bearer" in answer.body and not answer.body.startswith(b"{")
    assert (
        json.loads(Asking().ask("PUT", "/files/put/a", b"x", accept="application/json").body)["error"]["code"]
        == "unauthenticated"
    )


def test_a_page_of_another_site_sends_nothing_in_somebodys_name(alice: User) -> None:
    here = Asking(alice)
    assert here.ask("PUT", "/files/put/a", b"x", origin="https://evil.example").status == 403
    assert send(here, part("file", b"x", "a") + END, origin="null").status == 403
    assert not File.objects.exists()
    assert here.ask("PUT", "/files/put/a", b"x").status == 201


def test_whoever_looks_instead_of_sending_finds_nothing(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    assert [browser.get(path).status_code for path in ("/files/put/a", FORM)] == [404, 404]


# --- room ---


def test_what_there_is_no_room_for_is_refused_before_it_is_read(
    program: Asking, alice: User, settings: Settings
) -> None:
    type(alice.tier).objects.filter(pk=alice.tier_id).update(storage_bytes=1_000)

    async def never() -> bytes:
        raise AssertionError("the body was read")

    sending = never()
    answer = program.ask("PUT", "/files/put/a", [sending], content_length="2000")
    sending.close()
    assert answer.status == 413 and b"Delete something" in answer.body
    assert nothing_is_left(settings, alice)


@pytest.mark.parametrize("size", [1_000, 1_001])
def test_room_is_kept_to_the_byte_where_no_length_was_said(
    size: int, program: Asking, alice: User, settings: Settings
) -> None:
    type(alice.tier).objects.filter(pk=alice.tier_id).update(storage_bytes=1_000)
    answer = program.ask("PUT", "/files/put/a", b"x" * size, transfer_encoding="chunked")
    assert answer.status == (201 if size == 1_000 else 413)
    assert nothing_is_left(settings, alice, used=1_000 if size == 1_000 else 0)


@pytest.mark.parametrize("body", [[b"half", BREAKS_OFF], [b"x" * 3_000_000, BREAKS_OFF]])
def test_who_breaks_off_leaves_nothing_and_has_the_room_again(
    body: list[Any], program: Asking, alice: User, settings: Settings
) -> None:
    program.ask("PUT", "/files/put/a", list(body), content_length="9000000")
    program.ask("PUT", "/files/put/a", list(body), transfer_encoding="chunked")
    send(program, [part("file", b"whole", "whole"), part("file", b"", "a")[:-2], *body])
    assert [file.name for file in File.objects.all()] == ["whole"]
    assert nothing_is_left(settings, alice, used=5)


def test_a_full_disk_is_said_and_takes_nothing(
    program: Asking, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from files.blobs.trouble import DiskFull
    from files.doors import receiving

    def full(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(receiving, "spare", full)
    answer = program.ask("PUT", "/files/put/a", b"x")
    assert answer.status == 507 and nothing_is_left(settings, alice)


# --- forms ---


def test_all_files_of_a_form_are_stored(program: Asking, alice: User, settings: Settings) -> None:
    body = part("file", b"one", "a.txt") + part("note", b"ignored") + part("more[]", b"two", "b.txt") + END
    answer = send(program, [body[at : at + 11] for at in range(0, len(body), 11)])
    assert answer.status == 201
    lines = answer.body.decode().split()
    assert [File.objects.get(pk=line.rstrip("/").split("/")[4]).name for line in lines] == ["a.txt", "b.txt"]
    assert {file.name: content(file) for file in File.objects.all()} == {"a.txt": b"one", "b.txt": b"two"}
    assert nothing_is_left(settings, alice, used=6)


def test_fields_before_a_file_say_where_it_goes(program: Asking, alice: User) -> None:
    folder = Folder.objects.create(owner=alice, name="shots")
    body = (
        part("folder", str(folder.pk).encode())
        + part("collision", b"replace")
        + part("file", b"1", "a.png")
        + part("file", b"2", "a.png")
        + END
    )
    said = json.loads(send(program, body, accept="application/json").body)
    assert [file["version"] for file in said["files"]] == [1, 2]
    assert File.objects.get().folder == folder


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\\\Windows\\\\passwd", "passwd"])
def test_the_path_that_a_form_names_is_the_senders_affair(name: str, program: Asking) -> None:
    send(program, part("file", b"x", name) + END)
    assert (File.objects.get().name, Folder.objects.count()) == ("passwd", 0)


def test_a_file_without_a_name_has_one(program: Asking) -> None:
    send(program, part("file", b"x", "") + END)
    assert File.objects.get().name


@pytest.mark.parametrize("body", [b"", END, part("note", b"only a field") + END])
def test_a_form_without_a_file_is_refused_in_words(body: bytes, program: Asking) -> None:
    answer = send(program, body)
    assert answer.status == 400 and not File.objects.exists()


@pytest.mark.parametrize("told", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_what_is_no_form_is_refused_in_words(told: str, program: Asking) -> None:
    answer = program.ask("POST", FORM, b"file=x", content_type=told)
    assert answer.status == 400 and b"curl -F" in answer.body


def test_what_came_before_a_refusal_stays_and_is_named(program: Asking, alice: User, settings: Settings) -> None:
    type(alice.tier).objects.filter(pk=alice.tier_id).update(storage_bytes=500)
    body = part("file", b"small", "a.txt") + part("file", b"x" * 600, "b.txt") + END
    answer = send(program, body, accept="application/json")
    said = json.loads(answer.body)
    assert (answer.status, said["error"]["code"], [file["name"] for file in said["files"]]) == (
        413,
        "storage_full",
        ["a.txt"],
    )
    assert nothing_is_left(settings, alice, used=5)


def test_a_form_that_lies_about_its_end_leaves_nothing(program: Asking, alice: User, settings: Settings) -> None:
    answer = send(program, part("file", b"half a file", "a"))
    assert answer.status == 400 and not File.objects.exists() and nothing_is_left(settings, alice)


def test_ten_thousand_parts_are_refused(program: Asking, alice: User, settings: Settings) -> None:
    answer = send(program, part("field", b"") * 10_000 + END)
    assert answer.status == 429 and nothing_is_left(settings, alice)
