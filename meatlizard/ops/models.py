"""What operators have switched on the whole site: one row, which every process remembers (:mod:`meatlizard.ops.switches`)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Switches(models.Model):
    """The only row has the key 1. ``version`` rises with each change, so that looking for one is a small query."""

    class Maintenance(models.TextChoices):
        OFF = "off", _("off")
        SOFT = "soft", _("soft: questions are taken and wait")
        READ = "read", _("read-only: nothing can be changed")
        HARD = "hard", _("hard: only operators get in")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveBigIntegerField(default=0)
    requests = models.BooleanField(_("questions are taken"), default=True)
    requests_reason = models.CharField(_("why not"), max_length=300, blank=True, help_text=_("people read it"))
    maintenance = models.CharField(max_length=4, choices=Maintenance.choices, default=Maintenance.OFF)
    maintenance_reason = models.CharField(
        _("why, and for how long"), max_length=300, blank=True, help_text=_("people read it")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("switches of the site")
        default_permissions = ()
        permissions = [("operate", "Can switch the whole site: questions, maintenance, announcements")]
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="switches_once")]

    def __str__(self) -> str:
        return f"switches, changed {self.version} times"
