"""Admin pages: create sessions. The outcomes have their own page."""

from django.contrib import admin

from users.models import TrainingSession


@admin.register(TrainingSession)
class TrainingSessionAdmin(admin.ModelAdmin):
    list_display = ["id", "trainee", "role", "industry", "training_type", "locale"]
    list_filter = ["consent_transcript", "consent_recording"]
