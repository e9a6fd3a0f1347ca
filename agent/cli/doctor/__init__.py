"""`python -m agent doctor`: find what is wrong with a set-up, and say how to fix it.

It reads the settings of the worker and the endpoint, and calls the services that they call. It
reports all results at once: a failed check does not hide another one. It starts no paid session,
dispatches no agent to a trainee, and never shows a secret or a part of one.

`checks/` has one module for each service or part that is checked; `run` runs all of them, and
`result.Check` decides what follows if one cannot be completed.
"""
