"""Pages of pastes: Alice makes them, Bob has the address, Charlie is a stranger, and a visitor has no account."""

import datetime
import io
import json
import re
import zipfile

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from meatlizard.accounts.models import User
from meatlizard.jobs.models import Job
from paste import access, actions, comments
from paste.contents import Draft
from paste.jobs import render_file
from paste.models import File, Paste, Rendition
from tests.hostile.corpus import corpus
from tests.paste.scene import body, form, make, signed_in, streamed, to

pytestmark = [pytest.mark.django_db(transaction=True)]

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


# --- making -----------------------------------------------------------------------------------------------------------


def test_alice_makes_a_paste_of_what_she_writes_and_what_she_adds(alice: User) -> None:
    client = signed_in(alice)
    assert client.get(reverse("paste:new")).status_code == 200
    data = form(
        "line 1\r\nline 2\r\n", title="Mine", **{"name-3": "b.md", "text-3": "# Hi", "name-4": "", "text-4": " "}
    )
    data["file"] = [SimpleUploadedFile("noise.bin", b"\x00\xff"), SimpleUploadedFile("c.txt", b"c\r\n")]
    response = client.post(reverse("paste:new"), data)
    paste = Paste.objects.get()
    assert response["Location"] == to("show", paste) and paste.title == "Mine"
    files = access.files_of(paste)
    assert [(file.name, file.format, file.size) for file in files] == [
        ("a.py", "python", 14), ("b.md", "markdown", 4), ("noise.bin", "binary", 2), ("c.txt", "text", 3),
    ]  # fmt: skip


def test_the_script_sends_texts_as_files_however_long(alice: User) -> None:
    data = form()
    data["text-0"] = SimpleUploadedFile("text", b"x = 1\r\n" * 600_000)
    assert signed_in(alice).post(reverse("paste:new"), data).status_code == 302
    assert access.files_of(Paste.objects.get())[0].size == 4_200_000, "ends of lines are left alone"


def test_what_is_refused_says_why_and_keeps_what_was_written(alice: User, settings: Settings) -> None:
    settings.PASTE_MAX_BYTES = 1_000
    client = signed_in(alice)
    answers = {
        413: form("x" * 1_001), 400: form(" "), 404: None,
    }  # fmt: skip
    too_large = client.post(reverse("paste:new"), answers[413])
    assert (
        too_large.status_code == 413
        and "1000 bytes" in body(too_large).replace("\xa0", " ")
        and "x" * 1_001 in body(too_large)
    )
    empty = client.post(reverse("paste:new"), answers[400])
    assert empty.status_code == 400 and "nothing in this paste" in body(empty)
    assert client.post(reverse("paste:new"), form(privacy="password")).status_code == 400
    assert not Paste.objects.exists()


def test_a_secret_is_published_only_when_one_says_so(alice: User) -> None:
    client = signed_in(alice)
    text = "x = 1\nkey = '" + "AKIA" + "ABCDEFGHIJKLMNOP" + "'\n"
    warned = client.post(reverse("paste:new"), form(text))
    assert warned.status_code == 400 and "a key of AWS in a.py, line 2" in body(warned) and not Paste.objects.exists()
    assert "ABCDEFGHIJKLMNOP" in body(warned), "what was written is still there"
    assert body(warned).count('name="publish_anyway"') == 1
    assert client.post(reverse("paste:new"), form(text, publish_anyway="on")).status_code == 302
    assert client.post(reverse("paste:new"), form(text, privacy="private")).status_code == 302


