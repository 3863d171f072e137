"""What models see: which images of a conversation go with a question, and whether anybody can look at them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from chat import tree
from chat.models import Attachment, Generation, NodeModel, Upload
from inference_client.protocol.vocabulary import ChatMessage, Image
from meatlizard.errors import Invalid

MOST_IMAGES = 16
"""That go with one question; of more, the oldest are left out."""

MOST_BYTES = 16 * 2**20
"""Of images with one question: a fraction of what a node keeps of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the storage, as the wire names it."""

    file: str
    sha256: str


@dataclass(slots=True)
class Look:
    """``images`` by the message that has them. ``left_out`` older ones have no room, ``unseen`` ones are not shown to a model that
    does not see."""

    images: dict[UUID, tuple[Image, ...]] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    left_out: int = 0
    unseen: int = 0

    def beside(self, messages: Sequence[ChatMessage], keys: Sequence[UUID]) -> tuple[ChatMessage, ...]:
        """``messages``, whose keys are ``keys``, with the images that they have."""
        return tuple(
            one.model_copy(update={"images": self.images[key]}) if key in self.images else one
            for one, key in zip(messages, keys, strict=True)
        )


def looks(rows: Iterable[Generation], seeing: Mapping[UUID, bool]) -> dict[UUID, Look]:
    """Of those answers to which there may be images. Two queries for each, and none for others; what was left out is written down."""
    found = {}
    for row in rows:
        if row.sight != Generation.Sight.NONE and row.message_id is not None:
            found[row.pk] = look = _look(row, seeing[row.pk])
            if (look.left_out, look.unseen) != (row.images_left_out, row.images_unseen):
                Generation.objects.filter(pk=row.pk).update(images_left_out=look.left_out, images_unseen=look.unseen)
    return found


def _look(row: Generation, sees: bool) -> Look:
    path = tree.path(tree.read(row.conversation_id), row.message_id)
    place = {key: number for number, key in enumerate(path)}
    attached = Attachment.objects.filter(message__conversation=row.conversation_id, upload__kind=Upload.Kind.IMAGE)
    images = [one for one in attached.select_related("upload").defer("upload__text") if one.message_id in place]
    look = Look()
    if not sees:
        look.unseen = len(images)
        return look
    # The newest first; within a message in their order.
    images.sort(key=lambda one: (-place[one.message_id], one.position))
    room, full = MOST_BYTES, False
    shown: dict[UUID, list[Image]] = {}
    for number, one in enumerate(images):
        room -= one.upload.size
        full = full or room < 0 or number >= MOST_IMAGES
        if full:
            look.left_out += 1
            continue
        image = Image(blob=one.upload.sha256, media_type=one.upload.media_type)
        shown.setdefault(one.message_id, []).append(image)
        picture = Picture(one.upload.file_name, one.upload.sha256)
        if picture not in look.pictures:
            look.pictures.append(picture)
    look.images = {key: tuple(found) for key, found in shown.items()}
    return look


def must_see(model: str) -> None:
    """A question with images of its own is asked of ``model``, or of whichever is there. Raises Invalid when that cannot see, or
    nobody here can."""
    known = NodeModel.objects.filter(node__revoked=None, kind="chat")
    if model:
        sees = list(known.filter(alias=model).values_list("vision", flat=True))
        # Of one that nobody knows nothing is said: the question waits for it, as any other.
        if sees and not any(sees):
            raise Invalid(
                _("The model %s cannot see images. Choose one that can, or remove the images.") % model,
                code="model_cannot_see",
            )
    elif known.exists() and not known.filter(vision=True).exists():
        raise Invalid(
            _("No model here can see images. Remove them, or ask for a model that sees."), code="model_cannot_see"
        )
