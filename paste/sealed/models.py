"""What belongs to a sealed paste beside its sealed text."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Seal(models.Model):
    """What the creator of a sealed paste wished beyond PrivateBin's format; pastes of PrivateBin's clients have none.

    ``guard``: SHA-256 of the proof that only who can unseal the paste can compute. With it, a view is used up by who can read, and by
    nobody else.
    """

    paste = models.OneToOneField("paste.Paste", models.CASCADE, primary_key=True, related_name="seal")
    guard = models.CharField(max_length=64, blank=True)
    classic = models.BooleanField(
        default=True, help_text=_("whether clients of PrivateBin, who have no proof, may read it")
    )
    recipient = models.BooleanField(default=False, help_text=_("whether whoever can read it may delete it"))
    password = models.BooleanField(default=False, help_text=_("whether the page is to ask for one"))
    parts = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("of large files, sealed like the text")
    )

    def __str__(self) -> str:
        return f"seal of {self.paste_id}"
