"""Admin pages: create sessions, read outcomes."""

from django.contrib import admin

from users.models import GreetingOutcome, TrainingSession


@admin.register(TrainingSession)
class TrainingSessionAdmin(admin.ModelAdmin):
    list_display = ["id", "trainee", "role", "industry", "training_type", "locale"]
    list_filter = ["consent_transcript", "consent_recording"]


@admin.register(GreetingOutcome)
class GreetingOutcomeAdmin(admin.ModelAdmin):
    list_display = ["session", "script", "script_version", "locale", "ended_reason", "received_at"]
    readonly_fields = [field.name for field in GreetingOutcome._meta.fields]

    def has_add_permission(self, request: object) -> bool:
        return False
