"""Verbs of files: found in an answer, changed by hand, brought back, kept, deleted, swept away."""

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.access import access_conversation
from chat.artifacts import detection, kinds, naming, reading, storing
from chat.artifacts.access import access_artifact, access_version
from chat.artifacts.detection import LARGEST, Found
from chat.artifacts.storing import Origin
from chat.models import Artifact, ArtifactText, ArtifactVersion, Conversation, Generation, Message
from chat.moderating.incoming import let_in, note
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound, StorageFull
from meatlizard.storage import actions as storage

log = logging.getLogger(__name__)

SWEPT_AT_ONCE = 500


def find_in(message: UUID) -> int:
    """Keeps what the answer ``message`` holds of files, as new ones or as versions of those that are there. Returns how many versions were
    made; a second time none."""
    looked = looked_at(message)
    found = [one for one in looked[1] if one.sure == "yes"] if looked else []
    return keep_found(looked[0], found) if looked and found else 0


def looked_at(message: UUID) -> tuple[Message, list[Found], str] | None:
    """An answer, what rules find in it, and its question; None where there is no such answer (any more)."""
    known = reading.question_and_answer(message)
    if known is None:
        return None
    row, question = known
    last = Generation.objects.filter(message=message, purpose=Generation.Purpose.ANSWER).order_by("-created").first()
    ended = last is None or last.reason == "stop"
    before = reading.known(row.conversation, row.parent_id)
    return row, detection.find(question, row.content, before, ended=ended), question


def keep_found(row: Message, found: list[Found]) -> int:
    """What was found in the answer ``row``, unless it has other words by now."""
    made, full = 0, False
    with transaction.atomic():
        talk = Conversation.objects.select_for_update(of=("self",)).filter(pk=row.conversation_id, removed=None).first()
        now = Message.objects.filter(pk=row.pk, removed=None).values_list("content", flat=True).first()
        if talk is None or now != row.content:
            return 0
        for one in found:
            try:
                with transaction.atomic():
                    version = storing.put(talk, row.pk, one.of or one.name, one.kind, one.text, Origin.ANSWER)
                made += version is not None
            except (StorageFull, LimitReached) as refused:
                log.info("artifact.not_kept", extra={"message_id": str(row.pk), "code": refused.code})
                full = full or isinstance(refused, StorageFull)
        if made or full:
            storing.tell(talk.pk, row.pk, full=full)
    return made


def create(user: User, message: Message, name: str, text: str) -> ArtifactVersion:
    """A file that a tool makes for the answer ``message``, or the newest version of the one that has this name. Raises Invalid,
    StorageFull, LimitReached."""
    kind = kinds.of_file(name) or kinds.of_text(text) or kinds.TEXT
    name = naming.safe(name, kind.suffix)
    text = storing.checked(text, LARGEST)
    if not text.strip():
        raise Invalid(_("A file needs a text."), code="empty")
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        talk.owner = user
        made = storing.put(talk, message.pk, name, kind.name, text, Origin.TOOL)
        storing.tell(talk.pk, message.pk)
    if made is None:
        made = ArtifactVersion.objects.filter(
            artifact__conversation=message.conversation_id, artifact__key=naming.key(name), message=message.pk
        ).latest("number")
    return made


def revise(user: User, artifact: UUID, number: int, newest: int, text: str) -> ArtifactVersion:
    """``text`` as a new version beside the version ``number``, which was changed by hand while ``newest`` was the last. Raises Invalid when
    another has come since, so that nobody's change is lost."""
    row = access_version(user, artifact, number)
    text, found = let_in(user, row.artifact.conversation_id, storing.checked(text, LARGEST))
    return _beside(user, row, newest, text, Origin.PERSON, found)


def restore(user: User, artifact: UUID, number: int, newest: int) -> ArtifactVersion:
    """An earlier version as the newest one, on the branch that is shown. Raises as :func:`revise`."""
    row = access_version(user, artifact, number)
    return _beside(user, row, newest, row.content.text, Origin.RESTORED)


def _beside(
    user: User, row: ArtifactVersion, newest: int, text: str, origin: Origin, found: object = None
) -> ArtifactVersion:
    with transaction.atomic():
        talk = access_conversation(user, row.artifact.conversation_id, lock=True)
        now = Artifact.objects.filter(pk=row.artifact_id).values_list("newest", flat=True).first()
        if now is None:
            raise NotFound(_("This file was deleted, or its time is over."), code="no_such_file")
        if now != newest:
            raise Invalid(
                _("There is a newer version of this file by now, made elsewhere. Look at it first; what you wrote is still here."),
                code="changed_meanwhile",
            )  # fmt: skip
        if found is not None:
            note(found, talk.pk, row.message_id)  # type: ignore[arg-type]
        on = _place(talk, row) if origin == Origin.RESTORED else row.message_id
        made = storing.add(user, access_artifact(user, row.artifact_id), on, text, origin)
        if made is None:
            raise Invalid(_("This is the same as it was: nothing was changed."), code="nothing_changed")
        storing.tell(talk.pk)
    return made


def _place(talk: Conversation, row: ArtifactVersion) -> UUID:
    """Where the file stands last on the branch that is shown: there it is brought back."""
    here = next((one for one in reading.shown(talk) if one.id == row.artifact_id), None)
    return here.versions[-1].message if here is not None else row.message_id


def keep(row: Artifact, kept: bool) -> Artifact:
    """For as long as its conversation, or for its usual time from now on."""
    row.expires = None if kept else storing.ending()
    Artifact.objects.filter(pk=row.pk).update(expires=row.expires)
    storing.tell(row.conversation_id)
    return row


def remove(row: Artifact) -> None:
    """With all its versions. What the answers say stays."""
    with transaction.atomic():
        Conversation.objects.select_for_update().filter(pk=row.conversation_id).first()
        row.delete()
        storing.tell(row.conversation_id)
    sweep_texts()


def sweep() -> int:
    """Deletes files whose time is over and those without a version, and texts that no version has. Returns how many files."""
    over = Artifact.objects.filter(expires__lte=timezone.now()).order_by("pk").values_list("pk", flat=True)
    gone = 0
    for key in list(over[:SWEPT_AT_ONCE]):
        with transaction.atomic():
            row = Artifact.objects.select_for_update().filter(pk=key, expires__lte=timezone.now()).first()
            if row is not None:
                row.delete()
                storing.tell(row.conversation_id)
                gone += 1
    Artifact.objects.filter(versions=None).delete()
    while sweep_texts() >= SWEPT_AT_ONCE:
        pass
    return gone


def sweep_texts() -> int:
    """Deletes texts that no version has, and gives their bytes back. Of very many some at a time; the daily sweep goes on until none is
    left."""
    keys = list(ArtifactText.objects.filter(versions=None).order_by("pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    gone = 0
    for key in keys:
        with transaction.atomic():
            row = ArtifactText.objects.select_for_update().filter(pk=key).defer("text").first()
            # Looked at under its lock: a version may have taken it up meanwhile.
            if row is None or ArtifactVersion.objects.filter(content=key).exists():
                continue
            row.delete()
            storage.give_back(row.owner_id, row.size)
            gone += 1
    return gone
