"""What other programs learn, read and used as they read and use it; and what a page asks before it uploads."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from files.doors import looking
from files.models import File, Folder
from meatlizard.accounts.models import User
from meatlizard.api.models import ApiKey
from meatlizard.storage.actions import used_by
from tests.files.asking import Answer, Asking, key_for
from tests.files.contents import adopted
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

SHOT = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def browser(alice: User) -> Client:
    """Signed in with the password just now, as making keys asks for."""
    found = Client()
    found.force_login(alice)
    found.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return found


class ShareX:
    """Reads a custom uploader and does what it says, as far as we use it: https://getsharex.com/docs/custom-uploader"""

    def __init__(self, text: str) -> None:
        self.learned = json.loads(text)
        assert {"Version", "Name", "DestinationType", "RequestMethod", "RequestURL"} <= self.learned.keys()
        assert self.learned["Body"] == "MultipartFormData"

    def upload(self, name: str, content: bytes) -> tuple[bool, str]:
        """Whether it worked, and the address or the error that ShareX shows."""
        boundary = "-" * 20 + "8dd1f2"
        field = f'form-data; name="{self.learned["FileFormName"]}"; filename="{name}"'
        head = f"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Disposition: {field}\r\n\r\n"
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {name.lower(): value for name, value in self.learned["Headers"].items()}
        path = "/" + self.learned["RequestURL"].split("/", 3)[3]
        answer: Answer = Asking().ask(
            self.learned["RequestMethod"],
            path,
            body,
            **headers,
            content_type=f"multipart/form-data; boundary={boundary}",
        )
        worked = answer.status < 300
        return worked, self._told(self.learned["URL" if worked else "ErrorMessage"], json.loads(answer.body))

    @staticmethod
    def _told(template: str, said: Any) -> str:
        def found(one: "re.Match[str]") -> str:
            value: Any = said
            for step in one[1].split("."):
                value = value[step]
            return str(value)

        return re.sub(r"\{json:([^}]+)\}", found, template)


def test_what_sharex_downloads_uploads(browser: Client, alice: User, settings: Settings) -> None:
    answer = browser.post("/files/programs/", {"program": "sharex"})
    assert answer["Content-Disposition"] == f'attachment; filename="{settings.SITE_HOST}.sxcu"'
    assert "no-store" in answer["Cache-Control"]
    worked, address = ShareX(answer.content.decode()).upload("shot.png", SHOT)
    file = File.objects.get()
    assert worked and str(file.pk) in address and address.startswith(settings.SITE_URL)
    assert (file.owner, file.name, file.media_type) == (alice, "shot.png", "image/png")


def test_sharex_shows_why_it_was_refused(browser: Client, alice: User) -> None:
    sharex = ShareX(browser.post("/files/programs/", {"program": "sharex"}).content.decode())
    ApiKey.objects.all().delete()
    worked, words = sharex.upload("shot.png", SHOT)
    assert not worked and "revoked" in words and not File.objects.exists()


def test_the_key_may_upload_and_nothing_else(browser: Client, alice: User) -> None:
    sharex = ShareX(browser.post("/files/programs/", {"program": "sharex"}).content.decode())
    key = ApiKey.objects.get()
    assert (
        (key.owner, key.allowed) == (alice, ["files:upload"])
        and key.expires is not None
        and key.name.startswith("ShareX")
    )
    reader = Client(headers={"authorization": sharex.learned["Headers"]["Authorization"]})
    assert reader.get("/api/v1/files").status_code == 403


