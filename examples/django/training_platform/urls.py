"""All URLs of the example platform."""

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("admin/", admin.site.urls),
    path("", include("training_greeter.urls")),
]
