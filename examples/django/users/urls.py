"""URLs of the greeting. Give the first one to the page; it derives `end/` from it."""

from django.urls import path

from users import avatar_views, webhook_views

GREETING = "api/users/sessions/<int:session_id>/avatar-greeting/"

urlpatterns = [
    path(GREETING, avatar_views.avatar_greeting, name="avatar-greeting"),
    path(f"{GREETING}end/", avatar_views.end_avatar_greeting, name="avatar-greeting-end"),
    path(f"{GREETING}token/", avatar_views.avatar_greeting_token, name="avatar-greeting-token"),
    path("webhooks/greeting-outcome/", webhook_views.greeting_outcome, name="greeting-outcome"),
]
