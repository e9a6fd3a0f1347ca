"""Shared by the tests: clients, tokens, waiting, logs, metrics, and the running product."""

import pytest

# Failed assertions of the checks show their values, as in test modules.
pytest.register_assert_rewrite(f"{__name__}.store_checks")
