"""Conversation evals: trainees of all kinds, played to the real model and judged by another one.

They need GOOGLE_API_KEY and are skipped without; `make evals` runs them alone. They say how good a
conversation is, which changes with the model: run them when a script, an instruction or the model
has changed, and read what fails.
"""
