"""Outcomes: what came of each greeting, kept as it goes on, and sent to the platform once over.

`record` is what is kept and sent, `webhook` signs and posts it, `courier` sees to it that every
record is closed, sent and one day deleted. The courier runs in the worker's and in the endpoint's
process, so nothing in here imports livekit.agents.
"""
