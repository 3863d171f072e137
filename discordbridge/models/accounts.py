"""Who somebody on Discord is on this site."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DiscordAccount(models.Model):
    """A person on Discord; ``id`` is the snowflake. ``shadow``: the site's account was made for this one, and nobody can sign in to
    it; it is merged into a web account when its owner links the two.
    """

    id = models.BigIntegerField(primary_key=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="discord_account")
    name = models.CharField(max_length=100, blank=True, help_text=_("as last seen"))
    shadow = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    linked = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Discord account {self.pk}"
