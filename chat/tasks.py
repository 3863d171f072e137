"""What models do for other apps: texts to vectors, recordings to text, words to images.

Each exists twice. ``embed``, ``transcribe`` and ``paint`` wait for the result, within a deadline, and end what they began
when nobody waits any more. ``enqueue_embedding``, ``enqueue_transcription`` and ``enqueue_image`` return at once with an id;
:func:`result` tells how it stands.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, ClassVar, Literal
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError
from pydantic_core import to_json

from chat import task_claims
from chat.availability import state_of
from chat.bus import control_on_commit
from chat.inference.task_runs import floats, message_of
from chat.models import InferenceTask, Node, NodeModel
from chat.task_claims import ClaimedTask
from chat.task_news import heard, listening
from inference_client.protocol.messages import MAX_BLOB, MAX_EMBEDDED, encode
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, LimitReached, NotFound
from meatlizard.jobs.lease import State
from meatlizard.languages import number
from meatlizard.ops.logs import current_request_id
from meatlizard.threads import in_database, in_thread

Kind = InferenceTask.Kind
MAX_BYTES = 700_000
"""Of the texts of one task, as JSON: with what stands around them they fit one message of the wire."""

MAX_WAITING = 50
"""Tasks of one user that may wait at once."""

WINDOW = 8
"""Tasks of one caller that are asked for at once; the next when these are done."""


NOT_CONNECTED = {
    Kind.EMBEDDING: _("No machine that turns texts into vectors is connected."),
    Kind.SPEECH: _("No machine that writes down speech is connected."),
    Kind.IMAGE: _("No machine that makes images is connected."),
    Kind.COMPLETION: _("No machine that answers is connected."),
}
NOT_OFFERED = {
    Kind.EMBEDDING: _("No machine that turns texts into vectors with the model {model} is connected."),
    Kind.SPEECH: _("No machine that writes down speech with the model {model} is connected."),
    Kind.IMAGE: _("No machine that makes images with the model {model} is connected."),
    Kind.COMPLETION: _("No machine that answers with the model {model} is connected."),
}


class Unavailable(AppError):
    """No connected machine does this, or none did it in time."""

    status: ClassVar[int] = 503
    default_code: ClassVar[str] = "unavailable"
    default_message = _("No machine that does this is connected.")


class TaskFailed(AppError):
    """The machine said why it could not; ``code`` is its word for programs."""

    status: ClassVar[int] = 502
    default_code: ClassVar[str] = "task_failed"
    default_message = _("The machine could not do this.")


@dataclass(frozen=True, slots=True)
class Picture:
    """``data`` is a file of ``media_type``: image/png, image/jpeg or image/webp."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a task stands. Once ``state`` is done, one of ``vectors``, ``text`` and ``picture`` is set; ``model`` is the alias of
    what made it. Vectors are of length 1, and comparable only with those of the same model.
    """

    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    model: str = ""
    vectors: list[list[float]] | None = None
    text: str | None = None
    picture: Picture | None = None
    code: str = ""
    error: str = ""


# --- who is there ---------------------------------------------------------------------------------------------------


def offered(kind: str, user: User | None = None) -> list[str]:
    """Aliases of the models of that kind that machines offer which may work for ``user`` now; None: for the site."""
    rows = (
        NodeModel.objects.filter(kind=Kind(kind).served_by, node__revoked=None)
        .exclude(breaker="open")
        .select_related("node")
    )
    own = user.pk if user is not None else None
    return sorted({row.alias for row in rows if _may_work(row.node, own)})


def _may_work(node: Node, user: int | None) -> bool:
    private = node.own_only or node.said_own_only
    return state_of(node) == "connected" and (not private or (user is not None and node.owner_id == user))


def model_for(kind: str, model: str = "", user: User | None = None) -> str:
    """The alias that will do it. Raises Unavailable when no connected machine offers that."""
    aliases = offered(kind, user)
    if not model and aliases:
        return aliases[0]
    if model in aliases:
        return model
    if not model:
        raise Unavailable(str(NOT_CONNECTED[Kind(kind)]))
    raise Unavailable(str(NOT_OFFERED[Kind(kind)]).format(model=model))


# --- asking without waiting -----------------------------------------------------------------------------------------


def enqueue_embedding(
    texts: Sequence[str], *, model: str = "", user: User | None = None, offline: bool = False
) -> UUID:  # fmt: skip
    """Up to 100 texts. Raises Invalid, LimitReached, and Unavailable unless ``offline``: then it waits for a machine, a day
    at most.
    """
    if not 1 <= len(texts) <= MAX_EMBEDDED:
        raise Invalid(
            gettext("From 1 to {most} texts can be turned into vectors at once.").format(most=number(MAX_EMBEDDED)),
            code="wrong_number",
        )
    return enqueue(Kind.EMBEDDING, {"texts": [_clean(text) for text in texts]}, model, user, offline)


def enqueue_transcription(
    recording: IO[bytes],
    media_type: str,
    *,
    language: str = "",
    format: Literal["text", "vtt"] = "text",
    model: str = "",
    user: User | None = None,
    offline: bool = False,
) -> UUID:
    """``recording`` is read to its end, at most 32 MiB. Raises as :func:`enqueue_embedding`."""
    file = _keep(recording)
    asked = {"media_type": media_type, "sha256": file.sha256, "language": language, "format": format}
    return enqueue(Kind.SPEECH, asked, model, user, offline, file)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A recording in the storage."""

    name: str
    sha256: str


