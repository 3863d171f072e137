"""What attached files change about a question: what it costs, who may answer it, what it is called."""

from collections.abc import Sequence

from chat.allowance import CHARACTERS_A_TOKEN
from chat.attachments import sight
from chat.attachments.actions import attach
from chat.attachments.limits import IMAGE_TOKENS
from chat.models import Conversation, Generation, Message, Upload


def length_of(uploads: Sequence[Upload]) -> int:
    """In characters of text, for what is set aside before a model has counted."""
    images = sum(row.kind == Upload.Kind.IMAGE for row in uploads)
    return sum(row.length for row in uploads) + images * IMAGE_TOKENS * CHARACTERS_A_TOKEN


def earlier(talk: Conversation) -> int:
    """The ``sight`` of a generation whose question has no images of its own."""
    return Generation.Sight.EARLIER if talk.images else Generation.Sight.NONE


def checked(talk: Conversation, uploads: Sequence[Upload], model: str, *, by_model: bool) -> int:
    """The ``sight`` of a generation that answers a question with ``uploads`` by ``model`` (empty: any). Raises Invalid where no model
    could look at them."""
    if not any(row.kind == Upload.Kind.IMAGE for row in uploads):
        return earlier(talk)
    if by_model:
        sight.must_see(model)
    return Generation.Sight.ASKED


def tie(talk: Conversation, question: Message, uploads: Sequence[Upload]) -> None:
    """Within the transaction that stored ``question``. No query without files."""
    attach(question, uploads)
    if not talk.images and any(row.kind == Upload.Kind.IMAGE for row in uploads):
        talk.images = True
        Conversation.objects.filter(pk=talk.pk).update(images=True)


def names_of(uploads: Sequence[Upload]) -> str:
    """What a question without words is called by."""
    return ", ".join(row.name for row in uploads)
