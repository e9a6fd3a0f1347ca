"""The app's settings, read from the project's settings whenever they are used.

| Setting | Meaning |
|---|---|
| TRAINING_GREETER_ENDPOINT_URL | the token endpoint, as this server reaches it |
| TRAINING_GREETER_PUBLIC_URL | the token endpoint, as browsers reach it; default: ENDPOINT_URL |
| TRAINING_GREETER_API_KEY | the endpoint's PLATFORM_API_KEY |
| TRAINING_GREETER_GREETING | dotted path of the project's function, see `greeting.py` |
| TRAINING_GREETER_WEBHOOK_SECRET | the endpoint's OUTCOME_WEBHOOK_SECRET, or a list: new and old |
| TRAINING_GREETER_JWT_SECRET | the endpoint's PLATFORM_JWT_SECRET; only for the token view |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.http import HttpRequest

    from training_greeter.greeting import Greeting

GreetingFunction = Callable[["HttpRequest", str], "Greeting | None"]

_PREFIX = "TRAINING_GREETER_"


def optional(name: str, default: Any = "") -> Any:
    """Return the value of TRAINING_GREETER_<name>."""
    return getattr(settings, _PREFIX + name, default) or default


def required(name: str) -> Any:
    """Return the value of TRAINING_GREETER_<name>.

    Raises:
        ImproperlyConfigured: it is not set.
    """
    value = optional(name, None)
    if value is None:
        raise ImproperlyConfigured(f"set {_PREFIX}{name} in your Django settings")
    return value


def endpoint_url() -> str:
    """Return the token endpoint's address for this server, without a slash at the end."""
    return str(required("ENDPOINT_URL")).rstrip("/")


def public_url() -> str:
    """Return the token endpoint's address for browsers, without a slash at the end."""
    return str(optional("PUBLIC_URL") or required("ENDPOINT_URL")).rstrip("/")


def greeting_function() -> GreetingFunction:
    """Import the project's function that says which greeting a request is about.

    Raises:
        ImproperlyConfigured: the setting is missing, or there is no such function.
    """
    path = required("GREETING")
    try:
        function: GreetingFunction = import_string(path)
    except ImportError as e:
        raise ImproperlyConfigured(f"{_PREFIX}GREETING names no function: {e}") from e
    return function


def webhook_secrets() -> list[str]:
    """Return all secrets that a delivery may be signed with."""
    secret = required("WEBHOOK_SECRET")
    return [secret] if isinstance(secret, str) else list(secret)
