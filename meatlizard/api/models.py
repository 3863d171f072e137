"""Keys by which programs act for a person."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        return self.filter(Q(expires=None) | Q(expires__gt=timezone.now()))


class ApiKey(models.Model):
    """What a program shows to act for ``owner``. The key itself is shown once, when it is made; its hash stays."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, help_text=_("the beginning of the key, by which its owner knows it again"))
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=400, help_text=_("what it may do, separated by spaces"))
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @property
    def allowed(self) -> list[str]:
        return self.scopes.split()

    @property
    def is_over(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()
