"""URLs of the trainee's pages."""

from django.urls import path

from users import views

urlpatterns = [path("welcome/<int:session_id>/", views.welcome, name="welcome")]
