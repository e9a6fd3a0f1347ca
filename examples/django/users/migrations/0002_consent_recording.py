from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0001_greeting")]

    operations = [
        migrations.AddField(
            model_name="trainingsession",
            name="consent_recording",
            field=models.BooleanField(
                default=False, help_text="The trainee agreed that both voices are recorded."
            ),
        ),
    ]
