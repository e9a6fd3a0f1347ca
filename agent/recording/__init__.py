"""Recordings of greetings: made by the worker or by LiveKit Egress, stored, and deleted.

A greeting is recorded only if RECORDING is set and the platform says that the trainee consented.
An error ends the recording, never the greeting: it is logged with advice and is in the outcome.
"""
