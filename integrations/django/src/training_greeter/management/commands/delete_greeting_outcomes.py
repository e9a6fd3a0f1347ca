"""`manage.py delete_greeting_outcomes`: delete stored outcomes by age, session or trainee."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from training_greeter.models import GreetingOutcome


class Command(BaseCommand):
    help = "Delete stored outcomes of greetings by age, session or trainee."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--older-than", type=int, metavar="DAYS", help="received before")
        which.add_argument("--session", metavar="ID", help="of this training session")
        which.add_argument("--trainee", metavar="ID", help="of this trainee")

    def handle(self, *args: Any, **options: Any) -> None:
        outcomes = GreetingOutcome.objects.all()
        if options["older_than"] is not None:
            outcomes = outcomes.filter(
                received_at__lt=timezone.now() - timedelta(days=options["older_than"])
            )
        elif options["session"] is not None:
            outcomes = outcomes.filter(session_id=options["session"])
        else:
            outcomes = outcomes.filter(trainee_id=options["trainee"])
        deleted, _ = outcomes.delete()
        self.stdout.write(f"deleted {deleted} outcomes")
