"""What was done in moderation. Rows are written once; only their age takes them away."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(Exception):
    """Somebody tried to change the past."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("audit entries are not changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("audit entries are not deleted; see prune")

    def prune(self, before: Any) -> int:
        """Takes away what is older than the operator keeps."""
        return int(self.filter(at__lt=before)._raw_delete(self.db))


class AuditEntry(models.Model):
    """``actor`` is the number of an account, which may be gone; empty: a rule of the site, or whoever ``door`` names. No name is kept, so that nothing has to be
    changed here when somebody leaves.
    """

    at = models.DateTimeField(_("when"), db_index=True)
    door = models.CharField(
        _("by way of"), max_length=60, blank=True, default="", db_default="",
        help_text=_("where it was done, if not on the site: discord and the number of a Discord account"),
    )  # fmt: skip
    actor = models.BigIntegerField(_("who"), null=True)
    action = models.CharField(_("what"), max_length=40, db_index=True)
    target = models.CharField(_("of what"), max_length=120, blank=True)
    person = models.BigIntegerField(_("about whom"), null=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reason = models.TextField(_("reason"), blank=True)

    objects: ClassVar[AuditQuerySet] = AuditQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("audit entries are not changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("audit entries are not deleted; see prune")
