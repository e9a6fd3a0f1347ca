"""Conversation evals: typed conversations with the real model, judged by another model.

They need GOOGLE_API_KEY and are skipped without it; `make evals` runs them. They measure how good a
conversation is, which changes with the model. Run them after a change of a script, an instruction
or the model, and read what fails.
"""
