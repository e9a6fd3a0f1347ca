"""Outcomes: the record of each greeting, saved during the greeting and then sent to the platform.

`record` defines the data, `webhook` signs and sends one outcome, and `delivery` sends all outcomes
that are due, closes those of workers that died, and deletes old ones. Worker and token endpoint
both run the delivery, so no module here imports livekit.agents.
"""
