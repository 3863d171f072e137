"""What backups tell the rest of the site when it starts."""

from django.utils.translation import gettext_lazy as _

FRESH_SECONDS = 300.0
LOOK_SECONDS = 4.0
"""A bucket may be slow to tell what is in it."""


def register() -> None:
    from meatlizard.health.components import component
    from meatlizard.jobs import lanes
    from meatlizard.ops.backups import services, standing  # noqa: F401  (registers the clock)
    from meatlizard.ops.backups.jobs import QUEUE

    lanes.own_slots(QUEUE, lambda: 1)
    component("backups", _("Backups"), standing.look, seconds=LOOK_SECONDS, fresh=FRESH_SECONDS)
