"""Admin pages: read and delete outcomes."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from training_greeter.models import GreetingOutcome


@admin.register(GreetingOutcome)
class GreetingOutcomeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("session_id", "trainee_id", "script", "locale", "ended_reason", "received_at")
    list_filter = ("script", "locale", "ended_reason")
    search_fields = ("session_id", "trainee_id")
    date_hierarchy = "received_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
