"""Sending files from other programs, and what the library's page asks before it uploads."""

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from files.access import access_folder
from files.doors import looking
from files.doors.programs import PROGRAMS, configured, form_address, put_address
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited


class Asked(BaseModel):
    """What a page is about to upload into ``folder`` (empty: the root)."""

    model_config = ConfigDict(extra="forbid")
    folder: str = ""
    paths: list[str] = Field(max_length=looking.MAX_PATHS)


@login_required
@require_POST
def before(request: UserRequest) -> JsonResponse:
    """JSON ``{folder, paths}`` becomes ``{taken, left, most, blocked}``: names that are there, bytes that may come, endings that may not."""
    try:
        asked = Asked.model_validate_json(request.body)
    except ValidationError:
        raise Invalid(_("The page sent something that the site does not understand. Reload it.")) from None
    folder = access_folder(request.user, asked.folder) if asked.folder else None
    limits = looking.limits(request.user)
    said = {"taken": looking.taken(request.user, folder, asked.paths), "left": limits.left, "most": None}
    return JsonResponse(said | {"blocked": list(limits.blocked)})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("files.program", "20/h")
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def programs(request: UserRequest) -> HttpResponse:
    """``files/programs.html``; POST of ``program`` gives its configuration to download, with a new key in it that nobody can be told again.
    Context: ``programs`` (keys and programs), ``put``, ``form`` (addresses)."""
    if request.method == "POST":
        program = PROGRAMS.get(request.POST.get("program", ""))
        if program is None:
            raise Invalid(_("Choose a program."))
        name, text = configured(request.user, program)
        response = HttpResponse(text, content_type=f"{program.media_type}; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response
    context = {"programs": PROGRAMS.items(), "put": put_address(), "form": form_address()}
    return render(request, "files/programs.html", context)
