"""What `python -m tests` does: prerequisites, steps, summary."""
