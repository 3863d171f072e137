"""What happened today, in numbers, by the site's clock."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from chat.models import Conversation, Generation
from meatlizard.jobs.lease import State


@dataclass(frozen=True, slots=True)
class Day:
    """``by_fallback``: of the answers those that the Markov generator gave."""

    conversations: int
    answers: int
    by_fallback: int

    @property
    def fallback_share(self) -> float | None:
        """None where nobody was answered yet."""
        return self.by_fallback / self.answers if self.answers else None


def today() -> Day:
    """Two queries."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    answers = Generation.objects.filter(purpose=Generation.Purpose.ANSWER, state=State.DONE, ended_at__gte=midnight)
    counted = answers.aggregate(all=Count("pk"), markov=Count("pk", filter=Q(answered_by="markov")))
    return Day(Conversation.objects.filter(created__gte=midnight).count(), counted["all"], counted["markov"])
