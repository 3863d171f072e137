"""The languages the site speaks: English, and each for which a compiled catalogue lies in a folder for catalogues.

A catalogue is ``<folder>/<language>/LC_MESSAGES/django.mo``, with ``djangojs.mo`` beside it for what page scripts say. Nothing but
Python reads them at run time.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.formats import number_format
from django.utils.translation import trans_real
from django.views.i18n import JavaScriptCatalog

WRITTEN_IN = "en"
"""What stands in the source, and is said wherever a catalogue has no words."""
YEAR = 31_536_000


def spoken(folders: Iterable[Path]) -> list[tuple[str, str]]:
    """``(code, its own name)`` of the language of the source and of every other with a catalogue in one of ``folders``."""
    found = {
        translation.to_language(catalogue.parent.parent.name).lower()
        for folder in folders
        for catalogue in folder.glob("*/LC_MESSAGES/django.mo")
    }
    return [(code, str(LANG_INFO.get(code, {}).get("name_local", code))) for code in sorted(found | {WRITTEN_IN})]


def own_name(code: str) -> str:
    """Of a language by BCP 47, as who speaks it says; the code itself where that is not known."""
    for known in (code.lower(), code.lower().split("-")[0]):
        try:
            return str(translation.get_language_info(known)["name_local"]).capitalize()
        except KeyError:
            continue
    return code


def number(value: int) -> str:
    """With the separators of the present language."""
    return str(number_format(value, use_l10n=True, force_grouping=True))


def words_url() -> str:
    """Where the page's scripts find their words, empty for the language they are written in. It changes with the words."""
    language = translation.get_language() or WRITTEN_IN
    if language == WRITTEN_IN:
        return ""
    digest = sha256()
    for folder in settings.LOCALE_PATHS:
        catalogue = Path(folder, translation.to_locale(language), "LC_MESSAGES", "djangojs.mo")
        if catalogue.is_file():
            digest.update(str(catalogue.stat().st_mtime_ns).encode())
    return f"{reverse('words', args=[language])}?v={digest.hexdigest()[:12]}"


def words(request: HttpRequest, language: str) -> HttpResponse:
    """The catalogue of the page scripts. The language is in the address, so that it may be kept for as long as one likes."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        catalogue = cast(HttpResponse, JavaScriptCatalog.as_view()(request))
    response = HttpResponse(catalogue.content, "text/javascript; charset=utf-8")
    patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response


class Spoken:
    """What :class:`django.middleware.locale.LocaleMiddleware` does for pages, for their websockets."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with translation.override(preferred(scope)):
            await self._app(scope, receive, send)


def preferred(scope: dict[str, Any]) -> str:
    """Of an ASGI scope with its ``cookies``; without them, as for a browser that chose none."""
    accepted = dict(scope.get("headers", ())).get(b"accept-language", b"").decode("latin-1")
    asked = SimpleNamespace(
        COOKIES=scope.get("cookies", {}), META={"HTTP_ACCEPT_LANGUAGE": accepted}, path_info=scope.get("path", "/")
    )
    return trans_real.get_language_from_request(asked)  # type: ignore[arg-type]
