"""Doors for command lines and programs: curl, haste clients, pastebinit, ShareX. They know keys and tokens, no cookies and no forms."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.security import ratelimit
from meatlizard.security.client_address import address_key
from paste import actions, contents
from paste.access import NO_SUCH_PASTE, access_by_token, access_file, access_paste, makers
from paste.contents import Draft
from paste.doors import answers, bodies, options
from paste.doors.answers import spoken
from paste.doors.senders import maker, reader
from paste.models import Paste

READ_RATE = "300/10m"
TOKEN_RATE = "60/10m"
HEADERS = (
    "Expire",
    "Expires-In",
    "Filename",
    "Title",
    "Views",
    "Max-Downloads",
    "Max-Days",
    "Oneshot",
    "Privacy",
    "Format",
)
"""Options that may come as headers, where there is no form to say them in."""

View = Callable[..., HttpResponseBase]
SANDBOX = "default-src 'none'; sandbox"


@csrf_exempt
@require_http_methods(["POST", "PUT"])
@spoken
def make(request: HttpRequest, name: str = "") -> HttpResponse:
    """A paste of what is sent: files of a form in parts, a form's text, or the bare bytes (``curl -T``, then ``name`` is the file's)."""
    most = actions.largest(anonymous=False)
    said: dict[str, str] = {key.lower(): str(value) for key, value in request.GET.items()}
    said |= {header.lower(): request.headers[header] for header in HEADERS if header in request.headers}
    drafts: list[Draft] = []
    if request.method == "POST" and request.content_type == "multipart/form-data":
        fields, files = bodies.in_parts(request)
        said |= fields
        drafts = list(_drafts(files, most))
    elif request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        # In percent signs a character takes up to three times its bytes.
        body = bodies.bounded(request, most, around=2 * most)
        fields = bodies.fields(body)
        # `curl --data-binary @NAME` says that it sends a form, and sends a file.
        if (fields and options.KNOWN.issuperset(fields)) or not set(options.CONTENT).isdisjoint(fields):
            said |= fields
        else:
            drafts = [Draft(name, body)]
    else:
        drafts = [Draft(name, bodies.bounded(request, most))]
    user = maker(request, said.pop("key", ""))
    wish = options.read(said, user is None)
    drafts = drafts or list(_texts(said))
    if not drafts:
        raise Invalid(
            gettext("There is nothing in this request. Send a file: curl -F file=@NAME, or curl -T NAME."), code="empty"
        )
    ready = [Draft(draft.name or wish.name, draft.data, wish.format) for draft in drafts]
    return answers.made(request, *actions.create(user, ready, title=wish.title, terms=wish.terms, with_token=True))


def takes_uploads(page: View) -> View:
    """``page``, and at the same address the door: what command lines send to where people look."""

    @csrf_exempt
    @wraps(page)
    def answered(request: HttpRequest) -> HttpResponseBase:
        return make(request) if request.method in ("POST", "PUT") else page(request)

    return answered


@csrf_exempt
@require_http_methods(["GET", "HEAD", "PUT", "DELETE"])
def named(request: HttpRequest, slug: str) -> HttpResponse:
    """``curl -T NAME SITE/p/`` sends to here; who reads gets the text at a command line, the page in a browser."""
    if request.method == "PUT":
        return make(request, slug)
    if request.method == "DELETE":
        return delete(request, slug)
    return redirect("paste:show", slug) if answers.kind(request) == "html" else raw(request, slug)


def _drafts(files: "Sequence[UploadedFile[Any]]", most: int) -> Iterator[Draft]:
    if sum(file.size or 0 for file in files) > most:
        raise bodies.too_large(most)
    for file in files:
        # `curl -F file=@-` calls its input "-".
        yield Draft((file.name or "").strip("-"), file.read())


def _texts(said: Mapping[str, str]) -> Iterator[Draft]:
    for field in options.CONTENT:
        if said.get(field):
            yield Draft("", said[field].encode(errors="replace"))
            return


@csrf_exempt
@require_POST
@spoken
def document(request: HttpRequest) -> HttpResponse:
    """As haste's clients make one: ``{"key"}``."""
    user = maker(request)
    if request.content_type == "multipart/form-data":
        data = bodies.in_parts(request)[0].get("data", "").encode(errors="replace")
    else:
        data = bodies.bounded(request, actions.largest(user is None))
    terms = options.read({}, user is None).terms
    paste, token = actions.create(user, [Draft("", data)], terms=terms, with_token=True)
    response = JsonResponse({"key": paste.slug, "url": answers.address_of(paste.slug), "token": token})
    response["X-Token"] = token
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "DELETE"])
@spoken
def documented(request: HttpRequest, slug: str) -> HttpResponse:
    """As haste's clients read one: ``{"data", "key"}``."""
    if request.method == "DELETE":
        return delete(request, slug)
    paste = _readable(request, slug)
    said = {"data": contents.text_of(access_file(paste, 1)), "key": paste.slug}
    return JsonResponse(said, headers={"Cache-Control": "private, no-store"})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@spoken