def test_the_script_for_flameshot_sends_what_flameshot_gives(
    browser: Client, tmp_path: Path, settings: Settings
) -> None:
    """Run as it is, with stand-ins for flameshot, curl and the clipboard; what curl gets goes to the door."""
    answer = browser.post("/files/programs/", {"program": "flameshot"})
    script = tmp_path / "shot.sh"
    script.write_bytes(answer.content)
    stand_in(
        tmp_path / "flameshot",
        f"import sys; assert sys.argv[1:] == ['gui', '--raw']; sys.stdout.buffer.write({SHOT!r})",
    )
    stand_in(
        tmp_path / "curl",
        "import json, sys, pathlib; here = pathlib.Path(__file__).parent; (here / 'said').write_text(json.dumps(sys.argv[1:]));"
        "(here / 'sent').write_bytes(sys.stdin.buffer.read()); print('https://site.example/files/1/')",
    )
    stand_in(
        tmp_path / "wl-copy",
        "import sys, pathlib; (pathlib.Path(__file__).parent / 'copied').write_text(sys.stdin.read())",
    )
    done = subprocess.run(
        ["/bin/sh", str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PATH": f"{tmp_path}:{os.defpath}"},
    )
    assert done.stdout == "https://site.example/files/1/\n"
    assert (tmp_path / "copied").read_text() == "https://site.example/files/1/"
    assert (tmp_path / "sent").read_bytes() == SHOT
    said = json.loads((tmp_path / "said").read_text())
    assert said[-1] == f"{settings.SITE_URL}/files/form/"
    name, _colon, value = said[said.index("--header") + 1].partition(": ")
    field = re.fullmatch(r"file=@-;filename=(screenshot [-0-9 ]+\.png);type=image/png", said[said.index("--form") + 1])
    assert field is not None and name == "Authorization"
    body = (
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{field[1]}"\r\n\r\n'.encode()
        + SHOT
        + b"\r\n--b--\r\n"
    )
    assert (
        Asking()
        .ask("POST", "/files/form/", body, authorization=value, content_type="multipart/form-data; boundary=b")
        .status
        == 201
    )


def stand_in(path: Path, program: str) -> None:
    path.write_text(f"#!{sys.executable}\n{program}\n")
    path.chmod(0o700)


def test_a_key_is_made_by_who_has_signed_in_just_now(alice: User, browser: Client) -> None:
    assert browser.get("/files/programs/").status_code == 200
    assert browser.post("/files/programs/", {"program": "winamp"}).status_code == 400
    late = Client()
    late.force_login(alice)
    answer = late.post("/files/programs/", {"program": "sharex"})
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert Client().post("/files/programs/", {"program": "sharex"}).status_code == 302
    assert not ApiKey.objects.exists()


# --- before an upload ---


def asked(browser: Client, **said: Any) -> Any:
    return browser.post(
        "/files/before/", json.dumps(said), content_type="application/json", headers={"accept": "application/json"}
    )


def test_a_page_learns_which_names_are_taken_and_what_there_is_room_for(browser: Client, alice: User) -> None:
    box = Folder.objects.create(owner=alice, name="box")
    inner = Folder.objects.create(owner=alice, name="in", parent=box)
    for folder, name in ((None, "a"), (box, "b"), (inner, "c"), (inner, "gone")):
        stored(alice, folder, name)
    File.objects.filter(name="gone").update(trashed="2026-01-01T00:00:00Z")
    paths = ["a", "b", "box/b", "box/in/c", "box/in/gone", "box/other/c", "other/box/b", "box/in", "A"]
    said = asked(browser, folder="", paths=paths).json()
    assert sorted(said["taken"]) == ["a", "box/b", "box/in/c"]
    assert said["left"] == alice.tier.storage_bytes - 4 and said["most"] is None
    assert asked(browser, folder=str(box.pk), paths=["b", "in/c", "a"]).json()["taken"] == ["b", "in/c"]


def test_kinds_that_are_not_taken_are_told_before_and_refused(browser: Client, alice: User, settings: Settings) -> None:
    settings.FILES_BLOCKED = [".exe", "image/*"]
    assert asked(browser, folder="", paths=[]).json()["blocked"] == ["exe"]
    program = Asking(alice, key=key_for(alice, "files:upload"))
    for name in ("a.exe", "a.EXE. "):
        assert b"no files of this kind" in program.ask("PUT", f"/files/put/{name}", b"x").body
    assert program.ask("PUT", "/files/put/a.png", SHOT).status == 400
    assert not File.objects.exists() and used_by(alice) == 0


def stored(owner: User, folder: Folder | None, name: str) -> File:
    from files import actions

    return actions.store(owner, folder, name, adopted(name[:1].encode()))


def test_a_thousand_names_cost_a_few_questions(alice: User, django_assert_max_num_queries: Any) -> None:
    stored(alice, None, "1")
    with django_assert_max_num_queries(10):
        assert looking.taken(alice, None, [f"{number}" for number in range(1_000)]) == ["1"]


def test_a_strangers_folder_is_none_and_nonsense_is_refused(browser: Client, charlie: User) -> None:
    other = Folder.objects.create(owner=charlie, name="box")
    assert asked(browser, folder=str(other.pk), paths=[]).status_code == 404
    assert asked(browser, folder="x", paths=[]).status_code == 404
    for wrong in ({"paths": "a"}, {"paths": [1]}, {"folder": ""}, {"paths": [], "more": 1}, {"paths": ["a"] * 1_001}):
        assert asked(browser, **wrong).status_code == 400
    assert asked(Client(), folder="", paths=[]).status_code in (302, 401)
