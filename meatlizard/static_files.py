"""Static files: names with a hash of their content once collected, served by WhiteNoise, whole and cacheable for ever."""

import warnings
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

FOR_A_FRAME: Final = (f"{settings.STATIC_URL}ml/diagrams.", f"{settings.STATIC_URL}ml/pdf.")
"""The scripts that frames without an origin load, for which even this site is another's."""


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name of a file that was not collected, so that a page works from a fresh checkout too."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise's middleware, answering with bytes: under ASGI Django would read a file response into a list anyway, and warn."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        with warnings.catch_warnings():
            # Of a folder that is not there yet: then files are served from where they lie.
            warnings.simplefilter("ignore", UserWarning)
            super().__init__(get_response)

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found: Any = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        if request.path.startswith(FOR_A_FRAME):
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response
