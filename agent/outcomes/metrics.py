"""The courier's metrics; it runs in both processes, and both expose them."""

from __future__ import annotations

from prometheus_client import Counter

POSTS = Counter(
    "training_greeter_outcome_posts",
    "Attempts to deliver an outcome: delivered, failed (it is sent again) or unreadable.",
    ["result"],
)
LOST = Counter(
    "training_greeter_outcomes_lost", "Greetings whose worker was lost: closed with what was saved."
)