def raw(request: HttpRequest, slug: str) -> HttpResponse:
    """The text alone, or the file that ``?file=2`` names. What is read only so often is given to a POST: what looks at addresses, such
    as link previews, sends none."""
    paste = _readable(request, slug)
    number = request.GET.get("file", "1")
    file = access_file(paste, int(number) if number.isdecimal() and len(number) < 4 else 0)
    data = contents.read(file)
    if paste.burns:
        actions.claim_view(paste)
    text = file.format != contents.BINARY
    response = HttpResponse(data, content_type=answers.TEXT if text else "application/octet-stream")
    if not text:
        response["Content-Disposition"] = content_disposition_header(True, file.name or slug) or "attachment"
    # Whatever it holds, a browser neither guesses at it nor runs it.
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


def _readable(request: HttpRequest, slug: str) -> Paste:
    ratelimit.check("paste.raw", f"address {address_key(request)}", READ_RATE, open_in_trouble=True)
    paste = access_paste(reader(request), slug)
    if paste.sealed:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    if paste.privacy == Paste.Privacy.PASSWORD and paste.owner_id != reader(request).pk:
        given = request.headers.get("X-Paste-Password", "")
        if not given:
            raise Forbidden(
                gettext("This paste has a password. Send it in the header “X-Paste-Password”."), code="password_missing"
            )
        actions.unlock(paste, given, address_key(request))
    if paste.burns and request.method != "POST":
        raise Forbidden(
            gettext("This paste can be read only so often. To read it now, and use that up: curl -X POST %(address)s")
            % {"address": settings.SITE_URL + reverse("doors:raw", args=[slug])},
            code="read_by_post",
        )
    return paste


@spoken
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """By the token, in ``X-Token`` or as ``?token=``. Browsers have a page that asks (``paste:forget``)."""
    ratelimit.check("paste.token", f"address {address_key(request)}", TOKEN_RATE)
    actions.delete(access_by_token(slug, request.headers.get("X-Token", "") or request.GET.get("token", "")))
    if answers.kind(request) == "json":
        return JsonResponse({"deleted": slug})
    return HttpResponse(gettext("The paste was deleted.") + "\n", content_type=answers.TEXT)


@require_GET
def sharex(request: HttpRequest) -> HttpResponse:
    """The file by which ShareX learns to upload here."""
    headers = {"Accept": "application/json"}
    if makers() != "everyone":
        headers["Authorization"] = "Bearer YOUR_KEY"
    learned = {
        "Version": "15.0.0", "Name": f"MeatLizard ({settings.SITE_HOST})", "DestinationType": "TextUploader, FileUploader",
        "RequestMethod": "POST", "RequestURL": settings.SITE_URL + reverse("doors:make"), "Headers": headers,
        "Body": "MultipartFormData", "FileFormName": "file", "URL": "{json:url}", "DeletionURL": "{json:delete_url}",
        "ErrorMessage": "{json:error.message}",
    }  # fmt: skip
    response = HttpResponse(json.dumps(learned, indent=2), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{settings.SITE_HOST}.sxcu"'
    return response


@require_GET
def pastebinit(request: HttpRequest) -> HttpResponse:
    """The file by which pastebinit learns of this site; it belongs into ``~/.pastebin.d``."""
    host = settings.SITE_URL.partition("://")[2]
    key = makers() != "everyone"
    lines = [
        "[pastebin]", f"basename = {host}", *(["https = True"] if settings.HTTPS else []),
        f"post_page = {reverse('doors:make').lstrip('/')}", "paste_regexp = (.*)", "",
        "[format]", "content = content", "title = title", "format = format", *(["key = key"] if key else []), "",
        "[defaults]", *(["key = YOUR_KEY"] if key else []), "",
    ]  # fmt: skip
    response = HttpResponse("\n".join(lines), content_type=answers.TEXT)
    response["Content-Disposition"] = f'attachment; filename="{settings.SITE_HOST}.conf"'
    return response
