"""Languages beside English: found by their catalogues, chosen by browser or cookie, on pages, in scripts and on websockets."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import get_language

from meatlizard import languages
from tests.catalogues import write

PLURAL = {("%s token", "%s tokens"): ("%s Marke", "%s Marken")}


@pytest.fixture
def german(tmp_path: Path, settings: Any) -> Path:
    write(tmp_path, "de", "django", {"Sign in": "Hinein", "Nothing is here.": "Hier ist nichts."})
    write(tmp_path, "de", "djangojs", {"Stop": "Halt"}, PLURAL)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = languages.spoken([tmp_path])
    return tmp_path


def test_a_language_is_there_once_its_catalogue_is(tmp_path: Path) -> None:
    assert languages.spoken([tmp_path]) == [("en", "English")]
    write(tmp_path, "pt_BR", "django", {"Stop": "Parar"})
    write(tmp_path, "tlh", "django", {"Stop": "mev"})
    assert languages.spoken([tmp_path, tmp_path / "missing"]) == [
        ("en", "English"), ("pt-br", "Português Brasileiro"), ("tlh", "tlh")
    ]  # fmt: skip


@pytest.mark.usefixtures("german", "db")
def test_the_browser_chooses(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": "de-AT,de;q=0.9"}).content.decode()
    assert '<html lang="de">' in page and "Hinein" in page and '<script src="/words/de.js?v=' in page


@pytest.mark.usefixtures("german", "db")
def test_who_reads_english_loads_no_catalogue(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="en">' in page and "Sign in" in page and "/words/" not in page


@pytest.mark.usefixtures("german", "db")
def test_a_choice_of_ones_own_goes_before_the_browser(client: Client) -> None:
    client.post("/language/", {"language": "de", "next": "/"})
    assert '<html lang="de">' in client.get("/accounts/login/", headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.usefixtures("german", "db")
def test_a_language_without_catalogue_cannot_be_chosen(client: Client) -> None:
    client.post("/language/", {"language": "fr", "next": "/"})
    assert '<html lang="en">' in client.get("/accounts/login/").content.decode()
    assert client.get("/words/fr.js").status_code == 404


@pytest.mark.usefixtures("german", "db")
def test_errors_too(client: Client) -> None:
    answer = client.get("/nowhere/", headers={"Accept-Language": "de", "Accept": "application/json"})
    assert answer.status_code == 404 and answer.json()["error"]["message"] == "Hier ist nichts."


def test_scripts_find_their_words(german: Path, client: Client) -> None:
    answer = client.get("/words/de.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    said = _said(german, answer.content.decode(), 'gettext("Stop"), gettext("Send"), ...[1, 5].map(tokens)')
    assert said == ["Halt", "Send", "1 Marke", "5 Marken"]


def test_scripts_speak_english_without_a_catalogue(tmp_path: Path) -> None:
    assert _said(tmp_path, "", 'gettext("Stop"), ...[1, 5].map(tokens)') == ["Stop", "1 token", "5 tokens"]


def test_values_go_into_sentences_once(tmp_path: Path) -> None:
    """A value that looks like a place for another stays as it is."""
    calls = 'interpolate("%s of %s, 100%%", ["%s", 2]), interpolate("%(a)s%(b)s", { a: "%(b)s", b: "$&" })'
    assert _said(tmp_path, "", calls) == ["%s of 2, 100%", "%(b)s$&"]


def test_a_changed_catalogue_has_another_address(german: Path, client: Client, db: Any) -> None:
    def address() -> str:
        page = client.get("/accounts/login/", headers={"Accept-Language": "de"}).content.decode()
        return page.partition('<script src="')[2].partition('"')[0]

    before = address()
    catalogue = german / "de" / "LC_MESSAGES" / "djangojs.mo"
    os.utime(catalogue, (1, 1))
    assert before and address() not in ("", before)


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("scope", "language"),
    [
        ({"headers": [(b"accept-language", b"de")]}, "de"),
        ({"headers": [(b"accept-language", b"\xff,;q=")]}, "en"),
        ({"headers": [(b"accept-language", b"en")], "cookies": {"django_language": "de"}}, "de"),
        ({}, "en"),
    ],
)
async def test_websockets_speak_the_readers_language(scope: dict[str, Any], language: str) -> None:
    heard = []

    async def socket(scope: Any, receive: Any, send: Any) -> None:
        heard.append(get_language())

    await languages.Spoken(socket)(scope, None, None)
    assert heard == [language] and get_language() == "en"


def _said(folder: Path, catalogue: str, calls: str) -> list[str]:
    """What the page's own module says, run by Node after ``catalogue``."""
    module = Path(__file__).parents[2] / "frontend" / "src" / "i18n.js"
    script = folder / "say.mjs"
    script.write_text(
        f"(0, eval)({json.dumps(catalogue)});\nconst {{ gettext, ngettext, interpolate, number }} = await import({json.dumps(str(module))});\n"
        "const tokens = (count) => interpolate(ngettext('%s token', '%s tokens', count), [number(count)]);\n"
        f"console.log(JSON.stringify([{calls}]));\n"
    )
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True)
    said: list[str] = json.loads(done.stdout)
    return said
