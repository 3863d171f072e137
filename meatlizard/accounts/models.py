"""People, the tiers that limit what they may use, and invitations."""

import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FREE, ADMIN = "free", "admin"
OPEN_END = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC)
"""Stands for no end."""

DEFAULT_TIERS: dict[str, dict[str, Any]] = {
    FREE: {
        "title": "Free", "weekly_tokens": 100_000, "storage_bytes": 1_000_000_000, "concurrency": 2,
        "messages_per_minute": 20, "is_default": True,
    },
    ADMIN: {
        "title": "Administrators", "weekly_tokens": 500_000, "storage_bytes": 20_000_000_000, "concurrency": 4,
        "messages_per_minute": 60, "is_default": False,
    },
}  # fmt: skip


class TierQuerySet(models.QuerySet["Tier"]):
    def standard(self) -> "Tier":
        """The tier of newcomers; made again when somebody has deleted it."""
        return self.filter(is_default=True).first() or self.named(FREE)

    def named(self, name: str) -> "Tier":
        """One of DEFAULT_TIERS, made when it is missing."""
        return self.get_or_create(name=name, defaults=DEFAULT_TIERS[name])[0]


class Tier(models.Model):
    """What a group of people may use."""

    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    weekly_tokens = models.PositiveBigIntegerField(
        help_text=_("tokens that models may read and write for one person in a week")
    )
    storage_bytes = models.PositiveBigIntegerField(help_text=_("bytes one person may store"))
    concurrency = models.PositiveSmallIntegerField(default=2, help_text=_("answers of one person that may run at once"))
    messages_per_minute = models.PositiveSmallIntegerField(default=20)
    transcript_days = models.PositiveIntegerField(
        default=365,
        db_default=365,
        help_text=_("days that transcripts of its people are kept; 0: until they are deleted"),
    )
    is_default = models.BooleanField(default=False, help_text=_("the tier of new accounts; one at most"))

    objects: ClassVar[TierQuerySet] = TierQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["weekly_tokens", "name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="tier_default_once")
        ]

    def __str__(self) -> str:
        return self.title


class User(AbstractUser):
    """A person. Names and addresses are unique whatever their case; an address is optional."""

    tier = models.ForeignKey(Tier, models.PROTECT, related_name="users", blank=True)
    suspended_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("by moderators, or a rule of theirs")
    )
    warned = models.BooleanField(
        default=False, db_default=False, editable=False, help_text=_("a warning waits to be read")
    )

    objects: ClassVar[UserManager["User"]] = UserManager()  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="user_name_once", violation_error_message=_("This name is taken.")
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_once",
                violation_error_message=_("This address is taken."),
            ),
        ]

    @property
    def is_suspended(self) -> bool:
        """Whether the account is shut out now. What is read with the person; no query of its own."""
        return self.suspended_until is not None and self.suspended_until > timezone.now()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.tier_id is None:
            self.tier = Tier.objects.named(ADMIN) if self.is_superuser else Tier.objects.standard()
        super().save(*args, **kwargs)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> "InvitationQuerySet":
        return self.filter(Q(expires=None) | Q(expires__gt=timezone.now()), uses_left__gt=0)


class Invitation(models.Model):
    """A code that lets somebody make an account while registration is by invitation. Only its hash is kept."""

    code_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=200, blank=True, help_text=_("for whom; only operators see it"))
    uses_left = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    expires = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.CASCADE, related_name="invitations")

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.note or f"invitation of {self.created:%Y-%m-%d %H:%M}"
