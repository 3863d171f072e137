"""The two tiers every site begins with. Operators change them in the admin."""

from typing import Any

from django.db import migrations

TIERS: list[dict[str, Any]] = [
    {
        "name": "free", "title": "Free", "weekly_tokens": 100_000, "storage_bytes": 1_000_000_000, "concurrency": 2,
        "messages_per_minute": 20, "is_default": True,
    },
    {
        "name": "admin", "title": "Administrators", "weekly_tokens": 500_000, "storage_bytes": 20_000_000_000, "concurrency": 4,
        "messages_per_minute": 60, "is_default": False,
    },
]  # fmt: skip


def make_tiers(apps: Any, schema_editor: Any) -> None:
    tiers = apps.get_model("accounts", "Tier").objects.using(schema_editor.connection.alias)
    for tier in TIERS:
        tiers.get_or_create(name=tier["name"], defaults=tier)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make_tiers, migrations.RunPython.noop, elidable=False)]
