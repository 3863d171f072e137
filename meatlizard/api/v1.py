"""The API under ``/api/v1``: errors in the site's form, nothing of it in caches."""

import functools
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from meatlizard.api import own, registry
from meatlizard.error_pages import AppErrors, answer
from meatlizard.errors import AppError, NotFound, Unauthenticated

KEY_MISSING = gettext_lazy(
    "Send a key: `Authorization: Bearer <key>`, or `X-Api-Key: <key>`. Make one under your account."
)

REFUSAL = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id", "retry_after"],
            "properties": {
                "code": {"type": "string", "description": "for programs; it does not change with the language"},
                "message": {"type": "string", "description": "for people"},
                "request_id": {"type": "string", "description": "by which an operator finds it in the log"},
                "retry_after": {"type": ["integer", "null"], "description": "seconds until another try makes sense"},
            },
        }
    },
}


class Api(NinjaAPI):
    def set_default_exception_handlers(self) -> None:
        """What is not listed goes on to Django, which logs it and answers without its words. (The
        library's type of a handler allows for classes of errors, which never come.)"""
        self.add_exception_handler(AppError, cast(Any, _refused))
        self.add_exception_handler(Http404, lambda request, _exc: _refused(request, NotFound()))
        self.add_exception_handler(HttpError, cast(Any, _by_status))
        self.add_exception_handler(ValidationError, cast(Any, _invalid))

    def get_openapi_schema(self, **place: Any) -> Any:
        description = super().get_openapi_schema(**place)
        description["components"].setdefault("schemas", {})["Refusal"] = REFUSAL
        return description

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = super().create_temporal_response(request)
        response.headers["Cache-Control"] = "private, no-store"
        return response


@functools.cache
def api() -> Api:
    """With the routers of all apps, which have registered them when this is first asked for."""
    made = Api(
        title="MeatLizard", version="1", urls_namespace="api:v1", docs_url=None, openapi_url="/openapi.json",
        description=gettext_noop(
            "Times are ISO 8601 with their zone. Lists come in pieces: `next` of an answer is `after` of the next request."
        ),
    )  # fmt: skip
    made.add_router("", own.router, tags=["key"])
    for one in registry.routers():
        made.add_router(one.prefix, one.router, tags=[one.tag])
    return made


def _refused(request: HttpRequest, error: AppError) -> HttpResponse:
    return AppErrors.refused(request, error)


def _by_status(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 401:
        return _refused(request, Unauthenticated(str(KEY_MISSING), code="key_missing"))
    return answer(request, error.status_code)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first thing that is wrong, and where."""
    first: dict[str, Any] = error.errors[0] if error.errors else {"loc": (), "msg": ""}
    # The first part says whether it came in the body or the address, the second is the parameter that the body is bound to.
    place = ".".join(str(part) for part in first["loc"][2 if first["loc"][:1] == ("body",) else 1 :])
    message = _("{field}: {problem}").format(field=place, problem=first["msg"]) if place else str(first["msg"])
    return answer(request, 422, "invalid", message)
