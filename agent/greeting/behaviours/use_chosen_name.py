"""Calls the trainee by the name that they chose on the page."""

from __future__ import annotations

from agent.core.events import NameChosen
from agent.greeting.greeting import Greeting


class UseChosenName:
    """Uses the name from the next line on; the agent says nothing about it."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        greeting.events.on(NameChosen, self._on_name)

    def _on_name(self, event: NameChosen) -> None:
        change = self._greeting.conversation.script_in_use.use_chosen_name(event.name)
        self._greeting.tasks.start(change, name="use_chosen_name")
