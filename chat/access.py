"""The doors to conversations, messages and generations: a stranger gets the same NotFound as for what does not exist."""

from uuid import UUID

from django.utils.translation import gettext

from chat.models import Conversation, Generation, Message, Node, kept
from chat.models.conversations import Folder
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound


def access_conversation(viewer: User, conversation: UUID, *, lock: bool = False) -> Conversation:
    """With ``lock``, within a transaction: the row as it is now, and nobody else's until the end."""
    rows = kept.own_conversation_locked if lock else kept.own_conversation
    row = rows.first(id=conversation, owner=viewer.pk)
    if row is None:
        raise NotFound(gettext("This conversation does not exist, or is not yours."))
    return row


def access_folder(viewer: User, folder: UUID) -> Folder:
    row = Folder.objects.filter(pk=folder, owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This folder does not exist, or is not yours."))
    return row


def access_message(viewer: User, message: UUID) -> Message:
    row = (
        Message.objects.select_related("conversation")
        .filter(pk=message, conversation__owner=viewer.pk, conversation__removed=None)
        .first()
    )
    if row is None:
        raise NotFound(gettext("This message does not exist, or is not yours."))
    return row


def access_generation(viewer: User, generation: UUID) -> Generation:
    row = Generation.objects.filter(pk=generation, conversation__owner=viewer.pk, conversation__removed=None).first()
    if row is None:
        raise NotFound(gettext("This answer does not exist, or is not yours."))
    return row


def access_node(viewer: User, node: UUID | str) -> Node:
    """For operators alone, and to change it: who may not manage inference clients hears nothing about them."""
    if not (viewer.is_active and viewer.is_staff and viewer.has_perm("chat.change_node")):
        raise Forbidden(gettext("Only operators manage inference clients."))
    try:
        row = Node.objects.filter(pk=UUID(str(node))).first()
    except ValueError:
        row = None
    if row is None:
        raise NotFound(gettext("This inference client does not exist."))
    return row