def test_a_visitor_is_sent_to_sign_in_or_gets_an_address_that_deletes(settings: Settings) -> None:
    visitor = Client()
    assert "/accounts/login/" in visitor.get(reverse("paste:new"))["Location"]
    assert "/accounts/login/" in visitor.post(reverse("paste:new"), form())["Location"]
    settings.PASTE_CREATE = "everyone"
    made = visitor.post(reverse("paste:new"), form(life="86400"), follow=True)
    found = re.search(r"/p/\w+/forget/\?token=[\w-]+", body(made))
    assert found
    assert Client().get(found[0]).status_code == 200 and Paste.objects.get().state == "ready"
    path, _, token = found[0].partition("?token=")
    assert Client().post(path, {"token": token + "x"}).status_code == 403
    assert Client().post(path, {"token": token}).status_code == 302
    assert visitor.get(path.replace("forget/", "")).status_code == 404


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_visitor_reads_code_with_lines_and_colours(alice: User) -> None:
    paste = make(alice)
    for _ in range(2):
        page = body(Client().get(to("show", paste)))
        assert (
            'id="L2"' in page and '<span class="k">def</span>' in page and "&lt;b&gt;" in page and "<b>hi" not in page
        )
    assert Rendition.objects.count() == 1, "it is rendered once"


def test_only_public_ones_may_be_found_by_search_engines(alice: User) -> None:
    for privacy, robots in (("public", "index"), ("unlisted", "noindex, nofollow, noarchive")):
        assert Client().get(to("show", make(alice, privacy=privacy)))["X-Robots-Tag"] == robots


@pytest.mark.parametrize(
    ("name", "text", "seen"),
    [("a.md", "**bold**", "<strong>bold</strong>"), ("a.csv", "a,b\n1,2", '<th scope="col">a</th>'), ("a.json", '{"a": 1}', "tree-key"),
     ("a.ipynb", json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "*x*"}]}), "<em>x</em>"),
     ("a.diff", "--- a\n+++ b\n+new\n", '<span class="gi">+new</span>'), ("a.txt", "plain & simple", "plain &amp; simple")],
)  # fmt: skip
def test_each_format_is_shown_in_its_way(alice: User, name: str, text: str, seen: str) -> None:
    assert seen in body(Client().get(to("show", make(alice, text, name))))


def test_hostile_texts_run_nowhere(alice: User) -> None:
    from tests.paste.test_rendering import ALLOWED, Seen

    text = "\n\n".join(payload.text for payload in corpus()[::40])
    drafts = [Draft(f"{text[:90]}.{suffix}", text.encode()) for suffix in ("md", "html", "csv", "txt")]
    paste, _token = actions.create(alice, drafts, title=corpus()[0].text[:200])
    comments.comment(paste, alice, text[:9_000])
    page = body(signed_in(alice).get(to("show", paste)))
    article = page[page.index("<article") : page.rindex("</article>")]
    seen = Seen()
    seen.feed(article)
    ours = {"article", "section", "header", "form", "button", "label", "textarea", "time", "select", "option", "mark"}
    assert seen.elements <= ALLOWED | ours | {"img"}
    assert not [name for name, _value in seen.attributes if name.startswith("on") or name == "style"]
    assert "<title>" in page and "<script>top" not in page


def test_a_long_file_comes_at_once_and_in_colours_later(alice: User) -> None:
    paste = make(alice, "x = 'a'\n" * 200_000)
    page = body(Client().get(to("show", paste)))
    assert 'data-pieces="200"' in page and "data-pending" in page and page.count('class="line"') == 1_000
    (file,) = access.files_of(paste)
    job = Job.objects.get(task="paste.jobs.render_file")
    assert job.args == [file.pk]
    plain = Client().get(to("piece", paste, 1, 199)).json()
    assert plain["html"].count('class="line"') == 1_000 and 'id="L200000"' in plain["html"]
    assert Client().get(to("piece", paste, 1, 200)).json()["html"] is None
    File.objects.update(size=1)
    render_file.func(file.pk)
    coloured = Client().get(to("piece", paste, 1, 0)).json()
    assert not coloured["pending"] and '<span class="s1">' in coloured["html"]
    assert 'id="L200000"' in Client().get(to("piece", paste, 1, 199)).json()["html"]


def test_raw_is_text_that_nothing_runs_in(alice: User) -> None:
    paste = make(alice, "<script>alert(1)</script>", "a.html")
    response = Client().get(to("raw", paste, 1))
    assert response.content == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "text/plain; charset=utf-8" and response["X-Content-Type-Options"] == "nosniff"
    assert (
        "sandbox" in response["Content-Security-Policy"] and "default-src 'none'" in response["Content-Security-Policy"]
    )
    assert Client().get(to("raw_first", paste)).content == response.content
    for number in (0, 2):
        assert Client().get(to("raw", paste, number)).status_code == 404


