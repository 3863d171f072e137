"""Answers, titles and summaries as operators see and steer them: whose, which model, how long; nothing of what was said."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import generations
from chat.models import Generation
from chat.models.generations import SITE
from meatlizard.control.queues import Entry, Stage
from meatlizard.jobs.lease import ENDED, HELD, State


class Generations:
    name = "generations"
    title = _("Answers")

    def count(self, stage: Stage) -> int:
        return _of(stage).count()

    def entries(self, stage: Stage, most: int) -> list[Entry]:
        rows = _of(stage).select_related("user", "node")
        ordered = rows.order_by("rank", "pk") if stage == "waiting" else rows.order_by("-created")
        return [
            Entry(
                key=str(row.pk), what=f"{row.get_purpose_display()} {_model(row)}".strip(), whose=row.user.get_username(),
                state=row.get_state_display(), since=row.created, attempts=row.attempts, where=row.node.name if row.node else "",
                trace=row.trace, trouble=row.error_code,
            )
            for row in ordered[:most]
        ]  # fmt: skip

    def cancel(self, key: str) -> bool:
        """One under way stops where it is, and its text stays."""
        row = _row(key)
        if row is None or row.ended or row.stop_requested:
            return False
        generations.request_stop(row)
        return True

    def requeue(self, key: str) -> bool:
        """Another machine, or the same one, goes on from the stored text. One that has failed is its person's to ask again."""
        row = _row(key)
        if row is None:
            return False
        said = gettext("An operator has given it to another machine.")
        return generations.give_back(row.pk, row.lease_epoch, "requeued", said)

    def waiting_keys(self) -> Iterable[str]:
        return [str(key) for key in _of("waiting").values_list("pk", flat=True)]

    def clear_ended(self) -> int:
        """They belong to their messages."""
        return 0


def _of(stage: Stage) -> QuerySet[Generation]:
    states = {"waiting": (State.QUEUED,), "running": HELD, "ended": ENDED}[stage]
    return Generation.objects.filter(state__in=states)


def _row(key: str) -> Generation | None:
    try:
        return Generation.objects.select_related("conversation", "message").filter(pk=UUID(key)).first()
    except ValueError:
        return None


def _model(row: Generation) -> str:
    return row.wants if row.model == SITE else row.model
