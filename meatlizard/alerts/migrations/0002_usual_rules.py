"""Rules for a start. Operators change, switch off or delete them as any others."""

from typing import Any

from django.db import migrations

CRITICAL = 2
USUAL: list[dict[str, Any]] = [
    {"name": "A part of the site is down", "figure": "health", "split": "component", "side": "below", "limit": 0.25, "clear": 0.9,
     "minutes": 1, "pending": 60, "severity": CRITICAL},
    {"name": "A part of the site is impaired", "figure": "health", "split": "component", "side": "below", "limit": 0.75, "clear": 0.9,
     "minutes": 10, "pending": 300},
    {"name": "Requests fail", "figure": "errors", "limit": 5, "clear": 3, "minutes": 5, "severity": CRITICAL},
    {"name": "Answers begin late", "figure": "response", "limit": 5, "clear": 4, "minutes": 5},
    {"name": "Memory runs out", "figure": "memory", "limit": 80, "clear": 75, "minutes": 5},
    {"name": "The disk is filling up", "figure": "disk", "limit": 90, "clear": 88, "minutes": 5, "severity": CRITICAL},
    {"name": "No machine is there to answer", "figure": "machines", "side": "below", "limit": 0.5, "clear": 0.9, "minutes": 5},
    {"name": "Many questions wait", "figure": "waiting", "limit": 20, "clear": 10, "minutes": 5},
    {"name": "Answers fail", "figure": "failed", "limit": 20, "clear": 10, "minutes": 10},
]  # fmt: skip


def add(apps: Any, editor: Any) -> None:
    rule = apps.get_model("alerts", "Rule")
    rule.objects.bulk_create([rule(**one) for one in USUAL])


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
