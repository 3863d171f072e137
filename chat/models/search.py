"""What the full-text table of SQLite is linked by. PostgreSQL needs no such table."""

from django.db import models


class SearchEntry(models.Model):
    """Its key is the row of ``chat_search`` (see :mod:`chat.search.sqlite`), which goes with it. Written by triggers."""

    message = models.OneToOneField("chat.Message", models.CASCADE, related_name="searchentry")

    def __str__(self) -> str:
        return f"entry {self.pk}"