def test_pictures_are_shown_and_other_bytes_only_saved(alice: User) -> None:
    drafts = [Draft("a.png", PNG), Draft("b.png", b"\x00<svg onload=alert(1)>")]
    paste, _token = actions.create(alice, drafts)
    page = body(Client().get(to("show", paste)))
    assert f'<img src="{to("raw", paste, 1)}"' in page and f'<img src="{to("raw", paste, 2)}"' not in page
    picture, noise = (Client().get(to("raw", paste, number)) for number in (1, 2))
    assert picture["Content-Type"] == "image/png" and "Content-Disposition" not in picture
    assert noise["Content-Type"] == "application/octet-stream" and noise["Content-Disposition"].startswith("attachment")
    assert streamed(picture) == PNG


def test_files_are_saved_one_by_one_or_all_in_one(alice: User) -> None:
    drafts = [Draft("a.py", b"one"), Draft("a.py", b"two"), Draft("", b"three"), Draft("ü.txt", b"four")]
    paste, _token = actions.create(alice, drafts)
    one = Client().get(to("download", paste, 4))
    assert one["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%BC.txt")
    packed = zipfile.ZipFile(io.BytesIO(Client().get(to("zip", paste)).content))
    assert {name: packed.read(name) for name in packed.namelist()} == {
        "a.py": b"one", "2-a.py": b"two", f"{paste.slug}-3.txt": b"three", "ü.txt": b"four",
    }  # fmt: skip


# --- ends and passwords -----------------------------------------------------------------------------------------------


def test_a_preview_of_a_link_burns_nothing_and_a_press_does(alice: User) -> None:
    paste = make(alice, "the secret", "a.txt", views=1)
    visitor = Client()
    for _ in range(3):
        asked = visitor.get(to("show", paste))
        assert asked.status_code == 200 and "the secret" not in body(asked) and "A title" not in body(asked)
        assert visitor.head(to("show", paste)).status_code == 200
        assert visitor.get(to("raw", paste, 1)).status_code == 403 and visitor.get(to("zip", paste)).status_code == 403
    shown = visitor.post(to("show", paste), {"open": "1"})
    assert "the secret" in body(shown) and "no-store" in shown["Cache-Control"]
    assert visitor.get(to("raw", paste, 1)).content == b"the secret", "who read it last may still save it"
    for other in (Client(), signed_in(alice)):
        assert other.get(to("show", paste)).status_code == 404 and other.get(to("raw", paste, 1)).status_code == 404
        assert other.post(to("show", paste), {"open": "1"}).status_code == 404


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "taken",
    [{"privacy": "private"}, {"expires": timezone.now() - datetime.timedelta(days=1)}, {"state": "spent", "purge_at": timezone.now()}],
    ids=["private", "ended", "removed"],
)  # fmt: skip
def test_what_is_taken_away_is_so_for_who_has_read_it(alice: User, taken: dict[str, object]) -> None:
    paste = make(alice, "the secret", "a.txt", views=2)
    visitor = Client()
    visitor.post(to("show", paste), {"open": "1"})
    assert visitor.get(to("raw", paste, 1)).content == b"the secret"
    Paste.objects.update(**taken)
    assert visitor.get(to("raw", paste, 1)).status_code == visitor.get(to("show", paste)).status_code == 404


def test_alice_looks_at_her_own_and_burns_nothing(alice: User) -> None:
    paste = make(alice, "the secret", "a.txt", views=1)
    assert "the secret" in body(signed_in(alice).get(to("show", paste)))
    assert Paste.objects.get().views_left == 1


