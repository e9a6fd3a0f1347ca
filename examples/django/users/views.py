"""The page that a trainee sees after registration."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from users.models import TrainingSession


@login_required
def welcome(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the greeting of the trainee's own session."""
    session = get_object_or_404(TrainingSession, pk=session_id, trainee=request.user)
    return render(request, "welcome.html", {"session": session})
