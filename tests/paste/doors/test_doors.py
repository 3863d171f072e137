"""Doors for programs: what is sent becomes a paste, what is asked for is told in the form that the program reads, and nobody gets in by a
cookie."""

import datetime
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.api.actions import create_key
from paste import actions, contents
from paste.access import files_of
from paste.actions import Terms
from paste.contents import Draft
from paste.doors import options
from paste.models import Paste

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open_site(settings: Any) -> None:
    cache.clear()
    settings.PASTE_CREATE = "everyone"


@pytest.fixture
def program() -> Client:
    """Without an account, as curl."""
    return Client(headers={"accept": "*/*", "user-agent": "curl/8.0"})


@pytest.fixture
def keyed(alice: User) -> dict[str, str]:
    return {"authorization": f"Bearer {create_key(alice, 'laptop', ['pastes:write', 'pastes:read'])[1]}"}


def upload(text: bytes = b"print('lizard')\n", name: str = "a.py") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text)


def only() -> Paste:
    return Paste.objects.get()


def text(paste: Paste, number: int = 0) -> str:
    return contents.text_of(files_of(paste)[number])


class TestSending:
    def test_a_file_of_a_form(self, program: Client) -> None:
        sent = program.post("/p", {"file": upload()})
        assert sent.status_code == 200 and sent.headers["Content-Type"].startswith("text/plain")
        address = sent.content.decode()
        assert address.startswith("http") and address.count("\n") == 1
        file = files_of(only())[0]
        assert (file.name, file.format, text(only())) == ("a.py", "python", "print('lizard')\n")
        assert f"/{only().slug}" in address

    def test_several_files(self, program: Client) -> None:
        program.post("/p/", {"file": [upload(), upload(b"# Read me\n", "README.md")]})
        assert [file.name for file in files_of(only())] == ["a.py", "README.md"]

    @pytest.mark.parametrize("field", ["content", "text", "code", "f:1", "sprunge", "c"])
    def test_the_fields_of_other_sites(self, program: Client, field: str) -> None:
        for form in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
            body = f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n1 + 1 é\r\n--x--\r\n'.encode()
            if "urlencoded" in form:
                body = f"{field}=1+%2B+1+%C3%A9".encode()
            assert program.generic("POST", "/p", body, content_type=form).status_code == 200
        assert [text(paste) for paste in Paste.objects.all()] == ["1 + 1 é", "1 + 1 é"]

    def test_bare_bytes(self, program: Client) -> None:
        program.generic("PUT", "/p/", b"from a pipe\n", content_type="")
        program.generic("PUT", "/p/x.rs", b"fn main() {}\n", content_type="")
        program.generic("POST", "/p", b"posted\n", content_type="text/plain")
        rows = list(Paste.objects.order_by("pk"))
        assert [text(row) for row in rows] == ["from a pipe\n", "fn main() {}\n", "posted\n"]
        assert files_of(rows[1])[0].name == "x.rs" and files_of(rows[1])[0].format == "rust"

    def test_a_file_that_is_said_to_be_a_form(self, program: Client) -> None:
        """As ``curl --data-binary @NAME`` sends it."""
        for code in ("if (a && b) return c = d;\n", "a && b\n" * 200, "x"):
            program.generic("POST", "/p", code.encode(), content_type="application/x-www-form-urlencoded")
            assert text(Paste.objects.order_by("pk").last() or only()) == code

    def test_json_for_those_who_ask(self, program: Client) -> None:
        sent = program.post("/p", {"file": upload()}, headers={"accept": "application/json"}).json()
        paste = only()
        assert sent["key"] == paste.slug and paste.slug in sent["url"] and sent["token"] in sent["delete_url"]
        assert sent["expires"].startswith(str(timezone.now().year)) or sent["expires"]

    def test_options(self, program: Client) -> None:
        sent = program.post(
            "/p", {"file": upload(), "expires": "2h", "title": "Lizards", "oneshot": "1", "lang": "rust"}
        )
        paste = only()
        assert paste.title == "Lizards" and paste.views_left == 1 and files_of(paste)[0].format == "rust"
        assert paste.expires is not None and paste.expires - timezone.now() <= datetime.timedelta(hours=2)
        assert abs(int(sent.headers["X-Expires"]) - paste.expires.timestamp() * 1_000) < 1_000
        program.put("/p/a.txt", b"x", headers={"expire": "10min", "max-downloads": "3"})
        other = Paste.objects.exclude(pk=paste.pk).get()
        assert other.views_left == 3 and other.expires is not None
        assert other.expires - timezone.now() <= datetime.timedelta(minutes=10)

    def test_a_key_says_whose_it_is_and_a_cookie_does_not(self, alice: User, keyed: dict[str, str]) -> None:
        client = Client()
        client.force_login(alice)
        client.post("/p", {"file": upload()})
        assert only().owner is None
        Paste.objects.all().delete()
        Client(headers=keyed).post("/p", {"file": upload()})
        assert only().owner == alice and only().expires is None
        Paste.objects.all().delete()
        # For programs that send a form and no headers.
        program = Client()
        program.post("/p", {"content": "x", "key": keyed["authorization"].partition(" ")[2]})
        assert only().owner == alice and "mlk_" not in text(only())


