"""Small requests of the side bar: order among conversations, and folders."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from chat import keeping
from chat.access import access_folder
from chat.forms import FolderForm, KeepForm
from chat.views.bodies import body, valid
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid


@login_required
@require_POST
def keep(request: UserRequest) -> JsonResponse:
    """Does ``do`` to all of ``conversations``, or nothing: ``{"changed": how many}``. Pages hear ``list.changed``."""
    asked = body(request)
    data = valid(KeepForm(asked)).cleaned_data
    return JsonResponse({"changed": _done(request.user, _keys(asked), data)})


def _done(user: User, keys: list[UUID], data: dict[str, str]) -> int:
    do = data["do"]
    if do == "move":
        return keeping.move(user, keys, data["folder"] or None)  # type: ignore[arg-type]
    if do in ("tag", "untag"):
        return (keeping.tag if do == "tag" else keeping.untag)(user, keys, data["tag"])
    if do in ("delete", "restore", "erase"):
        verb = {"delete": keeping.discard, "restore": keeping.bring_back, "erase": keeping.erase}[do]
        return verb(user, keys)
    return keeping.mark(user, keys, do)  # type: ignore[arg-type]


def _keys(asked: dict[str, object]) -> list[UUID]:
    found = asked.get("conversations")
    try:
        return [UUID(str(key)) for key in found] if isinstance(found, list) else []
    except ValueError:
        raise Invalid(gettext("This is not the id of a conversation."), code="bad_request") from None


@login_required
@require_POST
def add_folder(request: UserRequest) -> JsonResponse:
    return _saved(request, None)


@login_required
@require_POST
def change_folder(request: UserRequest, folder: UUID) -> JsonResponse:
    return _saved(request, folder)


def _saved(request: UserRequest, folder: UUID | None) -> JsonResponse:
    """Name, parent and system prompt of a folder: ``{"folder": id}``."""
    row = access_folder(request.user, folder) if folder else None
    data = valid(FolderForm(body(request))).cleaned_data
    saved = keeping.save_folder(request.user, row, data["name"], data["parent"], data["system_prompt"])
    return JsonResponse({"folder": saved.pk}, status=200 if folder else 201)


@login_required
@require_POST
def delete_folder(request: UserRequest, folder: UUID) -> JsonResponse:
    """What lies in it moves to where it lay: ``{"deleted": id}``."""
    keeping.delete_folder(request.user, access_folder(request.user, folder))
    return JsonResponse({"deleted": folder})
