from django.db import migrations, models


class Migration(migrations.Migration):
    """The announcement becomes a row of ``control``. Its columns stay while processes of the release before read them; new rows of this
    one do not name them, so they need values of their own."""

    dependencies = [
        ("ops", "0001_initial"),
        ("control", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="switches",
            name="maintenance",
            field=models.CharField(
                choices=[
                    ("off", "off"),
                    ("soft", "soft: questions are taken and wait"),
                    ("read", "read-only: nothing can be changed"),
                    ("hard", "hard: only operators get in"),
                ],
                default="off",
                max_length=4,
            ),
        ),
        migrations.AlterField(
            model_name="switches",
            name="announcement",
            field=models.CharField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="switches", name="announcement"),
                migrations.RemoveField(model_name="switches", name="announced_until"),
            ]
        ),
    ]