class TestRefusing:
    def test_without_an_account_where_only_members_make_pastes(self, program: Client, settings: Any) -> None:
        settings.PASTE_CREATE = "members"
        sends = [
            program.post("/p", {"file": upload()}), program.put("/p/", b"x"), program.put("/p/x", b"x"),
            program.post("/documents", b"x", content_type="text/plain"),
        ]  # fmt: skip
        for sent in sends:
            assert sent.status_code == 403 and sent.headers["Content-Type"].startswith("text/plain")
            assert b"only members" in sent.content and b"Bearer" in sent.content and b"<" not in sent.content
        assert not Paste.objects.exists()

    def test_wrong_keys_and_keys_for_something_else(self, program: Client, alice: User) -> None:
        assert program.put("/p/", b"x", headers={"authorization": "Bearer mlk_wrong"}).status_code == 401
        secret = create_key(alice, "reader", ["pastes:read"])[1]
        assert program.put("/p/", b"x", headers={"authorization": f"Bearer {secret}"}).status_code == 403
        assert not Paste.objects.exists()

    def test_too_much_in_words_and_whole(self, program: Client, settings: Any) -> None:
        settings.PASTE_MAX_BYTES = settings.PASTE_ANONYMOUS_MAX_BYTES = 10_000
        sends = [
            program.post("/p", {"file": upload(b"x" * 20_000)}), program.put("/p/", b"x" * 20_000),
            program.post("/p", {"file": [upload(b"x" * 6_000), upload(b"y" * 6_000)]}),
            program.post("/documents", b"x" * 20_000, content_type="text/plain"),
            program.generic("POST", "/p", b"content=" + b"%41" * 20_000, content_type="application/x-www-form-urlencoded"),
        ]  # fmt: skip
        assert [sent.status_code for sent in sends] == [413] * 5
        assert all(b"may have" in sent.content for sent in sends) and not Paste.objects.exists()

    def test_large_is_not_too_large(self, program: Client, keyed: dict[str, str]) -> None:
        """Django alone keeps 2.5 MB of a request in memory, and refuses more."""
        body = b"a lizard\n" * 500_000
        client = Client(headers=keyed)
        assert client.put("/p/", body).status_code == 200
        form = b"content=" + body.replace(b"\n", b"%0A").replace(b" ", b"+")
        assert client.generic("POST", "/p", form, content_type="application/x-www-form-urlencoded").status_code == 200
        assert client.post("/documents", body, content_type="text/plain").status_code == 200
        assert [paste.size for paste in Paste.objects.all()] == [len(body)] * 3

    @pytest.mark.parametrize(
        "said", [{"expires": "soon"}, {"expires": "9" * 30}, {"views": "-1"}, {"views": "0"}, {"privacy": "mine"}, {"expires": "5years"},
                 {"expires": "999999y"}, {"expires": "9" * 400}, {"expires": "9" * 5_000}, {"max-days": "9" * 6}, {"max-days": "9" * 400},
                 {"privacy": "private"}],
        ids=str,
    )  # fmt: skip
    def test_options_that_mean_nothing(self, program: Client, said: dict[str, str]) -> None:
        sent = program.post("/p", {"file": upload(), **said})
        assert sent.status_code == 400 and len(sent.content) > 20 and not Paste.objects.exists()

    def test_nothing_and_garbage(self, program: Client) -> None:
        for sent in (
            program.post("/p", {}), program.put("/p/", b""), program.post("/p", {"note": "x"}), program.post("/documents", b"", content_type="x"),
            program.generic("POST", "/p", b"title=x&expires=1d", content_type="application/x-www-form-urlencoded"),
            program.generic("POST", "/p", b"no parts", content_type="multipart/form-data; boundary=x"),
        ):  # fmt: skip
            assert sent.status_code == 400, sent.content
            assert sent.headers["Content-Type"].startswith("text/plain") and len(sent.content) > 20
        assert not Paste.objects.exists()

    def test_forms_that_django_refuses_are_refused_in_words(self, program: Client) -> None:
        long = program.post("/p", {"content": "x" * 3_000_000})
        many = program.post("/p", {"file": [upload(b"x") for _ in range(120)]})
        assert (long.status_code, many.status_code) == (413, 400)
        assert b"file=@NAME" in long.content and b"<" not in long.content + many.content

    def test_errors_as_json_and_as_a_page(self, program: Client) -> None:
        error = program.put("/p/", b"", headers={"accept": "application/json"}).json()["error"]
        assert error["code"] == "empty" and error["message"]
        assert b"<html" in program.post("/p", {}, headers={"accept": "text/html"}).content

    def test_so_many_and_no_more(self, program: Client) -> None:
        answers = [program.put("/p/", b"x").status_code for _ in range(21)]
        assert answers == [200] * 20 + [429]