def _keep(recording: IO[bytes]) -> _Kept:
    data = recording.read(MAX_BLOB + 1)
    if not data:
        raise Invalid(gettext("The recording is empty."), code="empty")
    if len(data) > MAX_BLOB:
        raise Invalid(
            gettext("A recording has at most {most} MiB.").format(most=number(MAX_BLOB // 2**20)), code="too_long"
        )
    # The name says nothing of what is inside or whose it is.
    name = default_storage.save(f"tasks/{uuid4()}-input", ContentFile(data))
    return _Kept(name, hashlib.sha256(data).hexdigest())


def enqueue_image(
    prompt: str, *, width: int = 512, height: int = 512, model: str = "", user: User | None = None,
    offline: bool = False,
) -> UUID:  # fmt: skip
    """Sizes in pixels, 64 to 4096. Raises as :func:`enqueue_embedding`."""
    asked = {"prompt": _clean(prompt), "width": width, "height": height}
    return enqueue(Kind.IMAGE, asked, model, user, offline)


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL in JSON.
    return text.replace("\x00", "\ufffd")


def enqueue(
    kind: Kind, asked: dict[str, Any], model: str, user: User | None, offline: bool, file: _Kept | None = None
) -> UUID:  # fmt: skip
    now = timezone.now()
    task = InferenceTask(
        kind=kind, model=model, user=user, input=asked, input_file=file.name if file else "", created=now,
        rank=int(now.timestamp() * 1000), trace=current_request_id() or "",
    )  # fmt: skip
    try:
        _check(task)
        if not offline:
            model_for(kind, model, user)
        if user is not None and InferenceTask.objects.waiting().filter(user=user).count() >= MAX_WAITING:
            why = gettext("Too much of yours is waiting for a machine already.")
            raise LimitReached(why, code="tasks_full", retry_after=10.0)
        with transaction.atomic():
            task.save(force_insert=True)
            control_on_commit("task")
    except BaseException:
        if file is not None:
            default_storage.delete(file.name)
        raise
    return task.pk


def _check(task: InferenceTask) -> None:
    """Refuses here what would fail at the machine. Raises Invalid."""
    try:
        message = message_of(ClaimedTask(task.pk, 1, task.kind, task.model, task.input, "", task.trace))
        size = len(encode(message))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            gettext("This cannot be given to a machine ({place}: {msg}).").format(place=place, msg=first["msg"]),
            code="bad_task",
        ) from None
    except ValueError:
        raise Invalid(gettext("The text holds something that is no character."), code="bad_task") from None
    if size > MAX_BYTES:
        raise Invalid(gettext("This is too long to be given to a machine at once."), code="too_long")


def result(task: UUID) -> Result:
    """How it stands. Raises NotFound when it never was, or has been over for a day."""
    row = InferenceTask.objects.filter(pk=task).first()
    if row is None:
        raise NotFound(gettext("This task does not exist any more."))
    if row.state == State.QUEUED:
        return Result("waiting")
    if not row.ended:
        return Result("running")
    if row.state != State.DONE:
        return Result("cancelled" if row.state == State.CANCELLED else "failed", code=row.error_code, error=row.error)
    made = row.result or {}
    if row.kind == Kind.EMBEDDING:
        numbers, size = floats(bytes(row.vectors or b"")).tolist(), made["dimensions"]
        vectors = [numbers[at : at + size] for at in range(0, len(numbers), size)]
        return Result("done", row.answered_by, vectors=vectors)
    if row.kind in (Kind.SPEECH, Kind.COMPLETION):
        return Result("done", row.answered_by, text=made["text"])
    with row.result_file.open("rb") as file:
        return Result("done", row.answered_by, picture=Picture(file.read(), made["media_type"]))


# --- asking and waiting ---------------------------------------------------------------------------------------------


async def embed(
    texts: Sequence[str], *, model: str = "", user: User | None = None, seconds: float = 60.0
) -> list[list[float]]:  # fmt: skip
    """One vector for each text, any number of them, all by one model. Raises Invalid, LimitReached, Unavailable, TaskFailed."""
    if not texts:
        return []
    alias = await in_database(model_for, Kind.EMBEDDING, model, user)
    parts = await in_thread(_parts, [_clean(text) for text in texts])

    def ask(some: list[list[str]]) -> list[UUID]:
        with transaction.atomic():
            return [enqueue_embedding(part, model=alias, user=user) for part in some]

    vectors: list[list[float]] = []
    end = asyncio.get_running_loop().time() + seconds
    for at in range(0, len(parts), WINDOW):
        tasks = await in_database(ask, parts[at : at + WINDOW])
        for one in await done(tasks, end - asyncio.get_running_loop().time()):
            vectors += one.vectors or []
    return vectors


def _parts(texts: Sequence[str]) -> list[list[str]]:
    """As many texts in each as one task takes. Raises Invalid."""
    parts: list[list[str]] = []
    size = 0
    for text in texts:
        try:
            length = len(to_json(text)) + 1
        except ValueError:
            raise Invalid(gettext("The text holds something that is no character."), code="bad_task") from None
        if not parts or len(parts[-1]) == MAX_EMBEDDED or size + length > MAX_BYTES - 1_000:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += length
    return parts


async def transcribe(
    recording: IO[bytes],
    media_type: str,
    *,
    language: str = "",
    format: Literal["text", "vtt"] = "text",
    model: str = "",
    user: User | None = None,
    seconds: float = 1800.0,
) -> str:
    """What is said in a recording, as text or WebVTT. Raises as :func:`embed`."""
    await in_database(model_for, Kind.SPEECH, model, user)
    asked = {"media_type": media_type, "language": language, "format": format}
    # Not in a thread that stores what others read: a storage may be slow.
    file = await asyncio.to_thread(_keep, recording)
    task = await in_database(enqueue, Kind.SPEECH, {**asked, "sha256": file.sha256}, model, user, False, file)
    (one,) = await done([task], seconds)
    return one.text or ""


async def paint(
    prompt: str, *, width: int = 512, height: int = 512, model: str = "", user: User | None = None,
    seconds: float = 600.0,
) -> Picture:  # fmt: skip
    """An image of what the words say. Raises as :func:`embed`."""
    task = await in_database(enqueue_image, prompt, width=width, height=height, model=model, user=user)
    (one,) = await done([task], seconds)
    assert one.picture is not None
    return one.picture


async def done(tasks: Sequence[UUID], seconds: float) -> list[Result]:
    """Waits until all are done. Whatever else happens, what still waits or runs is cancelled."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            with listening(tasks) as hint:
                while not await in_database(_all_done, tasks):
                    await heard(hint)
            return [await in_database(result, task) for task in tasks]
    except TimeoutError:
        await in_database(task_claims.cancel, tasks)
        raise Unavailable(gettext("No machine has done this in time. Try again later."), code="too_slow") from None
    except BaseException:
        await asyncio.shield(in_database(task_claims.cancel, tasks))
        raise


def _all_done(tasks: Sequence[UUID]) -> bool:
    """Raises TaskFailed when one of them has failed or was ended."""
    rows = InferenceTask.objects.filter(pk__in=tasks).values_list("state", "error_code", "error")
    for state, code, error in rows:
        if state in (State.FAILED, State.CANCELLED):
            raise TaskFailed(error, code=code)
    return [state for state, _, _ in rows].count(State.DONE) == len(tasks)
