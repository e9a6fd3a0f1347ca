from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="GreetingOutcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("webhook_id", models.CharField(max_length=200, unique=True)),
                ("session_id", models.CharField(db_index=True, max_length=128)),
                ("trainee_id", models.CharField(blank=True, db_index=True, max_length=255)),
                ("script", models.CharField(max_length=120)),
                ("script_version", models.PositiveIntegerField()),
                ("locale", models.CharField(max_length=35)),
                ("ended_reason", models.CharField(blank=True, max_length=64)),
                ("answers", models.JSONField(default=dict)),
                ("outcome", models.JSONField()),
                ("received_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
    ]
