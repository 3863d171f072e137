"""What the chat does when two accounts of one person become one."""

from django.utils.translation import gettext

from chat.bus import control_on_commit, on_commit
from chat.events import ListChanged
from chat.hub import user_topic
from chat.knowledge import meaning as passages
from chat.models import ArtifactText, Collection, Conversation, Generation, Upload
from chat.remembering import actions as remembering
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import ENDED


def merge(old: int, new: int) -> None:
    """Within the merging transaction: conversations, with all that is in them, answers and files change hands.

    Locked in the order in which an ending answer locks them. Raises Invalid while an answer is under way: it would be paid for by who
    is no more.
    """
    answers = Generation.objects.filter(user=old)
    list(answers.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    list(Conversation.objects.filter(owner=old).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    # Titles cost nobody anything.
    if answers.exclude(state__in=ENDED).exclude(purpose=Generation.Purpose.TITLE).exists():
        raise Invalid(gettext("An answer is still being written for you. Wait for it, or stop it, and try again."))
    Conversation.objects.filter(owner=old).update(owner=new)
    answers.update(user=new)
    Upload.objects.filter(owner=old).update(owner=new)
    Collection.objects.filter(owner=old).update(owner=new)
    passages.changed_hands(new)
    ArtifactText.objects.filter(owner=old).update(owner=new)
    remembering.merge(old, new)
    control_on_commit("person", str(old))
    on_commit(user_topic(new), ListChanged())
