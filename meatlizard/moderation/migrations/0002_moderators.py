"""The group that reviews. Its members also need to be staff; an operator may change or delete it."""

from typing import Any

from django.db import migrations


def make_group(apps: Any, schema_editor: Any) -> None:
    using = schema_editor.connection.alias
    # Django makes permissions only when all migrations are done; it finds this one then.
    kind, _ = (
        apps.get_model("contenttypes", "ContentType")
        .objects.using(using)
        .get_or_create(app_label="moderation", model="case")
    )
    review, _ = (
        apps.get_model("auth", "Permission")
        .objects.using(using)
        .get_or_create(
            content_type=kind, codename="review", defaults={"name": "Can review what rules and people report"}
        )
    )
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name="Moderators")
    group.permissions.add(review)


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop, elidable=False)]
