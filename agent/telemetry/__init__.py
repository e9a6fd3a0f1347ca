"""Logs, metrics and traces of the worker, its jobs and the token endpoint."""