class TestReading:
    def test_haste(self, program: Client) -> None:
        key = program.post("/documents", "né\n".encode(), content_type="application/octet-stream").json()["key"]
        assert program.get(f"/documents/{key}").json() == {"data": "né\n", "key": key}
        found = program.get(f"/raw/{key}")
        assert found.content == "né\n".encode() and found.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert program.head(f"/documents/{key}").status_code == 200
        for address in (f"/documents/{key}", f"/raw/{key}"):
            answer = program.get(address)
            assert answer["Cache-Control"] == "private, no-store" and answer["X-Content-Type-Options"] == "nosniff"
        assert program.get(f"/raw/{key}")["X-Robots-Tag"] == "noindex"
        for missing in ("/documents/nothing", "/raw/nothing", "/p/nothing"):
            assert program.get(missing).status_code == 404

    def test_what_is_alices_alone(self, program: Client, alice: User, charlie: User, keyed: dict[str, str]) -> None:
        paste, _ = actions.create(alice, [Draft("", b"mine")], terms=Terms(privacy="private"))
        stranger = Client()
        stranger.force_login(charlie)
        key = {"authorization": f"Bearer {create_key(charlie, 'x', ['pastes:read'])[1]}"}
        for address in (f"/documents/{paste.slug}", f"/raw/{paste.slug}", f"/p/{paste.slug}"):
            assert program.get(address).status_code == 404
            assert stranger.get(address, headers={"accept": "*/*"}).status_code == 404
            assert program.get(address, headers=key).status_code == 404
            assert b"mine" in program.get(address, headers=keyed).content

    def test_a_password(self, program: Client, alice: User) -> None:
        paste, _ = actions.create(alice, [Draft("", b"locked")], terms=Terms(privacy="password", password="sesame"))
        assert program.get(f"/raw/{paste.slug}").status_code == 403
        assert program.get(f"/raw/{paste.slug}", headers={"x-paste-password": "no"}).status_code == 403
        assert program.get(f"/raw/{paste.slug}", headers={"x-paste-password": "sesame"}).content == b"locked"

    def test_once_by_post_alone(self, program: Client, alice: User) -> None:
        paste, _ = actions.create(alice, [Draft("", b"once")], terms=Terms(views=1))
        for _ in range(2):
            told = program.get(f"/raw/{paste.slug}")
            assert told.status_code == 403 and b"curl -X POST" in told.content
            assert program.get(f"/documents/{paste.slug}").status_code == 403
        assert program.post(f"/raw/{paste.slug}").content == b"once"
        assert program.post(f"/raw/{paste.slug}").status_code == 404

    def test_hostile_files_are_bytes(self, program: Client) -> None:
        page = b"<!doctype html><script>top.X(1)</script>"
        for name, data in (("x.html", page), ("x.svg", b"<svg onload=top.X(2)>"), ("x.bin", b"\x00<script>\xff")):
            key = program.post("/p", {"file": upload(data, name)}, headers={"accept": "application/json"}).json()["key"]
            found = program.get(f"/raw/{key}")
            assert found.content == data and found.headers["X-Content-Type-Options"] == "nosniff"
            assert found.headers["Content-Type"] in ("text/plain; charset=utf-8", "application/octet-stream")
            assert "sandbox" in found.headers["Content-Security-Policy"]

    def test_the_second_file(self, program: Client) -> None:
        program.post("/p", {"file": [upload(b"one"), upload(b"two", "b")]})
        slug = only().slug
        assert program.get(f"/raw/{slug}?file=2").content == b"two"
        for wrong in ("3", "0", "-1", "x", "9" * 40, "²"):
            assert program.get(f"/raw/{slug}?file={wrong}").status_code == 404


