"""Whether an answer that ends is to be looked at for files; costs those that hold none a search for a few characters."""

from uuid import UUID

from chat.artifacts import storing
from chat.artifacts.detection import may_hold
from chat.artifacts.jobs import find_artifacts
from chat.models import ArtifactVersion, Message


def after(message: UUID, answer: str, asked: bool) -> None:
    """Within the transaction that stores the answer."""
    if answer and may_hold(answer, asked):
        find_artifacts.enqueue(str(message))


def replaced(row: Message, text: str) -> None:
    """Within the transaction that puts ``text`` in an answer's place because of a rule: what was found in its former words goes."""
    gone = ArtifactVersion.objects.filter(message=row.pk)
    if row.role != Message.Role.ASSISTANT:
        return
    if gone.exists():
        gone.delete()
        storing.tell(row.conversation_id)
    after(row.pk, text, False)
