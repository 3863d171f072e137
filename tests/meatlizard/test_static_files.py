"""Styles and scripts reach the browser, with long caching once collected, and from a fresh checkout too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from meatlizard.static_files import StaticFiles, StaticStorage

STORAGES = {"staticfiles": {"BACKEND": "meatlizard.static_files.StaticStorage"}}


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "assets" / "ml"
    folder.mkdir(parents=True)
    (folder / "theme.css").write_text("body { background: url('lizard.svg'); }\n" + "/* long */" * 100)
    (folder / "lizard.svg").write_text("<svg/>")
    return folder.parent


@pytest.fixture
def collected(assets: Path, tmp_path: Path) -> Iterator[StaticStorage]:
    root = tmp_path / "static"
    with override_settings(
        STATIC_ROOT=root, STATICFILES_DIRS=[assets], STORAGES=STORAGES, WHITENOISE_USE_FINDERS=False,
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    ):  # fmt: skip
        call_command("collectstatic", interactive=False, verbosity=0)
        yield staticfiles_storage


def get(path: str, **headers: str) -> HttpResponse:
    def nothing_else(request: HttpRequest) -> HttpResponse:
        return HttpResponse("not a file", status=404)

    return StaticFiles(nothing_else)(RequestFactory().get(path, headers=headers))


def test_a_collected_file_has_its_content_in_its_name(collected: StaticStorage) -> None:
    address = collected.url("ml/theme.css")
    assert address != "/static/ml/theme.css"
    response = get(address)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"].startswith("text/css")
    assert collected.url("ml/lizard.svg").rpartition("/")[2] in response.content.decode()
    assert "Access-Control-Allow-Origin" not in response.headers


def test_it_travels_compressed_and_once(collected: StaticStorage) -> None:
    address = collected.url("ml/theme.css")
    small = get(address, **{"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.content) < len(get(address).content)
    again = get(address, **{"If-None-Match": small.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_files_that_were_collected_are_served(collected: StaticStorage, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    for path in (
        "/static/../secret",
        "/static/ml/../../secret",
        "/static/%2e%2e/secret",
        "/static//etc/passwd",
        "/static/ml/",
    ):
        assert get(path).status_code == 404


def test_a_page_works_before_anything_was_collected(assets: Path, tmp_path: Path) -> None:
    with override_settings(
        STATIC_ROOT=tmp_path / "none", STATICFILES_DIRS=[assets], STORAGES=STORAGES, WHITENOISE_USE_FINDERS=True
    ):
        assert staticfiles_storage.url("ml/theme.css") == "/static/ml/theme.css"
        assert staticfiles_storage.url("ml/vanished.css") == "/static/ml/vanished.css"
        assert get("/static/ml/theme.css").status_code == 200