class TestDeleting:
    def test_by_token_in_each_way(self, program: Client) -> None:
        for way in range(4):
            sent = program.post("/p", {"file": upload()}, headers={"accept": "application/json"}).json()
            place, token = f"/documents/{sent['key']}", sent["token"]
            if way == 0:
                gone = program.delete(place, headers={"x-token": token})
            elif way == 1:
                gone = program.delete(f"/p/{sent['key']}?token={token}")
            elif way == 2:
                gone = program.delete(place, headers={"x-token": token, "accept": "application/json"})
                assert gone.json() == {"deleted": sent["key"]}
            else:
                page = "/" + sent["delete_url"].split("/", 3)[3]
                assert b"Delete it" in program.get(page, headers={"accept": "text/html"}).content
                assert program.get(f"/raw/{sent['key']}").status_code == 200
                gone = program.post(page, {"token": token}, headers={"accept": "text/html"})
            assert gone.status_code in (200, 302)
            assert program.get(f"/raw/{sent['key']}").status_code == 404

    def test_by_no_other_token(self, program: Client) -> None:
        sent = program.post("/p", {"file": upload()}, headers={"accept": "application/json"}).json()
        other = program.post("/p", {"file": upload()}, headers={"accept": "application/json"}).json()
        for token in ("", "wrong", other["token"]):
            assert program.delete(f"/documents/{sent['key']}", headers={"x-token": token}).status_code == 403
            assert program.delete(f"/p/{sent['key']}?token={token}").status_code == 403
        assert program.delete("/documents/nothing", headers={"x-token": sent["token"]}).status_code == 404
        assert program.get(f"/raw/{sent['key']}").status_code == 200


def test_at_one_address_people_look_and_programs_send(program: Client, alice: User) -> None:
    reader = Client(headers={"accept": "text/html"})
    reader.force_login(alice)
    assert b"New paste" in reader.get("/p/").content
    address = program.put("/p/", b"look at this").content.decode().strip()
    path = "/" + address.split("/", 3)[3]
    assert program.get(path).content == b"look at this"
    assert b"look at this" in reader.get(path, follow=True).content


def test_what_sharex_learns_works(program: Client) -> None:
    """Reads the file as ShareX does: the form it names, and the answer's fields that it names."""
    learned = json.loads(program.get("/p/sharex.sxcu").content)
    assert learned["Body"] == "MultipartFormData" and learned["RequestMethod"] == "POST"
    path = "/" + learned["RequestURL"].split("/", 3)[3]
    headers = {name.lower(): value for name, value in learned["Headers"].items()}
    sent = program.post(path, {learned["FileFormName"]: upload()}, headers=headers).json()

    def told(template: str) -> Any:
        value: Any = sent
        for step in template.removeprefix("{json:").removesuffix("}").split("."):
            value = value[step]
        return value

    assert only().slug in told(learned["URL"]) and sent["token"] in told(learned["DeletionURL"])
    sent = program.post(path, {}, headers=headers).json()
    assert "nothing in this request" in told(learned["ErrorMessage"])


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("10min", 600),
        ("5m", 300),
        ("2 hours", 7_200),
        ("1d", 86_400),
        ("1week", 604_800),
        ("3w", 1_814_400),
        ("1hour", 3_600),
        ("30s", 30),
    ],
)
def test_how_long(said: str, seconds: int) -> None:
    assert options.seconds(said) == seconds
