from typing import Any

from django.db import migrations

CATEGORIES = [
    ("film", "Film and animation"), ("music", "Music"), ("gaming", "Gaming"), ("education", "Education"), ("technology", "Science and technology"),
    ("howto", "How-to"), ("news", "News"), ("sports", "Sports"), ("travel", "Travel"), ("people", "People"), ("comedy", "Comedy"),
    ("animals", "Animals"), ("other", "Other"),
]  # fmt: skip


def begin(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("video", "Category").objects
    for order, (slug, name) in enumerate(CATEGORIES):
        rows.get_or_create(slug=slug, defaults={"name": name, "order": order})


class Migration(migrations.Migration):
    dependencies = [("video", "0001_initial")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
