"""URLs of the app: `path("", include("training_greeter.urls"))`.

`welcome/` is a page for the trainee. It gets the first address of the API and derives `end/` and
`feedback/` from it.
"""

from django.urls import path

from training_greeter import views, webhook

app_name = "training_greeter"

GREETING = "api/users/sessions/<str:session_id>/avatar-greeting/"

urlpatterns = [
    path("welcome/<str:session_id>/", views.welcome, name="welcome"),
    path(GREETING, views.avatar_greeting, name="greeting"),
    path(f"{GREETING}end/", views.end_avatar_greeting, name="end"),
    path(f"{GREETING}feedback/", views.greeting_feedback, name="feedback"),
    path(f"{GREETING}token/", views.avatar_greeting_token, name="token"),
    path("webhooks/greeting-outcome/", webhook.greeting_outcome, name="webhook"),
]
