"""The checks of `python -m agent doctor`, one module for each service or part of a set-up."""
