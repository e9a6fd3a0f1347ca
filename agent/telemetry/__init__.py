"""Logs, metrics and traces of the worker and its jobs."""
