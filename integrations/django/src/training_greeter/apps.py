"""The app's configuration: add `training_greeter` to INSTALLED_APPS."""

from django.apps import AppConfig


class TrainingGreeterConfig(AppConfig):
    name = "training_greeter"
    verbose_name = "Training greeter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from training_greeter import checks  # noqa: F401  # registers the system checks
