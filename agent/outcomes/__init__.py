"""Outcomes: the record of each greeting, saved during the greeting and then sent to the platform.

`outcome` defines the data, and `webhook` signs and sends one outcome. `delivery` sends all outcomes
that are due and deletes old ones; `expired` closes those of workers that died. Worker and token
endpoint both run the delivery, so no module here imports livekit.agents.
"""
