"""Shared by the tests: clients, tokens, waiting, logs, metrics, and the running product."""
