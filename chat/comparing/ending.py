"""How a comparison is over without any answer kept: the conversation went on from one of them, or from elsewhere."""

from uuid import UUID

from chat.models import Candidate, Comparison, Conversation, Generation


def leave(talk: Conversation) -> None:
    """Within a transaction that holds the conversation's lock, while nothing is under way in it."""
    if talk.comparison_id is None:
        return
    reveal(talk.comparison_id)
    Conversation.objects.filter(pk=talk.pk).update(comparison=None)
    talk.comparison = None


def reveal(comparison: UUID) -> None:
    """From now on everybody may know which model wrote what."""
    if Comparison.objects.filter(pk=comparison, blind=True).exists():
        answers = Candidate.objects.filter(comparison=comparison).values("message")
        Generation.objects.filter(message__in=answers, blind=True).update(blind=False)
