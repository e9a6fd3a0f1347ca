"""`python -m agent doctor`: what is wrong with this set-up, and what to do about it.

It reads the settings that worker and endpoint read and asks everybody they will ask: one line a
finding, all of them at once, none hidden by another. It never starts a paid session, never greets
anybody, and never shows a secret, not even a part of one.
"""