def test_a_program_reads_it_once_by_post(alice: User) -> None:
    paste = make(alice, "the secret", "a.txt", views=1, privacy="password", password="open sesame")
    program = Client(enforce_csrf_checks=True)
    assert program.post(to("raw", paste, 1), {"password": "wrong"}).status_code == 403
    assert program.post(to("raw", paste, 2), {"password": "open sesame"}).status_code == 404, "and nothing is used up"
    read = program.post(to("raw", paste, 1), {"password": "open sesame"})
    assert read.content == b"the secret" and read["Cache-Control"] == "private, no-store"
    assert program.post(to("raw", paste, 1), {"password": "open sesame"}).status_code == 404


def test_the_password_is_asked_for_and_a_wrong_one_burns_nothing(alice: User) -> None:
    paste = make(alice, "the secret", "a.txt", views=1, privacy="password", password="open sesame")
    visitor = Client()
    asked = visitor.get(to("show", paste))
    assert "Password" in body(asked) and "A title" not in body(asked)
    wrong = visitor.post(to("show", paste), {"password": "close sesame"})
    assert wrong.status_code == 403 and "not the password" in body(wrong)
    assert visitor.post(to("show", paste), {"open": "1"}).status_code == 200
    assert Paste.objects.get().views_left == 1
    assert visitor.post(to("show", paste), {"password": "open sesame"}).status_code == 302
    assert "Read it now?" in body(visitor.get(to("show", paste)))
    assert "the secret" in body(visitor.post(to("show", paste), {"open": "1"}))
    assert visitor.cookies["paste"]["path"] == to("show", paste) and visitor.cookies["paste"]["httponly"]


def test_deleting_can_be_undone_from_the_list(alice: User) -> None:
    client = signed_in(alice)
    paste = make(alice)
    listed = client.post(to("delete", paste), follow=True)
    assert "A title" in body(listed) and client.get(to("show", paste)).status_code == 404
    assert client.post(to("undelete", paste), follow=True).status_code == 200
    assert client.get(to("show", paste)).status_code == 200


# --- changing ---------------------------------------------------------------------------------------------------------


def test_alice_edits_compares_and_brings_back(alice: User) -> None:
    client = signed_in(alice)
    paste, _token = actions.create(alice, [Draft("a.py", b"one\n"), Draft("x.bin", b"\x00\x01")])
    page = body(client.get(to("edit", paste)))
    assert "one\n</textarea>" in page and 'name="keep-1" value="1"' in page
    changed = {
        "base": 1,
        "title": "New",
        "note": "two now",
        "name-0": "a.py",
        "format-0": "python",
        "text-0": "two\r\n",
        "name-1": "x.bin",
        "keep-1": "1",
    }
    assert client.post(to("edit", paste), changed).status_code == 302
    assert File.objects.count() == 3
    stale = client.post(to("edit", paste), changed | {"text-0": "three"})
    assert stale.status_code == 400 and "changed meanwhile" in body(stale) and "three" in body(stale)
    assert "two now" in body(client.get(to("revisions", paste)))
    difference = body(client.get(to("differences", paste, 2)))
    assert '<span class="gd">-one</span>' in difference and '<span class="gi">+two</span>' in difference
    assert "x.bin" not in difference
    assert (
        "one" in body(Client().get(to("revision", paste, 1)))
        and Client().get(to("revision", paste, 9)).status_code == 404
    )
    assert Client().get(to("raw", paste, 1) + "?revision=1").content == b"one\n"
    client.post(to("restore", paste, 1))
    assert Client().get(to("raw", paste, 1)).content == b"one\n"


def test_terms_change_by_the_page(alice: User) -> None:
    client = signed_in(alice)
    paste = make(alice, expires=timezone.now() + datetime.timedelta(days=3))
    assert client.get(to("settings", paste)).status_code == 200
    said = {"privacy": "password", "password": "sesame", "life": "keep", "views": 4, "discussion": ""}
    assert client.post(to("settings", paste), said).status_code == 302
    row = Paste.objects.get()
    assert (row.privacy, row.views_left, row.discussion, row.expires) == ("password", 4, False, paste.expires)
    assert client.post(to("settings", paste), {"privacy": "nonsense"}).status_code == 400
