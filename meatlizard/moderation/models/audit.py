"""What was done by those who run the site. Rows are written once; only their age takes them away.

Each is linked to the one before by a hash (:mod:`meatlizard.moderation.chain`), and triggers of the database keep them as they are.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(Exception):
    """Somebody tried to change the past."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("audit entries are not changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("audit entries are not deleted; see chain.let_go")

    def forget(self, number: int) -> int:
        """Takes away entries up to this one, which the head of the chain has noted as gone: others the database does not let go."""
        return int(self.filter(number__lte=number)._raw_delete(self.db))

    def link(self, pk: int, number: int, digest: str) -> int:
        """Puts a row into the chain, once."""
        return models.QuerySet.update(self.filter(pk=pk, number=None), number=number, digest=digest)


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
    number = models.BigIntegerField(_("number"), null=True, editable=False, unique=True)
    digest = models.CharField(_("hash"), max_length=64, blank=True, default="", db_default="", editable=False)

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
        raise AppendOnly("audit entries are not deleted; see chain.let_go")


class AuditHead(models.Model):
    """The only row: the number and hash of the last linked entry, and of the last that was taken away for its age."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")
    gone = models.BigIntegerField(default=0)
    gone_digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_head_once")]

    def __str__(self) -> str:
        return f"entry {self.number}"
