"""Signals of the app."""

from django.dispatch import Signal

outcome_received = Signal()
"""A new outcome has arrived. Sent once for each outcome, with `outcome`: the `GreetingOutcome`.

If the trainee gives feedback after the end, it is sent once more, for the outcome with `feedback`.

It is sent inside the transaction that stores the outcome. If a receiver raises an exception,
nothing is stored and the delivery is repeated later.
"""
